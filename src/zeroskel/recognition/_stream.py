"""Stream: predictions for each person while frames arrive, for the window of the last seconds."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from numbers import Real

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence, get_layout
from zeroskel.recognition._bundle import Actions, Bundle, check_motion, checked_threshold
from zeroskel.recognition._following import Following
from zeroskel.recognition._online import LEAST_SECONDS, SHARES, OnlineDecoder
from zeroskel.recognition._prediction import Candidates, Prediction, StreamPrediction
from zeroskel.skeleton.inference._people import motion_in_radii

WINDOW_RATE = 30.0  # frames per second of the window's sequence
MAX_RATE = 240.0  # frames per second that are stored
MIN_SECONDS, MAX_SECONDS = 0.5, 30.0  # of frames before there is a sequence; of the window
MIN_FRAMES = 8
MAX_GAP = 0.35  # seconds between two frames that are interpolated
_STILL = 0.02  # radii of a body, the motion of a person who stands still
_CLEARLY_MORE = 2.0  # times the motion of the main person that another one must have to replace this one


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
        """Return whether there is no frame with a timestamp, and it is not older than the window."""
        if self.time is None:
            return True
        index = bisect_left(self.timestamps, time)
        return time >= self.time - self.seconds and self.timestamps[index : index + 1] != [time]

    def insert(self, people: Mapping[int, np.ndarray], time: float) -> None:
        """Insert one frame, and drop frames that are older than the window.

        Args:
            people: key of each person -> joints (V, C).
            time: timestamp in seconds, for which the window has room.
        """
        index = bisect_left(self.timestamps, time)
        self.timestamps.insert(index, float(time))
        self.frames.insert(index, dict(people))
        expired = bisect_left(self.timestamps, self.timestamps[-1] - self.seconds)
        excess = max(expired, len(self.timestamps) - int(MAX_RATE * self.seconds))
        del self.timestamps[:excess], self.frames[:excess]

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

        It begins with the first and ends with the last frame in which the person is. Frames are interpolated linearly.
        Within a gap of more than 0.35 seconds nothing counts as observed.
        """
        present = [index for index, frame in enumerate(self.frames) if key in frame]
        if len(present) < MIN_FRAMES:
            return None
        part = slice(present[0], present[-1] + 1)
        times = np.array(self.timestamps[part])
        if times[-1] - times[0] < MIN_SECONDS - 1e-6:  # sums of frame times are not exact
            return None
        joints = np.full((len(times), *self.frames[present[0]][key].shape), np.nan, dtype=np.float32)
        for index in present:
            joints[index - present[0]] = self.frames[index][key]
        count = int((times[-1] - times[0]) * WINDOW_RATE) + 1
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
            InputError: if the frame has other joints or channels than before, or is infinite.
        """
        if joints is None:
            return None
        count = len(self.layout.joints)
        try:
            frame = np.array(joints, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InputError(f"The joints of a frame are not rows of numbers of equal length ({error}).") from error
        if frame.ndim not in (2, 3) or not len(frame) or frame.shape[-2] != count or frame.shape[-1] not in (2, 3):
            raise InputError(
                f"A frame has shape {frame.shape}. Expected ({count}, 3), the joints of layout {self.layout.name}, or "
                f"(bodies, {count}, 3)."
            )
        if np.isinf(frame).any():
            raise InputError("A frame has infinite values. Use NaN for joints that are not observed.")
        if self._channels not in (None, frame.shape[-1]):
            raise InputError(f"A frame has {frame.shape[-1]} channels. Frames before had {self._channels}.")
        self._channels = frame.shape[-1]
        return frame


class Stream:
    """Stream that takes frames as they arrive and predicts the current action of each person from the last seconds.

    Frames may be late, missing or repeated; they are ordered by their timestamps. A frame older than the window and a
    second frame with the same timestamp are ignored. A clock that is set back by more than twice the window starts the
    stream again. The window and the number of people bound the memory.

    People enter and leave, and their bodies may change their order from frame to frame: a body is the person whose
    joints are nearest to it, within a reach that grows with the time since the person was seen. At most six people are
    followed at a time. A person who was away for more than two seconds comes back as another one.

    Args:
        recognizer: a recognizer.
        candidates: actions to choose among, from `ZeroShotRecognizer.candidates`. They may be replaced while the stream
            runs; answers then start again.
        layout: name of the joint layout of the frames.
        seconds: length of the window, 0.5 to 30.
        threshold: presence from which on one of the actions counts as happening, 0 to 1; None is 0.5.

    Raises:
        InputError: if the layout is unknown or the length is out of bounds.

    Example:
        >>> from zeroskel import ZeroShotRecognizer
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> recognizer = ZeroShotRecognizer.load("default")
        >>> stream = recognizer.stream(["squat", "clap hands"], layout="ntu-25", seconds=2.0)
        >>> clip = generate_sequence("squat", seed=900)
        >>> for index in range(clip.frames):
        ...     stream.push(clip.joints[:, index], index / clip.fps)
        >>> prediction = stream.predict()
        >>> prediction.best, [(person.person, person.best) for person in prediction.people]
        ('squat', [(0, 'squat')])
    """

    def __init__(
        self,
        recognizer: Bundle,
        candidates: Candidates,
        *,
        layout: str = "kinect-20",
        seconds: float = 3.0,
        threshold: float | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.threshold = threshold
        self.frames = FrameWindow(get_layout(layout), seconds)
        self._restart()
        self.candidates = candidates

    def _restart(self) -> None:
        self.frames.clear()
        self._following = Following()
        self._bodies: dict[int, int] = {}  # key of each person in the latest frame -> index of the body
        self._people = 0  # people who have had a number so far
        self._main: int | None = None
        self._decoders: dict[int, OnlineDecoder] = {}
        self._windows: dict[int, list[SkeletonSequence]] = {}

    @property
    def candidates(self) -> Candidates:
        """Return the actions to choose among."""
        return self._candidates

    @candidates.setter
    def candidates(self, actions: Actions) -> None:
        self._candidates = self.recognizer.candidates(actions)
        self._decoders = {}

    @property
    def time(self) -> float | None:
        """Return the timestamp of the latest frame in seconds; None before the first frame."""
        return self.frames.time

    def push(self, joints: np.ndarray | None, time: float | None = None) -> None:
        """Take one frame.

        Args:
            joints: (M, V, C), bodies in any order, in metres with y up, NaN where not observed. (V, C) is the body of
                the only person, who may be anywhere. None is a frame without people.
            time: timestamp in seconds of any clock; None is 1/30 second after the latest frame.

        Raises:
            InputError: if the frame has other joints or channels than before, is infinite, or has no valid timestamp.
        """
        if time is None:
            time = 0.0 if self.time is None else self.time + 1 / WINDOW_RATE
        if not isinstance(time, Real) or not np.isfinite(time):
            raise InputError(f"The time of a frame is {time!r}. Expected seconds.")
        frame = self.frames.checked(joints)
        if self.frames.is_restarted_by(time):
            self._restart()
        if not self.frames.has_room_for(time):
            return
        alone = frame is not None and frame.ndim == 2
        bodies = (
            np.zeros((0, len(self.frames.layout.joints), 3)) if frame is None else frame.reshape(-1, *frame.shape[-2:])
        )
        if self.time is None or time > self.time:
            self._following.forget(time)
            matches = self._bodies = self._following.follow(bodies, time, alone=alone)
        else:
            matches = self._following.follow_late(bodies, self.frames.nearest(time), alone=alone)
        self.frames.insert({key: bodies[body] for key, body in matches.items()}, time)

    def predict(self) -> StreamPrediction | None:
        """Return the smoothed prediction for the current windows; None while nobody is in enough frames.

        Raises:
            InputError: if the motion of nobody can be judged (see `ZeroShotRecognizer.encode`).
        """
        windows = self.windows()
        if not windows:
            return None
        features = self.recognizer.encode([*chain(*windows.values())])
        predictions = iter(self.recognizer.score(features, self.candidates, threshold=self.threshold))
        return self.settle({number: [*islice(predictions, len(parts))] for number, parts in windows.items()})

    def windows(self) -> dict[int, list[SkeletonSequence]]:
        """Return the number of each person -> windows of several lengths that end now; empty while nobody is in them.

        They have 30 frames per second, and the longest is the last one.

        People whose motion cannot be judged are left out, unless that are all. A server that scores many streams at
        once uses `windows` and `settle` instead of `predict`.
        """
        windows: dict[int, SkeletonSequence] = {}
        for key, person in self._following.people.items():
            window = self.frames.sequence(key)
            if window is None:
                continue
            if person.number is None:
                person.number, self._people = self._people, self._people + 1
            windows[person.number] = window
        if len(windows) > 1:
            windows = {number: window for number, window in windows.items() if _can_be_judged(window)} or windows
        self._main = self._main_person(windows)
        self._windows = {number: _endings(window) for number, window in sorted(windows.items())}
        return self._windows

    def settle(self, predictions: Mapping[int, Sequence[Prediction]]) -> StreamPrediction | None:
        """Return what all people do now, by the predictions for the current windows and those before.

        Args:
            predictions: number of each person -> a prediction for each window that `windows` returned last.

        Returns:
            The prediction for the main person, with those for all `people`; None where there are no predictions for the
            current candidates.
        """
        keys = {person.number: key for key, person in self._following.people.items()}
        self._decoders = {number: decoder for number, decoder in self._decoders.items() if number in keys}
        threshold = checked_threshold(self.threshold)
        people = tuple(
            replace(
                self._decoders.setdefault(number, OnlineDecoder(self.recognizer, threshold)).decide(
                    of_windows, self._windows[number], self.time or 0.0
                ),
                person=number,
                body=self._bodies.get(keys[number]),
            )
            for number, of_windows in predictions.items()
            if number in keys and number in self._windows and of_windows[0].actions == self._candidates.actions
        )
        if not people:
            return None
        main = next((person for person in people if person.person == self._main), people[0])
        return replace(main, people=people)

    def _main_person(self, windows: Mapping[int, SkeletonSequence]) -> int | None:
        """Return the number of the person there who moves most; the last one stays main without a clear lead."""
        if len(windows) < 2:
            return next(iter(windows), None)
        last = self.time or 0.0
        there = {person.number for person in self._following.people.values() if last - person.time <= MAX_GAP}
        motions = {
            number: motion_in_radii(window.joints[0]) + _STILL
            for number, window in windows.items()
            if number in there or not there.intersection(windows)
        }
        most = max(motions, key=lambda number: motions[number])
        if self._main in motions and motions[most] < _CLEARLY_MORE * motions[self._main]:
            return self._main
        return most


def _endings(window: SkeletonSequence) -> list[SkeletonSequence]:
    """Return the last third, the last two thirds and the whole of a window; without those that show nobody."""
    frames = {max(round(share * window.frames), round(LEAST_SECONDS * window.fps)) for share in SHARES}
    parts = [window.replace(window.joints[:, -count:]) for count in sorted(frames) if count < window.frames]
    return [*(part for part in parts if _can_be_judged(part)), window]


def _can_be_judged(window: SkeletonSequence) -> bool:
    try:
        check_motion(window, "Window")
    except InputError:
        return False
    return True
