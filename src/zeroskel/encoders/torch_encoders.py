"""Fitted encoders as torch modules that an ONNX graph can be made of."""

import torch
from torch import Tensor, nn

from zeroskel.core import get_layout
from zeroskel.encoders.base import SkeletonEncoder
from zeroskel.encoders.biomechanics import Biomechanics
from zeroskel.encoders.kinematic import Kinematic
from zeroskel.encoders.torch_measures import (
    at_moments,
    body_measures,
    deviation,
    length,
    low_frequencies,
    relation_measures,
)


def torch_encoder(encoder: SkeletonEncoder) -> nn.Module:
    """A module (N, C, T, V, M) float32 -> (N, D) that equals the fitted encoder's `encode` for T of 3 frames or more.

    T is fixed when a graph is made of the module; the number of bodies is that of training.

    Raises:
        InputError: an encoder without such a module.
    """
    if isinstance(encoder, Biomechanics):
        return BiomechanicsGraph(encoder)
    if isinstance(encoder, Kinematic):
        return KinematicGraph(encoder)
    return encoder.to_torch()


class BiomechanicsGraph(nn.Module):
    """`Biomechanics`."""

    mean: Tensor
    weight: Tensor
    limit: Tensor
    centre: Tensor
    components: Tensor

    def __init__(self, encoder: Biomechanics) -> None:
        super().__init__()
        self.layout, self.moments, self.frequencies = get_layout(encoder.layout), encoder.moments, encoder.frequencies
        for name, value in encoder._state().items():
            self.register_buffer(name, torch.tensor(value))

    def forward(self, batch: Tensor) -> Tensor:
        values = torch.cat([*self.measures(batch).values()], dim=1)
        scaled = ((values - self.mean) * self.weight).clamp(-self.limit, self.limit)
        return (scaled - self.centre) @ self.components.T

    def measures(self, batch: Tensor) -> dict[str, Tensor]:
        """Group -> (N, …) numbers of all bodies."""
        bodies = batch.shape[4]
        joints = batch.permute(0, 4, 2, 3, 1)  # N, M, T, V, C
        present = (joints.abs().amax(dim=(2, 3, 4)) > 0).to(batch.dtype)
        each = joints.reshape(-1, *joints.shape[2:])
        measured = body_measures(each, self.layout, moments=self.moments, frequencies=self.frequencies)
        groups = {
            name: (group * present.reshape(-1, 1)).reshape(-1, bodies * group.shape[1])
            for name, group in measured.items()
        }
        if bodies == 2:
            groups["relation"] = relation_measures(joints, self.layout) * present.amin(dim=1, keepdim=True)
        return groups


class KinematicGraph(nn.Module):
    """`Kinematic`."""

    mean: Tensor
    scale: Tensor
    components: Tensor

    def __init__(self, encoder: Kinematic) -> None:
        super().__init__()
        self.layout, self.moments, self.frequencies = get_layout(encoder.layout), encoder.moments, encoder.frequencies
        for name, value in encoder._state().items():
            self.register_buffer(name, torch.tensor(value))

    def forward(self, batch: Tensor) -> Tensor:
        bodies = batch.shape[4]
        joints = batch.permute(0, 4, 2, 3, 1)  # N, M, T, V, C
        each = joints.reshape(-1, *joints.shape[2:])
        path = each[:, :, self.layout.indices(self.layout.pelvis)].mean(dim=2)
        relative = each - path[:, :, None]
        groups = [
            at_moments(relative, self.moments),
            deviation(relative),
            low_frequencies(relative, self.frequencies),
            length(relative[:, 1:] - relative[:, :-1]).mean(dim=1),
            at_moments(path, self.moments),
        ]
        flat = [group.flatten(start_dim=1) for group in groups]
        values = torch.cat([group.reshape(-1, bodies * group.shape[1]) for group in flat], dim=1)
        return (values - self.mean) / self.scale @ self.components.T
