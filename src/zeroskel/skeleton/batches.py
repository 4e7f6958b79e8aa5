"""From sequences of any layout and length to the (N, C, T, V, M) batches that encoders take."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.skeleton.transforms import (
    centre,
    choose_main_bodies,
    convert_layout,
    face_camera,
    fill_gaps,
    resample,
    scale_by_torso,
)


class Sequences(Protocol):
    """Anything with a length whose items are SkeletonSequence: a list, a SkeletonDataset."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


@dataclass(frozen=True)
class Preprocessing:
    """How a sequence becomes an encoder's input; one path for training and for prediction.

    Main bodies, short gaps filled, first pelvis at the origin, turned to the camera, torso of length 1, layout
    converted, resampled to `frames`; what was never observed is 0 (the pelvis).

    Attributes:
        layout: layout of the result.
        frames: T (SMIE: 50).
        bodies: M; missing bodies are 0.
        channels: C; 2-D sequences get z = 0 when it is 3.
        max_gap: longest run of unobserved frames that is filled.
        turn: turn the body to face the camera.
        scale: divide by the torso's length.
    """

    layout: str
    frames: int = 50
    bodies: int = 1
    channels: int = 3
    max_gap: int = 10
    turn: bool = True
    scale: bool = True

    def __call__(self, sequence: SkeletonSequence) -> np.ndarray:
        """(C, T, V, M) float32 of one sequence."""
        sequence = fill_gaps(choose_main_bodies(sequence, self.bodies), self.max_gap)
        sequence = centre(sequence)
        if self.turn:
            sequence = face_camera(sequence)
        if self.scale:
            sequence = scale_by_torso(sequence)
        joints = resample(convert_layout(sequence, self.layout), self.frames).joints
        result = np.zeros((self.channels, self.frames, joints.shape[2], self.bodies), np.float32)
        channels = min(self.channels, joints.shape[3])
        result[:channels, :, :, : len(joints)] = np.nan_to_num(joints[..., :channels]).transpose(3, 1, 2, 0)
        return result

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, T, V, M) of each result."""
        return self.channels, self.frames, len(get_layout(self.layout).joints), self.bodies

    def to_config(self) -> dict[str, Any]:
        """Constructor arguments as JSON-able values."""
        return asdict(self)


def make_batch(sequences: Sequence[SkeletonSequence], preprocessing: Preprocessing) -> np.ndarray:
    """(N, C, T, V, M) float32 of several sequences."""
    return np.stack([preprocessing(sequence) for sequence in sequences])


class SequenceBatches:
    """Sequences seen as one (N, C, T, V, M) array of which only the rows asked for are made.

    Indexing with an array or slice gives a batch, as indexing a NumPy array or memory map would, so that encoders take
    either; memory stays bounded by the batch.
    """

    def __init__(self, sequences: Sequences, preprocessing: Preprocessing) -> None:
        self.sequences = sequences
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self), *self.preprocessing.shape

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        chosen = np.arange(len(self))[rows]
        return make_batch([self.sequences[int(i)] for i in chosen], self.preprocessing)
