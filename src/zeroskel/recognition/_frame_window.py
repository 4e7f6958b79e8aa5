"""Window of the last seconds of a stream: frames by timestamp, resampled for each person."""

from bisect import bisect_left
from collections.abc import Mapping

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence
from zeroskel.recognition._motion_check import LARGEST_COORDINATE

WINDOW_RATE = 30.0  # frames per second of the window's sequence
MAX_RATE = 300.0  # frames per second that are stored; a frame that follows sooner is ignored
MIN_SECONDS, MAX_SECONDS = 0.5, 30.0  # of frames before there is a sequence; of the window
MAX_GAP = 0.35  # seconds between two frames that are interpolated
_ENOUGH_FRAMES, _LEAST_FRAMES = 8, 3  # with a person; the latter at low frame rates
_ROUNDING = 1e-6  # seconds; sums of frame times are not exact


class FrameWindow:
    """Frames of the last seconds, ordered by timestamp. A frame holds the joints (V, C) of each person in it, by key.

    Args:
        layout: joint layout of the frames.
        seconds: length of the window, 0.5 to 30.

    Raises:
        InputError: if the length is out of bounds.
    """

    def __init__(self, layout: Layout, seconds: float) -> None:
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise InputError(f"The window has {seconds} seconds. Expected {MIN_SECONDS} to {MAX_SECONDS:g}.")
        self.layout = layout
        self.seconds = float(seconds)
        self.clear()

    def clear(self) -> None:
        """Remove all frames."""
        self.timestamps: list[float] = []
        self.frames: list[dict[int, np.ndarray]] = []
        self._channels: int | None = None

    @property
    def time(self) -> float | None:
        """Return the timestamp of the latest frame in seconds; None before the first frame."""
        return self.timestamps[-1] if self.timestamps else None

    def is_restarted_by(self, time: float) -> bool:
        """Return whether a timestamp sets the clock back by more than twice the window."""
        return self.time is not None and time <= self.time - 2 * self.seconds

    def has_room_for(self, time: float) -> bool:
        """Return whether a timestamp is not older than the window, and 1/300 second or more from all others."""
        if self.time is None:
            return True
        index = bisect_left(self.timestamps, time)
        neighbours = self.timestamps[max(index - 1, 0) : index + 1]
        return time >= self.time - self.seconds and all(abs(each - time) >= 1 / MAX_RATE for each in neighbours)

    def insert(self, people: Mapping[int, np.ndarray], time: float) -> None:
        """Insert one frame, and drop frames that are older than the window.

        The last frame before the window stays, if what lies between it and the next one can be interpolated: so the
        window is full at any frame rate.

        Args:
            people: key of each person -> joints (V, C).
            time: timestamp in seconds, for which the window has room.
        """
        index = bisect_left(self.timestamps, time)
        self.timestamps.insert(index, float(time))
        self.frames.insert(index, dict(people))
        start = self.timestamps[-1] - self.seconds
        expired = bisect_left(self.timestamps, start)
        if expired and start - self.timestamps[expired - 1] < MAX_GAP:
            expired -= 1
        del self.timestamps[:expired], self.frames[:expired]

    def nearest(self, time: float) -> dict[int, tuple[np.ndarray, float]]:
        """Return the key of each person -> the joints (V, C) nearest to a moment, and the seconds between."""
        poses: dict[int, tuple[np.ndarray, float]] = {}
        for timestamp, frame in zip(self.timestamps, self.frames, strict=True):
            for key, joints in frame.items():
                if key not in poses or abs(timestamp - time) < poses[key][1]:
                    poses[key] = (joints, abs(timestamp - time))
        return poses

    def sequence(self, key: int) -> SkeletonSequence | None:
        """Return the window of a person at 30 frames per second; None while the person is in too few frames.

        It begins with the first and ends with the last frame in which the person is, and has at least half a second.
        Eight frames, or half of those in between where that is less, are enough. Frames are interpolated linearly.
        Within a gap of more than 0.35 seconds nothing counts as observed.
        """
        present = [index for index, frame in enumerate(self.frames) if key in frame]
        if not present:
            return None
        part = slice(present[0], present[-1] + 1)
        times = np.array(self.timestamps[part])
        seconds = times[-1] - max(times[0], self.timestamps[-1] - self.seconds)
        enough = min(_ENOUGH_FRAMES, max(_LEAST_FRAMES, (len(times) + 1) // 2))
        if len(present) < enough or seconds < MIN_SECONDS - _ROUNDING:
            return None
        joints = np.full((len(times), *self.frames[present[0]][key].shape), np.nan, dtype=np.float32)
        for index in present:
            joints[index - present[0]] = self.frames[index][key]
        count = int((seconds + _ROUNDING) * WINDOW_RATE) + 1
        moments = times[-1] - np.arange(count - 1, -1, -1) / WINDOW_RATE
        after = np.clip(np.searchsorted(times, moments), 1, len(times) - 1)
        before = after - 1
        gaps = times[after] - times[before]
        share = np.clip((moments - times[before]) / gaps, 0, 1).astype(np.float32)[:, None, None]
        first, second = joints[before], joints[after]
        first, second = np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)
        resampled = first * (1 - share) + second * share
        distance = np.minimum(moments - times[before], times[after] - moments)
        resampled[(gaps > MAX_GAP) & (distance > 1 / WINDOW_RATE)] = np.nan
        return SkeletonSequence(resampled, self.layout, WINDOW_RATE)

    def checked(self, joints: np.ndarray | None) -> np.ndarray | None:
        """Return a frame as (V, C) or (M, V, C) float32; None for a frame without people.

        Raises:
            InputError: if the frame has other joints or channels than before, or is infinite or above 1e12.
        """
        if joints is None:
            return None
        count = len(self.layout.joints)
        try:
            with np.errstate(over="ignore"):  # what exceeds float32 becomes infinite, and is refused below
                frame = np.array(joints, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"The joints of a frame are not rows of numbers of equal length ({error}).") from error
        if frame.ndim not in (2, 3) or not len(frame) or frame.shape[-2] != count or frame.shape[-1] not in (2, 3):
            raise InputError(
                f"A frame has shape {frame.shape}. Expected ({count}, 3), the joints of layout {self.layout.name}, or "
                f"(bodies, {count}, 3)."
            )
        if (np.abs(frame) > LARGEST_COORDINATE).any():
            raise InputError(
                "A frame has infinite values, or values above 1e12. Use NaN for joints that are not observed."
            )
        if self._channels not in (None, frame.shape[-1]):
            raise InputError(f"A frame has {frame.shape[-1]} channels. Frames before had {self._channels}.")
        self._channels = frame.shape[-1]
        return frame
