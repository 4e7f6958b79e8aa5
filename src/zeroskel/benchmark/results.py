"""A folder of results: results.jsonl (a line a finished cell), maps.jsonl and commands.txt, never half-written."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zeroskel.core import InputError
from zeroskel.core.files import atomic_path

FILE = "results.jsonl"
MAPS = "maps.jsonl"
COMMANDS = "commands.txt"
NAMED = (
    "data",
    "split",
    "protocol",
    "encoder",
    "encoder_options",
    "method",
    "options",
    "text",
    "prompt",
    "seed",
    "selection",
    "variant",
)


def read_results(folder: Path) -> list[dict[str, Any]]:
    """The finished cells of a folder; none where there is no file. Raises InputError for a line that is not a cell."""
    return _read(folder / FILE)


def write_results(folder: Path, records: list[dict[str, Any]]) -> None:
    """Replace the file."""
    _write(folder / FILE, records)


def check_apart(records: Iterable[Mapping[str, Any]], where: Path) -> None:
    """Raise InputError where two cells differ in nothing that results name: they would be taken for one another."""
    found: dict[str, str] = {}
    for record in records:
        facts = {name: record.get(name) for name in NAMED}
        name = json.dumps(facts, sort_keys=True, default=str)
        if found.setdefault(name, record["cell"]) != record["cell"]:
            told = ", ".join(f"{key} {value}" for key, value in facts.items() if value not in (None, "", {}))
            raise InputError(
                f"{where}: two results of {told}, made from other data, texts, masked views, defaults or version; "
                "expected one. Keep them in folders of their own"
            )


def read_maps(folder: Path) -> list[dict[str, Any]]:
    """The maps of features, one a data set, split and encoder. Raises InputError for a line that is not one."""
    return _read(folder / MAPS)


def write_maps(folder: Path, maps: list[dict[str, Any]]) -> None:
    """Replace the file."""
    _write(folder / MAPS, maps)


def read_commands(folder: Path) -> list[str]:
    """The commands that wrote into the folder, in the order in which they first ran."""
    return _lines(folder / COMMANDS)


def add_command(folder: Path, command: str) -> None:
    """Note a command, once; an empty one is not noted."""
    known = read_commands(folder)
    if command and command not in known:
        known.append(command)
        with atomic_path(folder / COMMANDS) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in known), encoding="utf-8")


def _lines(file: Path) -> list[str]:
    """None where there is no file."""
    if not file.is_file():
        return []
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; remove the file") from error


def _read(file: Path) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(_lines(file), start=1):
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
