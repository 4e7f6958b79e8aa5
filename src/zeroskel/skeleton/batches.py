"""Preparation of recordings of any layout and length as the (N, C, T, V, M) batches that encoders take."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from array_api_compat import array_namespace

from zeroskel.core import InputError, Layout, SkeletonSequence, get_layout
from zeroskel.skeleton.transforms import _arrays
from zeroskel.skeleton.transforms.layouts import _convert

_PREPARED_AT_ONCE = 64  # recordings of equal length


class Sequences(Protocol):
    """Anything with a length whose items are SkeletonSequence: a list or a SkeletonDataset.

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> from zeroskel.skeleton import Sequences
        >>> dataset: Sequences = synthetic_dataset(subjects=1, repetitions=1)
        >>> dataset[0].layout.name
        'ntu-25'
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> SkeletonSequence: ...


@dataclass(frozen=True)
class Preprocessing:
    """Preparation of a recording for an encoder, the same in training and in prediction.

    The steps are: select the main bodies, fill short gaps, move the first pelvis to the origin, turn to the camera,
    scale to a torso of length 1, convert the layout, resample. Joints that were never observed become 0 (the pelvis).

    Args:
        layout: name of the layout of the result.
        frames: number of frames T of the result (SMIE: 50).
        bodies: number of bodies M of the result; absent bodies are 0.
        channels: number of channels C of the result; 2-D recordings get z = 0 when it is 3.
        max_gap: longest gap that is filled, in frames.
        turn: whether to turn the first body to the camera.
        scale: whether to divide by the length of the torso.
        clock: whether to append a channel with the seconds since the first frame, the same for all joints and bodies,
            so that encoders can measure speeds and rates. Joints that were not observed are then placed by their
            neighbours along the limb, such as a wrist between elbow and hand, before the rest becomes 0.

    Raises:
        InputError: a number is too small.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton import Preprocessing
        >>> prepare = Preprocessing("kinect-20", frames=50)
        >>> prepare(SkeletonSequence(np.zeros((72, 25, 3)), "ntu-25")).shape
        (3, 50, 20, 1)
    """

    layout: str
    frames: int = 50
    bodies: int = 1
    channels: int = 3
    max_gap: int = 10
    turn: bool = True
    scale: bool = True
    clock: bool = False

    def __post_init__(self) -> None:
        for name, least in (("frames", 1), ("bodies", 1), ("channels", 1), ("max_gap", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least {least}")

    def __call__(self, sequence: SkeletonSequence) -> np.ndarray:
        """Prepare one recording.

        Args:
            sequence: recording with joints of any shape (M, T, V, C) and any layout.

        Returns:
            (C, T, V, M) float32, or (C + 1, T, V, M) with the clock.

        Raises:
            LayoutError: the layout is unknown.
        """
        prepared = self.prepare(sequence.joints[None], sequence.layout, sequence.fps)
        return np.asarray(prepared[0], dtype=np.float32)

    def prepare(self, joints: _arrays.Array, layout: Layout | None = None, fps: float = 30.0) -> _arrays.Array:
        """Prepare N recordings of equal length.

        With torch tensors in the layout of the result and all M bodies, this can be traced into a graph with any N and
        T, because no step depends on the values of the joints.

        Args:
            joints: (N, M, T, V, C) array or tensor, NaN where a joint was not observed.
            layout: layout of the joints; that of the result by default. Only NumPy arrays may have another one.
            fps: frames a second, for the clock.

        Returns:
            (N, C, T, V, M) of the kind of `joints`, or (N, C + 1, T, V, M) with the clock.
        """
        xp = array_namespace(joints)
        target = get_layout(self.layout)
        source = target if layout is None else layout
        joints = _arrays.main_bodies(joints, self.bodies)
        if not (isinstance(joints, np.ndarray) and not np.isnan(joints).any()):  # only arrays can be looked at
            joints = _arrays.fill_gaps(joints, self.max_gap)
        if self.clock:
            clock = _arrays.seconds(self.frames, joints=joints, fps=fps)
            joints = _arrays.fill_limbs(joints, source)
        joints = _arrays.centre(joints, source)
        if self.turn and joints.shape[-1] == 3:
            joints = _arrays.face_camera(joints, source)
        if self.scale:
            joints = _arrays.scale_by_torso(joints, source)
        if source != target:
            joints = _convert(joints, source, target)
            if self.clock:
                joints = _arrays.fill_limbs(joints, target)
        joints = _arrays.resample(joints, self.frames)[..., : self.channels]
        prepared = xp.permute_dims(xp.where(xp.isnan(joints), 0.0, joints), (0, 4, 2, 3, 1))
        for axis, size in ((1, self.channels), (4, self.bodies)):
            missing = size - prepared.shape[axis]
            if missing > 0:
                absent = (*prepared.shape[:axis], missing, *prepared.shape[axis + 1 :])
                prepared = xp.concat([prepared, xp.zeros(absent, dtype=prepared.dtype)], axis=axis)
        if self.clock:
            times = xp.zeros_like(prepared[:, :1]) + clock[:, None, None]
            prepared = xp.concat([prepared, times], axis=1)
        return prepared

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape (C, T, V, M) of each result; the clock is one of its channels."""
        return self.channels + self.clock, self.frames, len(get_layout(self.layout).joints), self.bodies

    def to_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as values that JSON can hold."""
        return asdict(self)


def make_batch(sequences: Sequence[SkeletonSequence], preprocessing: Preprocessing) -> np.ndarray:
    """Prepare recordings as one batch.

    Args:
        sequences: N recordings of any layout and length.
        preprocessing: preparation of each recording.

    Returns:
        (N, C, T, V, M) float32.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton import Preprocessing, make_batch
        >>> sequences = [SkeletonSequence(np.zeros((frames, 20, 3)), "kinect-20") for frames in (30, 80)]
        >>> make_batch(sequences, Preprocessing("kinect-20")).shape
        (2, 3, 50, 20, 1)
    """
    groups: dict[tuple[Any, ...], list[int]] = {}  # recordings that are prepared together
    for index, sequence in enumerate(sequences):
        complete = not np.isnan(sequence.joints).any()
        groups.setdefault((sequence.joints.shape, sequence.layout, sequence.fps, complete), []).append(index)
    batch = np.empty((len(sequences), *preprocessing.shape), dtype=np.float32)
    for (_, layout, fps, _), members in groups.items():
        for rows in np.split(members, range(_PREPARED_AT_ONCE, len(members), _PREPARED_AT_ONCE)):
            joints = np.stack([sequences[row].joints for row in rows])
            batch[rows] = preprocessing.prepare(joints, layout, fps)
    return batch


class SequenceBatches:
    """Recordings seen as one (N, C, T, V, M) array of which only the requested rows are computed.

    Indexing with an array or slice returns a batch, as indexing a NumPy array or memory map does, so encoders accept
    either. Memory is bounded by the batch.

    Args:
        sequences: N recordings of any layout and length.
        preprocessing: preparation of each recording.

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> from zeroskel.skeleton import Preprocessing, SequenceBatches
        >>> batches = SequenceBatches(synthetic_dataset(subjects=1, repetitions=1), Preprocessing("ntu-25"))
        >>> batches[:2].shape
        (2, 3, 50, 25, 1)
    """

    def __init__(self, sequences: Sequences, preprocessing: Preprocessing) -> None:
        self.sequences = sequences
        self.preprocessing = preprocessing

    def __len__(self) -> int:
        return len(self.sequences)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape (N, C, T, V, M) of the whole array."""
        return len(self), *self.preprocessing.shape

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        chosen = np.arange(len(self))[rows]
        return make_batch([self.sequences[int(i)] for i in chosen], self.preprocessing)
