"""Facts of PYSKL's annotation files as a dataset."""

import json
import logging
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zeroskel.core import InputError, SkeletonFormatError
from zeroskel.datasets._classes import published_class_names
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._pyskl import find, read


def annotation(name: str, label: int, joints: int = 25) -> dict[str, Any]:
    shape = (1, 2, joints, 3 if joints == 25 else 2)
    return {"frame_dir": name, "label": label, "total_frames": 2, "keypoint": np.full(shape, label + 1, np.float16)}


def save(
    folder: Path, annotations: list[dict[str, Any]], split: dict[str, list[str]] | None, name: str = "a.pkl"
) -> Path:
    path = folder / name
    path.write_bytes(pickle.dumps({"split": split, "annotations": annotations} if split else annotations, protocol=4))
    return path


NTU = [annotation(f"S001C00{camera}P00{person}R002A0{action}", action - 1) for camera, person, action in
       ((2, 3, 12), (1, 2, 12), (3, 1, 60))]  # fmt: skip
NTU_NAMES = [one["frame_dir"] for one in NTU]
SPLIT = {
    "xsub_train": NTU_NAMES[1:],
    "xsub_val": NTU_NAMES[:1],
    "xview_train": NTU_NAMES[:1],
    "xview_val": NTU_NAMES[1:],
}


def test_ntu_is_known_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("x")
    save(tmp_path, NTU, SPLIT)
    listing = find(list_files(tmp_path))
    assert (listing.layout, listing.protocols) == ("ntu-25", ("xsub", "xview"))
    assert listing.class_names == published_class_names("ntu60")
    (task,) = listing.tasks
    assert json.loads(json.dumps(dict(task.facts))) == {"start": 0, "stop": 3}
    recordings = read(task)
    assert [recording.name for recording in recordings] == sorted(NTU_NAMES)
    last = recordings[-1]
    assert (last.label, last.setup, last.camera, last.subject, last.repetition) == (59, 1, 3, 1, 2)
    assert last.train == {"xsub": True, "xview": False}
    np.testing.assert_array_equal(last.sequence.joints, np.full((1, 2, 25, 3), 60))


def test_labels_from_60_are_those_of_ntu_120(tmp_path: Path) -> None:
    save(tmp_path, [annotation("S001C001P001R001A120", 119)], None)
    listing = find(list_files(tmp_path))
    assert listing.class_names == published_class_names("ntu120") and listing.protocols == ()


def test_a_label_that_its_name_contradicts_is_refused(tmp_path: Path) -> None:
    save(tmp_path, [annotation("S001C001P001R001A002", 2)], None)
    with pytest.raises(SkeletonFormatError, match="label of S001C001P001R001A002: found 2; expected 1"):
        read(find(list_files(tmp_path)).tasks[0])


def test_other_recordings_need_class_names(tmp_path: Path) -> None:
    videos = [annotation("v1", 0, 17), annotation("class/v2", 1, 17)]
    save(tmp_path, videos, {"train1": ["v1"], "test1": ["class/v2"]})
    files = list_files(tmp_path)
    with pytest.raises(InputError, match="give --class-names FILE, one name a line, for labels 0 to 1"):
        find(files)
    with pytest.raises(InputError, match="found label 1; expected labels of the 1 class names given"):
        find(files, ["run"])
    listing = find(files, ["run", "jump"])
    assert (listing.class_names, listing.layout, listing.protocols) == (("run", "jump"), "coco-17", ("split1",))
    assert [(one.name, one.subject, one.train) for one in read(listing.tasks[0])] == [
        ("class/v2", 0, {"split1": False}),
        ("v1", 0, {"split1": True}),
    ]


def test_tasks_have_up_to_256_recordings(tmp_path: Path) -> None:
    videos = [annotation(f"v{index:03d}", index % 2, 17) for index in range(300)]
    names = [video["frame_dir"] for video in videos]
    save(tmp_path, videos[::-1], {"train": names[:200], "val": names[200:]})
    listing = find(list_files(tmp_path), ["a", "b"])
    assert [dict(task.facts) for task in listing.tasks] == [{"start": 0, "stop": 256}, {"start": 256, "stop": 300}]
    assert [recording.name for task in listing.tasks for recording in read(task)] == names
    assert listing.protocols == ("split",)


def test_recordings_in_no_part_of_the_default_split_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    videos = [annotation(name, 0, 17) for name in "abc"]
    split = {"train1": ["a"], "test1": ["b"], "train2": ["a"], "test2": ["c"], "all": ["a"], "later_val": ["a"]}
    save(tmp_path, videos, split)
    with caplog.at_level(logging.WARNING):
        listing = find(list_files(tmp_path), ["run"])
    assert listing.protocols == ("split1",) and "split2" in caplog.text
    assert [(one.name, one.reason) for one in listing.left_out] == [("c", "not in split split1")]
    assert [one.name for one in read(listing.tasks[0])] == ["a", "b"]


def test_files_for_each_part_make_a_split(tmp_path: Path) -> None:
    save(tmp_path, [annotation("a", 0, 17), annotation("b", 1, 17)], None, "clips_train.pkl")
    save(tmp_path, [annotation("c", 0, 17)], None, "clips_val.pkl")
    listing = find(list_files(tmp_path), ["run", "jump"])
    assert listing.protocols == ("split",)
    assert [(one.name, one.train["split"]) for one in read(listing.tasks[0])] == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]


def test_of_recordings_without_a_split_every_second_of_each_class_trains(tmp_path: Path) -> None:
    save(tmp_path, [annotation(name, index // 2, 17) for index, name in enumerate("abcd")], None)
    listing = find(list_files(tmp_path), ["run", "jump"])
    assert listing.protocols == ("every-second",)
    assert [one.train["every-second"] for one in read(listing.tasks[0])] == [True, False, True, False]


def test_labels_that_are_texts_name_the_classes(tmp_path: Path) -> None:
    labels = {"a": "walk", "b": "run", "c": -1}
    save(tmp_path, [annotation(name, 0, 17) | {"label": label} for name, label in labels.items()], None)
    listing = find(list_files(tmp_path))
    assert listing.class_names == ("run", "walk") and find(list_files(tmp_path), ["walk", "run", "x"]) == listing
    assert [(one.name, one.label) for one in read(listing.tasks[0])] == [("a", 1), ("b", 0)]
    assert [(one.name, one.reason) for one in listing.left_out] == [("c", "without label")]
    with pytest.raises(InputError, match="found the label 'run', which is none of the class names given"):
        find(list_files(tmp_path), ["walk"])


def test_joints_of_no_layout_are_refused(tmp_path: Path) -> None:
    save(tmp_path, [annotation("a", 0, 11)], None)
    with pytest.raises(InputError, match="found 11 joints of 2 coordinates, which no layout has"):
        find(list_files(tmp_path), ["run"])


def test_a_pickle_in_an_archive_is_read(tmp_path: Path) -> None:
    path = save(tmp_path, NTU, SPLIT)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "ntu/a.pickle")
    path.unlink()
    assert len(read(find(list_files(tmp_path)).tasks[0])) == 3


def test_none_two_or_other_pickles_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"found 0 pickles \(\.pkl\)"):
        find([])
    save(tmp_path, [annotation("v", 0, 17)], {"all": ["v"], "more": ["v"]})
    with pytest.raises(InputError, match="found no split of training and test recordings"):
        find(list_files(tmp_path), ["run"])
    save(tmp_path, NTU, SPLIT, "b.pickle")
    with pytest.raises(InputError, match="found 2 pickles"):
        find(list_files(tmp_path))
    (tmp_path / "a.pkl").unlink()
    (tmp_path / "b.pickle").write_bytes(pickle.dumps(print))
    with pytest.raises(SkeletonFormatError, match=r"b\.pickle: found the name 'builtins\.print'"):
        find(list_files(tmp_path))
