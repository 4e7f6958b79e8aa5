"""People of constant identity from detections of each frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_PEOPLE = 4
_LONGEST_GAP = 30  # frames, about a second
_GHOST_FRAMES = 10
_GHOST_SHARE = 0.2  # of the recording, for short ones
_REACH = 1.5  # in radii of a body: how far its joints may be from where they are expected after one frame
_REACH_PER_FRAME = 0.1
_LARGEST_REACH = 3.5
_SIZE_RATIO = 2.0
_INERTIA = 0.7  # of motion and size, from frame to frame
_FORBIDDEN = 1e6
_SMALLEST_RADIUS = 0.25  # in usual radii
_LONGEST_STRIDE = 5  # frames for which a person is expected to walk on
_STILL = 0.5  # weight of a person who does not move


@dataclass(frozen=True, eq=False)
class Poses:
    """Poses (K, V, C) of people, their centres (K, C) and their radii (K,): mean distances of joints from a centre."""

    joints: np.ndarray
    centres: np.ndarray
    radii: np.ndarray

    def __getitem__(self, chosen: Any) -> "Poses":
        return Poses(self.joints[chosen], self.centres[chosen], self.radii[chosen])

    def moved(self, steps: np.ndarray) -> "Poses":
        return Poses(self.joints + steps[:, None], self.centres + steps, self.radii)

    def followed_by(self, others: "Poses") -> "Poses":
        return Poses(
            np.concatenate([self.joints, others.joints]),
            np.concatenate([self.centres, others.centres]),
            np.concatenate([self.radii, others.radii]),
        )


def poses_of(joints: np.ndarray) -> Poses:
    """Return the poses (..., V, C) with centres and radii; the radius of a few joints is that of other bodies."""
    observed = np.isfinite(joints).all(axis=-1, keepdims=True)
    count = np.maximum(observed.sum(axis=-2), 1)
    centres = np.where(observed, joints, 0).sum(axis=-2) / count
    squares = (np.where(observed, joints - centres[..., None, :], 0) ** 2).sum(axis=(-2, -1))
    radii = np.sqrt(squares / count[..., 0])
    usual = np.median(radii[radii > 0]) if (radii > 0).any() else 1.0
    return Poses(joints, centres, np.maximum(radii, _SMALLEST_RADIUS * usual))


def people(joints: np.ndarray, identities: np.ndarray | None, tracked: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return joints (at most 4, T, V, C) of people of constant identity, and what to say of those left out.

    Detections are joined over the frames by place and size, by the assignment of least distance in each frame; a gap of
    a second is bridged. Identities of an estimator are kept, and joined where one ends and another begins at the same
    place. Bodies of a few frames are left out, then all but the four who are observed longest and move most.

    Args:
        joints: (M, T, V, C) detections.
        identities: (M, T) number of the person of each detection, -1 for none; None without.
        tracked: whether one index of the axis M is one person.
    """
    if len(joints) == 1 or (identities is None and tracked and len(joints) <= MOST_PEOPLE):
        return joints, ()
    observed = np.isfinite(joints).all(axis=-1)
    seen = observed.any(axis=-1)
    if identities is not None:
        tracks = joined_tracks(joints, _of_identities(identities, observed))
    elif tracked:
        tracks = np.where(seen, np.arange(len(joints))[:, None], -1)
    else:
        tracks = tracks_by_place(joints, seen)
    return _main_people(joints, tracks)


def _main_people(joints: np.ndarray, tracks: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the joints of the tracks that are observed longest and move most, and a note on the others."""
    count = int(tracks.max()) + 1
    frames = np.bincount(tracks[tracks >= 0], minlength=count)
    if count == 0:
        return joints[:1], ()
    shortest = min(_GHOST_FRAMES, int(_GHOST_SHARE * joints.shape[1]), int(frames.max()) - 1)
    lasting = np.flatnonzero(frames > shortest)
    longest = lasting[np.argsort(-frames[lasting], kind="stable")][: 8 * MOST_PEOPLE]
    bodies = bodies_of(joints, tracks, longest)
    weights = [frames[track] * (_STILL + motion_in_radii(body)) for track, body in zip(longest, bodies, strict=True)]
    chosen = np.argsort(-np.array(weights), kind="stable")[:MOST_PEOPLE]
    notes = []
    if left := len(lasting) - len(chosen):
        notes.append(f"{left} more {'person' if left == 1 else 'people'} left out")
    if ghosts := int((frames > 0).sum()) - len(lasting):
        notes.append(f"{ghosts} {'body' if ghosts == 1 else 'bodies'} of at most {shortest} frames left out")
    return bodies[chosen], tuple(notes)


def bodies_of(joints: np.ndarray, tracks: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return joints (K, T, V, C) of the tracks of these numbers, NaN in frames without the track."""
    bodies = np.full((len(numbers), *joints.shape[1:]), np.nan, joints.dtype)
    for body, number in zip(bodies, numbers.tolist(), strict=True):
        detections, frames = np.nonzero(tracks == number)
        body[frames] = joints[detections, frames]
    return bodies


def motion_in_radii(body: np.ndarray) -> float:
    """Return how far the joints move about their mean places, in radii of the body, at most 1."""
    frames = body[np.isfinite(body).any(axis=(1, 2))]
    known = np.isfinite(frames)
    number = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, frames - np.where(known, frames, 0).sum(axis=0) / number, 0)
    moved = np.sqrt(((centred**2).sum(axis=0) / number).sum(axis=-1).mean())
    return float(min(moved / np.median(poses_of(frames).radii), 1.0))


def _of_identities(identities: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return (M, T) track numbers; of two detections of one identity in a frame the one with more joints counts."""
    joints_seen = observed.sum(axis=-1)
    valid = (identities >= 0) & (joints_seen > 0)
    tracks = np.full(identities.shape, -1)
    tracks[valid] = np.unique(identities[valid], return_inverse=True)[1]
    detections, frames = np.nonzero(valid)
    order = np.lexsort((-joints_seen[detections, frames], tracks[detections, frames], frames))
    detections, frames = detections[order], frames[order]
    numbers = tracks[detections, frames]
    again = np.r_[False, (numbers[1:] == numbers[:-1]) & (frames[1:] == frames[:-1])]
    tracks[detections[again], frames[again]] = -1
    return tracks


def joined_tracks(joints: np.ndarray, tracks: np.ndarray) -> np.ndarray:
    """Return tracks of which one that begins where another ended within a second before continues it."""
    detections, frames = np.nonzero(tracks >= 0)
    if not len(frames):
        return tracks
    order = np.lexsort((frames, tracks[detections, frames]))
    detections, frames = detections[order], frames[order]
    numbers = tracks[detections, frames]
    first = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    last = np.r_[first[1:], len(numbers)] - 1
    poses = poses_of(joints[detections, frames])
    names = np.arange(len(first))
    by_end = np.argsort(frames[last], kind="stable")
    ends = frames[last][by_end]
    continued = np.zeros(len(first), bool)
    for piece in np.argsort(frames[first], kind="stable").tolist():
        begin = frames[first[piece]]
        recent = by_end[np.searchsorted(ends, begin - _LONGEST_GAP) : np.searchsorted(ends, begin)]
        recent = recent[~continued[recent]]
        if len(recent):
            gaps = begin - frames[last[recent]]
            distances = _distances(poses[last[recent]], gaps, poses[first[piece]][None])[:, 0]
            nearest = int(np.argmin(distances))
            if np.isfinite(distances[nearest]):
                names[piece] = names[recent[nearest]]
                continued[recent[nearest]] = True
    result = np.full(tracks.shape, -1)
    result[detections, frames] = np.repeat(names, last - first + 1)
    return result


def tracks_by_place(joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return (M, T) track numbers of detections in any order, by place and size."""
    tracks = np.full(seen.shape, -1)
    poses = poses_of(joints)
    current = poses[:0, 0]  # the last pose of each open track
    steps = np.zeros_like(current.centres)  # motion in a frame
    last = numbers = np.zeros(0, int)
    count = 0
    for frame in np.flatnonzero(seen.any(axis=0)).tolist():
        if len(last) and frame - last.min() > _LONGEST_GAP:
            open_tracks = frame - last <= _LONGEST_GAP
            current, steps = current[open_tracks], steps[open_tracks]
            last, numbers = last[open_tracks], numbers[open_tracks]
        detections = np.flatnonzero(seen[:, frame])
        observed_poses = poses[detections, frame]
        gaps = frame - last
        expected = current.moved(steps * np.minimum(gaps, _LONGEST_STRIDE)[:, None])
        rows, columns = assigned(expected, gaps, observed_poses)
        step = (observed_poses.centres[columns] - current.centres[rows]) / gaps[rows, None]
        steps[rows] = _INERTIA * steps[rows] + (1 - _INERTIA) * step
        pose = observed_poses.joints[columns]
        current.joints[rows] = np.where(np.isfinite(pose), pose, expected.joints[rows])
        current.centres[rows] = observed_poses.centres[columns]
        current.radii[rows] = _INERTIA * current.radii[rows] + (1 - _INERTIA) * observed_poses.radii[columns]
        last[rows] = frame
        tracks[detections[columns], frame] = numbers[rows]
        if len(columns) < len(detections):
            new = np.setdiff1d(np.arange(len(detections)), columns)
            tracks[detections[new], frame] = count + np.arange(len(new))
            current = current.followed_by(observed_poses[new])
            steps = np.concatenate([steps, np.zeros_like(observed_poses.centres[new])])
            last = np.r_[last, np.full(len(new), frame)]
            numbers = np.r_[numbers, count + np.arange(len(new))]
            count += len(new)
    return tracks


def assigned(expected: Poses, gaps: np.ndarray, observed_poses: Poses) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of people and of their detections, by the assignment of least distance; others are no pair.

    Args:
        expected: K poses.
        gaps: (K,) frames of 1/30 second since they were observed, at least 1.
        observed_poses: D poses.
    """
    from scipy.optimize import linear_sum_assignment

    cost = _distances(expected, gaps, observed_poses)
    rows, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, _FORBIDDEN))
    fits = np.isfinite(cost[rows, columns])
    return rows[fits], columns[fits]


def _distances(expected: Poses, gaps: np.ndarray, observed_poses: Poses) -> np.ndarray:
    """Return (K, D) mean distances of joints from where they are expected, in radii; infinite out of reach.

    Args:
        expected: K poses.
        gaps: (K,) frames since they were observed.
        observed_poses: D poses.
    """
    reach = np.minimum(_REACH + _REACH_PER_FRAME * (gaps - 1), _LARGEST_REACH) * expected.radii
    apart = np.linalg.norm(expected.centres[:, None] - observed_poses.centres, axis=-1)
    ratio = expected.radii[:, None] / observed_poses.radii
    near = (apart < 2 * reach[:, None]) & (ratio < _SIZE_RATIO) & (ratio > 1 / _SIZE_RATIO)
    rows, columns = np.nonzero(near)
    of_joints = np.linalg.norm(expected.joints[rows] - observed_poses.joints[columns], axis=-1)
    common = np.isfinite(of_joints)
    number = common.sum(axis=-1)
    mean = np.where(number > 0, np.where(common, of_joints, 0).sum(axis=-1) / np.maximum(number, 1), apart[near])
    result = np.full(apart.shape, np.inf)
    result[near] = np.where(
        mean <= reach[rows], mean / np.maximum(expected.radii[rows], observed_poses.radii[columns]), np.inf
    )
    return result
