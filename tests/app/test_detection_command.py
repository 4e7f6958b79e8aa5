"""`zeroskel detect` runs on small files in PKU-MMD's format, written from synthetic motion."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from zeroskel.app.cli import main
from zeroskel.core import SkeletonSequence
from zeroskel.datasets import published_class_names
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

CLASSES = {
    "bow forward": "Bow",
    "clap the hands": "Clapping",
    "kick forward with the left leg": "Kicking something",
}  # synthetic action -> class of PKU-MMD


def write_release(folder: Path) -> None:
    """Write two recordings of three actions with idle time between them, and the lists of the release."""
    (folder / "labels").mkdir(parents=True)
    for number, name in enumerate(("0002-L", "0003-M")):
        parts, lines, at = [], [], 0
        for action, class_name in CLASSES.items():
            motion = generate_sequence(action, seed=900 + number).joints[0]
            idle = np.repeat(motion[:1], 30, axis=0)
            label = published_class_names("pku-mmd").index(class_name) + 1
            lines.append(f"{label},{at + 30},{at + 30 + len(motion)},2\n")
            parts += [idle, motion]
            at += 30 + len(motion)
        write(SkeletonSequence(np.concatenate(parts), "ntu-25"), folder / "skeletons" / f"{name}.txt")
        (folder / "labels" / f"{name}.txt").write_text("".join(lines))
    (folder / "cross-subject.txt").write_text("Training videos:\n0001-L\n\nValidataion videos:\n0002-L, 0003-M\n")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["detect", *arguments])
    return int(end.value.code or 0)


def test_the_command_prints_and_writes_the_metrics(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_release(Path("PKUMMD"))
    assert run("pku-mmd", "PKUMMD", "--out", "runs/detect", "--split", "star-5", "--most", "1") == 0
    shown = capsys.readouterr().out
    assert "1 recordings of 5 actions" in shown
    assert run("pku-mmd", "PKUMMD", "--protocol", "cross-subject", "--out", "runs/all") == 0
    shown = capsys.readouterr().out
    for text in (
        "mAP by action",
        "segmental F1",
        "metric at overlap",
        "Edit score",
        "Frame accuracy",
        "2 recordings of 51 actions",
    ):
        assert text in shown, shown
    rows = list(csv.DictReader((tmp_path / "runs/all/metrics.csv").open()))
    values = [float(row["value"]) for row in rows if row["metric"] == "average precision"]
    assert len(values) == 3 * 4
    assert all(0 <= value <= 1 for value in values)
    records = [json.loads(line) for line in (tmp_path / "runs/all/recordings.jsonl").open()]
    assert [record["recording"] for record in records] == ["0002-L", "0003-M"]
    assert [each["action"] for each in records[0]["annotated"]] == list(CLASSES.values())


def test_a_wrong_request_is_one_line(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_release(Path("PKUMMD"))
    for arguments, message in (
        (("ntu60", "PKUMMD", "--out", "out"), "cut into actions"),
        (("pku-mmd", "nowhere", "--out", "out"), "nowhere: no such file"),
        (("pku-mmd", "PKUMMD", "--out", "out", "--protocol", "cross-view"), "no protocol cross-view"),
        (("pku-mmd", "PKUMMD", "--out", "out", "--split", "synse-5"), "no split 'synse-5'"),
    ):
        assert run(*arguments) == 2
        shown = capsys.readouterr().err.strip()
        assert message in shown
        assert len(shown.splitlines()) == 1
        assert not Path("out").exists()
