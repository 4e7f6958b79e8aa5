"""Files of one recording: a module a format, each with looks_like, read and write; `read` finds the format."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.core.layout import Layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats import (
    acclaim,
    bvh,
    c3d_markers,
    csv_joints,
    json_joints,
    kinect_text,
    matlab,
    npz,
    ntu,
    pku_mmd,
)
from zeroskel.skeleton.formats.acclaim import parse_amc, read_amc
from zeroskel.skeleton.formats.bvh import parse_bvh, read_bvh
from zeroskel.skeleton.formats.c3d_markers import parse_c3d, read_c3d
from zeroskel.skeleton.formats.csv_joints import parse_csv_joints, read_csv_joints, write_csv_joints
from zeroskel.skeleton.formats.json_joints import parse_json_joints, read_json_joints, write_json_joints
from zeroskel.skeleton.formats.kinect_text import (
    parse_msr_action3d,
    parse_utkinect,
    read_florence3d,
    read_kard,
    read_msr_action3d,
    read_utkinect,
)
from zeroskel.skeleton.formats.matlab import parse_matlab, read_jhmdb, read_matlab, read_penn_action, read_utd_mhad
from zeroskel.skeleton.formats.named_joints import MOST_FILE_BYTES, arrange_joints, file_content
from zeroskel.skeleton.formats.npz import (
    NpzSequences,
    parse_npz,
    read_npz,
    read_npz_sequences,
    write_npz,
    write_npz_sequences,
)
from zeroskel.skeleton.formats.ntu import parse_ntu, read_ntu, write_ntu
from zeroskel.skeleton.formats.pku_mmd import (
    ActionLabel,
    parse_pku_mmd,
    parse_pku_mmd_labels,
    read_pku_mmd,
    write_pku_mmd,
    write_pku_mmd_labels,
)
from zeroskel.skeleton.formats.pyskl_pickle import read_pyskl
from zeroskel.skeleton.video.containers import SUFFIXES as VIDEO_SUFFIXES

__all__ = [
    "FORMATS",
    "MOST_FILE_BYTES",
    "ActionLabel",
    "Format",
    "NpzSequences",
    "arrange_joints",
    "parse",
    "parse_csv_joints",
    "parse_json_joints",
    "parse_npz",
    "parse_ntu",
    "parse_pku_mmd",
    "parse_pku_mmd_labels",
    "read",
    "read_amc",
    "read_bvh",
    "read_c3d",
    "read_csv_joints",
    "read_florence3d",
    "read_jhmdb",
    "read_json_joints",
    "read_kard",
    "read_matlab",
    "read_msr_action3d",
    "read_npz",
    "read_npz_sequences",
    "read_ntu",
    "read_penn_action",
    "read_pku_mmd",
    "read_pyskl",
    "read_utd_mhad",
    "read_utkinect",
    "write_csv_joints",
    "write_json_joints",
    "write_npz",
    "write_npz_sequences",
    "write_ntu",
    "write_pku_mmd",
    "write_pku_mmd_labels",
]

Writer = Callable[[SkeletonSequence, str | os.PathLike[str]], None]


@dataclass(frozen=True)
class Format:
    """A file format: its suffix, whether first bytes look like it, its parser and, where there is one, its writer."""

    suffix: str
    looks_like: Callable[[bytes], bool]
    parse: Callable[..., SkeletonSequence]
    write: Writer | None = None


FORMATS: dict[str, Format] = {
    "NTU text": Format(".skeleton", ntu.looks_like, parse_ntu, write_ntu),
    "NumPy arrays": Format(".npz", npz.looks_like, parse_npz, write_npz),
    "CSV of joints": Format(".csv", csv_joints.looks_like, parse_csv_joints, write_csv_joints),
    "JSON of joints": Format(".json", json_joints.looks_like, parse_json_joints, write_json_joints),
    "BVH": Format(".bvh", bvh.looks_like, parse_bvh),
    "C3D": Format(".c3d", c3d_markers.looks_like, parse_c3d),
    "Acclaim motion": Format(".amc", acclaim.looks_like, parse_amc),
    "MATLAB": Format(".mat", matlab.looks_like, parse_matlab),
    "PKU-MMD text": Format(".txt", pku_mmd.looks_like, parse_pku_mmd, write_pku_mmd),
    "MSR-Action3D text": Format(".txt", kinect_text.looks_like_msr_action3d, parse_msr_action3d),
    "UTKinect text": Format(".txt", kinect_text.looks_like_utkinect, parse_utkinect),
}

_HEAD_BYTES = 8192


def read(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read one recording; the format is found by content, and by suffix where the content does not tell.

    Args:
        path: a file in one of FORMATS, or a video (docs/video.md).
        layout: the joint layout wanted, joints are matched by name; None takes the file's.
        fps: frames a second; None takes the file's, else 30.

    Returns:
        A sequence with joints (M, T, V, C) in metres, NaN where not observed.

    Raises:
        MissingFileError: there is no such file.
        InputError: the path is a folder, or the file holds several sequences.
        SkeletonFormatError: the format is unknown, or the file is broken.
        LayoutError: the joints do not fit the layout, or no layout.
    """
    if Path(path).suffix.lower() in VIDEO_SUFFIXES:
        from zeroskel.skeleton.transforms import convert_layout
        from zeroskel.skeleton.video import read_video

        sequence = read_video(path)
        sequence = sequence if layout is None else convert_layout(sequence, layout)
        return sequence if fps is None else sequence.replace(sequence.joints, fps=fps)
    return parse(*file_content(path), layout=layout, fps=fps)


def parse(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read, from the content of a file; `file` gives the suffix and is named in messages."""
    return _format_of(file, content[:_HEAD_BYTES]).parse(content, file, layout=layout, fps=fps)


def _format_of(file: Path, head: bytes) -> Format:
    alike = [known for known in FORMATS.values() if known.looks_like(head)]
    named = [known for known in FORMATS.values() if known.suffix == file.suffix.lower()]
    for found in (alike, named):
        if len(found) == 1:
            return found[0]
    raise SkeletonFormatError(
        f"{file}: found {_describe(head)}; expected one of "
        f"{', '.join(f'{name} ({known.suffix})' for name, known in FORMATS.items())}. Convert it, or correct its suffix"
    )


def _describe(head: bytes) -> str:
    if not head:
        return "an empty file"
    first = head.split(b"\n", 1)[0].strip()[:60]
    if first.isascii() and first.decode("ascii").isprintable():
        return f"text that starts with {first.decode('ascii')!r}"
    return f"bytes that start with {head[:8].hex(' ')}"
