"""The people of a recording: which of its bodies are people, and when each of them is there."""

import warnings
from dataclasses import dataclass

import numpy as np

from zeroskel.core import SkeletonSequence
from zeroskel.skeleton.inference._people import bodies_of, joined_tracks, motion_in_radii
from zeroskel.skeleton.transforms import _arrays
from zeroskel.skeleton.transforms.bodies import _NOISE_SHARE, _NOISE_SPREAD, _noisy_frames

_LEAST_JOINTS = 1 / 3  # share of the joints of a layout that must be observed at some time
_LEAST_SECONDS = 0.5  # a body that is observed for less is a ghost
_LEAST_SHARE = 0.2  # of the body that is observed longest, for short recordings
_STILL = 0.1  # radii of a body; furniture moves less
_SAME_PLACE = 0.25  # radii of a body; two detections of one person are nearer than that
_SAME_TIME = 0.8  # share of the frames of a detection in which the other one is there, too


@dataclass(frozen=True, eq=False)
class Person:
    """Person of a recording.

    Args:
        number: number of the person, from 0 in the order in which people appear.
        sequence: the recording with only this person: joints (1, T, V, C), NaN while the person is not there.
        bodies: indices of the bodies of the recording that are this person.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton._people import people_of
        >>> joints = np.random.default_rng(0).normal(size=(1, 90, 20, 3))
        >>> joints[:, :30] = np.nan  # the person enters after a second
        >>> (person,) = people_of(SkeletonSequence(joints, "kinect-20", fps=30))
        >>> person.start, person.end, person.while_there().frames
        (1.0, 3.0, 60)
    """

    number: int
    sequence: SkeletonSequence
    bodies: tuple[int, ...]

    @property
    def there(self) -> np.ndarray:
        """Mask (T,), True in the frames in which the person is observed."""
        return np.asarray(self.sequence.observed.any(axis=(0, 2)))

    @property
    def start(self) -> float:
        """Seconds from the start of the recording until the person is there; 0 for a person never observed."""
        return self._bounds[0] / self.sequence.fps

    @property
    def end(self) -> float:
        """Seconds from the start of the recording until the person is gone."""
        return self._bounds[1] / self.sequence.fps

    def while_there(self) -> SkeletonSequence:
        """Return the recording of this person from the first frame with the person to the last."""
        first, last = self._bounds
        return self.sequence.replace(self.sequence.joints[:, first:last])

    @property
    def _bounds(self) -> tuple[int, int]:
        frames = np.flatnonzero(self.there)
        return (int(frames[0]), int(frames[-1]) + 1) if len(frames) else (0, self.sequence.frames)


def people_of(sequence: SkeletonSequence) -> list[Person]:
    """Split a recording into its people.

    The rules, in turn:

    1. A body that begins within 30 frames of the end of another one, at its place and of its size, is the same person
       under a new tracking id.
    2. A person is observed for at least half a second. In a recording of less than 2.5 seconds it is a fifth of the
       time of the body that is observed longest.
    3. At least a third of the joints are observed at some time, and they are not all at one point.
    4. Furniture is no person: it hardly moves, and is wide for its height (as in `denoise_bodies`) most of the time.
    5. Of two bodies that are at one place for most of the time, the one observed longer is the person.

    If no body follows all rules, the one observed longest is the person. A recording of one body is not examined.

    Args:
        sequence: recording with joints (M, T, V, C), y up.

    Returns:
        1 to M people in the order in which they appear.

    Example:
        >>> import numpy as np
        >>> from zeroskel.core import SkeletonSequence
        >>> from zeroskel.skeleton._people import people_of
        >>> joints = np.random.default_rng(0).normal(size=(2, 90, 20, 3))
        >>> joints[1, :60] = np.nan  # the second person enters after two seconds
        >>> [(person.number, person.start) for person in people_of(SkeletonSequence(joints, "kinect-20", fps=30))]
        [(0, 0.0), (1, 2.0)]
    """
    if sequence.bodies == 1:
        return [Person(0, sequence, (0,))]
    joints = np.where(_at_one_point(sequence.joints)[..., None, None], np.nan, sequence.joints)
    seen = _arrays.observed_joints(joints).any(axis=-1)
    tracks = joined_tracks(joints, np.where(seen, np.arange(len(joints))[:, None], -1))
    numbers = np.unique(tracks[tracks >= 0])
    if not len(numbers):
        return [Person(0, sequence.replace(sequence.joints[:1]), (0,))]
    bodies = bodies_of(joints, tracks, numbers)
    members = [tuple(np.flatnonzero((tracks == number).any(axis=1)).tolist()) for number in numbers]
    return [
        Person(number, sequence.replace(bodies[index : index + 1]), members[index])
        for number, index in enumerate(_in_order(bodies, sequence.fps))
    ]


def _in_order(bodies: np.ndarray, fps: float) -> list[int]:
    """Return the indices of the bodies (K, T, V, C) that are people, in the order in which they appear."""
    observed = _arrays.observed_joints(bodies)
    seen = observed.any(axis=-1)
    frames = seen.sum(axis=1)
    lasting = frames >= min(_LEAST_SECONDS * fps, _LEAST_SHARE * frames.max())
    known = observed.any(axis=1).mean(axis=-1) >= _LEAST_JOINTS
    wide = (_noisy_frames(bodies, _NOISE_SPREAD) & seen).sum(axis=1) >= _NOISE_SHARE * frames
    candidates = [
        index
        for index in np.argsort(-frames, kind="stable").tolist()
        if lasting[index] and known[index] and not (wide[index] and motion_in_radii(bodies[index]) < _STILL)
    ]
    chosen: list[int] = []
    for index in candidates:
        if not any(_coincides(bodies[index], bodies[other]) for other in chosen):
            chosen.append(index)
    return sorted(chosen or [int(np.argmax(frames))], key=lambda index: (int(np.argmax(seen[index])), index))


def _coincides(body: np.ndarray, longer: np.ndarray) -> bool:
    """Return whether a body (T, V, C) is at the place of one that is observed longer, most of the time."""
    seen = _arrays.observed_joints(body).any(axis=-1)
    common = seen & _arrays.observed_joints(longer).any(axis=-1)
    if not common.any() or common.sum() < _SAME_TIME * seen.sum():
        return False
    first, second = body[common].astype(np.float64), longer[common].astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # bodies without a common joint, whose median is NaN
        radius = np.sqrt(np.nanmedian(((second - np.nanmean(second, axis=1, keepdims=True)) ** 2).sum(axis=-1)))
        apart = np.nanmedian(np.linalg.norm(first - second, axis=-1))
    return bool(apart < _SAME_PLACE * radius)


def _at_one_point(joints: np.ndarray) -> np.ndarray:
    """Return (M, T), True where all observed joints of a body are at one point, as of bodies filled with zeros."""
    observed = _arrays.observed_joints(joints)[..., None]
    highest = np.where(observed, joints, -np.inf).max(axis=2)
    lowest = np.where(observed, joints, np.inf).min(axis=2)
    return np.asarray((highest <= lowest).all(axis=-1))
