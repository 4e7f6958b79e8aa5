"""zeroskel: zero-shot skeleton-based action recognition.

Name actions in skeleton sequences from text alone. Public names load what they need when they are first used, so
`import zeroskel` is instant and does not import torch.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.core import Layout, SkeletonSequence, ZeroskelError
    from zeroskel.datasets import SkeletonDataset
    from zeroskel.recognition import ZeroShotRecognizer
    from zeroskel.skeleton import read

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "core": ["Layout", "SkeletonSequence", "ZeroskelError"],
        "datasets": ["SkeletonDataset"],
        "recognition": ["ZeroShotRecognizer"],
        "skeleton": ["read"],
    },
)
