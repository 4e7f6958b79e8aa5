"""Facts of PYSKL's annotation files; the fakes are written with pickle, as PYSKL does."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import InputError, MissingFileError, SkeletonFormatError
from zeroskel.skeleton.formats._pyskl_pickle import looks_like, open_annotations, parse_annotations

FILE = Path("ntu60_hrnet.pkl")


def annotation(name: str = "S001C001P001R001A004", label: int = 3, frames: int = 3, **changed: Any) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    created = {
        "frame_dir": name,
        "label": label,
        "img_shape": (1080, 1920),
        "original_shape": (1080, 1920),
        "total_frames": frames,
        "keypoint": rng.uniform(1, 900, size=(2, frames, 17, 2)).astype(np.float16),
        "keypoint_score": rng.uniform(0.1, 1, size=(2, frames, 17)).astype(np.float16),
    }
    return {key: value for key, value in {**created, **changed}.items() if value is not None}


def release(*annotations: dict[str, Any], split: Any = None) -> bytes:
    return pickle.dumps({"split": split or {}, "annotations": list(annotations)}, protocol=2)


@pytest.mark.parametrize("protocol", range(6))
def test_annotations_and_splits_read_as_they_were(protocol: int, tmp_path: Path) -> None:
    created = [annotation("a/b", 3), annotation("c", np.int64(4), 5)]
    path = tmp_path / "x.pkl"
    path.write_bytes(
        pickle.dumps({"split": {"train1": ["a/b"], "test1": ["c"]}, "annotations": created}, protocol=protocol)
    )
    for content in (open_annotations(path), parse_annotations(path.read_bytes(), path)):
        assert content.splits == {"train1": ("a/b",), "test1": ("c",)}
        assert [(one.name, one.label, one.layout) for one in content.annotations] == [
            ("a/b", 3, "coco-17"),
            ("c", 4, "coco-17"),
        ]
        for one, source in zip(content.annotations, created, strict=True):
            assert one.keypoint.dtype == np.float16 and one.joints().dtype == np.float32
            np.testing.assert_array_equal(one.joints(), source["keypoint"].astype(np.float32) * [1, -1])


def test_a_list_of_annotations_alone_has_no_splits() -> None:
    content = parse_annotations(pickle.dumps([annotation()]), FILE)
    assert len(content.annotations) == 1 and content.splits == {}


def test_three_coordinates_of_25_joints_are_those_of_ntu() -> None:
    keypoint = np.ones((1, 3, 25, 3), np.float16)
    one = parse_annotations(release(annotation(keypoint=keypoint, keypoint_score=None)), FILE).annotations[0]
    assert one.layout == "ntu-25" and one.score is None and one.joints().shape == (1, 3, 25, 3)


def test_joints_without_confidence_or_at_the_origin_are_not_observed() -> None:
    created = annotation()
    created["keypoint"][0, 1, 2] = 0
    created["keypoint"][0, 1, 3, 0] = 0
    created["keypoint_score"][1, 2, 5] = 0
    unseen = np.isnan(parse_annotations(release(created), FILE).annotations[0].joints())
    assert np.argwhere(unseen.all(axis=-1)).tolist() == [[0, 1, 2], [1, 2, 5]] and unseen.sum() == 4


@pytest.mark.parametrize("label", [3, 3.0, "3", [3], np.int64(3), np.array([3])])
def test_a_label_is_one_number_in_any_form(label: Any) -> None:
    assert parse_annotations(release(annotation(label=label)), FILE).annotations[0].label == 3


def test_labels_may_be_texts_or_missing() -> None:
    content = parse_annotations(release(annotation("a", "squat"), annotation("b", "jump"), annotation("c", -1)), FILE)
    assert content.class_names == ("jump", "squat")
    assert [one.label for one in content.annotations] == [1, 0, None]


@pytest.mark.parametrize("protocol", range(6))
def test_one_recording_is_read(protocol: int, tmp_path: Path) -> None:
    path = tmp_path / "clip.pkl"
    for record in (annotation(), [annotation()], {"split": {}, "annotations": [annotation()]}):
        path.write_bytes(pickle.dumps(record, protocol=protocol))
        sequence = zeroskel.read(path)
        assert (sequence.layout.name, sequence.joints.shape) == ("coco-17", (2, 3, 17, 2))
        assert sequence.reading is not None and sequence.reading.up == "-y"
    person = annotation(keypoint=annotation()["keypoint"][0], keypoint_score=None, total_frames=None, frame_dir=None)
    path.write_bytes(pickle.dumps([person], protocol=protocol))
    assert zeroskel.read(path).joints.shape == (1, 3, 17, 2)
    path.write_bytes(pickle.dumps([annotation("a"), annotation("b")], protocol=protocol))
    with pytest.raises(InputError, match=r"found 2 recordings; expected one.*zeroskel data prepare pyskl .*clip\.pkl"):
        zeroskel.read(path)


@pytest.mark.parametrize(
    ("count", "channels", "layout"),
    [(33, 2, "mediapipe-33"), (26, 2, "halpe-26"), (18, 2, "coco-18"), (25, 2, "body-25"), (17, 3, "h36m-17")],
)
def test_the_number_of_joints_names_the_layout(count: int, channels: int, layout: str) -> None:
    keypoint = np.ones((1, 3, count, channels))
    one = parse_annotations(release(annotation(keypoint=keypoint, keypoint_score=None)), FILE).annotations[0]
    assert one.layout == layout


def test_a_third_number_beside_pixels_is_a_confidence() -> None:
    created = annotation()
    joined = np.concatenate([created["keypoint"], created["keypoint_score"][..., None]], axis=-1)
    one = parse_annotations(release(annotation(keypoint=joined, keypoint_score=None)), FILE).annotations[0]
    assert one.layout == "coco-17"
    np.testing.assert_array_equal(one.joints(), created["keypoint"].astype(np.float32) * [1, -1])


def test_a_coordinate_that_is_nan_was_not_observed() -> None:
    created = annotation()
    created["keypoint"][1, 2, 3] = np.nan
    unseen = np.isnan(parse_annotations(release(created), FILE).annotations[0].joints()).any(axis=-1)
    assert np.argwhere(unseen).tolist() == [[1, 2, 3]]


def test_frames_after_the_total_are_left_out() -> None:
    created = annotation(frames=5, total_frames=4)
    one = parse_annotations(release(created), FILE).annotations[0]
    np.testing.assert_array_equal(one.joints(), created["keypoint"][:, :4].astype(np.float32) * [1, -1])


@pytest.mark.parametrize("kind", ["f2", "f8"])
def test_an_infinite_coordinate_is_refused(kind: str) -> None:
    keypoint = np.ones((1, 3, 17, 2), kind)
    keypoint[0, 2, 5, 1] = np.inf
    one = parse_annotations(release(annotation(keypoint=keypoint, keypoint_score=None)), FILE).annotations[0]
    with pytest.raises(SkeletonFormatError, match=r"hrnet\.pkl, keypoint\[0\]\[2\]\[5\] of S001.*is infinite"):
        one.joints()


def test_a_coordinate_too_large_for_32_bits_is_refused() -> None:
    keypoint = np.full((1, 3, 17, 2), 1e300)
    one = parse_annotations(release(annotation(keypoint=keypoint, keypoint_score=None)), FILE).annotations[0]
    with pytest.raises(SkeletonFormatError, match="is infinite"):
        one.joints()


@pytest.mark.parametrize(
    ("changed", "actual"),
    [
        ({"frame_dir": 7}, "annotation 2, frame_dir: found 7"),
        ({"frame_dir": ""}, "annotation 2, frame_dir"),
        ({"frame_dir": "x" * 301}, "annotation 2, frame_dir"),
        ({"label": -2}, "label of b: found -2; expected one class id"),
        ({"label": [1, 2]}, "label of b: found a list"),
        ({"label": True}, "label of b: found a bool"),
        ({"label": 10**9}, "label of b: found 1000000000"),
        ({"label": 2.5}, "label of b: found a float"),
        ({"label": "squat"}, "labels: found numbers and texts"),
        ({"keypoint": None}, "keypoint of b: found a NoneType"),
        ({"keypoint": [[1, 2]]}, "keypoint of b: found a list"),
        ({"keypoint": np.ones((2, 3, 17, 4))}, r"keypoint of b: found an array \(2, 3, 17, 4\)"),
        ({"keypoint": np.ones((3, 17))}, r"keypoint of b: found an array \(3, 17\)"),
        ({"keypoint": np.ones((2, 0, 17, 2))}, r"keypoint of b: found an array \(2, 0, 17, 2\)"),
        ({"keypoint_score": np.ones((2, 3))}, r"keypoint_score of b: found an array \(2, 3\)"),
        ({"keypoint_score": 1.0}, "keypoint_score of b: found a float"),
        ({"total_frames": 4}, "total_frames of b: found 4; expected 1 to the 3 frames"),
        ({"total_frames": 0}, "total_frames of b: found 0"),
        ({"total_frames": "3"}, "total_frames of b: found a str"),
        ({"frame_dir": "a"}, "2 with 1 names"),
        ({"keypoint": np.ones((2, 3, 25, 3)), "keypoint_score": None}, "some with 17 and some with 25 joints"),
    ],
)
def test_a_wrong_annotation_is_named(changed: dict[str, Any], actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"hrnet\.pkl, .*{actual}.*source again"):
        parse_annotations(release(annotation("a"), annotation("b", **changed)), FILE)


def test_a_list_whose_points_lie_in_other_files_says_so() -> None:
    entry = annotation(keypoint=None, keypoint_score=None, frame_inds=np.arange(3), valid={0.5: 3})
    with pytest.raises(SkeletonFormatError, match=r"points lie in files of their own; expected .* Join them first"):
        parse_annotations(release(entry), FILE)


@pytest.mark.parametrize(
    ("record", "actual"),
    [
        ({"annotations": []}, "the pickle: found a dict"),
        ({"split": {}}, "the pickle: found a dict"),
        ([], "the pickle: found a list"),
        (7, "the pickle: found 7"),
        (np.ones(3), r"the pickle: found an array \(3,\)"),
        ({"annotations": [7]}, "annotation 1: found 7"),
        ({"annotations": [annotation("a")], "split": ["a"]}, "split: found a list"),
        ({"annotations": [annotation("a")], "split": {"train": "a"}}, "split train: found a str"),
        ({"annotations": [annotation("a")], "split": {1: ["a"]}}, "split: found a key that is a int"),
        ({"annotations": [annotation("a")], "split": {"train": ["a", "b"]}}, "split train: found 'b'"),
    ],
)
def test_another_pickle_is_refused(record: Any, actual: str) -> None:
    with pytest.raises(SkeletonFormatError, match=rf"hrnet\.pkl, {actual}"):
        parse_annotations(pickle.dumps(record), FILE)


def test_one_array_for_many_annotations_is_refused() -> None:
    shared = np.ones((1, 100, 17, 2))
    many = [annotation(str(index), frames=100, keypoint=shared, keypoint_score=None) for index in range(100)]
    with pytest.raises(SkeletonFormatError, match="more in arrays than in the file"):
        parse_annotations(release(*many), FILE)


def test_an_empty_or_missing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(b"")
    with pytest.raises(SkeletonFormatError, match="found 0 bytes"):
        open_annotations(tmp_path / "x.pkl")
    with pytest.raises(MissingFileError):
        open_annotations(tmp_path / "y.pkl")


def test_the_first_bytes_look_like_a_pickle() -> None:
    for protocol in (2, 3, 4, 5):
        assert looks_like(pickle.dumps({"annotations": []}, protocol=protocol))
    assert not looks_like(b"PK\x03\x04") and not looks_like(b"")


@pytest.mark.slow("hundreds of spoilt files")
def test_spoilt_files_are_read_or_refused(tmp_path: Path, withstands_mutations) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(
        release(annotation("a", frames=1), annotation("b", 4, 1), split={"xsub_train": ["a"], "xsub_val": ["b"]})
    )
    withstands_mutations("zeroskel.skeleton.formats._pyskl_pickle:parse_annotations", path)
