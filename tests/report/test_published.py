"""Published figures are facts with a source, and nearly never comparable with ours."""

from functools import partial

import pytest

from zeroskel.core import CellRecord
from zeroskel.evaluate._grouping import records_table
from zeroskel.report._published import TITLES, Line, Table, published_results, published_tables
from zeroskel.report._settings import settings_of


@pytest.fixture
def record(record):
    """A record on a published split."""
    where = {"data": "ntu60", "split": "synse-5", "protocol": "cross-subject", "selection": "validation"}
    return partial(record, **where, zsl_accuracy=0.5, gzsl_harmonic_mean=None)


def tables(*records: CellRecord) -> list[Table]:
    return published_tables(settings_of(records_table(records)))


def lines(result: list[Table], method: str) -> list[Line]:
    return [line for table in result for line in table.lines if line.method == method]


def test_every_figure_is_a_share_with_source_metric_and_place():
    results = published_results()
    assert len(results) > 20
    for result in results:
        assert result.features and result.text and result.source and result.figures
        for figure in result.figures:
            assert figure.metric in TITLES and 0.1 < figure.value < 1 and all(figure.column)


def test_a_method_has_no_two_figures_of_one_source_for_one_place():
    for result in published_results():
        columns = [(figure.column, figure.metric) for figure in result.figures]
        assert len(columns) == len(set(columns)), result


def test_figures_of_the_smie_paper_by_hand():
    values = {
        (figure.column, round(figure.value, 4)): figure.verified
        for result in published_results()
        if result.method == "SMIE"
        for figure in result.figures
    }
    assert values[("ntu60", ("synse-5",)), 0.7798] is True
    assert values[("pku-mmd", ("smie-1", "smie-2", "smie-3")), 0.6083] is False


def test_every_published_line_says_why_it_is_not_comparable(record):
    for table in tables(record(), record(data="utd-mhad", split="purls-5")):
        for line in table.lines:
            assert line.ours or line.reasons


def test_other_data_other_splits_and_other_features_are_told_apart(record):
    elsewhere = lines(tables(record(data="utd-mhad")), "SMIE")[0]
    assert elsewhere.reasons == ("other data", "chosen on the test classes, one seed")
    assert lines(tables(record(split="purls-5")), "SMIE")[0].reasons[0] == "other splits"
    assert lines(tables(record()), "SMIE")[0].reasons[:2] == (
        "other features (ours: stgcn)",
        "other texts (ours: minilm, name)",
    )


def test_ours_stand_beside_them_where_data_and_split_are_the_same(record):
    result = tables(record(), record(seed=1, zsl_accuracy=0.7), record(selection="leaking-test", zsl_accuracy=0.99))
    (ours,) = [line for table in result for line in table.lines if line.ours]
    assert ours.values == {("ntu60", ("synse-5",)): (pytest.approx(0.6), True)}
    assert ours.about == ("stgcn", "minilm, name", "this report, cross-subject")


def test_ours_need_all_three_splits_for_a_mean_of_them(record):
    two = [record(split=f"smie-{i}", zsl_accuracy=0.1 * i) for i in (1, 2)]
    assert not [line for table in tables(*two) for line in table.lines if line.ours]
    (ours,) = [
        line for table in tables(*two, record(split="smie-3", zsl_accuracy=0.6)) for line in table.lines if line.ours
    ]
    assert ours.values == {("ntu60", ("smie-1", "smie-2", "smie-3")): (pytest.approx(0.3), True)}


def test_transductive_lines_say_so(record):
    for line in lines(tables(record()), "PGFA"):
        assert line.transductive and "uses the whole test set at test time" in line.reasons
    assert not any(line.transductive for line in lines(tables(record()), "SMIE"))
