"""Pre-processing of raw joints in torch: what an exported graph computes before its encoder."""

import torch
from torch import Tensor, nn

from zeroskel.core import InputError, get_layout
from zeroskel.encoders.torch_measures import length

FAR = 1 << 40  # frames: farther than any gap that is filled
LEAST = 1e-6  # a length below is none, as in skeleton/transforms/geometry.py


def resample(joints: Tensor, frames: int) -> Tensor:
    """(N, T, …) linearly to `frames` evenly spaced moments, from any T; where one neighbour is NaN the other serves."""
    last = torch.arange(joints.shape[1])[-1:]
    moments = torch.arange(frames, dtype=torch.float64)[:-1] * (last.to(torch.float64) / (frames - 1))
    moments = torch.cat([moments, last.to(torch.float64)])
    before = moments.floor().to(torch.int64)
    after = torch.minimum(before + (last != frames - 1), last)  # as many frames already: each as it is
    share = (moments - before).to(torch.float32).reshape(-1, *[1] * (joints.dim() - 2))
    first, second = joints.index_select(1, before), joints.index_select(1, after)
    first, second = torch.where(first.isnan(), second, first), torch.where(second.isnan(), first, second)
    return first * (1 - share) + second * share


class PreparedJoints(nn.Module):
    """Raw joints (N, M, T, V, C) of the layout, NaN where not observed -> (N, C, frames, V, M), as `Preprocessing`.

    A joint has all its coordinates or none; a body that is absent is NaN throughout. T is at least 1.

    Args: those of `Preprocessing`.

    Raises:
        InputError: more than two bodies.
    """

    def __init__(
        self, layout: str, *, frames: int, bodies: int, channels: int, max_gap: int, turn: bool, scale: bool
    ) -> None:
        super().__init__()
        if bodies > 2:
            raise InputError(f"the bundle takes {bodies} bodies; a graph of raw joints takes at most 2: use --prepared")
        self.layout, self.frames, self.bodies, self.max_gap = get_layout(layout), frames, bodies, max_gap
        self.turn, self.scale = turn and channels == 3, scale

    def forward(self, joints: Tensor) -> Tensor:
        if self.bodies == 2:
            joints = more_active_first(joints)
        joints = self._centred(fill_gaps(joints, self.max_gap))
        if self.turn:
            joints = self._turned(joints)
        if self.scale:
            joints = self._scaled(joints)
        joints = resample(joints.transpose(1, 2), self.frames)  # N, T, M, V, C
        return torch.where(joints.isnan(), 0.0, joints).permute(0, 4, 1, 3, 2)

    def _centred(self, joints: Tensor) -> Tensor:
        body = joints[:, 0]
        pelvis = body[:, :, self.layout.indices(self.layout.pelvis)].mean(dim=2)
        observed = ~body.isnan().any(dim=3, keepdim=True)
        total = torch.where(observed, body, 0.0).sum(dim=2)
        middle = total / observed.to(body.dtype).sum(dim=2)  # 0 / 0 = NaN: none observed in the frame
        origin, otherwise = _first_observed(pelvis), _first_observed(middle)
        origin = torch.where(origin.isnan(), otherwise, origin)
        return joints - torch.where(origin.isnan(), 0.0, origin)[:, None, None, None]

    def _turned(self, joints: Tensor) -> Tensor:
        pairs = [pair for pair in self.layout.mirror if pair[0] in ("shoulder_left", "hip_left")]
        if not pairs:
            return joints
        left, right = (self.layout.indices(side) for side in zip(*pairs, strict=True))
        across = _first_observed((joints[:, 0][:, :, left] - joints[:, 0][:, :, right]).sum(dim=2))
        far = torch.sqrt(across[:, 0].square() + across[:, 2].square())
        known = far >= LEAST  # NaN is not
        cosine = torch.where(known, -across[:, 0] / far, 1.0)[:, None, None, None]
        sine = torch.where(known, -across[:, 2] / far, 0.0)[:, None, None, None]
        x, y, z = joints.unbind(dim=4)
        return torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], dim=4)

    def _scaled(self, joints: Tensor) -> Tensor:
        chest, pelvis = (
            joints[:, :, :, self.layout.indices(ends)].mean(dim=3) for ends in (self.layout.chest, self.layout.pelvis)
        )
        lengths = length(chest - pelvis).flatten(start_dim=1)
        missing = lengths.isnan()
        count = (~missing).to(torch.int64).sum(dim=1, keepdim=True)
        ordered = torch.where(missing, torch.inf, lengths).sort(dim=1).values
        middle = [ordered.gather(1, place) for place in ((count - 1).clamp(min=0) // 2, count // 2)]
        median = (middle[0] + middle[1])[:, 0] / 2
        median = torch.where((count[:, 0] > 0) & (median >= LEAST), median, 1.0)
        return joints / median[:, None, None, None, None]


def more_active_first(joints: Tensor) -> Tensor:
    """(N, 2, T, V, C) with the body of the greater weight first, as `choose_main_bodies` orders them."""
    observed = (~joints.isnan().any(dim=4)).to(joints.dtype)
    frames = observed.amax(dim=3)  # N, 2, T
    counts = observed.sum(dim=2, keepdim=True)[..., None]
    values, there = torch.where(joints.isnan(), 0.0, joints), observed[..., None]
    means = values.sum(dim=2, keepdim=True) / counts.clamp(min=1)
    variances = ((values - means) * there).square().sum(dim=2, keepdim=True) / counts.clamp(min=1)
    spread = (variances * (counts > 1)).sum(dim=(2, 3, 4))
    weights = frames.mean(dim=2) * (spread * (frames.sum(dim=2) > 1) + 1e-9)
    swap = (weights[:, 1] > weights[:, 0])[:, None, None, None, None]
    return torch.where(swap, joints.flip(1), joints)


def fill_gaps(joints: Tensor, max_gap: int) -> Tensor:
    """(N, M, T, V, C) with runs of at most `max_gap` unobserved frames of a joint filled, as `transforms` does."""
    if max_gap == 0:
        return joints
    time = torch.arange(joints.shape[2])[:, None]
    observed = ~joints.isnan().any(dim=4)
    before, after = torch.where(observed, time, -FAR), torch.where(observed, time, FAR)
    edge = torch.zeros_like(before)
    end = time[-1] + 1  # what lies before the first frame is frame -1, after the last is T
    for step in (1 << power for power in range(max_gap.bit_length())):  # doubled, to reach over max_gap frames
        before = torch.maximum(before, _shifted(before, edge[:, :, :1] - 1, step))
        after = torch.minimum(after, _shifted(after.flip(2), edge[:, :, :1] + end, step).flip(2))
    short = ~observed & (after - before - 1 <= max_gap)
    short = short & ((before >= 0) | (after < end))
    first = torch.where(short, torch.where(before >= 0, before, after), time)
    second = torch.where(short, torch.where(after < end, after, before), time)
    span = (second - first).clamp(min=1).to(joints.dtype)
    share = torch.where(second > first, (time - first).to(joints.dtype), 0.0) / span
    start, stop = (joints.gather(2, at[..., None].expand(-1, -1, -1, -1, joints.shape[4])) for at in (first, second))
    return torch.where(short[..., None], start + (stop - start) * share[..., None], joints)


def _shifted(values: Tensor, edge: Tensor, steps: int) -> Tensor:
    """(N, M, T, V) later by so many frames; `edge` (N, M, 1, V) comes in at the start."""
    return torch.cat([edge.expand(-1, -1, steps, -1), values], dim=2)[:, :, : values.shape[2]]


def _first_observed(points: Tensor) -> Tensor:
    """(N, C) of (N, T, C): those of the first frame without NaN; NaN where there is none."""
    complete = (~points.isnan().any(dim=2)).to(torch.int32)
    first = complete.argmax(dim=1)[:, None, None]
    return points.gather(1, first.expand(-1, -1, points.shape[2]))[:, 0]
