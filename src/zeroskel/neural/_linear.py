"""Products of activations with weights, at the full speed of the CPU.

On AMD CPUs with AVX-512, MKL, which computes the matrix products of torch, uses half of the vector width; oneDNN, which
computes its convolutions, uses all of it (0.2 and 0.45 TFLOP/s on two cores). There a product is computed as a
convolution with a kernel of one pixel. On Intel CPUs both are equally fast.
"""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn


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
    """Return x W^T + b over the last axis.

    Args:
        x: (…, K).
        weight: W, (N, K).
        bias: b, (N,); None for 0.

    Returns:
        (…, N). Exported graphs have a plain product.
    """
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
