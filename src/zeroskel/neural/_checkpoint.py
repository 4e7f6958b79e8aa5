"""Checkpoints of a training run: one safetensors file, from which training resumes with the same numbers.

`accelerate` writes checkpoints as well, but it is an optional package, and it loads registered objects (here the
generator, the history and the best weights) with `weights_only=False`: such a file can execute code.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.neural._tensors import with_prefix, without_prefix

Generator = np.random.Generator | torch.Generator


def save_checkpoint(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: Generator | None, history: dict[str, Any]
) -> None:
    """Write everything that the next epoch depends on.

    Args:
        file: The checkpoint; an existing one is replaced in one step.
        model: The trained module.
        optimizer: Its optimizer.
        generator: The generator that the training draws from, in addition to the global one of torch.
        history: Attributes of the `History` so far.
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


def restore_checkpoint(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, generator: Generator | None
) -> dict[str, Any]:
    """Load what `save_checkpoint` wrote into the model, the optimizer, the generator and the global state of torch.

    Returns:
        The attributes of the `History`.

    Raises:
        InputError: The file is damaged or belongs to another network.
    """
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
