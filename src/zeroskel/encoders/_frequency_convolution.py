"""Convolution over time by way of frequencies, for layers with many channels on a CPU.

A convolution with 9 taps over 13 frames multiplies each of the 13 frames with up to 9 matrices (C, C_out). In the
frequency domain the same result needs 25 such products. The last block of ST-GCN, which dominates the cost of the
network, runs this way; see benchmarks/parts/stgcn.py for what it gains.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from zeroskel.neural._linear import products

LEAST_CHANNELS = 128  # below, oneDNN's direct convolution is as fast


def frequencies_are_faster(x: Tensor, taps: Tensor) -> bool:
    """Return whether `frequency_convolution` of x with taps (C_out, C, …) beats the direct convolution.

    It does on a CPU. Never in a graph that is exported, so that the graph does not depend on the exporting machine.
    """
    return x.device.type == "cpu" and min(taps.shape[:2]) >= LEAST_CHANNELS and not torch.compiler.is_exporting()


def frequency_convolution(x: Tensor, taps: Tensor, bias: Tensor, stride: int) -> Tensor:
    """Convolve over time, with zeros beyond both ends.

    The T frames are transformed to L = T + kernel // 2 (or one more) real frequencies: the smallest L for which the T
    middle values of the circular convolution equal those of the linear convolution. L is odd, so only frequency 0 is
    real. Each complex product Y = X H of a frequency takes three real products (Gauss):

        (X_re + X_im) H_re,   X_re (H_im - H_re),   X_im (H_re + H_im)

    Args:
        x: (T, R, C) with R rows that do not interact.
        taps: (C_out, C, kernel); the kernel is odd.
        bias: (C_out,).
        stride: Frames between outputs.

    Returns:
        (ceil(T / stride), R, C_out).
    """
    frames, rows, channels = x.shape
    analysis, of_taps, synthesis = (part.to(taps) for part in _transforms(frames, taps.shape[2]))
    weights = torch.einsum("pk,ock->poc", of_taps, taps)
    spectrum = (analysis @ x.reshape(frames, -1)).view(-1, rows, channels)
    return (synthesis[::stride] @ products(spectrum, weights).flatten(1)).view(-1, rows, len(bias)) + bias


@lru_cache(maxsize=32)
def _transforms(frames: int, kernel: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the linear maps around the P = 3 (L // 2) + 1 products, float64.

    Returns:
        (P, T) from frames to the left factors; (P, kernel) from taps to the right factors; (T, P) from the products to
        frames.
    """
    length = (frames + kernel // 2) | 1
    times = torch.arange(frames, dtype=torch.float64)
    delays = torch.arange(kernel, dtype=torch.float64) - kernel // 2
    analysis, of_taps = [torch.ones_like(times)], [torch.ones_like(delays)]
    synthesis = [torch.full_like(times, 1 / length)]
    for frequency in range(1, length // 2 + 1):
        angle = 2 * math.pi * frequency / length
        real, imaginary = torch.cos(angle * times), -torch.sin(angle * times)
        analysis += [real + imaginary, real, imaginary]
        synthesis += [2 / length * (real + imaginary), 2 / length * imaginary, -2 / length * real]
        real, imaginary = torch.cos(angle * delays), torch.sin(angle * delays)
        of_taps += [real, imaginary - real, real + imaginary]
    return torch.stack(analysis), torch.stack(of_taps), torch.stack(synthesis, dim=1)
