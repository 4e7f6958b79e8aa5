"""The command line, in this process or in one of its own."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from zeroskel.app.cli import main
from zeroskel.app.terminal import console
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset

ZEROSKEL = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]


def run_process(*arguments, cwd=None):
    """Run the command as a user does and return its result with standard output and standard error as text."""
    variables = {**os.environ, "COLUMNS": "120"}
    return subprocess.run([*ZEROSKEL, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=variables)


def run_zeroskel(*arguments, cwd=None, **environment):
    """Run the command in this process, which saves the seconds that a new one needs; same result as `run_process`."""
    output, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.setattr(console, "_width", 120)
        for name, value in {"COLUMNS": 120, **environment}.items():
            patch.setenv(name, str(value))
        patch.setattr(sys, "argv", ["zeroskel", *map(str, arguments)])
        patch.chdir(cwd or os.getcwd())
        with pytest.raises(SystemExit) as end:
            main()
    return subprocess.CompletedProcess(arguments, end.value.code, output.getvalue(), errors.getvalue())


def assert_refused(result, *words):
    """Assert that the command exited with code 2 and one line on standard error that contains the words."""
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def small_dataset(actions):
    """Return a dataset of synthetic motion: three people, two recordings of each action."""
    sequences, labels, subjects, names = generate_dataset(actions, subjects=3, repetitions=2, seed=0)
    return SkeletonDataset(sequences, labels, subjects, names, name="small", notice="Synthetic.")
