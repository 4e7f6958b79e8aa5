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
    "h5py": "tracks",
    "onnx": "export",
    "onnxruntime": "export",
    "onnxscript": "export",
    "prometheus_client": "serve",
    "rerun": "rerun",
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
        package = module.partition(".")[0]
        raise InputError(
            f"{purpose} needs the package {package}, which cannot be imported ({error}). Install it with: "
            f"pip install 'zeroskel[{EXTRA_OF[module]}]'"
        ) from error
