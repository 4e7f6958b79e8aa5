"""The annotation pickles of PYSKL and MMAction2: many recordings in one file, with the splits that part them.

A dict of `split` (name -> list of frame_dir) and `annotations`, a list of annotations alone, or one annotation. An
annotation is a dict of frame_dir (its name), label (from 0, or a text), total_frames, keypoint (M, T, V, C) and, for
2-D poses, keypoint_score (M, T, V). A label of -1 or none is that of a recording without class.
"""

import mmap
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zeroskel.core.errors import InputError
from zeroskel.skeleton.formats import _smpl
from zeroskel.skeleton.formats._parsing import LayoutChoice, existing_file
from zeroskel.skeleton.formats._pickled_arrays import PickledArray
from zeroskel.skeleton.formats._pickles import load_pickle
from zeroskel.skeleton.formats._pyskl_annotation import (
    PysklAnnotation,
    annotation_of,
    label_of,
    refuse_pickle,
    spelled,
)
from zeroskel.skeleton.inference._points import FilePoints

_MOST_BYTES = 2**33


@dataclass(frozen=True, eq=False)
class PysklAnnotations:
    """Annotations and splits of a file.

    Attributes:
        splits: name such as "xsub_train" -> names of its annotations; empty where the file has none.
        annotations: in the order of the file, each name once.
        class_names: names that labels number, where the labels of the file are texts; else empty.
    """

    splits: Mapping[str, tuple[str, ...]]
    annotations: tuple[PysklAnnotation, ...]
    class_names: tuple[str, ...] = ()


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a pickle of a dict or list, but not of SMPL rotations."""
    if _smpl.looks_like(head):
        return False
    if head[:1] != b"\x80":
        return head[:4] in (b"(dp0", b"(lp0", b"(dp1", b"(lp1") or head[:3] in (
            b"}q\x00",
            b"]q\x00",
            b"}q\x01",
            b"]q\x01",
        )
    return len(head) >= 3 and 2 <= head[1] <= 5 and head[2] in b"}]\x95"


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse a file of one annotation; the arguments are those of zeroskel.skeleton.formats.parse.

    Raises:
        SkeletonFormatError: the file is no annotation file.
        InputError: the file has more than one annotation.
    """
    loaded = load_pickle(content, file)
    if type(loaded) is dict and _smpl.has_rotations(loaded):
        return _smpl.parse(content, file)
    annotations = _annotations(loaded, len(content), file).annotations
    if len(annotations) > 1:
        raise InputError(
            f"{file}: found {len(annotations)} recordings; expected one. Prepare them as a dataset: zeroskel data "
            f"prepare pyskl {file}"
        )
    points = annotations[0].points()
    flat = points.shape[-1] == 2
    name = "annotation of PYSKL"
    return FilePoints(
        points, name, layout=annotations[0].layout, up="-y" if flat else None, unit="pixel" if flat else None
    )


def open_annotations(path: str | os.PathLike[str]) -> PysklAnnotations:
    """Read a PYSKL annotation file; nothing in it is executed.

    The file is mapped, not copied: its arrays are read from the disk when they are used, so leave it there unchanged.

    Raises:
        SkeletonFormatError: the file is cut short or holds anything else; the message names the byte or annotation.
    """
    file = existing_file(path)
    size = file.stat().st_size
    if not 0 < size <= _MOST_BYTES:
        refuse_pickle(file, "", f"{size} bytes", f"a pickle of at most {_MOST_BYTES >> 30} GiB")
    with file.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)  # goes when the last array that shows it goes
    return parse_annotations(mapped, file)


def parse_annotations(content: bytes | mmap.mmap, file: Path) -> PysklAnnotations:
    """Parse the content of an annotation file; see open_annotations. Messages name `file`."""
    return _annotations(load_pickle(content, file), len(content), file)


def _annotations(loaded: Any, size: int, file: Path) -> PysklAnnotations:
    record = {"annotations": loaded} if type(loaded) is list else loaded
    if type(record) is dict and "annotations" not in record and "keypoint" in record:
        record = {"annotations": [record]}
    if type(record) is not dict or type(record.get("annotations")) is not list or not record["annotations"]:
        refuse_pickle(
            file, "the pickle", spelled(loaded), "a dict with split and annotations, or a list of annotations"
        )
    entries = record["annotations"]
    labels, class_names = _labels(entries, file)
    annotations = tuple(
        annotation_of(entry, at, label, file) for at, (entry, label) in enumerate(zip(entries, labels, strict=True))
    )
    names = {annotation.name for annotation in annotations}
    if len(names) != len(annotations):
        refuse_pickle(file, "annotations", f"{len(annotations)} with {len(names)} names", "each frame_dir once")
    if sum(annotation.keypoint.nbytes for annotation in annotations) > size:
        refuse_pickle(file, "annotations", "more in arrays than in the file", "an array for each annotation")
    shapes = sorted({annotation.keypoint.shape[2:] for annotation in annotations})
    if len(shapes) > 1:
        refuse_pickle(file, "annotations", f"some with {shapes[0][0]} and some with {shapes[1][0]} joints", "one kind")
    return PysklAnnotations(_splits(record.get("split"), names, file), annotations, class_names)


def _labels(entries: Sequence[Any], file: Path) -> tuple[list[int | None], tuple[str, ...]]:
    """Return the label of each annotation, and the class names where labels are texts."""
    labels = [label_of(entry, at, file) for at, entry in enumerate(entries)]
    class_names = sorted({label for label in labels if isinstance(label, str)})
    if class_names and any(isinstance(label, int) for label in labels):
        refuse_pickle(file, "labels", "numbers and texts", "one kind")
    numbers = {name: index for index, name in enumerate(class_names)}
    return [numbers[label] if isinstance(label, str) else label for label in labels], tuple(class_names)


def _splits(record: Any, names: set[str], file: Path) -> dict[str, tuple[str, ...]]:
    if record is None:
        return {}
    if type(record) is not dict:
        refuse_pickle(file, "split", spelled(record), "a dict of lists of names")
    splits = {}
    for split, listed in record.items():
        if type(split) is not str:
            refuse_pickle(file, "split", f"a key that is a {type(split).__name__}", "names of splits")
        if type(listed) is PickledArray and listed.array is not None:
            listed = listed.array.tolist()
        if type(listed) is not list or not all(type(name) is str for name in listed):
            refuse_pickle(file, f"split {split[:60]}", spelled(listed), "a list of names")
        unknown = next((name for name in listed if name not in names), None)
        if unknown is not None:
            refuse_pickle(file, f"split {split[:60]}", f"{unknown[:60]!r}", "names of annotations of this file")
        splits[split] = tuple(listed)
    return splits
