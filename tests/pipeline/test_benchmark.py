import json

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.pipeline import BenchmarkConfig, run_benchmark

FAST = {"smie": {"epochs": 8, "learning_rate": 1e-3, "warmup_epochs": 2, "hidden": (64, 32)}}
CONFIG = BenchmarkConfig(splits=("small",), encoders=("kinematic",), seeds=(0, 1), options=FAST, masked_views=2)
FIELDS = {
    "data",
    "split",
    "method",
    "seed",
    "zsl_accuracy",
    "zsl_per_class_accuracy",
    "gzsl_seen",
    "gzsl_unseen",
    "gzsl_harmonic_mean",
    "seconds",
    "selected_epoch",
    "selection",
}


def lines(folder):
    records = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


@pytest.fixture(scope="module")
def finished(small, cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, run_benchmark([small], CONFIG, out, cache=cache, command="zeroskel benchmark …")


def test_a_line_a_cell_with_every_figure(finished):
    out, records = finished
    assert [(r["method"], r["seed"]) for r in records] == [(m, s) for s in (0, 1) for m in ("smie", "ridge", "conse")]
    for record in records:
        assert set(record) >= FIELDS
        assert 0 <= record["zsl_accuracy"] <= 1
        assert record["chance"] == pytest.approx(1 / 3)
        assert np.sum(record["confusion"]) == record["test_sequences"] == 18
        assert record["notice"] == "Synthetic."
        assert record["masked_views"] == 2
    assert [r["selected_epoch"] for r in records[:3]] == [8, None, None]
    assert "Synthetic." in (out / "report.html").read_text()
    assert [json.loads(line)["cell"] for line in (out / "results.jsonl").read_text().splitlines()] == [
        r["cell"] for r in records
    ]


def test_the_curve_ends_at_the_accuracy_of_whole_sequences(finished):
    for record in finished[1]:
        assert record["observed"]["share"][-1] == 1.0
        assert record["observed"]["accuracy"][-1] == pytest.approx(record["zsl_accuracy"])
        assert (record["observed"]["mutual_information"] is not None) == (record["method"] == "smie")


def test_same_seed_same_results_without_any_cache(finished, small, tmp_path):
    run_benchmark([small], CONFIG, tmp_path / "out", cache=tmp_path / "cache")
    assert lines(tmp_path / "out") == lines(finished[0])


def test_finished_cells_are_skipped_and_missing_ones_made_up(finished, small, cache, tmp_path, monkeypatch):
    from zeroskel.pipeline import benchmark

    whole = (finished[0] / "results.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "results.jsonl").write_text("".join(whole[:2] + whole[3:]))
    ran = []
    run_cell = benchmark.run_cell
    monkeypatch.setattr(benchmark, "run_cell", lambda cell, *a, **k: ran.append(cell.method) or run_cell(cell, *a, **k))
    run_benchmark([small], CONFIG, tmp_path, cache=cache)
    assert ran == ["conse"]
    assert lines(tmp_path) == lines(finished[0])


def test_an_interrupted_run_keeps_what_was_finished(small, cache, tmp_path):
    def interrupt(what, done, total):
        if what == "cells" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark([small], CONFIG, tmp_path, cache=cache, progress=interrupt)
    assert [(r["method"], r["seed"]) for r in lines(tmp_path)] == [("smie", 0), ("ridge", 0)]


def test_cells_of_other_runs_are_kept(finished, small, cache, tmp_path):
    (tmp_path / "results.jsonl").write_text((finished[0] / "results.jsonl").read_text())
    other = BenchmarkConfig(splits=("random-3-1",), encoders=("kinematic",), methods=("ridge",), masked_views=2)
    run_benchmark([small], other, tmp_path, cache=cache)
    assert [r["split"] for r in lines(tmp_path)] == ["random-3-1"] + ["small"] * 6


def test_validation_chooses_an_epoch_without_the_unseen_classes(small, cache, tmp_path):
    config = BenchmarkConfig(
        splits=("small",), encoders=("kinematic",), methods=("smie",), options=FAST, selection="validation"
    )
    record = run_benchmark([small], config, tmp_path, cache=cache)[0]
    assert 1 <= record["selected_epoch"] <= 8
    assert record["classes_seen"] == 6


def test_the_leak_is_never_worse_than_the_last_epoch_and_is_marked(finished, small, cache, tmp_path):
    config = BenchmarkConfig(
        splits=("small",),
        encoders=("kinematic",),
        methods=("smie",),
        options=FAST,
        selection="leaking-test",
        masked_views=2,
    )
    record = run_benchmark([small], config, tmp_path, cache=cache)[0]
    assert record["selection"] == "leaking-test"
    assert record["zsl_per_class_accuracy"] >= finished[1][0]["zsl_per_class_accuracy"]
    assert "leak" in (tmp_path / "report.html").read_text().lower()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": ("nope",)}, "unknown method"),
        ({"encoders": ("nope",)}, "unknown encoder"),
        ({"splits": ("nope",)}, "no split"),
        ({"seeds": ()}, "seeds"),
        ({"selection": "best"}, "selection"),
        ({"options": {"devise": {}}}, "devise"),
        ({"options": {"smie": {"epochs": 3, "x": 1}}}, "its options are"),
        ({"masked_views": 0}, "masked views"),
    ],
)
def test_what_cannot_run_is_said_before_anything_is_written(small, cache, tmp_path, changes, said):
    from dataclasses import replace

    with pytest.raises(InputError, match=said):
        run_benchmark([small], replace(CONFIG, **changes), tmp_path / "out", cache=cache)
    assert not (tmp_path / "out").exists()


def test_broken_results_are_named_by_line(small, cache, tmp_path):
    (tmp_path / "results.jsonl").write_text('{"cell": "a"}\n{"cell": \n')
    with pytest.raises(InputError, match="line 2"):
        run_benchmark([small], CONFIG, tmp_path, cache=cache)
