"""Data sets in one .npz file of joints, offsets, labels, subjects, class_names and joint_names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core import Layout, SkeletonFormatError, SkeletonSequence
from zeroskel.skeleton.formats._npz import NpzSequences, read_sequences, write_sequences
from zeroskel.skeleton.formats._parsing import arrange_joints

_FPS = 30.0


def read_npz_dataset(path: Path, layout: str | Layout | None) -> dict[str, Any]:
    """Return the arguments of SkeletonDataset that a file holds; see SkeletonDataset.from_npz."""
    content = read_sequences(path)
    joints, joint_layout = arrange_joints(_observed(content), content.joint_names, layout, file=path)
    parts = np.split(joints, content.offsets[1:-1])
    names = content.extras.get("sample_names")
    notice = content.extras.get("notice")
    has_notice = notice is not None and notice.dtype.kind == "U" and notice.shape == ()
    return {
        "sequences": [
            SkeletonSequence(part.reshape(bodies, -1, *part.shape[1:]), joint_layout, rate)
            for part, bodies, rate in zip(parts, _bodies(content, path), _frame_rates(content, path), strict=True)
        ],
        "labels": content.labels,
        "subjects": content.subjects,
        "class_names": content.class_names,
        "name": path.stem.lower().replace("_", "-"),
        "protocols": _protocols(content),
        "notice": str(notice) if has_notice else "",
        "names": None if names is None or names.shape != content.labels.shape else [str(name) for name in names],
    }


def write_npz_dataset(
    path: Path,
    sequences: Sequence[SkeletonSequence],
    labels: np.ndarray,
    subjects: np.ndarray,
    class_names: Sequence[str],
    *,
    names: Sequence[str],
    notice: str,
    protocols: Mapping[str, np.ndarray],
) -> None:
    """Write a data set to one compressed file; the bodies of a sequence follow each other in `joints`."""
    rows = [sequence.joints.reshape(-1, *sequence.joints.shape[2:]) for sequence in sequences]
    extras = {
        "fps": np.array([sequence.fps for sequence in sequences]),
        "bodies": np.array([sequence.bodies for sequence in sequences]),
        "sample_names": np.array(names),
        "notice": np.array(notice),
        **{f"train_{protocol}": mask for protocol, mask in protocols.items()},
    }
    offsets = np.cumsum([0, *map(len, rows)])
    joint_names = list(sequences[0].layout.joints)
    joints = np.concatenate(rows)
    write_sequences(NpzSequences(joints, offsets, labels, subjects, list(class_names), joint_names, extras), path)


def _observed(content: NpzSequences) -> np.ndarray:
    """Return (sum_T, V, C) float32 joints with NaN for joints at exactly 0 or marked as not visible."""
    joints = content.joints.astype(np.float32)
    hidden = (joints == 0).all(axis=-1)
    visibility = content.extras.get("visibility")
    if visibility is not None and visibility.shape == hidden.shape:
        hidden |= visibility == 0
    joints[hidden] = np.nan
    return joints


def _protocols(content: NpzSequences) -> dict[str, np.ndarray]:
    """Return protocol -> (N,) train mask."""
    masks = {k.removeprefix("train_"): mask for k, mask in content.extras.items() if k.startswith("train_")}
    official = next((mask for k, mask in sorted(content.extras.items()) if k.startswith("official_train")), None)
    return masks if official is None else {"published": official, **masks}


def _bodies(content: NpzSequences, file: Path) -> np.ndarray:
    """Return the (N,) counts of bodies, which follow each other in the rows of a sequence."""
    lengths = np.diff(content.offsets)
    bodies = content.extras.get("bodies", np.ones_like(lengths))
    if bodies.dtype.kind not in "iu" or bodies.shape != lengths.shape or (bodies < 1).any() or (lengths % bodies).any():
        raise SkeletonFormatError(
            f"{file}, array bodies: found {bodies.dtype} {bodies.shape}; expected one whole number a sequence that "
            "divides its rows"
        )
    return bodies


def _frame_rates(content: NpzSequences, file: Path) -> np.ndarray:
    """Return the (N,) frames per second, from `fps`, else from the median step of `timestamps_ms`, else 30."""
    count = len(content.offsets) - 1
    if "fps" in content.extras:
        fps = content.extras["fps"]
        if fps.dtype.kind not in "fiu" or fps.shape not in ((), (1,), (count,)):
            raise SkeletonFormatError(
                f"{file}, array fps: found {fps.dtype} {fps.shape}; expected one number, or one for each of the "
                f"{count} sequences"
            )
        return np.broadcast_to(fps.astype(float), (count,))
    rates = np.full(count, _FPS)
    stamps = content.extras.get("timestamps_ms")
    if stamps is not None and stamps.shape == (len(content.joints),):
        for i in range(count):
            steps = np.diff(stamps[content.offsets[i] : content.offsets[i + 1]])
            if len(steps) and np.median(steps) > 0:
                rates[i] = 1000.0 / np.median(steps)
    return rates
