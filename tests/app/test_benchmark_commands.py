"""`zeroskel pretrain`, in one process and in two that `accelerate launch` starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import assert_refused, run_zeroskel

SMALL = ("--set", "stgcn.epochs=1", "--set", "stgcn.hidden_channels=4", "--set", "stgcn.embed_dim=16")
DATA = ("--data", "synthetic", "--split", "demo", "--encoder", "stgcn", *SMALL)
PROGRAM = "from zeroskel.app.cli import main; main()\n"


def run(*command: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)


@pytest.mark.slow("two processes train encoders")
def test_benchmark_finds_what_two_processes_trained(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    cache = ("--cache", tmp_path / "cache")
    launch = ("-m", "accelerate.commands.launch", "--cpu", "--num_processes", 2, "--num_machines", 1)
    launch += ("--main_process_port", 0, "--mixed_precision", "no", "--dynamo_backend", "no")
    done = run(sys.executable, *launch, program, "pretrain", *DATA, *cache)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("stgcn for synthetic, demo, seed 0:") == 1
    trained = sorted(path.name for path in (tmp_path / "cache").glob("encoder-*"))
    assert len(trained) == 1
    before = (tmp_path / "cache" / trained[0]).stat().st_mtime_ns
    out = tmp_path / "out"
    done = run_zeroskel("benchmark", *DATA, *cache, "--methods", "ridge", "--seeds", 0, "--out", out)
    assert done.returncode == 0, done.stderr
    assert (out / "results.jsonl").is_file()
    assert sorted(path.name for path in (tmp_path / "cache").glob("encoder-*")) == trained
    assert (tmp_path / "cache" / trained[0]).stat().st_mtime_ns == before


def test_unknown_data_or_splits_are_one_line_and_exit_code_2(tmp_path: Path) -> None:
    for wrong in (("--data", tmp_path / "none.npz", "--split", "demo"), ("--data", "synthetic", "--split", "purls-99")):
        assert_refused(run_zeroskel("pretrain", *wrong, "--cache", tmp_path / "cache"))
    assert not (tmp_path / "cache").exists()


def test_an_unavailable_device_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    done = run_zeroskel("pretrain", *DATA, "--set", "stgcn.device=none", "--cache", cache)
    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("zeroskel: ")]
    assert "device is 'none'" in line
    assert "expected a device that torch can use here" in line
    assert not list(cache.glob("encoder-*"))
