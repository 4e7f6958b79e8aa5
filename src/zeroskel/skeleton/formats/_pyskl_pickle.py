"""The annotation pickles of PYSKL: many recordings in one file, with the splits that part them.

A dict of `split` (name -> list of frame_dir) and `annotations`, or a list of annotations alone. An annotation is a dict
of frame_dir (its name), label (from 0), total_frames, keypoint (M, T, V, C) and, for 2-D poses, keypoint_score
(M, T, V). 25 joints are those of NTU RGB+D in metres, 17 those of COCO in pixels.
"""

import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, existing_file, refuse, unobserved
from zeroskel.skeleton.formats._pickles import PickledArray, load_pickle

_MOST_BYTES = 2**33
_LAYOUTS = {(25, 3): "ntu-25", (17, 2): "coco-17"}
_LONGEST_NAME = 300
_LARGEST_LABEL = 100_000


@dataclass(frozen=True, eq=False)
class PysklAnnotation:
    """One recording.

    Attributes:
        name: its frame_dir.
        label: class id from 0.
        keypoint: (M, T, V, C) as in the file, whose bytes it shows.
        score: (M, T, V) confidence of each joint, or None.
        layout: "ntu-25" or "coco-17".
        file: named in messages.
    """

    name: str
    label: int
    keypoint: np.ndarray
    score: np.ndarray | None
    layout: str
    file: Path

    def joints(self) -> np.ndarray:
        """Return (M, T, V, C) float32 joints, y up; NaN where the confidence or all coordinates are 0.

        Raises:
            SkeletonFormatError: coordinates that are infinite, NaN or beyond measure.
        """
        joints = unobserved(self.keypoint.shape, self.file)
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
            np.copyto(joints, self.keypoint, casting="unsafe")
        if not (np.abs(joints) <= LARGEST).all():
            body, frame, joint, _ = np.argwhere(~(np.abs(joints) <= LARGEST))[0]
            position = f"keypoint[{body}][{frame}][{joint}] of {self.name}"
            expected = "finite ones, 0 for what was not observed"
            _refuse(self.file, position, "a coordinate that is NaN or infinite", expected)
        if joints.shape[-1] == 2:
            joints[..., 1] *= -1  # of an image, where y points down
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
    """

    splits: Mapping[str, tuple[str, ...]]
    annotations: tuple[PysklAnnotation, ...]


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a pickle of protocol 2 to 5."""
    return len(head) >= 3 and head[0] == 0x80 and 2 <= head[1] <= 5 and head[2] in b"}]\x95"


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
    loaded = load_pickle(content, file)
    record = {"annotations": loaded} if type(loaded) is list else loaded
    if type(record) is not dict or type(record.get("annotations")) is not list or not record["annotations"]:
        _refuse(file, "the pickle", _spelled(loaded), "a dict with split and annotations, or a list of annotations")
    annotations = tuple(_annotation(entry, at, file) for at, entry in enumerate(record["annotations"]))
    names = {annotation.name for annotation in annotations}
    if len(names) != len(annotations):
        _refuse(file, "annotations", f"{len(annotations)} with {len(names)} names", "each frame_dir once")
    if sum(annotation.keypoint.nbytes for annotation in annotations) > len(content):
        _refuse(file, "annotations", "more in arrays than in the file", "an array for each annotation")
    if len({annotation.layout for annotation in annotations}) > 1:
        _refuse(file, "annotations", "some with 17 and some with 25 joints", "one kind")
    return PysklAnnotations(_splits(record.get("split"), names, file), annotations)


def _annotation(entry: Any, at: int, file: Path) -> PysklAnnotation:
    position = f"annotation {at + 1}"
    if type(entry) is not dict:
        _refuse(file, position, _spelled(entry), "a dict with frame_dir, label and keypoint")
    name, label, keypoint, score = (entry.get(key) for key in ("frame_dir", "label", "keypoint", "keypoint_score"))
    if type(name) is not str or not 0 < len(name) <= _LONGEST_NAME:
        _refuse(file, f"{position}, frame_dir", _spelled(name), f"a name of 1 to {_LONGEST_NAME} letters")
    if type(label) is not int or not 0 <= label <= _LARGEST_LABEL:
        _refuse(file, f"{position}, label of {name}", _spelled(label), "one class id, a whole number from 0")
    joints = keypoint.array if type(keypoint) is PickledArray else None
    if joints is None or joints.ndim != 4 or joints.shape[2:] not in _LAYOUTS or not joints.size:
        expected = "(bodies, frames, 25, 3) or (bodies, frames, 17, 2) numbers"
        _refuse(file, f"{position}, keypoint of {name}", _spelled(keypoint), expected)
    scores = score.array if type(score) is PickledArray else None
    if score is not None and (scores is None or scores.shape != joints.shape[:3]):
        expected = f"an array {joints.shape[:3]}, as of keypoint"
        _refuse(file, f"{position}, keypoint_score of {name}", _spelled(score), expected)
    frames = entry.get("total_frames", joints.shape[1])
    if type(frames) is not int or not 0 < frames <= joints.shape[1]:
        expected = f"1 to the {joints.shape[1]} frames of keypoint"
        _refuse(file, f"{position}, total_frames of {name}", _spelled(frames), expected)
    shown = None if scores is None else scores[:, :frames]
    return PysklAnnotation(name, label, joints[:, :frames], shown, _LAYOUTS[joints.shape[2:]], file)


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
