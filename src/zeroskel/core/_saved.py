"""What a fitted model keeps on disk: config.json and weights.safetensors, never pickle."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zeroskel.core._files import atomic_folder, read_json_object
from zeroskel.core.errors import InputError, MissingFileError

CONFIG = "config.json"
WEIGHTS = "weights.safetensors"
WHERE = "device"  # an option that says where a model runs, not what it is: not kept
LARGE = 10_000  # numbers in an array, from which on `halve` rounds it


def save_model(folder: str | PathLike[str], config: dict[str, Any], state: Mapping[str, np.ndarray]) -> None:
    """Write a model's configuration and arrays; a folder that was there is replaced in one step.

    The option "device" is left out, so that what one machine trained on its GPU opens on any other.
    """
    config = {**config, "options": {name: value for name, value in config["options"].items() if name != WHERE}}
    with atomic_folder(Path(folder)) as temporary:
        (temporary / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
        save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, temporary / WEIGHTS)


def halve(folder: str | PathLike[str]) -> None:
    """Round the large arrays of a saved model to float16, which halves it: three decimal digits are kept.

    Raises InputError where a number is too large for float16.
    """
    config, state = load_model(folder)
    large = [name for name, value in state.items() if value.dtype == np.float32 and value.size >= LARGE]
    for name in large:
        if np.abs(state[name]).max() > np.finfo(np.float16).max:
            raise InputError(f"{folder}: {name} has numbers too large for float16; keep the model as it is")
    rounded = {name: value.astype(np.float16) if name in large else value for name, value in state.items()}
    save_model(folder, config, rounded)


def load_model(folder: str | PathLike[str], device: str | None = None) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `save_model` wrote, float16 as float32: configuration, arrays.

    Args:
        folder: its place.
        device: the option of that name, for a model that has it; None for the processor.

    Raises:
        MissingFileError, InputError: for what is not there or something else.
    """
    path = Path(folder)
    config = read_json_object(path / CONFIG, "the configuration of a saved model")
    if not isinstance(config.get("options"), dict):
        raise InputError(f"{path / CONFIG}: no options; expected the configuration of a saved model")
    config["options"] = {k: tuple(v) if isinstance(v, list) else v for k, v in config["options"].items()}
    config["options"].pop(WHERE, None)
    if device is not None:
        config["options"][WHERE] = device
    if not (path / WEIGHTS).is_file():
        raise MissingFileError(f"{path / WEIGHTS}: not there; expected what `save` wrote")
    try:
        arrays = load_file(path / WEIGHTS)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path / WEIGHTS}: not a safetensors file ({error})") from error
    return config, {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in arrays.items()}
