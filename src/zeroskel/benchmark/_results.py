"""Folders of results: results.jsonl (a line a finished cell), maps.jsonl and commands.txt, never half-written."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from zeroskel.core import CellRecord, FeatureMap, InputError, MissingFileError
from zeroskel.core._files import atomic_path
from zeroskel.core._records import CellIdentity

FILE = "results.jsonl"
MAPS = "maps.jsonl"
COMMANDS = "commands.txt"
RUN_FILE = "run.toml"
Record = TypeVar("Record", CellRecord, FeatureMap)


@dataclass(frozen=True)
class Results:
    """Content of one or more folders of results.

    Attributes:
        records: finished cells, each once.
        commands: the commands that wrote them, each once.
        maps: maps of features, each once.
    """

    records: list[CellRecord]
    commands: list[str]
    maps: list[FeatureMap]


def read_folders(folders: Sequence[Path]) -> Results:
    """Read folders of results together.

    Args:
        folders: Folders with a results.jsonl. Of a cell that more than one folder has, the last record counts.

    Returns:
        The records, the commands and the maps of all folders.

    Raises:
        MissingFileError: A folder has no results.
        InputError: A file cannot be read, or two results differ in nothing that they name.

    Example:
        >>> from zeroskel.benchmark import read_folders
        >>> read_folders([]).records
        []
    """
    for folder in folders:
        if not (folder / FILE).is_file():
            raise MissingFileError(f"{folder}: no {FILE} there; expected a folder that `zeroskel benchmark` wrote")
    records = {record.cell: record for folder in folders for record in read_results(folder)}
    check_apart(records.values(), ", ".join(map(str, folders)))
    commands = dict.fromkeys(command for folder in folders for command in _lines(folder / COMMANDS))
    maps = {drawn.cell: drawn for folder in folders for drawn in read_records(folder / MAPS, FeatureMap)}
    return Results(list(records.values()), list(commands), list(maps.values()))


def read_results(folder: Path) -> list[CellRecord]:
    """Read the finished cells of a folder.

    Args:
        folder: folder that `run_benchmark` wrote to. Without a results.jsonl it has no cells.

    Returns:
        The records in the order of the file.

    Raises:
        InputError: A line is not a record; the message names the file and the line.

    Example:
        >>> from pathlib import Path
        >>> from zeroskel.benchmark import read_results
        >>> read_results(Path("no such folder"))
        []
    """
    return read_records(folder / FILE, CellRecord)


def add_results(folder: Path, records: Iterable[CellRecord], order: Sequence[str]) -> dict[str, CellRecord]:
    """Add records to results.jsonl, to which another run may have added some in the meantime.

    The cells of `order` come first, in this order; the others follow in the order of the file. All are returned.
    """
    finished = {record.cell: record for record in (*read_results(folder), *records)}
    rank = {cell: index for index, cell in enumerate(order)}
    ordered = sorted(finished.values(), key=lambda record: rank.get(record.cell, len(rank)))
    write_lines(folder / FILE, (record.to_json() for record in ordered))
    return finished


def check_apart(records: Iterable[CellIdentity], where: str) -> None:
    """Raise InputError where two cells differ in nothing that results name, so that they cannot be distinguished."""
    cell_of: dict[str, str] = {}
    for record in records:
        key = json.dumps(record.identity, sort_keys=True, default=str)
        if cell_of.setdefault(key, record.cell) != record.cell:
            names = ", ".join(f"{name} {value}" for name, value in record.identity.items() if value not in ("", {}))
            raise InputError(
                f"{where}: two results of {names}, made from other data, texts, masked views, defaults or version; "
                "expected one. Keep them in separate folders"
            )


def note_run(folder: Path, command: str, run_file: str) -> None:
    """Note how to run this again: the command once, and the run file, which replaces that of an earlier run.

    An empty text is not noted.
    """
    commands = _lines(folder / COMMANDS)
    if command and command not in commands:
        write_lines(folder / COMMANDS, [*commands, command])
    if run_file:
        write_lines(folder / RUN_FILE, run_file.splitlines())


def read_records(file: Path, kind: type[Record]) -> list[Record]:
    """Return the records in a file, none where there is no file. Raises InputError for a line that is not one."""
    return [kind.from_json(line, f"{file}, line {number}") for number, line in enumerate(_lines(file), start=1)]


def _lines(file: Path) -> list[str]:
    """Return the lines of a text file, none where there is no file."""
    if not file.is_file():
        return []
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; remove the file") from error


def write_lines(file: Path, lines: Iterable[str]) -> None:
    """Replace a text file, in one step."""
    with atomic_path(file) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
