"""Values of JSON texts: one value, or one value a line (JSON lines)."""

import codecs
import json
from pathlib import Path
from typing import Any

from zeroskel.skeleton.formats._parsing import refuse, text_of

_REMEDY = "Correct the file"
_DECODER = json.JSONDecoder()
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}  # as some shells write redirected output


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so holds a JSON object or list."""
    encoding = _WIDE.get(head[:2])
    text = head[2:202].decode(encoding, "replace") if encoding else head[:200].decode("utf-8-sig", "replace")
    start = text.lstrip()
    return start[:1] == "{" or (start[:1] == "[" and start[1:].lstrip()[:1] in ("{", "[", '"', "n", ""))


def json_value(content: bytes, file: Path) -> Any:
    """Return the value of a JSON text; the values of JSON lines, or of objects one after another, as a list.

    Raises:
        SkeletonFormatError: the text is not JSON, or lists are nested beyond measure.
    """
    encoding = _WIDE.get(content[:2])
    text = content[2:].decode(encoding, "replace") if encoding else text_of(content, file)
    try:
        return _values(text.strip())
    except RecursionError:
        refuse(file, "", "lists nested beyond measure", "frames of people with joints", _REMEDY)
    except ValueError as error:
        refuse(file, "", f"text that is not JSON ({str(error)[:200]})", "JSON of frames with joints", _REMEDY)


def _values(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data") or text[0] not in "{[":
            raise
    values = []
    position = 0
    while position < len(text):
        value, position = _DECODER.raw_decode(text, position)
        values.append(value)
        while position < len(text) and text[position] in " \t\n,":
            position += 1
    return values


def embedded(value: str) -> Any:
    """Return the value of a string that holds JSON, as lists of `to_json()` results do; None for another string."""
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
