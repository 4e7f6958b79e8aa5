"""The report is one page that needs nothing else and hides nothing."""

import random
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from zeroskel.core import CellRecord, FeatureMap
from zeroskel.report import write_report

NOTICE = "Synthetic motion: for demos, tests and scale, not evidence."
COMMAND = "zeroskel benchmark --data a&b.npz --split purls-5 --methods smie,ridge --out runs"
VOID = {"meta", "link", "br", "wbr", "path", "use"}
OUTSIDE = re.compile(
    r"""(?:src|href|action|data)\s*=\s*["']?\s*(?:https?:)?//|url\((?!#)|@import|<script""", re.IGNORECASE
)


@pytest.fixture
def record(record):
    """A record of three unseen classes."""
    return partial(
        record,
        classes_unseen=["wave", "squat", "jog"],
        confusion=[[4, 1, 0], [2, 3, 0], [0, 0, 5]],
        chance=1 / 3,
        majority=1 / 3,
        test_sequences=15,
    )


class Balance(HTMLParser):
    """Tags that are closed by another than themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def rendered(tmp_path: Path):
    """A function from records to the page as text."""

    def render(records: list[CellRecord], **options: Any) -> str:
        write_report(records, tmp_path / "report.html", commands=[COMMAND], **options)
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return render


@pytest.fixture
def grid(record) -> list[CellRecord]:
    """Two datasets, one of them synthetic, two methods, three seeds and a leaking row."""
    rows = [
        record(data=data, notice=notice, method=method, seed=seed, zsl_accuracy=0.6 + 0.1 * seed)
        for data, notice in (("utd-mhad", ""), ("made-up", NOTICE))
        for method in ("smie", "ridge")
        for seed in (0, 1, 2)
    ]
    return [*rows, record(selection="leaking-test", zsl_accuracy=0.987, selected_epoch=17)]


def test_the_page_is_whole_and_well_formed(rendered, grid):
    page = rendered(grid)
    balance = Balance()
    balance.feed(page)
    assert page.startswith("<!doctype html>")
    assert '<html lang="en">' in page and "<title>" in page
    assert not balance.wrong and not balance.open


def test_mean_and_standard_deviation_are_printed_in_per_cent(rendered, grid):
    assert "70.0\u202f±\u202f10.0" in rendered(grid)


def test_nothing_is_fetched(rendered, grid):
    page = rendered(grid)
    assert not OUTSIDE.search(page)
    assert "http://" not in page and "https://" not in page


def test_ids_are_unique_and_links_find_them(rendered, grid):
    page = rendered(grid)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r'aria-labelledby="([^"]+)"', page))
    assert targets and targets <= set(ids)


def test_names_from_records_are_text_and_never_markup(rendered, record):
    evil = "<script>alert(1)</script>"
    page = rendered(
        [
            record(
                data=evil,
                split=evil,
                method=evil,
                notice=evil,
                prompt=evil,
                options={evil: evil},
                classes_unseen=[evil, '"><img src=x>', "jog"],
            )
        ]
    )
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_command_is_shown_as_it_is(rendered, record):
    assert COMMAND.replace("&", "&amp;") in rendered([record()])


def test_synthetic_data_is_announced_at_the_top_with_its_name(rendered, grid):
    page = rendered(grid)
    banner = page.index('<aside class="banner"')
    assert banner < page.index("What was run")
    assert "made-up:</strong> " + NOTICE in page[banner:]


def test_without_a_notice_there_is_no_banner(rendered, record):
    assert "<aside" not in rendered([record()])


def test_leaking_rows_are_marked_and_stand_in_a_table_of_their_own(rendered, grid):
    page = rendered(grid)
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    leaking = [table for table in tables if "98.7" in table]
    assert len(leaking) == 1
    assert "leaks: epoch chosen on the test classes" in leaking[0]
    assert "70.0" not in leaking[0]


def test_only_leaking_rows_leave_no_honest_table_and_no_figure(rendered, record):
    page = rendered([record(selection="leaking-test")])
    assert "No honest row is finished here" in page
    assert "<figure" not in page


def test_a_method_at_chance_is_said_to_be_there(rendered, record):
    page = rendered([record(zsl_accuracy=1 / 3)])
    assert '<span class="tag weak">not above chance</span>' in page


def test_each_setting_has_its_curves_and_confusion_matrices(rendered, grid):
    page = rendered(grid)
    assert page.count('<figure class="plot">') == 4  # accuracy and information of two datasets
    assert page.count('<table class="confusion') == 4  # two methods of two datasets
    assert page.count('role="img" aria-label="') == 4


def test_without_an_estimate_there_is_no_information_curve(rendered, record):
    observed = {"share": [0.5, 1.0], "accuracy": [0.4, 0.5], "mutual_information": None}
    page = rendered([record(observed=observed)])
    assert page.count('<figure class="plot">') == 1
    assert "Jensen-Shannon estimate is at most 0" not in page


def test_the_unseen_classes_are_named(rendered, record):
    assert "3 unseen: wave, squat and jog." in rendered([record()])


def test_a_class_without_test_sequences_has_no_accuracy(rendered, record):
    page = rendered([record(confusion=[[4, 1, 0], [2, 3, 0], [0, 0, 0]])])
    assert '<td class="recall">–</td>' in page


def test_no_records_give_a_page_that_says_so(rendered):
    page = rendered([])
    assert "No cell is finished" in page
    assert "<table" not in page


def test_equal_records_in_any_order_give_equal_bytes(rendered, grid):
    records = grid
    shuffled = list(records)
    random.Random(0).shuffle(shuffled)
    assert rendered(records) == rendered(records) == rendered(shuffled)


NEW = {
    "gzsl_auc": 0.25,
    "gzsl_curve": {"seen": [0.8, 0.5, 0.0], "unseen": [0.0, 0.3, 0.6]},
    "stacked_seen": 0.5,
    "stacked_unseen": 0.3,
    "stacked_harmonic_mean": 0.375,
    "gated_seen": 0.45,
    "gated_unseen": 0.25,
    "gated_harmonic_mean": 0.321,
    "validation_accuracy": 0.613,
    "selected_options": {"margin": 0.2},
}


@pytest.fixture
def full(record) -> list[CellRecord]:
    """Eight methods on two splits with all numbers, one transductive, one with a leaking twin, and another text."""
    methods = ("smie", "ridge", "conse", "devise", "sae", "flow", "prototypes", "tdsm")
    rows = [
        record(
            method=method,
            split=split,
            seed=seed,
            selection="validation",
            zsl_per_class_accuracy=0.3 + 0.05 * number + 0.01 * seed,
            transductive_per_class_accuracy=0.888 if method == "prototypes" else None,
            **NEW,
        )
        for number, method in enumerate(methods)
        for split in ("purls-5", "purls-9")
        for seed in (0, 1)
    ]
    leaks = {"selection": "leaking-test", "zsl_per_class_accuracy": 0.4}
    leaking = [replace(row, cell=f"leaking {row.cell}", **leaks) for row in rows[:4]]
    return [*rows, *leaking, replace(rows[0], cell="another text", text="mpnet")]


MAP = FeatureMap(
    cell="map",
    data="utd-mhad",
    split="purls-5",
    protocol="",
    encoder="stgcn",
    points=((0.0, 0.0), (1.0, 1.0), (2.0, 0.5)),
    labels=(0, 1, 2),
    classes=("wave <b>", "squat", "jog"),
    texts=((0.5, 0.5), (1.5, 0.5), (2.0, 1.0)),
    seen=(False, False, True),
    note="Texts are carried over by ridge.",
)


def board(page: str) -> str:
    """The first leaderboard."""
    match = re.search(r'<table class="results board">.*?</table>', page, re.DOTALL)
    assert match
    return match[0]


def test_the_leaderboard_comes_first_and_ranks_by_accuracy_by_class(rendered, full):
    page = rendered(full)
    assert page.index('id="leaderboard"') < page.index("What was run")
    ranked = re.findall(r'<span class="rank">(\d+)</span> <span class="method">([\w-]+)</span>', board(page))
    assert ranked == [
        *(("1", "tdsm"), ("2", "prototypes"), ("3", "flow"), ("4", "sae")),
        *(("5", "devise"), ("6", "conse"), ("7", "ridge"), ("8", "smie")),
    ]
    assert "of 4, ≥ 0.12" in board(page)
    assert "+9.5" in board(page)  # the leak: 40 less the mean of 30 and 31


def test_the_page_with_everything_is_well_formed_and_self_contained(rendered, full):
    page = rendered(full, maps=[MAP, MAP])
    balance = Balance()
    balance.feed(page)
    assert not balance.wrong and not balance.open
    assert not OUTSIDE.search(page) and "http" not in page.replace("http-equiv", "")
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_transductive_numbers_stand_under_that_heading_only(rendered, record, full):
    page = rendered(full)
    assert len(re.findall(r">\s*88\.8\s*<", page)) == 1
    header, *rows = re.findall(r"<tr>.*?</tr>", board(page), re.DOTALL)
    assert '<th scope="col" rowspan="2" class="apart">transductive</th>' in header
    assert [row for row in rows if '<td class="apart">88.8</td>' in row]
    assert '"apart"' not in board(rendered([record(**NEW)]))


def test_each_row_has_its_seen_unseen_curve_with_area_and_points(rendered, record):
    page = rendered([record(**NEW), record(method="ridge", **NEW)])
    (figure,) = re.findall(r'<figure class="plot wide">.*?</figure>', page, re.DOTALL)
    for method in ("smie", "ridge"):
        assert f"{method}: AUC 25.0, plain H 26.7, stacked H 37.5, gated H 32.1" in figure


def test_many_curves_over_frames_are_drawn_apart(rendered, full):
    page = rendered(full)
    assert page.count('<figure class="plot wide">') == 2 * 3  # accuracy, information and seen against unseen
    assert '<figure class="plot">' not in page


def test_accuracy_of_each_class_is_that_of_the_confusion(rendered, record):
    page = rendered([record()])
    table = re.search(r'<table class="classes">.*?</table>', page, re.DOTALL)
    assert re.findall(r'--p:(\d+)%">([\d.]+)</td>', table[0]) == [("80", "80.0"), ("60", "60.0"), ("100", "100.0")]


def test_maps_show_points_texts_and_the_note(rendered, record):
    page = rendered([record()], maps=[MAP])
    assert "Texts are carried over by ridge." in page
    assert "wave &lt;b&gt;" in page and "wave <b>" not in page


def test_published_figures_are_shown_with_their_faults(rendered, record):
    page = rendered([record()])
    shown = page[page.index("Published figures, not comparable") : page.index("What was run")]
    assert "Nearly all were selected on the unseen test classes, with one seed" in shown
    assert "78.0" in shown and "not verified" in shown
    rows = re.findall(r'<tr>(<th scope="row".*?)</tr>', shown, re.DOTALL)
    assert rows and all("<strong>not comparable:</strong>" in row for row in rows)


def test_rows_that_lack_a_split_are_shown_without_a_rank(rendered, record):
    records = [record(split=split) for split in ("a", "b")]
    page = rendered([*records, record(method="ridge", split="a", zsl_per_class_accuracy=0.9)])
    assert '<span class="rank">–</span> <span class="method">ridge</span>' in page
    assert '<span class="tag weak">lacks b</span>' in page


def test_the_full_page_is_the_same_for_any_order(rendered, full):
    records = full
    shuffled = list(records)
    random.Random(1).shuffle(shuffled)
    assert rendered(records) == rendered(shuffled)
