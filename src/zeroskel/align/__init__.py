"""Methods that relate motion and text, all behind `Aligner`, and the mutual information that they may maximise."""

import inspect
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeroskel.align.base import Aligner, AlignerCallback
from zeroskel.core import InputError
from zeroskel.core._optional import import_optional
from zeroskel.core._options import option, with_options
from zeroskel.core._saved import load_model

if TYPE_CHECKING:
    from zeroskel.align.cada_vae import CADAVAE
    from zeroskel.align.conse import ConSE
    from zeroskel.align.contrastive import Contrastive
    from zeroskel.align.devise import DeViSE
    from zeroskel.align.evidence import Evidence
    from zeroskel.align.flow import Flow
    from zeroskel.align.jpose import JPoSE
    from zeroskel.align.kernel_ridge import KernelRidge
    from zeroskel.align.kite import Kite
    from zeroskel.align.msf import MSF
    from zeroskel.align.mutual_information import donsker_varadhan, info_nce, jensen_shannon, nwj, smile
    from zeroskel.align.neural_aligner import Batch, NeuralAligner
    from zeroskel.align.prototypes import Prototypes
    from zeroskel.align.relation_net import RelationNetwork
    from zeroskel.align.revise import ReViSE
    from zeroskel.align.ridge import Ridge
    from zeroskel.align.sa_dvae import SADVAE
    from zeroskel.align.sae import SAE
    from zeroskel.align.smie import SMIE
    from zeroskel.align.synse import SynSE
    from zeroskel.align.tdsm import TDSM

METHODS: dict[str, tuple[str, str] | type[Aligner]] = {  # name -> (module, class), or a registered class
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
    "evidence": ("zeroskel.align.evidence", "Evidence"),
}
_LAZY = {  # public classes whose modules are imported on first use, because most of them import torch
    "Batch": "zeroskel.align.neural_aligner",
    "NeuralAligner": "zeroskel.align.neural_aligner",
    "Prototypes": "zeroskel.align.prototypes",
    **dict.fromkeys(
        ("donsker_varadhan", "info_nce", "jensen_shannon", "nwj", "smile"), "zeroskel.align.mutual_information"
    ),
    **{entry[1]: entry[0] for entry in METHODS.values() if isinstance(entry, tuple)},
}

__all__ = [
    *_LAZY,
    "METHODS",
    "Aligner",
    "AlignerCallback",
    "available",
    "create",
    "load",
    "method_class",
    "option",
    "register",
    "registered",
    "with_options",
]


def available() -> list[str]:
    """Return the names of all methods, including registered ones.

    Returns:
        The names, first those of the package.

    Example:
        >>> from zeroskel import align
        >>> align.available()[:3]
        ['smie', 'ridge', 'conse']
    """
    return list(METHODS)


def method_class(method: str) -> type[Aligner]:
    """Return the class of a method.

    Args:
        method: Name of the method.

    Returns:
        A child of Aligner.

    Raises:
        InputError: The name is unknown.

    Example:
        >>> from zeroskel import align
        >>> align.method_class("ridge").__name__
        'Ridge'
    """
    if method not in METHODS:
        raise InputError(f"unknown method {method!r}; available are {', '.join(METHODS)}, and what `register` adds")
    entry = METHODS[method]
    if isinstance(entry, type):
        return entry
    module, name = entry
    return getattr(import_optional(module, f"The method {method}"), name)


def register(method: str, cls: type[Aligner]) -> None:
    """Make a class known to `create`, `load` and the benchmark, for the lifetime of this process.

    Args:
        method: Name of the method, which becomes `cls.method`. A name that was registered before gets the new class.
        cls: A child of Aligner.

    Raises:
        InputError: The class is no child of Aligner or lacks methods of the contract, or a method of the package has
            the name.

    Example:
        >>> from zeroskel import align
        >>> class Stronger(align.Ridge):
        ...     pass
        >>> align.register("stronger", Stronger)
        >>> align.create("stronger", text_penalty=9.0)
        Stronger(text_penalty=9.0)
        >>> del align.METHODS["stronger"]
    """
    if not (isinstance(cls, type) and issubclass(cls, Aligner)):
        raise InputError(f"method {method}: {cls!r}; expected a child class of Aligner")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise InputError(f"method {method}: {cls.__name__} lacks {missing}; expected all abstract methods of Aligner")
    if isinstance(METHODS.get(method), tuple):
        raise InputError(f"method {method}: a method of the package has this name; expected another")
    cls.method = method
    METHODS[method] = cls


def registered() -> dict[str, type[Aligner]]:
    """Return the classes that `register` added in this process.

    Returns:
        The classes, by name.

    Example:
        >>> from zeroskel import align
        >>> "ridge" in align.registered()
        False
    """
    return {method: entry for method, entry in METHODS.items() if isinstance(entry, type)}


def create(method: str, **options: Any) -> Aligner:
    """Return a new aligner.

    Args:
        method: Name of the method.
        **options: Options of the method, as in the constructor of its class.

    Returns:
        An aligner that is not fitted.

    Raises:
        InputError: The method or an option is unknown, or an option has a value that it cannot have.

    Example:
        >>> from zeroskel import align
        >>> align.create("smie", epochs=50)
        SMIE(epochs=50)
    """
    cls = method_class(method)
    try:
        return cls(**options)
    except TypeError as error:
        raise InputError(
            f"method {method}: {error}; its options are {', '.join(inspect.signature(cls).parameters)}"
        ) from error


def load(folder: str | PathLike[str]) -> Aligner:
    """Return an aligner that `Aligner.save` wrote.

    Args:
        folder: The folder.

    Returns:
        A fitted aligner, on the CPU.

    Raises:
        MissingFileError: A file is missing.
        InputError: The files are damaged, or nobody registered the method.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from zeroskel import align
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     align.Ridge().fit(np.eye(4), np.arange(4) % 2, np.eye(2)).save(f"{folder}/saved")
        ...     align.load(f"{folder}/saved")
        Ridge()
    """
    config, state = load_model(folder)
    return method_class(str(config.get("method")))._restore(Path(folder), config, state)


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_optional(_LAZY[name], f"zeroskel.align.{name}"), name)
    raise AttributeError(f"module 'zeroskel.align' has no attribute {name!r}")
