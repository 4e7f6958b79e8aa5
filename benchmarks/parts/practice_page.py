"""Tables of docs/accuracy.md, from the figures that benchmarks/practice.py measures, and how a page is filled."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = Mapping[str, Mapping[str, Any]]
"""Name of a dataset -> its figures."""

MISSING = "–"


def write_page(page: Path, results: Figures) -> None:
    """Replace the text between the two marks of a page by the tables."""
    fill_page(page, f"{words_table(results)}\n\n{confidence_table(results)}")


def fill_page(page: Path, tables: str) -> None:
    """Replace the text between the two marks of a page."""
    text = page.read_text(encoding="utf-8")
    marked = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(text):
        raise SystemExit(f"{page}: no <!-- measured --> … <!-- end -->; expected them around the tables")
    page.write_text(marked.sub(lambda match: f"{match[1]}{tables}\n{match[2]}", text), encoding="utf-8")


def words_table(results: Figures) -> str:
    """Return the table of accuracies by the texts of the actions and by how they are read."""
    rows = [
        (
            "test dataset",
            "actions (chance)",
            "recordings",
            "names, withheld",
            "names, written",
            "name and sentence, withheld",
            "name and sentence, written",
            "sentence alone, withheld",
        )
    ]
    for name, figures in results.items():
        withheld, written = figures.get("withheld", {}), figures.get("written", {})
        rows.append(
            (
                name,
                f"{figures['classes']} ({100 / figures['classes']:.0f})",
                f"{figures['recordings']:,}",
                f"**{_percent(withheld, 'accuracy')}**",
                _percent(written, "accuracy"),
                _percent(withheld, "with_sentence"),
                _percent(written, "with_sentence"),
                _percent(withheld, "sentence_alone"),
            )
        )
    return markdown_table(rows)


def confidence_table(results: Figures) -> str:
    """Return the table of accuracies with examples, of the presence test and of the calibration error."""
    rows: list[tuple[str, ...]] = [
        (
            "test dataset",
            "names",
            "words, half of the people",
            "1 example",
            "3 examples",
            "5 examples",
            "presence test: AUC",
            "true positive rate",
            "true negative rate",
            "calibration error",
        )
    ]
    for name, figures in results.items():
        for reading in ("withheld", "written"):
            measured = figures.get(reading, {})
            examples = measured.get("examples", {})
            cells = [_spread(examples.get(shots)) for shots in ("0", "1", "3", "5")]
            auc = measured.get("presence_auc")
            cells.append(MISSING if auc is None else f"{auc:.2f}")
            cells += [_percent(measured, key) for key in ("kept_when_listed", "refused_when_not", "calibration_error")]
            if set(cells) != {MISSING}:
                rows.append((name, reading, *cells))
    return markdown_table(rows)


def _percent(figures: Mapping[str, Any], key: str) -> str:
    return f"{100 * figures[key]:.0f}" if key in figures else MISSING


def _spread(mean_and_deviation: list[float] | None) -> str:
    if mean_and_deviation is None:
        return MISSING
    return f"{100 * mean_and_deviation[0]:.0f} ± {100 * mean_and_deviation[1]:.0f}"


def markdown_table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return a Markdown table whose first row is its head."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
