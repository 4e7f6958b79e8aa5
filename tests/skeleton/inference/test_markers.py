"""Facts of joints from markers: means of markers are where the joints are, for all common marker sets."""

from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import FileLayoutError
from zeroskel.skeleton.inference._markers import joints_of_markers, subjects_of_labels
from zeroskel.skeleton.inference._points import FilePoints, Stated
from zeroskel.skeleton.inference._sequence import infer_sequence

FILE = Path("trial.trc")
PAIRED = ("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist")
MAIN = [f"{joint}_{side}" for joint in PAIRED for side in ("left", "right")]
ONE_SIDED = 0.041  # a single marker on the outside of a knee, an ankle or an elbow


def points_of(names, positions, **facts) -> FilePoints:
    return FilePoints(np.asarray(positions, np.float32)[None], "TRC", tuple(names), **facts)


def test_joints_of_every_common_set_are_where_they_are(marker_set, marker_trial) -> None:
    trial = marker_trial(marker_set)
    sequence = infer_sequence(points_of(trial.names, trial.positions, up="y", unit="m"), Stated(), "TRC", FILE)
    assert sequence.layout.name == "kinect-20"
    for joint in MAIN:
        error = np.abs(sequence.joints[0, :, sequence.layout.index(joint)] - trial.joints[joint]).max()
        assert error < (ONE_SIDED if joint.startswith(("knee", "ankle", "elbow")) else 1e-4), joint
    middle = (trial.joints["shoulder_left"] + trial.joints["shoulder_right"]) / 2
    neck = sequence.joints[0, :, sequence.layout.index("shoulder_center")]
    assert np.linalg.norm(neck - middle, axis=-1).max() < 0.07
    if marker_set != "rajagopal":  # which has no marker of the head
        head = sequence.joints[0, :, sequence.layout.index("head")]
        assert np.linalg.norm(head - trial.joints["head"], axis=-1).max() < 0.11
    assert "joints computed from" in sequence.reading.notes[0]


def test_a_marker_that_is_lost_leaves_the_joint_to_the_others(marker_trial) -> None:
    trial = marker_trial("gait2392")
    lost = trial.positions.copy()
    lost[3, trial.names.index("R.Knee.Med")] = np.nan
    lost[4, [trial.names.index("R.Knee.Med"), trial.names.index("R.Knee.Lat")]] = np.nan
    points, _ = joints_of_markers(points_of(trial.names, lost), Stated(), FILE)
    knee = points.coordinates[0, :, points.names.index("knee_right")]
    np.testing.assert_allclose(knee[3], trial.positions[3, trial.names.index("R.Knee.Lat")], rtol=1e-5)
    assert np.isnan(knee).all(axis=-1).tolist() == [frame == 4 for frame in range(20)]


def test_names_of_joints_are_no_markers() -> None:
    names = ("nose", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_knee", "right_knee", "Chest")
    points = points_of(names, np.zeros((2, 8, 3)))
    assert joints_of_markers(points, Stated(), FILE)[0] is points


def test_a_table_gives_several_markers_to_one_joint() -> None:
    points = points_of(("m1", "m2", "m3"), np.arange(18.0).reshape(2, 3, 3))
    stated = Stated(joints={"m1": "knee_left", "m3": "knee_left", "m2": "head"})
    result, rest = joints_of_markers(points, stated, FILE)
    assert result.names == ("knee_left", "head") and rest.joints is None
    np.testing.assert_array_equal(result.coordinates[0, :, 0], points.coordinates[0, :, [0, 2]].mean(axis=0))


def test_a_table_goes_before_the_marker_set(marker_trial) -> None:
    trial = marker_trial("plug-in gait")
    stated = Stated(joints={"LTHI": "knee_left"})
    result, _ = joints_of_markers(points_of(trial.names, trial.positions), stated, FILE)
    knee = result.coordinates[0, :, result.names.index("knee_left")]
    np.testing.assert_allclose(knee, trial.positions[:, trial.names.index("LTHI")], rtol=1e-5)
    assert "elbow_left" in result.names


def test_a_table_with_an_unknown_marker_is_refused(marker_trial) -> None:
    trial = marker_trial("plug-in gait")
    with pytest.raises(FileLayoutError, match="no point LKNEE"):
        infer_sequence(points_of(trial.names, trial.positions), Stated(joints={"LKNEE": "knee_left"}), "TRC", FILE)


def test_markers_of_the_legs_only_are_refused_by_their_names(marker_trial) -> None:
    trial = marker_trial("plug-in gait")
    legs = [index for index, name in enumerate(trial.names) if name[1:] in ("ASI", "PSI", "KNE", "ANK", "TOE")]
    points = points_of([trial.names[index] for index in legs], trial.positions[:, legs])
    with pytest.raises(FileLayoutError, match=r"give 6 of the 13 main joints. Missing: head, .*file: LASI, RASI"):
        infer_sequence(points, Stated(), "TRC", FILE)


def test_prefixes_are_people_and_markers_without_a_name_are_left_out() -> None:
    labels = ["Anna:LASI", "Anna:RASI", "*17", "", "Ben:LASI", "Ben:RASI", "Ball:one", "Unlabeled 3"]
    points, names, notes = subjects_of_labels(np.arange(24.0).reshape(1, 8, 3), [*labels])
    assert names == ("LASI", "RASI") and points.shape == (2, 1, 2, 3)
    assert points[1, 0, 0].tolist() == [12, 13, 14]
    assert notes == ("3 points without a label left out", "1 groups of fewer markers left out")


def test_a_subject_before_all_names_is_no_part_of_them(marker_trial) -> None:
    """Qualisys writes Q_LElbowOut."""
    trial = marker_trial("plug-in gait")
    plain, prefixed = (
        joints_of_markers(points_of(names, trial.positions), Stated(), FILE)[0]
        for names in (trial.names, tuple(f"Q_{name}" for name in trial.names))
    )
    assert plain.names == prefixed.names
    np.testing.assert_array_equal(plain.coordinates, prefixed.coordinates)
