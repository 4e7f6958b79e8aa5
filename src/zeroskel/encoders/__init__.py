"""Skeleton encoders: batches (N, C, T, V, M) -> features (N, D)."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from zeroskel.core import InputError, Layout
from zeroskel.core._optional import import_optional
from zeroskel.core._saved import load_model
from zeroskel.encoders.base import BatchSource, SkeletonEncoder

if TYPE_CHECKING:
    from zeroskel.encoders.biomechanics import Biomechanics
    from zeroskel.encoders.kinematic import Kinematic
    from zeroskel.encoders.movement import Movement
    from zeroskel.encoders.pretrained import PretrainedSTGCN
    from zeroskel.encoders.stgcn import STGCN

ENCODERS = {  # name -> (module, class)
    "stgcn": ("zeroskel.encoders.pretrained", "PretrainedSTGCN"),
    "kinematic": ("zeroskel.encoders.kinematic", "Kinematic"),
    "biomechanics": ("zeroskel.encoders.biomechanics", "Biomechanics"),
    "movement": ("zeroskel.encoders.movement", "Movement"),
}
_MODULES = {"STGCN": "zeroskel.encoders.stgcn", **{cls: module for module, cls in ENCODERS.values()}}

__all__ = [
    "STGCN",
    "BatchSource",
    "Biomechanics",
    "Kinematic",
    "Movement",
    "PretrainedSTGCN",
    "SkeletonEncoder",
    "available",
    "create",
    "encoder_class",
    "load",
]


def available() -> list[str]:
    """Return the names of all encoders.

    Returns:
        Names that `create` accepts.

    Example:
        >>> from zeroskel import encoders
        >>> encoders.available()
        ['stgcn', 'kinematic', 'biomechanics', 'movement']
    """
    return list(ENCODERS)


def encoder_class(encoder: str) -> type[SkeletonEncoder]:
    """Return the class of an encoder.

    Args:
        encoder: Name of the encoder; see `available`.

    Returns:
        A subclass of SkeletonEncoder.

    Raises:
        InputError: There is no encoder of this name.

    Example:
        >>> from zeroskel import encoders
        >>> encoders.encoder_class("kinematic").__name__
        'Kinematic'
    """
    if encoder not in ENCODERS:
        raise InputError(f"unknown encoder {encoder!r}; available are {', '.join(ENCODERS)}")
    module, name = ENCODERS[encoder]
    return cast(type[SkeletonEncoder], getattr(import_optional(module, f"The encoder {encoder}"), name))


def create(encoder: str, layout: str | Layout, **options: Any) -> SkeletonEncoder:
    """Return a new encoder.

    Args:
        encoder: Name of the encoder; see `available`.
        layout: Joint layout of the batches, or its name.
        **options: Options of the encoder; see its class.

    Returns:
        An encoder that is not fitted.

    Raises:
        InputError: There is no encoder of this name, or an option is unknown or out of bounds.

    Example:
        >>> from zeroskel import encoders
        >>> encoders.create("kinematic", "kinect-20", embed_dim=64).options()["embed_dim"]
        64
    """
    cls = encoder_class(encoder)
    try:
        return cls(layout=layout, **options)  # type: ignore[call-arg]
    except TypeError as error:
        raise InputError(f"encoder {encoder}: {error}; its options are {', '.join(cls().options())}") from error


def load(folder: str | PathLike[str], device: str | None = None) -> SkeletonEncoder:
    """Return an encoder that `SkeletonEncoder.save` wrote.

    Args:
        folder: The folder that `save` wrote.
        device: Device of encoders that have this option; None selects the CPU.

    Returns:
        The fitted encoder.

    Raises:
        MissingFileError: The folder lacks a file.
        InputError: The folder holds something else than a saved encoder.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> from zeroskel import encoders
        >>> batches = np.random.default_rng(0).normal(size=(4, 3, 10, 20, 1))
        >>> encoder = encoders.create("kinematic", "kinect-20").fit(batches, [0, 1, 0, 1])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     encoder.save(f"{folder}/encoder")
        ...     loaded = encoders.load(f"{folder}/encoder")
        >>> np.allclose(loaded.encode(batches), encoder.encode(batches))
        True
    """
    config, state = load_model(folder, device)
    return encoder_class(str(config.get("encoder")))._restore(Path(folder), config, state)


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_optional(_MODULES[name], f"zeroskel.encoders.{name}"), name)
    raise AttributeError(f"module 'zeroskel.encoders' has no attribute {name!r}")
