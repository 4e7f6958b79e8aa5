"""Stream: predictions for each person while frames arrive, for the window of the last seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from numbers import Real

import numpy as np

from zeroskel.core import InputError, SkeletonSequence, get_layout
from zeroskel.recognition._bundle import Actions, Bundle, checked_threshold
from zeroskel.recognition._following import Following
from zeroskel.recognition._frame_window import MAX_GAP, WINDOW_RATE, FrameWindow
from zeroskel.recognition._motion import Motion, motions_of
from zeroskel.recognition._motion_check import is_judged, motion_faults
from zeroskel.recognition._online import LEAST_SECONDS, SHARES, OnlineDecoder
from zeroskel.recognition._prediction import Candidates, Prediction, StreamPrediction
from zeroskel.recognition._stillness import allows_stillness
from zeroskel.skeleton.inference._people import motion_in_radii

_STILL = 0.02  # radii of a body, the motion of a person who stands still
_CLEARLY_MORE = 2.0  # times the motion of the main person that another one must have to replace this one


class Stream:
    """Stream that takes frames as they arrive and predicts the current action of each person from the last seconds.

    Frames may be late, missing or repeated; they are ordered by their timestamps. A frame older than the window and a
    frame less than 1/300 second from another one are ignored. A clock that is set back by more than twice the window
    starts the stream again. The window and the number of people bound the memory.

    People enter and leave, and their bodies may change their order from frame to frame: a body is the person whose
    joints are nearest to it, within a reach that grows with the time since the person was seen. At most six people are
    followed at a time. A person who was away for more than two seconds comes back as another one; the only
    person keeps the number for ten seconds.

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
        self._allows_stillness = allows_stillness(self.recognizer, self._candidates)
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
            windows = {number: window for number, window in windows.items() if is_judged(window)} or windows
        self._main = self._main_person(windows)
        self._windows = {number: _endings(window) for number, window in sorted(windows.items())}
        return self._windows

    def settle(
        self, predictions: Mapping[int, Sequence[Prediction]], motions: Mapping[int, Motion] | None = None
    ) -> StreamPrediction | None:
        """Return what all people do now, by the predictions for the current windows and those before.

        Args:
            predictions: number of each person -> a prediction for each window that `windows` returned last.
            motions: number of each person -> motion in the longest of these windows; computed where it is None.

        Returns:
            The prediction for the main person, with those for all `people`; None where there are no predictions for the
            current candidates.
        """
        keys = {person.number: key for key, person in self._following.people.items()}
        self._decoders = {number: decoder for number, decoder in self._decoders.items() if number in keys}
        threshold = checked_threshold(self.threshold)
        if motions is None:
            longest = [windows[-1] for windows in self._windows.values()]
            motions = dict(zip(self._windows, motions_of(longest, self.recognizer.layout), strict=True))
        people = tuple(
            replace(
                self._decoders.setdefault(
                    number, OnlineDecoder(self.recognizer, threshold, self._allows_stillness)
                ).decide(of_windows, self._windows[number], motions[number], self.time or 0.0),
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
    return [*(part for part, fault in zip(parts, motion_faults(parts), strict=True) if not fault), window]
