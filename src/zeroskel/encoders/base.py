"""SkeletonEncoder: the contract that every encoder of the pipeline fulfils."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from zeroskel.core import InputError, NotFittedError, get_layout
from zeroskel.core._saved import save_model

if TYPE_CHECKING:  # importing torch takes seconds, and most encoders do not need it
    from torch import nn

OnEpoch = Callable[[int, int], None]


class BatchSource(Protocol):
    """An (N, C, T, V, M) array, memory map or anything else that gives such rows when indexed."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray: ...


class SkeletonEncoder(ABC):
    """Turns batches of skeletons into features; learns on seen classes only, which the caller sees to.

    Args of every subclass: `layout`, then its own options.
    """

    encoder: ClassVar[str]
    layout: str

    def fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None = None,
        seed: int = 0,
        *,
        on_epoch: OnEpoch | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Learn from N labelled sequences.

        Args:
            batches: (N, C, T, V, M), read in parts.
            labels: (N,) class ids; any integers.
            subjects: (N,) subject ids, for encoders that withhold subjects to choose their epoch.
            seed: of every random draw.
            on_epoch: called with (epochs done, epochs in all) by encoders that have any.
            checkpoint: file that encoders with epochs write after each, and go on from; of one training only.

        Raises:
            InputError: lengths differ, or fewer than two classes.
        """
        labels = np.asarray(labels)
        if labels.shape != (len(batches),) or len(np.unique(labels)) < 2:
            raise InputError(
                f"{len(batches)} sequences and labels {labels.shape} of {len(np.unique(labels))} classes; expected a "
                "label for each and at least two classes"
            )
        self._fit(batches, np.unique(labels, return_inverse=True)[1], subjects, seed, on_epoch, checkpoint)
        self.fitted_ = True
        return self

    def encode(self, batch: np.ndarray) -> np.ndarray:
        """(N, C, T, V, M), any T -> (N, D) float32. Raises NotFittedError before `fit`, InputError for other axes."""
        self._check_fitted()
        if batch.ndim != 5 or batch.shape[3] != len(get_layout(self.layout).joints):
            raise InputError(f"batch has shape {batch.shape}; expected (N, C, T, V, M) in layout {self.layout}")
        return np.asarray(self._encode(batch), dtype=np.float32)

    def to_torch(self) -> "nn.Module":
        """Return the fitted encoder as a PyTorch module, for ONNX export.

        Returns:
            A module on the CPU that maps a batch (N, C, T, V, M) float32 with T >= 3 frames to features (N, D), equal
            to `encode` up to rounding. M is the number of bodies of the training batches.

        Raises:
            NotFittedError: The encoder is not fitted.
            InputError: The encoder has no such module.
        """
        raise InputError(
            f"Encoder {self.encoder!r} cannot be exported. Encoders that can: biomechanics, kinematic, stgcn. Pass a "
            "bundle that was trained with one of them."
        )

    def _check_fitted(self) -> None:
        if not getattr(self, "fitted_", False):
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit first")

    def options(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def save(self, folder: str | PathLike[str]) -> None:
        """Write config.json and weights.safetensors."""
        self._check_fitted()
        save_model(folder, {"encoder": self.encoder, "options": self.options()}, self._state())

    @classmethod
    def _restore(cls, folder: Path, config: dict[str, Any], state: dict[str, np.ndarray]) -> Self:
        try:
            encoder = cls(**config["options"])
            encoder._set_state(state)
        except (KeyError, TypeError, RuntimeError) as error:
            raise InputError(f"{folder}: not a saved {cls.encoder} encoder ({error})") from error
        encoder.fitted_ = True
        return encoder

    @abstractmethod
    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: OnEpoch | None,
        checkpoint: Path | None,
    ) -> None:
        """Learn; labels are 0 to K-1."""

    @abstractmethod
    def _encode(self, batch: np.ndarray) -> np.ndarray:
        """(N, D) of a validated batch."""

    @abstractmethod
    def _state(self) -> dict[str, np.ndarray]:
        """Everything learnt, by name."""

    @abstractmethod
    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        """The inverse of `_state`."""
