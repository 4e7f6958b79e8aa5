"""Facts of the JSON of pose estimators and sensors: one synthetic motion, written as each tool writes it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import InputError, SkeletonFormatError, get_layout
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats._json_joints import parse
from zeroskel.skeleton.transforms import convert_layout

COCO = get_layout("coco-17").joints
COCO_NAMES = [
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
]  # fmt: skip
SPEC = {"scale": 200.0, "left": 320.0, "top": 240.0}


@pytest.fixture(scope="module")
def motion() -> np.ndarray:
    """(T, 25, 3) in metres, y up, about the origin, no joint missing."""
    joints = np.array(generate_sequence("wave the right hand", seed=1).joints[0, :40], np.float64)
    joints = np.nan_to_num(joints, nan=0.05)
    return joints - joints[:1, :1] + (0, 0, 2.5)


def body(motion: np.ndarray, layout: str) -> np.ndarray:
    """(T, V, 3) of the motion in a layout; joints that it lacks lie at the head."""
    source = zeroskel.SkeletonSequence(motion.astype(np.float32), "ntu-25")
    joints = np.array(convert_layout(source, get_layout(layout)).joints[0], np.float64)
    head = motion[:, get_layout("ntu-25").index("head"), None]
    return np.where(np.isnan(joints), head, joints)


def pixels(points: np.ndarray) -> np.ndarray:
    """(T, V, 2) coordinates in a picture of 640 x 480, y down."""
    return np.stack([SPEC["left"] + 200 * points[..., 0], SPEC["top"] - 200 * points[..., 1]], axis=-1).round(3)


def save(folder: Path, value: Any, name: str = "clip.json") -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def with_score(points: np.ndarray, score: float = 0.9) -> list[float]:
    return np.concatenate([points, np.full((len(points), 1), score)], axis=-1).reshape(-1).tolist()


def objects(points: np.ndarray, axes: str = "xyz", **facts: Any) -> list[dict[str, Any]]:
    return [dict(zip(axes, point.tolist(), strict=False)) | facts for point in points]


def alphapose(points: np.ndarray) -> Any:
    return [
        {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": with_score(one), "score": 2.9, "box": [1, 2, 3, 4]}
        | {"idx": 1}
        for frame, one in enumerate(points)
    ]


def coco_annotations(points: np.ndarray) -> Any:
    return {
        "images": [{"id": 900 - frame, "file_name": f"{frame:06d}.png"} for frame in range(len(points))],
        "annotations": [
            {"id": frame, "image_id": 900 - frame, "category_id": 1, "keypoints": with_score(one, 2)}
            for frame, one in enumerate(points)
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": COCO_NAMES}],
    }


def mmpose(points: np.ndarray) -> Any:
    names = {str(index): name for index, name in enumerate(COCO_NAMES)}
    frames = [
        {"frame_id": frame + 1, "instances": [{"keypoints": one.tolist(), "keypoint_scores": [0.9] * len(one)}]}
        for frame, one in enumerate(points)
    ]
    return {"meta_info": {"dataset_name": "coco", "keypoint_id2name": names}, "instance_info": frames}


def mmpose_list(points: np.ndarray) -> Any:
    return mmpose(points)["instance_info"]


def mmpose_wrapped(points: np.ndarray) -> Any:
    return [
        [{"keypoints": [one.tolist()], "keypoint_scores": [[0.9] * len(one)], "bbox": [[1, 2, 3, 4]]}] for one in points
    ]


def mmpose_preds(points: np.ndarray) -> Any:
    return {"preds": [[{"bbox": [1, 2, 3, 4, 0.9], "keypoints": np.c_[one, 0.9 * np.ones(len(one))].tolist()}]
                      for one in points]}  # fmt: skip


def ultralytics(points: np.ndarray) -> Any:
    return [
        [
            {
                "name": "person",
                "class": 0,
                "confidence": 0.9,
                "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0},
                "track_id": 3,
                "keypoints": {"x": one[:, 0].tolist(), "y": one[:, 1].tolist(), "visible": [0.9] * len(one)},
            },
            {"name": "dog", "class": 16, "confidence": 0.4, "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}},
        ]
        for one in points
    ]


def ultralytics_strings(points: np.ndarray) -> Any:
    return [json.dumps(people) for people in ultralytics(points)]


def ultralytics_lines(points: np.ndarray) -> str:
    return "\n".join(ultralytics_strings(points))


def movenet_poses(points: np.ndarray) -> Any:
    return [
        [{"score": 0.8, "keypoints": [{"y": y, "x": x, "score": 0.9, "name": name} for (x, y), name in
                                      zip(one.tolist(), COCO_NAMES, strict=True)]}]
        for one in points
    ]  # fmt: skip


def posenet(points: np.ndarray) -> Any:
    parts = ["".join([words[0], *(word.title() for word in words[1:])]) for words in
             (name.split("_") for name in COCO_NAMES)]  # fmt: skip
    return {
        "fps": 30,
        "poses": [
            {"score": 0.8, "keypoints": [{"score": 0.9, "part": part, "position": {"x": x, "y": y}}
                                         for (x, y), part in zip(one.tolist(), parts, strict=True)]}
            for one in points
        ],
    }  # fmt: skip


def frames_of_lists(points: np.ndarray) -> Any:
    return {"width": 640, "height": 480, "frames": [{"frame": at, "keypoints": one.tolist()}
                                                    for at, one in enumerate(points)]}  # fmt: skip


IMAGE_WRITERS: list[tuple[Callable[[np.ndarray], Any], str]] = [
    (alphapose, "AlphaPose JSON"),
    (coco_annotations, "COCO JSON"),
    (mmpose, "MMPose JSON"),
    (mmpose_list, "MMPose JSON"),
    (mmpose_wrapped, "MMPose JSON"),
    (mmpose_preds, "MMPose JSON"),
    (ultralytics, "Ultralytics JSON"),
    (ultralytics_strings, "Ultralytics JSON"),
    (ultralytics_lines, "Ultralytics JSON"),
    (movenet_poses, "TensorFlow.js JSON"),
    (posenet, "TensorFlow.js JSON"),
    (frames_of_lists, "JSON of joints"),
]


@pytest.mark.parametrize(("write", "name"), IMAGE_WRITERS, ids=lambda value: getattr(value, "__name__", ""))
def test_points_of_pictures_have_y_turned_up(
    write: Callable[[np.ndarray], Any], name: str, motion: np.ndarray, tmp_path: Path
) -> None:
    points = pixels(body(motion, "coco-17"))
    sequence = zeroskel.read(save(tmp_path, write(points)))
    assert (sequence.layout.name, sequence.joints.shape) == ("coco-17", (1, len(points), 17, 2))
    assert sequence.reading is not None and sequence.reading.format == name
    np.testing.assert_allclose(sequence.joints[0], points * (1, -1), atol=1e-2)


def mediapipe_frames(points: np.ndarray) -> Any:
    flat = pixels(points) / (640, 480)
    return [
        {
            "frame": frame,
            "timestamp": frame / 25,
            "landmarks": objects(flat[frame], "xy", z=0.0, visibility=0.9),
            "worldLandmarks": objects(one * (1, -1, -1), visibility=0.9),
        }
        for frame, one in enumerate(points)
    ]


def mediapipe_tasks(points: np.ndarray) -> Any:
    return {"fps": 25, "results": [{"pose_landmarks": [objects(one)], "pose_world_landmarks": [objects(
        one * (1, -1, -1), visibility=0.9, presence=1)]} for one in points]}  # fmt: skip


def mediapipe_named(points: np.ndarray) -> Any:
    """World landmarks, as a dictionary by name under a plain key."""
    names = [name.upper() for name in get_layout("mediapipe-33").joints]
    turned = points * (1, -1, -1)
    return [
        {"timestamp_ms": frame * 40, "pose_world_landmarks": dict(zip(names, objects(one), strict=True))}
        for frame, one in enumerate(turned)
    ]


def mediapipe_protobuf(points: np.ndarray) -> str:
    lines = [{"time": 0.04 * frame, "poseWorldLandmarks": {"landmark": objects(one * (1, -1, -1))}}
             for frame, one in enumerate(points)]  # fmt: skip
    return "".join(json.dumps(line) + "\r\n" for line in lines)


def blazepose(points: np.ndarray) -> Any:
    flat = pixels(points)
    return [
        [{"keypoints": objects(flat[frame], "xy", score=0.9, name="x"),
          "keypoints3D": objects(one * (1, -1, -1), score=0.9)}]
        for frame, one in enumerate(points)
    ]  # fmt: skip


@pytest.mark.parametrize("write", [mediapipe_frames, mediapipe_tasks, mediapipe_named, mediapipe_protobuf, blazepose])
def test_world_landmarks_go_before_those_of_the_picture(
    write: Callable[[np.ndarray], Any], motion: np.ndarray, tmp_path: Path
) -> None:
    points = body(motion, "mediapipe-33") - (0, 0, 2.5)
    sequence = zeroskel.read(save(tmp_path, write(points)))
    assert (sequence.layout.name, sequence.channels) == ("mediapipe-33", 3)
    assert sequence.fps == (30 if write is blazepose else 25)
    np.testing.assert_allclose(sequence.joints[0], points, atol=1e-4)


def test_people_of_world_landmarks_are_told_apart_in_the_picture(motion: np.ndarray, tmp_path: Path) -> None:
    points = body(motion, "mediapipe-33") - (0, 0, 2.5)
    people = [(points, pixels(points) / 640), (points[::-1], pixels(points) / 640 + (0.4, 0))]
    frames = []
    for at in range(len(points)):
        both = people if at % 3 else people[::-1]
        frames.append(
            {
                "pose_landmarks": [objects(flat[at], "xy", z=0.0) for _, flat in both],
                "pose_world_landmarks": [objects(solid[at] * (1, -1, -1)) for solid, _ in both],
            }
        )
    joints = zeroskel.read(save(tmp_path, frames)).joints
    order = (0, 1) if np.allclose(joints[0, 0], points[0], atol=1e-3) else (1, 0)
    np.testing.assert_allclose(joints[order[0]], points, atol=1e-3)
    np.testing.assert_allclose(joints[order[1]], points[::-1], atol=1e-3)


def test_landmarks_of_a_picture_are_flat_and_take_its_size(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "mediapipe-33"))
    frames = [{"landmarks": objects(one / (640, 480), "xy", z=-0.2, visibility=0.9)} for one in points]
    sized = zeroskel.read(save(tmp_path, {"image_width": 640, "image_height": 480, "frames": frames}))
    assert sized.channels == 2
    np.testing.assert_allclose(sized.joints[0], points * (1, -1), atol=0.01)
    square = zeroskel.read(save(tmp_path, frames))
    assert "picture taken as square" in str(square.reading)


def test_world_landmarks_are_known_by_their_origin(motion: np.ndarray, tmp_path: Path) -> None:
    points = body(motion, "mediapipe-33")
    points -= points[:, [get_layout("mediapipe-33").index(name) for name in ("hip_left", "hip_right")]].mean(1)[:, None]
    sequence = zeroskel.read(save(tmp_path, [{"landmarks": objects(one * (1, -1, -1))} for one in points]))
    np.testing.assert_allclose(sequence.joints[0], points, atol=1e-4)


def kinect(points: np.ndarray) -> Any:
    return [
        {"timestamp": 33.3 * frame, "bodies": [
            {"bodyIndex": 0, "tracked": False},
            {"bodyIndex": 1, "tracked": True, "trackingId": "72057594037934102", "joints": [
                {"cameraX": x, "cameraY": y, "cameraZ": z, "depthX": 0.5, "depthY": 0.5, "trackingState": 2}
                for x, y, z in one.tolist()]}]}
        for frame, one in enumerate(points)
    ]  # fmt: skip


def kinect_named(points: np.ndarray) -> Any:
    names = [name.title().replace("_", "") for name in get_layout("ntu-25").joints]
    return {"Frames": [{"Bodies": [{"TrackingId": 7, "IsTracked": True, "Joints": {
        name: {"JointType": at, "TrackingState": "Tracked", "Position": dict(zip("XYZ", point.tolist(), strict=True))}
        for at, (name, point) in enumerate(zip(names, one, strict=True))}}]} for one in points]}  # fmt: skip


@pytest.mark.parametrize("write", [kinect, kinect_named])
def test_sensors_are_in_metres(write: Callable[[np.ndarray], Any], motion: np.ndarray, tmp_path: Path) -> None:
    sequence = zeroskel.read(save(tmp_path, write(motion)), layout="ntu-25")
    assert sequence.joints.shape == (1, len(motion), 25, 3)
    np.testing.assert_allclose(sequence.joints[0], motion, atol=1e-4)


def test_frames_without_people_are_kept_and_gaps_in_their_numbers_filled(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "coco-17"))[:12]
    frames = mmpose(points)["instance_info"]
    frames[3]["instances"] = []
    sequence = zeroskel.read(save(tmp_path, frames[:6] + frames[8:]))
    seen = sequence.observed[0].any(axis=-1)
    assert np.flatnonzero(~seen).tolist() == [3, 6, 7] and sequence.frames == 12
    every_fifth = [one | {"image_id": f"{5 * at}.jpg"} for at, one in enumerate(alphapose(points))]
    assert zeroskel.read(save(tmp_path, every_fifth)).frames == 12


def test_points_without_confidence_are_not_observed(motion: np.ndarray, tmp_path: Path) -> None:
    value = mmpose(pixels(body(motion, "coco-17")))
    value["instance_info"][2]["instances"][0]["keypoint_scores"][5] = 0.01
    missing = np.argwhere(~zeroskel.read(save(tmp_path, value)).observed[0])
    assert missing.tolist() == [[2, 5]]


def test_identities_are_those_of_people_and_not_of_detections(motion: np.ndarray) -> None:
    points = pixels(body(motion, "coco-17"))
    one, other = alphapose(points), alphapose(points + 50)
    for detection in other:
        detection["idx"] = 2.0
    mixed = [pair[index] for at, pair in enumerate(zip(one, other, strict=True)) for index in (at % 2, 1 - at % 2)]
    file = Path("a.json")
    tracked = parse(json.dumps(mixed).encode(), file)
    assert tracked.identities is not None and not tracked.tracked
    assert tracked.identities[:, :3].tolist() == [[0, 1, 0], [1, 0, 1]]
    for at, detection in enumerate(mixed):
        detection["idx"] = at
    assert parse(json.dumps(mixed).encode(), file).identities is None
    for detection in mixed:
        detection["idx"] = 0
    assert parse(json.dumps(mixed).encode(), file).identities is None


def openpose(folder: Path, points: np.ndarray, name: str = "clip") -> Path:
    folder.mkdir(exist_ok=True)
    for frame, one in enumerate(points):
        person = {"person_id": [-1], "pose_keypoints_2d": with_score(one), "face_keypoints_2d": []}
        person |= {"hand_left_keypoints_2d": [1.0] * 63, "pose_keypoints_3d": []}
        save(folder, {"version": 1.3, "people": [person]}, f"{name}_{frame:012d}_keypoints.json")
    return folder


def test_a_folder_of_frames_is_one_recording(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "coco-17"))[:12]
    folder = openpose(tmp_path / "frames", points)
    (folder / "notes.txt").write_text("x")
    save(folder, {"version": 1.3, "people": []}, f"clip_{4:012d}_keypoints.json")
    (folder / f"clip_{7:012d}_keypoints.json").unlink()
    sequence = zeroskel.read(folder)
    assert sequence.reading is not None and sequence.reading.format == "OpenPose JSON"
    observed = np.delete(np.arange(12), [4, 7])
    np.testing.assert_allclose(sequence.joints[0, observed], points[observed] * (1, -1), atol=1e-2)
    assert not sequence.observed[0, [4, 7]].any()
    openpose(folder, points, "second")
    with pytest.raises(InputError, match="found frames of 2 recordings"):
        zeroskel.read(folder)


def test_names_of_frames_are_sorted_as_numbers(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "coco-17"))[:12]
    for frame, people in enumerate(ultralytics(points)):
        save(tmp_path, people, f"frame{frame}.json")
    np.testing.assert_allclose(zeroskel.read(tmp_path).joints[0], points * (1, -1), atol=1e-2)


def test_label_files_of_yolo_are_frames(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "coco-17"))[:12] / 640
    for frame, one in enumerate(points):
        fields = [0, 0.5, 0.5, 0.2, 0.4, *with_score(one), 0.9, 4]
        save(tmp_path, " ".join(map(str, fields)) + "\n", f"clip_{frame + 1}.txt")
    np.testing.assert_allclose(zeroskel.read(tmp_path).joints[0], points * (1, -1), atol=1e-4)


def test_a_folder_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found a folder without frames"):
        zeroskel.read(tmp_path)
    save(tmp_path, {"people": []}, "0.json")
    with pytest.raises(SkeletonFormatError, match="no points of people"):
        zeroskel.read(tmp_path)


def test_arrays_of_movenet_are_y_x_and_score(motion: np.ndarray, tmp_path: Path) -> None:
    points = pixels(body(motion, "coco-17")) / 640
    rows = np.concatenate([points[..., ::-1], np.full((*points.shape[:2], 1), 0.8)], axis=-1).round(5)
    for value in (rows.tolist(), rows[:, None, None].tolist()):
        sequence = zeroskel.read(save(tmp_path, value))
        assert sequence.reading is not None and sequence.reading.format == "MoveNet JSON"
        np.testing.assert_allclose(sequence.joints[0], points * (1, -1), atol=1e-3)


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("write", [alphapose, mmpose, ultralytics_lines, posenet, mediapipe_frames, kinect])
def test_spoilt_files_are_read_or_refused(
    write: Callable[[np.ndarray], Any], motion: np.ndarray, tmp_path: Path, withstands_mutations
) -> None:
    points = motion if write is kinect else body(motion, "mediapipe-33" if write is mediapipe_frames else "coco-17")
    points = pixels(points) if write in (alphapose, mmpose, ultralytics_lines, posenet) else points
    value = write(points[:3])
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    withstands_mutations("zeroskel.skeleton.formats:parse", save(tmp_path, text), count=350)
