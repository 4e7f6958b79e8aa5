"""People of constant identity from the tracks of a film: joined across occlusions, without those of a moment."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zeroskel.skeleton.video._blazepose import LANDMARKS, Body

_LONGEST_GAP = 2.0  # seconds that a person may be hidden
_MEETING = 0.25  # in sides of the region: a track that ends this close to another one may have been taken for it
_BEFORE = (1.0, 0.2)  # seconds before the end of a track in which its velocity is measured; the last ones may mislead
_AFTER = 0.6  # seconds at the beginning of a track in which its velocity is measured
_REACH, _REACH_PER_SECOND = 0.3, 0.3  # in sides of the region: how far from where it is expected a track may begin
_USUAL_SPEED = 0.5  # sides of the region a second: a difference of velocities that speaks against one person
_WORST_TURN = 1.5  # people do turn around
_USUAL_COLOUR = 40.0  # levels of 255: a difference of colours that speaks against one person
_SIZE_RATIO = 1.5
_MOST_DIFFERENT = 3.0  # sum of the differences of one person
_FORBIDDEN = 1e6
_DOUBLE = 0.35  # in sides of the region: a short track that is nearer to another one is the same person once more
_SHORTEST = 0.4  # seconds; what is seen for less is no person, except in a film of less than twice that


@dataclass(frozen=True)
class Track:
    """The frames in which a person was followed without interruption.

    Attributes:
        frames: (N,) rising numbers of frames.
        hips: (N, 2) pixels.
        sides: (N,) sides of the region in pixels.
        image: (N, 33, 2) pixels.
        world: (N, 33, 3) metres.
        visibility: (N, 33)
        colours: (N, 4, 3) mean RGB of the trunk and the thighs.
    """

    frames: np.ndarray
    hips: np.ndarray
    sides: np.ndarray
    image: np.ndarray
    world: np.ndarray
    visibility: np.ndarray
    colours: np.ndarray

    @classmethod
    def of(cls, numbered: list[tuple[int, Body]]) -> "Track":
        """Return the track of bodies with the numbers of their frames."""
        image = np.array([body.image for _, body in numbered])
        along = image[:, LANDMARKS + 1, :2] - image[:, LANDMARKS, :2]
        return cls(
            np.array([frame for frame, _ in numbered]),
            image[:, LANDMARKS, :2],
            2.5 * np.hypot(along[:, 0], along[:, 1]),
            image[:, :LANDMARKS, :2],
            np.array([body.world for _, body in numbered]),
            np.array([body.visibility for _, body in numbered]),
            np.array([body.colours for _, body in numbered]),
        )

    def __getitem__(self, part: slice) -> "Track":
        return Track(*(values[part] for values in vars(self).values()))

    def followed_by(self, other: "Track") -> "Track":
        """Return one track of both."""
        return Track(*(np.concatenate(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True)))


def people_in_film(tracks: list[Track], seconds: np.ndarray, most: int) -> tuple[list[Track], tuple[str, ...]]:
    """Return the people of a film, the most prominent first, and notes on those who are left out.

    Where a track ends beside another one, one person was taken for the other; from there on it may be either. A track
    that begins within two seconds after another ended, where that person would have come by walking on or by standing
    still, continues it. Of several that could, velocity and colours of the clothes decide. People seen for less than
    0.4 seconds are left out, then all but the `most` most prominent: those who are large for long.

    Args:
        tracks: Tracks in any order.
        seconds: (T,) times of the frames.
        most: Largest number of people.
    """
    joined = _joined(_split_where_people_meet(_without_doubles(tracks, seconds)), seconds)
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1 / 30
    shortest = min(_SHORTEST, 0.5 * step * len(seconds))
    lasting = [track for track in joined if len(track.frames) * step >= shortest]
    chosen = sorted(lasting, key=lambda track: -float(track.sides.sum()))[:most]
    left = len(lasting) - len(chosen)
    return chosen, (f"{left} more {'person' if left == 1 else 'people'} left out",) if left else ()


def _without_doubles(tracks: list[Track], seconds: np.ndarray) -> list[Track]:
    """Return the tracks without those of a moment in which another track was in the same place."""
    result = []
    for track in tracks:
        doubled, length = False, len(track.frames)
        if seconds[track.frames[-1]] - seconds[track.frames[0]] < _SHORTEST:
            for other in tracks:
                _, mine, others = np.intersect1d(track.frames, other.frames, return_indices=True)
                apart = np.linalg.norm(track.hips[mine] - other.hips[others], axis=1) / other.sides[others]
                doubled |= len(other.frames) > length and bool((apart < _DOUBLE).any())
        if not doubled:
            result.append(track)
    return result


def _split_where_people_meet(tracks: list[Track]) -> list[Track]:
    """Return tracks that are cut in two where another one ends in their place."""
    result = []
    for track in tracks:
        cuts = set()
        for other in tracks:
            here = int(np.searchsorted(track.frames, other.frames[-1], side="right"))
            if other is not track and 0 < here < len(track.frames):
                apart = np.linalg.norm(track.hips[here] - other.hips[-1]) / track.sides[here]
                cuts |= {here} if apart < _MEETING else set()
        edges = [0, *sorted(cuts), len(track.frames)]
        result += [track[begin:end] for begin, end in pairwise(edges)]
    return result


def _joined(tracks: list[Track], seconds: np.ndarray) -> list[Track]:
    """Return tracks of which each that continues another one is part of it, by the assignment of least difference."""
    from scipy.optimize import linear_sum_assignment

    cost = np.array([[_difference(old, new, seconds) for new in tracks] for old in tracks]).reshape(
        len(tracks), len(tracks)
    )
    pairs = zip(*linear_sum_assignment(np.where(np.isfinite(cost), cost, _FORBIDDEN)), strict=True)
    follower = {old: new for old, new in pairs if np.isfinite(cost[old, new])}
    result = []
    for first in sorted(set(range(len(tracks))) - set(follower.values())):
        track, number = tracks[first], first
        while number in follower:
            number = follower[number]
            track = track.followed_by(tracks[number])
        result.append(track)
    return result


def _difference(old: Track, new: Track, seconds: np.ndarray) -> float:
    """Return how much speaks against one person in both tracks; infinite where it cannot be."""
    gap = seconds[new.frames[0]] - seconds[old.frames[-1]]
    ratio = new.sides[0] / old.sides[-1]
    if not (0 < gap <= _LONGEST_GAP and 1 / _SIZE_RATIO < ratio < _SIZE_RATIO):
        return np.inf
    side = max(old.sides[-1], new.sides[0])
    end, begin = seconds[old.frames[-1]], seconds[new.frames[0]]
    before = _velocity(old, seconds, end - _BEFORE[0], end - _BEFORE[1])
    after = _velocity(new, seconds, begin, begin + _AFTER)
    ways = old.hips[-1] + np.outer([0.0, 0.5, 1.0], before * gap)
    apart = np.linalg.norm(new.hips[0] - ways, axis=1).min() / side / (_REACH + _REACH_PER_SECOND * gap)
    turn = min(np.linalg.norm(after - before) / side / _USUAL_SPEED, _WORST_TURN)
    colour = np.abs(np.median(old.colours, axis=0) - np.median(new.colours, axis=0)).mean() / _USUAL_COLOUR
    total = float(apart + turn + colour)
    return total if apart < 1.0 and total < _MOST_DIFFERENT else np.inf


def _velocity(track: Track, seconds: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return (2,) pixels a second between two times; zero where the track is not seen twice between them."""
    times = seconds[track.frames]
    there = np.flatnonzero((times >= begin) & (times <= end))
    if len(there) < 2:
        return np.zeros(2)
    return (track.hips[there[-1]] - track.hips[there[0]]) / (times[there[-1]] - times[there[0]])
