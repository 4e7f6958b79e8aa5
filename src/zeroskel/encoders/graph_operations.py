"""The two convolutions of ST-GCN, over the graph and over time, as matrix products on memory as it lies.

Activations are (T, B, V, C): frames, bodies, joints, channels, or the same memory seen as (T, B, V C) or (T, R, C).
Each function takes weights and gives the operation, which may be kept where weights are frozen; gradients reach them.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor, nn

DENSE_WIDTH = 400  # joints times channels up to which one dense matrix mixes both
SPECTRAL_CHANNELS = 16  # from which on a convolution over time is cheaper by frequencies, with its gradients

Operation = Callable[[Tensor], Tensor]


def graph_convolution(weight: Tensor, adjacency: Tensor, bias: Tensor) -> Operation:
    """(T, B, V C_in) -> (T, B, V C_out): sum_k W_k (x A_k) + b.

    With few channels one dense matrix mixes joints and channels; else neighbours are summed before channels are mixed.
    The published order (mix to K C_out channels, then sum) gives the same numbers and moves up to four times the
    memory.

    Args:
        weight: (K, C_out, C_in).
        adjacency: (K, V, V).
        bias: (V, C_out), already summed over neighbours.
    """
    parts, c_out, c_in = weight.shape
    joints = adjacency.shape[1]
    flat_bias = bias.reshape(-1)
    if joints * max(c_in, c_out) <= DENSE_WIDTH:
        dense = torch.einsum("kvw,koc->vcwo", adjacency, weight).reshape(joints * c_in, joints * c_out)

        def by_one_matrix(x: Tensor) -> Tensor:
            return torch.addmm(flat_bias, x.reshape(-1, joints * c_in), dense).view(*x.shape[:2], -1)

        return by_one_matrix
    graph = adjacency.transpose(1, 2).reshape(parts * joints, joints)
    mix = weight.transpose(1, 2).reshape(parts * c_in, c_out)

    def by_two(x: Tensor) -> Tensor:
        frames = x.reshape(-1, joints, c_in)
        summed = torch.bmm(graph.expand(len(frames), -1, -1), frames).view(len(frames), parts, joints, c_in)
        mixed = summed.transpose(1, 2).reshape(-1, parts * c_in) @ mix
        return mixed.view(*x.shape[:2], -1).add_(flat_bias)

    return by_two


def temporal_convolution(
    taps: Tensor, bias: Tensor, stride: int, spectral_channels: int = SPECTRAL_CHANNELS
) -> Operation:
    """(T, R, C) -> (T / stride, R, C_out), zeros beyond the ends.

    Args:
        taps: (C_out, C, kernel), kernel odd.
        bias: (C_out,).
        stride: frames between outputs.
        spectral_channels: from which on it is done by frequencies.
    """
    if min(taps.shape[:2]) >= spectral_channels:
        return spectral_convolution(taps, bias, stride)
    weight = taps[..., None].contiguous(memory_format=torch.channels_last)

    def direct(x: Tensor) -> Tensor:
        image = x.permute(2, 0, 1)[None]
        y = nn.functional.conv2d(image, weight, bias, stride=(stride, 1), padding=(taps.shape[-1] // 2, 0))
        return y[0].permute(1, 2, 0).contiguous()

    return direct


def spectral_convolution(taps: Tensor, bias: Tensor, stride: int) -> Operation:
    """`temporal_convolution` by frequencies.

    T frames are taken to L = T + kernel // 2 (or one more) real frequencies, which is as long as it must be for the T
    middle values of the circular convolution to be those of the plain one; each frequency is one matrix product, or
    three where it is complex (Gauss). For 9 taps and 13 frames these are 25 products of (R, C) with (C, C_out) where
    the plain convolution has 117.
    """
    plans: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def by_frequencies(x: Tensor) -> Tensor:
        t, r, c = x.shape
        if t not in plans:
            plans[t] = _plan(taps, t, stride)
        analysis, weights, synthesis = plans[t]
        spectrum = (analysis @ x.reshape(t, r * c)).view(-1, r, c)
        products = torch.bmm(spectrum, weights)
        return (synthesis @ products.view(len(products), -1)).view(-1, r, products.shape[-1]) + bias

    return by_frequencies


def _plan(taps: Tensor, frames: int, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """Analysis (P, T), weights of the products (P, C, C_out), synthesis (T / stride, P)."""
    analysis, of_taps, synthesis = (x.to(taps) for x in _transforms(frames, taps.shape[-1]))
    return analysis, torch.einsum("pk,ock->pco", of_taps, taps).contiguous(), synthesis[::stride].contiguous()


@lru_cache(maxsize=32)
def _transforms(frames: int, kernel: int) -> tuple[Tensor, Tensor, Tensor]:
    """(P, T) to the factors of the products, (P, kernel) to their weights, (T, P) from the products back; float64.

    With X = X_r + i X_i of a frequency and H of the taps, Y = X H is made of the three real products (X_r + X_i) H_r,
    X_r (H_i - H_r) and X_i (H_r + H_i). L is odd, so that only the zeroth frequency is real.
    """
    length = (frames + kernel // 2) | 1
    times = torch.arange(frames, dtype=torch.float64)
    places = torch.arange(kernel, dtype=torch.float64) - kernel // 2
    analysis, of_taps = [torch.ones_like(times)], [torch.ones_like(places)]
    synthesis = [torch.full_like(times, 1 / length)]
    for frequency in range(1, length // 2 + 1):
        angle = 2 * math.pi * frequency / length
        real, imaginary = torch.cos(angle * times), -torch.sin(angle * times)
        analysis += [real + imaginary, real, imaginary]
        synthesis += [2 / length * (real + imaginary), 2 / length * imaginary, -2 / length * real]
        real, imaginary = torch.cos(angle * places), torch.sin(angle * places)
        of_taps += [real, imaginary - real, real + imaginary]
    return torch.stack(analysis), torch.stack(of_taps), torch.stack(synthesis, dim=1)
