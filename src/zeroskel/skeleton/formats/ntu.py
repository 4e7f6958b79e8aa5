"""NTU RGB+D `.skeleton` text files: Kinect v2, 25 joints, metres, y up, 30 frames a second.

The number of frames; per frame the number of bodies; per body a line with its tracking id and nine state fields, a line
with the number of joints, and a line a joint: x y z, depth x y, colour x y, orientation w x y z, tracking state (0 not
tracked, 1 inferred, 2 tracked).
"""

import logging
import os
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.core.errors import InputError, SkeletonFormatError
from zeroskel.core.layout import Layout, get_layout
from zeroskel.core.sequence import SkeletonSequence
from zeroskel.skeleton.formats.decimal_text import write_decimals
from zeroskel.skeleton.formats.named_joints import LARGEST, arrange_joints, file_content, text_of, unobserved
from zeroskel.skeleton.formats.ntu_fast import BODY_FIELDS, JOINT_FIELDS, JOINTS, Bodies, read_quickly
from zeroskel.skeleton.formats.text_planes import NEWLINE, SPACE

_FPS = 30.0
_READ_FIELDS = [0, 1, 2, 11]  # x, y, z, tracking state
_MOST_BODIES = 16  # in one frame; Kinect v2 tracks six
_COPY_AGAIN = "The file is cut short or altered: take it from the release again"

log = logging.getLogger(__name__)


class _Block(NamedTuple):
    """One body in one frame; `first` is the index of its first joint line."""

    frame: int
    tracking_id: int
    first: int


def looks_like(head: bytes) -> bool:
    """Whether a file that starts so has a whole number alone on each of its first two lines."""
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 2)[:2]
    return len(lines) == 2 and all(line.strip().isdigit() for line in lines)


def read_ntu(
    path: str | os.PathLike[str], *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """Read an NTU RGB+D `.skeleton` file.

    Args:
        path: the file.
        layout: the layout wanted; None keeps ntu-25.
        fps: frames a second; None is 30, the rate of the Kinect.

    Returns:
        A sequence with joints (M, T, 25, 3) in metres: all bodies, apart by tracking id, in order of first appearance.
        NaN where a body is not in a frame, and for joints not tracked or all zero.

    Raises:
        SkeletonFormatError: the file is cut short, altered, or holds no body; the message names the line.
    """
    return parse_ntu(*file_content(path), layout=layout, fps=fps)


def parse_ntu(
    content: bytes, file: Path, *, layout: str | Layout | None = None, fps: float | None = None
) -> SkeletonSequence:
    """As read_ntu, from the content of a file; `file` is named in messages."""
    bodies = read_quickly(content) or _read_strictly(content, file)
    order = {tracking_id: body for body, tracking_id in enumerate(dict.fromkeys(bodies.tracking_ids))}
    joints = unobserved((len(order), bodies.frames, JOINTS, 3), file)
    joints[[order[tracking_id] for tracking_id in bodies.tracking_ids], bodies.frame] = _observed(bodies.numbers)
    if np.isnan(joints).all():
        raise SkeletonFormatError(
            f"{file}: found no tracked joint in {bodies.frames} frames; expected one body. Leave it out"
        )
    found = _own_layout()
    if layout not in (None, found.name, found):
        joints, found = arrange_joints(joints, found.joints, layout, file=file)
    return SkeletonSequence(joints, found, _FPS if fps is None else fps)


def write_ntu(sequence: SkeletonSequence, path: str | os.PathLike[str]) -> None:
    """Write a sequence of layout ntu-25 as a `.skeleton` file; fields that a sequence does not have are zero.

    A joint with a NaN coordinate is written as not tracked, a body without any joint in a frame is left out of it, and
    a joint at the origin will read as not observed. The format has no frame rate: another than 30 is lost, and logged.

    Raises:
        InputError: another layout, two channels, or no observed joint.
    """
    if sequence.layout.joints != get_layout("ntu-25").joints or sequence.channels != 3 or not sequence.observed.any():
        raise InputError(f"{path}: found {sequence!r}; expected observed joints of layout ntu-25 with x, y and z")
    if sequence.fps != _FPS:
        log.warning("%s: an NTU file has no frame rate; it will read as 30 fps, not %g", path, sequence.fps)
    with atomic_path(Path(path)) as temporary:
        temporary.write_bytes(_written(sequence))


@cache
def _own_layout() -> Layout:
    return get_layout("ntu-25")


def _observed(numbers: np.ndarray) -> np.ndarray:
    """(B, 25, 3) float32 metres, NaN where not tracked or all zero, of x, y, z and tracking state (4, B, 25)."""
    x, y, z, state = numbers
    joints = np.empty((*x.shape, 3), np.float32)
    joints[..., 0], joints[..., 1], joints[..., 2] = x, y, z
    joints[(state == 0) | ((x == 0) & (y == 0) & (z == 0))] = np.nan
    return joints


def _written(sequence: SkeletonSequence) -> bytes:
    observed = sequence.observed
    texts = write_decimals(np.where(observed[..., None], sequence.joints, np.float32(0)))
    blank = np.full((*texts.shape[:-1], 1), SPACE, np.uint8)
    coordinates = np.concatenate([texts, blank], axis=-1).reshape(*observed.shape, -1)
    unread = np.broadcast_to(np.frombuffer(b"0 0 0 0 0 0 0 0 ", np.uint8), (*observed.shape, 16))
    states = np.stack([np.where(observed, ord("2"), ord("0")), np.full(observed.shape, NEWLINE)], axis=-1)
    lines = np.concatenate([coordinates, unread, states.astype(np.uint8)], axis=-1)
    written = [b"%d\n" % sequence.frames]
    for frame in range(sequence.frames):
        bodies = np.flatnonzero(observed[:, frame].any(axis=-1)).tolist()
        written.append(b"%d\n" % len(bodies))
        for body in bodies:
            joints = lines[body, frame].tobytes().replace(b"\0", b"")
            written.append(b"%d 0 0 0 0 0 0 0 0 2\n%d\n%b" % (body + 1, JOINTS, joints))
    return b"".join(written)


def _read_strictly(content: bytes, file: Path) -> Bodies:
    """As read_quickly, of any file that can be read at all; of others it tells the line at fault."""
    lines = text_of(content, file).rstrip().split("\n")
    frames, blocks = _find_blocks(lines, file)
    tracking_ids = [block.tracking_id for block in blocks]
    return Bodies(frames, np.array([b.frame for b in blocks]), tracking_ids, _numbers(lines, blocks, file))


def _find_blocks(lines: list[str], file: Path) -> tuple[int, list[_Block]]:
    """The number of frames and where each body stands, from the count lines alone."""
    frames = _count(lines, 0, "the number of frames", file)
    if not 0 < frames < len(lines):
        _refuse(file, 0, f"{frames} frames announced and {len(lines) - 1} lines after it", "a line or more a frame")
    blocks: list[_Block] = []
    at = 1
    for frame in range(frames):
        bodies = _count(lines, at, f"the number of bodies in frame {frame + 1}", file)
        if bodies > _MOST_BODIES:
            _refuse(file, at, f"{bodies} bodies in one frame", f"at most {_MOST_BODIES}")
        at += 1
        seen: set[int] = set()
        for _ in range(bodies):
            tracking_id = _tracking_id(lines, at, file)
            if tracking_id in seen:
                _refuse(file, at, f"tracking id {tracking_id} twice in frame {frame + 1}", "one body an id")
            seen.add(tracking_id)
            joints = _count(lines, at + 1, "the number of joints", file)
            if joints != JOINTS:
                _refuse(file, at + 1, f"{joints} joints", f"{JOINTS}")
            blocks.append(_Block(frame, tracking_id, at + 2))
            at += 2 + JOINTS
    if at != len(lines):
        found = "the end of the file" if at > len(lines) else f"more lines after the last of {frames} frames"
        _refuse(file, min(at, len(lines)), found, f"{at} lines")
    if not blocks:
        raise SkeletonFormatError(f"{file}: found no body in {frames} frames; expected one. Leave the recording out")
    return frames, blocks


def _count(lines: list[str], at: int, what: str, file: Path) -> int:
    token = lines[at].strip() if at < len(lines) else None
    if token is None or not (token.isascii() and token.isdigit() and len(token) < 19):
        _refuse(file, at, "the end of the file" if token is None else repr(token[:60]), f"{what}, a whole number")
    return int(token)


def _tracking_id(lines: list[str], at: int, file: Path) -> int:
    fields = lines[at].split() if at < len(lines) else []
    expected = f"a tracking id and {BODY_FIELDS - 1} numbers of the body's state"
    if len(fields) != BODY_FIELDS or not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) < 25):
        _refuse(file, at, repr(lines[at][:60]) if at < len(lines) else "the end of the file", expected)
    try:
        np.array(fields[1:], dtype=np.float64)
    except ValueError:
        _refuse(file, at, repr(lines[at][:60]), expected)
    return int(fields[0])


def _numbers(lines: list[str], blocks: list[_Block], file: Path) -> np.ndarray:
    """(4, B, 25) x, y, z and tracking state.

    Fields that are not read may be NaN or infinite: the release has such where a joint falls outside an image.
    """
    joint_lines = [line for block in blocks for line in lines[block.first : block.first + JOINTS]]
    try:
        numbers = np.loadtxt(joint_lines, comments=None, ndmin=2)
    except ValueError as error:
        _refuse_joint_lines(joint_lines, blocks, file, error)
    if numbers.shape != (len(joint_lines), JOINT_FIELDS):
        _refuse_joint_lines(joint_lines, blocks, file, None)
    read = numbers[:, _READ_FIELDS]
    wrong = ~(np.abs(read) <= LARGEST).all(axis=1) | ~np.isin(read[:, 3], (0, 1, 2))
    if wrong.any():
        row = int(np.argmax(wrong))
        _refuse(
            file,
            _line_of(row, blocks),
            f"x, y, z and tracking state {' '.join(f'{number:g}' for number in read[row])}",
            "finite coordinates and a state of 0, 1 or 2",
        )
    return read.T.reshape(4, -1, JOINTS)


def _refuse_joint_lines(lines: list[str], blocks: list[_Block], file: Path, error: ValueError | None) -> NoReturn:
    """Find the line that NumPy could not read as twelve numbers."""
    expected = f"{JOINT_FIELDS} numbers: x y z, depth x y, colour x y, orientation w x y z, tracking state"
    for row, line in enumerate(lines):
        if len(line.split()) != JOINT_FIELDS:
            _refuse(file, _line_of(row, blocks), f"{len(line.split())} fields", expected)
        try:
            np.loadtxt([line], comments=None)
        except ValueError:
            _refuse(file, _line_of(row, blocks), repr(line[:120]), expected)
    raise SkeletonFormatError(f"{file}: joint lines cannot be read; expected {expected}. {_COPY_AGAIN}") from error


def _line_of(row: int, blocks: list[_Block]) -> int:
    return blocks[row // JOINTS].first + row % JOINTS


def _refuse(file: Path, at: int, found: str, expected: str) -> NoReturn:
    raise SkeletonFormatError(f"{file}, line {at + 1}: found {found}; expected {expected}. {_COPY_AGAIN}")
