"""Methods that join motion and text, all behind Aligner; the mutual information they may maximise."""

from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeroskel.align.base import Aligner, OnEpoch
from zeroskel.core import InputError
from zeroskel.core.saved import load_model

if TYPE_CHECKING:
    from zeroskel.align.conse import ConSE
    from zeroskel.align.ridge import Ridge
    from zeroskel.align.smie import SMIE

METHODS = {  # name -> (module, class)
    "smie": ("zeroskel.align.smie", "SMIE"),
    "ridge": ("zeroskel.align.ridge", "Ridge"),
    "conse": ("zeroskel.align.conse", "ConSE"),
    "sae": ("zeroskel.align.sae", "SAE"),
    "devise": ("zeroskel.align.devise", "DeViSE"),
    "relation-net": ("zeroskel.align.relation_net", "RelationNetwork"),
    "revise": ("zeroskel.align.revise", "ReViSE"),
    "jpose": ("zeroskel.align.jpose", "JPoSE"),
    "cada-vae": ("zeroskel.align.cada_vae", "CADAVAE"),
    "synse": ("zeroskel.align.synse", "SynSE"),
    "sa-dvae": ("zeroskel.align.sa_dvae", "SADVAE"),
    "msf": ("zeroskel.align.msf", "MSF"),
    "contrastive": ("zeroskel.align.contrastive", "Contrastive"),
    "tdsm": ("zeroskel.align.tdsm", "TDSM"),
    "flow": ("zeroskel.align.flow", "Flow"),
}

_ADDED: dict[str, type[Aligner]] = {}

__all__ = [
    "METHODS",
    "SMIE",
    "Aligner",
    "ConSE",
    "OnEpoch",
    "Ridge",
    "added",
    "available",
    "create",
    "load",
    "method_class",
    "register",
]


def available() -> list[str]:
    """Names of all methods."""
    return [*METHODS, *_ADDED]


def method_class(method: str) -> type[Aligner]:
    """The class of a method. Raises InputError for an unknown name."""
    if method in _ADDED:
        return _ADDED[method]
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; available are {', '.join(available())}")
    module, name = METHODS[method]
    found: type[Aligner] = getattr(import_module(module), name)
    return found


def register(method: str, cls: type[Aligner]) -> None:
    """Make a method of the user's known by name to `create`, `load` and benchmarks.

    Raises:
        InputError: the name belongs to another method.
    """
    if method in METHODS or _ADDED.get(method, cls) is not cls:
        raise InputError(f"method {method!r} is there already; expected a name that no method has")
    _ADDED[method] = cls


def added() -> dict[str, type[Aligner]]:
    """Methods that `register` was given, by name."""
    return dict(_ADDED)


def create(method: str, **options: Any) -> Aligner:
    """A new aligner. Raises InputError for an unknown method or option."""
    cls = method_class(method)
    try:
        return cls(**options)
    except TypeError as error:
        raise InputError(f"method {method}: {error}; its options are {', '.join(cls().options())}") from error


def load(folder: str | PathLike[str]) -> Aligner:
    """An aligner that `save` wrote. Raises MissingFileError or InputError."""
    config, state = load_model(folder)
    return method_class(str(config.get("method")))._restore(Path(folder), config, state)


def __getattr__(name: str) -> Any:
    for module, cls in METHODS.values():
        if cls == name:
            return getattr(import_module(module), cls)
    raise AttributeError(f"module 'zeroskel.align' has no attribute {name!r}")
