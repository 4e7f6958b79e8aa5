"""The base class of methods that can scale features to length one."""

import numpy as np
import torch
from torch import Tensor

from zeroskel.align.neural_aligner import NeuralAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import unit_rows


@with_options
class UnitLengthAligner(NeuralAligner):
    """NeuralAligner that can scale features to length one before it standardises them.

    Args:
        unit_length: Scale features to length one.
    """

    _feature_prefix = ""
    unit_length: bool = option(True)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        super()._prepare(self._directions(features), class_embeddings, generator)

    def _feature_tensor(self, features: np.ndarray) -> Tensor:
        return super()._feature_tensor(self._directions(features))

    def _directions(self, features: np.ndarray) -> np.ndarray:
        return unit_rows(features) if self.unit_length else features
