"""Methods that join motion and text, all behind Aligner; the mutual information they may maximise."""

import inspect
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeroskel.align.base import Aligner, OnEpoch
from zeroskel.core import InputError
from zeroskel.core._saved import load_model

if TYPE_CHECKING:
    from zeroskel.align.conse import ConSE
    from zeroskel.align.ridge import Ridge
    from zeroskel.align.smie import SMIE

METHODS: dict[str, tuple[str, str] | type[Aligner]] = {  # name -> (module, class), or a class that was registered
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
    "kernel-ridge": ("zeroskel.align.kernel_ridge", "KernelRidge"),
    "kite": ("zeroskel.align.kite", "Kite"),
}

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
    return list(METHODS)


def method_class(method: str) -> type[Aligner]:
    """The class of a method. Raises InputError for an unknown name."""
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; available are {', '.join(METHODS)}, and what `register` adds")
    entry = METHODS[method]
    if isinstance(entry, type):
        return entry
    module, name = entry
    found: type[Aligner] = getattr(import_module(module), name)
    return found


def register(method: str, cls: type[Aligner]) -> None:
    """Make a class of your own known to `create`, `load` and the benchmark, as long as this process lives.

    Args:
        method: the name; becomes the class's `method`. A name registered before takes the new class.
        cls: a child of Aligner.

    Raises:
        InputError: no child of Aligner, methods of the contract that it lacks, or the name of a method of the package.
    """
    if not (isinstance(cls, type) and issubclass(cls, Aligner)):
        raise InputError(f"method {method}: {cls!r}; expected a child class of Aligner")
    if inspect.isabstract(cls):
        lacks = ", ".join(sorted(cls.__abstractmethods__))
        raise InputError(f"method {method}: {cls.__name__} lacks {lacks}; expected all that Aligner leaves open")
    if isinstance(METHODS.get(method), tuple):
        raise InputError(f"method {method}: a method of the package has this name; expected another")
    cls.method = method
    METHODS[method] = cls


def added() -> dict[str, type[Aligner]]:
    """What `register` added in this process, by name."""
    return {method: entry for method, entry in METHODS.items() if isinstance(entry, type)}


def create(method: str, **options: Any) -> Aligner:
    """A new aligner. Raises InputError for an unknown method or option."""
    cls = method_class(method)
    try:
        return cls(**options)
    except TypeError as error:
        raise InputError(
            f"method {method}: {error}; its options are {', '.join(inspect.signature(cls).parameters)}"
        ) from error


def load(folder: str | PathLike[str]) -> Aligner:
    """An aligner that `save` wrote. Raises MissingFileError or InputError."""
    config, state = load_model(folder)
    return method_class(str(config.get("method")))._restore(Path(folder), config, state)


def __getattr__(name: str) -> Any:
    for entry in METHODS.values():
        if isinstance(entry, tuple) and entry[1] == name:
            return getattr(import_module(entry[0]), name)
    raise AttributeError(f"module 'zeroskel.align' has no attribute {name!r}")
