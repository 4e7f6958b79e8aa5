"""Means over groups of records are those of the numbers that are there, in any order."""

import math
from typing import Any

import numpy as np
import pytest

from zeroskel.core import CellRecord
from zeroskel.core._records import ObservedFrames
from zeroskel.evaluate._grouping import curves, options_text, records_table, spreads


def record(cell: str, zsl_accuracy: float, **changes: Any) -> CellRecord:
    fields = {"data": "utd-mhad", "split": "purls-5", "encoder": "stgcn", "method": "smie", "seed": 0, "chance": 0.5}
    fields |= {"selection": "last", "classes_unseen": ("wave", "squat"), **changes}
    return CellRecord(cell=cell, zsl_accuracy=zsl_accuracy, **fields)


def test_a_spread_is_the_mean_and_the_sample_standard_deviation():
    table = records_table([record(str(value), value) for value in (0.2, 0.4, 0.9)])
    spread = spreads(table, ["method"])["smie"]["zsl_accuracy"]
    assert spread.mean == pytest.approx(0.5)
    assert spread.std == pytest.approx(math.sqrt((0.09 + 0.01 + 0.16) / 2))  # ddof = 1
    assert spread.count == 3


def test_numbers_that_are_absent_or_not_finite_do_not_count():
    rows = [record("a", 0.2, gzsl_seen=None), record("b", math.nan, gzsl_seen=math.inf)]
    result = spreads(records_table(rows), ["method"])["smie"]
    assert (result["zsl_accuracy"].mean, result["zsl_accuracy"].std, result["zsl_accuracy"].count) == (0.2, None, 1)
    assert result["gzsl_seen"] is None


def test_of_a_repeated_cell_the_last_record_counts():
    table = records_table([record("a", 0.1), record("a", 0.7)])
    assert table["zsl_accuracy"].tolist() == [0.7]


def test_the_order_of_records_changes_nothing():
    rows = [record(f"{m} {s}", s / 7, method=m, seed=s, options={"margin": s % 2}) for m in "ab" for s in range(5)]
    one, other = records_table(rows), records_table(rows[::-1])
    assert one.equals(other)
    assert spreads(one, ["method", "options"]) == spreads(other, ["method", "options"])


def test_groups_of_two_columns_have_pairs_as_keys():
    rows = [record("a", 0.2, seed=0), record("b", 0.4, seed=1, options={"margin": 0.1})]
    result = spreads(records_table(rows), ["method", "options"], ["zsl_accuracy"])
    assert {key: result[key]["zsl_accuracy"].mean for key in result} == {
        ("smie", ()): 0.2,
        ("smie", ("margin=0.1",)): 0.4,
    }


def test_curves_are_averaged_at_each_share_over_the_records_that_have_it():
    early = ObservedFrames(share=(0.5, 1.0), accuracy=(0.6, 0.7), mutual_information=(-1.4, None))
    late = ObservedFrames(share=(1.0,), accuracy=(0.9,))
    rows = [record("a", 0.7, observed=early), record("b", 0.9, observed=late), record("c", 0.1)]
    result = curves(records_table(rows), "method")["smie"]
    assert list(result["accuracy"]) == [0.5, 1.0]
    assert result["accuracy"][1.0].mean == pytest.approx(0.8) and result["accuracy"][0.5].count == 1
    assert list(result["mutual_information"]) == [0.5]
    assert "settled" not in result
    assert curves(records_table(rows[2:]), "method") == {}


def test_accuracy_by_class_comes_from_the_confusion_where_it_is_absent():
    confusion = ((8, 2, 0), (5, 5, 0), (0, 0, 0))
    table = records_table(
        [record("a", 0.7, confusion=confusion), record("b", 0.7), record("c", 0.7, confusion=((0,),))]
    )
    np.testing.assert_allclose(table["zsl_per_class_accuracy"], [0.65, np.nan, np.nan])


def test_options_are_sorted_by_name():
    assert options_text({"b": "x", "a": [1, 2]}) == ("a=[1, 2]", "b=x")
