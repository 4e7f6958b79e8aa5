"""results.jsonl: one line a finished cell, rewritten as a whole so that it is never half-written."""

import json
from pathlib import Path
from typing import Any

from zeroskel.core import InputError
from zeroskel.core.files import atomic_path

FILE = "results.jsonl"


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The finished cells of a folder; none where there is no file. Raises InputError for a line that is not a cell."""
    file = folder / FILE
    if not file.exists():
        return []
    records = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{file}, line {number}: not JSON ({error}); remove the line or the file") from error
        if not isinstance(record, dict) or not isinstance(record.get("cell"), str):
            raise InputError(f"{file}, line {number}: not a result with a cell; remove the line or the file")
        records.append(record)
    return records


def write_results(folder: Path, records: list[dict[str, Any]]) -> None:
    """Replace the file."""
    with atomic_path(folder / FILE) as temporary:
        temporary.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
