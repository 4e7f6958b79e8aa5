"""Table of the tools that write JSON of points: the keys that tell them, and what their formats define."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from zeroskel.skeleton.formats._json_positions import plain
from zeroskel.skeleton.formats._json_text import embedded

_IMAGE_LAYOUTS = {  # points of a model for pictures -> layout, or a list of resources/point_orders.toml
    17: "coco-17",
    18: "coco-18",
    25: "body-25",
    26: "halpe-26",
    68: "halpe-26",  # the body comes first, then the hands
    133: "coco-wholebody-133",
    136: "halpe-26",
}
_BODY_MODEL_LAYOUTS = {  # of 49 points, the 25 of OpenPose come first
    17: "h36m-17",
    22: "smpl-22",
    24: "smpl-24",
    25: "body-25",
    49: "body-25",
}
MEDIAPIPE = "MediaPipe JSON"
NUITRACK = "Nuitrack JSON"


@dataclass(frozen=True)
class Family:
    """Facts that the format of a tool defines.

    Attributes:
        name: of the format, for the line that says how a file was read.
        keys: plain keys of which a file has all.
        layouts: number of points -> layout of the points, or a list of point_orders.toml; the first so many of them.
        up: axis that points up; None where the tool leaves it open.
        unit: unit of length; None where the tool leaves it open.
        image: whether points are those of a picture: x, y and a confidence.
        threshold: least confidence of a point that counts as observed.
        picture: width and height of the picture in pixels where the format fixes it.
    """

    name: str
    keys: frozenset[str] = frozenset()
    layouts: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    up: str | None = None
    unit: str | None = None
    image: bool = False
    threshold: float = 0.0
    picture: tuple[int, int] | None = None

    @property
    def solid_layouts(self) -> Mapping[int, str]:
        """Layouts of points that have a depth."""
        return {**self.layouts, 17: "h36m-17"}


def _image(name: str, keys: str, layouts: Mapping[int, str] = _IMAGE_LAYOUTS, **facts: Any) -> Family:
    return Family(name, frozenset(keys.split()), layouts, "-y", "pixel", True, **facts)


def _space(name: str, keys: str, layouts: Mapping[int, str], up: str | None, unit: str | None) -> Family:
    return Family(name, frozenset(keys.split()), layouts, up, unit)


OTHER = Family("JSON of joints")
MOVENET = _image("MoveNet JSON", "", threshold=0.2)
_FAMILIES = {  # key of the points -> families that have it, the most particular first
    "posekeypoints3d": (_space("OpenPose JSON", "", {25: "body-25", 18: "coco-18", 15: "mpi-15"}, None, None),),
    "posekeypoints2d": (_image("OpenPose JSON", "", {**_IMAGE_LAYOUTS, 15: "mpi-15"}, threshold=0.05),),
    "posekeypoints": (_image("OpenPose JSON", "", {**_IMAGE_LAYOUTS, 15: "mpi-15"}, threshold=0.05),),
    "poseworldlandmarks": (_space(MEDIAPIPE, "", {33: "mediapipe-33"}, "-y", "m"),),
    "worldlandmarks": (_space(MEDIAPIPE, "", {33: "mediapipe-33"}, "-y", "m"),),
    "poselandmarks": (_image(MEDIAPIPE, "", {33: "mediapipe-33"}),),
    "landmarks": (_image(MEDIAPIPE, "", {33: "mediapipe-33"}),),
    "landmark": (_image(MEDIAPIPE, "", {33: "mediapipe-33"}),),
    "keypoints3d": (
        _space("TensorFlow.js JSON", "x y z score", {17: "coco-17", 33: "mediapipe-33"}, "-y", "m"),
        _space("EasyMocap JSON", "id", {25: "body-25", 17: "coco-17"}, None, None),
    ),
    "jointpositions": (_space("Azure Kinect JSON", "", {32: "azure-kinect-32"}, "-y", "mm"),),
    "jointmodeltransforms": (_space("ARKit JSON", "", {91: "arkit-91"}, "y", "m"),),
    "joints3d": (_space("JSON of a body model", "", _BODY_MODEL_LAYOUTS, None, None),),
    "pose": (_image("Kinetics-skeleton JSON", "pose score", picture=(340, 256)),),
    "keypoint": (_space("ZED JSON", "bodylist", {18: "coco-18", 34: "zed-34", 38: "zed-38"}, None, None),),
    "keypoints": (
        _image("MMPose JSON", "instanceinfo", {**_IMAGE_LAYOUTS, 16: "mpii-16"}, threshold=0.2),
        _image("MMPose JSON", "keypointscores", {**_IMAGE_LAYOUTS, 16: "mpii-16"}, threshold=0.2),
        _image("MMPose JSON", "preds", {**_IMAGE_LAYOUTS, 16: "mpii-16"}, threshold=0.2),
        _image("COCO JSON", "annotations images"),
        _image("AlphaPose JSON", "imageid categoryid box", {**_IMAGE_LAYOUTS, 16: "mpii-16"}, threshold=0.05),
        _image("AlphaPose JSON", "imageid categoryid idx", {**_IMAGE_LAYOUTS, 16: "mpii-16"}, threshold=0.05),
        _image("COCO JSON", "imageid categoryid", threshold=0.05),
        _image("Ultralytics JSON", "box class", threshold=0.2),
        _image("TensorFlow.js JSON", "part position", threshold=0.2),
        _image("TensorFlow.js JSON", "x y score name", {33: "mediapipe-33", **_IMAGE_LAYOUTS}, threshold=0.2),
    ),
    "joints": (
        _image("AlphaPose JSON", "version bodies", threshold=0.05),
        _space(NUITRACK, "real", {}, "y", "mm"),
        _space("Kinect JSON", "camerax", {25: "ntu-25", 20: "kinect-20"}, "y", "m"),
        _space("Kinect JSON", "trackingstate", {25: "ntu-25", 20: "kinect-20"}, "y", "m"),
    ),
}


def family_of(key: str, value: Any) -> Family:
    """Return the family of a file whose points are under a key."""
    known = keys_of(value)
    return next((family for family in _FAMILIES.get(key, ()) if family.keys <= known), OTHER)


def keys_of(value: Any, most: int = 2000) -> frozenset[str]:
    """Return the plain keys of the first objects of a value."""
    waiting = [value]
    keys: set[str] = set()
    for _ in range(most):
        if not waiting:
            break
        item = waiting.pop()
        item = embedded(item) if isinstance(item, str) else item
        if isinstance(item, dict):
            keys.update(plain(key) for key in item)
        children = list(item.values()) if isinstance(item, dict) else (item or [])[:20]
        waiting += [child for child in reversed(children) if isinstance(child, dict | list | str)]
    return frozenset(keys)
