"""A folder of results: results.jsonl (a line a finished cell), maps.jsonl and commands.txt, never half-written."""

import json
from pathlib import Path
from typing import Any

from zeroskel.core import InputError
from zeroskel.core.files import atomic_path

FILE = "results.jsonl"
MAPS = "maps.jsonl"
COMMANDS = "commands.txt"


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The finished cells of a folder; none where there is no file. Raises InputError for a line that is not a cell."""
    return _read(folder / FILE)


def write_results(folder: Path, records: list[dict[str, Any]]) -> None:
    """Replace the file."""
    _write(folder / FILE, records)


def read_maps(folder: Path) -> list[dict[str, Any]]:
    """The maps of features, one a data set, split and encoder. Raises InputError for a line that is not one."""
    return _read(folder / MAPS)


def write_maps(folder: Path, maps: list[dict[str, Any]]) -> None:
    """Replace the file."""
    _write(folder / MAPS, maps)


def read_commands(folder: Path) -> list[str]:
    """The commands that wrote into the folder, in the order in which they first ran."""
    file = folder / COMMANDS
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def add_command(folder: Path, command: str) -> list[str]:
    """Note a command, once; returns all. An empty one is not noted."""
    known = read_commands(folder)
    if command and command not in known:
        known.append(command)
        with atomic_path(folder / COMMANDS) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in known), encoding="utf-8")
    return known


def _read(file: Path) -> list[dict[str, Any]]:
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


def _write(file: Path, records: list[dict[str, Any]]) -> None:
    with atomic_path(file) as temporary:
        temporary.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
