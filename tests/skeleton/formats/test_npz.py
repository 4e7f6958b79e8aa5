"""Facts of .npz files: one sequence, and the labelled sequences of a dataset."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import InputError, LayoutError, SkeletonFormatError, SkeletonSequence, get_layout
from zeroskel.skeleton.formats import read, write
from zeroskel.skeleton.formats._npz import looks_like, read_sequences
from zeroskel.skeleton.formats._parsing import arrange_joints

PENN = get_layout("penn-13")


def dataset(**changed: Any) -> dict[str, Any]:
    """Three sequences of 2, 3 and 4 frames of two classes; a value of None leaves the array out."""
    arrays = {
        "joints": np.random.default_rng(0).normal(size=(9, 13, 3)).astype(np.float32),
        "offsets": np.array([0, 2, 5, 9]),
        "labels": np.array([1, 0, 1]),
        "subjects": np.array([7, 7, 9]),
        "class_names": np.array(["sit down", "stand up"]),
        "joint_names": np.array(PENN.joints),
        "official_train": np.array([True, False, True]),
        **changed,
    }
    return {name: array for name, array in arrays.items() if array is not None}


def save(folder: Path, arrays: dict[str, Any]) -> Path:
    path = folder / "toy.npz"
    np.savez(path, **arrays)
    return path


def test_the_sequences_of_a_data_set_are_read_as_they_are(tmp_path: Path) -> None:
    arrays = dataset()
    arrays["joints"][4, 5, 1] = np.nan
    sequences = read_sequences(save(tmp_path, arrays))
    assert len(sequences.labels) == 3
    np.testing.assert_array_equal(sequences.joints, arrays["joints"])
    assert (sequences.joints.dtype, sequences.offsets.dtype) == (np.float32, np.int64)
    assert sequences.offsets.tolist() == [0, 2, 5, 9]
    assert (sequences.labels.tolist(), sequences.subjects.tolist()) == ([1, 0, 1], [7, 7, 9])
    assert sequences.class_names == ["sit down", "stand up"]
    assert sequences.joint_names == list(PENN.joints)
    assert list(sequences.extras) == ["official_train"]


@pytest.mark.parametrize("dtype", [np.float16, np.float64, ">f4", np.int16, np.uint8])
def test_joints_of_other_real_types_become_float32(dtype: Any, tmp_path: Path) -> None:
    joints = np.arange(9 * 13 * 3).reshape(9, 13, 3).astype(dtype)
    joints_read = read_sequences(save(tmp_path, dataset(joints=joints))).joints
    assert joints_read.dtype == np.float32
    np.testing.assert_array_equal(joints_read, joints)


def test_names_of_either_byte_order_are_read(tmp_path: Path) -> None:
    names = np.array(PENN.joints).astype(">U20")
    assert read_sequences(save(tmp_path, dataset(joint_names=names))).joint_names == list(PENN.joints)


@pytest.mark.parametrize(
    ("changed", "actual"),
    [
        *(({name: None}, rf"no array {name}") for name in ("joints", "offsets", "labels", "subjects", "class_names")),
        ({"joint_names": None}, "no array joint_names"),
        ({"joints": np.ones((9, 13))}, r"array joints: found float64 \(9, 13\)"),
        ({"joints": np.ones((1, 9, 13, 3))}, r"array joints: found float64 \(1, 9, 13, 3\)"),
        ({"joints": np.ones((9, 13, 4))}, "array joints"),
        ({"joints": np.ones((9, 0, 3))}, "array joints"),
        ({"joints": np.ones((9, 13, 3), complex)}, "array joints: found complex128"),
        ({"joints": np.full((9, 13, 3), "1")}, "array joints: found <U1"),
        (
            {"joints": np.where(np.arange(9)[:, None, None] == 4, np.inf, np.ones((9, 13, 3)))},
            r"joints\[4, 0, 0\]: found inf",
        ),
        ({"joints": np.full((9, 13, 3), -1e39)}, r"joints\[0, 0, 0\]: found -1e\+39"),
        ({"joint_names": np.array(PENN.joints[:12])}, "12 joint_names"),
        ({"joint_names": np.array([*PENN.joints[:12], "head"])}, "array joint_names"),
        ({"joint_names": np.array(PENN.joints)[None]}, r"array joint_names: found <U14 \(1, 13\)"),
        ({"class_names": np.array([1, 2])}, "array class_names: found int64"),
        ({"class_names": np.array(["sit down", ""])}, "array class_names"),
        ({"class_names": np.array([], dtype="U3")}, "array class_names"),
        ({"class_names": np.array([0x110000, 1], np.uint32).view("U1")}, "array class_names"),
        ({"offsets": np.array([0.0, 2, 5, 9])}, "array offsets: found float64"),
        ({"offsets": np.array([0])}, "array offsets"),
        ({"offsets": np.array([1, 2, 5, 9])}, "found 1 to 9; expected 0 to 9"),
        ({"offsets": np.array([0, 2, 5, 10])}, "found 0 to 10; expected 0 to 9"),
        ({"offsets": np.array([0, 2, 5, 8])}, "found 0 to 8; expected 0 to 9"),
        ({"offsets": np.array([0, 5, 2, 9])}, r"offsets\[2\]: found 2 after 5"),
        ({"offsets": np.array([0, 5, 5, 9])}, r"offsets\[2\]: found 5 after 5"),
        ({"offsets": np.array([0, 2, 9])}, r"array labels: found int64 \(3,\); expected whole numbers \(2,\)"),
        ({"labels": np.array([0, 1, 2])}, r"labels\[2\]: found 2; expected 0 to 1"),
        ({"labels": np.array([0, -1, 1])}, r"labels\[1\]: found -1"),
        ({"labels": np.array([0.0, 1, 1])}, "array labels: found float64"),
        ({"labels": np.array([0, 1])}, "array labels"),
        ({"subjects": np.array(["a", "b", "c"])}, "array subjects: found <U1"),
        ({"subjects": np.array([1, 2])}, "array subjects"),
    ],
)
def test_arrays_that_do_not_fit_are_named(changed: dict[str, Any], actual: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"toy\.npz.*{actual}"):
        read_sequences(save(tmp_path, dataset(**changed)))


@pytest.mark.parametrize("name", ["joints", "official_train"])
def test_pickled_objects_are_never_loaded(name: str, tmp_path: Path) -> None:
    path = save(tmp_path, dataset(**{name: np.array([{"a": 1}, None, 3], dtype=object)}))
    for reader in (read, read_sequences):
        with pytest.raises(SkeletonFormatError, match=rf"toy\.npz, array {name}\.npy: found pickled"):
            reader(path)


def test_a_file_of_many_sequences_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"toy\.npz: found 3 sequences.*SkeletonDataset\.from_npz"):
        read(save(tmp_path, dataset()))


def test_a_data_set_of_one_sequence_is_a_recording(tmp_path: Path) -> None:
    arrays = dataset(offsets=np.array([0, 9]), fps=np.array(50))
    sequence = read(save(tmp_path, arrays))
    assert (sequence.layout, sequence.fps) == (PENN, 50.0)
    np.testing.assert_array_equal(sequence.joints[0], arrays["joints"])


def test_joints_alone_are_a_recording(tmp_path: Path) -> None:
    joints = np.ones((2, 5, 25, 3))
    sequence = read(save(tmp_path, {"joints": joints}))
    assert (sequence.layout.name, sequence.fps, sequence.bodies) == ("ntu-25", 30.0, 2)


def test_names_in_another_order_are_sorted_to_the_layout(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).normal(size=(3, 13, 3)).astype(np.float32)
    names = [f"{joint.split('_')[1]}_{joint.split('_')[0]}" if "_" in joint else joint for joint in PENN.joints[::-1]]
    path = save(tmp_path, {"joints": joints, "joint_names": np.array(names)})  # right_ankle, left_ankle, ...
    sequence = read(path, up="y", unit="m")
    assert sequence.layout == PENN
    np.testing.assert_array_equal(sequence.joints[0], joints[:, ::-1])


@pytest.mark.parametrize(
    ("arrays", "actual"),
    [
        ({"labels": np.ones(5)}, r"no array of joints among labels \(5,\)"),
        ({"joints": np.ones((5, 25, 3)), "fps": np.array(0)}, "array fps"),
        ({"joints": np.ones((5, 25, 3)), "fps": np.array(np.nan)}, "array fps"),
        ({"joints": np.ones((5, 25, 3)), "fps": np.array([30, 30])}, "array fps"),
        ({"joints": np.ones((5, 25, 3)), "fps": np.array("30")}, "array fps"),
        ({"joints": np.ones((2, 5, 25, 3)), "offsets": np.array([0, 5])}, "array joints"),
        ({"joints": np.ones((5, 25, 3)), "joint_names": np.array(["head"])}, "found joint names head for 25 joints"),
    ],
)
def test_a_wrong_recording_says_why(arrays: dict[str, Any], actual: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"toy\.npz.*{actual}"):
        read(save(tmp_path, arrays))


def test_one_body_is_written_without_its_axis(tmp_path: Path) -> None:
    for bodies, shape in ((1, (5, 13, 3)), (2, (2, 5, 13, 3))):
        write(SkeletonSequence(np.ones((bodies, 5, 13, 3)), PENN, 24.0), tmp_path / "clip.npz")
        with np.load(tmp_path / "clip.npz", allow_pickle=False) as data:
            assert data["joints"].shape == shape
            assert data["joint_names"].tolist() == list(PENN.joints)
            assert data["fps"] == 24.0


def test_other_zip_archives_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(SkeletonFormatError, match=r"toy\.npz: found a broken \.npz file"):
        read(path)


@pytest.mark.parametrize("remaining", [0, 3, 30, 0.5, 0.99])
def test_an_archive_cut_short_is_refused(remaining: float, tmp_path: Path) -> None:
    path = save(tmp_path, dataset())
    content = path.read_bytes()
    path.write_bytes(content[: int(remaining * len(content)) if remaining < 1 else int(remaining)])
    with pytest.raises(SkeletonFormatError, match=r"toy\.npz: found a broken \.npz file"):
        read_sequences(path)


def header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(10**12, 25, 3), (10**30,), (4, 25, 3)])
def test_an_array_that_claims_more_than_it_holds_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("joints.npy", header(shape) + bytes(3 * 25 * 3 * 4))
    with pytest.raises(SkeletonFormatError, match="does not fill"):
        read(path)


def test_a_decompression_bomb_is_refused_by_the_sizes_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("joints.npy", "more.npy"):
            archive.writestr(name, header((2**30 - 64,)) + bytes(1000))
    content = path.read_bytes()
    declared = (2**32 - 2).to_bytes(4, "little")
    for entry in (content.index(b"PK\x01\x02"), content.rindex(b"PK\x01\x02")):
        content = content[: entry + 24] + declared + content[entry + 28 :]  # the uncompressed size in the directory
    path.write_bytes(content)
    with pytest.raises(
        SkeletonFormatError, match=r"toy\.npz: found arrays of 8\.0 GiB when unpacked; expected at most 4"
    ):
        read(path)


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "toy.npz"
    np.savez_compressed(path, **dataset())
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 16] ^= 0xFF  # the checksum of the first array in the directory
    path.write_bytes(bytes(content))
    with pytest.raises(SkeletonFormatError, match="CRC"):
        read_sequences(path)


@pytest.mark.parametrize(("head", "looks"), [(b"PK\x03\x04rest", True), (b"\x93NUMPY", False), (b"", False)])
def test_a_zip_archive_looks_like_it(head: bytes, looks: bool) -> None:
    assert looks_like(head) is looks


@pytest.mark.parametrize(
    ("name", "count", "layout"),
    [
        ("utd_mhad", 861, "kinect-20"),
        ("kinder_gator", 1159, "kinect-20"),
        ("nw_ucla", 1484, "kinect-20"),
        ("msr_action3d", 557, "kinect-20"),
        ("utkinect", 199, "kinect-20"),
        ("hdm05_11", 287, "hdm05-31"),
        ("penn_action_2d", 2326, "penn-13"),
        ("jhmdb_2d", 609, "jhmdb-15"),
    ],
)
def test_real_data_sets_are_read_and_their_layout_found(name: str, count: int, layout: str, shared: Path) -> None:
    path = shared / "data" / f"{name}.npz"
    sequences = read_sequences(path)
    assert len(sequences.labels) == count
    arranged, matched_layout = arrange_joints(sequences.joints, sequences.joint_names, None, file=path)
    assert matched_layout.name == layout
    assert not np.isnan(arranged).any()


def test_a_real_data_set_is_no_recording(shared: Path) -> None:
    with pytest.raises(InputError, match="199 sequences"):
        read(shared / "data" / "utkinect.npz")


def test_joints_of_no_known_layout_are_refused(tmp_path: Path) -> None:
    names = np.array([f"marker {chr(97 + index)}" for index in range(13)])
    with pytest.raises(LayoutError, match=r"toy\.npz"):
        read(save(tmp_path, {"joints": np.ones((2, 13, 3)), "joint_names": names}))
