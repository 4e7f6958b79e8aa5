"""The measures of `measures.py` in torch, for recordings of a fixed number of frames: what an exported graph computes.

Names, arguments and results are those of measures.py, tensors in the place of arrays. Quantiles, means over windows,
points between joints and Fourier transforms are products with fixed matrices, so that the graph stays small.
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


class Roles:
    """The points of `role_joints`.

    Args:
        joints: (N, T, V, 3).
        layout: of the V joints.
    """

    def __init__(self, joints: Tensor, layout: Layout) -> None:
        found = role_joints(layout)
        self.names = list(found)
        means = np.zeros((len(found), len(layout.joints)), np.float32)
        for row, at in zip(means, found.values(), strict=True):
            row[at] = 1 / len(at)
        self.points = torch.from_numpy(means) @ joints

    def of(self, role: str) -> Tensor:
        """(N, T, 3)."""
        return self.points[:, :, self.names.index(role)]

    def columns(self, rows: Sequence[tuple[str, ...]]) -> list[Tensor]:
        """For each column of those rows that are at hand the points (N, T, rows, 3)."""
        chosen = [row for row in rows if set(row) <= set(self.names)]
        return [self.points[:, :, [self.names.index(row[place]) for row in chosen]] for place in range(len(rows[0]))]


def deviation(values: Tensor) -> Tensor:
    """(N, …) standard deviation over T of (N, T, …)."""
    return (values - values.mean(dim=1, keepdim=True)).square().mean(dim=1).sqrt()


def quantiles(series: Tensor, shares: Sequence[float]) -> Tensor:
    """(N, shares, K) quantiles over T of (N, T, K), by linear interpolation between neighbours in order."""
    frames = series.shape[1]
    between = np.zeros((len(shares), frames), np.float32)
    for row, place in zip(between, (share * (frames - 1) for share in shares), strict=True):
        below = min(int(place), frames - 2)
        row[below : below + 2] = below + 1 - place, place - below
    return torch.from_numpy(between) @ series.sort(dim=1).values


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
    """(N, 9, K) of (N, T, K)."""
    frames = series.shape[1]
    means = np.zeros((3, frames), np.float32)
    for row, window in zip(means, windows(frames), strict=True):
        row[window] = 1 / (window.stop - window.start)
    found = [quantiles(series, QUANTILES), deviation(series)[:, None], torch.from_numpy(means) @ series]
    return torch.cat(found, dim=1)


def autocorrelation(relative: Tensor) -> Tensor:
    """(N, 20): sums over the diagonals of all products of two frames."""
    frames = relative.shape[1]
    apart = (relative - relative.mean(dim=1, keepdim=True)).flatten(start_dim=2)
    products = (apart @ apart.transpose(1, 2)).flatten(start_dim=1)
    diagonals = np.stack([np.eye(frames, k=lag, dtype=np.float32).ravel() for lag in (0, *lag_frames(frames))], axis=1)
    sums = products @ torch.from_numpy(diagonals)
    return sums[:, 1:] / (sums[:, :1] + TINY)


def reversals(points: Tensor) -> Tensor:
    steps = points[:, 1:] - points[:, :-1]
    signs = steps.sign()
    turned = signs[:, 1:] != signs[:, :-1]
    return (turned & (steps[:, 1:].abs() > LEAST_STEP)).to(points.dtype).sum(dim=1)


def enclosed_area(points: Tensor) -> Tensor:
    p = points - points.mean(dim=1, keepdim=True)
    a, b = (p[:, :, list(axes)] for axes in zip(*PLANES, strict=True))
    areas = (a[:, :-1] * b[:, 1:] - a[:, 1:] * b[:, :-1]).sum(dim=1)
    return torch.cat([areas, areas.abs()], dim=1)


def at_moments(values: Tensor, moments: int) -> Tensor:
    return values[:, torch.from_numpy(moment_frames(values.shape[1], moments))]


def low_frequencies(relative: Tensor, frequencies: int) -> Tensor:
    """(N, frequencies, V C): a discrete Fourier transform as two products with fixed matrices."""
    frames = relative.shape[1]
    cycles = np.arange(1, frequencies + 1)[:, None]
    phases = 2 * np.pi * cycles * np.arange(frames) / frames
    waves = np.concatenate([wave(phases) * (cycles <= frames // 2) for wave in (np.cos, np.sin)])
    apart = (relative - relative.mean(dim=1, keepdim=True)).flatten(start_dim=2)
    cosines, sines = (torch.from_numpy(waves.astype(np.float32)) @ apart).chunk(2, dim=1)
    return torch.sqrt(cosines.square() + sines.square()) / frames


def body_measures(joints: Tensor, layout: Layout, *, moments: int, frequencies: int) -> dict[str, Tensor]:
    """Group -> (N, …) of (N, T, V, 3), T at least 3."""
    joints = smooth(joints)
    roles = Roles(joints, layout)
    pelvis = roles.of("pelvis")
    relative = joints - pelvis[:, :, None]
    speed = length(relative[:, 1:] - relative[:, :-1])
    path = speed.sum(dim=1)
    extent = relative.amax(dim=1) - relative.amin(dim=1)
    series = {"pelvis": pelvis, **_series(roles)}
    each = statistics(torch.cat([*series.values()], dim=2))
    ends = np.cumsum([0, *(values.shape[2] for values in series.values())])
    of_series = {name: each[:, :, ends[i] : ends[i + 1]] for i, name in enumerate(series)}
    groups = {
        "poses": [at_moments(relative, moments)],
        "spread": [deviation(relative)],
        "frequencies": [low_frequencies(relative, frequencies)],
        "speed": [speed.mean(dim=1), speed.amax(dim=1), quantiles(speed, [FAST])],
        "path": [path, extent, path / (length(extent) + LEAST_EXTENT)],
        "pelvis": [at_moments(pelvis, moments), of_series.pop("pelvis")],
        "rhythm": [autocorrelation(relative)],
        **{name: [found] for name, found in of_series.items()},
    }
    if "hand_right" in roles.names:
        hand = roles.of("hand_right") - roles.of("chest")
        groups |= {"reversals": [reversals(hand)], "area": [enclosed_area(hand)]}
    return {name: torch.cat([part.flatten(start_dim=1) for part in parts], dim=1) for name, parts in groups.items()}


def _series(roles: Roles) -> dict[str, Tensor]:
    """Group -> series (N, T, K) that the roles at hand allow, K at least 1."""
    to, start = roles.columns(VECTORS)
    one, other = roles.columns(DISTANCES)
    angles = [angle(*roles.columns(ANGLES)), direction(roles.of("chest") - roles.of("pelvis"))]
    right, left = roles.columns([("shoulder_right", "shoulder_left"), ("hip_right", "hip_left")])
    if right.shape[2] == 2:
        sine, cosine = sine_and_cosine_of_yaw(right - left)
        angles += [sine[..., :1] * cosine[..., 1:] - cosine[..., :1] * sine[..., 1:], sine]
    found = {
        "vectors": (to - start).flatten(start_dim=2),
        "distances": length(one - other),
        "angles": torch.cat(angles, dim=2),
    }
    if {"foot_left", "foot_right"} <= set(roles.names):
        (points,) = roles.columns([(role,) for role in HEIGHTS])
        lower = torch.minimum(roles.of("foot_left")[..., 1], roles.of("foot_right")[..., 1])
        found["heights"] = points[..., 1] - lower[..., None]
    return {name: series for name, series in found.items() if series.shape[2]}


def relation_measures(joints: Tensor, layout: Layout) -> Tensor:
    """(N, …) of (N, 2, T, V, 3)."""
    one, other = (Roles(smooth(joints[:, body]), layout) for body in (0, 1))
    hands = [(hand,) for hand in ("hand_left", "hand_right") if hand in one.names]
    apart = other.of("pelvis") - one.of("pelvis")
    series = [length(apart)]
    if hands:
        of_one, of_other = one.columns(hands)[0], other.columns(hands)[0]
        for own, body in ((of_one, other), (of_other, one)):
            aims = [body.of(aim) for aim in ("head", "chest") if aim in body.names]
            series += [length(own - aim[:, :, None]).amin(dim=2) for aim in aims]
        series.append(length(of_one[:, :, :, None] - of_other[:, :, None]).amin(dim=(2, 3)))
    across = next((limb for limb in ("shoulder", "hip") if {f"{limb}_left", f"{limb}_right"} <= set(one.names)), None)
    if across:
        sides = [body.of(f"{across}_right") - body.of(f"{across}_left") for body in (one, other)]
        faces = [direction(torch.stack([side[..., 2], -side[..., 0]], dim=-1)) for side in sides]
        way = direction(apart[..., [0, 2]])
        series += [(u * v).sum(dim=-1) for u, v in ((faces[0], way), (faces[1], -way), (faces[0], faces[1]))]
    return statistics(torch.stack(series, dim=2)).flatten(start_dim=1)
