"""Kinder-Gator: 58 motions of 10 adults and 10 children; Kinect v1.

Files `POSE-pPID_NN-Name-stamp.csv` (participant, place in the session, motion, time), in any folder. For research; cite
Aloba, Flores, Woodward et al., "Kinder-Gator: The UF Kinect Database of Child and Adult Motion", Eurographics 2018.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.core._files import resource_table
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._recipe_parts import Listing, Recording, Task, named_recordings, without_origin
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import _csv_joints
from zeroskel.skeleton.formats._parsing import LARGEST, text_of

_PATTERN = re.compile(r"(?P<name>POSE-p(?P<subject>\d+)_\d+-(?P<label>.+)-\d+)\.csv", re.ASCII)
_EXPECTED = "the folder of Kinder-Gator, with files such as POSE-p103_01-Raise-your-hand-1455370152780.csv"


@cache
def _class_of_label() -> dict[str, str]:
    return dict(resource_table("kinder_gator_labels.toml")["classes"])


def find(files: Sequence[SourceFile]) -> Listing:
    """Return the recordings of Kinder-Gator. Raises InputError where there is none, or an unknown motion."""
    names = published_class_names("kinder-gator")
    tasks = []
    for file, match in named_recordings(files, _PATTERN, _EXPECTED):
        if match["label"] not in _class_of_label():
            raise InputError(
                f"{file.origin}: found motion {match['label'][:80]!r}; expected one of {len(names)} of the release, "
                "such as Raise-your-hand. Leave the file out, or restore its name"
            )
        label = names.index(_class_of_label()[match["label"]])
        tasks.append(Task(file, {"name": match["name"], "label": label, "subject": int(match["subject"])}))
    return Listing(tuple(tasks), names, "kinect-20")


def read(task: Task) -> list[Recording]:
    """Return the recording of one file; NaN where a joint is at the origin."""
    content, position = task.file.content(), task.file.origin
    sequence = _csv_joints.parse(content, position, layout="kinect-20", fps=_frame_rate(content, position))
    return [Recording(sequence=without_origin(sequence), **task.facts)]


def _frame_rate(content: bytes, file: Path) -> float:
    """Return frames a second: one over the median step of the time stamps, which are milliseconds; 30 for one frame."""
    header, *rows = text_of(content, file).split("\n")
    cells = [row.split(",", 1)[0] for row in rows if row.strip(", ")]
    try:
        times = np.array(cells, dtype=np.float64)
    except ValueError:
        times = np.full(2, np.nan)
    finite = bool((np.abs(times) <= LARGEST).all())
    step = float(np.median(np.diff(times))) if finite and len(times) > 1 else np.nan
    if header.split(",", 1)[0].strip() != "Timestamp" or not (1e-3 < step < 1e6 or (finite and len(times) < 2)):
        raise SkeletonFormatError(
            f"{file}, first column: found {header[:40]!r} with a median step of {step:g}; expected Timestamp, "
            "milliseconds that grow. Take the file from the release again"
        )
    return 1000.0 / step if len(times) > 1 else 30.0
