"""zeroskel: zero-shot skeleton-based action recognition.

Names actions in skeleton sequences from text alone. Public names load what they need when they are first used, so that
`import zeroskel` stays instant and takes no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zeroskel.core import Layout, SkeletonSequence, ZeroskelError
    from zeroskel.datasets import SkeletonDataset
    from zeroskel.pipeline import ZeroShotRecognizer
    from zeroskel.skeleton import read

__version__ = "0.1.0"

_HOMES = {
    "Layout": "zeroskel.core",
    "SkeletonSequence": "zeroskel.core",
    "ZeroskelError": "zeroskel.core",
    "SkeletonDataset": "zeroskel.datasets",
    "ZeroShotRecognizer": "zeroskel.pipeline",
    "read": "zeroskel.skeleton",
}

__all__ = ["Layout", "SkeletonDataset", "SkeletonSequence", "ZeroShotRecognizer", "ZeroskelError", "read"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zeroskel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
