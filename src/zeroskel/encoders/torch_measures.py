"""The measures of `measures.py` in torch, for recordings of a fixed number of frames: what an exported graph computes.

Names, arguments and results are those of measures.py, tensors in the place of arrays.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from zeroskel.core import Layout
from zeroskel.encoders.measures import (
    ANGLES,
    DISTANCES,
    FAST,
    HEIGHTS,
    LEAST_EXTENT,
    LEAST_STEP,
    PLANES,
    QUANTILES,
    TINY,
    VECTORS,
    lag_frames,
    moment_frames,
    role_joints,
    windows,
)

Roles = dict[str, Tensor]


def deviation(values: Tensor) -> Tensor:
    """(N, …) standard deviation over T of (N, T, …)."""
    return (values - values.mean(dim=1, keepdim=True)).square().mean(dim=1).sqrt()


def quantiles(values: Tensor, shares: Sequence[float]) -> list[Tensor]:
    """Quantiles (N, …) over T of (N, T, …), by linear interpolation between neighbours in order."""
    ordered, last = values.sort(dim=1).values, values.shape[1] - 1
    found = []
    for place in (share * last for share in shares):
        below = min(int(place), last - 1)
        found.append(ordered[:, below] + (ordered[:, below + 1] - ordered[:, below]) * (place - below))
    return found


def smooth(joints: Tensor) -> Tensor:
    """(N, T, V, C), T at least 3."""
    inner = (joints[:, :-2] + 2 * joints[:, 1:-1] + joints[:, 2:]) / 4
    return torch.cat([joints[:, :1], inner, joints[:, -1:]], dim=1)


def length(vectors: Tensor) -> Tensor:
    """(…) of vectors (…, C)."""
    return vectors.square().sum(dim=-1).sqrt()


def direction(vectors: Tensor) -> Tensor:
    return vectors / (length(vectors)[..., None] + TINY)


def angle(first: Tensor, middle: Tensor, last: Tensor) -> Tensor:
    u, v = first - middle, last - middle
    return torch.acos(((u * v).sum(dim=-1) / (length(u) * length(v) + TINY)).clamp(-1, 1))


def sine_and_cosine_of_yaw(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """(…) each; the graph needs no angle."""
    along = vectors[..., 0] + TINY
    far = torch.sqrt(along.square() + vectors[..., 2].square()).clamp(min=1e-12)
    return vectors[..., 2] / far, along / far


def statistics(series: Tensor) -> Tensor:
    """(N, 9 K) of (N, T, K)."""
    means = [series[:, window].mean(dim=1) for window in windows(series.shape[1])]
    return torch.cat([*quantiles(series, QUANTILES), deviation(series), *means], dim=1)


def autocorrelation(relative: Tensor) -> Tensor:
    """(N, 20): sums over the diagonals of all products of two frames."""
    frames = relative.shape[1]
    apart = (relative - relative.mean(dim=1, keepdim=True)).flatten(start_dim=2)
    products = (apart @ apart.transpose(1, 2)).flatten(start_dim=1)
    diagonals = np.stack([np.eye(frames, k=lag, dtype=np.float32).ravel() for lag in (0, *lag_frames(frames))])
    sums = products @ torch.from_numpy(diagonals).T
    return sums[:, 1:] / (sums[:, :1] + TINY)


def reversals(points: Tensor) -> Tensor:
    steps = points[:, 1:] - points[:, :-1]
    turned = steps[:, 1:].sign() != steps[:, :-1].sign()
    return (turned & (steps[:, 1:].abs() > LEAST_STEP)).to(points.dtype).sum(dim=1)


def enclosed_area(points: Tensor) -> Tensor:
    p = points - points.mean(dim=1, keepdim=True)
    parts = [(p[:, :-1, a] * p[:, 1:, b] - p[:, 1:, a] * p[:, :-1, b]).sum(dim=1) for a, b in PLANES]
    areas = torch.stack(parts, dim=1)
    return torch.cat([areas, areas.abs()], dim=1)


def at_moments(values: Tensor, moments: int) -> Tensor:
    return values[:, torch.from_numpy(moment_frames(values.shape[1], moments))]


def low_frequencies(relative: Tensor, frequencies: int) -> Tensor:
    """(N, frequencies, V, C): a discrete Fourier transform as two products with fixed matrices."""
    frames = relative.shape[1]
    there = np.arange(1, frequencies + 1)[:, None]
    phases = 2 * np.pi * there * np.arange(frames) / frames
    known = there <= frames // 2
    apart = (relative - relative.mean(dim=1, keepdim=True)).flatten(start_dim=2)
    waves = [torch.from_numpy((wave(phases) * known).astype(np.float32)) @ apart for wave in (np.cos, np.sin)]
    amplitudes = torch.sqrt(waves[0].square() + waves[1].square()) / frames
    return amplitudes.unflatten(2, relative.shape[2:])


def body_measures(joints: Tensor, layout: Layout, *, moments: int, frequencies: int) -> dict[str, Tensor]:
    """Group -> (N, …) of (N, T, V, 3), T at least 3."""
    joints = smooth(joints)
    roles = {role: joints[:, :, found].mean(dim=2) for role, found in role_joints(layout).items()}
    relative = joints - roles["pelvis"][:, :, None]
    speed = length(relative[:, 1:] - relative[:, :-1])
    path = speed.sum(dim=1)
    extent = relative.amax(dim=1) - relative.amin(dim=1)
    groups = {
        "poses": [at_moments(relative, moments)],
        "spread": [deviation(relative)],
        "frequencies": [low_frequencies(relative, frequencies)],
        "speed": [speed.mean(dim=1), speed.amax(dim=1), *quantiles(speed, [FAST])],
        "path": [path, extent, path / (length(extent) + LEAST_EXTENT)],
        "pelvis": [at_moments(roles["pelvis"], moments), statistics(roles["pelvis"])],
        "rhythm": [autocorrelation(relative)],
    }
    groups |= {name: [statistics(series)] for name, series in _series(roles).items() if series.shape[2]}
    if "hand_right" in roles:
        hand = roles["hand_right"] - roles["chest"]
        groups |= {"reversals": [reversals(hand)], "area": [enclosed_area(hand)]}
    return {name: torch.cat([part.flatten(start_dim=1) for part in parts], dim=1) for name, parts in groups.items()}


def _series(roles: Roles) -> dict[str, Tensor]:
    """Group -> series (N, T, K) that the roles at hand allow."""

    def at_hand(rows: Sequence[tuple[str, ...]]) -> list[Tensor]:
        """(N, T, rows, 3) points, one tensor for each column of the rows."""
        chosen = [row for row in rows if roles.keys() >= set(row)]
        if not chosen:
            return [roles["pelvis"][:, :, None][:, :, :0]] * len(rows[0])
        return [torch.stack([roles[role] for role in column], dim=2) for column in zip(*chosen, strict=True)]

    to, start = at_hand(VECTORS)
    angles = [angle(*at_hand(ANGLES)), direction(roles["chest"] - roles["pelvis"])]
    right, left = at_hand([("shoulder_right", "shoulder_left"), ("hip_right", "hip_left")])
    if right.shape[2] == 2:
        sine, cosine = sine_and_cosine_of_yaw(right - left)
        between = sine[..., :1] * cosine[..., 1:] - cosine[..., :1] * sine[..., 1:]
        angles += [between, sine]
    one, other = at_hand(DISTANCES)
    (points,), feet = at_hand([(role,) for role in HEIGHTS]), at_hand([("foot_left", "foot_right")])
    lower = torch.minimum(feet[0][..., 1], feet[1][..., 1])
    return {
        "vectors": (to - start).flatten(start_dim=2),
        "distances": length(one - other),
        "angles": torch.cat(angles, dim=2),
        "heights": points[..., 1] - lower if lower.shape[2] else lower,
    }


def relation_measures(joints: Tensor, layout: Layout) -> Tensor:
    """(N, …) of (N, 2, T, V, 3)."""
    found = role_joints(layout)
    smoothed = [smooth(joints[:, body]) for body in (0, 1)]
    one, other = ({role: body[:, :, at].mean(dim=2) for role, at in found.items()} for body in smoothed)
    hands = [role for role in ("hand_left", "hand_right") if role in found]
    series = [length(one["pelvis"] - other["pelvis"])]
    for a, b in ((one, other), (other, one)):
        for aim in ("head", "chest"):
            if hands and aim in found:
                series.append(_nearest([length(a[hand] - b[aim]) for hand in hands]))
    if hands:
        series.append(_nearest([length(one[a] - other[b]) for a in hands for b in hands]))
    across = next((limb for limb in ("shoulder", "hip") if {f"{limb}_left", f"{limb}_right"} <= found.keys()), None)
    if across:
        faces = []
        for body in (one, other):
            side = body[f"{across}_right"] - body[f"{across}_left"]
            faces.append(direction(torch.stack([side[..., 2], -side[..., 0]], dim=-1)))
        apart = direction((other["pelvis"] - one["pelvis"])[..., [0, 2]])
        series += [(u * v).sum(dim=-1) for u, v in ((faces[0], apart), (faces[1], -apart), (faces[0], faces[1]))]
    return statistics(torch.stack(series, dim=2))


def _nearest(distances: list[Tensor]) -> Tensor:
    return torch.stack(distances).amin(dim=0)
