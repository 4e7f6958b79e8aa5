"""Random changes of training batches: direction, size, tempo and noise."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_LARGEST_ROTATION = np.deg2rad(30.0)  # about the vertical axis, to either side
_SCALE = 0.15  # largest relative change of size
_CROP = 0.75  # shortest share of the frames that a crop leaves
_JITTER = 0.01  # standard deviation of joint noise, in torso lengths


class Changes(NamedTuple):
    """Random changes of the sequences of a batch (N, C, T, V, M).

    Attributes:
        frames: (N, T) the earlier one of the two frames between which each frame of the result lies.
        weight: (N, T) weight of the later one.
        cos: (N,) cosine of the rotation about the vertical axis.
        sin: (N,) its sine.
        scale: (N,) factor of the size.
        noise: (N, C, T, V, M) added to the observed joints.
    """

    frames: Tensor
    weight: Tensor
    cos: Tensor
    sin: Tensor
    scale: Tensor
    noise: Tensor


def drawn_changes(shape: tuple[int, ...], rng: np.random.Generator) -> Changes:
    """Return changes of a batch of this shape (N, C, T, V, M), on the CPU."""
    n, channels, t = shape[:3]
    share = _CROP + (1 - _CROP) * rng.random((n, 1))
    start = (1 - share) * rng.random((n, 1))
    positions = (start + share * np.linspace(0, 1, t)) * (t - 1)
    frames = np.floor(positions).astype(int)
    angle = np.zeros(n, np.float32)
    if channels == 3:
        angle = (_LARGEST_ROTATION * (2 * rng.random(n) - 1)).astype(np.float32)
    scale = rng.uniform(1 - _SCALE, 1 + _SCALE, n).astype(np.float32)
    noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(_JITTER)
    arrays = frames, (positions - frames).astype(np.float32), np.cos(angle), np.sin(angle), scale, noise
    return Changes(*map(torch.from_numpy, arrays))


def drawn_on_device(shape: tuple[int, ...], device: torch.device) -> Changes:
    """Return changes of the same distribution, drawn on a device by its default generator."""
    n, _, t = shape[:3]
    share, start, angle, scale = torch.rand(4, n, 1, device=device)
    share = _CROP + (1 - _CROP) * share
    positions = ((1 - share) * start + share * torch.linspace(0, 1, t, device=device)) * (t - 1)
    frames = positions.floor()
    angle = (_LARGEST_ROTATION * (2 * angle - 1)).squeeze(1)
    scale = (1 - _SCALE + 2 * _SCALE * scale).squeeze(1)
    noise = _JITTER * torch.randn(shape, device=device)
    return Changes(frames.long(), positions - frames, angle.cos(), angle.sin(), scale, noise)


def changed(batch: Tensor, changes: Changes) -> Tensor:
    """Return a copy of a batch (N, C, T, V, M) in which each sequence is cropped in time, rotated, scaled and jittered.

    The crop is resampled linearly to T frames, so the tempo changes with it. Joints that were not observed stay 0.
    """

    def of_each(values: Tensor) -> Tensor:
        return values.view(-1, *(1,) * (batch.ndim - 2))

    later = (changes.frames + 1).clamp(max=batch.shape[2] - 1)
    first, second = (
        batch.gather(2, frames[:, None, :, None, None].expand(batch.shape)) for frames in (changes.frames, later)
    )
    weight = changes.weight[:, None, :, None, None]
    result = first * (1 - weight) + second * weight
    if batch.shape[1] == 3:
        cos, sin, (x, y, z) = of_each(changes.cos), of_each(changes.sin), result.unbind(dim=1)
        result = torch.stack((cos * x + sin * z, y, cos * z - sin * x), dim=1)
    result = result * of_each(changes.scale)[:, None]
    return result + torch.where(batch == 0, 0.0, changes.noise)
