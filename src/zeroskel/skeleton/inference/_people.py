"""People of constant identity from detections of each frame."""

from dataclasses import dataclass, field

import numpy as np

MOST_PEOPLE = 4
_LONGEST_GAP = 30  # frames, about a second
_GHOST_FRAMES = 10
_GHOST_SHARE = 0.2  # of the recording, for short ones
_REACH = 1.5  # in radii of a body: how far its joints may be from where they are expected after one frame
_REACH_PER_FRAME = 0.1
_LARGEST_REACH = 3.5
_SIZE_RATIO = 2.0
_STILL = 0.5  # weight of a person who does not move


@dataclass
class _Track:
    """One person so far: the last pose, its radius, the motion of a frame, and the frame of the pose."""

    number: int
    pose: np.ndarray
    radius: float
    frame: int
    velocity: np.ndarray = field(default_factory=lambda: np.zeros(1))

    def expected(self, frame: int) -> np.ndarray:
        return np.asarray(self.pose + self.velocity * min(frame - self.frame, 5))

    def reach(self, frame: int) -> float:
        return min(_REACH + _REACH_PER_FRAME * (frame - self.frame - 1), _LARGEST_REACH) * self.radius

    def extend(self, pose: np.ndarray, radius: float, frame: int) -> None:
        step = (_centre(pose) - _centre(self.pose)) / (frame - self.frame)
        self.velocity = np.nan_to_num(0.7 * self.velocity + 0.3 * step)
        self.pose = np.where(np.isfinite(pose), pose, self.pose + step)
        self.radius = 0.8 * self.radius + 0.2 * radius
        self.frame = frame


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
        tracks = _assigned(joints, seen)
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
    weights = [frames[track] * (_STILL + _motion(body)) for track, body in zip(longest, bodies, strict=True)]
    chosen = np.argsort(-np.array(weights), kind="stable")[:MOST_PEOPLE]
    notes = []
    if left := len(lasting) - len(chosen):
        notes.append(f"{left} more people left out")
    if ghosts := int((frames > 0).sum()) - len(lasting):
        notes.append(f"{ghosts} bodies of at most {shortest} frames left out")
    return bodies[chosen], tuple(notes)


def bodies_of(joints: np.ndarray, tracks: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return joints (K, T, V, C) of the tracks of these numbers, NaN in frames without the track."""
    bodies = np.full((len(numbers), *joints.shape[1:]), np.nan, joints.dtype)
    for body, number in zip(bodies, numbers.tolist(), strict=True):
        detections, frames = np.nonzero(tracks == number)
        body[frames] = joints[detections, frames]
    return bodies


def _motion(body: np.ndarray) -> float:
    """Return how far the joints move about their mean places, in radii of the body, at most 1."""
    frames = body[np.isfinite(body).any(axis=(1, 2))]
    known = np.isfinite(frames)
    number = np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, frames - np.where(known, frames, 0).sum(axis=0) / number, 0)
    moved = np.sqrt(((centred**2).sum(axis=0) / number).sum(axis=-1).mean())
    radius = np.median([_radius(pose) for pose in frames[:: -(-len(frames) // 100)]])
    return float(min(moved / radius, 1.0)) if radius > 0 else 0.0


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
    numbers = tracks[detections, frames]
    order = np.lexsort((frames, numbers))
    detections, frames, numbers = detections[order], frames[order], numbers[order]
    first = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]]) if len(numbers) else np.empty(0, int)
    last = np.r_[first[1:], len(numbers)] - 1
    ended: list[_Track] = []
    names = np.arange(len(first))
    for index in np.argsort(frames[first], kind="stable"):
        begin, end = first[index], last[index]
        pose, frame = joints[detections[begin], frames[begin]], int(frames[begin])
        ended = [track for track in ended if frame - track.frame <= _LONGEST_GAP]
        open_tracks = [track for track in ended if track.frame < frame]
        distances = [_distance(track, pose, _radius(pose), frame) for track in open_tracks]
        if distances and np.isfinite(min(distances)):
            continued = open_tracks[int(np.argmin(distances))]
            ended.remove(continued)
            names[index] = continued.number
        pose = joints[detections[end], frames[end]]
        ended.append(_Track(int(names[index]), pose, _radius(pose), int(frames[end])))
    result = np.full(tracks.shape, -1)
    result[detections, frames] = names[np.searchsorted(numbers[first], numbers)] if len(numbers) else -1
    return result


def _assigned(joints: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return (M, T) track numbers of detections in any order, by place and size."""
    from scipy.optimize import linear_sum_assignment

    tracks = np.full(seen.shape, -1)
    open_tracks: list[_Track] = []
    count = 0
    for frame in np.flatnonzero(seen.any(axis=0)).tolist():
        open_tracks = [track for track in open_tracks if frame - track.frame <= _LONGEST_GAP]
        detections = np.flatnonzero(seen[:, frame]).tolist()
        poses = [joints[detection, frame] for detection in detections]
        radii = [_radius(pose) for pose in poses]
        free = set(range(len(detections)))
        if open_tracks:
            cost = np.array(
                [
                    [_distance(track, pose, radius, frame) for pose, radius in zip(poses, radii, strict=True)]
                    for track in open_tracks
                ]
            )
            rows, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, 1e6))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
                if np.isfinite(cost[row, column]):
                    open_tracks[row].extend(poses[column], radii[column], frame)
                    tracks[detections[column], frame] = open_tracks[row].number
                    free.discard(column)
        for index in sorted(free):
            open_tracks.append(_Track(count, poses[index], radii[index], frame))
            tracks[detections[index], frame] = count
            count += 1
    return tracks


def _distance(track: _Track, pose: np.ndarray, radius: float, frame: int) -> float:
    """Return the mean distance of the joints from where they are expected, in radii; infinite out of reach."""
    apart = np.linalg.norm(track.expected(frame) - pose, axis=-1)
    apart = apart[np.isfinite(apart)]
    distance = float(apart.mean()) if len(apart) else float(np.linalg.norm(_centre(track.pose) - _centre(pose)))
    larger, smaller = max(track.radius, radius), min(track.radius, radius)
    if larger > _SIZE_RATIO * smaller or not distance <= track.reach(frame):
        return np.inf
    return distance / larger if larger > 0 else 0.0


def _centre(pose: np.ndarray) -> np.ndarray:
    known = np.isfinite(pose).all(axis=-1)
    return np.asarray(pose[known].mean(axis=0)) if known.any() else np.full(pose.shape[-1], np.nan)


def _radius(pose: np.ndarray) -> float:
    """Return the root mean square distance of the joints from their centre."""
    known = pose[np.isfinite(pose).all(axis=-1)]
    return float(np.sqrt(((known - known.mean(axis=0)) ** 2).sum(axis=-1).mean())) if len(known) else 0.0
