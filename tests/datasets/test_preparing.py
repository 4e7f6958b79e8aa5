"""Facts of `prepare`: what it makes, and that nothing that happens to it loses or spoils anything."""

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel import SkeletonDataset
from zeroskel.core import InputError, MissingFileError
from zeroskel.datasets._preparing import prepare
from zeroskel.datasets._recipe_parts import broken_recordings
from zeroskel.datasets.catalog._recipes import RECIPES
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import read, write
from zeroskel.skeleton.transforms import convert_layout

from ..app.conftest import ZEROSKEL, run_zeroskel

BROKEN = "S001C002P005R002A008"


def ntu_folder(folder: Path, sequence_maker, count: int = 12, frames: int = 6) -> Path:
    """`count` recordings of both releases in the original naming, of two actions by performers 1, 2 and 3."""
    folder.mkdir()
    for i in range(count):
        setup, camera, performer, action = 1 + i % 2, 1 + i % 3, 1 + i % 3, 1 + i // 6 % 2
        name = f"S{setup:03d}C{camera:03d}P{performer:03d}R{1 + i // 6:03d}A{action:03d}"
        write(sequence_maker("ntu-25", frames=frames, seed=i), folder / f"{name}.skeleton")
    return folder


def sums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
def release(tmp_path: Path, sequence_maker) -> Path:
    return ntu_folder(tmp_path / "ntu", sequence_maker)


def test_a_folder_an_archive_and_a_folder_of_archives_give_the_same(release: Path, tmp_path: Path) -> None:
    prepare("ntu60", release, tmp_path / "from-folder")
    (tmp_path / "zips").mkdir()
    with zipfile.ZipFile(tmp_path / "zips" / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in release.iterdir():
            archive.write(file, f"nturgb+d_skeletons/{file.name}")
    prepare("ntu60", tmp_path / "zips" / "all.zip", tmp_path / "from-archive")
    prepare("ntu60", tmp_path / "zips", tmp_path / "from-folder-of-archives")
    expected = sums(tmp_path / "from-folder")
    for name in ("from-archive", "from-folder-of-archives"):
        actual = sums(tmp_path / name)
        assert {k: v for k, v in actual.items() if k != "manifest.json"} == {
            k: v for k, v in expected.items() if k != "manifest.json"
        }


def test_two_workers_make_the_same_bytes_as_one(release: Path, tmp_path: Path) -> None:
    prepare("ntu120", release, tmp_path / "one", shard_tasks=3)
    prepare("ntu120", release, tmp_path / "two", shard_tasks=3, workers=2)
    assert sums(tmp_path / "one") == sums(tmp_path / "two")
    assert len(SkeletonDataset.open(tmp_path / "two")) == 12


def test_a_bad_file_is_left_out_and_reported_and_a_listed_one_counted(release: Path, tmp_path: Path) -> None:
    names = sorted(file.name for file in release.iterdir())
    (release / names[3]).write_text("2\n1\nnonsense\n")
    shutil.copy(release / names[0], release / f"{BROKEN}.skeleton")
    assert BROKEN in broken_recordings("ntu")
    done = prepare("ntu60", release, tmp_path / "c")
    assert (done.recordings, len(done.left_out), len(done.bad)) == (11, 2, 1)
    assert names[3] not in [f"{name}.skeleton" for name in SkeletonDataset.open(tmp_path / "c").names]
    with done.report.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["name"], row["listed"]) for row in rows] == [(BROKEN, "yes"), (names[3], "no")]
    assert f"{names[3]}, line 4: found the end of the file" in rows[1]["reason"]


def test_the_same_command_again_changes_nothing(release: Path, tmp_path: Path) -> None:
    (release / sorted(file.name for file in release.iterdir())[3]).write_text("")
    first = prepare("ntu60", release, tmp_path / "c")
    before = sums(tmp_path / "c")
    again = prepare("ntu60", release, tmp_path / "c")
    assert (again.reused, again.recordings, again.left_out) == (-1, first.recordings, first.left_out)
    assert sums(tmp_path / "c") == before


def test_another_source_does_not_overwrite_a_container(release: Path, tmp_path: Path) -> None:
    prepare("ntu60", release, tmp_path / "c")
    before = sums(tmp_path / "c")
    next(release.iterdir()).unlink()
    with pytest.raises(InputError, match="there is something already"):
        prepare("ntu60", release, tmp_path / "c")
    assert sums(tmp_path / "c") == before


def test_a_source_that_vanishes_midway_is_told_and_the_rest_is_kept(release: Path, tmp_path: Path) -> None:
    prepare("ntu60", release, tmp_path / "whole", shard_tasks=3)
    last = sorted(release.iterdir())[-1]
    content, stat = last.read_bytes(), last.stat()
    with pytest.raises(MissingFileError, match=f"{last.name}: the file is gone"):
        prepare("ntu60", release, tmp_path / "c", shard_tasks=3, progress=lambda *_: last.unlink(missing_ok=True))
    assert not (tmp_path / "c").exists()
    last.write_bytes(content)
    os.utime(last, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert prepare("ntu60", release, tmp_path / "c", shard_tasks=3).reused == 3
    assert sums(tmp_path / "c") == sums(tmp_path / "whole")
    assert not (tmp_path / "c.partial").exists()


def test_a_changed_file_is_read_again_after_an_interruption(release: Path, tmp_path: Path, sequence_maker) -> None:
    def stop(_what: str, done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare("ntu60", release, tmp_path / "c", shard_tasks=3, progress=stop)
    first = min(release.iterdir())
    write(sequence_maker("ntu-25", frames=9, seed=99), first)
    assert prepare("ntu60", release, tmp_path / "c", shard_tasks=3).reused == 1
    assert SkeletonDataset.open(tmp_path / "c")[0].frames == 9


PREPARE = (
    "import sys; from pathlib import Path; from zeroskel.datasets._preparing import prepare\n"
    "if __name__ == '__main__':\n"
    "    prepare('ntu60', Path(sys.argv[1]), Path(sys.argv[2]), shard_tasks=4, workers=int(sys.argv[3]))\n"
)


def script(folder: Path) -> Path:
    path = folder / "prepare_it.py"
    path.write_text(PREPARE)
    return path


@pytest.mark.slow("thirty processes are started and killed")
def test_killed_at_thirty_moments_it_ends_with_the_same_bytes(tmp_path: Path, sequence_maker) -> None:
    source = ntu_folder(tmp_path / "ntu", sequence_maker, count=12, frames=60)
    for copy in range(1, 6):  # 72 files in 18 shards
        for file in sorted(source.glob("*R001*"))[:6] + sorted(source.glob("*R002*"))[:6]:
            shutil.copy(file, source / file.name.replace("S00", f"S0{copy}"))
    program = script(tmp_path)
    command = [sys.executable, str(program), str(source)]
    prepare("ntu60", source, tmp_path / "whole", shard_tasks=4)
    expected = sums(tmp_path / "whole")
    rng = np.random.default_rng(0)
    interrupted = 0
    for round_ in range(30):
        out = tmp_path / f"killed-{round_}"
        workers = "2" if round_ % 3 == 0 else "1"
        run = subprocess.Popen([*command, str(out), workers], start_new_session=True)
        state = out.with_name(f"{out.name}.partial") / "state"
        while run.poll() is None and len(list(state.glob("*.json"))) < round_ % 15:
            time.sleep(0.001)  # so many shards are finished, on a slow machine as on a fast one
        time.sleep(float(rng.uniform(0, 0.02)))
        run.send_signal(signal.SIGKILL)
        run.wait()
        working = out.with_name(f"{out.name}.partial")
        shards = list((working / "container").glob("joints-*.npy"))
        finished = {
            p.name: p.stat().st_mtime_ns for p in shards if (working / "state" / f"{p.name[7:12]}.json").exists()
        }
        interrupted += bool(finished) and not out.exists()
        time.sleep(0.2 if workers == "2" else 0)  # the killed run's workers end by themselves
        prepare("ntu60", source, out, shard_tasks=4)
        assert sums(out) == expected, f"round {round_}"
        for name, stamp in finished.items():
            assert (out / name).stat().st_mtime_ns == stamp, f"round {round_}: {name} was written twice"
        assert not working.exists()
        shutil.rmtree(out)
    assert interrupted >= 5


def test_a_full_disk_is_one_line_and_nothing_half_written(release: Path, tmp_path: Path) -> None:
    import resource  # not on every platform

    def restrict() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # no file may grow beyond so many bytes

    command = ["data", "prepare", "ntu60", str(release), "--out", str(tmp_path / "c")]
    shown = subprocess.run([*ZEROSKEL, *command], capture_output=True, text=True, preexec_fn=restrict)
    assert shown.returncode == 2
    assert len(shown.stderr.strip().splitlines()) == 1
    assert "free space" in shown.stderr
    assert not (tmp_path / "c").exists()
    assert run_zeroskel(*command).returncode == 0
    prepare("ntu60", release, tmp_path / "undisturbed")
    assert sums(tmp_path / "c") == sums(tmp_path / "undisturbed")


def test_a_folder_that_may_not_be_written_is_one_line(release: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    target = (
        closed / "c" if os.geteuid() else Path("/sys/zeroskel-c")
    )  # nothing is closed to root but such file systems
    shown = run_zeroskel("data", "prepare", "ntu60", str(release), "--out", str(target))
    assert shown.returncode == 2
    assert len(shown.stderr.strip().splitlines()) == 1
    assert "permissions" in shown.stderr


def test_exit_codes_and_the_report(release: Path, tmp_path: Path) -> None:
    first = min(release.iterdir())
    first.write_bytes(b"\x00\x01")
    arguments = ["data", "prepare", "ntu60", str(release), "--out"]
    shown = run_zeroskel(*arguments, str(tmp_path / "c"))
    assert shown.returncode == 1
    assert "c.left-out.csv: 1 recordings skipped" in shown.stderr and first.name in shown.stderr
    assert run_zeroskel(*arguments, str(tmp_path / "d"), "--allow-bad").returncode == 0
    assert run_zeroskel(*arguments, str(tmp_path / "c")).returncode == 1, "what was bad stays bad"
    gone = run_zeroskel("data", "prepare", "ntu60", str(tmp_path / "gone"), "--out", str(tmp_path / "e"))
    assert gone.returncode == 2 and "gone: no such file or folder" in gone.stderr
    unknown = run_zeroskel("data", "prepare", "ntu61", str(release), "--out", str(tmp_path / "e"))
    assert unknown.returncode == 2 and "unknown dataset 'ntu61'" in unknown.stderr


def test_info_verifies_and_tells_an_altered_container(release: Path, tmp_path: Path) -> None:
    prepare("ntu60", release, tmp_path / "c")
    shown = run_zeroskel("data", "info", str(tmp_path / "c"))
    assert shown.returncode == 0
    for text in ("ntu60: 12 sequences, 60 classes", "cross-subject", "drink water", "Checksums: all", "float32"):
        assert text in shown.stdout
    (tmp_path / "c" / "fps.npy").write_bytes((tmp_path / "c" / "fps.npy").read_bytes()[:-8] + bytes(8))
    shown = run_zeroskel("data", "info", str(tmp_path / "c"), "--no-verify")
    assert shown.returncode == 0
    shown = run_zeroskel("data", "info", str(tmp_path / "c"))
    assert shown.returncode == 2 and "fps.npy: the check sum" in shown.stderr


def test_nothing_readable_is_refused_and_reported(release: Path, tmp_path: Path) -> None:
    for file in release.iterdir():
        file.write_text("")
    with pytest.raises(InputError, match="no recording could be read"):
        prepare("ntu60", release, tmp_path / "c")
    assert not (tmp_path / "c").exists()
    assert len((tmp_path / "c.left-out.csv").read_text().splitlines()) == 13


def test_two_runs_do_not_write_at_once(release: Path, tmp_path: Path) -> None:
    def again(*_: object) -> None:
        with pytest.raises(InputError, match="another run"):
            prepare("ntu60", release, tmp_path / "c")

    prepare("ntu60", release, tmp_path / "c", progress=again)


def test_a_folder_of_classes_becomes_a_data_set(tmp_path: Path, sequence_maker) -> None:
    for number, (name, subject) in enumerate([("wave_hand", 1), ("wave_hand", 2), ("sit", 1), ("sit", 2)]):
        (tmp_path / "mine" / name).mkdir(parents=True, exist_ok=True)
        write(sequence_maker(seed=number), tmp_path / "mine" / name / f"s{subject:02d}_take.csv")
    prepare("folder", tmp_path / "mine", tmp_path / "c")
    opened = SkeletonDataset.open(tmp_path / "c")
    assert (opened.name, opened.class_names, opened.layout.name) == ("mine", ["sit", "wave hand"], "kinect-20")
    assert opened.subjects.tolist() == [1, 2, 1, 2]
    assert opened.names[0] == "sit/s01_take.csv"
    assert opened.train_mask.tolist() == [True, False, True, False]
    np.testing.assert_allclose(opened[2].joints, sequence_maker(seed=0).joints, rtol=1e-6)


def test_numbered_recordings_are_not_frames(tmp_path: Path) -> None:
    for name in ("squat", "jump"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in (1, 2, 3):
            write(generate_sequence(name, seed=number), tmp_path / "mine" / name / f"{number}.json")
    assert prepare("folder", tmp_path / "mine", tmp_path / "c").recordings == 6
    jump = SkeletonDataset.open(tmp_path / "c")[1]
    np.testing.assert_allclose(jump.joints, generate_sequence("jump", seed=2).joints, atol=1e-6)
    with pytest.raises(InputError, match=r"found 3 recordings; name one of them, such as 1\.json"):
        read(tmp_path / "mine" / "jump")


def test_facts_of_the_files_of_a_folder_can_be_stated_and_other_files_are_counted(tmp_path: Path) -> None:
    squat = generate_sequence("squat", seed=1)
    for name in ("squat", "wave"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        write(squat.replace(squat.joints[..., [0, 2, 1]] * [1, -1, 1] * 1000), tmp_path / "mine" / name / "s01.csv")
    (tmp_path / "mine" / "README.md").write_text("notes")
    (tmp_path / "mine" / "wave" / "photo.png").write_bytes(b"x")
    reading = {"up": "z", "unit": "mm", "fps": 15.0, "layout": "kinect-20"}
    prepared = prepare("folder", tmp_path / "mine", tmp_path / "c", reading=reading)
    assert prepared.others == ("README.md", "photo.png")
    sequence = SkeletonDataset.open(tmp_path / "c")[0]
    assert sequence.fps == 15
    np.testing.assert_allclose(sequence.joints, convert_layout(squat, "kinect-20").joints, atol=1e-3)
    with pytest.raises(InputError, match="fixed format; leave --up, --unit, --fps, --layout out"):
        prepare("ntu60", tmp_path / "mine", tmp_path / "d", reading=reading)


def test_a_folder_of_frames_is_one_recording_of_a_data_set(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(50, 200, size=(2, 2, 5, 25, 3)).round(2)
    points[..., 2] = 0.9
    for name, clips in zip(("wave", "sit_down"), points, strict=True):
        for number, frames in enumerate(clips):
            folder = tmp_path / "source" / name / f"s{number}_clip"
            folder.mkdir(parents=True)
            for at, frame in enumerate(frames):
                people = [{"pose_keypoints_2d": frame.reshape(-1).tolist()}] if at != 0 else []
                (folder / f"clip_{at:012d}_keypoints.json").write_text(json.dumps({"people": people}))
    prepare("folder", tmp_path / "source", tmp_path / "out")
    dataset = SkeletonDataset.open(tmp_path / "out")
    assert (len(dataset), dataset.layout.name) == (4, "body-25")


def test_without_subjects_every_second_recording_trains(tmp_path: Path, sequence_maker) -> None:
    for name in ("wave", "sit"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for take in "abc":
            write(sequence_maker(), tmp_path / "mine" / name / f"{take}.csv")
    prepare("folder", tmp_path / "mine", tmp_path / "c")
    opened = SkeletonDataset.open(tmp_path / "c")
    assert opened.protocol == "every-second"
    assert opened.train_mask.tolist() == [True, False, True] * 2


@pytest.mark.parametrize("name", RECIPES)
def test_a_source_of_something_else_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "README.txt").write_text("nothing here")
    with pytest.raises(InputError, match=r"expected|found"):
        prepare(name, tmp_path / "other", tmp_path / "c")
    assert not (tmp_path / "c").exists()
