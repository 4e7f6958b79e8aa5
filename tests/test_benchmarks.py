"""The benchmark scripts run and print what they promise; how fast anything is stands in their tables, not in a test."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.recognition import TrainingConfig, train_bundle

SCRIPTS = Path(__file__).resolve().parent.parent / "benchmarks"


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


@pytest.mark.slow("the script measures in a process of its own")
def test_reading_ntu_text_is_compared_on_equal_numbers(tmp_path: Path) -> None:
    shown = run("ntu_parser.py", "--frames", "5", "--rounds", "1", "--json", str(tmp_path / "out.json"))
    assert "both readers give the same numbers" in shown
    rows = json.loads((tmp_path / "out.json").read_text())
    assert [row["bodies"] for row in rows] == [1, 2]
    for row in rows:
        assert row["ratio"] == pytest.approx(row["plain_ms"] / row["zeroskel_ms"])


@pytest.mark.slow("the script measures in a process of its own")
def test_preparing_is_measured_with_one_and_two_workers(tmp_path: Path) -> None:
    shown = run(
        "prepare_ntu.py",
        "--recordings",
        "12",
        "--contents",
        "4",
        "--link",
        "--folder",
        str(tmp_path),
        "--json",
        str(tmp_path / "out.json"),
    )
    results = json.loads((tmp_path / "out.json").read_text())
    assert [(r["recordings"], r["workers"]) for r in results] == [(6, 1), (6, 2), (12, 1), (12, 2)]
    assert "for 114480" in shown
    assert not list(tmp_path.glob("zeroskel-*")), "the working folder was left behind"


@pytest.mark.slow("each of six commands starts a process that imports torch")
def test_the_documented_commands_are_watched_at_two_sizes(tmp_path: Path) -> None:
    figures, page = tmp_path / "out.json", tmp_path / "page.md"
    page.write_text("<!-- measured -->\n<!-- end -->\n")
    options = ("--folder", tmp_path, "--json", figures, "--page", page, "--epochs", "1")
    run("ntu_full.py", *options, "--sizes", "240,480", "--stages", "prepare,features")
    shown = run("ntu_full.py", *options, "--sizes", "240", "--stages", "prepare,smie,report")
    measured = json.loads(figures.read_text())["sizes"]
    assert list(measured["240"]) == ["prepare", "features", "smie", "report"]
    assert list(measured["480"]) == ["prepare", "features"]
    assert all(
        row["cpu_seconds"] > 0.1 and row["megabytes"] > 20 for rows in measured.values() for row in rows.values()
    )
    assert "240 recordings, prepare" not in shown, "a stage that is in the figures is not repeated"
    prepared = next(line for line in page.read_text().splitlines() if "data prepare" in line)
    assert prepared.count(" MB |") == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here, and measuring on it takes minutes")
def test_without_a_gpu_its_benchmark_says_so() -> None:
    command = [sys.executable, str(SCRIPTS / "gpu.py")]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert shown.returncode == 1
    assert shown.stderr.startswith("no GPU that torch can use")


@pytest.mark.slow("every part of the script runs once, and the compiler takes its time")
def test_every_part_of_the_benchmark_of_a_gpu_runs_on_a_cpu(tmp_path: Path) -> None:
    shown = run("gpu.py", "--device", "cpu", "--quick", "--json", tmp_path / "out.json")
    figures = json.loads((tmp_path / "out.json").read_text())
    assert list(figures["parts"]) == ["steps", "smie", "load", "parity", "inference", "compiled"]
    rows = [row for part in figures["parts"].values() for row in part]
    assert not [row for row in rows if "fault" in row]
    assert not figures["warnings"]
    for what, goal in (("training step", 1.5), ("SMIE", 50.0), ("pre-training", 80.0), ("smie, scores", 0.99)):
        assert any(row["what"].startswith(what) and row["target"] == goal for row in rows)
    assert "(goal ≥ 1.5: " in shown


@pytest.mark.slow("the script measures in a process of its own")
def test_the_latency_of_kite_is_set_against_that_of_smie(tmp_path: Path) -> None:
    shown = run("kite_latency.py", "--rounds", "2", "--json", str(tmp_path / "out.json"))
    results = json.loads((tmp_path / "out.json").read_text())
    assert [(r["sequences"], r["candidates"]) for r in results] == [(1, 12), (1, 60), (128, 60)]
    assert "kite / smie" in shown


@pytest.mark.slow("the script measures in a process of its own")
def test_performance_is_measured_and_its_page_written(tmp_path: Path) -> None:
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("before\n<!-- measured -->\nold\n<!-- end -->\nafter\n")
    short = ("--only", "one,scale,scoring", "--sizes", "1000,2000", "--rounds", "1")
    shown = run("performance.py", *short, "--out", out, "--page", page)
    figures = json.loads(out.read_text())
    assert set(figures["parts"]) == {"one", "scoring"}
    assert [stage["stage"] for stage in figures["scale"]] == ["prepare", "batches", "features", "training", "scoring"]
    assert "| prepare | " in shown
    text = page.read_text()
    assert text.startswith("before\n<!-- measured -->\nMachine: ") and text.endswith("<!-- end -->\nafter\n")
    assert "old" not in text
    assert (tmp_path / "images" / "scale.svg").read_text().count(", slope ") == 5


def test_the_page_of_performance_has_the_figures_that_were_measured(tmp_path: Path) -> None:
    docs = SCRIPTS.parent / "docs"
    figures, page = docs / "results" / "performance.json", tmp_path / "performance.md"
    text = (docs / "performance.md").read_text()
    page.write_text(text)
    run("performance.py", "--table-only", "--out", str(figures), "--page", str(page))
    assert page.read_text() == text


def test_floors_name_rows_that_were_measured_above_them() -> None:
    recorded = json.loads((SCRIPTS.parent / "docs" / "results" / "performance.json").read_text())["parts"]
    for part, floors in tomllib.loads((SCRIPTS / "floors.toml").read_text()).items():
        ratios = {row["what"]: row["figure"] for row in recorded[part] if row["unit"] == "times as fast"}
        assert all(2 < ratios[row] and 1 < floor < ratios[row] for row, floor in floors.items())


def test_a_ratio_below_its_floor_is_measured_twice_and_reported(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import check_floors
    from parts.rows import Row

    measured = iter([[1.0, 3.0], [2.5, 3.0], [1.0, 3.0], [1.5, 1.0]])

    def measure() -> list[Row]:
        return [Row(what, "", "", figure, "") for what, figure in zip("ab", next(measured), strict=True)]

    assert check_floors.ratios_below({"a": 2.0, "b": 2.0}, measure) == []
    below = check_floors.ratios_below({"a": 2.0, "b": 2.0}, measure)
    assert below == ["a: 1.50 times as fast; expected at least 2"]
    with pytest.raises(SystemExit, match="no row 'c'"):
        check_floors.ratios_below({"c": 2.0}, lambda: [])


@pytest.mark.slow("the script measures in a process of its own")
def test_the_latency_of_a_graph_is_set_against_that_of_numpy(tmp_path: Path) -> None:
    sequences, labels, subjects, names = generate_dataset(["squat", "jump", "wave both hands"], subjects=2)
    data = SkeletonDataset(sequences, labels, subjects, names, name="few", splits={}, notice="Synthetic.")
    config = TrainingConfig(method="ridge", masked_views=1)
    train_bundle(data, config, cache=tmp_path / "cache").save(tmp_path / "bundle")
    shown = run("onnx_latency.py", str(tmp_path / "bundle"), "--rounds", "2")
    assert float(re.search(r"at most (\S+) of the largest", shown)[1]) < 1e-4
    assert re.search(r"graph [0-9.]+ ms, NumPy [0-9.]+ ms", shown)


@pytest.mark.slow("the script measures in a process of its own")
def test_the_cost_of_a_timeline_is_measured_in_seconds_and_memory() -> None:
    shown = run("timeline_cost.py", "--minutes", "0.05")
    assert re.fullmatch(r"0\.05 minutes of two people: \d+ s of CPU time, \d+ MiB at most\n", shown)
