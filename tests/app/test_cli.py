"""The command line: the demo, training, benchmarks and predictions; a user's error is reported in one line."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from typer.main import get_command

from zeroskel import __version__
from zeroskel.app.arguments import action_list, joint_names
from zeroskel.app.cli import app
from zeroskel.app.options import add_help, comma_list, option_map, seed_list, spread_variadic
from zeroskel.core import InputError
from zeroskel.datasets import synthetic_dataset, write_container
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write

from .conftest import assert_refused as refused
from .conftest import run_process
from .conftest import run_zeroskel as zeroskel


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, run_process("demo", "--out", folder / "out", "--cache", folder / "cache")


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_the_demo_beats_three_times_chance_on_eight_or_more_unseen_actions(demo):
    folder, result = demo
    assert result.returncode == 0, result.stderr
    records = [json.loads(line) for line in (folder / "out" / "results.jsonl").read_text().splitlines()]
    smie = next(record for record in records if record["method"] == "smie")
    assert len(smie["classes_unseen"]) >= 8
    assert smie["zsl_accuracy"] >= 3 * smie["chance"]
    assert "not evidence" in result.stdout
    assert "report.html" in result.stdout
    assert "Prediction for a new clip of" in result.stdout.splitlines()[-1]
    assert "not evidence" in (folder / "out" / "report.html").read_text()


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_predict_names_a_file(demo, tmp_path):
    write(generate_sequence("squat", seed=5), tmp_path / "clip.json")
    bundle = demo[0] / "out" / "bundle"
    result = run_process("predict", tmp_path / "clip.json", "--actions", "squat", "wave", "--json", "--model", bundle)
    assert result.returncode == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["actions"] == ["squat", "wave"]
    assert content["best"] == "squat"
    assert "not evidence" in content["notice"]
    shown = zeroskel("predict", tmp_path / "clip.json", "--actions", "squat", "wave", "--model", bundle)
    assert shown.returncode == 0
    assert "probability" in shown.stdout
    unmeasured = zeroskel(
        "predict", tmp_path / "clip.json", "--actions", "squat", "wave", "--explain", "--model", bundle
    )
    assert "that needs the encoder movement" in unmeasured.stdout


def test_predict_says_how_the_file_was_read_and_whether_an_action_happens(tmp_path):
    squat = generate_sequence("squat", seed=5)
    write(squat.replace(squat.joints[..., [0, 2, 1]] * [1, -1, 1] * 1000), tmp_path / "clip.csv")
    command = ("predict", tmp_path / "clip.csv", "--up", "z", "--unit", "mm", "--fps", "15")
    shown = zeroskel(*command, "--actions", "squat")
    assert shown.returncode == 0, shown.stderr
    assert "clip.csv: read as CSV of joints, " in shown.stderr
    assert shown.stderr.rstrip().endswith("z up turned to y, millimetres turned to metres, 15 frames a second")
    assert 'Answer: yes. The presence of "squat" is' in shown.stdout
    content = json.loads(zeroskel(*command, "--actions", "squat", "--json").stdout)
    assert content["presence"] > 0.5
    assert content["none_of_these"] is False
    assert content["reading"]["unit"] == "mm"
    assert content["reading"]["fps"] == 15
    assert "mirrored, as stated" in zeroskel(*command, "--mirror", "--actions", "squat").stderr
    unlike = zeroskel(*command, "--actions", "lie on the floor", "wave the left hand", "--threshold", "0.99").stdout
    assert "Answer: none of these. The presence of one of these actions is" in unlike


def test_predict_says_what_each_person_does_and_when_the_person_is_there(tmp_path):
    squat, wave = generate_sequence("squat", seed=5), generate_sequence("wave the right hand", seed=5)
    frames = squat.frames + 30
    joints = np.full((2, frames, *squat.joints.shape[2:]), np.nan, np.float32)
    joints[0, : squat.frames] = squat.joints[0]
    joints[1, 30:] = wave.joints[0, np.arange(squat.frames) % wave.frames] + [1.5, 0, 0]
    write(squat.replace(joints), tmp_path / "two.json")
    command = ("predict", tmp_path / "two.json", "--actions", "squat", "wave the [right] hand")
    shown = zeroskel(*command).stdout
    lines = [line for line in shown.splitlines() if line.startswith("Person ")]
    assert lines[0].startswith(f'Person 0, 0.0 to {squat.frames / 30:.1f} s: "squat" (')
    assert lines[1].startswith(f'Person 1, 1.0 to {frames / 30:.1f} s: "wave the [right] hand" (')
    content = json.loads(zeroskel(*command, "--json").stdout)
    assert [person["best"] for person in content["people"]] == ["squat", "wave the [right] hand"]
    assert [person["start"] for person in content["people"]] == [0.0, 1.0]
    assert content["best"] == content["people"][content["person"]]["best"]


def test_a_recording_of_one_person_has_one_entry_and_the_table_names_nobody(tmp_path):
    write(generate_sequence("squat", seed=5), tmp_path / "clip.json")
    command = ("predict", tmp_path / "clip.json", "--actions", "squat", "wave")
    (person,) = json.loads(zeroskel(*command, "--json").stdout)["people"]
    assert person["person"] == 0
    assert person["best"] == "squat"
    assert "Person" not in zeroskel(*command).stdout


def test_actions_are_names_or_a_list_with_commas_or_a_file(tmp_path):
    assert action_list(["squat", "stand up, then sit down"]) == ["squat", "stand up, then sit down"]
    assert action_list(["squat, wave one hand,"]) == ["squat", "wave one hand"]
    assert action_list(["sit down"]) == ["sit down"]
    (tmp_path / "actions.txt").write_text("squat\n\n wave one hand \n", encoding="utf-8-sig")
    assert action_list([str(tmp_path / "actions.txt")]) == ["squat", "wave one hand"]
    (tmp_path / "empty.txt").write_text("\n")
    for name, words in (("empty.txt", "no line with a name"), ("none.txt", "no such file")):
        refused(zeroskel("predict", "clip.json", "--actions", tmp_path / name), name, words)


def test_names_of_joints_are_read_from_a_file(tmp_path):
    file = tmp_path / "joints.txt"
    for text, names in (
        ("nose\nleft_eye\n", ["nose", "left_eye"]),
        ("Kopf, head\nHals, neck\n", {"Kopf": "head", "Hals": "neck"}),
        ("Kopf = head", {"Kopf": "head"}),
        ('["nose", "left_eye"]', ["nose", "left_eye"]),
        ('{"Kopf": "head"}', {"Kopf": "head"}),
    ):
        file.write_text(text)
        assert joint_names(file) == names
    for text, words in (("a,b\nc\n", "lines of different form"), ("[1]", "other values than names"), ("[", "not JSON")):
        file.write_text(text)
        with pytest.raises(InputError, match=words):
            joint_names(file)


@pytest.mark.parametrize(
    ("command", "line"), [("read", "Interrupted."), ("prepare", "Interrupted. Finished parts are")]
)
def test_an_interruption_is_one_line(command, line, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("zeroskel.read", interrupted)
    monkeypatch.setattr("zeroskel.datasets._preparing.prepare", interrupted)
    commands = {
        "read": ("predict", tmp_path / "clip.json", "--actions", "squat"),
        "prepare": ("data", "prepare", "folder", tmp_path, "--out", tmp_path / "out"),
    }
    result = zeroskel(*commands[command])
    assert result.returncode == 1
    assert result.stderr.startswith(f"zeroskel: {line}")
    assert result.stderr.count("\n") == 1


def test_predict_explains_in_words(tmp_path):
    write(generate_sequence("wave the right hand", seed=2), tmp_path / "clip.json")
    command = ("predict", tmp_path / "clip.json", "--actions", "wave one hand", "clap [hands]", "--explain")
    table, *lines = zeroskel(*command).stdout.split("The motion shows: ")
    assert "clap [hands]" in table
    shown, *reasons = lines[0].splitlines()
    assert shown.startswith("right hand moving from side to side")
    assert shown.endswith("; standing")
    assert reasons[0].startswith('For "wave one hand" and against "clap [hands]": ')
    content = json.loads(zeroskel(*command, "--json").stdout)
    assert content["shown"] == shown.split("; ")
    assert content["speaks_for"] == reasons[0].split(": ")[1].split("; ")
    assert {"best", "probabilities", "parts", "quantities", "rival", "speaks_against"} <= set(content)


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_train_writes_a_bundle_and_benchmark_resumes(demo, tmp_path):
    cache = demo[0] / "cache"
    result = zeroskel(
        *("train", "--data", "synthetic", "--split", "demo", "--method", "ridge", "--out", tmp_path / "bundle"),
        *("--cache", cache),
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "bundle" / "bundle.json").is_file()
    command = (
        *("benchmark", "--data", "synthetic", "--split", "demo", "--encoder", "kinematic", "--methods", "ridge,conse"),
        *("--seeds", "0", "--out", tmp_path / "out", "--cache", cache, "--set", "conse.top=5"),
    )
    first = zeroskel(*command)
    assert first.returncode == 0, first.stderr
    before = (tmp_path / "out" / "results.jsonl").read_text()
    assert zeroskel(*command).returncode == 0
    assert (tmp_path / "out" / "results.jsonl").read_text() == before
    assert json.loads(before.splitlines()[1])["options"] == {"top": 5}


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_ready_features_take_the_place_of_data_and_encoder(feature_folder, tmp_path):
    command = (
        "benchmark",
        "--features",
        feature_folder,
        "--split",
        "synse-5",
        "--methods",
        "ridge,conse",
        "--seeds",
        "0",
    )
    command += ("--out", tmp_path / "out", "--cache", tmp_path / "cache")
    first = zeroskel(*command)
    assert first.returncode == 0, first.stderr
    assert "features" in first.stdout and "1 was subtracted" in " ".join(first.stdout.split())
    before = (tmp_path / "out" / "results.jsonl").read_text()
    records = [json.loads(line) for line in before.splitlines()]
    assert [(r["data"], r["method"], r["encoder"]) for r in records] == [
        ("ntu60", "ridge", "features"),
        ("ntu60", "conse", "features"),
    ]
    assert records[0]["encoder_options"] == {"folder": "shift_5_r"}
    assert zeroskel(*command).returncode == 0
    assert (tmp_path / "out" / "results.jsonl").read_text() == before  # finished cells are skipped
    (feature_folder / "gtest.npy").unlink()
    (feature_folder / "g_label.npy").unlink()
    refused(zeroskel(*command), "two results of data ntu60", "separate folders")  # other features, same names
    assert (tmp_path / "out" / "results.jsonl").read_text() == before
    without = zeroskel(*command, "--out", tmp_path / "without")
    assert without.returncode == 0, without.stderr
    assert "no GZSL" in " ".join(without.stdout.split())
    assert json.loads((tmp_path / "without" / "results.jsonl").read_text().splitlines()[0])["gzsl_seen"] is None


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_ready_features_that_cannot_be_used_are_refused_in_one_line(feature_folder, tmp_path):
    run = ("benchmark", "--methods", "ridge", "--seeds", "0", "--out", tmp_path / "out", "--split")
    refused(zeroskel(*run, "synse-5"), "neither --data nor --features")
    refused(zeroskel(*run, "synse-5", "--features", feature_folder, "--data", "synthetic"), "--data and --features")
    refused(zeroskel(*run, "demo", "--data", "synthetic", "--classes", "ntu60"), "--classes", "without --features")
    refused(zeroskel(*run, "synse-5,synse-12", "--features", feature_folder), "expected one split")
    refused(
        zeroskel(*run, "synse-5", "--features", feature_folder, "--encoder", "kinematic"), "encoder", "ready features"
    )
    refused(zeroskel(*run, "random-5-0", "--features", feature_folder), "--classes")
    refused(zeroskel(*run, "synse-12", "--features", feature_folder, "--classes", "ntu60"), "z_label.npy", "synse-12")
    refused(zeroskel(*run, "synse-5", "--features", tmp_path / "none"), "no such folder", "ztest.npy")
    assert not (tmp_path / "out").exists()


def test_help_and_version():
    for command in ([], ["demo"], ["benchmark"], ["train"], ["predict"], ["data"], ["data", "info"]):
        assert zeroskel(*command, "--help").returncode == 0
    assert run_process("--version").stdout.strip() == __version__
    as_module = subprocess.run([sys.executable, "-m", "zeroskel", "--version"], capture_output=True, text=True)
    assert as_module.stdout.strip() == __version__


def test_every_argument_and_option_is_described():
    group = add_help(get_command(app))
    commands = {**group.commands, **group.commands["data"].commands}
    for name, command in commands.items():
        assert command.help and "Options:" not in command.help, name
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"


def test_data_list_and_info():
    listed = zeroskel("data", "list")
    assert listed.returncode == 0
    assert "synthetic" in listed.stdout
    info = zeroskel("data", "info", "synthetic")
    assert info.returncode == 0, info.stderr
    assert "squat" in info.stdout
    assert "not evidence" in info.stdout


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_bad_input_is_one_line_and_exit_2(demo, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not really")
    (tmp_path / "clip.txt").write_text("hello")
    run = ("--methods", "ridge", "--out", tmp_path / "out", "--split")
    refused(zeroskel("benchmark", "--data", tmp_path / "none.npz", *run, "purls-5"), "none.npz", "no such file")
    refused(run_process("benchmark", "--data", tmp_path / "broken.npz", *run, "purls-5"), "broken.npz")
    refused(zeroskel("benchmark", "--data", tmp_path / "clip.txt", *run, "purls-5"), "clip.txt", ".npz")
    refused(zeroskel("benchmark", "--data", "synthetic", *run, "purls-99"), "purls-99", "demo")
    refused(zeroskel("benchmark", "--data", "synthetic", *run, "demo", "--seeds", "a"), "--seeds")
    refused(zeroskel("benchmark", "--data", "synthetic", *run, "demo", "--set", "ridge"), "--set")
    refused(zeroskel("predict", tmp_path / "clip.txt", "--actions", "a", "b", "--model", demo[0] / "out" / "bundle"))
    refused(zeroskel("predict", tmp_path / "gone.skeleton", "--actions", "a"), "gone.skeleton")
    write(generate_sequence("squat", seed=5), tmp_path / "clip.json")
    refused(zeroskel("predict", tmp_path / "clip.json", "--actions", "a", "b", "--model", tmp_path), "zeroskel train")
    assert not (tmp_path / "out").exists()


def test_wrong_usage_is_exit_2():
    refused(zeroskel("benchmark", "--data", "synthetic"), "--split")
    refused(run_process("nonsense"), "nonsense")
    refused(zeroskel("demo", "--nope"), "--nope")
    assert "Commands" in zeroskel().stdout
    assert "info" in zeroskel("data").stdout


def test_synthetic_motion_that_has_no_descriptions_is_refused_in_one_line(tmp_path):
    run = ("--data", "synthetic", "--split", "demo", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    result = zeroskel("benchmark", *run, "--methods", "ridge", "--synthetic", "1", "--prompt", "everything")
    refused(result, "Prompt 'everything' needs", "none for")
    refused(
        zeroskel("benchmark", *run, "--methods", "ridge", "--synthetic", "-1"), "--synthetic: found -1", "0 or more"
    )
    assert not any(tmp_path.iterdir())


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_a_folder_that_cannot_be_written_is_reported(demo, tmp_path):
    (tmp_path / "file").write_text("in the way")
    shutil.copytree(demo[0] / "cache", tmp_path / "cache")
    result = zeroskel(
        *("benchmark", "--data", "synthetic", "--split", "demo", "--methods", "ridge", "--seeds", "0"),
        *("--encoder", "kinematic", "--out", tmp_path / "file" / "out", "--cache", tmp_path / "cache"),
    )
    refused(result, "file", "Check the path")


def test_options_take_all_values_up_to_the_next_option():
    spread = spread_variadic(["predict", "f", "--actions", "kick a ball", "sit", "--json", "--model", "m"])
    assert spread == ["predict", "f", "--actions", "kick a ball", "--actions", "sit", "--json", "--model", "m"]


def test_values_are_read_as_json_where_they_are():
    options = option_map(["smie.epochs=5", "smie.negatives=published", "stgcn.augment=false"])
    assert options == {"smie": {"epochs": 5, "negatives": "published"}, "stgcn": {"augment": False}}
    assert comma_list(" a, b ,,c") == ("a", "b", "c")
    assert seed_list("0,2") == (0, 2)
    with pytest.raises(InputError, match="--set"):
        option_map(["epochs=5"])


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_predictions_of_the_command_are_finite(demo, tmp_path):
    sequence = generate_sequence("jump", seed=8)
    sequence.joints[0, 3:6, 5] = np.nan
    write(sequence, tmp_path / "clip.json")
    bundle = demo[0] / "out" / "bundle"
    result = zeroskel(
        "predict", tmp_path / "clip.json", "--model", bundle, "--json", "--actions", "jump", "bow", "kick"
    )
    assert np.isfinite(json.loads(result.stdout)["scores"]).all()


@pytest.mark.slow("the demo trains encoders, or the program starts several times")
def test_a_container_runs_like_any_other_data(tmp_path):
    write_container(synthetic_dataset(subjects=4, repetitions=1), tmp_path / "made")
    arguments = ("benchmark", "--data", tmp_path / "made", "--split", "demo", "--encoder", "kinematic")
    arguments += ("--methods", "ridge", "--seeds", "0", "--cache", tmp_path / "cache", "--out", tmp_path / "out")
    result = zeroskel(*arguments)
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / "out" / "results.jsonl").read_text())
    assert (record["data"], record["protocol"]) == ("synthetic", "odd-subjects")
    assert "not evidence" in record["notice"]
    assert "odd-subjects" in (tmp_path / "out" / "report.html").read_text()
    refused(zeroskel(*arguments, "--protocol", "cross-view"), "no protocol 'cross-view'", "odd-subjects")


def test_splits_are_shown_by_class_name():
    shown = zeroskel("data", "splits", "ntu60").stdout
    assert "unseen (5): drop, put on a hat/cap, taking a selfie, nausea/vomiting, pushing" in shown
    assert shown.count("validation (5)") >= 4 and "seen (50): drink water, eat meal" in shown
    refused(zeroskel("data", "splits", "no-such"), "no class names of 'no-such'", "ntu120")


def test_data_set_names_are_taken_with_either_dash():
    assert zeroskel("data", "splits", "nw_ucla").stdout == zeroskel("data", "splits", "nw-ucla").stdout
