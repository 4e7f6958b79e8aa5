"""Recordings: synthetic sequences and whole labelled datasets, reproducible from a seed."""

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from zeroskel.core import InputError, SkeletonSequence
from zeroskel.datasets.synthetic._body import LAYOUT
from zeroskel.datasets.synthetic._grammar import Action, action_names, get_action
from zeroskel.datasets.synthetic._person import FPS, Person, draw_camera, draw_person, perform, sense

NOTICE = "Synthetic motion of a computed figure: for demos, tests and scale, not evidence about real people."
_FRAMES = (40, 120)


def generate_sequence(action: str, seed: int, *, frames: int | None = None) -> SkeletonSequence:
    """Return one synthetic recording of an action; the seed names the person, the take, the camera and the noise.

    Args:
        action: one of `action_names()`.
        seed: 0 or more; equal action and seed give equal sequences.
        frames: T; drawn from the person's tempo (40 to 120) unless given.

    Returns:
        One body of layout "ntu-25" at 30 frames a second, metres, in the camera's frame (y up, z away from it).

    Raises:
        InputError: The action is unknown, the seed negative, or frames below two.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> generate_sequence("squat", seed=1, frames=50).joints.shape
        (1, 50, 25, 3)
    """
    return _record(get_action(action), draw_person(_generator(seed)), _generator(seed, action), frames)


def iterate(
    actions: Sequence[str] | None = None, *, subjects: int = 8, repetitions: int = 3, seed: int = 0
) -> Iterator[tuple[SkeletonSequence, int, int]]:
    """Yield synthetic recordings one at a time, so that a dataset of any size needs little memory.

    Args:
        actions: Class names in the order of the labels; None is all of `action_names()`.
        subjects: The number of people.
        repetitions: The number of recordings of each action by each person.
        seed: 0 or more.

    Yields:
        A sequence, its label and its subject, in the order of `generate_dataset`.

    Raises:
        InputError: As in `generate_dataset`.

    Example:
        >>> from zeroskel.datasets.synthetic import iterate
        >>> sequence, label, subject = next(iterate(["clap the hands"], subjects=1, repetitions=1))
        >>> (label, subject, sequence.layout.name)
        (0, 1, 'ntu-25')
    """
    names = action_names() if actions is None else list(actions)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not names:
        raise InputError(f"actions repeated: {repeated}; expected one or more different ones")
    if subjects < 1 or repetitions < 1:
        raise InputError(f"{subjects} subjects and {repetitions} repetitions; expected at least one of each")
    chosen = [get_action(name) for name in names]
    people = [draw_person(_generator(seed, "person", subject)) for subject in range(1, subjects + 1)]
    for label, (name, action) in enumerate(zip(names, chosen, strict=True)):
        for subject, person in enumerate(people, start=1):
            for repetition in range(repetitions):
                take = _generator(seed, name, subject, repetition)
                yield _record(action, person, take, None), label, subject


def generate_dataset(
    actions: Sequence[str] | None = None, *, subjects: int = 8, repetitions: int = 3, seed: int = 0
) -> tuple[list[SkeletonSequence], np.ndarray, np.ndarray, list[str]]:
    """Return a labelled synthetic dataset: every subject does every action several times.

    Body, handedness and style are a subject's; tempo, camera and noise differ from one repetition to the next.

    Args:
        actions: class names in the order of the labels; all of `action_names()` unless given.
        subjects: number of people.
        repetitions: recordings of each action by each person.
        seed: 0 or more.

    Returns:
        N sequences, labels (N,) int64, subjects (N,) int64 from 1, class names.

    Raises:
        InputError: An action is unknown or repeated, a count is below one, or the seed is negative.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_dataset
        >>> sequences, labels, subjects, names = generate_dataset(["squat", "jump"], subjects=2, repetitions=1)
        >>> labels.tolist(), subjects.tolist()
        ([0, 0, 1, 1], [1, 2, 1, 2])
    """
    names = action_names() if actions is None else list(actions)
    sequences, labels, people = zip(*iterate(names, subjects=subjects, repetitions=repetitions, seed=seed), strict=True)
    return list(sequences), np.array(labels, dtype=np.int64), np.array(people, dtype=np.int64), names


def _record(action: Action, person: Person, rng: np.random.Generator, frames: int | None) -> SkeletonSequence:
    tempo = person.tempo * rng.uniform(0.85, 1.2)
    length = int(np.clip(round(action.seconds / tempo * FPS), *_FRAMES)) if frames is None else frames
    if length < 2:
        raise InputError(f"frames is {length}; an action needs at least 2")
    joints = draw_camera(rng).view(perform(person, action, length, rng))
    return SkeletonSequence(sense(joints, rng), LAYOUT, FPS)


def _generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return random numbers of their own for every seed and path, the same in every process."""
    if seed < 0:
        raise InputError(f"seed is {seed}; expected 0 or more")
    words = [zlib.crc32(step.encode()) if isinstance(step, str) else step for step in path]
    return np.random.default_rng([seed, *words])
