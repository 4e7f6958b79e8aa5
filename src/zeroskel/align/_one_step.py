"""The base class of methods that learn in one step."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from zeroskel.align.base import Aligner, _EpochEnd


class OneStepAligner(Aligner):
    """Aligner that learns in one step, without epochs and masked views.

    A subclass names in `_learnt` the arrays that `_learn` computes; each is an attribute with an underscore before it.
    """

    _learnt: ClassVar[tuple[str, ...]]
    _mean: np.ndarray
    _scale: np.ndarray
    _text_mean: np.ndarray
    _weight: np.ndarray

    @abstractmethod
    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        """Learn from validated arrays, as `_fit`."""

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: _EpochEnd,
    ) -> None:
        self._learn(features, labels, class_embeddings, seed)

    def _standardised(self, features: np.ndarray) -> np.ndarray:
        return (features - self._mean) / self._scale

    def _state(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, f"_{name}") for name in self._learnt}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        for name, value in state.items():
            setattr(self, f"_{name}", value)
