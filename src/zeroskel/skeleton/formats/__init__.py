"""Files of one recording: a table of formats, and the functions that read and write them.

Each module offers `looks_like(head)` and `parse(content, file, *, layout, fps)`, and `write(sequence, path)` where the
format has a writer. A parser returns `FilePoints` (points with names or numbers, whose joints, axes, unit and people
`zeroskel.skeleton.inference` finds), or a `SkeletonSequence` where the format defines all of these. A new format is
such a module and a line of FORMATS, or a call of `register_format`.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zeroskel.core._layout import Layout
from zeroskel.core.errors import InputError
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats import (
    _acclaim,
    _arrays,
    _bvh,
    _c3d_markers,
    _csv_joints,
    _gltf,
    _json_joints,
    _kinect_text,
    _matlab,
    _matlab_loading,
    _mvnx,
    _npz,
    _ntu,
    _ntu_writing,
    _opensim,
    _pku_mmd,
    _pose_tracks,
    _pyskl_pickle,
    _qualisys,
    _smpl,
)
from zeroskel.skeleton.formats._conversions import advice
from zeroskel.skeleton.formats._frame_folder import folder_points
from zeroskel.skeleton.formats._parsing import file_content, refuse
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.inference._sequence import infer_sequence
from zeroskel.skeleton.video._reading import SUFFIXES as _VIDEO_SUFFIXES

__all__ = ["FORMATS", "Format", "parse", "read", "register_format", "write"]


@dataclass(frozen=True)
class Format:
    r"""File format of one recording.

    Args:
        suffix: The suffix of its files in small letters, such as ".bvh".
        looks_like: Returns whether a file that starts with the given bytes (8 KiB at most) is of the format.
        parse: Returns the sequence of (content, file, *, layout, fps): the bytes of a file, and its path for messages.
            It may also return `FilePoints`, whose joints, axes and unit are then inferred.
        write: Writes (sequence, path); None for a format that is only read.

    Example:
        >>> from zeroskel.skeleton.formats import FORMATS
        >>> FORMATS["BVH"].suffix, FORMATS["BVH"].looks_like(b"HIERARCHY\n")
        ('.bvh', True)
    """

    suffix: str
    looks_like: Callable[[bytes], bool]
    parse: Callable[..., SkeletonSequence | FilePoints]
    write: Callable[[SkeletonSequence, str | os.PathLike[str]], None] | None = None


FORMATS: dict[str, Format] = {
    "NTU text": Format(".skeleton", _ntu.looks_like, _ntu.parse, _ntu_writing.write),
    "NumPy arrays": Format(".npz", _npz.looks_like, _npz.parse, _npz.write),
    "TSV": Format(".tsv", _qualisys.looks_like, _qualisys.parse),
    "NumPy array": Format(".npy", _arrays.looks_like, _arrays.parse),
    "CSV of joints": Format(".csv", _csv_joints.looks_like, _csv_joints.parse, _csv_joints.write),
    "JSON of joints": Format(".json", _json_joints.looks_like, _json_joints.parse, _json_joints.write),
    "BVH": Format(".bvh", _bvh.looks_like, _bvh.parse),
    "GLB": Format(".glb", _gltf.is_glb, _gltf.parse),
    "glTF": Format(".gltf", _gltf.looks_like, _gltf.parse),
    "VRM avatar": Format(".vrm", lambda _: False, _gltf.parse),
    "VRM animation": Format(".vrma", lambda _: False, _gltf.parse),
    "SMPL pickle": Format(".pkl", _smpl.looks_like, _smpl.parse),
    "C3D": Format(".c3d", _c3d_markers.looks_like, _c3d_markers.parse),
    "TRC": Format(".trc", _opensim.looks_like_trc, _opensim.parse_trc),
    "OpenSim storage": Format(".sto", _opensim.looks_like_storage, _opensim.parse_storage),
    "OpenSim motion": Format(".mot", lambda head: False, _opensim.parse_storage),
    "SLEAP": Format(".slp", _pose_tracks.looks_like, _pose_tracks.parse),
    "pose tracks in HDF5": Format(".h5", lambda head: False, _pose_tracks.parse),
    "NWB": Format(".nwb", lambda head: False, _pose_tracks.parse),
    "MVNX": Format(".mvnx", _mvnx.looks_like, _mvnx.parse),
    "Acclaim motion": Format(".amc", _acclaim.looks_like, _acclaim.parse),
    "PYSKL pickle": Format(".pkl", _pyskl_pickle.looks_like, _pyskl_pickle.parse),
    "MATLAB": Format(".mat", _matlab_loading.looks_like, _matlab.parse),
    "PKU-MMD text": Format(".txt", _pku_mmd.looks_like, _pku_mmd.parse, _pku_mmd.write),
    "MSR-Action3D text": Format(".txt", _kinect_text.MSR_ACTION3D.looks_like, _kinect_text.MSR_ACTION3D.parse),
    "UTKinect text": Format(".txt", _kinect_text.UTKINECT.looks_like, _kinect_text.UTKINECT.parse),
}

_HEAD_BYTES = 8192


def read(
    path: str | os.PathLike[str],
    *,
    layout: str | Layout | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    joints: Sequence[str] | Mapping[str, str] | None = None,
    mirror: bool | None = None,
) -> SkeletonSequence:
    """Read one recording; its content selects the format, and its suffix where the content is ambiguous.

    What is not given and the file does not state is inferred from the people in the file; `reading` of the result says
    in one line what was read and inferred.

    Args:
        path: A file in one of FORMATS, a folder with a file for each frame, or a video (docs/video.md).
        layout: The joint layout of the result, joints are matched by name; None keeps the layout of the file. Points
            that have numbers only are taken in the order of this layout.
        fps: Frames per second; None takes the rate of the file, else 30.
        up: The axis of the file that points up: "y", "-y", "z" or "-z".
        unit: The unit of the file: "m", "cm", "mm", "inch" or "pixel".
        joints: Names of the points in the order of the file, or a table from the file's names to joint names.
        mirror: Whether the file shows people in a mirror, as left-handed axes do. True changes the sign of x, False
            keeps it, None decides by toes and faces.

    Returns:
        A sequence with joints (M, T, V, C) in metres, y up (2-D: pixels, y up); NaN where not observed.

    Raises:
        MissingFileError: The file does not exist.
        InputError: An option has an unknown value, or the file holds more than one sequence.
        SkeletonFormatError: The format is unknown, the file is broken, or a fact cannot be inferred and must be given.
        LayoutError: The joints do not fit the layout, or no layout.

    Example:
        >>> import tempfile, zeroskel
        >>> from zeroskel.skeleton.formats import write
        >>> wave = zeroskel.SkeletonSequence([[[0.0, 1.0, 2.0]] * 25] * 3, layout="ntu-25")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(wave, f"{folder}/wave.json")
        ...     print(zeroskel.read(f"{folder}/wave.json"))
        SkeletonSequence(1 bodies, 3 frames, ntu-25, 30 fps, 0.0% missing)
    """
    file = Path(path)
    stated = Stated.of(file, layout, fps, up, unit, joints, mirror)
    if file.is_dir():
        return infer_sequence(folder_points(file), stated, "folder of frames", file)
    if file.suffix.lower() in _VIDEO_SUFFIXES:
        from zeroskel.skeleton.video import read_video

        return infer_sequence(read_video(file), stated, "video", file)
    return _parse(*file_content(file), stated)


def parse(
    content: bytes,
    file: Path,
    *,
    layout: str | Layout | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    joints: Sequence[str] | Mapping[str, str] | None = None,
    mirror: bool | None = None,
) -> SkeletonSequence:
    """Parse the content of a file that was read already, such as an upload or a member of an archive.

    Args:
        content: The bytes of the file.
        file: Its path; the suffix helps to select the format, and messages name it.
        layout: The joint layout of the result; None keeps the layout of the file.
        fps: Frames per second; None takes the rate of the file, else 30.
        up: The axis of the file that points up; see read.
        unit: The unit of the file; see read.
        joints: Names of the points; see read.
        mirror: Whether the file shows people in a mirror; see read.

    Returns:
        A sequence with joints (M, T, V, C); see read.

    Raises:
        InputError: An option has an unknown value, or the file holds more than one sequence.
        SkeletonFormatError: The format is unknown, the file is broken, or a fact cannot be inferred and must be given.
        LayoutError: The joints do not fit the layout, or no layout.

    Example:
        >>> from pathlib import Path
        >>> from zeroskel.skeleton.formats import parse
        >>> content = b'{"layout": "ntu-25", "fps": 15, "joints": [[' + b", ".join([b"[0, 1, 2]"] * 25) + b"]]}"
        >>> parse(content, Path("upload.json")).fps
        15.0
    """
    return _parse(content, file, Stated.of(file, layout, fps, up, unit, joints, mirror))


def _parse(content: bytes, file: Path, stated: Stated) -> SkeletonSequence:
    name, known = _format_of(file, content[:_HEAD_BYTES])
    return infer_sequence(known.parse(content, file, layout=stated.layout, fps=stated.fps), stated, name, file)


def write(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write one recording in the format that the suffix of the path names; an existing file is replaced at once.

    Args:
        sequence: The recording.
        path: The file: `.json`, `.csv`, `.npz`, `.skeleton` (NTU) or `.txt` (PKU-MMD).

    Raises:
        InputError: No format with this suffix has a writer, or the format cannot hold the sequence.

    Example:
        >>> import tempfile, zeroskel
        >>> from zeroskel.skeleton.formats import write
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write(zeroskel.SkeletonSequence([[[0.0, 1.0, 2.0]] * 25], layout="ntu-25"), f"{folder}/clip.csv")
        ...     print(open(f"{folder}/clip.csv").readline()[:20])
        frame,time_s,body,hi
    """
    suffix = Path(path).suffix.lower()
    writers = {known.suffix: known.write for known in FORMATS.values() if known.write is not None}
    if suffix not in writers:
        raise InputError(f"{path}: no format with the suffix {suffix!r} is written; expected {', '.join(writers)}")
    writers[suffix](sequence, path)


def register_format(name: str, file_format: Format) -> None:
    """Make another format known to read, parse, write and `zeroskel data prepare folder` in this process.

    Args:
        name: The name in messages, such as "TRC".
        file_format: Its suffix and functions.

    Raises:
        InputError: A format of this name exists.

    Example:
        >>> from zeroskel import SkeletonSequence
        >>> from zeroskel.skeleton.formats import FORMATS, Format, register_format
        >>> def parse_origin(content, file, *, layout=None, fps=None):
        ...     return SkeletonSequence([[[0.0, 0.0, 0.0]] * 25], layout or "ntu-25", fps or 30.0)
        >>> register_format("origin", Format(".origin", lambda head: head.startswith(b"origin"), parse_origin))
        >>> FORMATS.pop("origin").suffix
        '.origin'
    """
    if name in FORMATS:
        raise InputError(f"the format {name!r} exists; register the new one under another name")
    FORMATS[name] = file_format


def _format_of(file: Path, head: bytes) -> tuple[str, Format]:
    suffixes = {known.suffix: name for name, known in FORMATS.items()}
    other = advice(file, head)
    if other is not None and file.suffix.lower() not in suffixes:
        refuse(file, "", other[0], f"joints ({', '.join(suffixes)}) or a video", other[1])
    by_content = [(name, known) for name, known in FORMATS.items() if known.looks_like(head)]
    by_suffix = [(name, known) for name, known in FORMATS.items() if known.suffix == file.suffix.lower()]
    for candidates in (by_content, by_suffix):
        if len(candidates) == 1:
            return candidates[0]
    refuse(file, "", _describe(head), f"a recording ({', '.join(suffixes)})", "Convert it, or correct its suffix")


def _describe(head: bytes) -> str:
    if not head:
        return "an empty file"
    first_line = head.split(b"\n", 1)[0].strip()[:60]
    if first_line.isascii() and first_line.decode("ascii").isprintable():
        return f"text that starts with {first_line.decode('ascii')!r}"
    return f"bytes that start with {head[:8].hex(' ')}"
