"""Curves and maps are drawn where their numbers say, inside their frames."""

import json
from functools import partial
from typing import Any

import numpy as np
import pytest

from zeroskel.core import CellRecord, FeatureMap
from zeroskel.evaluate._grouping import records_table
from zeroskel.report._figures import LETTER, MAP_HEIGHT, MAP_WIDTH, SQUARE, nice_ticks, read_map, trade_offs
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


def test_a_curve_runs_from_the_seen_end_to_the_unseen_end(record):
    (setting,) = settings([record(), record(seed=1)])
    drawing = trade_offs(setting)
    (curve,) = drawing.curves
    xs, ys = np.array(curve.points).T
    assert (np.diff(xs) < 0).all() and (np.diff(ys) < 0).all()  # seen falls; unseen rises, upwards on the page
    assert (xs >= SQUARE["left"]).all() and (xs <= SQUARE["right"]).all()
    assert (ys >= SQUARE["top"]).all() and (ys <= SQUARE["bottom"]).all()
    assert curve.area == "30.0" and curve.values == (("plain", "17.8"), ("stacked", "48.0"))


def test_marked_points_lie_on_the_curve_where_their_numbers_do(record):
    (setting,) = settings([record()])
    (curve,) = trade_offs(setting).curves
    marks = {kind: (x, y) for kind, x, y in curve.marks}
    assert set(marks) == {"plain", "stacked"}
    assert marks["stacked"] == curve.points[1]
    assert marks["plain"][0] == curve.points[0][0]


def test_curves_are_means_over_seeds_point_by_point(record):
    other = {"seen": [0.6, 0.4, 0.0], "unseen": [0.0, 0.2, 0.4]}
    (setting,) = settings([record(), record(seed=1, gzsl_curve=other), record(seed=2, gzsl_curve=None)])
    np.testing.assert_allclose(setting.rows[0].trade_off, [[0.7, 0.0], [0.5, 0.3], [0.0, 0.5]])


def test_without_a_curve_there_is_no_drawing(record):
    (setting,) = settings([record(gzsl_curve=None), record(selection="leaking-test")])
    assert trade_offs(setting) is None


def test_all_at_zero_can_be_drawn(record):
    flat = {"seen": [0.0, 0.0], "unseen": [0.0, 0.0]}
    (setting,) = settings([record(gzsl_curve=flat, gzsl_seen=None, stacked_seen=None)])
    assert trade_offs(setting).curves[0].marks == ()


def test_a_map_keeps_its_points_inside_and_apart_by_class():
    found = read_map(fake_map())
    assert [(c.name, len(c.points), c.seen) for c in found.classes] == [
        ("wave", 2, False),
        ("sit down", 1, False),
        ("squat", 1, True),
    ]
    places = np.array([p for c in found.classes for p in (*c.points, c.text)])
    assert (places >= 0).all() and (places <= [MAP_WIDTH, MAP_HEIGHT]).all()
    assert [c.name for c in found.unseen] == ["wave", "sit down"] and [c.name for c in found.others] == ["squat"]
    assert found.classes[2].label is None


def test_a_map_of_seen_classes_only_is_in_colour():
    found = read_map(fake_map(seen=[True, True, True]))
    assert len(found.unseen) == 3 and found.others == []
    assert all(c.label for c in found.classes)


def test_labels_of_crowded_texts_do_not_cover_each_other_and_stay_inside():
    rng = np.random.default_rng(0)
    texts = (rng.uniform(0, 1, (12, 2)) * [1.0, 0.4]).tolist()
    names = [f"an action of some name {i}" for i in range(12)]
    given = fake_map(points=[[0.0, 0.0], [1.0, 1.0]], labels=[0, 1], classes=names, texts=texts, seen=[False] * 12)
    boxes = []
    for own in read_map(given).classes:
        x, y, anchor = own.label
        width = len(own.name) * LETTER
        left = x if anchor == "start" else x - width
        assert left >= 0 and left + width <= MAP_WIDTH
        boxes.append((left, y, left + width))
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert abs(a[1] - b[1]) > 8 or a[2] < b[0] + 1 or b[2] < a[0] + 1


def test_ticks_can_be_fewer():
    assert nice_ticks(0.0, 0.8, most=5) == [0.0, 0.2, 0.4, 0.6, 0.8]
