"""Following: which body of a frame is which person, while frames arrive."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zeroskel.skeleton.inference._people import Poses, assigned, poses_of

MOST_PEOPLE = 6
FORGOTTEN = 2.0  # seconds; whoever is away for longer is followed no more
RETURNS = 10.0  # seconds for which the only person may be away
_RATE = 30.0  # frames per second, the unit of gaps
_LONGEST_STRIDE = 5.0  # frames for which a person is expected to walk on
_INERTIA = 0.7  # of motion, from frame to frame


@dataclass(eq=False)
class Followed:
    """Person who is followed.

    Args:
        pose: (V, C) latest position of each joint.
        time: timestamp in seconds when the person was seen last.
        step: (C,) motion in 1/30 second.
        number: number of the person, once there is a prediction.
    """

    pose: np.ndarray
    time: float
    step: np.ndarray
    number: int | None = None


class Following:
    """Identities of the bodies of a stream.

    A body is the person whose joints are nearest to it, if they are within reach: the reach grows with the time since
    the person was seen. At most six people are followed; a further body replaces the person who is away for longest.

    A person who was away for more than two seconds comes back as another one, except the only person: if nobody is
    followed and only one person with a number left within the last ten seconds, a single body is that person.
    """

    def __init__(self) -> None:
        self.people: dict[int, Followed] = {}
        self._gone: dict[int, Followed] = {}  # with a number, who left within the last ten seconds
        self._count = 0

    def forget(self, time: float) -> list[int]:
        """Remove the people who were not seen for two seconds before a time, and return their keys."""
        gone = {key: person for key, person in self.people.items() if time - person.time > FORGOTTEN}
        self._gone |= {key: person for key, person in gone.items() if person.number is not None}
        self._gone = {key: person for key, person in self._gone.items() if time - person.time <= RETURNS}
        for key in gone:
            del self.people[key]
        return list(gone)

    def follow(self, joints: np.ndarray, time: float, *, alone: bool) -> dict[int, int]:
        """Take the next frame, and return the key of each person in it -> the index of the body.

        Args:
            joints: (M, V, C), NaN where not observed.
            time: timestamp in seconds, later than those before.
            alone: whether there is only one person, who may be at any place.
        """
        bodies = np.flatnonzero(np.isfinite(joints).all(axis=-1).any(axis=-1))
        if not len(bodies):
            return {}
        if alone and len(self.people) <= 1:
            for key, person in self.people.items():
                person.pose, person.time, person.step = joints[0], time, np.zeros(joints.shape[-1])
                return {key: 0}
        if not self.people and len(self._gone) == len(bodies) == 1:
            ((key, person),) = self._gone.items()
            self._gone = {}
            self.people[key] = Followed(joints[bodies[0]], time, np.zeros(joints.shape[-1]), person.number)
            return {key: int(bodies[0])}
        matches: dict[int, int] = {}
        if self.people:
            keys = list(self.people)
            gaps = np.array([max((time - self.people[key].time) * _RATE, 1.0) for key in keys])
            steps = np.stack([self.people[key].step for key in keys]) * np.minimum(gaps, _LONGEST_STRIDE)[:, None]
            expected = poses_of(np.stack([self.people[key].pose for key in keys]).astype(np.float64))
            observed = poses_of(joints[bodies].astype(np.float64))
            pairs = _nearest(expected, observed) if alone else assigned(expected.moved(steps), gaps, observed)
            for row, column in zip(*pairs, strict=True):
                person = self.people[keys[row]]
                step = (observed.centres[column] - expected.centres[row]) / gaps[row]
                person.step = _INERTIA * person.step + (1 - _INERTIA) * step
                pose = joints[bodies[column]]
                person.pose = np.where(np.isfinite(pose), pose, person.pose + steps[row]).astype(np.float32)
                person.time = time
                matches[keys[row]] = int(bodies[column])
        for body in bodies.tolist():
            if body not in matches.values() and self._makes_room(matches):
                self.people[self._count] = Followed(joints[body], time, np.zeros(joints.shape[-1]))
                matches[self._count] = body
                self._count += 1
        return matches

    def follow_late(
        self, joints: np.ndarray, neighbours: Mapping[int, tuple[np.ndarray, float]], *, alone: bool
    ) -> dict[int, int]:
        """Return the key of each person in a late frame -> the index of the body; a body without a person is ignored.

        Args:
            joints: (M, V, C), NaN where not observed.
            neighbours: key of each person -> pose (V, C) that is nearest in time, and the seconds between.
            alone: whether there is only one person, who may be at any place.
        """
        bodies = np.flatnonzero(np.isfinite(joints).all(axis=-1).any(axis=-1))
        if not len(bodies) or not neighbours:
            return {}
        keys = list(neighbours)
        expected = poses_of(np.stack([pose for pose, _ in neighbours.values()]).astype(np.float64))
        observed = poses_of(joints[bodies].astype(np.float64))
        gaps = np.array([max(gap * _RATE, 1.0) for _, gap in neighbours.values()])
        pairs = _nearest(expected, observed) if alone else assigned(expected, gaps, observed)
        return {keys[row]: int(bodies[column]) for row, column in zip(*pairs, strict=True)}

    def _makes_room(self, matches: Mapping[int, int]) -> bool:
        """Return whether there is room for one more person, after the one away for longest has been removed."""
        if len(self.people) < MOST_PEOPLE:
            return True
        away = [key for key in self.people if key not in matches]
        if not away:
            return False
        del self.people[min(away, key=lambda key: self.people[key].time)]
        return True


def _nearest(expected: Poses, observed: Poses) -> tuple[np.ndarray, np.ndarray]:
    """Return the index of the person whose centre is nearest to that of the only body, and the index of the body."""
    apart = np.linalg.norm(expected.centres - observed.centres[0], axis=-1)
    return np.array([int(np.argmin(apart))]), np.array([0])
