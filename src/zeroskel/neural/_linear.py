"""Products of activations with weights and convolutions over time, at the full speed of the CPU.

On AMD CPUs with AVX-512, MKL, which computes the matrix products of torch, uses half of the vector width; oneDNN, which
computes its convolutions, uses all of it (0.2 and 0.45 TFLOP/s on two cores). There a product is computed as a
convolution with a kernel of one pixel. On Intel CPUs both are equally fast.

A convolution with 9 taps over 13 frames multiplies each of the 13 frames with up to 9 matrices (C, C_out). In the
frequency domain the same result needs 25 such products. The last block of ST-GCN, which dominates the cost of the
network, runs this way; see benchmarks/parts/stgcn.py for what it gains.
"""

import math
from functools import cache, lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

LEAST_CHANNELS = 128  # of convolutions by frequencies; below, oneDNN's direct convolution is as fast


@cache
def convolutions_are_faster() -> bool:
    """Return whether convolutions of torch use AVX-512 on this machine while its matrix products do not."""
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    try:
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # not Linux
        return False


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x W^T + b (…, N) of x (…, K), W (N, K) and b (N,). Exported graphs have a plain product."""
    if not _as_convolution(x):
        return nn.functional.linear(x, weight, bias)
    rows = x.reshape(1, -1, 1, x.shape[-1]).permute(0, 3, 1, 2)
    return nn.functional.conv2d(rows, weight[:, :, None, None], bias).permute(0, 2, 3, 1).reshape(*x.shape[:-1], -1)


def products(x: Tensor, weights: Tensor) -> Tensor:
    """Return the products (P, R, N) of P matrices x (P, R, K) with P matrices (P, N, K) of weights, transposed."""
    if not _as_convolution(x):
        return torch.bmm(x, weights.transpose(1, 2))
    return torch.stack([linear(rows, weight) for rows, weight in zip(x, weights, strict=True)])


def _as_convolution(x: Tensor) -> bool:
    if torch.compiler.is_exporting() or x.device.type != "cpu" or x.dtype != torch.float32 or x.numel() == 0:
        return False
    return convolutions_are_faster()


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
    frequencies = 2 * math.pi * torch.arange(1, length // 2 + 1, dtype=torch.float64)[:, None] / length
    times, delays = frequencies * torch.arange(frames), frequencies * (torch.arange(kernel) - kernel // 2)
    real, imaginary = torch.cos(times), -torch.sin(times)
    analysis = torch.stack((real + imaginary, real, imaginary), dim=1).flatten(0, 1)
    synthesis = 2 / length * torch.stack((real + imaginary, imaginary, -real), dim=1).flatten(0, 1)
    real, imaginary = torch.cos(delays), torch.sin(delays)
    of_taps = torch.stack((real, imaginary - real, real + imaginary), dim=1).flatten(0, 1)
    analysis, of_taps = (torch.cat((torch.ones_like(part[:1]), part)) for part in (analysis, of_taps))
    return analysis, of_taps, nn.functional.pad(synthesis, (0, 0, 1, 0), value=1 / length).T.contiguous()
