"""The training loop of everything that is trained by gradient steps, and its checkpoints.

A checkpoint is one safetensors file, from which training resumes with the same numbers. `accelerate` writes checkpoints
as well, but it is an optional package, and it loads registered objects (here the generator, the history and the best
weights) with `weights_only=False`: such a file can execute code.
"""

import copy
import json
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
from zeroskel.neural import _cuda_graphs

Generator = np.random.Generator | torch.Generator
Step = Callable[..., dict[str, Tensor]]
Inputs = Callable[[int], Iterable[tuple[Tensor, ...]]]
Prepared = TypeVar("Prepared")
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
    step: Step,
    inputs: Inputs,
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

    The terms of the loss stay on the device until the end of an epoch. On a GPU one process repeats the steps as CUDA
    graphs: see `GraphedUpdate`.

    Args:
        model: The module whose parameters are trained. It is in training mode at the start of each epoch.
        step: Called with the model (wrapped by the accelerator, if there is one) and the inputs of the step; returns
            named scalars. "loss" is minimised and all of them are recorded. With several processes each returns its
            part of the scalars, whose sum over the processes counts. All that changes from step to step is an input.
        inputs: Called with the 0-based epoch at its start; returns the inputs of its steps, tensors that are on the
            device of the model if that is a GPU.
        epochs: Number of epochs to train.
        learning_rate: Base rate of Adam.
        schedule: Returns the share of the base rate in a 0-based epoch.
        on_epoch: Called with the record of each finished epoch; it may add entries to the record.
        best_by: Entry of the record whose largest value selects the weights that `History.best` keeps.
        checkpoint: File that is written after each epoch but the last. Training resumes from it if it exists.
        generator: The generator that the step and the inputs draw from; its state is part of the checkpoint.
        accelerator: An `accelerate.Accelerator` that distributes the training; None trains in this process alone.

    Returns:
        The history, including the epochs before a resumed checkpoint.

    Raises:
        InputError: The checkpoint is damaged or belongs to another network.
    """
    device = next(model.parameters()).device
    is_graphed = _cuda_graphs.is_gpu(device) and (accelerator is None or accelerator.num_processes == 1)
    optimizer = _adam(model, learning_rate, device if is_graphed else None)
    history = History()
    if checkpoint is not None and checkpoint.is_file():
        history = History(**_restore_checkpoint(checkpoint, model, optimizer, generator))
    trained, stepper = (model, optimizer) if accelerator is None else accelerator.prepare(model, optimizer)
    names: list[str] = []
    update = _update(trained, step, stepper, accelerator, names)
    run = _cuda_graphs.GraphedUpdate(update, device) if is_graphed else update
    for epoch in range(len(history.epochs), epochs):
        rate = learning_rate * schedule(epoch)
        _set_rate(stepper, rate)
        _seed_device(device)
        trained.train()
        values = torch.stack([run(*of_step) for of_step in inputs(epoch)]).double().cpu().numpy().T.copy()
        terms = dict(zip(names, values, strict=True))
        means = {name: float(np.mean(of_steps)) for name, of_steps in terms.items()}
        epoch_record = {"epoch": epoch + 1, "learning_rate": rate, **means}
        history.epochs.append(epoch_record)
        history.step_losses.extend(terms["loss"].tolist())
        if on_epoch is not None:
            on_epoch(epoch_record)
        if best_by is not None and (history.best is None or epoch_record[best_by] > history.best[0]):
            history.best = epoch_record[best_by], epoch + 1, copy.deepcopy(model.state_dict())
        is_main = accelerator is None or accelerator.is_main_process
        if checkpoint is not None and is_main and epoch + 1 < epochs:
            _save_checkpoint(checkpoint, model, optimizer, generator, vars(history))
    return history


def _update(
    trained: nn.Module, step: Step, stepper: torch.optim.Optimizer, accelerator: Any, names: list[str]
) -> Callable[..., Tensor]:
    """Return a function that trains one step and returns the values of its terms; it writes their names to a list."""

    def update(*values: Tensor) -> Tensor:
        terms = step(trained, *values)
        stepper.zero_grad()
        if accelerator is None:
            terms["loss"].backward()
        else:
            accelerator.backward(terms["loss"] * accelerator.num_processes)  # gradients are averaged over processes
            terms = {name: accelerator.reduce(value.detach(), "sum") for name, value in terms.items()}
        stepper.step()
        names[:] = terms
        return torch.stack([value.detach() for value in terms.values()])

    return update


def one_ahead(prepare: Callable[[int], Prepared]) -> Callable[[int], Prepared]:
    """Return a function of the epoch that equals `prepare` and prepares the next epoch in a thread meanwhile.

    The epochs are prepared in order, one at a time.
    """
    pool = ThreadPoolExecutor(1)
    ready: dict[int, Future[Prepared]] = {}

    def prepared(epoch: int) -> Prepared:
        current = ready.pop(epoch, None) or pool.submit(prepare, epoch)
        ready[epoch + 1] = pool.submit(prepare, epoch + 1)
        return current.result()

    return prepared


def _adam(model: nn.Module, learning_rate: float, graph_device: torch.device | None) -> torch.optim.Adam:
    """Return Adam; for a graph, its rate and its counters are on the device and its step is one kernel."""
    if graph_device is None:
        return torch.optim.Adam(model.parameters(), lr=learning_rate)
    rate = torch.tensor(learning_rate, device=graph_device)
    return torch.optim.Adam(model.parameters(), lr=rate, fused=True, capturable=True)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _seed_device(device: torch.device) -> None:
    """Seed a GPU from the generator of the CPU, whose state is in the checkpoint."""
    if device.type == "cuda":
        torch.cuda.default_generators[device.index].manual_seed(int(torch.randint(2**62, ())))


@contextmanager
def seeded(seed: int) -> Iterator[torch.Generator]:
    """Seed the global generator of torch inside the context, and yield a second generator for explicit draws.

    Initial weights that are drawn inside come from the seed. The global random state is restored afterwards.
    """
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=devices):
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
    facts = {**history, "best": best and best[:2]}
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
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
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
