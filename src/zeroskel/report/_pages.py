"""Report and results page as files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.core._records import CellRecord, FeatureMap
from zeroskel.evaluate._grouping import records_table
from zeroskel.report._html import report_page
from zeroskel.report._markdown import results_page


def write_report(
    records: Iterable[CellRecord], path: Path, *, commands: Sequence[str] = (), maps: Sequence[FeatureMap] = ()
) -> None:
    """Write the report of a benchmark; the file appears whole or not at all.

    Args:
        records: lines of results.jsonl; none gives a page that says so. Equal records give equal bytes.
        path: FILE.html for one self-contained page, or FILE.md for tables in Markdown.
        commands: how to reproduce the records, shown as they are.
        maps: features and texts in two dimensions, for the HTML page.

    Raises:
        InputError: The file has another ending.

    Example:
        >>> from pathlib import Path
        >>> import tempfile
        >>> from zeroskel.report import write_report
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_report([], Path(folder) / "results.md")
        ...     print((Path(folder) / "results.md").read_text().splitlines()[2])
        No cell is finished yet.
    """
    if path.suffix not in (".html", ".md"):
        ending = path.suffix or "none"
        raise InputError(f"{path}: ending {ending}; expected FILE.html for a report or FILE.md for tables")
    table = records_table(records)
    page = results_page(table, commands) if path.suffix == ".md" else report_page(table, "\n".join(commands), maps)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
