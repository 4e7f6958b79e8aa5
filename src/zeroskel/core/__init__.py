"""The types that all stages share: sequences, layouts, class texts, features, splits, records, errors. NumPy only."""

from zeroskel.core._layout import Layout, available_layouts, get_layout
from zeroskel.core._records import CellRecord, FeatureMap
from zeroskel.core.class_text import ClassText
from zeroskel.core.errors import (
    DivergedError,
    FileLayoutError,
    InputError,
    LayoutError,
    MissingFileError,
    NotFittedError,
    SkeletonFormatError,
    SplitError,
    ZeroskelError,
)
from zeroskel.core.segment import Segment
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.core.split import FeatureSet, ZeroShotSplit

__all__ = [
    "CellRecord",
    "ClassText",
    "DivergedError",
    "FeatureMap",
    "FeatureSet",
    "FileLayoutError",
    "InputError",
    "Layout",
    "LayoutError",
    "MissingFileError",
    "NotFittedError",
    "Segment",
    "SkeletonFormatError",
    "SkeletonSequence",
    "SplitError",
    "ZeroShotSplit",
    "ZeroskelError",
    "available_layouts",
    "get_layout",
]
