"""FeatureSet: the features of labelled sequences."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core.errors import InputError


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of N sequences with their class ids.

    Args:
        features: (N, D) float32.
        labels: (N,) 0-based class ids.
        masked: (R, N, D) features of R views without the frames of most motion, or None.

    Raises:
        InputError: lengths or axes differ.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import FeatureSet
        >>> len(FeatureSet(np.zeros((4, 256), np.float32), labels=np.array([0, 0, 1, 2])))
        4
    """

    features: np.ndarray
    labels: np.ndarray
    masked: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.labels.shape != (len(self.features),):
            raise InputError(f"features {self.features.shape} and labels {self.labels.shape}; expected (N, D) and (N,)")
        if self.masked is not None and self.masked.shape[1:] != self.features.shape:
            raise InputError(f"masked features {self.masked.shape}; expected (R, {len(self.features)}, D)")

    def __len__(self) -> int:
        return len(self.features)
