"""BlazePose, the networks of MediaPipe Pose: people in a picture, and the landmarks of one of them.

The two networks are those of MediaPipe 0.10.21 (`resources/pose`), run by LiteRT. What surrounds them, from the anchors
of the detector to the peaks of the heatmaps, follows MediaPipe's graph `pose_landmark_cpu`.

References:
    Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking", arXiv 2006.10204.
    Grishchenko et al., "BlazePose GHUM Holistic", arXiv 2206.11678.
"""

from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from zeroskel.core._optional import import_optional

LANDMARKS = 33
_ALL_LANDMARKS = 39  # the landmarks, the hip centre, a point at one radius of the body, and four that are not used
_DETECTOR_SIDE, _LANDMARK_SIDE = 224, 256  # pixels of the inputs
_STRIDES = (8, 16, 32, 32, 32)  # of the five layers of anchors; each has two anchors in a cell
_SCORE = 0.5  # from which on a detection, or a person in a region, counts
_OVERLAP = 0.3  # of two boxes of one person
_ENLARGED = 1.25  # side of a region over the diameter of the circle about the body
_PATCHES = ((11, 23), (12, 24), (23, 25), (24, 26))  # shoulder and hip, hip and knee, left and right
_REFINED = 7  # cells of a heatmap about a landmark that refine it
_REFINING_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Region:
    """Square in a picture, turned so that the person in it is upright.

    Attributes:
        centre: (2,) pixels.
        side: Length of a side in pixels.
        angle: Clockwise turn of the square in radians; 0 for a person whose head is up.
    """

    centre: np.ndarray
    side: float
    angle: float

    @classmethod
    def of_body(cls, hips: np.ndarray, rim: np.ndarray) -> "Region":
        """Return the region of a body from its hips and a point on the circle about it, above its head."""
        along = rim - hips
        return cls(hips, float(2 * _ENLARGED * np.hypot(*along)), float(np.arctan2(along[0], -along[1])))

    @property
    def axes(self) -> np.ndarray:
        """(2, 2) matrix from coordinates along the sides to pixels of the picture, of unit scale."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        return np.array([[cosine, -sine], [sine, cosine]])


@dataclass(frozen=True)
class Body:
    """Landmarks of one person in one picture.

    Attributes:
        image: (35, 3) pixels, y down, and depth in the same scale; the last two are the hips and the rim of the region.
        world: (33, 3) metres from the middle of the hips; x right, y down, z away from the camera.
        visibility: (33,) from 0 to 1.
        colours: (4, 3) mean RGB of patches on the sides of the trunk and on the thighs.
    """

    image: np.ndarray
    world: np.ndarray
    visibility: np.ndarray
    colours: np.ndarray


class PoseModel:
    """Runs the two networks on pictures (height, width, 3) of RGB."""

    def __init__(self) -> None:
        self._anchors = _anchor_centres()
        self._detector = _interpreter("pose_detection.tflite")
        self._landmarker = _interpreter("pose_landmark_full.tflite")

    def detect(self, picture: Any, window: Region) -> list[Region]:
        """Return the regions of the people in a window of a picture (a Pillow image), the surest first.

        A person whose height is less than a fifth of the window is rarely found.
        """
        values = cut_out(picture, window, _DETECTOR_SIDE).astype(np.float32) / 127.5 - 1.0
        raw, logits = _outputs(self._detector, values, 12, 1)
        scores = _sigmoid(logits[:, 0])
        sure = np.flatnonzero(scores >= _SCORE)
        points = raw[sure].reshape(-1, 6, 2) / _DETECTOR_SIDE  # centre, size, and four points of the body
        points[:, [0, 2, 3, 4, 5]] += self._anchors[sure, None]
        merged = _merged(points, scores[sure])
        pixels = (merged[:, 2:4] - 0.5) @ window.axes.T * window.side + window.centre
        return [Region.of_body(hips, rim) for hips, rim in pixels]

    def landmarks(self, picture: Any, region: Region) -> Body | None:
        """Return the landmarks of the person in a region of a picture (a Pillow image), or None where there is none."""
        values = cut_out(picture, region, _LANDMARK_SIDE).astype(np.float32) / 255.0
        presence, flat, world, heatmap = _outputs(self._landmarker, values, 1, 195, 117, _ALL_LANDMARKS)
        if presence.item() < _SCORE:
            return None
        points = flat.reshape(_ALL_LANDMARKS, 5).astype(np.float64)
        positions = points[:, :3] / _LANDMARK_SIDE
        _refine(positions, heatmap)
        axes = region.axes
        across = (positions[:, :2] - 0.5) @ axes.T * region.side + region.centre
        image = np.column_stack([across, positions[:, 2] * region.side])[: LANDMARKS + 2]
        metres = world.reshape(_ALL_LANDMARKS, 3)[:LANDMARKS].astype(np.float64)
        metres[:, :2] = metres[:, :2] @ axes.T
        return Body(image, metres, _sigmoid(points[:LANDMARKS, 3]), _colours(picture, image[:, :2], region.side))


def cut_out(picture: Any, region: Region, side: int) -> np.ndarray:
    """Return the (side, side, 3) pixels of a region of a Pillow image; what lies outside the picture is black."""
    matrix = region.axes * region.side / side
    origin = region.centre - matrix @ [side / 2 + 0.5, side / 2 + 0.5] + 0.5  # MediaPipe counts from centres of pixels
    terms = (*matrix[0], origin[0], *matrix[1], origin[1])
    return np.asarray(picture.transform((side, side), 0, terms, 2))  # Transform.AFFINE, Resampling.BILINEAR


def _colours(picture: Any, positions: np.ndarray, side: float) -> np.ndarray:
    """Return the mean colours (4, 3) of the patches of a body of which Body tells."""
    reach = max(1.0, side / 64)
    result = []
    for one, other in _PATCHES:
        x, y = (positions[one] + positions[other]) / 2
        x, y = np.clip(x, 0, picture.width - 1), np.clip(y, 0, picture.height - 1)
        corners = (round(x - reach), round(y - reach), round(x + reach) + 1, round(y + reach) + 1)
        result.append(np.asarray(picture.crop(corners)).mean(axis=(0, 1)))
    return np.array(result)


def _interpreter(name: str) -> Any:
    litert = import_optional("ai_edge_litert.interpreter", "A video")
    content = (resources.files("zeroskel.resources") / "pose" / name).read_bytes()
    interpreter = litert.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _outputs(interpreter: Any, values: np.ndarray, *channels: int) -> list[np.ndarray]:
    """Return the outputs of a network whose last axes have these lengths, without the axis of the batch."""
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values[None])
    interpreter.invoke()
    outputs = {detail["shape"][-1]: detail["index"] for detail in interpreter.get_output_details()}
    return [interpreter.get_tensor(outputs[number])[0] for number in channels]


def _anchor_centres() -> np.ndarray:
    """Return the centres (2254, 2) of the detector's anchors, from 0 to 1; layers of one stride share their cells."""
    layers = []
    for stride in sorted(set(_STRIDES)):
        cells = (np.arange(_DETECTOR_SIDE // stride) + 0.5) / (_DETECTOR_SIDE // stride)
        grid = np.stack(np.meshgrid(cells, cells), axis=-1).reshape(-1, 2)
        layers.append(grid.repeat(2 * _STRIDES.count(stride), axis=0))
    return np.concatenate(layers)


def _merged(points: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return one detection a person: the mean, weighted by score, of those whose boxes overlap the surest one's.

    Args:
        points: (D, 6, 2) of which the first two are the centre and the size of a box.
        scores: (D,)
    """
    result = []
    low, high = points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2
    areas = (high - low).prod(axis=1)
    left = np.argsort(-scores, kind="stable")
    while len(left):
        best = left[0]
        common = (np.minimum(high[left], high[best]) - np.maximum(low[left], low[best])).clip(0).prod(axis=1)
        same = common / (areas[left] + areas[best] - common) > _OVERLAP
        same[0] = True
        result.append(np.average(points[left[same]], axis=0, weights=scores[left[same]]))
        left = left[~same]
    return np.array(result).reshape(-1, 6, 2)


def _refine(positions: np.ndarray, heatmap: np.ndarray) -> None:
    """Move positions (39, 3), from 0 to 1, to the centre of mass of the heatmap (H, W, 39) about each, in position."""
    height, width = heatmap.shape[:2]
    reach = _REFINED // 2
    for index, (x, y) in enumerate(positions[:, :2]):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        top, left = max(0, row - reach), max(0, column - reach)
        values = _sigmoid(heatmap[top : row + reach + 1, left : column + reach + 1, index])
        if values.max() >= _REFINING_CONFIDENCE:
            total = values.sum()
            positions[index, 0] = (values.sum(axis=0) @ (left + np.arange(values.shape[1]))) / total / width
            positions[index, 1] = (values.sum(axis=1) @ (top + np.arange(values.shape[0]))) / total / height


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -80.0, 80.0)))
