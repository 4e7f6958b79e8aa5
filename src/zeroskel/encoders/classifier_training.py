"""The training of a network as a classifier, by one process or several, going on where it was interrupted."""

import copy
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.encoders.augment import augment
from zeroskel.encoders.base import BatchSource, OnEpoch
from zeroskel.encoders.processes import processes, share

logger = logging.getLogger(__name__)


@dataclass
class Run:
    """What a training has gone through.

    Attributes:
        history: a dict an epoch: "epoch", "loss", "accuracy" on the training batches, "withheld_accuracy".
        best: withheld accuracy, epoch and weights of the best epoch so far; None where none is looked for.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best: tuple[float, int, dict[str, Any]] | None = None


def train_classifier(
    model: nn.Module,
    batches: BatchSource,
    labels: Tensor,
    rows: np.ndarray,
    rng: np.random.Generator,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    augmented: bool,
    withheld_accuracy: Callable[[], float] | None = None,
    checkpoint: Path | None = None,
    on_epoch: OnEpoch | None = None,
) -> Run:
    """Cross-entropy, Adam, half a cosine to 0; in place.

    With several processes each takes its share of every batch; statistics of batch norms, the loss and the gradients
    are those of the whole batch, so that the number of processes changes nothing but rounding.

    Args:
        model: gives logits.
        batches: (N, C, T, V, M).
        labels: (N,).
        rows: which of them train.
        rng: of orders and changes.
        augmented: turn, scale, crop and jitter the batches.
        withheld_accuracy: asked after each epoch; the weights of the best one are kept besides.
        checkpoint: file that is written after each epoch and gone on from.
        on_epoch: called with (epochs done, epochs in all).
    """
    group = processes()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    run = Run()
    if checkpoint is not None and checkpoint.is_file():
        run = _go_on(checkpoint, model, optimizer, schedule, rng)
        logger.info("%s: going on after epoch %d of %d", checkpoint, len(run.history), epochs)
    trained, stepper = group.prepare(model, optimizer)
    device = next(model.parameters()).device
    for epoch in range(len(run.history) + 1, epochs + 1):
        trained.train()
        losses, right = [], torch.zeros(1, device=device)
        order = rng.permutation(rows)
        for chosen in np.array_split(order, max(1, round(len(order) / batch_size))):
            batch = np.asarray(batches[chosen])
            batch = augment(batch, rng) if augmented else batch
            own = share(chosen, group)
            logits = trained(torch.from_numpy(np.ascontiguousarray(batch[own])).to(device))
            target = labels[chosen[own]].to(device)
            loss = nn.functional.cross_entropy(logits, target, reduction="sum") / len(chosen)
            stepper.zero_grad()
            group.backward(loss)
            stepper.step()
            losses.append(float(group.sum(loss.detach())))
            right += (logits.argmax(dim=1) == target).sum()
        schedule.step()
        record = {
            "epoch": epoch,
            "loss": float(np.mean(losses)),
            "accuracy": float(group.sum(right)) / len(order),
        }
        if withheld_accuracy is not None:
            record["withheld_accuracy"] = withheld_accuracy()
            if run.best is None or record["withheld_accuracy"] > run.best[0]:
                run.best = record["withheld_accuracy"], epoch, copy.deepcopy(model.state_dict())
        run.history.append(record)
        logger.info("pre-training epoch %d of %d: %s", epoch, epochs, record)
        if checkpoint is not None and group.index == 0 and epoch < epochs:
            _keep(checkpoint, run, model, optimizer, schedule, rng)
        if on_epoch is not None:
            on_epoch(epoch, epochs)
    return run


def _keep(
    file: Path,
    run: Run,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    rng: np.random.Generator,
) -> None:
    """Everything that the next epoch depends on, as tensors and JSON."""
    state = optimizer.state_dict()
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"adam.{row}.{name}": v for row, own in state["state"].items() for name, v in own.items()}
    tensors["generator"] = torch.get_rng_state()
    facts: dict[str, Any] = {
        "history": run.history,
        "best": None,
        "groups": state["param_groups"],
        "schedule": schedule.state_dict(),
        "numpy": rng.bit_generator.state,
    }
    if run.best is not None:
        facts["best"] = run.best[:2]
        tensors |= {f"best.{name}": value for name, value in run.best[2].items()}
    with atomic_path(file) as temporary:
        own = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
        save_file(own, temporary, {"facts": json.dumps(facts)})


def _go_on(
    file: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    rng: np.random.Generator,
) -> Run:
    """What `_keep` wrote, put in place. Raises InputError for a file that is none, or of another network."""
    try:
        with safe_open(file, "pt") as opened:
            facts = json.loads(opened.metadata()["facts"])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
        model.load_state_dict(_under("model.", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("adam.", tensors).items():
            row, _, what = name.partition(".")
            state.setdefault(int(row), {})[what] = value
        optimizer.load_state_dict({"state": state, "param_groups": facts["groups"]})
        schedule.load_state_dict(facts["schedule"])
        rng.bit_generator.state = facts["numpy"]
        torch.set_rng_state(tensors["generator"])
        best = None if facts["best"] is None else (*facts["best"], _under("best.", tensors))
        return Run(facts["history"], best)
    except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{file}: no checkpoint of this training ({told}); remove it to train from the start"
        ) from error


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
