"""Motion of one person over time: when the person moves, and how poses differ."""

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


class Motion:
    """Speed and pose of one person.

    The speed is the mean of the six fastest joints in radii of the body per second. The radius is the mean distance of
    the joints from their centre. Positions are averaged over a sixth of a second; gaps are interpolated. It is 0 where
    all joints only jump about their places, as those of a person who stands still before a noisy sensor.

    Args:
        sequence: recording of one body.
        layout: name of the layout in which the joints are compared.

    Attributes:
        fps: frames per second.
        frames: number of frames T.
        there: (T,) mask of the frames in which the person is there; up to half a second without observation is bridged.
        reaches: (V,) largest distance of each observed joint from its mean position in the room, in radii of the body.
    """

    def __init__(self, sequence: SkeletonSequence, layout: str) -> None:
        self.fps, self.frames = sequence.fps, sequence.frames
        seen = np.asarray(sequence.observed.any(axis=(0, 2)))
        self.there = seen | scipy.ndimage.binary_closing(seen, np.ones(max(1, round(_BRIDGED * self.fps)), dtype=bool))
        target = get_layout(layout)
        if sequence.layout != target:
            sequence = convert_layout(sequence, target)
        observed = sequence.observed[0]
        columns = np.flatnonzero(observed.any(axis=0))
        joints = sequence.joints[0][:, columns].astype(np.float64)
        for column, known in enumerate(observed[:, columns].T):
            if not known.all():
                joints[:, column] = _interpolated(joints[:, column], known)
        noisy = _only_noise(joints, self.fps)
        joints = scipy.ndimage.uniform_filter1d(joints, max(1, round(_SMOOTHED * self.fps)), axis=0)
        distances = np.linalg.norm(joints - joints.mean(axis=1, keepdims=True), axis=2).mean(axis=1)
        joints /= float(np.median(distances[self.there])) or 1.0
        self.reaches = np.linalg.norm(joints - joints.mean(axis=0), axis=2).max(axis=0)
        steps = np.linalg.norm(np.diff(joints, axis=0, prepend=joints[:1]), axis=2) * self.fps
        speed = np.sort(steps, axis=1)[:, -_FASTEST:].mean(axis=1) * (self.there & ~noisy)
        self._sums = np.concatenate([[0.0], np.cumsum(speed)])
        self._poses = (joints - joints.mean(axis=1, keepdims=True)).astype(np.float32)
        pause = max(1, round(_PAUSE * self.fps))
        self._pauses = np.log(scipy.ndimage.uniform_filter1d(speed, pause) + _STILL)
        self._slow = float(np.quantile(speed[self.there], 0.1))

    def log_speed(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return the logarithm of the mean speed between moments in seconds; outside the recording the slowest one."""
        first = np.clip(np.rint(starts * self.fps).astype(int), 0, self.frames)
        last = np.clip(np.rint(ends * self.fps).astype(int), 0, self.frames)
        total = self._sums[last] - self._sums[np.minimum(first, last)]
        return np.log(np.where(last > first, total / np.maximum(last - first, 1), self._slow) + _STILL)

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
        distance = np.linalg.norm(self._poses[first] - self._poses[last], axis=2).mean(axis=1)
        margin = (last - first) // 4
        slowest = [self._pauses[a : max(b, a + 1)].min() for a, b in zip(first + margin, last - margin, strict=True)]
        return np.column_stack([speeds, distance, np.array(slowest)])


def _only_noise(joints: np.ndarray, fps: float) -> np.ndarray:
    """Return the mask (T,) of the frames about which all joints (T, V, C) only jump about their places.

    The ratio of von Neumann compares the squared steps from frame to frame with the variance within a second.
    """
    frames = round(_NOISE_SECONDS * fps)
    if not _NOISE_FRAMES <= frames <= len(joints):
        return np.zeros(len(joints), dtype=bool)
    centred = joints - joints.mean(axis=0)
    radius = float(np.median(np.linalg.norm(joints - joints.mean(axis=1, keepdims=True), axis=2).mean(axis=1)))
    squares = (np.diff(joints, axis=0, append=joints[-2:-1]) ** 2).sum(axis=2)
    steps = scipy.ndimage.uniform_filter1d(squares, frames, axis=0)
    spread = (
        scipy.ndimage.uniform_filter1d(centred**2, frames, axis=0)
        - scipy.ndimage.uniform_filter1d(centred, frames, axis=0) ** 2
    )
    variance = spread.sum(axis=2)
    jumps = ((steps >= _NOISE_RATIO * variance) & (variance <= (_NOISE_REACH * radius) ** 2)).all(axis=1)
    return jumps & (variance.mean(axis=1) >= (_LEAST_NOISE * radius) ** 2)


def _interpolated(positions: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return positions (T, C) that are interpolated linearly where they are not known."""
    times = np.arange(len(positions))
    return np.stack([np.interp(times, times[known], axis[known]) for axis in positions.T], axis=1)
