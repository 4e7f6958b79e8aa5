"""Skeleton encoders: batches (N, C, T, V, M) -> features (N, D)."""

from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zeroskel.core import InputError, Layout
from zeroskel.core._saved import load_model
from zeroskel.encoders.base import BatchSource, SkeletonEncoder

if TYPE_CHECKING:
    from zeroskel.encoders.biomechanics import Biomechanics
    from zeroskel.encoders.kinematic import Kinematic
    from zeroskel.encoders.pretrained import PretrainedSTGCN
    from zeroskel.encoders.stgcn import STGCN

ENCODERS = {  # name -> (module, class)
    "stgcn": ("zeroskel.encoders.pretrained", "PretrainedSTGCN"),
    "kinematic": ("zeroskel.encoders.kinematic", "Kinematic"),
    "biomechanics": ("zeroskel.encoders.biomechanics", "Biomechanics"),
}
_HOMES = {"STGCN": "zeroskel.encoders.stgcn", **{cls: module for module, cls in ENCODERS.values()}}

__all__ = [
    "ENCODERS",
    "STGCN",
    "BatchSource",
    "Biomechanics",
    "Kinematic",
    "PretrainedSTGCN",
    "SkeletonEncoder",
    "available",
    "create",
    "load",
]


def available() -> list[str]:
    """Names of the encoders that the pipeline can use."""
    return list(ENCODERS)


def encoder_class(encoder: str) -> type[SkeletonEncoder]:
    """The class of an encoder. Raises InputError for an unknown name."""
    if encoder not in ENCODERS:
        raise InputError(f"unknown encoder {encoder!r}; available are {', '.join(ENCODERS)}")
    module, name = ENCODERS[encoder]
    found: type[SkeletonEncoder] = getattr(import_module(module), name)
    return found


def create(encoder: str, layout: str | Layout, **options: Any) -> SkeletonEncoder:
    """A new encoder. Raises InputError for an unknown name or option."""
    cls = encoder_class(encoder)
    try:
        return cls(layout=layout, **options)  # type: ignore[call-arg]
    except TypeError as error:
        raise InputError(f"encoder {encoder}: {error}; its options are {', '.join(cls().options())}") from error


def load(folder: str | PathLike[str], device: str | None = None) -> SkeletonEncoder:
    """An encoder that `save` wrote.

    Args:
        folder: its place.
        device: where it is to run, for encoders that have the option; None for the processor.

    Raises:
        MissingFileError, InputError: for what is not there or something else.
    """
    config, state = load_model(folder, device)
    return encoder_class(str(config.get("encoder")))._restore(Path(folder), config, state)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zeroskel.encoders' has no attribute {name!r}")
