"""Recordings of one's own: a folder with a sub-folder for each class, or an .npz of labelled sequences.

A folder may hold any format that `zeroskel.read` knows; numbered JSON files with a frame each are one recording. The
class's name is the sub-folder's, "_" read as a blank. A number after s, p, subject or person in a file's name or in a
folder between (`wave/s03/take1.bvh`, `wave/p3_1.csv`) is the subject; where some file has none, every second recording
of each class trains (protocol "every-second"). The .npz is that of `zeroskel.skeleton.formats._npz`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from os.path import commonpath
from pathlib import Path
from typing import Any

from zeroskel.core import InputError, SkeletonFormatError, SkeletonSequence
from zeroskel.datasets._container_writing import recordings_of
from zeroskel.datasets._dataset import SkeletonDataset
from zeroskel.datasets._recipe_parts import Listing, Recording, Task, tasks_at_once
from zeroskel.datasets._source_files import SourceFile
from zeroskel.skeleton.formats import FORMATS, parse
from zeroskel.skeleton.formats._frame_folder import frame_points, frame_prefix, is_frame
from zeroskel.skeleton.inference._points import Stated
from zeroskel.skeleton.inference._sequence import infer_sequence

_MOST_EMPTY = 50  # frames without people at the start of a recording

_SUBJECT = re.compile(r"(?:^|[_\-. ])(?:s|p|subject|person)[_\-]?(\d+)(?=$|[_\-. ])", re.IGNORECASE)


def find(files: Sequence[SourceFile], reading: Mapping[str, Any]) -> Listing:
    """Return files of known suffixes in the sub-folders.

    Args:
        files: the files of the source.
        reading: options of `zeroskel.read`. Without "layout", the layout is that of the first file that can be read.
    """
    suffixes = {known.suffix for known in FORMATS.values()}
    usable = [file for file in files if file.origin.suffix.lower() in suffixes]
    if not usable:
        raise InputError(
            f"none of the {len(files)} files has a suffix of a known format ({', '.join(sorted(suffixes))}); expected "
            "one sub-folder a class, with recordings in it"
        )
    root = Path(commonpath([file.origin.parent for file in usable]))
    recordings = _recordings(usable)
    inside = [file.origin.relative_to(root).parts for file, _ in recordings]
    classes = sorted({parts[0] for parts in inside if len(parts) > 1})
    if len(classes) < 2 or any(len(parts) == 1 for parts in inside):
        raise InputError(
            f"{root}: found recordings of {len(classes)} classes in sub-folders; expected two or more sub-folders, one "
            "a class, and no recording outside them"
        )
    subjects = [_subject(parts) for parts in inside]
    protocols = ("every-second",) if None in subjects else ()
    layout = reading.get("layout") or _layout(recordings, reading)
    seen: Counter[str] = Counter()
    tasks = []
    for (file, others), parts, subject in zip(recordings, inside, subjects, strict=True):
        seen[parts[0]] += 1
        facts = {
            "name": "/".join([*parts[:-1], (frame_prefix(file.origin) or "") if others else parts[-1]]).rstrip("/_-. "),
            "label": classes.index(parts[0]),
            "subject": subject or 0,
            "reading": {**reading, "layout": layout},
            "train": {protocol: seen[parts[0]] % 2 == 1 for protocol in protocols},
        }
        tasks.append(Task(file, facts, others))
    return Listing(tuple(tasks), tuple(name.replace("_", " ") for name in classes), layout, protocols)


def read(task: Task) -> list[Recording]:
    """Return the recording of one file, or of one frame after another."""
    facts = task.facts
    sequence = _sequence(task.file, task.others, facts["reading"])
    return [Recording(facts["name"], sequence, facts["label"], facts["subject"], train=facts["train"])]


def _subject(parts: Sequence[str]) -> int | None:
    for part in (*parts[1:-1], Path(parts[-1]).stem):
        if match := _SUBJECT.search(part):
            return int(match[1])
    return None


def _recordings(files: Sequence[SourceFile]) -> list[tuple[SourceFile, tuple[SourceFile, ...]]]:
    """Return the files, with further ones where each is a frame: numbered JSON files of one name in one folder."""
    by_name: dict[tuple[Path, str], list[SourceFile]] = {}
    for file in files:
        prefix = frame_prefix(file.origin)
        name = file.origin.name if prefix is None else f"{prefix}/"
        by_name.setdefault((file.origin.parent, name), []).append(file)
    recordings: list[tuple[SourceFile, tuple[SourceFile, ...]]] = []
    for group in by_name.values():
        recordings += [(group[0], tuple(group[1:]))] if _are_frames(group) else [(file, ()) for file in group]
    return sorted(recordings)


def _are_frames(files: Sequence[SourceFile]) -> bool:
    """Return whether files of one name are frames: the first that has people has them in one frame."""
    for file in files[:_MOST_EMPTY] if len(files) > 1 else ():
        try:
            frame = is_frame(file.content(), file.origin)
        except SkeletonFormatError:
            continue
        if frame is not None:
            return frame
    return False


def _sequence(file: SourceFile, others: Sequence[SourceFile], reading: Mapping[str, Any]) -> SkeletonSequence:
    if not others:
        return parse(file.content(), file.origin, **reading)
    folder = file.origin.parent
    points = frame_points({one.origin: one.content() for one in (file, *others)}, folder)
    return infer_sequence(points, Stated.of(folder, **reading), "folder of frames", folder)


def _layout(recordings: Sequence[tuple[SourceFile, tuple[SourceFile, ...]]], reading: Mapping[str, Any]) -> str:
    faults = []
    for file, others in recordings:
        try:
            return _sequence(file, others, reading).layout.name
        except SkeletonFormatError as error:
            faults.append(error)
    raise faults[0]


def find_npz(files: Sequence[SourceFile]) -> Listing:
    """Return the sequences of one .npz file."""
    arrays = [file for file in files if file.origin.suffix.lower() == ".npz" and not file.member]
    if len(arrays) != 1:
        raise InputError(f"found {len(arrays)} .npz files; expected one. Name the file")
    dataset = _open_npz(arrays[0])
    tasks = tasks_at_once(arrays[0], len(dataset))
    return Listing(tasks, tuple(dataset.class_names), dataset.layout.name, tuple(dataset.protocols))


def read_npz(task: Task) -> list[Recording]:
    """Return some of the sequences."""
    dataset = _open_npz(task.file)
    return recordings_of(dataset, range(task.facts["start"], task.facts["stop"]))


@lru_cache(maxsize=1)
def _open_npz(file: SourceFile) -> SkeletonDataset:
    return SkeletonDataset.from_npz(file.path)
