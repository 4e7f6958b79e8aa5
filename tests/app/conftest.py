"""The command line as a process, as a user runs it."""

import os
import subprocess
import sys

from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset

ZEROSKEL = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]


def run_zeroskel(*arguments, cwd=None, **environment):
    """Run the command and return its result with standard output and standard error as text."""
    variables = {**os.environ, "COLUMNS": "120", **{name: str(value) for name, value in environment.items()}}
    return subprocess.run([*ZEROSKEL, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=variables)


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
