"""Facts of pose tracks in HDF5; the fakes are written by h5py in the structure that each tool writes."""

import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.core.errors import InputError
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton import formats
from zeroskel.skeleton.formats._pose_tracks import parse

h5py = pytest.importorskip("h5py", reason="HDF5 files need the extra tracks (h5py)")

NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
MUTATIONS = 40  # not 2,000: each file is read by a process of its own, in 0.2 seconds
KINDS = ("analysis", "project", "deeplabcut", "nwb")


def pixels(people: int = 2, frames: int = 6) -> np.ndarray:
    """Tracks (M, T, 17, 2), y down; the second person is missing in frame 2."""
    joints = generate_sequence("squat", 1, frames=frames)
    names = [f"{name.partition('_')[2]}_{name.partition('_')[0]}" if "_" in name else "head" for name in NAMES]
    known = [joints.layout.index(name if name in joints.layout.joints else "head") for name in names]
    flat = joints.joints[0][:, known, :2] * [1, -1] * 200 + 400
    tracks = np.stack([flat + 300 * person for person in range(people)])
    tracks[1:, 2] = np.nan
    return tracks


def hdf5(write, *arguments) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as store:
        write(store, *arguments)
    return stream.getvalue()


def analysis(store: "h5py.File", tracks: np.ndarray, axes: tuple[str, ...] = ()) -> None:
    order = [("track", "frame", "node", "xy").index(axis) for axis in axes or ("track", "xy", "node", "frame")]
    store["tracks"] = tracks.transpose(order)
    if axes:
        store["tracks"].attrs["dims"] = json.dumps(axes)
    store["node_names"] = np.array(NAMES, "S")


def project(store: "h5py.File", tracks: np.ndarray) -> None:
    """Predictions, and a corrected instance of the first person in frame 1, 7 pixels to the right."""
    skeleton = {"nodes": [{"id": index} for index in range(17)], "links": []}
    nodes = [{"name": name, "weight": 1.0} for name in NAMES]
    store.create_group("metadata").attrs["json"] = json.dumps({"skeletons": [skeleton], "nodes": nodes})
    frames, instances, predicted = [], [], []
    for frame in range(tracks.shape[1]):
        start = len(instances)
        for track in range(len(tracks)):
            if np.isnan(tracks[track, frame]).all():
                continue
            begin = len(predicted)
            predicted += [(x, y, not np.isnan(x), False, 0.9) for x, y in tracks[track, frame]]
            instances.append((len(instances), 1, frame, 0, track, -1, 0.9, begin, len(predicted)))
        if frame == 1:
            instances.append((len(instances), 0, frame, 0, 0, start, 0.0, 0, 17))
        frames.append((frame, 0, frame + 100, start, len(instances)))
    corrected = [(x + 7, y, True, False) for x, y in tracks[0, 1]]
    point = [("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")]
    store["points"] = np.array(corrected, point)
    store["pred_points"] = np.array(predicted, [*point, ("score", "f8")])
    numbers = ["instance_id", "instance_type", "frame_id", "skeleton", "track", "from_predicted"]
    kinds = [("i8"), ("u1"), ("u8"), ("u4"), ("i4"), ("i8")]
    ends = [("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8")]
    store["instances"] = np.array(instances, [*zip(numbers, kinds, strict=True), *ends])
    ranges = [("instance_id_start", "u8"), ("instance_id_end", "u8")]
    store["frames"] = np.array(frames, [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8"), *ranges])


def deeplabcut(store: "h5py.File", tracks: np.ndarray, individuals: bool = True) -> None:
    """A table of pandas: the labels of columns are a pickle of protocol 0 in an attribute."""
    labels, columns = [], []
    for person, track in enumerate(tracks):
        for index, name in enumerate(NAMES):
            for axis, values in zip(
                ("x", "y", "likelihood"), [*track[:, index].T, np.full(len(track), 0.9)], strict=True
            ):
                labels.append(("DLC_resnet50", *([f"ind{person}"] if individuals else []), name, axis))
                columns.append(values)
    columns[5][-1] = 0.1  # the left eye of the first person is not seen in the last frame
    group = store.create_group("df_with_missing")
    group.attrs["pandas_type"] = np.bytes_(b"frame_table")
    rows = [(frame, values) for frame, values in enumerate(np.stack(columns, axis=1))]
    group["table"] = np.array(rows, [("index", "i8"), ("values_block_0", "f8", (len(columns),))])
    group["table"].attrs["values_block_0_kind"] = np.void(pickle.dumps(labels, 0))


def nwb(store: "h5py.File", tracks: np.ndarray, timestamps: bool = False, prefix: str = "") -> None:
    store.attrs["nwb_version"] = "2.7.0"
    for person, track in enumerate(tracks):
        container = store.create_group(f"processing/behavior/Pose{person}")
        container.attrs["neurodata_type"] = "PoseEstimation"
        for index, name in enumerate(NAMES):
            series = container.create_group(prefix.format(person) + name)
            series.attrs["neurodata_type"] = "PoseEstimationSeries"
            series["data"] = track[:, index]
            series["confidence"] = np.where(np.isnan(track[:, index, 0]), 0.0, 0.9)
            if timestamps:
                series["timestamps"] = 5 + np.arange(len(track)) / 25
            else:
                series["starting_time"] = 5.0
                series["starting_time"].attrs["rate"] = 25.0


WRITERS = {"analysis": analysis, "project": project, "deeplabcut": deeplabcut, "nwb": nwb}


@pytest.mark.parametrize("kind", KINDS)
def test_tracks_are_people_of_an_image(kind: str) -> None:
    tracks = pixels()
    points = parse(hdf5(WRITERS[kind], tracks), Path("clip.h5"))
    assert (points.up, points.unit, points.fps) == ("-y", "pixel", 25.0 if kind == "nwb" else None)
    order = [points.names.index(name) for name in NAMES]
    expected = tracks.copy()
    if kind == "project":
        expected[0, 1, :, 0] += 7
        assert np.sort(points.identities[:, 0]).tolist() == [-1, 0, 1]
    if kind == "deeplabcut":
        expected[0, -1, 1] = np.nan
    if kind == "project":
        people = [
            [points.coordinates[np.flatnonzero(points.identities[:, frame] == person), frame] for frame in range(6)]
            for person in range(2)
        ]
        actual = np.array([[rows[0] if len(rows) else np.full((17, 2), np.nan) for rows in one] for one in people])
    else:
        actual = points.coordinates
    np.testing.assert_allclose(actual[:, :, order], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_of_one_person_is_read(kind: str) -> None:
    tracks = pixels(1)
    suffix = {"project": ".slp", "nwb": ".nwb"}.get(kind, ".h5")
    sequence = formats.parse(hdf5(WRITERS[kind], tracks), Path(f"clip{suffix}"), layout="coco-17")
    knee = sequence.joints[0, :, sequence.layout.index("knee_left"), :2]
    size = np.ptp(tracks[0, 0, :, 1]) / np.nanmax(
        np.ptp(sequence.joints[0, 0, :, 1][~np.isnan(sequence.joints[0, 0, :, 1])])
    )
    moved = np.diff(tracks[0, :, NAMES.index("left_knee")], axis=0) * [1, -1] / size
    if kind != "project":  # whose corrected frame lies elsewhere
        np.testing.assert_allclose(np.diff(knee, axis=0), moved, atol=0.02 * np.abs(moved).max() + 1e-3)


def test_the_axes_of_an_analysis_file_go_by_their_names() -> None:
    tracks = pixels()
    points = parse(hdf5(analysis, tracks, ("frame", "track", "node", "xy")), Path("clip.h5"))
    np.testing.assert_allclose(points.coordinates, tracks, rtol=1e-5)


def test_deeplabcut_of_one_individual_has_no_level_of_individuals() -> None:
    points = parse(hdf5(deeplabcut, pixels(1), False), Path("clip.h5"))
    assert points.names == NAMES and points.coordinates.shape == (1, 6, 17, 2)


@pytest.mark.parametrize("prefix", ["", "ind{}_", "PoseEstimationSeries"])
def test_names_of_nwb_go_without_the_individual(prefix: str) -> None:
    points = parse(hdf5(nwb, pixels(), True, prefix), Path("clip.nwb"))
    assert set(points.names) == set(NAMES) and points.fps == pytest.approx(25)
    assert points.coordinates.shape == (2, 6, 17, 2)


def test_files_without_tracks_are_refused() -> None:
    content = hdf5(lambda store: store.create_dataset("weights", data=np.zeros(3)))
    with pytest.raises(SkeletonFormatError, match=r"clip\.h5: found HDF5 with other arrays; expected tracks of SLEAP"):
        parse(content, Path("clip.h5"))


def test_links_to_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "secret.h5"
    other.write_bytes(hdf5(analysis, pixels()))

    def write(store: "h5py.File") -> None:
        store["node_names"] = np.array(NAMES, "S")
        store["tracks"] = h5py.ExternalLink(str(other), "tracks")

    with pytest.raises(SkeletonFormatError, match="arrays that do not agree"):
        parse(hdf5(write), Path("clip.h5"))


def test_the_pickle_of_deeplabcut_is_not_executed() -> None:
    class Evil:
        def __reduce__(self):
            return (pytest.fail, ("executed",))

    def write(store: "h5py.File") -> None:
        deeplabcut(store, pixels(1))
        store["df_with_missing/table"].attrs["values_block_0_kind"] = np.void(pickle.dumps([Evil()], 0))

    with pytest.raises(SkeletonFormatError):
        parse(hdf5(write), Path("clip.h5"))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    content = hdf5(analysis, pixels())
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(InputError, match=r"pip install 'zeroskel\[tracks\]'"):
        parse(content, Path("clip.h5"))


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("kind", KINDS)
def test_spoilt_files_are_read_or_refused(kind: str, tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "clip.h5"
    path.write_bytes(hdf5(WRITERS[kind], pixels(1, 3)))
    withstands_mutations("zeroskel.skeleton.formats._pose_tracks:parse", path, count=MUTATIONS)


def test_a_file_that_is_read_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zeroskel.skeleton.formats._pose_tracks._MOST_SECONDS", 0.01)
    with pytest.raises(SkeletonFormatError, match="read without end"):
        parse(hdf5(analysis, pixels()), Path("clip.h5"))
