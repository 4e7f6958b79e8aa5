"""Every command of docs/ntu.md runs, unchanged, on small files in the exact formats of the releases.

The files contain every class three times: one recording is a training recording under both protocols, one a test
recording under both, and one a training recording under cross-subject alone. Further options after those of a command
shorten it, since the last value of an option counts: one seed, one masked view, one epoch, one sample, and mostly the
kinematic encoder and two methods.
"""

import csv
import json
import re
import shlex
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zeroskel import align
from zeroskel.app.cli import main
from zeroskel.core import SkeletonSequence
from zeroskel.datasets import published_splits
from zeroskel.skeleton.formats import write

pytestmark = pytest.mark.slow("the program starts for every command of the page")

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "ntu.md"
FRAMES = 8
QUICK = "--encoder kinematic --methods smie,ridge --seeds 0 --masked-views 1 --set smie.epochs=1"
SHORTENED = ("epochs", "classifier_epochs", "samples", "noises")  # options of methods
CLASSES = {"ntu60": 60, "ntu120": 120, "pku-mmd": 51}
SECOND = {"ntu60": "cross-view", "ntu120": "cross-setup", "pku-mmd": "cross-view"}
DETECTION = PAGE.with_name("detection.md")
PAIRS_FROM = 50  # NTU's actions from A050 to A060 have two people


def commands(page: Path = PAGE) -> list[str]:
    """Return the commands of a page, with continued lines joined."""
    blocks = re.findall(r"```\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


BENCHMARKS = [command for command in commands() if command.startswith("zeroskel benchmark")]


def option(command: str, name: str) -> str:
    words = shlex.split(command)
    return words[words.index(f"--{name}") + 1]


def label(command: str) -> str:
    return "-".join((Path(option(command, "data")).name, option(command, "split"), option(command, "protocol")))


def run(command: str) -> None:
    """Run a command in this process, and fail unless its exit code is 0."""
    program, *arguments = shlex.split(command)
    assert program == "zeroskel"
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0, command


def people(seed: int, frames: int = FRAMES, bodies: int = 1) -> SkeletonSequence:
    """Return random people who stand upright and move."""
    rng = np.random.default_rng(seed)
    rest = rng.normal(size=(bodies, 1, 25, 3)) * (0.2, 0.6, 0.2) + (0, 0, 3)
    sway = 0.3 * rng.normal(size=(bodies, 1, 25, 3)) * np.sin(np.linspace(0, 6, frames))[None, :, None, None]
    return SkeletonSequence((rest + sway).astype(np.float32), "ntu-25")


def write_ntu_archive(archive: Path, actions: range, names: tuple[str, str, str], scratch: Path) -> None:
    """Write a zip archive of `.skeleton` files as in the release, each action under the three names."""
    scratch.mkdir()
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w") as zipped:
        for action in actions:
            for number, name in enumerate(names):
                file = scratch / f"{name}A{action:03d}.skeleton"
                write(people(1000 * action + number, bodies=2 if PAIRS_FROM <= action <= 60 else 1), file)
                zipped.write(file, f"nturgb+d_skeletons/{file.name}")


def write_pku_release(folder: Path) -> None:
    """Write three long recordings of all 51 actions, their labels and the lists of the release."""
    labels = folder / "Train_Label_PKU_final"
    labels.mkdir(parents=True)
    for number, view in ((2, "M"), (3, "L"), (2, "L")):
        name = f"{number:04d}-{view}.txt"
        actions = [people(1000 * action + 10 * number + ord(view)) for action in range(51)]
        joints = np.concatenate([action.joints for action in actions], axis=1)
        write(SkeletonSequence(joints, "ntu-25"), folder / "PKU_Skeleton_Renew" / name)
        lines = [f"{action + 1},{FRAMES * action},{FRAMES * (action + 1)},2\n" for action in range(51)]
        (labels / name).write_text("".join(lines))
    lists = folder / "Split"
    lists.mkdir()
    (lists / "cross-subject.txt").write_text("Training videos:\n0002-L, 0002-M, \n\nValidataion videos:\n0003-L, \n")
    (lists / "cross-view.txt").write_text("Training videos:\n0002-M, \n\nValidataion videos:\n0002-L, 0003-L, \n")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the commands of the page run, after the commands that prepare the datasets."""
    folder = tmp_path_factory.mktemp("ntu")
    trains, tests, subject_only = "S002C002P001R001", "S001C001P003R001", "S001C001P001R001"
    first = folder / "nturgbd" / "nturgbd_skeletons_s001_to_s017.zip"
    write_ntu_archive(first, range(1, 61), (trains, tests, subject_only), folder / "first")
    trains, tests, subject_only = "S018C002P045R001", "S019C001P041R001", "S019C001P045R001"
    second = folder / "nturgbd" / "nturgbd_skeletons_s018_to_s032.zip"
    write_ntu_archive(second, range(61, 121), (trains, tests, subject_only), folder / "second")
    write_pku_release(folder / "PKUMMD")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in commands():
            if command not in BENCHMARKS:
                run(command)
    return folder


@pytest.fixture(autouse=True)
def in_prepared_folder(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prepared)
    monkeypatch.setenv("ZEROSKEL_CACHE", str(prepared / "cache"))


def records(command: str, folder: Path) -> list[dict]:
    """Return the lines of results.jsonl that belong to a command."""
    lines = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    splits, protocol = option(command, "split").split(","), option(command, "protocol")
    return [line for line in lines if line["split"] in splits and line["protocol"] == protocol]


def test_all_splits_are_there_under_both_protocols() -> None:
    benchmarks = [
        (Path(option(command, "data")).name, split, option(command, "protocol"))
        for command in BENCHMARKS
        for split in option(command, "split").split(",")
    ]
    names = [(data, name) for data, name in published_splits() if data in CLASSES]
    wanted = [(data, name) for data, name in names if re.fullmatch(r"synse-\d+|smie-\d|star-\d+", name)]
    assert len(wanted) == 15
    protocols = [(*split, protocol) for split in wanted for protocol in ("cross-subject", SECOND[split[0]])]
    assert sorted(benchmarks) == sorted(protocols)


@pytest.mark.parametrize("command", BENCHMARKS, ids=label)
def test_the_right_recordings_train_and_test(command: str, tmp_path: Path) -> None:
    run(f"{command} {QUICK} --out {tmp_path}")
    cells = records(command, tmp_path)
    assert len(cells) == 2 * len(option(command, "split").split(","))
    data = Path(option(command, "data")).name
    train, test = (2, 1) if option(command, "protocol") == "cross-subject" else (1, 2)  # recordings of each class
    for record in cells:
        unseen = len(published_splits()[data, record["split"]]["unseen"])
        seen = CLASSES[data] - unseen
        assert (record["classes_seen"], len(record["classes_unseen"])) == (seen, unseen)
        assert (record["train_sequences"], record["test_sequences"]) == (train * seen, test * unseen)
        assert record["gzsl_harmonic_mean"] is not None
        assert record["selection"] == "validation"
        assert record["selected_epoch"] == (1 if record["method"] == "smie" else None)


@pytest.mark.parametrize("data", CLASSES)
def test_the_encoder_and_all_methods_of_the_page_run(data: str) -> None:
    command = next(command for command in BENCHMARKS if option(command, "data") == f"prepared/{data}")
    methods = option(command, "methods").split(",")
    short = []
    for method in methods:
        options = align.create(method).options()
        short += [f"{method}.{name}=1" for name in SHORTENED if name in options]
    first = option(command, "split").split(",")[0]
    run(f"{command} --split {first} --seeds 0 --masked-views 1 --set stgcn.epochs=1 {' '.join(short)}")
    cells = records(command, Path(option(command, "out")))
    assert [record["method"] for record in cells] == methods
    assert all(record["encoder"] == "stgcn" and 0 <= record["zsl_accuracy"] <= 1 for record in cells)


def test_the_commands_differ_in_data_split_and_protocol_alone() -> None:
    shared = {re.sub(r"--(data|split|protocol|out) \S+ ?", "", command).strip() for command in BENCHMARKS}
    assert len(shared) == 1
    assert {"--encoder stgcn", "--seeds 0,1,2", "--selection validation"} <= {
        match[0] for match in re.finditer(r"--(encoder|seeds|selection) \S+", shared.pop())
    }


def test_published_figures_are_as_in_their_table(shared: Path) -> None:
    with (shared / "tables" / "published.csv").open(encoding="utf-8") as stream:
        table = list(csv.DictReader(stream))
    known = {f"{float(row['value']):.2f}" for row in table if row["verified"] != "no"}
    known |= {f"{float(row['value']):.2f}†" for row in table if row["verified"] != "yes"}
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    figures = [cell.strip() for row in rows for cell in row.split("|") if re.fullmatch(r"\d+\.\d\d†?", cell.strip())]
    assert len(figures) == len(table)
    assert set(figures) <= known


def test_the_commands_of_the_page_of_detection_run(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Among them a bundle that was trained with a split finds its unseen classes, and no other bundle does."""
    (tmp_path / "PKUMMD").symlink_to(Path("PKUMMD").resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for command in commands(DETECTION):
            run(command)
        results = [json.loads(Path(folder, "run.json").read_text()) for folder in ("runs/detect", "runs/detect-star-5")]
        assert [len(result["actions"]) for result in results] == [51, 5]
        assert results[1]["trained_actions"] == []
        for folder in ("runs/detect", "runs/detect-star-5"):
            lines = Path(folder, "recordings.jsonl").read_text().splitlines()
            assert [json.loads(line)["recording"] for line in lines] == ["0003-L"]
        capsys.readouterr()
        for options, message in (
            ("--protocol cross-view --split star-5", "that test under protocol cross-view"),
            ("--protocol cross-subject --split star-12", "unseen classes of split star-12"),
        ):
            arguments = f"detect pku-mmd PKUMMD {options} --model bundles/star-5 --out runs/refused".split()
            with pytest.raises(SystemExit) as end:
                main(arguments)
            assert end.value.code == 2
            assert message in capsys.readouterr().err
