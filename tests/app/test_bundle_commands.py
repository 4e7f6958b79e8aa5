"""The commands of docs/video.md: poses from a video, and predictions for it."""

import json
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import zeroskel
from zeroskel.recognition import TrainingConfig, train_bundle

from .conftest import ZEROSKEL, assert_refused, run_zeroskel, small_dataset

pytestmark = pytest.mark.slow("networks find people in videos, frame by frame")

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "video.md"
ACTIONS = ["wave the right hand", "squat", "walk in place", "raise the right arm sideways"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, recordings):
    """A folder with clip.mp4 and a small bundle, which the commands of the page expect."""
    folder = tmp_path_factory.mktemp("video")
    (folder / "clip.mp4").write_bytes(recordings["front"].read_bytes())
    bundle = train_bundle(small_dataset(ACTIONS), TrainingConfig(method="ridge"), cache=folder / "cache")
    bundle.save(folder / "my-bundle")
    return folder


def test_the_commands_of_the_page_run_in_their_order(folder):
    """`predict` gives the same scores as the library does for the joints that `pose` wrote."""
    blocks = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("zeroskel ")]
    commands = [shlex.split(line)[1:] for line in lines]
    assert [command[:2] for command in commands] == [
        ["predict", "clip.mp4"],
        ["pose", "clip.mp4"],
        ["predict", "clip.json"],
        ["predict", "clip.mp4"],
    ]
    del commands[3]  # the next test runs it
    answers = []
    for command in commands:
        as_json = ["--json"] if command[0] == "predict" else []
        result = run_zeroskel(*command, *as_json, cwd=folder)
        assert result.returncode == 0, (command, result.stderr)
        answers.append(result.stdout)
    assert answers[1] == "clip.json: one person, 50 frames at 30 frames per second; 50 of them show a person\n"
    sequence = zeroskel.read(folder / "clip.json")
    assert (sequence.frames, sequence.layout.name) == (50, "mediapipe-33")
    recognizer = zeroskel.ZeroShotRecognizer.load(folder / "my-bundle")
    for answer in (json.loads(answers[0]), json.loads(answers[2])):
        prediction = recognizer.predict(sequence, answer["actions"])
        assert answer["best"] == prediction.best
        np.testing.assert_allclose(answer["scores"], prediction.scores, rtol=1e-3, atol=1e-4)


def test_an_unusable_video_or_option_is_one_line_and_exit_code_2(folder):
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
        (("pose", "clip.mp4", "--out", "out.json", "--people", "0"), "from 1 to 4"),
        (("predict", "clip.mp4", "--actions", "squat", "wave", "--save", "out.avi"), ".mp4"),
        (("predict", "clip.json", "--actions", "squat", "wave", "--save", "out.mp4"), "is none"),
        (("timeline", "clip.mp4", "--actions", "squat", "wave", "--save", "clip.mp4"), "the video itself"),
        (("predict", "cut.mp4", "--actions", "squat", "wave", "--model", "my-bundle"), "cut short"),
    ):
        assert_refused(run_zeroskel(*arguments, cwd=folder), word)
    assert not (folder / "out.json").exists()


def test_save_writes_a_film_and_the_same_answer(folder):
    command = ["predict", "clip.mp4", "--actions", "squat", "wave the right hand", "--model", "my-bundle", "--json"]
    plain, saved = (run_zeroskel(*command, *save, cwd=folder) for save in ((), ("--save", "annotated.mp4")))
    assert (saved.returncode, saved.stdout) == (0, plain.stdout), saved.stderr
    assert (folder / "annotated.mp4").stat().st_size > 10_000


def test_an_interrupted_search_leaves_no_file(folder, film, recordings):
    clip = film("endless.avi", recordings["front"], frames=300)
    # a shell that starts the tests in the background may let its children ignore SIGINT
    interruptible = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {ZEROSKEL[-1]}"
    command = [*ZEROSKEL[:-1], interruptible, "pose", str(clip), "--out", str(folder / "out.json")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate(timeout=30)
    assert process.returncode in (1, 130), output
    assert "Traceback" not in output
    assert not (folder / "out.json").exists()
