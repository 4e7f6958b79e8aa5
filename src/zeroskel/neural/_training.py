"""The training loop of everything that is trained by gradient steps, and its checkpoints.

A checkpoint is one safetensors file, from which training resumes with the same numbers. `accelerate` writes checkpoints
as well, but it is an optional package, and it loads registered objects (here the generator, the history and the best
weights) with `weights_only=False`: such a file can execute code.
"""

import copy
import json
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.core._saved import with_prefix, without_prefix

Generator = np.random.Generator | torch.Generator
Batch = TypeVar("Batch")
Step = Callable[[nn.Module, Batch, int], dict[str, Tensor]]
RecordCallback = Callable[[dict[str, float]], None]


@dataclass
class History:
    """Record of a training run.

    Attributes:
        epochs: One record per epoch: "epoch" (1-based), "learning_rate", and the mean over the batches of each term of
            the step.
        step_losses: The loss of every step.
        best: Value, 1-based epoch and weights of the best epoch so far; None unless `train` was asked for it.
    """

    epochs: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)
    best: tuple[float, int, dict[str, Any]] | None = None


def warmup_cosine(epoch: int, epochs: int, warmup_epochs: int = 0) -> float:
    """Return the share of the base learning rate in a 0-based epoch.

    The share rises linearly from 0 over the warm-up epochs, then falls to 0 along half a cosine.
    """
    if epoch < warmup_epochs:
        return epoch / warmup_epochs
    return 0.5 * (1.0 + math.cos(math.pi * (epoch - warmup_epochs) / max(1, epochs - warmup_epochs)))


def index_batches(count: int, batch_size: int, generator: torch.Generator | None) -> Iterator[Tensor]:
    """Yield the index batches of one epoch over `count` samples, shuffled unless the generator is None."""
    order = torch.arange(count) if generator is None else torch.randperm(count, generator=generator)
    yield from order.split(batch_size)


def train(
    model: nn.Module,
    step: Step[Batch],
    batches: Callable[[], Iterable[Batch]],
    *,
    epochs: int,
    learning_rate: float,
    schedule: Callable[[int], float],
    on_epoch: RecordCallback | None = None,
    best_by: str | None = None,
    checkpoint: Path | None = None,
    generator: Generator | None = None,
    accelerator: Any = None,
) -> History:
    """Minimise the loss of a step with Adam, in place.

    Args:
        model: The module whose parameters are trained. It is in training mode at the start of each epoch.
        step: Called with the model (wrapped by the accelerator, if there is one), a batch and the 0-based epoch;
            returns named scalars. "loss" is minimised and all of them are recorded. With several processes each returns
            its part of the scalars, whose sum over the processes counts.
        batches: Called at the start of each epoch; returns the index batches of that epoch.
        epochs: Number of epochs to train.
        learning_rate: Base rate of Adam.
        schedule: Returns the share of the base rate in a 0-based epoch.
        on_epoch: Called with the record of each finished epoch; it may add entries to the record.
        best_by: Entry of the record whose largest value selects the weights that `History.best` keeps.
        checkpoint: File that is written after each epoch but the last. Training resumes from it if it exists.
        generator: The generator that the step and the batches draw from; its state is part of the checkpoint.
        accelerator: An `accelerate.Accelerator` that distributes the training; None trains in this process alone.

    Returns:
        The history, including the epochs before a resumed checkpoint.

    Raises:
        InputError: The checkpoint is damaged or belongs to another network.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    history = History()
    if checkpoint is not None and checkpoint.is_file():
        history = History(**_restore_checkpoint(checkpoint, model, optimizer, generator))
    trained, stepper = (model, optimizer) if accelerator is None else accelerator.prepare(model, optimizer)
    for epoch in range(len(history.epochs), epochs):
        rate = learning_rate * schedule(epoch)
        for group in stepper.param_groups:
            group["lr"] = rate
        trained.train()
        records: list[dict[str, float]] = []
        for batch in batches():
            terms = step(trained, batch, epoch)
            stepper.zero_grad()
            if accelerator is None:
                terms["loss"].backward()
            else:
                accelerator.backward(terms["loss"] * accelerator.num_processes)  # gradients are averaged over processes
                terms = {name: accelerator.reduce(value.detach(), "sum") for name, value in terms.items()}
            stepper.step()
            records.append({name: float(value.detach()) for name, value in terms.items()})
        means = {name: float(np.mean([record[name] for record in records])) for name in records[0]}
        epoch_record = {"epoch": epoch + 1, "learning_rate": rate, **means}
        history.epochs.append(epoch_record)
        history.step_losses.extend(record["loss"] for record in records)
        if on_epoch is not None:
            on_epoch(epoch_record)
        if best_by is not None and (history.best is None or epoch_record[best_by] > history.best[0]):
            history.best = epoch_record[best_by], epoch + 1, copy.deepcopy(model.state_dict())
        is_main = accelerator is None or accelerator.is_main_process
        if checkpoint is not None and is_main and epoch + 1 < epochs:
            _save_checkpoint(checkpoint, model, optimizer, generator, vars(history))
    return history


@contextmanager
def seeded(seed: int) -> Iterator[torch.Generator]:
    """Seed the global generator of torch inside the context, and yield a second generator for explicit draws.

    Initial weights that are drawn inside come from the seed. The global random state is restored afterwards.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)


def _save_checkpoint(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: Generator | None, history: dict[str, Any]
) -> None:
    """Write everything that the next epoch depends on; an existing file is replaced in one step.

    The training draws from the generator, in addition to the global one of torch.
    """
    state, best = optimizer.state_dict(), history["best"]
    tensors = with_prefix("model.", model.state_dict()) | {"random.torch": torch.get_rng_state()}
    for row, entries in state["state"].items():
        tensors |= with_prefix(f"optimizer.{row}.", entries)
    facts = {**history, "best": best and best[:2], "groups": state["param_groups"]}
    if best is not None:
        tensors |= with_prefix("best.", best[2])
    if isinstance(generator, torch.Generator):
        tensors["random.generator"] = generator.get_state()
    elif generator is not None:
        facts["generator"] = generator.bit_generator.state
    with atomic_path(file) as temporary:
        copies = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        save_file(copies, temporary, {"facts": json.dumps(facts)})


def _restore_checkpoint(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: Generator | None
) -> dict[str, Any]:
    """Load what `_save_checkpoint` wrote into everything but the history, and return the attributes of that."""
    try:
        with safe_open(file, "pt") as opened:
            facts = json.loads(opened.metadata()["facts"])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
        model.load_state_dict(without_prefix("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in without_prefix("optimizer.", tensors).items():
            row, _, entry = name.partition(".")
            state.setdefault(int(row), {})[entry] = value
        optimizer.load_state_dict({"state": state, "param_groups": facts["groups"]})
        if isinstance(generator, torch.Generator):
            generator.set_state(tensors["random.generator"])
        elif generator is not None:
            generator.bit_generator.state = facts["generator"]
        torch.set_rng_state(tensors["random.torch"])
        best = facts["best"] and (*facts["best"], without_prefix("best.", tensors))
        return {"epochs": facts["epochs"], "step_losses": facts["step_losses"], "best": best}
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise InputError(
            f"{file}: not a checkpoint of this training ({reason}); remove the file to train from the start"
        ) from error
