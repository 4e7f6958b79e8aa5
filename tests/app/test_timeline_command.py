"""The command `zeroskel timeline`: table, JSON, files, and refusals before the work starts."""

import csv
import json
import os

import numpy as np
import pytest

from zeroskel.core import Segment
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import Timeline
from zeroskel.skeleton.formats import write

from .conftest import assert_refused, run_zeroskel

ACTIONS = ("squat", "clap the hands", "wave the right hand")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    file = tmp_path_factory.mktemp("recording") / "recording.json"
    clips = [generate_sequence(action, seed=900) for action in ("squat", "clap the hands", "squat")]
    write(clips[0].replace(np.concatenate([clip.joints for clip in clips], axis=1)), file)
    return file


def timeline(file, *options):
    return run_zeroskel("timeline", file, "--actions", *ACTIONS, *options)


def test_table_json_and_files_agree(recording, tmp_path):
    files = [tmp_path / f"out.{suffix}" for suffix in ("csv", "json", "vtt", "eaf", "png", "svg")]
    options = [word for file in files for word in ("--out", file)]
    result = timeline(recording, "--threshold", 0.02, "--json", *options)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    content = json.loads(result.stdout)
    assert content["reading"]["layout"] == "ntu-25"
    assert content["actions"] == list(ACTIONS)
    assert content["people"] == [0]
    assert content["segments"], "nothing was found even with the lowest threshold"
    for segment in content["segments"]:
        assert set(segment) == {"person", "start", "end", "action", "probability"}
        assert 0 <= segment["start"] < segment["end"] <= content["seconds"] + 1e-3
        assert segment["action"] in ACTIONS
    with files[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(float(row["start"]), row["action"]) for row in rows] == [
        (segment["start"], segment["action"]) for segment in content["segments"]
    ]
    assert json.loads(files[1].read_text())["segments"] == content["segments"]
    assert files[2].read_text().count(" --> ") == len(rows)
    assert files[3].read_text().count("<ALIGNABLE_ANNOTATION") == len(rows)
    assert all(file.stat().st_size > 1000 for file in files[3:])
    shown = timeline(recording, "--threshold", 0.02)
    assert shown.stderr.startswith(f"{recording}: read as JSON of joints")
    assert shown.stdout.count("%") == len(rows)
    assert f"{content['segments'][0]['end']:.2f}" in shown.stdout


def test_outputs_are_checked_before_the_work_starts(recording, tmp_path, monkeypatch):
    monkeypatch.setattr("zeroskel.read", lambda *_, **__: pytest.fail("the recording was read"))
    for out, words in (
        ("out.txt", "'.txt'. Expected one of: .csv, .json, .vtt, .eaf, .png, .svg"),
        ("out", "'(none)'"),
        (".", "suffix"),
    ):
        assert_refused(timeline(recording, "--out", tmp_path / "good.csv", "--out", tmp_path / out), words)
    before = recording.read_bytes()
    assert_refused(timeline(recording, "--out", recording), "is the recording itself")
    assert recording.read_bytes() == before
    assert os.listdir(tmp_path) == []


def test_a_recording_without_these_actions_has_a_line_and_an_empty_list(recording, tmp_path, monkeypatch):
    monkeypatch.setattr("zeroskel.ZeroShotRecognizer.timeline", lambda *_, **__: Timeline((), ACTIONS, 9.5))
    assert "None of these actions was found in 9.5 s." in timeline(recording).stdout
    assert json.loads(timeline(recording, "--json").stdout)["segments"] == []


def test_names_in_brackets_are_no_markup(recording, monkeypatch):
    result = Timeline((Segment(0, 1, 2, "clap [red]twice[/red]", 0.5),), ACTIONS, 9.5)
    monkeypatch.setattr("zeroskel.ZeroShotRecognizer.timeline", lambda *_, **__: result)
    assert "clap [red]twice[/red]" in timeline(recording).stdout


def test_an_interruption_is_one_line_and_leaves_no_file(recording, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("zeroskel.ZeroShotRecognizer.timeline", interrupted)
    result = timeline(recording, "--out", tmp_path / "out.csv")
    assert (result.returncode, result.stderr) == (1, "zeroskel: Interrupted.\n")
    assert os.listdir(tmp_path) == []


def test_the_annotations_of_a_video_refer_to_it(tmp_path, monkeypatch):
    film = tmp_path / "film.mp4"
    film.touch()
    clip = generate_sequence("squat", seed=900)
    monkeypatch.setattr("zeroskel.skeleton.video._reading.find_people", lambda *_, **__: ([], ()))
    monkeypatch.setattr("zeroskel.skeleton.video._reading.people_sequence", lambda *_, **__: clip)
    result = timeline(film, "--out", tmp_path / "film.eaf")
    assert result.returncode == 0, result.stderr
    assert 'RELATIVE_MEDIA_URL="./film.mp4"' in (tmp_path / "film.eaf").read_text()
