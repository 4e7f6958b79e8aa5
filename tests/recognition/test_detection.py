"""Facts of the detection benchmark: what is stored, resumed, compared and refused."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroskel import ZeroShotRecognizer
from zeroskel.core import InputError, Segment, SkeletonSequence
from zeroskel.datasets._long_recordings import LongRecordings, open_long_recordings
from zeroskel.recognition import Timeline
from zeroskel.recognition._detection import detect
from zeroskel.skeleton.formats import write

SECONDS = 4
FILES = ("0002-L", "0003-M", "0004-R")
ACTIONS = ("Handshaking", "Bow")
SEGMENTS = (Segment(0, 0.2, 1.2, "Handshaking", 0.9), Segment(1, 0.3, 1.2, "Handshaking", 0.5))


class Annotator(ZeroShotRecognizer):
    """Recognizer that finds the handshake of each recording with both people, and counts its calls."""

    calls = 0

    def timeline(self, sequence, actions, *, threshold=None, progress=None):
        Annotator.calls += 1
        return Timeline(SEGMENTS, self.candidates(actions).actions, sequence.frames / sequence.fps)


@pytest.fixture(scope="module")
def recognizer() -> Annotator:
    default = ZeroShotRecognizer.load("default")
    return Annotator(**{name: getattr(default, name) for name in Annotator.__dataclass_fields__})


@pytest.fixture
def recordings(tmp_path: Path) -> LongRecordings:
    folder = tmp_path / "PKUMMD"
    (folder / "labels").mkdir(parents=True)
    for number, name in enumerate(FILES):
        joints = np.random.default_rng(number).normal(size=(1, 30 * SECONDS, 25, 3))
        write(SkeletonSequence(joints, "ntu-25"), folder / "skeletons" / f"{name}.txt")
        (folder / "labels" / f"{name}.txt").write_text("14,6,36,2\n1,60,90,1\n")
    (folder / "cross-subject.txt").write_text("Training videos:\n0001-L\n\nValidataion videos:\n0002-L\n")
    return open_long_recordings("pku-mmd", folder)


def test_timelines_are_compared_with_annotations(recognizer: Annotator, recordings: LongRecordings, tmp_path) -> None:
    detection = detect(recognizer, recordings, tmp_path / "out")
    assert (detection.recordings, len(detection.actions)) == (3, 51)
    result = detection.result
    assert result.map_by_action == {0.1: 0.5, 0.3: 0.5, 0.5: 0.5, 0.7: 0.5}  # one of two annotated actions
    assert result.f1[0.5] == pytest.approx(2 / 3)  # the segments of the two people are one
    assert result.frame_accuracy == pytest.approx(1 - 30 / (30 * SECONDS))
    assert detection.hours == pytest.approx(3 * SECONDS / 3600)
    rows = list(csv.DictReader((tmp_path / "out" / "metrics.csv").open()))
    values = {(row["metric"], row["overlap"], row["action"]): float(row["value"]) for row in rows}
    assert values["mAP by action", "0.5", ""] == 0.5
    assert values["average precision", "0.5", "Handshaking"] == 1
    assert values["recordings", "", ""] == 3


def test_only_unseen_classes_of_a_split_are_candidates(recognizer, recordings, tmp_path) -> None:
    split = tmp_path / "mine.json"
    split.write_text(json.dumps({"unseen": ["Handshaking", "Salute"]}))
    detection = detect(recognizer, recordings, tmp_path / "out", split=str(split))
    assert detection.actions == ("Handshaking", "Salute")
    assert detection.result.map_by_action[0.5] == 1  # bows count as none of the actions
    assert detection.result.frame_accuracy == 1


def test_an_interrupted_run_resumes(recognizer: Annotator, recordings: LongRecordings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    detect(recognizer, recordings, out, most=2)
    before = Annotator.calls
    lines = (out / "recordings.jsonl").read_text().splitlines()
    assert [json.loads(line)["recording"] for line in lines] == ["0002-L", "0003-M"]
    (out / "recordings.jsonl").write_text(f"{lines[0]}\n{lines[1][:50]}")  # as if the machine had stopped
    detection = detect(recognizer, recordings, out)
    assert Annotator.calls - before == 2
    assert detection.recordings == 3
    assert [json.loads(line)["recording"] for line in (out / "recordings.jsonl").open()] == list(FILES)
    detect(recognizer, recordings, out)
    assert Annotator.calls - before == 2


def test_a_changed_recording_is_computed_again(recognizer, recordings, tmp_path) -> None:
    detect(recognizer, recordings, tmp_path / "out")
    before = Annotator.calls
    (tmp_path / "PKUMMD" / "labels" / "0003-M.txt").write_text("1,60,90,1\n")
    again = open_long_recordings("pku-mmd", tmp_path / "PKUMMD")
    assert detect(recognizer, again, tmp_path / "out").recordings == 3
    assert Annotator.calls - before == 1


def test_results_of_another_run_are_not_mixed(recognizer, recordings, tmp_path) -> None:
    out = tmp_path / "out"
    detect(recognizer, recordings, out)
    with pytest.raises(InputError, match="out: has results of a run with another threshold"):
        detect(recognizer, recordings, out, threshold=0.4)
    with pytest.raises(InputError, match="with another bundle"):
        detect(replace(recognizer, facts={"data": "other"}), recordings, out)
    with (out / "recordings.jsonl").open("a") as stream:
        stream.write("[1]\n")
    with pytest.raises(InputError, match=r"recordings\.jsonl, line 4: not a record"):
        detect(recognizer, recordings, out)
    (out / "run.json").unlink()
    with pytest.raises(InputError, match=r"no run\.json beside it"):
        detect(recognizer, recordings, out)


def test_a_broken_recording_does_not_stop_the_others(recognizer, recordings, tmp_path) -> None:
    (tmp_path / "PKUMMD" / "skeletons" / "0003-M.txt").write_text("1 2 3\n")
    with pytest.raises(InputError, match=r"1 of 3 recordings have no timeline, the first is 0003-M: .*line 1"):
        detect(recognizer, recordings, tmp_path / "out")
    lines = (tmp_path / "out" / "recordings.jsonl").read_text().splitlines()
    assert [json.loads(line)["recording"] for line in lines] == ["0002-L", "0004-R"]
    assert not (tmp_path / "out" / "metrics.csv").exists()


def facts(**changes) -> dict:
    trained = {"data": "pku-mmd", "protocol": "cross-subject", "seen_classes": ["bow"], "left_out": ["Handshaking"]}
    return {**trained, **changes}


def test_classes_of_the_training_set_are_named(recognizer, recordings, tmp_path) -> None:
    trained = replace(recognizer, facts=facts())
    assert detect(trained, recordings, tmp_path / "pku").trained == ("Bow",)
    elsewhere = replace(recognizer, facts={"data": "lab", "seen_classes": ["BOW", "sneeze"]})
    assert detect(elsewhere, recordings, tmp_path / "lab").trained == ("Bow",)
    assert json.loads((tmp_path / "lab" / "run.json").read_text())["trained_actions"] == ["Bow"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seen_classes": ["Handshaking"]}, "trained on 1 of the 2 unseen classes of split .*'Handshaking'"),
        ({"left_out": []}, "trained on recordings of pku-mmd that test"),
        ({"protocol": "cross-view"}, "that test under protocol cross-subject"),
        ({"data": "pool", "members": ["utkinect", "pku-mmd"]}, "trained on a pool with pku-mmd"),
    ],
)
def test_a_bundle_that_saw_what_is_tested_is_refused(changes, message, recognizer, recordings, tmp_path) -> None:
    split = tmp_path / "mine.json"
    split.write_text(json.dumps({"unseen": ["Handshaking", "Salute"]}))
    with pytest.raises(InputError, match=message):
        detect(replace(recognizer, facts=facts(**changes)), recordings, tmp_path / "out", split=str(split))
    assert not (tmp_path / "out").exists()


def test_bad_arguments_are_refused(recognizer, recordings, tmp_path) -> None:
    with pytest.raises(InputError, match="not calibrated"):
        detect(replace(recognizer, calibration=None), recordings, tmp_path / "out")
    with pytest.raises(InputError, match="threshold is 2"):
        detect(recognizer, recordings, tmp_path / "out", threshold=2)
    with pytest.raises(InputError, match="0 recordings"):
        detect(recognizer, recordings, tmp_path / "out", most=0)
