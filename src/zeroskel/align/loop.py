"""The one training loop of all methods that are trained by steps."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

Step = Callable[[Tensor, int], dict[str, Tensor]]


@dataclass
class History:
    """What a training run went through.

    Attributes:
        epochs: a dict an epoch: "epoch" (1-based), "learning_rate", and the mean of each of the step's terms.
        step_losses: the loss of every step.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)


def warmup_cosine(epoch: int, epochs: int, warmup_epochs: int) -> float:
    """Share of the base rate in an epoch (0-based): linear from 0 over the warm-up, then a half cosine down to 0."""
    if epoch < warmup_epochs:
        return epoch / warmup_epochs
    return 0.5 * (1.0 + math.cos(math.pi * (epoch - warmup_epochs) / max(1, epochs - warmup_epochs)))


@contextmanager
def seeded(seed: int) -> Iterator[torch.Generator]:
    """Initial weights drawn inside come from `seed`; the world's generator is left as it was. Yields one for draws."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)


def batches(count: int, batch_size: int, generator: torch.Generator | None) -> Iterator[Tensor]:
    """Index batches of an epoch, shuffled when there is a generator; the last one may be smaller."""
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    yield from order.split(batch_size)


def train(
    parameters: list[torch.nn.Parameter],
    step: Step,
    *,
    count: int,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    schedule: Callable[[int], float],
    generator: torch.Generator | None,
    on_epoch: Callable[[int], None] | None = None,
) -> History:
    """Adam on `step`'s loss.

    Args:
        parameters: what is trained.
        step: (indices of a batch, 0-based epoch) -> named scalars; "loss" is minimised, all are recorded.
        count: N training samples.
        schedule: 0-based epoch -> share of the learning rate.
        generator: shuffles; None keeps the order.
        on_epoch: called with the 1-based number of each finished epoch.

    Returns:
        The history, means over the batches of each epoch.
    """
    optimizer = torch.optim.Adam(parameters, lr=learning_rate)
    history = History()
    for epoch in range(epochs):
        rate = learning_rate * schedule(epoch)
        for group in optimizer.param_groups:
            group["lr"] = rate
        records: list[dict[str, float]] = []
        for batch in batches(count, batch_size, generator):
            terms = step(batch, epoch)
            optimizer.zero_grad()
            terms["loss"].backward()
            optimizer.step()
            records.append({name: float(value.detach()) for name, value in terms.items()})
        means = {name: float(np.mean([record[name] for record in records])) for name in records[0]}
        history.epochs.append({"epoch": epoch + 1, "learning_rate": rate, **means})
        history.step_losses.extend(record["loss"] for record in records)
        if on_epoch is not None:
            on_epoch(epoch + 1)
    return history
