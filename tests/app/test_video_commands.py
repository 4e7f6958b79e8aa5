import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import zeroskel
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.recognition import TrainingConfig, train_bundle

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "video.md"
PROGRAM = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]
ACTIONS = ["wave the right hand", "squat", "walk in place", "raise the right arm sideways"]


def run(*arguments, cwd, python):
    """Run the command as a user does, with a Python for videos named."""
    environment = {**os.environ, "COLUMNS": "120", "ZEROSKEL_VIDEO_PYTHON": str(python)}
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, recordings):
    """A folder with clip.mp4 and a small bundle, as the page takes for granted."""
    folder = tmp_path_factory.mktemp("video")
    (folder / "clip.mp4").write_bytes(recordings["front"].read_bytes())
    sequences, labels, subjects, names = generate_dataset(ACTIONS, subjects=3, repetitions=2, seed=0)
    data = SkeletonDataset(sequences, labels, subjects, names, name="small", notice="Synthetic.")
    train_bundle(data, TrainingConfig(method="ridge"), cache=folder / "cache").save(folder / "my-bundle")
    return folder


def test_the_commands_of_the_page_run_in_their_order(folder, video_python):
    """Those that predict answer as the library does from the joints that `pose` wrote."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("zeroskel ")]
    commands = [shlex.split(line)[1:] for line in lines]
    assert [command[:2] for command in commands] == [
        ["predict", "clip.mp4"],
        ["pose", "clip.mp4"],
        ["predict", "clip.json"],
    ]
    answers = []
    for command in commands:
        as_json = ["--json"] if command[0] == "predict" else []
        result = run(*command, *as_json, cwd=folder, python=video_python)
        assert result.returncode == 0, (command, result.stderr)
        answers.append(result.stdout)
    assert answers[1] == "clip.json: 50 frames at 30 a second, a person in 50 of them\n"
    sequence = zeroskel.read(folder / "clip.json")
    assert (sequence.frames, sequence.layout.name) == (50, "mediapipe-33")
    recognizer = zeroskel.ZeroShotRecognizer.load(folder / "my-bundle")
    for answer in (json.loads(answers[0]), json.loads(answers[2])):
        prediction = recognizer.predict(sequence, answer["actions"])
        assert answer["best"] == prediction.best
        np.testing.assert_allclose(answer["scores"], prediction.scores, rtol=1e-3, atol=1e-4)


def test_what_cannot_be_used_is_one_line_and_exit_code_two(folder, video_python):
    (folder / "photograph.mp4").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF")
    (folder / "empty.mov").touch()
    (folder / "cut.mp4").write_bytes((folder / "clip.mp4").read_bytes()[:100000])
    for arguments, word in (
        (("pose", "nowhere.mp4", "--out", "out.json"), "no such file"),
        (("pose", "photograph.mp4", "--out", "out.json"), "photograph"),
        (("pose", "empty.mov", "--out", "out.json"), "empty file"),
        (("pose", "cut.mp4", "--out", "out.json"), "cut short"),
        (("pose", "clip.mp4", "--out", "out.bvh"), ".json"),
        (("pose", "clip.mp4", "--out", "out.json", "--most-seconds", "1"), "expected at most 1"),
        (("pose", "clip.mp4", "--out", "out.json", "--visibility", "2"), "from 0 to 1"),
        (("pose", "clip.mp4", "--out", "out.json", "--video-python", "nowhere"), "make video"),
        (("predict", "cut.mp4", "--actions", "squat", "wave", "--model", "my-bundle"), "cut short"),
    ):
        result = run(*arguments, cwd=folder, python=video_python)
        assert result.returncode == 2, (arguments, result.stderr)
        assert result.stderr.count("\n") == 1, result.stderr
        assert word in result.stderr
    assert not (folder / "out.json").exists()


def test_a_missing_environment_is_told_with_its_remedy(folder):
    result = run("pose", "clip.mp4", "--out", "out.json", cwd=folder, python=folder / "nowhere" / "python")
    assert result.returncode == 2
    assert "make video" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")
def test_an_interrupted_search_leaves_no_file_and_no_process(folder, film, recordings, video_python):
    clip = film("endless.avi", "--photograph", recordings["front"], "--frames", 300)
    environment = {**os.environ, "ZEROSKEL_VIDEO_PYTHON": str(video_python), "TMPDIR": str(folder / "scratch")}
    (folder / "scratch").mkdir()
    # what starts the tests in the background may have told its children to ignore it
    heeding = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {PROGRAM[-1]}"
    command = [*PROGRAM[:-1], heeding, "pose", str(clip), "--out", str(folder / "out.json")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    waited_until(lambda: len(processes_with(clip)) == 2)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in (1, 130), said
    assert "Traceback" not in said
    waited_until(lambda: not processes_with(clip))
    assert not (folder / "out.json").exists()
    assert not list((folder / "scratch").iterdir())


def processes_with(file: Path) -> list[str]:
    """Numbers of the processes whose command names the file."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if str(file).encode() in words:
                found.append(entry.name)
    return found


def waited_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
