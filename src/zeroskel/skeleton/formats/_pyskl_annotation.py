"""One annotation of PYSKL or MMAction2: the points of a recording, its name and its label."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, refuse, unobserved
from zeroskel.skeleton.formats._pickled_arrays import PickledArray

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
            refuse_pickle(self.file, position, "a coordinate that is infinite", expected)
        unseen = (joints == 0).all(axis=-1)
        if self.score is not None:
            unseen |= ~(self.score > 0)
        joints[unseen] = np.nan
        return joints


def label_of(entry: Any, at: int, file: Path) -> int | str | None:
    """Return the label of annotation number `at`: a class id, a text, or None without."""
    position = f"annotation {at + 1}"
    if type(entry) is not dict:
        refuse_pickle(file, position, spelled(entry), "a dict with frame_dir, label and keypoint")
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
        refuse_pickle(file, f"{position}, label of {str(_name(entry, at))[:60]}", spelled(label), expected)
    return label


def _name(entry: dict[str, Any], at: int) -> Any:
    return next((entry[key] for key in _NAMES if key in entry), f"{at + 1:06d}")


def annotation_of(entry: dict[str, Any], at: int, label: int | None, file: Path) -> PysklAnnotation:
    """Return annotation number `at`, whose label is known. Raises SkeletonFormatError where it is none."""
    position = f"annotation {at + 1}"
    name, keypoint, score = _name(entry, at), entry.get("keypoint"), entry.get("keypoint_score")
    if type(name) is not str or not 0 < len(name) <= _LONGEST_NAME:
        refuse_pickle(file, f"{position}, frame_dir", spelled(name), f"a name of 1 to {_LONGEST_NAME} letters")
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
        refuse_pickle(
            file, f"{position}, keypoint of {name}", spelled(keypoint), "numbers (bodies, frames, joints, 2 or 3)"
        )
    if score is not None and (scores is None or scores.shape != joints.shape[:3] or scores.dtype.kind not in "fiub"):
        expected = f"an array {joints.shape[:3]}, as of keypoint"
        refuse_pickle(file, f"{position}, keypoint_score of {name}", spelled(score), expected)
    if joints.shape[3] == 3 and scores is None and _has_scores(joints):
        joints, scores = joints[..., :2], joints[..., 2]
    frames = entry.get("total_frames", joints.shape[1])
    if type(frames) is not int or not 0 < frames <= joints.shape[1]:
        expected = f"1 to the {joints.shape[1]} frames of keypoint"
        refuse_pickle(file, f"{position}, total_frames of {name}", spelled(frames), expected)
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


def spelled(value: Any) -> str:
    """Return a short spelling of a value, for messages."""
    if type(value) is PickledArray:
        return "an array" if value.array is None else f"an array {value.array.shape}"
    return repr(value)[:30] if type(value) is int else f"a {type(value).__name__.lstrip('_')}"


def refuse_pickle(file: Path, position: str, actual: str, expected: str) -> NoReturn:
    """Raise SkeletonFormatError as refuse does, with the remedy for a published file."""
    refuse(file, position, actual, expected, "Take the file from its source again")
