"""Writing of NTU RGB+D `.skeleton` text files, which `_ntu` reads."""

import logging
import os
from pathlib import Path

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core._layout import get_layout
from zeroskel.core.errors import InputError
from zeroskel.core.sequence import SkeletonSequence

_FPS = 30.0
_JOINTS = 25

log = logging.getLogger(__name__)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence of layout ntu-25 as a `.skeleton` file; fields that a sequence does not have are zero.

    A joint with a NaN coordinate is written as not tracked, a body without any joint in a frame is left out of it, and
    a joint at the origin will read as not observed. The format has no frame rate: another than 30 is lost, and logged.

    Raises:
        InputError: another layout, two channels, or no observed joint.
    """
    refuse_unwritable(sequence, path)
    observed = sequence.observed
    texts = np.where(observed[..., None], sequence.joints, np.float32(0)).astype("U32").tolist()
    lines = [str(sequence.frames)]
    for frame in range(sequence.frames):
        bodies = np.flatnonzero(observed[:, frame].any(axis=-1)).tolist()
        lines.append(str(len(bodies)))
        for body in bodies:
            lines += [f"{body + 1} 0 0 0 0 0 0 0 0 2", str(_JOINTS)]
            for (x, y, z), seen in zip(texts[body][frame], observed[body, frame].tolist(), strict=True):
                lines.append(f"{x} {y} {z} 0 0 0 0 0 0 0 0 {2 if seen else 0}")
    with atomic_path(Path(path)) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


def refuse_unwritable(sequence: SkeletonSequence, path: str | os.PathLike[str], most_bodies: int | None = None) -> None:
    """Refuse what a Kinect v2 text file cannot hold, and log that it does not keep another frame rate than 30.

    Raises:
        InputError: Another layout than ntu-25, two channels, too many bodies, or no observed joint.
    """
    fits = sequence.layout.joints == get_layout("ntu-25").joints and sequence.channels == 3
    if not fits or not sequence.observed.any() or sequence.bodies > (most_bodies or sequence.bodies):
        bodies = f", at most {most_bodies} bodies" if most_bodies else ""
        raise InputError(f"{path}: found {sequence!r}; expected observed joints of layout ntu-25 with x, y, z{bodies}")
    if sequence.fps != _FPS:
        log.warning("%s: the format has no frame rate; it will read as 30 fps, not %g", path, sequence.fps)
