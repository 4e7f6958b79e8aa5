"""Curves and maps are drawn where their numbers say, inside their frames."""

import json
import re
from functools import partial
from typing import Any

import numpy as np
import pytest

from zeroskel.core import CellRecord, FeatureMap
from zeroskel.evaluate._grouping import records_table
from zeroskel.report import _figures
from zeroskel.report._settings import Setting, settings_of


@pytest.fixture
def record(record):
    """A record with a seen-unseen curve."""
    numbers = {"gzsl_seen": 0.8, "gzsl_unseen": 0.1, "gzsl_harmonic_mean": 0.178, "gzsl_auc": 0.3}
    numbers |= {"stacked_seen": 0.6, "stacked_unseen": 0.4, "stacked_harmonic_mean": 0.48}
    return partial(record, **numbers, gzsl_curve={"seen": [0.8, 0.6, 0.0], "unseen": [0.0, 0.4, 0.6]})


def fake_map(**changes: Any) -> FeatureMap:
    """Two unseen classes and a seen one."""
    given = {
        "data": "utd-mhad",
        "split": "purls-5",
        "protocol": "cross-subject",
        "encoder": "stgcn",
        "points": [[0.0, 0.0], [10.0, 5.0], [5.0, 5.0], [1.0, 1.0]],
        "labels": [0, 1, 2, 0],
        "classes": ["wave", "sit down", "squat"],
        "texts": [[1.0, 0.0], [9.0, 4.0], [5.0, 0.0]],
        "seen": [False, False, True],
    }
    return FeatureMap.from_json(json.dumps({"cell": "map", **given, **changes}), "maps.jsonl, line 3")


def settings(records: list[CellRecord]) -> list[Setting]:
    return settings_of(records_table(records))


@pytest.fixture
def drawn(monkeypatch):
    """The matplotlib figures that a test draws, before they become markup."""
    figures = []
    markup = _figures._svg

    def keep(figure, description, name):
        figures.append(figure)
        return markup(figure, description, name)

    monkeypatch.setattr(_figures, "_svg", keep)
    return figures


def points_of(line) -> np.ndarray:
    return np.column_stack([line.get_xdata(), line.get_ydata()])


def test_a_curve_is_drawn_from_its_numbers_and_marked_where_the_rules_stand(record, drawn):
    (setting,) = settings([record(), record(seed=1)])
    drawing = _figures.trade_offs(setting, {"smie": 0}, "curves")
    ((panel,),) = [figure.axes for figure in drawn]
    curve, plain, stacked = panel.get_lines()
    np.testing.assert_allclose(points_of(curve), [[0.8, 0.0], [0.6, 0.4], [0.0, 0.6]])
    np.testing.assert_allclose(points_of(plain), [[0.8, 0.1]])
    np.testing.assert_allclose(points_of(stacked), [[0.6, 0.4]])
    assert panel.get_xlim()[0] == panel.get_ylim()[0] == 0
    assert "smie: AUC 30.0, plain H 17.8, stacked H 48.0" in drawing.svg


def test_curves_are_means_over_seeds_point_by_point(record):
    other = {"seen": [0.6, 0.4, 0.0], "unseen": [0.0, 0.2, 0.4]}
    (setting,) = settings([record(), record(seed=1, gzsl_curve=other), record(seed=2, gzsl_curve=None)])
    np.testing.assert_allclose(setting.rows[0].trade_off, [[0.7, 0.0], [0.5, 0.3], [0.0, 0.5]])


def test_without_a_curve_there_is_no_drawing(record):
    (setting,) = settings([record(gzsl_curve=None), record(selection="leaking-test")])
    assert _figures.trade_offs(setting, {"smie": 0}, "curves") is None


def test_all_at_zero_can_be_drawn(record):
    flat = {"seen": [0.0, 0.0], "unseen": [0.0, 0.0]}
    (setting,) = settings([record(gzsl_curve=flat, gzsl_seen=None, stacked_seen=None)])
    assert _figures.trade_offs(setting, {"smie": 0}, "curves").panels == 1


def test_few_rows_share_a_panel_and_many_have_one_each_with_the_range_of_all(record, drawn):
    methods = [f"method {i}" for i in range(_figures.MOST_LINES + 1)]
    series = {method: i for i, method in enumerate(methods)}
    for shown, panels in ((methods[:-1], 1), (methods, len(methods))):
        (setting,) = settings([record(method=method, seed=seed) for method in shown for seed in (0, 1)])
        accuracy, information = _figures.over_frames(setting, series, "frames")
        assert (accuracy.panels, information.panels) == (panels, panels)
    lines, apart = drawn[0].axes[0], drawn[2].axes[0]
    assert len(lines.get_lines()) == 1 + _figures.MOST_LINES and len(lines.collections) == _figures.MOST_LINES
    assert len(apart.get_lines()) == 2 and len(apart.collections) == 2  # the row and chance; its band and the range
    assert "At the last point: method 0 70.0\u202f±\u202f0.0 %; " in accuracy.svg and "chance 50.0 %." in accuracy.svg


def test_markup_is_repeatable_and_has_ids_of_its_own_and_colours_of_the_page(record):
    (setting,) = settings([record()])
    one, again, other = (_figures.trade_offs(setting, {"smie": 0}, name).svg for name in ("a", "a", "b"))
    assert one == again
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0] and not ids[0] & ids[1]
    references = set(re.findall(r"url\(#([^)]+)\)", one)) | set(re.findall(r'xlink:href="#([^"]+)"', one))
    assert references <= ids[0]
    assert "var(--s0)" in one and not re.search(r"#[0-9a-f]{6}\b", one) and "http" not in one


def test_a_map_has_every_point_of_its_class_in_colour_and_seen_ones_in_grey(drawn):
    drawing = _figures.feature_map(fake_map(), "map")
    ((axes,),) = [figure.axes for figure in drawn]
    grey, _, wave, wave_text, sit, _ = axes.get_lines()
    np.testing.assert_allclose(points_of(grey), [[5.0, 5.0]])
    np.testing.assert_allclose(points_of(wave), [[0.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(points_of(wave_text), [[1.0, 0.0]])
    np.testing.assert_allclose(points_of(sit), [[10.0, 5.0]])
    assert [text.get_text() for text in axes.texts] == ["wave", "sit down"]
    assert drawing.unit == "split purls-5, cross-subject, encoder stgcn"


def test_a_map_of_seen_classes_only_is_in_colour(drawn):
    _figures.feature_map(fake_map(seen=[True, True, True]), "map")
    assert [text.get_text() for text in drawn[0].axes[0].texts] == ["wave", "sit down", "squat"]


def test_names_in_a_map_are_text_and_never_markup():
    drawing = _figures.feature_map(fake_map(classes=["wave <b> $_{", "<script>$", '"><img src=x>']), "map")
    assert "wave &lt;b&gt; $_{" in drawing.svg
    assert not re.search(r"<b>|<script|<img", drawing.svg)


def test_names_of_texts_stay_inside_the_frame(drawn):
    names, texts = [f"an action of some name {i}" for i in range(3)], [[0.0, 0.0], [0.4, 0.5], [1.0, 1.0]]
    _figures.feature_map(fake_map(classes=names, texts=texts, labels=[0] * 4, seen=[False] * 3), "map")
    axes = drawn[0].axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 3
    assert all(axes.bbox.x0 - 1 <= box.x0 and box.x1 <= axes.bbox.x1 + 1 for box in boxes)
