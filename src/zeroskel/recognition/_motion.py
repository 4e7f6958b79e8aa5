"""Motion of one person over time: when the person moves, and how poses differ."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # it loads scipy.ndimage when that is first used: most predictions do not need it

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.skeleton.transforms.layouts import convert_layout

_FASTEST = 6  # joints whose mean speed is the speed of the person
_SMOOTHED = 1 / 6  # seconds over which positions are averaged
_PAUSE = 0.3  # seconds over which the speed is averaged to look for a pause
_BRIDGED = 0.5  # seconds without observation in which the person still counts as there
_STILL = 0.05  # added to speeds before the logarithm; the noise of a depth camera
_NOISE_SECONDS = 1.0  # over which positions are compared to tell noise from motion
_NOISE_FRAMES = 20  # in that time; at lower rates fast repetitions look like noise
_NOISE_RATIO = 1.2  # of squared steps to the variance: 2 for noise without memory, near 0 for motion
_NOISE_REACH = 0.2  # radii of a body, the largest deviation of a joint that counts as noise
_LEAST_NOISE = 0.02  # radii of a body, the mean deviation of the joints below which noise needs no correction
_REST_REACH = (0.15, 0.4, 1.0)  # seconds before and after a moment


@dataclass(frozen=True, eq=False)
class Motion:
    """Speed and pose of one person, from `motion_of` or `motions_of`.

    The speed is the mean of the six fastest joints in radii of the body per second. The radius is the mean distance of
    the joints from their centre. Positions are averaged over a sixth of a second; gaps are interpolated. It is 0 where
    all joints only jump about their places, as those of a person who stands still before a noisy sensor.

    Args:
        fps: frames per second.
        there: (T,) mask of the frames in which the person is there; up to half a second without observation is bridged.
        sums: (T + 1,) sums of the speeds before each frame, and of all.
        poses: (T, V, C) joints relative to their centre, in radii.
        pauses: (T,) logarithm of the speed, averaged over 0.3 seconds.
        slow: the slowest speed, a quantile.
        reaches: (V,) largest distance of each observed joint from its mean position in the room, in radii of the body.
    """

    fps: float
    there: np.ndarray
    sums: np.ndarray
    poses: np.ndarray
    pauses: np.ndarray
    slow: float
    reaches: np.ndarray

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.there)

    def log_speed(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the logarithm of the mean speed between moments in seconds; outside the recording the slowest one."""
        first = np.clip(np.rint(starts * self.fps).astype(int), 0, self.frames)
        last = np.clip(np.rint(ends * self.fps).astype(int), 0, self.frames)
        total = self.sums[last] - self.sums[np.minimum(first, last)]
        return np.log(np.where(last > first, total / np.maximum(last - first, 1), self.slow) + _STILL)

    def rest_inputs(self, moments: np.ndarray) -> np.ndarray:
        """Return the (S, 3) logarithms of the speed about S moments, over 0.3, 0.8 and 2 seconds."""
        reach = np.array(_REST_REACH)
        return self.log_speed(moments[:, None] - reach, moments[:, None] + reach)

    def window_inputs(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return (W, 9) numbers of windows, in seconds.

        They are the logarithms of the speed in the window, in the half second before and after it, in the quarter of a
        second after and before its start, and before and after its end; the distance of the first pose from the last
        one; and the slowest 0.3 seconds of its middle half.
        """
        half, quarter = 0.5, 0.25
        bounds = [(starts, ends), (starts - half, starts), (ends, ends + half), (starts, starts + quarter)]
        bounds += [(ends - quarter, ends), (starts - quarter, starts), (ends, ends + quarter)]
        speeds = self.log_speed(*(np.stack(moments, axis=1) for moments in zip(*bounds, strict=True)))
        first = np.clip(np.rint(starts * self.fps).astype(int), 0, self.frames - 1)
        last = np.clip(np.rint(ends * self.fps).astype(int) - 1, first, self.frames - 1)
        distance = np.linalg.norm(self.poses[first] - self.poses[last], axis=2).mean(axis=1)
        margin = (last - first) // 4
        slowest = [self.pauses[a : max(b, a + 1)].min() for a, b in zip(first + margin, last - margin, strict=True)]
        return np.column_stack([speeds, distance, np.array(slowest)])


def motion_of(sequence: SkeletonSequence, layout: str) -> Motion:
    """Return the motion of the only body of a recording, whose joints are compared in a layout."""
    return motions_of([sequence], layout)[0]


def motions_of(sequences: Sequence[SkeletonSequence], layout: str) -> list[Motion]:
    """Return the motion of the only body of each recording; recordings of one length are computed together."""
    target = get_layout(layout)
    groups: dict[tuple[tuple[int, ...], float], list[int]] = {}
    present, positions = [], []
    for index, sequence in enumerate(sequences):
        present.append(_present(sequence))
        sequence = convert_layout(sequence, target)
        observed = sequence.observed[0]
        columns = np.flatnonzero(observed.any(axis=0))
        joints = sequence.joints[0][:, columns].astype(np.float64)
        for column in np.flatnonzero(~observed[:, columns].all(axis=0)):
            joints[:, column] = _interpolated(joints[:, column], observed[:, columns[column]])
        positions.append(joints)
        groups.setdefault((joints.shape, sequence.fps), []).append(index)
    motions: dict[int, Motion] = {}
    for (_, fps), rows in groups.items():
        together = _together(np.stack([positions[row] for row in rows]), np.stack([present[row] for row in rows]), fps)
        motions |= zip(rows, together, strict=True)
    return [motions[index] for index in range(len(sequences))]


def _present(sequence: SkeletonSequence) -> np.ndarray:
    """Return the mask (T,) of the frames in which a person is there, with short gaps closed."""
    seen = np.asarray(sequence.observed.any(axis=(0, 2)))
    if seen.all():
        return seen
    reach = np.ones(max(1, round(_BRIDGED * sequence.fps)), dtype=bool)
    return np.asarray(seen | scipy.ndimage.binary_closing(seen, reach))


def _together(joints: np.ndarray, there: np.ndarray, fps: float) -> list[Motion]:
    """Return the motions of N bodies, for their joints (N, T, V, C) and the masks (N, T) of when they are there."""
    noisy = _only_noise(joints, fps)
    joints = scipy.ndimage.uniform_filter1d(joints, max(1, round(_SMOOTHED * fps)), axis=1)
    centred = joints - _centres(joints)
    radii = _quantiles(_lengths(centred).mean(axis=2), there, 0.5)
    radii[radii == 0] = 1.0
    poses = centred / radii[:, None, None, None]
    joints = joints / radii[:, None, None, None]
    steps = _lengths(np.diff(joints, axis=1, prepend=joints[:, :1])) * fps
    speed = np.sort(steps, axis=2)[:, :, -_FASTEST:].mean(axis=2) * (there & ~noisy)
    sums = np.concatenate([np.zeros((len(speed), 1)), np.cumsum(speed, axis=1)], axis=1)
    pauses = np.log(scipy.ndimage.uniform_filter1d(speed, max(1, round(_PAUSE * fps)), axis=1) + _STILL)
    slow = _quantiles(speed, there, 0.1).tolist()
    reaches = _lengths(joints - joints.mean(axis=1, keepdims=True)).max(axis=1)
    return [
        Motion(fps, *parts) for parts in zip(there, sums, poses.astype(np.float32), pauses, slow, reaches, strict=True)
    ]


def _only_noise(joints: np.ndarray, fps: float) -> np.ndarray:
    """Return the mask (N, T) of the frames about which all joints (N, T, V, C) only jump about their places.

    The ratio of von Neumann compares the squared steps from frame to frame with the variance within a second.
    """
    frames = round(_NOISE_SECONDS * fps)
    if not _NOISE_FRAMES <= frames <= joints.shape[1]:
        return np.zeros(joints.shape[:2], dtype=bool)
    centred = joints - joints.mean(axis=1, keepdims=True)
    distances = _lengths(joints - _centres(joints)).mean(axis=2)
    radius = np.median(distances, axis=1)[:, None, None]
    steps = np.diff(joints, axis=1, append=joints[:, -2:-1])
    squares = scipy.ndimage.uniform_filter1d(_dot(steps, steps), frames, axis=1)
    spread = (
        scipy.ndimage.uniform_filter1d(centred**2, frames, axis=1)
        - scipy.ndimage.uniform_filter1d(centred, frames, axis=1) ** 2
    )
    variance = _dot(spread, np.ones(spread.shape[-1]))
    jumps = ((squares >= _NOISE_RATIO * variance) & (variance <= (_NOISE_REACH * radius) ** 2)).all(axis=2)
    return np.asarray(jumps & (variance.mean(axis=2) >= (_LEAST_NOISE * radius[..., 0]) ** 2))


def _quantiles(series: np.ndarray, counted: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile (N,) of the counted frames of series (N, T)."""
    if counted.all():
        return np.asarray(np.quantile(series, share, axis=1))
    return np.array([np.quantile(row[mask], share) for row, mask in zip(series, counted, strict=True)])


def _centres(joints: np.ndarray) -> np.ndarray:
    """Return the means (N, T, 1, C) of joints (N, T, V, C)."""
    count = joints.shape[2]
    return np.asarray(np.full((1, count), 1 / count) @ joints)


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the scalar products (…) of vectors (…, C) of few components; NumPy's sums over so short axes are slow."""
    return np.asarray(sum(first[..., axis] * second[..., axis] for axis in range(first.shape[-1])))


def _lengths(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths (…) of vectors (…, C)."""
    return np.sqrt(_dot(vectors, vectors))


def _interpolated(positions: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return positions (T, C) that are interpolated linearly where they are not known."""
    times = np.arange(len(positions))
    return np.stack([np.interp(times, times[known], axis[known]) for axis in positions.T], axis=1)
