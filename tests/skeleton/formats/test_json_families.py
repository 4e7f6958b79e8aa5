"""Facts of JSON whose layouts, axes and units the tool defines, and of JSON in other arrangements."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zeroskel
from zeroskel.core import SkeletonFormatError, get_layout
from zeroskel.core._files import resource_table
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.transforms import convert_layout

NTU = get_layout("ntu-25")
MOTION = np.nan_to_num(np.array(generate_sequence("wave the right hand", seed=1).joints[0, :30], np.float64), nan=0.05)
MOTION += (0, 0, 2.5) - MOTION[:1, :1]
NUITRACK = [
    "head", "neck", "torso", "waist", "left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand",
    "right_collar", "right_shoulder", "right_elbow", "right_wrist", "right_hand", "left_hip", "left_knee",
    "left_ankle", "right_hip", "right_knee", "right_ankle",
]  # fmt: skip
H36M = [
    "root", "right_hip", "right_knee", "right_foot", "left_hip", "left_knee", "left_foot", "spine", "thorax",
    "neck_base", "head", "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
]  # fmt: skip


def body(layout: str) -> np.ndarray:
    """(T, V, 3) of the motion in a layout; joints that it lacks lie at the head."""
    joints = convert_layout(zeroskel.SkeletonSequence(MOTION.astype(np.float32), "ntu-25"), get_layout(layout)).joints
    return np.where(np.isnan(joints[0]), MOTION[:, NTU.index("head"), None], joints[0]).astype(np.float64)


def picture(layout: str) -> np.ndarray:
    """(T, V, 2) of the motion in a picture of 340 x 256, y down."""
    return (body(layout)[..., :2] * (80, -80) + (170, 128)).round(3)


def scored(points: np.ndarray, score: float = 0.9) -> np.ndarray:
    return np.concatenate([points, np.full((*points.shape[:-1], 1), score)], axis=-1)


def read(folder: Path, value: Any, **options: Any) -> zeroskel.SkeletonSequence:
    path = folder / "clip.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return zeroskel.read(path, **options)


def openpose(layout: str) -> Any:
    return [{"people": [{"pose_keypoints_2d": scored(one).reshape(-1).tolist()}]} for one in picture(layout)]


def openpose_by_frame(layout: str) -> Any:
    return {f"take2_{at:05d}": frame for at, frame in enumerate(openpose(layout))}


def controlnet(layout: str) -> Any:
    return [
        {"people": [{"pose_keypoints_2d": scored(one / (340, 256)).reshape(-1).tolist(),
                     "hand_left_keypoints_2d": None}], "canvas_width": 340, "canvas_height": 256}
        for one in picture(layout)
    ]  # fmt: skip


def alphapose_cmu(layout: str) -> Any:
    frames = [{"joints": scored(one).reshape(-1).tolist()} for one in picture(layout)]
    return {f"{at}.jpg": {"version": "AlphaPose v0.3", "bodies": [one]} for at, one in enumerate(frames)}


def alphapose(layout: str) -> Any:
    return [
        {"image_id": f"{at}.jpg", "category_id": 1, "keypoints": scored(one).reshape(-1).tolist(), "score": 1, "idx": 1}
        for at, one in enumerate(picture(layout))
    ]


def alphapose_whole(layout: str) -> Any:
    value = alphapose(layout)
    for detection in value:
        detection["keypoints"] += [9.0, 9.0, 0.5] * 110
    return value


def kinetics(layout: str) -> Any:
    shares = (picture(layout) / (340, 256)).round(6).reshape(len(MOTION), -1).tolist()
    return {
        "data": [{"frame_index": at + 1, "skeleton": [{"pose": pose, "score": [0.9] * (len(pose) // 2)}]}
                 for at, pose in enumerate(shares)],
        "label": "waving",
        "label_index": 3,
    }  # fmt: skip


def people_of_frames(layout: str) -> Any:
    """Frames of each person by number, as tools of anomaly detection keep them."""
    return {"7": {str(at): {"keypoints": scored(one).reshape(-1).tolist(), "scores": 0.8, "boxes": [1, 2, 3, 4]}
                  for at, one in enumerate(picture(layout))}}  # fmt: skip


def frames_of_people(layout: str) -> Any:
    return {str(at): {"7": one} for at, one in people_of_frames(layout)["7"].items()}


def frames_of_several(layout: str) -> Any:
    return {"keypoints": scored(picture(layout)).tolist()}


@pytest.mark.parametrize(
    ("write", "layout"),
    [
        (openpose, "body-25"),
        (openpose_by_frame, "body-25"),
        (controlnet, "coco-18"),
        (alphapose_cmu, "coco-18"),
        (alphapose, "halpe-26"),
        (alphapose_whole, "halpe-26"),
        (kinetics, "coco-18"),
        (frames_of_several, "coco-18"),
        (people_of_frames, "coco-17"),
        (frames_of_people, "coco-17"),
    ],
)
def test_the_tool_says_the_layout_of_points_of_a_picture(
    write: Callable[[str], Any], layout: str, tmp_path: Path
) -> None:
    sequence = read(tmp_path, write(layout))
    assert (sequence.layout.name, sequence.channels) == (layout, 2)
    np.testing.assert_allclose(sequence.joints[0], picture(layout) * (1, -1), atol=0.01)


def azure(points: np.ndarray) -> Any:
    return {
        "frames": [
            {"frame_id": at, "timestamp_usec": 1000 + at * 66667, "num_bodies": 1, "bodies": [
                {"body_id": 4, "joint_orientations": [[1, 0, 0, 0]] * 32, "joint_positions": one.tolist()}]}
            for at, one in enumerate(points * (1000, -1000, -1000))
        ],
        "bone_list": [["SPINE_CHEST", "SPINE_NAVEL"]],
    }  # fmt: skip


def nuitrack(points: np.ndarray) -> Any:
    names = [f"JOINT_{name.upper()}" for name in NUITRACK]
    frames = [
        {"Timestamp": str(at * 66667), "Skeletons": [{"id": 1, "joints": [
            {"type": name, "confidence": 0.75, "real": point, "proj": [0.5, 0.5, 2.0]}
            for name, point in zip(names, one.tolist(), strict=True)]}]}
        for at, one in enumerate(points * 1000)
    ]  # fmt: skip
    return "\n".join(json.dumps(frame) for frame in frames)


def easymocap(points: np.ndarray) -> Any:
    """Points in metres, z up."""
    turned = scored(np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1))
    return [[{"id": 0, "keypoints3d": one.tolist()}] for one in turned]


def body_model(points: np.ndarray) -> Any:
    """Results of two people by their identity, the second of whom comes later."""
    turned = points * (1, -1, -1)
    return {
        "1": {"frame_ids": list(range(30)), "joints3d": turned.tolist()},
        "2": {"frame_ids": list(range(10, 30)), "joints3d": (turned[10:] + np.eye(3)[0]).tolist()},
    }


def pandas_rows(points: np.ndarray) -> Any:
    return [
        {"frame": at} | {f"{name}_{axis}": value for name, point in zip(NTU.joints, one.tolist(), strict=True)
                         for axis, value in zip("xyz", point, strict=True)}
        for at, one in enumerate(points)
    ]  # fmt: skip


def tracks(points: np.ndarray) -> Any:
    return {"fps": 15, "joints": {name: points[:, at].tolist() for at, name in enumerate(NTU.joints)}}


def tracks_by_axis(points: np.ndarray) -> Any:
    return {name: dict(zip("xyz", points[:, at].T.tolist(), strict=True)) for at, name in enumerate(NTU.joints)}


def with_confidence(points: np.ndarray) -> Any:
    return {"fps": 15, "joints": scored(points).tolist()}


def matrices(points: np.ndarray) -> Any:
    """Transforms whose last four numbers are the position, as of ARKit."""
    names = [name.title().replace("_", "") for name in NTU.joints]
    return {
        "frameRate": 15,
        "frames": [{"joints": {name: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *point, 1]
                               for name, point in zip(names, one.tolist(), strict=True)}} for one in points],
    }  # fmt: skip


def actors(points: np.ndarray) -> Any:
    """Bones by name in an object, below scenes and actors, as Rokoko writes them."""
    names = [name.title().replace("_", "") for name in NTU.joints]
    return {"fps": 15, "scene": {"frames": [
        {"timestamp": at / 15, "actors": [{"name": "a", "body": {
            name: {"position": dict(zip("xyz", point, strict=True)), "rotation": {"x": 0, "y": 0, "z": 0, "w": 1}}
            for name, point in zip(names, one.tolist(), strict=True)}}], "props": []}
        for at, one in enumerate(points)]}}  # fmt: skip


@pytest.mark.parametrize(
    ("write", "layout"),
    [
        (azure, "azure-kinect-32"),
        (nuitrack, "nuitrack-20"),
        (easymocap, "body-25"),
        (body_model, "body-25"),
        (pandas_rows, "ntu-25"),
        (tracks, "ntu-25"),
        (tracks_by_axis, "ntu-25"),
        (with_confidence, "ntu-25"),
        (matrices, "ntu-25"),
        (actors, "ntu-25"),
    ],
)
def test_points_of_space_are_in_metres_and_y_up(
    write: Callable[[np.ndarray], Any], layout: str, tmp_path: Path
) -> None:
    points = body(layout)
    sequence = read(tmp_path, write(points))
    assert (sequence.layout.name, sequence.channels) == (layout, 3)
    np.testing.assert_allclose(sequence.joints[0], points, atol=1e-4)
    if write is body_model:
        assert sequence.bodies == 2 and not sequence.observed[1, :10].any()
        np.testing.assert_allclose(sequence.joints[1, 10:], points[10:] + np.eye(3)[0], atol=1e-4)
    elif write in (azure, nuitrack, tracks, with_confidence, matrices, actors):
        assert sequence.fps == pytest.approx(15, rel=1e-3)


def test_points_of_space_of_a_tool_for_pictures_keep_their_depth(tmp_path: Path) -> None:
    points = body("h36m-17")
    turned = np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)
    frames = [{"frame_id": at + 1, "instances": [{"keypoints": one.tolist(), "keypoint_scores": [0.9] * 17}]}
              for at, one in enumerate(turned)]  # fmt: skip
    for value in (
        {"meta_info": {"keypoint_id2name": dict(enumerate(H36M))}, "instance_info": frames},
        {"instance_info": frames},
    ):
        sequence = read(tmp_path, value)
        assert sequence.layout.name == "h36m-17"
        np.testing.assert_allclose(sequence.joints[0], points, atol=1e-4)


def test_joints_of_nuitrack_may_be_numbers(tmp_path: Path) -> None:
    numbers = resource_table("point_orders.toml")["nuitrack"]
    text = nuitrack(body("nuitrack-20"))
    for name in NUITRACK:
        text = text.replace(f'"JOINT_{name.upper()}"', str(numbers.index(name)))
    np.testing.assert_allclose(read(tmp_path, text).joints[0], body("nuitrack-20"), atol=1e-4)


@pytest.mark.parametrize(
    "text",
    [
        '{"landmark": ' * 900 + "[]" + "}" * 900,
        '{"position": ' * 900 + "{}" + "}" * 900,
        "[" + '{"a": ' * 480 + "[[1, 2, 3], [1, 2, 3], [1, 2, 3]]" + "}" * 480 + "]",
        json.dumps([json.dumps([json.dumps([1])])]),
        '{"frames": {"1": null, "2": 5}}',
        '[{"keypoints": [[1, 2], [1, 2], [1, 2]]}, {"keypoints": [[1, 2], [1, 2], [1, 2], [1, 2]]}]',
        '[{"keypoints": [[null, null], [null, null], [null, null]]}]',
        '[{"keypoints": {"x": [1, 2, 3], "y": ["a", {}, []]}}]',
        '[{"frame": 1, "keypoints": [[0, 0], [0, 0], [0, 0]]}]',
    ],
)
def test_values_without_people_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SkeletonFormatError, match=r"clip\.json"):
        read(tmp_path, text)


@pytest.mark.parametrize("entry", ["{}", "[]", '{"x": 1, "y": 2}', '"[1]"'])
def test_many_entries_without_people_are_refused_at_once(entry: str, tmp_path: Path) -> None:
    started = time.perf_counter()
    with pytest.raises(SkeletonFormatError, match=r"clip\.json: found a list"):
        read(tmp_path, "[" + ",".join([entry] * 200_000) + "]")
    assert time.perf_counter() - started < 5


def test_a_frame_number_far_away_makes_no_gap(tmp_path: Path) -> None:
    value = alphapose("coco-17")
    value[-1]["image_id"] = "999999999999.jpg"
    assert read(tmp_path, value).frames == len(MOTION)
