"""Training by one process or by several, on one machine or many, through Accelerate.

`accelerate launch` (or torchrun) says by environment variables that there are several; without them nothing of this is
imported and there is one process.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core._optional import import_optional

if TYPE_CHECKING:  # torch takes seconds, and who asks for one process does not need it
    from torch import Tensor, nn
    from torch.optim import Optimizer

LAUNCHED = ("WORLD_SIZE", "ACCELERATE_MIXED_PRECISION")


class Alone:
    """One process: everything is its own."""

    index, count = 0, 1

    def prepare(self, model: "nn.Module", optimizer: "Optimizer") -> tuple["nn.Module", Any]:
        """The model and the optimizer to train with; weights stay those of the model given."""
        return model, optimizer

    def backward(self, loss: "Tensor") -> None:
        """Gradients of the loss, which is this process's part of the whole loss."""
        loss.backward()

    def sum(self, values: "Tensor") -> "Tensor":
        """Over all processes."""
        return values

    def wait(self) -> None:
        """Until all processes are here."""


class Several(Alone):
    """Processes that `accelerate launch` started, with the precision that it was given."""

    def __init__(self) -> None:
        self.accelerator = import_optional("accelerate", "Training in several processes").Accelerator()
        self.index, self.count = self.accelerator.process_index, self.accelerator.num_processes

    def prepare(self, model: "nn.Module", optimizer: "Optimizer") -> tuple["nn.Module", Any]:
        prepared = self.accelerator.prepare(model, optimizer)
        return prepared[0], prepared[1]

    def backward(self, loss: "Tensor") -> None:
        self.accelerator.backward(loss * self.count)  # gradients are averaged over processes

    def sum(self, values: "Tensor") -> "Tensor":
        total: Tensor = self.accelerator.reduce(values, reduction="sum")
        return total

    def wait(self) -> None:
        self.accelerator.wait_for_everyone()


@cache
def processes() -> Alone:
    """Those of this run."""
    return Several() if any(name in os.environ for name in LAUNCHED) else Alone()


@contextmanager
def first_process_first() -> Iterator[bool]:
    """The first process does what is inside while the others wait, then they do it too; True in the first."""
    group = processes()
    if group.index:
        group.wait()
    yield group.index == 0
    if not group.index:
        group.wait()


def share(rows: np.ndarray, group: Alone) -> np.ndarray:
    """Places of a batch's rows that this process takes."""
    return np.arange(len(rows))[group.index :: group.count]
