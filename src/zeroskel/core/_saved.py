"""Fitted models on disk: config.json and weights.safetensors, never pickle."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zeroskel.core._files import atomic_folder, read_json_object
from zeroskel.core.errors import InputError, MissingFileError

CONFIG = "config.json"
WEIGHTS = "weights.safetensors"
DEVICE = "device"  # not saved: the option says where a model runs, not what it is
LARGE = 10_000  # smallest number of entries of an array that `halve` rounds


Value = TypeVar("Value")


def save_model(folder: str | PathLike[str], config: dict[str, Any], state: Mapping[str, np.ndarray]) -> None:
    """Write a model's configuration and arrays; an existing folder is replaced in one step.

    The configuration has the constructor's arguments under "options". The option "device" is not saved, so a model that
    was trained on a GPU loads on any device.
    """
    config = {**config, "options": {name: value for name, value in config["options"].items() if name != DEVICE}}
    with atomic_folder(Path(folder)) as temporary:
        (temporary / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
        save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, temporary / WEIGHTS)


def halve(folder: str | PathLike[str]) -> None:
    """Round the large arrays of a saved model to float16: half the size, three decimal digits remain.

    Args:
        folder: folder that `save_model` wrote; replaced in one step.

    Raises:
        InputError: a number is too large for float16.
    """
    config, state = load_model(folder)
    large = [name for name, value in state.items() if value.dtype == np.float32 and value.size >= LARGE]
    for name in large:
        if np.abs(state[name]).max() > np.finfo(np.float16).max:
            raise InputError(f"{folder}: {name} has numbers too large for float16; keep the model as it is")
    rounded = {name: value.astype(np.float16) if name in large else value for name, value in state.items()}
    save_model(folder, config, rounded)


def load_model(folder: str | PathLike[str], device: str | None = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the configuration and the arrays of a model that `save_model` wrote; float16 arrays become float32.

    Args:
        folder: folder of the model.
        device: value of the option "device" of models that have it. None selects the CPU.

    Raises:
        MissingFileError: a file of the model does not exist.
        InputError: a file of the model has another content.
    """
    path = Path(folder)
    config = read_json_object(path / CONFIG, "the configuration of a saved model")
    if not isinstance(config.get("options"), dict):
        raise InputError(f"{path / CONFIG}: no options; expected the configuration of a saved model")
    config["options"] = {k: tuple(v) if isinstance(v, list) else v for k, v in config["options"].items()}
    config["options"].pop(DEVICE, None)
    if device is not None:
        config["options"][DEVICE] = device
    if not (path / WEIGHTS).is_file():
        raise MissingFileError(f"{path / WEIGHTS}: no such file; expected the weights of a saved model")
    try:
        arrays = load_file(path / WEIGHTS)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path / WEIGHTS}: not a safetensors file ({error})") from error
    return config, {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in arrays.items()}


def with_prefix(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values with the prefix before each name."""
    return {prefix + name: value for name, value in values.items()}


def without_prefix(prefix: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values whose names begin with the prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
