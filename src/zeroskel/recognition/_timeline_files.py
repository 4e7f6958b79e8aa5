"""Files of timelines: CSV, JSON, WebVTT, ELAN annotations and pictures."""

import csv
import html
import io
import json
import mimetypes
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from zeroskel.core import InputError, MissingFileError, Segment
from zeroskel.core._files import atomic_path, check_writable, read_json_object
from zeroskel.recognition._timeline_picture import TimelineLike, picture

COLUMNS = ("person", "start", "end", "action", "probability")
_DECIMALS = 4  # of seconds and probabilities in CSV and JSON
_UNDETERMINED = {  # language of the action names, as ELAN writes it: the vocabulary needs one
    "LANG_ID": "und",
    "LANG_DEF": "http://cdb.iso.org/lg/CDB-00130975-001",
    "LANG_LABEL": "undetermined (und)",
}


def check_output(path: Path) -> None:
    """Refuse a file that cannot be written, before the work that leads to it.

    Raises:
        InputError: the suffix names no format of timelines, the path is a folder, or its folder cannot be written.
    """
    if path.suffix.lower() not in _WRITERS:
        raise InputError(
            f"{path}: no format of timelines has the suffix {path.suffix or '(none)'!r}. Expected one of: "
            f"{', '.join(_WRITERS)}"
        )
    if path.is_dir():
        raise InputError(f"{path}: is a folder. Expected the name of a file")
    check_writable(path)


def write_timeline(timeline: TimelineLike, path: Path, media: Path | None) -> None:
    """Write a timeline in the format that the suffix names; an error leaves an existing file as it is.

    Args:
        timeline: timeline to write.
        path: file that ends in .csv, .json, .vtt, .eaf, .png or .svg.
        media: video that an ELAN file refers to; other formats ignore it.

    Raises:
        InputError: the suffix is unknown, the path is a folder, or its folder cannot be written.
    """
    check_output(path)
    content = timeline_content(timeline, path, media)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def timeline_content(timeline: TimelineLike, path: Path, media: Path | None = None) -> bytes:
    """Return the content of the file that `write_timeline` writes."""
    return _WRITERS[path.suffix.lower()](timeline, path, media)


def read_segments(path: Path) -> tuple[list[Segment], Mapping[str, Any]]:
    """Return the segments of a .csv or .json file, and the other content of the JSON object.

    Raises:
        MissingFileError: the file does not exist.
        InputError: the suffix is another one, or a segment is broken; the message names its line or number.
    """
    if path.suffix.lower() not in (".csv", ".json"):
        raise InputError(f"{path}: timelines are read from .csv and .json, not from {path.suffix or '(none)'!r}")
    if path.suffix.lower() == ".json":
        content = read_json_object(path, "the JSON object of a timeline")
        rows = content.get("segments")
        if not isinstance(rows, list):
            raise InputError(f"{path}: the key 'segments' has no list; expected the JSON object of a timeline")
        numbered = [(f"segment {number}", row) for number, row in enumerate(rows, 1)]
    else:
        content, numbered = {}, list(_csv_rows(path))
    segments = []
    for position, row in numbered:
        try:
            start, end, probability = (float(row[name]) for name in ("start", "end", "probability"))
            segments.append(Segment(int(row["person"]), start, end, str(row["action"]), probability))
        except InputError as error:
            raise InputError(f"{path}, {position}: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path}, {position}: {row!r} is not a segment. Expected the columns {', '.join(COLUMNS)}"
            ) from error
    return segments, content


def _csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the line number and the cells of each row of a CSV file."""
    if not path.is_file():
        raise MissingFileError(f"{path}: no such file; expected a timeline in CSV")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}, line 1: no column {', '.join(missing)}. Expected {','.join(COLUMNS)}")
            for row in reader:
                yield f"line {reader.line_num}", row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV file in UTF-8 ({error})") from error


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # names from a command line may have bytes that are no text


def _one_line(name: str) -> str:
    """Return a name without line breaks, control characters and what XML cannot hold."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", " ", name).split())


def _milliseconds(segment: Segment) -> tuple[int, int]:
    """Return start and end in milliseconds; the end is after the start."""
    start = max(round(segment.start * 1000), 0)
    return start, max(round(segment.end * 1000), start + 1)


def _csv(timeline: TimelineLike, _path: Path, _media: Path | None) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(timeline.to_dict(decimals=_DECIMALS)["segments"])
    return _encoded(text.getvalue())


def _json(timeline: TimelineLike, _path: Path, _media: Path | None) -> bytes:
    return _encoded(json.dumps(timeline.to_dict(decimals=_DECIMALS), indent=1) + "\n")


def _vtt(timeline: TimelineLike, _path: Path, _media: Path | None) -> bytes:
    """Return one cue for each segment, in the order of their starts as the standard demands, with the person as voice.

    W3C, WebVTT: The Web Video Text Tracks Format. "&", "<" and ">" are escaped, which also removes "-->".
    """
    cues = ["WEBVTT\n"]
    for segment in sorted(timeline.segments, key=lambda segment: (segment.start, segment.person)):
        start, end = (
            f"{time // 3_600_000:02}:{time // 60_000 % 60:02}:{time // 1000 % 60:02}.{time % 1000:03}"
            for time in _milliseconds(segment)
        )
        action = html.escape(_one_line(segment.action), quote=False)
        cues.append(f"{start} --> {end}\n<v person {segment.person}>{action}</v>\n")
    return _encoded("\n".join(cues))


def _eaf(timeline: TimelineLike, path: Path, media: Path | None) -> bytes:
    """Return an ELAN Annotation Format 3.0 document: one tier for each person, the actions as controlled vocabulary.

    The order of the elements is that of the schema, http://www.mpi.nl/tools/elan/EAFv3.0.xsd.
    """
    document = ElementTree.Element(
        "ANNOTATION_DOCUMENT",
        {
            "AUTHOR": "zeroskel",
            "DATE": datetime.now().astimezone().isoformat(timespec="seconds"),
            "FORMAT": "3.0",
            "VERSION": "3.0",
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
        },
    )
    header = ElementTree.SubElement(document, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    if media is not None:
        ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", _media_descriptor(path, media))
    last = ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"})
    last.text = str(len(timeline.segments))
    names = {f"a{number}": segment for number, segment in enumerate(timeline.segments, 1)}
    moments = sorted((time, name) for name, segment in names.items() for time in _milliseconds(segment))
    order = ElementTree.SubElement(document, "TIME_ORDER")
    slots: dict[str, list[str]] = {name: [] for name in names}  # two of each: ELAN moves annotations that share one
    for number, (time, name) in enumerate(moments, 1):
        ElementTree.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{number}", "TIME_VALUE": str(time)})
        slots[name].append(f"ts{number}")
    entries = {action: f"cve{number}" for number, action in enumerate(timeline.actions)}
    for person in timeline.people:
        attributes = {"TIER_ID": f"person {person}", "PARTICIPANT": str(person), "LINGUISTIC_TYPE_REF": "action"}
        tier = ElementTree.SubElement(document, "TIER", attributes)
        for name, segment in names.items():
            if segment.person == person:
                start, end = slots[name]
                attributes = {"ANNOTATION_ID": name, "TIME_SLOT_REF1": start, "TIME_SLOT_REF2": end}
                if segment.action in entries:
                    attributes["CVE_REF"] = entries[segment.action]
                annotation = ElementTree.SubElement(tier, "ANNOTATION")
                aligned = ElementTree.SubElement(annotation, "ALIGNABLE_ANNOTATION", attributes)
                ElementTree.SubElement(aligned, "ANNOTATION_VALUE").text = _one_line(segment.action)
    attributes = {"LINGUISTIC_TYPE_ID": "action", "TIME_ALIGNABLE": "true", "GRAPHIC_REFERENCES": "false"}
    ElementTree.SubElement(document, "LINGUISTIC_TYPE", {**attributes, "CONTROLLED_VOCABULARY_REF": "actions"})
    ElementTree.SubElement(document, "LANGUAGE", _UNDETERMINED)
    vocabulary = ElementTree.SubElement(document, "CONTROLLED_VOCABULARY", {"CV_ID": "actions"})
    ElementTree.SubElement(vocabulary, "DESCRIPTION", {"LANG_REF": "und"})
    for action, entry in entries.items():
        values = ElementTree.SubElement(vocabulary, "CV_ENTRY_ML", {"CVE_ID": entry})
        ElementTree.SubElement(values, "CVE_VALUE", {"LANG_REF": "und"}).text = _one_line(action)
    ElementTree.indent(document)
    return ElementTree.tostring(document, encoding="UTF-8", xml_declaration=True) + b"\n"


def _media_descriptor(path: Path, media: Path) -> dict[str, str]:
    """Return the attributes by which ELAN opens a video, also after both files moved together.

    ELAN takes what follows "file:" as a path, so special characters are not escaped.
    """
    absolute = media.resolve().as_posix()
    descriptor = {"MEDIA_URL": f"file:///{absolute.removeprefix('/')}"}
    try:
        relative = Path(os.path.relpath(media.resolve(), path.resolve().parent)).as_posix()
        descriptor["RELATIVE_MEDIA_URL"] = relative if relative.startswith("../") else f"./{relative}"
    except ValueError:  # Windows: another drive
        pass
    return {**descriptor, "MIME_TYPE": mimetypes.guess_type(media.name)[0] or "unknown"}


def _picture(timeline: TimelineLike, path: Path, _media: Path | None) -> bytes:
    return picture(timeline, path.suffix.lower().removeprefix("."))


_WRITERS: dict[str, Callable[[TimelineLike, Path, Path | None], bytes]] = {
    ".csv": _csv,
    ".json": _json,
    ".vtt": _vtt,
    ".eaf": _eaf,
    ".png": _picture,
    ".svg": _picture,
}
