"""The two convolutions of ST-GCN, over the graph and over time, as matrix products on memory as it lies.

Activations are (T, B, V, C): frames, bodies, joints, channels, or the same memory seen as (T, B, V C) or (T, R, C); a
convolution over the graph also takes (B, T, V C).
Each function takes weights and gives the operation, which may be kept where weights are frozen; gradients reach them.

Which way is the cheapest depends on the processor: where it has AVX-512, convolutions are done by code that uses it,
and products of matrices often are not (half as fast on AMD); so there products are written as convolutions over one
place, and convolutions over time stay what they are unless they are wide.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight

AVX512 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
DENSE_WIDTH = 400  # joints times channels up to which one dense matrix mixes both
NARROW, MIDDLE, WIDE = 16, 64, 128  # channels from which on a convolution over time is cheaper by frequencies
ROWS_AT_ONCE = 640  # in products by frequencies with AVX-512, so that they stay near the processor

Operation = Callable[[Tensor], Tensor]


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """(R, K) and (K, N) -> (R, N), plus a bias (N,)."""
    if not _as_convolution(x):
        return x @ weight if bias is None else torch.addmm(bias, x, weight)
    return nn.functional.conv2d(_image(x), weight.T[:, :, None, None], bias).permute(0, 2, 3, 1).reshape(len(x), -1)


def products(x: Tensor, weights: Tensor) -> Tensor:
    """(P, R, K) and (P, N, K) -> (P, R, N)."""
    return _Products.apply(x, weights) if _as_convolution(x) else torch.bmm(x, weights.transpose(1, 2))


class _Products(torch.autograd.Function):
    """`product` for each of P."""

    @staticmethod
    def forward(context: Any, x: Tensor, weights: Tensor) -> Tensor:
        context.save_for_backward(x, weights)
        result = x.new_empty(*x.shape[:2], weights.shape[1])
        for place, own, weight in zip(result, x, weights, strict=True):
            place.copy_(product(own, weight.T))
        return result

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        x, weights = context.saved_tensors
        of_x, of_weights = torch.empty_like(x), torch.empty_like(weights)
        shape = (*weights.shape[1:], 1, 1)
        for row, own in enumerate(gradient.contiguous()):
            of_x[row] = product(own, weights[row])
            of_weights[row] = conv2d_weight(_image(x[row]), shape, _image(own))[:, :, 0, 0]
        return of_x, of_weights


def _image(x: Tensor) -> Tensor:
    """(R, C) as a picture of R places in one column, in the order of memory that it has."""
    return x.reshape(1, len(x), 1, -1).permute(0, 3, 1, 2)


def _as_convolution(x: Tensor) -> bool:
    if not AVX512 or torch.compiler.is_exporting():
        return False
    return x.device.type == "cpu" and x.dtype == torch.float32 and x.numel() > 0


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
            return product(x.reshape(-1, joints * c_in), dense, flat_bias).view(*x.shape[:2], -1)

        return by_one_matrix
    graph = adjacency.permute(2, 0, 1).reshape(joints * parts, joints)
    mix = weight.transpose(1, 2).reshape(parts * c_in, c_out)

    def by_two(x: Tensor) -> Tensor:
        frames = x.reshape(-1, joints, c_in)
        summed = torch.bmm(graph.expand(frames.shape[0], -1, -1), frames)
        mixed = product(summed.view(-1, parts * c_in), mix).view(*x.shape[:2], -1)
        return mixed + flat_bias if mixed.requires_grad else mixed.add_(flat_bias)

    return by_two


def by_frequencies(taps: Tensor, gradients: bool) -> bool:
    """Whether `spectral_convolution` with taps (C_out, C, kernel) is cheaper than the convolution as it stands.

    Never in a graph that is exported, which is for other processors.
    """
    if torch.compiler.is_exporting():
        return False
    least = WIDE if AVX512 and taps.device.type == "cpu" else NARROW if gradients else MIDDLE
    return min(taps.shape[:2]) >= least


def temporal_convolution(taps: Tensor, bias: Tensor, stride: int) -> Operation:
    """(T, R, C) -> (T / stride, R, C_out), zeros beyond the ends; for weights that are frozen.

    Args:
        taps: (C_out, C, kernel), kernel odd.
        bias: (C_out,).
        stride: frames between outputs.
    """
    if by_frequencies(taps, gradients=False):
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

    def convolve(x: Tensor) -> Tensor:
        t, _, c = x.shape
        if t not in plans:
            plans[t] = _plan(taps, t, stride)
        analysis, weights, synthesis = plans[t]
        parts = []
        for part in x.split(ROWS_AT_ONCE, dim=1) if _as_convolution(x) else (x,):
            spectrum = (analysis @ part.reshape(t, -1)).view(len(analysis), -1, c)
            found = synthesis @ products(spectrum, weights).view(len(spectrum), -1)
            parts.append(found.view(len(found), part.shape[1], -1))
        return torch.cat(parts, dim=1) + bias

    return convolve


def _plan(taps: Tensor, frames: int, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """Analysis (P, T), weights of the products (P, C_out, C), synthesis (T / stride, P)."""
    analysis, of_taps, synthesis = (x.to(taps) for x in _transforms(frames, taps.shape[-1]))
    return analysis, torch.einsum("pk,ock->poc", of_taps, taps).contiguous(), synthesis[::stride].contiguous()


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
