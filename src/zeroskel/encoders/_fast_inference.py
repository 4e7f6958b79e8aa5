"""Fast inference with STGCN: the features of the plain module, in less time."""

import numpy as np
import torch
from torch import Tensor

from zeroskel.encoders.stgcn import STGCN

BODIES_AT_ONCE = {"cpu": 32, "cuda": 2048}  # activations of 32 bodies stay in the cache of a CPU core


@torch.inference_mode()
def fast_inference(network: STGCN, batch: Tensor | np.ndarray) -> Tensor:
    """Return the features of a batch; they equal `network(batch)` up to rounding.

    Two things save time:

    - A few bodies at a time pass through all blocks, so that a layer reads from the cache what the last one wrote.
    - Absent bodies (0 throughout, as pre-processing fills them) share one feature, which is computed once.

    Args:
        network: The network in evaluation mode.
        batch: (N, C, T, V, M).

    Returns:
        Features (N, D) on the device of the network.

    Raises:
        InputError: The batch has other axes.
    """
    x = network.as_batch(batch)
    bodies = x.permute(0, 4, 1, 2, 3).flatten(0, 1).unsqueeze(4)  # (N M, C, T, V, 1)
    is_present = bodies.flatten(1).any(dim=1)
    features = x.new_empty(len(bodies), network.embed_dim)
    if not is_present.all():
        features[~is_present] = network(torch.zeros_like(bodies[:1]))
    if is_present.any():
        parts = bodies[is_present].split(BODIES_AT_ONCE.get(x.device.type, len(bodies)))
        features[is_present] = torch.cat([network(part) for part in parts])
    return features.unflatten(0, (len(x), x.shape[4])).mean(dim=1)
