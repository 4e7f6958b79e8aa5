"""Long recordings with known segments: recordings of a dataset one after the other, with idle time and transitions."""

from collections.abc import Sequence

import numpy as np

from zeroskel.core import Segment, SkeletonSequence
from zeroskel.datasets import SkeletonDataset

RATE = 30.0  # frames per second
IDLE = (0.0, 0.5, 1.0, 2.0, 3.0)  # seconds after an action
TRANSITION = (0.3, 0.8)  # seconds
FEWEST_FRAMES, MOST_SECONDS = 8, 10.0  # a longer recording is cut at random


def concatenation(
    dataset: SkeletonDataset, rng: np.random.Generator, count: int = 10
) -> tuple[SkeletonSequence, list[Segment]]:
    """Return a recording of several actions, and its segments.

    Half of the recordings show one person, the others several one after the other. Seven in ten actions begin where
    the one before ended, the others at their own place. Between two actions the last pose is held with some sway and
    noise for up to three seconds, then the person moves to the first pose of the next action, which is held in half of
    the cases.

    Args:
        dataset: recordings of single actions; those of fewer than 8 frames are left out.
        rng: random generator.
        count: number of actions.
    """
    rows = np.arange(len(dataset))
    if rng.random() < 0.5:
        rows = np.flatnonzero(dataset.subjects == rng.choice(np.unique(dataset.subjects)))
    rows = np.array([row for row in rows if dataset[int(row)].frames >= FEWEST_FRAMES])
    parts: list[np.ndarray] = []
    segments: list[Segment] = []
    for row in rng.choice(rows, count, replace=len(rows) < count):
        joints = _joints(dataset[int(row)], rng)
        if parts:
            last = parts[-1][-1]
            if rng.random() < 0.7:
                joints = joints + (last[0] - joints[0, 0]) * [1, 0, 1]
            parts += _between(last, joints[0], rng)
        start = sum(map(len, parts)) / RATE
        name = dataset.class_names[dataset.labels[row]]
        segments.append(Segment(0, start, start + len(joints) / RATE, name))
        parts.append(joints)
    return SkeletonSequence(np.concatenate(parts), dataset[0].layout, RATE), segments


def listed(segments: Sequence[Segment], names: Sequence[str]) -> list[Segment]:
    """Return the segments whose action is on a list."""
    return [segment for segment in segments if segment.action in set(names)]


def _between(last: np.ndarray, first: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the frames between two actions: the last pose held, the way to the first pose, and this one held."""
    idle = int(rng.choice(IDLE) * RATE)
    sway = np.cumsum(rng.normal(0, 0.0008, (idle, 1, 3)), axis=0)
    parts = [last + sway + rng.normal(0, 0.002, (idle, *last.shape))]
    begin = last if not idle else last + sway[-1]
    moving = int(rng.uniform(*TRANSITION) * RATE)
    shares = (1 - np.cos(np.linspace(0, np.pi, moving + 2)[1:-1])) / 2
    parts.append(begin + shares[:, None, None] * (first - begin))
    if rng.random() < 0.5:
        held = int(rng.choice((0.5, 1.0)) * RATE)
        parts.append(first + rng.normal(0, 0.002, (held, *first.shape)))
    return [part for part in parts if len(part)]


def _joints(sequence: SkeletonSequence, rng: np.random.Generator) -> np.ndarray:
    """Return the joints (T, V, 3) of the first body at 30 frames per second, without gaps, of at most ten seconds."""
    joints = sequence.joints[0].astype(np.float64)
    most = int(MOST_SECONDS * sequence.fps)
    if len(joints) > most:
        start = int(rng.integers(0, len(joints) - most + 1))
        joints = joints[start : start + most]
    frames = np.arange(len(joints))
    moments = np.linspace(0, len(joints) - 1, max(2, round(len(joints) / sequence.fps * RATE)))
    flat = joints.reshape(len(joints), -1)
    known = ~np.isnan(flat)
    columns = [
        np.interp(moments, frames[of], axis[of]) if of.any() else np.full(len(moments), np.nan)
        for axis, of in zip(flat.T, known.T, strict=True)
    ]
    return np.stack(columns, axis=1).reshape(len(moments), *joints.shape[1:])
