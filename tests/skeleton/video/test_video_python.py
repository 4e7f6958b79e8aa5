import sys
from pathlib import Path

import pytest

from zeroskel.core import InputError
from zeroskel.skeleton.video._reading import FOLDER, VARIABLE, video_python


@pytest.fixture
def running(tmp_path, monkeypatch):
    """A running environment that lies alone in a folder."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    return tmp_path


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_one_given_goes_before_the_variable_and_the_folder(running, monkeypatch):
    beside = program(running / FOLDER / "bin" / "python")
    assert video_python() == beside
    monkeypatch.setenv(VARIABLE, str(program(running / "named" / "python")))
    assert video_python() == running / "named" / "python"
    assert video_python(program(running / "given" / "python")) == running / "given" / "python"


def test_a_missing_environment_is_one_line_with_the_remedy(running):
    with pytest.raises(InputError, match="make video") as refusal:
        video_python()
    assert str(running / FOLDER) in str(refusal.value)
    assert "pip install mediapipe" in str(refusal.value)


def test_a_wrong_name_is_not_passed_over(running, monkeypatch):
    program(running / FOLDER / "bin" / "python")
    with pytest.raises(InputError, match=r"--video-python .*nowhere"):
        video_python(running / "nowhere")
    monkeypatch.setenv(VARIABLE, str(running))  # a folder
    with pytest.raises(InputError, match=VARIABLE):
        video_python()
