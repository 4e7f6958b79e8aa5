"""The original sample files, prepared as a user would: the same numbers as in the datasets made of them elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel import SkeletonDataset, read
from zeroskel.app.cli import main

PREPARED = {  # dataset -> folder of samples, .npz with the same recordings
    "utd-mhad": ("utd_mhad", "utd_mhad"),
    "msr-action3d": ("msr_action3d", "msr_action3d"),
    "utkinect": ("utkinect", "utkinect"),
    "nw-ucla": ("nw_ucla", "nw_ucla"),
    "kinder-gator": ("kinder_gator", "kinder_gator"),
    "hdm05": ("hdm05", "hdm05_11"),
    "penn-action": ("penn_action", "penn_action_2d"),
    "kard": ("kard", None),
    "florence3d": ("florence3d", None),
}


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    return int(ended.value.code or 0)


@pytest.mark.slow("original recordings of all formats")
@pytest.mark.parametrize("name", PREPARED)
def test_the_samples_are_prepared_to_the_very_numbers(name: str, shared: Path, tmp_path: Path) -> None:
    folder, known = PREPARED[name]
    assert run("data", "prepare", name, str(shared / "raw" / folder), "--out", str(tmp_path / name)) == 0
    assert run("data", "info", str(tmp_path / name)) == 0
    opened = SkeletonDataset.open(tmp_path / name)
    assert len(opened) >= 2
    if known is None:
        return
    other = SkeletonDataset.from_npz(shared / "data" / f"{known}.npz")
    positions = {sample: position for position, sample in enumerate(other.names)}
    for i, sample in enumerate(opened.names):
        position = positions[sample]
        np.testing.assert_array_equal(opened[i].joints, other[position].joints)
        assert opened.class_names[opened.labels[i]] == other.class_names[other.labels[position]]
        assert (opened.subjects[i], opened[i].fps) == (other.subjects[position], other[position].fps)


@pytest.mark.slow("original recordings of all formats")
def test_every_sample_that_tells_its_format_is_read_by_itself(shared: Path) -> None:
    skipped = {"README.md", "README.txt", "actionLabel.txt", "HDM_bd.asf"}
    alike = {"kard", "florence3d"}  # 15 rows of three numbers: only their own readers can tell them apart
    files = [
        f for f in (shared / "raw").rglob("*") if f.is_file() and f.name not in skipped and f.parent.name not in alike
    ]
    assert len(files) > 15
    for file in files:
        sequence = read(file)
        assert sequence.frames > 4 and sequence.observed.mean() > 0.5, file.name


@pytest.mark.slow("original recordings of all formats")
def test_the_bandai_namco_clips_become_a_data_set(shared: Path, tmp_path: Path) -> None:
    for file in (shared / "raw" / "bandai_namco").glob("*.bvh"):
        action = file.stem.split("_")[1]
        (tmp_path / "clips" / action).mkdir(parents=True)
        (tmp_path / "clips" / action / file.name).symlink_to(file)
    assert run("data", "prepare", "folder", str(tmp_path / "clips"), "--out", str(tmp_path / "c")) == 0
    opened = SkeletonDataset.open(tmp_path / "c")
    assert (opened.class_names, opened.layout.name) == (["bow", "dash", "walk-left"], "mocap-21")
