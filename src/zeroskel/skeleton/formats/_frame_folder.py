"""A folder with a file for each frame, as OpenPose, AlphaPose, MMPose and Ultralytics write them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core.errors import InputError
from zeroskel.skeleton.formats._detections import Frame, Person, tabulate
from zeroskel.skeleton.formats._json_estimators import estimator_points
from zeroskel.skeleton.formats._json_frames import Record, records
from zeroskel.skeleton.formats._json_joints import is_recording
from zeroskel.skeleton.formats._json_people import point_key
from zeroskel.skeleton.formats._json_text import json_value
from zeroskel.skeleton.formats._parsing import MOST_FILE_BYTES, file_content, finite_numbers, lines_of, refuse
from zeroskel.skeleton.inference._points import FilePoints

_FRAME_NUMBER = re.compile(r"(\d{1,12})(?:_keypoints|_rendered|_predictions?)?$")
_YOLO_THRESHOLD = 0.2


def folder_points(folder: Path) -> FilePoints:
    """Return the points of a folder whose files are the frames of one recording, in the order of their numbers.

    Raises:
        InputError: the folder has no such files, or those of more than one recording.
        SkeletonFormatError: a file is broken, or nobody is seen in any of them.
    """
    for suffix in _PARSERS:
        files = [one for one in folder.iterdir() if one.suffix.lower() == suffix and not one.name.startswith(".")]
        if (size := sum(file.stat().st_size for file in files)) > MOST_FILE_BYTES:
            most = f"one recording of at most {MOST_FILE_BYTES >> 20} MiB"
            refuse(folder, "", f"{size / 2**20:.0f} MiB", most, "Name a folder with fewer frames")
        if files:
            return frame_points({file: file_content(file)[0] for file in files}, folder)
    raise InputError(f"{folder}: found a folder without frames; expected a .json of a pose estimator for each frame")


def frame_points(contents: Mapping[Path, bytes], folder: Path) -> FilePoints:
    """Return the points of the files of a folder (path -> content), all of one suffix. Raises as folder_points."""
    files = sorted(contents, key=_natural)
    return _PARSERS[files[0].suffix.lower()](folder, files, [contents[file] for file in files])


def frame_prefix(file: Path) -> str | None:
    """Return the name of a JSON file before its frame number; None where its name is not that of a frame."""
    match = _FRAME_NUMBER.search(file.stem) if file.suffix.lower() == ".json" else None
    return file.stem[: match.start()] if match else None


def is_frame(content: bytes, file: Path) -> bool | None:
    """Return whether a JSON file has people in one frame; None where it has nobody."""
    value = json_value(content, file)
    if is_recording(value):
        return False
    key = point_key(value)
    return None if key is None else len(records(value, key)) == 1


def _natural(file: Path) -> list[tuple[int, int | str]]:
    parts = re.split(r"(\d+)", file.name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts]


def _numbers(folder: Path, files: Sequence[Path]) -> list[int | None]:
    """Return the frame numbers in the names of the files; None for all where a name has none."""
    matches = [_FRAME_NUMBER.search(file.stem) for file in files]
    prefixes = {file.stem[: match.start()] if match else "" for file, match in zip(files, matches, strict=True)}
    numbers = [int(match[1]) for match in matches if match]
    if len(prefixes) > 1 and len(set(numbers)) < len(numbers):
        names = ", ".join(sorted(prefixes)[:4])
        raise InputError(f"{folder}: found frames of {len(prefixes)} recordings ({names}); name a folder with one")
    return list(numbers) if len(numbers) == len(files) == len(set(numbers)) else [None] * len(files)


def _json_points(folder: Path, files: Sequence[Path], contents: Sequence[bytes]) -> FilePoints:
    values = [json_value(content, file) for content, file in zip(contents, files, strict=True)]
    is_whole = any(map(is_recording, values))
    key = None if is_whole else point_key(values)
    by_file = [] if key is None else [records(value, key) for value in values]
    is_series = any(len({record.number for record in frames} - {None}) > 1 for frames in by_file)
    if is_whole or (is_series and len(files) > 1):
        counted = f"{len(files)} recordings" if len(files) > 1 else "a whole recording and no frames"
        raise InputError(f"{folder}: found {counted}; name one of them, such as {files[0].name}")
    if key is None:
        refuse(folder, f"{len(files)} .json files", "no points of people", "frames of a pose estimator", "Check it")
    if len(files) == 1:
        return _checked(estimator_points(values[0], files[0]), folder)
    frames = [
        Record([person for record in frames for person in record.people], number, None, _time(frames))
        for frames, number in zip(by_file, _numbers(folder, files), strict=True)
    ]
    return _checked(estimator_points(values, folder, frames), folder)


def _time(frames: Sequence[Record]) -> float | None:
    return frames[0].time if frames else None


def _checked(points: FilePoints | None, folder: Path) -> FilePoints:
    if points is None:
        refuse(folder, "", "nobody in any frame", "people with points", "Check the files")
    return points


def _label_points(folder: Path, files: Sequence[Path], contents: Sequence[bytes]) -> FilePoints:
    """Return the points of label files of YOLO: a line a person of class, box, points, confidence, identity."""
    frames = []
    for content, file, number in zip(contents, files, _numbers(folder, files), strict=True):
        lines = [line.split() for line in lines_of(content, file) if line.strip()]
        frames.append(Frame([_labelled(fields, line, file) for line, fields in enumerate(lines, 1)], number))
    table = tabulate(frames, folder)
    note = "picture taken as square, its size is not in the files"
    return FilePoints(
        table.coordinates,
        "YOLO labels",
        layout="coco-17",
        up="-y",
        unit="pixel",
        identities=table.identities,
        tracked=False,
        notes=(note,),
    )


def _labelled(fields: Sequence[str], line: int, file: Path) -> Person:
    numbers: Any = finite_numbers(fields)
    if numbers is None or not 5 + 51 <= len(numbers) <= 5 + 51 + 2:
        actual = f"{len(fields)} fields" if numbers is not None else "fields that are no numbers"
        refuse(file, f"line {line}", actual, "class, box and 17 points of x, y and confidence", "Name another folder")
    points = np.array(numbers[5:56]).reshape(17, 3)
    coordinates = np.where(points[:, 2:] > _YOLO_THRESHOLD, points[:, :2], np.nan)
    identity = f"{numbers[-1]:g}" if len(numbers) == 58 else None
    return Person(coordinates, identity)


_PARSERS = {".json": _json_points, ".txt": _label_points}
