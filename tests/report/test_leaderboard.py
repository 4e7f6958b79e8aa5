"""Who stands where: only like is compared with like, and nothing chosen on the test classes is ranked."""

import random
from functools import partial
from typing import Any

import pytest

from zeroskel.core import CellRecord
from zeroskel.report import Board, leaderboards
from zeroskel.report._leaderboard import main_boards

Accuracies = dict[tuple[str, int], float]


@pytest.fixture
def record(record):
    """A record of the board of the tests."""
    where = {"split": "one", "protocol": "cross-subject", "encoder": "kinematic", "selection": "validation"}
    return partial(record, **where, confusion=None)


@pytest.fixture
def grid(record):
    """A function from accuracies of (split, seed) to records."""

    def make(method: str, accuracies: Accuracies, selection: str = "validation", **changes: Any) -> list[CellRecord]:
        return [
            record(method=method, split=split, seed=seed, selection=selection, zsl_per_class_accuracy=value, **changes)
            for (split, seed), value in accuracies.items()
        ]

    return make


def shifted(accuracies: Accuracies, by: float) -> Accuracies:
    return {cell: value + by for cell, value in accuracies.items()}


SMIE = {("one", 0): 0.50, ("one", 1): 0.56, ("two", 0): 0.30, ("two", 1): 0.34, ("three", 0): 0.40, ("three", 1): 0.42}


def only_board(records: list[CellRecord]) -> Board:
    (board,) = leaderboards(records)
    return board


def test_rows_are_ranked_by_mean_accuracy_by_class(grid):
    board = only_board([*grid("ridge", shifted(SMIE, -0.1)), *grid("smie", SMIE), *grid("flow", shifted(SMIE, 0.1))])
    assert [(row.rank, row.method) for row in board.honest] == [(1, "flow"), (2, "smie"), (3, "ridge")]
    assert board.honest[1].per_class.mean == pytest.approx(sum(SMIE.values()) / 6)
    assert board.honest[1].by_split["two"].mean == pytest.approx(0.32)


def test_equal_means_share_a_rank(grid):
    board = only_board([*grid("smie", SMIE), *grid("flow", SMIE), *grid("ridge", shifted(SMIE, -0.1))])
    assert [row.rank for row in board.honest] == [1, 1, 3]


def test_the_interval_holds_the_mean_and_is_wider_when_splits_differ(grid):
    alike = {cell: 0.4 + 0.01 * cell[1] for cell in SMIE}
    board = only_board([*grid("smie", SMIE), *grid("flow", alike)])
    width = {}
    for row in board.honest:
        low, high = row.per_class.interval
        assert low <= row.per_class.mean <= high
        width[row.method] = high - low
    assert width["smie"] > 3 * width["flow"]


def test_seeds_that_repeat_one_number_on_one_split_have_no_interval(grid):
    board = only_board(grid("ridge", {("one", 0): 0.4, ("one", 1): 0.4, ("one", 2): 0.4}))
    assert board.honest[0].per_class.interval is None


def test_every_cell_is_a_pair_against_smie_and_holm_counts_the_tests(grid):
    board = only_board([*grid("smie", SMIE), *grid("ridge", shifted(SMIE, -0.1)), *grid("flow", shifted(SMIE, 0.1))])
    assert board.reference == "smie"
    ridge = next(row for row in board.honest if row.method == "ridge").against
    assert (ridge.pairs, ridge.p, ridge.least) == (6, 2**-5, 2**-5)
    assert ridge.adjusted == pytest.approx(2 * 2**-5)
    assert ridge.difference == pytest.approx(-0.1)
    assert board.preferred("smie").against is None


def test_the_test_takes_common_cells_only(grid):
    some = {cell: value for cell, value in SMIE.items() if cell[1] == 0}
    board = only_board([*grid("smie", SMIE), *grid("ridge", shifted(some, -0.1))])
    ridge = board.preferred("ridge")
    assert ridge.against.pairs == 3
    assert ridge.rank is None and ridge.notes == ("lacks seed 1",)


def test_without_smie_nothing_is_tested_but_all_are_ranked(grid):
    board = only_board([*grid("ridge", SMIE), *grid("flow", shifted(SMIE, 0.1))])
    assert board.reference is None
    assert [(row.rank, row.against) for row in board.honest] == [(1, None), (2, None)]


def test_what_lacks_a_split_is_not_ranked_and_says_so(grid):
    easy = {("one", 0): 0.9, ("one", 1): 0.9}
    board = only_board([*grid("smie", SMIE), *grid("flow", easy)])
    assert [(row.rank, row.method) for row in board.honest] == [(1, "smie"), (None, "flow")]
    assert board.honest[1].notes == ("lacks three, two",)


def test_a_split_that_smie_lacks_counts_for_nobody(grid):
    more = {**shifted(SMIE, 0.1), ("four", 0): 0.99, ("four", 1): 0.99}
    board = only_board([*grid("smie", SMIE), *grid("flow", more)])
    flow = board.preferred("flow")
    assert board.splits == ("one", "three", "two")
    assert flow.rank == 1
    assert flow.per_class.mean == pytest.approx(sum(SMIE.values()) / 6 + 0.1)
    assert "not counted, as not on every split: four seed 0, four seed 1" in flow.notes


def test_a_seed_that_only_some_splits_have_is_not_counted(grid):
    board = only_board(grid("smie", {**SMIE, ("one", 2): 0.99}))
    assert board.honest[0].per_class.mean == pytest.approx(sum(SMIE.values()) / 6)
    assert board.honest[0].notes == ("not counted, as not on every split: one seed 2",)


def test_leaking_rows_never_rank(grid):
    board = only_board([*grid("smie", SMIE), *grid("smie", shifted(SMIE, 0.3), "leaking-test")])
    assert [row.selection for row in board.honest] == ["validation"]
    assert [row.rank for row in board.leaking] == [None]
    assert board.honest[0].rank == 1


def test_the_leak_is_what_choosing_on_the_test_adds_over_common_cells(grid):
    leaking = {**shifted(SMIE, 0.07)}
    del leaking["one", 0]
    board = only_board([*grid("smie", SMIE), *grid("smie", leaking, "leaking-test")])
    (row,) = board.honest
    assert row.leak.mean == pytest.approx(0.07)
    assert (row.leak.count, row.selection) == (5, "validation")


def test_the_leak_is_held_against_validation_where_that_was_run_else_against_last(grid):
    last, leaking = grid("smie", shifted(SMIE, -0.2), "last"), grid("smie", shifted(SMIE, 0.1), "leaking-test")
    rows = {row.selection: row.leak for row in only_board([*last, *leaking, *grid("smie", SMIE)]).honest}
    assert rows["last"] is None
    assert rows["validation"].mean == pytest.approx(0.1)
    (row,) = only_board([*last, *leaking]).honest
    assert (row.selection, row.leak.mean) == ("last", pytest.approx(0.3))


def test_a_leak_needs_the_same_options(grid):
    board = only_board([*grid("smie", SMIE), *grid("smie", SMIE, "leaking-test", options={"margin": 0.2})])
    assert board.honest[0].leak is None


@pytest.mark.parametrize(
    "change",
    [
        {"data": "nw-ucla"},
        {"protocol": "cross-view"},
        {"encoder": "stgcn"},
        {"encoder_options": {"epochs": 3}},
        {"text": "mpnet"},
        {"prompt": "description"},
        {"split": "cross-nw-ucla"},
    ],
)
def test_what_cannot_be_compared_is_on_another_board(change: dict[str, Any], record):
    assert len(leaderboards([record(), record(**change)])) == 2


def test_options_and_a_method_s_variant_are_rows_and_a_shared_variant_is_a_board(record):
    board = only_board([record(), record(options={"margin": 0.2}), record(variant="small")])
    assert sorted(row.label for row in board.honest) == ["smie", "smie, margin=0.2", "smie, small"]
    assert board.reference == "smie"
    shared = [record(method=method, variant=variant) for method in ("smie", "ridge") for variant in ("", "reworded")]
    assert [board.variant for board in leaderboards(shared)] == ["", "reworded"]


def test_of_boards_that_differ_in_texts_the_fullest_is_the_main_one(record, grid):
    records = [*grid("smie", SMIE), record(text="a small model"), record(data="nw-ucla", text="mpnet")]
    assert [(board.data, board.text) for board in main_boards(leaderboards(records))] == [
        ("nw-ucla", "mpnet"),
        ("utd-mhad", "minilm"),
    ]


def test_below_ridge_is_measured_over_common_cells_farthest_first(grid):
    some = {cell: value - 0.2 for cell, value in SMIE.items() if cell[1] == 0}
    board = only_board([*grid("ridge", SMIE), *grid("smie", shifted(SMIE, -0.05)), *grid("flow", some)])
    below = [(row.method, pytest.approx(difference), cells) for row, difference, cells in board.below("ridge")]
    assert [("flow", -0.2, 3), ("smie", -0.05, 6)] == below
    assert only_board(grid("smie", SMIE)).below("ridge") == []


def test_new_numbers_are_averaged_and_may_be_missing(record):
    observed = {"share": [0.5, 1.0], "accuracy": [0.2, 0.6], "mutual_information": None, "settled": [0.3, 1.0]}
    new = {
        "gzsl_auc": 0.2,
        "stacked_harmonic_mean": 0.3,
        "gated_harmonic_mean": None,
        "observed": {**observed, "settling": 0.7},
        "transductive_per_class_accuracy": 0.8,
    }
    board = only_board([record(**new), record(seed=1, gzsl_auc=0.4, observed=None)])
    row = board.honest[0]
    assert row.spreads["gzsl_auc"].mean == pytest.approx(0.3)
    assert row.spreads["stacked_harmonic_mean"].count == 1
    assert row.spreads["gated_harmonic_mean"] is None
    assert row.spreads["settling"].mean == 0.7
    assert row.spreads["transductive_per_class_accuracy"].mean == 0.8
    means = {name: {share: spread.mean for share, spread in curve.items()} for name, curve in row.curves.items()}
    assert means == {"accuracy": {0.5: 0.2, 1.0: 0.6}, "settled": {0.5: 0.3, 1.0: 1.0}}
    assert row.per_class.mean == 0.6  # transductive numbers never count


def test_without_an_accuracy_by_class_it_is_taken_from_the_confusion(record):
    confusion = [[8, 2, 0], [5, 5, 0], [0, 0, 0]]
    board = only_board([record(zsl_per_class_accuracy=None, confusion=confusion)])
    assert board.honest[0].per_class.mean == pytest.approx(0.65)
    without = only_board([record(zsl_per_class_accuracy=None)]).honest[0]
    assert (without.rank, without.per_class, without.notes) == (None, None, ("no accuracy by class",))


def test_the_order_of_records_changes_nothing(grid):
    records = [
        *grid("smie", SMIE),
        *grid("smie", shifted(SMIE, 0.1), "leaking-test"),
        *grid("ridge", shifted(SMIE, -0.1)),
        *grid("smie", SMIE, text="mpnet"),
    ]
    shuffled = list(records)
    random.Random(0).shuffle(shuffled)
    assert leaderboards(records) == leaderboards(shuffled)


def test_no_records_make_no_boards():
    assert leaderboards([]) == []


def test_three_seeds_suffice_for_a_rank_and_what_is_lacking_is_said(grid):
    five = {(split, seed): 0.5 + seed / 100 for split in ("one", "two", "three") for seed in range(5)}
    three = {cell: value + 0.1 for cell, value in five.items() if cell[1] < 3}
    two = {cell: value + 0.2 for cell, value in five.items() if cell[1] < 2}
    board = only_board([*grid("smie", five), *grid("ridge", three), *grid("flow", two)])
    assert [(row.rank, row.method) for row in board.honest] == [(1, "ridge"), (2, "smie"), (None, "flow")]
    assert board.preferred("ridge").notes == ("lacks seed 3, 4",)
