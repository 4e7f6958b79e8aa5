"""Facts of text files of Qualisys Track Manager."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton import formats

FILE = Path("trial.tsv")


def tsv(names: tuple[str, ...], positions: np.ndarray, before: int = 2, rate: int = 100) -> str:
    """A file as Qualisys Track Manager exports it, in millimetres, z up; a missing marker is three zeros."""
    header = [
        f"NO_OF_FRAMES\t{len(positions)}",
        "NO_OF_CAMERAS\t8",
        f"NO_OF_MARKERS\t{len(names)}",
        f"FREQUENCY\t{rate}",
        "DESCRIPTION\t--",
        "TIME_STAMP\t2024-05-02, 12:00:00.000\t1.5",
        "DATA_INCLUDED\t3D",
        "\t".join(["MARKER_NAMES", *names]),
        "\t".join(["TRAJECTORY_TYPES", *["Measured"] * len(names)]),
    ]
    if before:
        header.append("\t".join(["Frame", "Time"][:before] + [f"{name} {axis}" for name in names for axis in "XYZ"]))
    rows = [
        "\t".join([str(frame + 1), f"{frame / rate:.5f}"][:before] + [f"{value:.3f}" for value in row.ravel()])
        for frame, row in enumerate(np.nan_to_num(positions))
    ]
    return "\n".join([*header, *rows]) + "\n"


@pytest.mark.parametrize("before", [0, 1, 2])
def test_markers_of_qualisys_are_joints_with_the_rate_of_the_header(before, marker_trial):
    trial = marker_trial("qualisys sports")
    world = trial.positions[..., [0, 2, 1]] * [1000, -1000, 1000]
    sequence = formats.parse(tsv(trial.names, world, before).encode(), FILE, up="z")
    assert (sequence.fps, sequence.reading.format, sequence.reading.unit) == (100, "Qualisys TSV", "mm")
    for joint in ("hip_left", "knee_right", "foot_left"):
        error = sequence.joints[0, :, sequence.layout.index(joint)] - trial.joints[joint]
        assert np.nanmax(np.abs(error)) < 2e-3, joint


def test_a_table_of_joints_with_tabs_is_read_as_a_csv(sequence_maker):
    sequence = sequence_maker()
    names = [f"{joint}_{axis}" for joint in sequence.layout.joints for axis in "xyz"]
    rows = ["\t".join(map(str, frame.ravel())) for frame in sequence.joints[0]]
    read = formats.parse("\n".join(["\t".join(names), *rows]).encode(), FILE, up="y", unit="m")
    np.testing.assert_allclose(read.joints, sequence.joints, rtol=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("MARKER_NAMES", "NAMES", "0 names of markers"),
        ("MARKER_NAMES\ta", "MARKER_NAMES\ta\tb\tc\td\te", "x, y and z of 6 markers"),
        ("\t1.000\t", "\tx\t", "a cell that is no number"),
    ],
)
def test_altered_files_are_refused_in_one_line(old, new, words):
    text = tsv(("a", "f"), np.ones((3, 2, 3)))
    assert old in text
    with pytest.raises(SkeletonFormatError, match=words):
        formats.parse(text.replace(old, new).encode(), FILE)


@pytest.mark.slow("2,000 files")
def test_spoilt_files_are_read_or_refused(tmp_path, withstands_mutations):
    (tmp_path / "trial.tsv").write_text(tsv(("LeftKnee", "RightKnee", "Head"), np.arange(36.0).reshape(4, 3, 3)))
    withstands_mutations("zeroskel.skeleton.formats._qualisys:parse", tmp_path / "trial.tsv")
