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
from typing import Any, NoReturn

import numpy as np

from zeroskel.core.errors import InputError
from zeroskel.skeleton.formats import _smpl
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, existing_file, refuse, unobserved
from zeroskel.skeleton.formats._pickles import PickledArray, load_pickle
from zeroskel.skeleton.inference._points import FilePoints

_MOST_BYTES = 2**33
_LAYOUTS = {  # joints and channels -> layout
    (25, 3): "ntu-25",
    (20, 3): "kinect-20",
    (32, 3): "azure-kinect-32",
    (33, 3): "mediapipe-33",
    (17, 3): "h36m-17",
    (13, 2): "penn-13",
    (17, 2): "coco-17",
    (18, 2): "coco-18",
    (25, 2): "body-25",
    (26, 2): "halpe-26",
    (33, 2): "mediapipe-33",
    (133, 2): "coco-wholebody-133",
}
_LONGEST_NAME = 300
_LARGEST_LABEL = 100_000
_MOST_JOINTS = 1000
_NAMES = ("frame_dir", "filename", "name", "video_name", "video_id")


@dataclass(frozen=True, eq=False)
class PysklAnnotation:
    """One recording.

    Attributes:
        name: its frame_dir.
        label: class id from 0; None without.
        keypoint: (M, T, V, C) as in the file, whose bytes it shows.
        score: (M, T, V) confidence of each joint, or None.
        layout: name of the layout that so many joints have; None where none has.
        file: named in messages.
    """

    name: str
    label: int | None
    keypoint: np.ndarray
    score: np.ndarray | None
    layout: str | None
    file: Path

    def joints(self) -> np.ndarray:
        """Return (M, T, V, C) float32 joints, y up; NaN where the confidence or all coordinates are 0.

        Raises:
            SkeletonFormatError: coordinates that are infinite or beyond measure.
        """
        joints = self.points()
        if joints.shape[-1] == 2:
            joints[..., 1] *= -1  # of an image, where y points down
        return joints

    def points(self) -> np.ndarray:
        """Return (M, T, V, C) float32 coordinates as in the file; NaN as in joints. Raises as joints."""
        joints = unobserved(self.keypoint.shape, self.file)
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
            np.copyto(joints, self.keypoint, casting="unsafe")
        too_large = np.abs(joints) > LARGEST
        if too_large.any():
            body, frame, joint, _ = np.argwhere(too_large)[0]
            position = f"keypoint[{body}][{frame}][{joint}] of {self.name}"
            expected = "finite ones, 0 or NaN for what was not observed"
            _refuse(self.file, position, "a coordinate that is infinite", expected)
        unseen = (joints == 0).all(axis=-1)
        if self.score is not None:
            unseen |= ~(self.score > 0)
        joints[unseen] = np.nan
        return joints


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
        _refuse(file, "", f"{size} bytes", f"a pickle of at most {_MOST_BYTES >> 30} GiB")
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
        _refuse(file, "the pickle", _spelled(loaded), "a dict with split and annotations, or a list of annotations")
    entries = record["annotations"]
    labels, class_names = _labels(entries, file)
    annotations = tuple(
        _annotation(entry, at, label, file) for at, (entry, label) in enumerate(zip(entries, labels, strict=True))
    )
    names = {annotation.name for annotation in annotations}
    if len(names) != len(annotations):
        _refuse(file, "annotations", f"{len(annotations)} with {len(names)} names", "each frame_dir once")
    if sum(annotation.keypoint.nbytes for annotation in annotations) > size:
        _refuse(file, "annotations", "more in arrays than in the file", "an array for each annotation")
    shapes = sorted({annotation.keypoint.shape[2:] for annotation in annotations})
    if len(shapes) > 1:
        _refuse(file, "annotations", f"some with {shapes[0][0]} and some with {shapes[1][0]} joints", "one kind")
    return PysklAnnotations(_splits(record.get("split"), names, file), annotations, class_names)


def _labels(entries: Sequence[Any], file: Path) -> tuple[list[int | None], tuple[str, ...]]:
    """Return the label of each annotation, and the class names where labels are texts."""
    labels = [_label(entry, at, file) for at, entry in enumerate(entries)]
    class_names = sorted({label for label in labels if isinstance(label, str)})
    if class_names and any(isinstance(label, int) for label in labels):
        _refuse(file, "labels", "numbers and texts", "one kind")
    numbers = {name: index for index, name in enumerate(class_names)}
    return [numbers[label] if isinstance(label, str) else label for label in labels], tuple(class_names)


def _label(entry: Any, at: int, file: Path) -> int | str | None:
    position = f"annotation {at + 1}"
    if type(entry) is not dict:
        _refuse(file, position, _spelled(entry), "a dict with frame_dir, label and keypoint")
    label = entry.get("label")
    if type(label) is PickledArray and label.array is not None and label.array.size == 1:
        label = label.array.reshape(-1)[0].item()
    if type(label) is list and len(label) == 1:
        label = label[0]
    if type(label) is float and label.is_integer():
        label = int(label)
    if type(label) is str and 0 < len(label) <= _LONGEST_NAME:
        return int(label) if label.isdecimal() and len(label) < 6 else label
    if label is None or (type(label) is int and label == -1):
        return None
    if type(label) is not int or not 0 <= label <= _LARGEST_LABEL:
        expected = "one class id, a whole number from 0, or -1 for none"
        _refuse(file, f"{position}, label of {str(_name(entry, at))[:60]}", _spelled(label), expected)
    return label


def _name(entry: dict[str, Any], at: int) -> Any:
    return next((entry[key] for key in _NAMES if key in entry), f"{at + 1:06d}")


def _annotation(entry: dict[str, Any], at: int, label: int | None, file: Path) -> PysklAnnotation:
    position = f"annotation {at + 1}"
    name, keypoint, score = _name(entry, at), entry.get("keypoint"), entry.get("keypoint_score")
    if type(name) is not str or not 0 < len(name) <= _LONGEST_NAME:
        _refuse(file, f"{position}, frame_dir", _spelled(name), f"a name of 1 to {_LONGEST_NAME} letters")
    if keypoint is None and entry.keys() & {"raw_file", "frame_inds", "box_score"}:
        refuse(
            file,
            f"{position}, keypoint of {name}",
            "none, only a list of recordings whose points lie in files of their own",
            "the points of each recording, keypoint, in this file",
            "Join them first, as PYSKL's page on Kinetics describes",
        )
    joints = keypoint.array if type(keypoint) is PickledArray else None
    scores = score.array if type(score) is PickledArray else None
    if joints is not None and joints.ndim == 3 and "frame_inds" not in entry:  # one person
        joints = joints[None]
        scores = scores[None] if scores is not None and scores.ndim == 2 else scores
    fitting = joints is not None and joints.ndim == 4 and joints.shape[3] in (2, 3) and joints.size
    if joints is None or not fitting or not 1 < joints.shape[2] <= _MOST_JOINTS or joints.dtype.kind not in "fiub":
        _refuse(file, f"{position}, keypoint of {name}", _spelled(keypoint), "numbers (bodies, frames, joints, 2 or 3)")
    if score is not None and (scores is None or scores.shape != joints.shape[:3]):
        expected = f"an array {joints.shape[:3]}, as of keypoint"
        _refuse(file, f"{position}, keypoint_score of {name}", _spelled(score), expected)
    if joints.shape[3] == 3 and scores is None and _has_scores(joints):
        joints, scores = joints[..., :2], joints[..., 2]
    frames = entry.get("total_frames", joints.shape[1])
    if type(frames) is not int or not 0 < frames <= joints.shape[1]:
        expected = f"1 to the {joints.shape[1]} frames of keypoint"
        _refuse(file, f"{position}, total_frames of {name}", _spelled(frames), expected)
    shown = None if scores is None else scores[:, :frames]
    return PysklAnnotation(name, label, joints[:, :frames], shown, _LAYOUTS.get(joints.shape[2:]), file)


def _has_scores(joints: np.ndarray) -> bool:
    """Return whether the third coordinate is a confidence: from 0 to 1, beside pixels."""
    sample = joints[:, :: max(1, joints.shape[1] // 20)]
    observed = sample[(sample != 0).any(axis=-1)].astype(np.float64)
    if not len(observed):
        return False
    pixels = np.quantile(np.abs(observed[:, :2]), 0.9) > 10
    return bool(pixels and observed[:, 2].min() >= 0 and observed[:, 2].max() <= 1.05)


def _splits(record: Any, names: set[str], file: Path) -> dict[str, tuple[str, ...]]:
    if record is None:
        return {}
    if type(record) is not dict:
        _refuse(file, "split", _spelled(record), "a dict of lists of names")
    splits = {}
    for split, listed in record.items():
        if type(listed) is not list or not all(type(name) is str for name in listed):
            _refuse(file, f"split {split[:60]}", _spelled(listed), "a list of names")
        unknown = next((name for name in listed if name not in names), None)
        if unknown is not None:
            _refuse(file, f"split {split[:60]}", f"{unknown[:60]!r}", "names of annotations of this file")
        splits[split] = tuple(listed)
    return splits


def _spelled(value: Any) -> str:
    if type(value) is PickledArray:
        return "an array" if value.array is None else f"an array {value.array.shape}"
    return repr(value)[:30] if type(value) is int else f"a {type(value).__name__.lstrip('_')}"


def _refuse(file: Path, position: str, actual: str, expected: str) -> NoReturn:
    refuse(file, position, actual, expected, "Take the file from its source again")
