"""The results page says of any records what is true of them, and the same of the same records."""

import random
import re
from functools import partial
from pathlib import Path

import pytest

from zeroskel.core import CellRecord
from zeroskel.report import write_report

COMMANDS = ["zeroskel benchmark --data a.npz --split one --out runs", "zeroskel report runs"]
SHARES = [0.1, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]


NUMBERS = {
    "selected_options": {"margin": 0.2},
    "validation_accuracy": 0.613,
    "zsl_accuracy": 0.45,
    "zsl_per_class_accuracy": 0.4,
    "gzsl_seen": 0.8,
    "gzsl_unseen": 0.1,
    "gzsl_harmonic_mean": 0.178,
    "gzsl_auc": 0.25,
    "stacked_seen": 0.5,
    "stacked_unseen": 0.3,
    "stacked_harmonic_mean": 0.375,
    "gated_seen": 0.6,
    "gated_unseen": 0.2,
    "gated_harmonic_mean": 0.3,
    "observed": {"share": SHARES, "accuracy": SHARES, "mutual_information": [-s for s in SHARES], "settling": 0.66},
}


@pytest.fixture
def record(record):
    """A record with every number that a page can show."""
    where = {"split": "one", "protocol": "cross-subject", "encoder": "kinematic", "selection": "validation"}
    return partial(record, **where, **NUMBERS)


@pytest.fixture
def old(record):
    """A record of before the new numbers."""
    absent = dict.fromkeys([*NUMBERS, "confusion", "text", "prompt", "version"])
    return partial(record, **{**absent, "zsl_accuracy": 0.45})


@pytest.fixture
def page(tmp_path: Path):
    """A function from records to the page as text."""

    def write(records: list[CellRecord], commands: list[str] = COMMANDS) -> str:
        write_report(records, tmp_path / "results.md", commands=commands)
        return (tmp_path / "results.md").read_text(encoding="utf-8")

    return write


@pytest.fixture
def grid(record) -> list[CellRecord]:
    """Three methods, two splits, two seeds; leaking twins of one; SMIE with another margin."""
    return [
        record(method=method, split=split, seed=seed, zsl_per_class_accuracy=level + 0.02 * seed, **changes)
        for method, level, changes in (
            ("smie", 0.40, {}),
            ("smie", 0.52, {"selection": "leaking-test"}),
            ("smie", 0.43, {"options": {"margin": 0.5}}),
            ("ridge", 0.50, {"transductive_per_class_accuracy": 0.777}),
            ("conse", 0.30, {}),
        )
        for split in ("one", "two")
        for seed in (0, 1)
    ]


def rows_of(text: str, title: str) -> dict[str, list[str]]:
    """First table after a heading: the named cell -> its row."""
    table = re.search(rf"{re.escape(title)}.*?\n\n((?:\|[^\n]*\n)+)", text, re.S)
    assert table, title
    header, _, *lines = [[cell.strip() for cell in line.strip("|\n ").split(" | ")] for line in table[1].splitlines()]
    names = header.index("method") if "method" in header else 0
    return {"": header} | {line[names]: line for line in lines}


def test_the_tables_hold_the_numbers(page, grid):
    text = page(grid)
    rows = rows_of(text, "### Zero-shot accuracy")
    column = rows[""].index
    assert rows["ridge"][column("rank")] == "1" and rows["conse"][column("rank")] == "4"
    assert rows["ridge"][column("by class")].startswith("51.0 [")
    assert rows["ridge"][column("less smie")] == "+10.0"
    assert rows["smie"][column("p")] == "–"
    assert rows["conse"][column("two, by class")] == "31.0 ± 1.4"
    assert rows["conse"][column("least p")] == "0.12"  # four pairs: 2 ^ -3


def test_transductive_numbers_stand_in_their_own_column_only(page, record, grid):
    text = page(grid)
    assert text.count("77.7") == 1
    rows = rows_of(text, "### Zero-shot accuracy")
    assert rows["ridge"][rows[""].index("transductive")] == "77.7 ± 0.0"
    assert "transductive |" not in page([record()])


def test_generalised_numbers_are_shown_by_kind(page, record):
    rows = rows_of(page([record()]), "### Generalised")
    assert rows[""] == [
        "method",
        "plain s / u",
        "plain H",
        "stacked s / u",
        "stacked H",
        "gated s / u",
        "gated H",
        "AUC",
    ]
    assert rows["smie"] == ["smie", "80.0 / 10.0", "17.8", "50.0 / 30.0", "37.5", "60.0 / 20.0", "30.0", "25.0"]


def test_shares_of_frames_and_settling_are_shown(page, record):
    text = page([record()])
    rows = rows_of(text, "### As more frames")
    assert rows[""] == ["method", "10%", "20%", "40%", "60%", "80%", "100%", "settles at"]
    assert rows["smie"] == ["smie", "10.0", "20.0", "40.0", "60.0", "80.0", "100.0", "66.0"]
    assert "| smie | −0.100 | −0.200 | −0.400 | −0.600 | −0.800 | −1.000 |" in text


def test_what_is_below_ridge_is_named_with_its_distance(page, record, grid):
    text = page(grid)
    assert "Below `ridge` in accuracy by class, over the cells that both have: conse by 20.0 points (4 cells); " in text
    assert "smie by 10.0 points (4 cells)" in text
    assert "No row is below `ridge`" in page([record(zsl_per_class_accuracy=0.9), record(method="ridge")])
    assert "elow `ridge`" not in page([record()])


def test_the_leak_is_shown_in_points(page, record, grid):
    rows = rows_of(page(grid), "### What choosing on the test classes adds")
    assert rows["smie"][1].startswith("+12.0") and rows["smie"][2:] == ["validation", "4"]
    assert "What choosing on the test" not in page([record()])


def test_leaking_rows_are_in_no_other_table(page, record):
    only = page([record(selection="leaking-test", zsl_accuracy=0.987, zsl_per_class_accuracy=0.987)])
    assert "No honest row is finished here." in only
    assert "98.7" not in only


def test_smie_s_options_are_held_against_the_plain_ones(page, record, grid):
    rows = rows_of(page(grid), "### Options of smie")
    assert rows["smie"][1:] == [rows["smie"][1], "–", "–", "–"]
    assert rows["smie, margin=0.5"][2] == "+3.0" and rows["smie, margin=0.5"][4] == "4"
    assert "### Options of smie" not in page([record(), record(method="ridge", options={"penalty": 2})])


def test_texts_are_compared_over_common_cells(page, record, grid):
    texts = [
        record(text="mpnet", zsl_per_class_accuracy=0.6),
        record(text="minilm", zsl_per_class_accuracy=0.2),
        record(text="minilm", seed=1, zsl_per_class_accuracy=0.9),
        record(text="minilm", method="ridge"),
    ]
    text = page(texts)
    assert "| text | prompt | smie, validation (1 cell) |" in text
    assert "| minilm | name | 20.0 |" in text and "| mpnet | name | 60.0 |" in text
    assert "## Texts" not in page(grid)


def test_splits_across_data_sets_have_their_own_section(page, record):
    held_out = [
        record(split=f"cross-{name}", protocol=f"cross-dataset:{name}", zsl_per_class_accuracy=accuracy)
        for name, accuracy in (("nw-ucla", 0.234), ("utkinect", 0.434))
    ]
    text = page([record(), *held_out])
    assert "cross-nw-ucla" not in text[: text.index("## Across datasets")]
    (row,) = [line for line in text.splitlines() if line.startswith("| 1 | smie | 23.4 | 43.4 | 33.4 ")]
    assert row.count("|") == 7
    assert "Across datasets" not in page([record()])


def test_what_validation_chose_stands_beside_what_the_test_gave(page, record):
    rows = rows_of(page([record(), record(seed=1)]), "### What was chosen on validation classes")
    assert rows["smie"] == ["smie", "margin=0.2 (2)", "61.3", "40.0"]


def test_old_and_partial_records_are_enough(page, old):
    text = page([old(), old(method="ridge", observed=None, zsl_per_class_accuracy=0.7)])
    assert "### Generalised" not in text and "### As more frames" not in text
    rows = rows_of(text, "### Zero-shot accuracy")
    assert rows["smie"][0] == "–" and rows["ridge"][0] == "1"
    assert "- smie: no accuracy by class." in text


def test_names_cannot_break_a_table(page, record):
    text = page([record(method="a|b\n<script>"), record()])
    assert "a\\|b &lt;script&gt;" in text and "<script>" not in text


def test_a_notice_is_shown_and_its_data_come_last(page, record):
    text = page([record(data="a", notice="Synthetic motion: no evidence."), record(data="b")])
    assert text.index("## b") < text.index("## a") < text.index("**Synthetic motion: no evidence.**")


def test_the_commands_are_shown_as_they_are(page, record):
    assert "```\n" + "\n".join(COMMANDS) + "\n```" in page([record()])


def test_equal_records_in_any_order_give_equal_bytes(page, grid):
    records = grid
    shuffled = list(records)
    random.Random(0).shuffle(shuffled)
    assert page(records) == page(shuffled)


def test_no_records_give_a_page_that_says_so(page):
    text = page([])
    assert "No cell is finished yet." in text and "|" not in text
