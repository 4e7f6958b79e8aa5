"""SkeletonEncoder: the contract of every encoder."""

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

EpochProgress = Callable[[int, int], None]


class BatchSource(Protocol):
    """Batch (N, C, T, V, M) that is read in parts: an array, a memory map, or an object that computes its rows.

    Example:
        >>> import numpy as np
        >>> from zeroskel.encoders import BatchSource
        >>> class Zeros:
        ...     def __len__(self):
        ...         return 100
        ...     def __getitem__(self, rows):
        ...         return np.zeros((len(rows), 3, 50, 20, 1), np.float32)
        >>> source: BatchSource = Zeros()
        >>> source[np.arange(4)].shape
        (4, 3, 50, 20, 1)
    """

    def __len__(self) -> int:
        """Return N."""
        ...

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray:
        """Return the sequences (R, C, T, V, M) of R row indices."""
        ...


class SkeletonEncoder(ABC):
    """Base class of encoders, which turn batches of skeletons into features.

    Callers pass seen classes only to `fit`. A subclass takes `layout` and its options as constructor arguments, sets
    `encoder` to its name, and implements `_fit`, `_encode`, `_state` and `_set_state`.

    Attributes:
        encoder: Name of the encoder in tables and saved files.
        batch_frames: Number of frames T of the batches that it is trained on.
        batch_clock: Whether batches have a further channel with the time in seconds.
        layout: Name of the joint layout of the batches.

    Example:
        >>> import numpy as np
        >>> from zeroskel.encoders import SkeletonEncoder
        >>> class MeanPose(SkeletonEncoder):
        ...     encoder = "mean-pose"
        ...     def __init__(self, layout="kinect-20"):
        ...         self.layout = layout
        ...     def _fit(self, batches, labels, subjects, seed, on_epoch, checkpoint):
        ...         pass
        ...     def _encode(self, batch):
        ...         return batch.mean(axis=(2, 4)).reshape(len(batch), -1)
        ...     def _state(self):
        ...         return {}
        ...     def _set_state(self, state):
        ...         pass
        >>> batch = np.zeros((2, 3, 10, 20, 1))
        >>> MeanPose().fit(batch, [0, 1]).encode(batch).shape
        (2, 60)
    """

    encoder: ClassVar[str]
    batch_frames: ClassVar[int] = 50  # as SMIE
    batch_clock: ClassVar[bool] = False
    layout: str

    def fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None = None,
        seed: int = 0,
        *,
        on_epoch: EpochProgress | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """Learn from N labelled sequences.

        Args:
            batches: (N, C, T, V, M), read in parts.
            labels: (N,) class ids; any integers.
            subjects: (N,) subject ids, for encoders that withhold subjects to choose their epoch.
            seed: Seed of all random draws.
            on_epoch: Called with (finished epochs, all epochs) by encoders that train by epochs.
            checkpoint: File that encoders with epochs write after each epoch and resume from; for one training only.

        Returns:
            The encoder itself.

        Raises:
            InputError: The lengths differ, or there are fewer than two classes.
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
        """Return the features of a batch.

        Args:
            batch: (N, C, T, V, M) with any T.

        Returns:
            Features (N, D) float32.

        Raises:
            NotFittedError: The encoder is not fitted.
            InputError: The batch has other axes.
        """
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
            f"Encoder {self.encoder!r} cannot be exported. Encoders that can: biomechanics, kinematic, movement, "
            "stgcn. Pass a bundle that was trained with one of them."
        )

    def options(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def save(self, folder: str | PathLike[str]) -> None:
        """Write config.json and weights.safetensors.

        Args:
            folder: An existing folder is replaced in one step.

        Raises:
            NotFittedError: The encoder is not fitted.
        """
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

    def _check_fitted(self) -> None:
        if not getattr(self, "fitted_", False):
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit first")

    @abstractmethod
    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: EpochProgress | None,
        checkpoint: Path | None,
    ) -> None:
        """Learn from validated arguments of `fit`, in which labels are 0 to K - 1."""

    @abstractmethod
    def _encode(self, batch: np.ndarray) -> np.ndarray:
        """Return features (N, D) of a validated batch."""

    @abstractmethod
    def _state(self) -> dict[str, np.ndarray]:
        """Return all learned arrays, by name."""

    @abstractmethod
    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        """Restore the arrays that `_state` returned."""
