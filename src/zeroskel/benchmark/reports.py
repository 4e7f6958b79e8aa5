"""Folders of results -> one report or page of tables."""

from collections.abc import Sequence
from pathlib import Path

from zeroskel.benchmark.results import FILE, check_apart, read_commands, read_maps, read_results
from zeroskel.core import InputError, MissingFileError
from zeroskel.report import write_report, write_results_page


def write_page(folders: Sequence[Path], out: Path) -> int:
    """Write report.html's kind of page, or tables in Markdown, of all cells in the folders.

    Args:
        folders: each with a results.jsonl; a cell that several have counts once, as in the last of them.
        out: FILE.html or FILE.md.

    Returns:
        How many cells there are.

    Raises:
        MissingFileError: a folder without results; InputError: another ending, results that cannot be read, or two
            that cannot be told apart.
    """
    if out.suffix not in (".html", ".md"):
        raise InputError(f"{out}: ending {out.suffix or 'none'}; expected FILE.html for a report or FILE.md for tables")
    for folder in folders:
        if not (folder / FILE).is_file():
            raise MissingFileError(f"{folder}: no {FILE} there; expected a folder that `zeroskel benchmark` wrote")
    records = {record["cell"]: record for folder in folders for record in read_results(folder)}
    check_apart(records.values(), out)
    commands = list(dict.fromkeys(command for folder in folders for command in read_commands(folder)))
    if out.suffix == ".md":
        write_results_page(list(records.values()), out, commands=commands)
    else:
        maps = {drawn["cell"]: drawn for folder in folders for drawn in read_maps(folder)}
        write_report(list(records.values()), out, command="\n".join(commands), maps=list(maps.values()))
    return len(records)
