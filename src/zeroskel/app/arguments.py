"""Arguments of commands that become recordings, actions and names of joints."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zeroskel.app.terminal import errors, shown_progress
from zeroskel.core import InputError, MissingFileError, Segment, SkeletonSequence

if TYPE_CHECKING:
    from zeroskel.skeleton.video import Landmarks

_MAX_LIST_BYTES = 2**20  # of a text file of actions or joint names


def read_recording(
    file: Path,
    layout: str | None,
    fps: float | None,
    up: str | None,
    unit: str | None,
    joints: Sequence[str] | Mapping[str, str] | None,
    mirror: bool | None,
    people: int,
) -> tuple[SkeletonSequence, "list[Landmarks]"]:
    """Return the recording of a file, a folder of frames or a video; the arguments are those of `zeroskel.read`.

    For a video, the landmarks of the bodies in the pictures come with it; the list is empty otherwise.
    """
    from zeroskel import read
    from zeroskel.skeleton.inference._points import Stated
    from zeroskel.skeleton.inference._sequence import infer_sequence
    from zeroskel.skeleton.video import SUFFIXES
    from zeroskel.skeleton.video._reading import find_people, people_sequence

    if file.suffix.lower() not in SUFFIXES:
        return read(file, layout=layout, fps=fps, up=up, unit=unit, joints=joints, mirror=mirror), []
    stated = Stated.of(file, layout, fps, up, unit, joints, mirror)
    with shown_progress() as progress:
        landmarks, notes = find_people(file, people=people, progress=progress)
    return infer_sequence(people_sequence(landmarks, notes), stated, "video", file), landmarks


def check_save_option(save: Path | None, file: Path) -> None:
    """Refuse `--save` for what is no video, and a name that cannot be written, before anything is computed."""
    from zeroskel.skeleton.video import SUFFIXES
    from zeroskel.skeleton.video._annotation import check_save

    if save is None:
        return
    if file.suffix.lower() not in SUFFIXES:
        raise InputError(f"--save draws on the pictures of a video, and {file} is none. Leave --save out.")
    check_save(save, file)


def save_film(
    file: Path, out: Path, sequence: SkeletonSequence, landmarks: "Sequence[Landmarks]", segments: Sequence[Segment]
) -> None:
    """Write the annotated copy of a video whose people do what the segments say.

    Args:
        file: The video.
        out: The copy.
        sequence: The recording of the video.
        landmarks: Landmarks of the bodies of the recording.
        segments: Actions of the people of the recording.
    """
    from zeroskel.skeleton._people import people_of
    from zeroskel.skeleton.video._annotation import save_annotated

    people = {person.number: [landmarks[body] for body in person.bodies] for person in people_of(sequence)}
    with shown_progress() as progress:
        save_annotated(file, out, people, segments, progress=progress)


def action_list(values: Sequence[str]) -> list[str]:
    """Return the actions of `--actions`: names, or the lines of a text file, or one text with commas between names.

    Raises:
        InputError: The file holds no names, or cannot be read.
    """
    if len(values) != 1:
        return [value.strip().rstrip(",") for value in values]
    text = values[0].strip()
    if Path(text).suffix.lower() == ".txt":
        actions = [line.strip() for line in _text_of(Path(text)).splitlines() if line.strip()]
        if not actions:
            raise InputError(f"{text}: the file has no line with a name; expected one action per line")
        return actions
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) < 2:
        return [text]
    errors.print(f"--actions: {len(parts)} actions between commas: {'; '.join(parts)}", soft_wrap=True, markup=False)
    return parts


def joint_names(file: Path | None) -> list[str] | dict[str, str] | None:
    """Return the names of joints in the file of `--joints`.

    The file has one name per line in the order of the points, or per line the file's name and ours, separated by a
    comma, a tab or "="; or it holds a JSON list or object of the same.

    Raises:
        InputError: The file has another form, or cannot be read.
    """
    if file is None:
        return None
    text = _text_of(file).strip()
    expected = "one joint name per line, or the file's name and ours separated by a comma; or a JSON list or object"
    if text[:1] in ("[", "{"):
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file}: not JSON ({error}); expected {expected}") from error
        names = [*content, *(content.values() if isinstance(content, dict) else ())]
        if not names or not all(isinstance(name, str) for name in names):
            raise InputError(f"{file}: the JSON holds other values than names; expected {expected}")
        return content
    rows = [line.replace("\t", ",").replace("=", ",").split(",") for line in text.splitlines() if line.strip()]
    if not rows or any(len(row) != len(rows[0]) or len(row) > 2 for row in rows):
        raise InputError(f"{file}: found {len(rows)} lines of different form; expected {expected}")
    cells = [[cell.strip() for cell in row] for row in rows]
    return [row[0] for row in cells] if len(cells[0]) == 1 else {row[0]: row[1] for row in cells}


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise MissingFileError(f"{file}: no such file. Check the path")
    if file.stat().st_size > _MAX_LIST_BYTES:
        raise InputError(f"{file}: more than {_MAX_LIST_BYTES >> 20} MiB; expected a short list of names")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text ({error.reason}). Save it as UTF-8") from error
