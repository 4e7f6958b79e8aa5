"""What a fitted model keeps on disk: config.json and weights.safetensors, never pickle."""

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zeroskel.core.errors import InputError, MissingFileError
from zeroskel.core.files import atomic_folder, read_json_object

CONFIG = "config.json"
WEIGHTS = "weights.safetensors"


def save_model(folder: str | PathLike[str], config: dict[str, Any], state: Mapping[str, np.ndarray]) -> None:
    """Write a model's configuration and arrays; a folder that was there is replaced in one step."""
    with atomic_folder(Path(folder)) as temporary:
        (temporary / CONFIG).write_text(json.dumps(config, indent=1), encoding="utf-8")
        save_file({name: np.ascontiguousarray(value) for name, value in state.items()}, temporary / WEIGHTS)


def load_model(folder: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The configuration and arrays that `save_model` wrote. Raises MissingFileError or InputError."""
    path = Path(folder)
    config = read_json_object(path / CONFIG, "the configuration of a saved model")
    if not isinstance(config.get("options"), dict):
        raise InputError(f"{path / CONFIG}: no options; expected the configuration of a saved model")
    config["options"] = {k: tuple(v) if isinstance(v, list) else v for k, v in config["options"].items()}
    if not (path / WEIGHTS).is_file():
        raise MissingFileError(f"{path / WEIGHTS}: not there; expected what `save` wrote")
    try:
        return config, load_file(path / WEIGHTS)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path / WEIGHTS}: not a safetensors file ({error})") from error
