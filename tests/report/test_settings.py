"""Settings of the report: what can be compared on one split, over seeds."""

import math
from typing import Any

import numpy as np
import pytest

from zeroskel.core import CellRecord
from zeroskel.evaluate._grouping import records_table
from zeroskel.report._settings import NOTHING_KNOWN, Row, Setting, settings_of


def summarise(records: list[CellRecord]) -> list[Setting]:
    return settings_of(records_table(records))


def only_row(records: list[CellRecord]) -> Row:
    """The row of records that belong to one method of one setting."""
    (setting,) = summarise(records)
    (row,) = setting.rows
    return row


def test_seeds_of_one_method_become_one_row(record):
    row = only_row([record(seed=2, zsl_accuracy=0.6), record(seed=0, zsl_accuracy=0.8, selected_epoch=40)])
    assert row.seeds == (0, 2)
    assert row.selected_epochs == (40, 100)
    zsl = row.spreads["zsl_accuracy"]
    assert zsl is not None
    assert zsl.mean == pytest.approx(0.7)
    assert zsl.std == pytest.approx(0.1 * math.sqrt(2))


def test_confusion_is_summed_over_seeds(record):
    row = only_row([record(seed=0), record(seed=1, confusion=[[5, 0], [1, 4]])])
    np.testing.assert_array_equal(row.confusion, [[9, 1], [3, 7]])


def test_curves_are_averaged_at_each_share(record):
    late = {"share": [1.0], "accuracy": [0.9], "mutual_information": None}
    row = only_row([record(seed=0), record(seed=1, observed=late)])
    assert list(row.curves["accuracy"]) == [0.5, 1.0]
    assert row.curves["accuracy"][1.0].mean == pytest.approx(0.8)
    assert row.curves["accuracy"][0.5].count == 1
    assert row.curves["mutual_information"][1.0].mean == pytest.approx(-1.2)


@pytest.mark.parametrize(
    "change",
    [
        {"data": "nw-ucla"},
        {"split": "purls-3"},
        {"encoder": "kinematic"},
        {"encoder_options": {"epochs": 3}},
        {"classes_unseen": ["wave", "jog"]},
    ],
)
def test_what_cannot_be_compared_is_another_setting(change: dict[str, Any], record):
    assert len(summarise([record(), record(**change)])) == 2


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"method": "ridge"}, "ridge"),
        ({"options": {"negatives": "corrected"}}, "smie, negatives=corrected"),
        ({"text": "mpnet"}, "smie, text mpnet"),
        ({"prompt": "description"}, "smie, prompt description"),
        ({"selection": "validation"}, "smie, selection validation"),
        ({"version": "0.2.0"}, "smie, version 0.2.0"),
    ],
)
def test_what_differs_in_a_setting_is_a_row_of_its_own_and_named(change: dict[str, Any], label: str, record):
    (setting,) = summarise([record(), record(**change)])
    assert len(setting.rows) == 2
    assert label in [row.label for row in setting.rows]


def test_what_all_records_share_is_not_repeated_in_labels(record):
    assert only_row([record(seed=0), record(seed=1)]).label == "smie"


def test_leaking_rows_are_kept_apart(record):
    (setting,) = summarise([record(), record(selection="leaking-test", zsl_accuracy=0.99)])
    assert [row.selection for row in setting.honest] == ["last"]
    assert [row.spreads["zsl_accuracy"].mean for row in setting.leaking] == [0.99]  # type: ignore[union-attr]
    assert [row.label for row in setting.rows] == ["smie", "smie"]


def test_a_mean_within_one_standard_deviation_of_chance_is_not_above_it(record):
    assert only_row([record(seed=0, zsl_accuracy=0.45), record(seed=1, zsl_accuracy=0.65)]).verdict == (
        "not above chance"
    )
    assert only_row([record(seed=0, zsl_accuracy=0.75), record(seed=1, zsl_accuracy=0.85)]).verdict == ""


def test_a_mean_that_only_beats_chance_is_held_against_the_majority_class(record):
    accuracies = enumerate((0.59, 0.61))
    row = only_row([record(seed=seed, zsl_accuracy=value, majority=0.7) for seed, value in accuracies])
    assert row.verdict == "not above the majority class"


def test_one_seed_is_said_to_have_an_unknown_spread(record):
    assert only_row([record()]).verdict == "one seed, spread unknown"
    assert only_row([record(zsl_accuracy=0.5)]).verdict == "not above chance"


def test_a_repeated_cell_counts_once_and_the_last_counts(record):
    row = only_row([record(cell="a", zsl_accuracy=0.1), record(cell="a", zsl_accuracy=0.7)])
    zsl = row.spreads["zsl_accuracy"]
    assert zsl is not None
    assert (zsl.mean, zsl.count) == (0.7, 1)


def test_the_order_of_records_changes_nothing(record):
    records = [record(method=method, seed=seed) for method in ("smie", "conse") for seed in (0, 1, 2)]
    forward, backward = summarise(records), summarise(records[::-1])
    assert [(row.label, row.seeds, row.spreads) for row in forward[0].rows] == [
        (row.label, row.seeds, row.spreads) for row in backward[0].rows
    ]


def test_data_with_a_notice_come_after_the_others(record):
    settings = summarise([record(data="a", notice="Synthetic motion: no evidence."), record(data="b")])
    assert [setting.data for setting in settings] == ["b", "a"]


def test_numbers_that_no_record_has_are_none(record):
    row = only_row([record(seen_class_accuracy=None, selected_epoch=None, observed=None, confusion=None)])
    assert row.spreads["seen_class_accuracy"] is None
    assert row.selected_epochs == ()
    assert row.confusion is None and not row.curves


def test_no_records_make_no_settings():
    assert summarise([]) == []


def test_nothing_known_is_the_estimate_of_a_critic_that_always_says_zero():
    softplus_of_zero = math.log1p(math.exp(0))
    assert pytest.approx(-softplus_of_zero - softplus_of_zero) == NOTHING_KNOWN
