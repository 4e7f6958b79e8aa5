"""Skeleton arrays that SMIE's `split.py` divided by one class split, as a dataset."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence, available_layouts, get_layout
from zeroskel.core._files import content_key
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._classes import KnownClasses

PROTOCOL = "as in the folder"
_FPS = 30.0  # the arrays have no frame rate; they were resampled to 50 frames
_AT_ONCE = 256


class ArraySequences:
    """Sequences of (N, C, T, V, M) memory maps, one map after the other.

    Args:
        files: Files of the arrays, for messages.
        arrays: One or more arrays; only N may differ.

    Raises:
        InputError: Arrays of other axes, or of joints that no layout with x, y and z has.
    """

    def __init__(self, files: Sequence[Path], arrays: Sequence[np.ndarray]) -> None:
        for file, array in zip(files, arrays, strict=True):
            if array.ndim != 5 or array.dtype.kind != "f" or array.shape[1:] != arrays[0].shape[1:] or 0 in array.shape:
                raise InputError(
                    f"{file}: found {array.dtype} {array.shape}; expected floating numbers (sequences, channels, "
                    f"frames, joints, bodies), all but the first as in {files[0].name}: {arrays[0].shape}"
                )
        self._arrays = list(arrays)
        self._starts = np.cumsum([0, *map(len, arrays)])
        fitting = [name for name in available_layouts() if len(get_layout(name).joints) == arrays[0].shape[3]]
        if len(fitting) != 1 or arrays[0].shape[1] != 3:
            raise InputError(
                f"{files[0]}: found {arrays[0].shape[3]} joints of {arrays[0].shape[1]} coordinates; expected 3 and "
                "joints of a known layout, such as the 25 of ntu-25"
            )
        self.layout: Layout = get_layout(fitting[0])

    @property
    def bodies(self) -> int:
        """Number M of bodies."""
        return int(self._arrays[0].shape[4])

    @property
    def frames(self) -> np.ndarray:
        """Lengths (N,), all T."""
        return np.full(len(self), self._arrays[0].shape[2])

    @cached_property
    def missing(self) -> np.ndarray:
        """Shares (N,) of joints at exactly 0."""
        shares = [
            (array[start : start + _AT_ONCE] == 0).all(axis=1).mean(axis=(1, 2, 3))
            for array in self._arrays
            for start in range(0, len(array), _AT_ONCE)
        ]
        return np.concatenate(shares)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all arrays."""
        return content_key(*self._arrays)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> SkeletonSequence:
        """Return a sequence. Joints at exactly 0 were not observed; bodies without any other joint are left out."""
        part = int(np.searchsorted(self._starts, index, side="right")) - 1
        joints = np.array(self._arrays[part][index - self._starts[part]], np.float32).transpose(3, 1, 2, 0)
        if not np.isfinite(joints).all():
            raise InputError(f"sequence {index} of the folder holds NaN or infinite coordinates; expected finite ones")
        joints = np.where((joints == 0).all(axis=-1, keepdims=True), np.nan, joints)
        present = ~np.isnan(joints).all(axis=(1, 2, 3))
        return SkeletonSequence(joints[present] if present.any() else joints[:1], self.layout, _FPS)


def skeletons_as_dataset(
    arrays: Mapping[str, tuple[Path, np.ndarray]], labels: Mapping[str, np.ndarray], data: KnownClasses, notice: str
) -> SkeletonDataset:
    """Return one dataset of all parts: the part "train" trains, the others test.

    Args:
        arrays: Part -> its file and its (N, C, T, V, M) array.
        labels: Part -> (N,) global 0-based class ids.
        data: Dataset whose classes these are.
        notice: Notice that is shown with every result.
    """
    parts = list(arrays)
    sequences = ArraySequences([arrays[part][0] for part in parts], [arrays[part][1] for part in parts])
    train = np.concatenate([np.full(len(arrays[part][1]), part == "train") for part in parts])
    return SkeletonDataset(
        sequences,
        np.concatenate([labels[part] for part in parts]),
        np.zeros(len(sequences), np.int64),
        data.class_names,
        name=data.name,
        protocols={PROTOCOL: train},
        notice=notice,
    )
