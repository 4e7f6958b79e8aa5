"""People followed from picture to picture: each is looked for where its landmarks were, others by the detector."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from zeroskel.skeleton.video._blazepose import LANDMARKS, Body, PoseModel, Region

_SEARCH_SECONDS = 0.1  # between two searches for people who are not followed yet
_CROWD = 3  # people from which on the time between two searches is doubled
_OBLONG = 1.2  # longer over shorter side of a picture that is searched in squares too
_NEW_PLACE = 0.2  # in sides of the region: how far from everybody a detection is somebody else
_SAME_BODY = 0.08  # in sides of the region: mean distance of the landmarks of one body that is followed twice
_THREADS = 2
_VISIBILITY_WEIGHT = 0.1  # of the newest picture


@dataclass(frozen=True)
class Filter:
    """Constants of the 1 € filter, a low pass that follows fast motion (Casiez et al., CHI 2012).

    Attributes:
        cutoff: Hertz for what stands still.
        slope: Hertz added for each unit of speed.
    """

    cutoff: float
    slope: float


_IMAGE, _FRAME, _WORLD = Filter(0.05, 80.0), Filter(0.01, 10.0), Filter(0.1, 40.0)  # of MediaPipe
_SPEED_CUTOFF = 1.0


class OneEuro:
    """Smooths arrays as they come."""

    def __init__(self, constants: Filter) -> None:
        self.constants = constants
        self._raw: np.ndarray | None = None
        self._smooth, self._speed = np.zeros(0), np.zeros(0)

    def __call__(self, values: np.ndarray, interval: float, scale: float = 1.0) -> np.ndarray:
        """Return the smoothed values, `interval` seconds after the last; speeds are divided by `scale`."""
        if self._raw is None:
            self._smooth, self._speed = values, np.zeros_like(values)
        else:
            speed = (values - self._raw) / scale / interval
            self._speed = self._speed + _share(_SPEED_CUTOFF, interval) * (speed - self._speed)
            cutoff = self.constants.cutoff + self.constants.slope * np.abs(self._speed)
            self._smooth = self._smooth + _share(cutoff, interval) * (values - self._smooth)
        self._raw = values
        return self._smooth


def _share(cutoff: Any, interval: float) -> Any:
    """Return the weight of a new value in a low pass of this cut-off in hertz."""
    return 1.0 / (1.0 + 1.0 / (2 * np.pi * cutoff * interval))


@dataclass
class _Track:
    """One person without interruption.

    Attributes:
        number: Counts the tracks of a film from 0.
        region: Where the person is looked for in the next picture.
        seconds: Time of the last picture with the person.
    """

    number: int
    region: Region
    seconds: float = 0.0
    _image: OneEuro = field(default_factory=lambda: OneEuro(_IMAGE))
    _frame: OneEuro = field(default_factory=lambda: OneEuro(_FRAME))
    _world: OneEuro = field(default_factory=lambda: OneEuro(_WORLD))
    _visibility: np.ndarray | None = None

    def follow(self, body: Body, seconds: float) -> Body:
        """Return the smoothed body, after the region of the next picture was set from it."""
        interval = max(seconds - self.seconds, 1e-3)
        hips, rim = body.image[LANDMARKS:, :2]
        scale = 2 * float(np.hypot(*(rim - hips)))
        frame = self._frame(body.image[LANDMARKS:], interval, scale)
        image = self._image(body.image[:LANDMARKS], interval, scale)
        world = self._world(body.world, interval)
        before = body.visibility if self._visibility is None else self._visibility
        self._visibility = before + _VISIBILITY_WEIGHT * (body.visibility - before)
        self.region, self.seconds = Region.of_body(frame[0, :2], frame[1, :2]), seconds
        return replace(body, image=np.concatenate([image, frame]), world=world, visibility=self._visibility)


class Tracker:
    """Follows up to `people` people through the pictures of a film.

    Every person has a region, which is that of the last picture; a person who is not in it any more has left. Where
    fewer than `people` are followed, the detector looks for others ten times a second (five, beside three people), in
    one window after the other: the whole picture, and overlapping squares of its shorter side, in which people far away
    are large enough. While nobody is followed it looks into every window of every picture. What it finds where somebody
    is followed is that person.

    Args:
        people: Largest number of people.
    """

    def __init__(self, people: int) -> None:
        self.people = people
        self._models = [PoseModel()]
        self._threads = ThreadPoolExecutor(_THREADS)
        self._tracks: list[_Track] = []
        self._count = self._window = 0
        self._searched = -np.inf

    def __enter__(self) -> "Tracker":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def __call__(self, picture: Any, seconds: float) -> dict[int, Body]:
        """Return the bodies in the next picture (a Pillow image), by the numbers of their tracks."""
        self._search(picture, seconds)
        while len(self._models) < len(self._tracks):
            self._models.append(PoseModel())
        pairs = zip(self._tracks, self._models, strict=False)
        bodies = list(self._threads.map(lambda pair: pair[1].landmarks(picture, pair[0].region), pairs))
        seen = [(track, body) for track, body in zip(self._tracks, bodies, strict=True) if body is not None]
        seen = _distinct(seen)
        self._tracks = [track for track, _ in seen]
        return {track.number: track.follow(body, seconds) for track, body in seen}

    def _search(self, picture: Any, seconds: float) -> None:
        """Begin tracks of people who are found and not followed yet."""
        windows = _windows(*picture.size)
        if self._tracks:
            interval = _SEARCH_SECONDS * (1 if len(self._tracks) < _CROWD else 2)
            if len(self._tracks) >= self.people or seconds - self._searched < interval - 1e-3:
                return
            self._window += 1
            windows = [windows[self._window % len(windows)]]
        self._searched = seconds
        for window in windows:
            for region in self._models[0].detect(picture, window):
                apart = [np.hypot(*(track.region.centre - region.centre)) / track.region.side for track in self._tracks]
                if len(self._tracks) == self.people or min(apart, default=np.inf) < _NEW_PLACE:
                    continue
                body = self._models[0].landmarks(picture, region)  # their region is more exact than the detector's
                if body is not None:
                    self._tracks.append(_Track(self._count, Region.of_body(*body.image[LANDMARKS:, :2]), seconds))
                    self._count += 1


def _windows(width: int, height: int) -> list[Region]:
    """Return the windows of a picture that the detector searches."""
    longer, shorter = max(width, height), min(width, height)
    windows = [Region(np.array([width / 2, height / 2]), longer, 0.0)]
    if longer >= _OBLONG * shorter:
        number = int(np.ceil(longer / shorter)) + 1
        for position in np.linspace(shorter / 2, longer - shorter / 2, number):
            centre = [position, height / 2] if width > height else [width / 2, position]
            windows.append(Region(np.array(centre), shorter, 0.0))
    return windows


def _distinct(seen: list[tuple[_Track, Body]]) -> list[tuple[_Track, Body]]:
    """Return the tracks and bodies without those that have come to the position of an older track's person."""
    result: list[tuple[_Track, Body]] = []
    for track, body in seen:
        apart = [np.linalg.norm((body.image - other.image)[:, :2], axis=1).mean() for _, other in result]
        if min(apart, default=np.inf) > _SAME_BODY * track.region.side:
            result.append((track, body))
    return result
