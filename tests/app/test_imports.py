"""Imports of commands: a command that needs no network does not wait for torch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

_PROGRAM = """
import json, sys
from zeroskel.app.cli import main
try:
    main(sys.argv[1:])
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
_NETWORKS = {"torch", "sentence_transformers", "transformers", "onnxruntime", "accelerate"}
_TABLES = {"pandas", "sklearn", "matplotlib", "joblib", "h5py"}
_SERVER = {"fastapi", "uvicorn"}


def imported(*arguments: str) -> set[str]:
    """Return the packages that a command imports in a new process."""
    command = [sys.executable, "-c", _PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("clip") / "clip.json"
    write(generate_sequence("squat", seed=5), file)
    return file


def test_help_imports_neither_networks_nor_tables() -> None:
    assert not imported("--help") & (_NETWORKS | _TABLES | _SERVER | {"scipy"})


@pytest.mark.parametrize(
    "actions", [("squat", "kick a ball"), ("juggle three balls", "fly a kite")], ids=["known words", "new words"]
)
def test_a_prediction_imports_neither_networks_nor_tables(clip: Path, actions: tuple[str, ...]) -> None:
    packages = imported("predict", str(clip), "--actions", *actions)
    assert "numpy" in packages  # the list is not empty
    assert not packages & (_NETWORKS | _TABLES | _SERVER)


@pytest.mark.parametrize("command", [("timeline",), ("predict", "--explain", "--json")], ids=["timeline", "explain"])
def test_timelines_and_explanations_import_no_network(clip: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    packages = imported(name, str(clip), "--actions", "squat", "kick a ball", *options)
    assert not packages & (_NETWORKS | {"matplotlib", "sklearn"})


def test_zeroskel_imports_nothing_heavy() -> None:
    program = "import sys, zeroskel; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & (_NETWORKS | _TABLES | _SERVER | {"numpy", "scipy", "typer"})
