"""Records survive the way to a file and back; what is no record is refused by file and line."""

import json
from pathlib import Path
from typing import Any

import pytest

from zeroskel.core import CellRecord, FeatureMap, InputError

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
RECORD = {
    "cell": "a1",
    "data": "utd-mhad",
    "split": "purls-5",
    "encoder": "stgcn",
    "method": "smie",
    "seed": 0,
    "selection": "last",
    "classes_unseen": ["wave", "squat"],
    "chance": 0.5,
    "zsl_accuracy": 0.7,
}
MAP = {
    "cell": "m1",
    "data": "utd-mhad",
    "split": "purls-5",
    "classes": ["wave", "squat"],
    "seen": [False, True],
    "points": [[0.0, 0.0], [1, 0.5], [0.2, 0.1]],
    "labels": [0, 1, 0],
    "texts": [[1.0, 0.0], [0.0, 1.0]],
}


@pytest.mark.parametrize("file", sorted(RESULTS.glob("*/results.jsonl")), ids=lambda path: path.parent.name)
def test_all_results_of_the_documentation_keep_every_field(file: Path):
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        record = CellRecord.from_json(line, f"{file}, line {number}")
        assert json.loads(record.to_json()) == json.loads(line)
        assert not record.extra


def test_fields_are_written_in_the_order_of_the_file_format():
    line = (RESULTS / "kite" / "results.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert CellRecord.from_json(line).to_json() == line


def test_what_is_absent_gets_its_default_and_unknown_fields_are_written_back():
    record = CellRecord.from_json(json.dumps({**RECORD, "text": None, "of_tomorrow": [1]}))
    assert (record.text, record.gzsl_seen, record.options) == ("", None, {})
    assert json.loads(record.to_json())["of_tomorrow"] == [1]


@pytest.mark.parametrize("name", [name for name in RECORD if name != "cell"])
@pytest.mark.parametrize("absent", [True, False])
def test_a_record_without_a_required_field_is_refused_by_name(name: str, absent: bool):
    broken: dict[str, Any] = {**RECORD, name: None}
    if absent:
        del broken[name]
    with pytest.raises(InputError, match=f"results.jsonl, line 3: lacks {name}"):
        CellRecord.from_json(json.dumps(broken), "results.jsonl, line 3")


@pytest.mark.parametrize(
    "change",
    [
        {"seed": "0"},
        {"seed": True},
        {"chance": "0.5"},
        {"method": 3},
        {"options": []},
        {"classes_unseen": "wave"},
        {"classes_unseen": [1, 2]},
        {"confusion": [[1, 2], [3]]},
        {"confusion": [[0.5]]},
        {"observed": {"share": [0.5, 1.0], "accuracy": [0.5]}},
        {"observed": {"share": [0.5]}},
        {"observed": {"share": [0.5], "accuracy": [0.5], "colour": [0.5]}},
        {"gzsl_curve": {"seen": [0.5], "unseen": []}},
        {"gzsl_curve": [0.5]},
    ],
)
def test_a_field_of_another_type_is_refused_by_name_and_value(change: dict[str, Any]):
    (name,) = change
    with pytest.raises(InputError, match=f"results.jsonl, line 3: {name} is .*; expected .*Remove the line"):
        CellRecord.from_json(json.dumps({**RECORD, **change}), "results.jsonl, line 3")


@pytest.mark.parametrize(
    ("line", "message"), [("{", "not JSON"), ("[" * 100_000, "not JSON"), ("[1]", "no"), ('{"data": 1}', "a cell")]
)
def test_what_is_no_record_is_refused(line: str, message: str):
    with pytest.raises(InputError, match=f"line 3: .*{message}.*remove the line"):
        CellRecord.from_json(line, "results.jsonl, line 3")


def test_a_map_survives_the_way_to_a_file_and_back():
    drawn = FeatureMap.from_json(json.dumps(MAP))
    assert drawn.points[1] == (1, 0.5) and drawn.seen == (False, True)
    assert FeatureMap.from_json(drawn.to_json()) == drawn


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1]}, "2 labels; expected 3"),
        ({"labels": [0, 1, 2]}, r"labels \[2\]; expected 0 to 1"),
        ({"texts": [[0.0, 0.0]]}, "1 texts; expected 2"),
        ({"seen": [True]}, "1 seen; expected 2"),
        ({"seen": [0, 1]}, "expected a list, each entry true or false"),
        ({"points": [[0.0, float("nan")]] * 3}, "not two finite numbers"),
        ({"points": [[0.0, 0.0, 1.0]] * 3}, "not two finite numbers"),
        ({"texts": None}, "lacks texts"),
    ],
)
def test_a_broken_map_is_refused_by_its_line(change: dict[str, Any], message: str):
    with pytest.raises(InputError, match=f"maps.jsonl, line 3: .*{message}"):
        FeatureMap.from_json(json.dumps({**MAP, **change}), "maps.jsonl, line 3")
