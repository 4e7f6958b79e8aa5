"""Encoders that measure motion by formulas and project the measures on principal components."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

import attrs
import numpy as np

from zeroskel.core import InputError
from zeroskel.core._options import layout_name, option
from zeroskel.encoders._series import Array, array_namespace
from zeroskel.encoders.base import BatchSource, SkeletonEncoder

if TYPE_CHECKING:
    from torch import nn

FIT_SEQUENCES = 8192  # bounds the memory of fitting: more training sequences are sampled
BLOCK = 256  # sequences measured at once while fitting


@attrs.define(slots=False, eq=False)
class MeasuredEncoder(SkeletonEncoder):
    """Base of encoders whose features are principal components of hand-made measures.

    The measures and the projection are written for NumPy arrays and torch tensors alike, so `encode` and the exported
    graph are one computation.

    Attributes:
        arrays_: learned arrays by name: "mean" (K,) of the K measures, "components" (D, K), and those of the subclass.
    """

    _ARRAYS: ClassVar[tuple[str, ...]]

    layout: str = layout_name("kinect-20")
    embed_dim: int = option(256, at_least=1, kw_only=False)
    moments: int = option(13, at_least=2)
    frequencies: int = option(5, at_least=1)
    whiten: float = option(0.25, at_least=0.0, at_most=1.0)

    @abstractmethod
    def _measures(self, batch: Array) -> dict[str, Array]:
        """Return groups of measures (N, …) of a batch (N, C, T, V, M)."""

    @abstractmethod
    def _learn(self, groups: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the learned arrays of the groups of measures of the training sequences."""

    @abstractmethod
    def _project(self, values: Array, arrays: Mapping[str, Array]) -> Array:
        """Return the features (N, D) of measures (N, K)."""

    def to_torch(self) -> "nn.Module":
        """Return the encoder as a module; see `SkeletonEncoder.to_torch`."""
        from zeroskel.neural._tensors import StateModule

        self._check_fitted()
        return StateModule(self._features, self.arrays_).eval()

    def _fit(self, batches: BatchSource, labels: np.ndarray, subjects: Any, seed: int, *_training: Any) -> None:
        rows = np.arange(len(batches))
        if len(rows) > FIT_SEQUENCES:
            rows = np.sort(np.random.default_rng(seed).choice(rows, FIT_SEQUENCES, replace=False))
        blocks = [self._measures(_float32(batches[part])) for part in np.split(rows, range(BLOCK, len(rows), BLOCK))]
        self.arrays_ = self._learn({name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        return cast(np.ndarray, self._features(_float32(batch), self.arrays_))

    def _features(self, batch: Array, arrays: Mapping[str, Array]) -> Array:
        values = array_namespace(batch).concat([*self._measures(batch).values()], axis=1)
        expected = arrays["mean"].shape[0]
        if values.shape[1] != expected:
            raise InputError(
                f"batch has {batch.shape[4]} bodies and gives {values.shape[1]} measures; expected {expected}, from as "
                "many bodies as in training"
            )
        return self._project(values, arrays)

    def _state(self) -> dict[str, np.ndarray]:
        return self.arrays_

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self.arrays_ = {name: state[name] for name in self._ARRAYS}


def _float32(batch: np.ndarray) -> np.ndarray:
    return np.asarray(batch, dtype=np.float32)


def each_body(batch: Array) -> Array:
    """Return the joints (N * M, T, V, C) of each body of a batch (N, C, T, V, M)."""
    xp = array_namespace(batch)
    n, channels, frames, number, bodies = batch.shape
    return xp.reshape(xp.permute_dims(batch, (0, 4, 2, 3, 1)), (n * bodies, frames, number, channels))


def by_recording(groups: Mapping[str, Array], batch: Array) -> dict[str, Array]:
    """Return measures (N, M * K), one row a recording, of measures (N * M, …), one row a body of the batch."""
    xp, n, bodies = array_namespace(batch), batch.shape[0], batch.shape[4]
    return {name: xp.reshape(group, (n, bodies * math.prod(group.shape[1:]))) for name, group in groups.items()}


def principal_components(values: np.ndarray, embed_dim: int, whiten: float) -> np.ndarray:
    """Return the directions of the largest deviation, divided by deviation ** whiten.

    Args:
        values: (N, K) centred values.
        embed_dim: number of directions D; fewer are returned where the values span fewer.
        whiten: 0 does not scale, 1 gives all components the same deviation.

    Returns:
        (D, K) float32; the largest entry of each direction is positive.
    """
    _, singular, directions = np.linalg.svd(values, full_matrices=False)
    deviations = singular / np.sqrt(len(values))
    count = min(embed_dim, int((deviations > 1e-5 * deviations[0]).sum()))
    directions, deviations = directions[:count], deviations[:count]
    signs = np.sign(directions[np.arange(count), np.abs(directions).argmax(axis=1)])
    return cast(np.ndarray, (directions * (signs / deviations**whiten)[:, None]).astype(np.float32))
