"""From MediaPipe's landmarks to joints in metres: axes, what was not seen, and where the person is."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import SkeletonSequence
from zeroskel.skeleton.video._limbs import correct_depth

LAYOUT = "mediapipe-33"
_SMOOTHING = 0.5  # seconds over which the person's size in the picture, and so the distance, is smoothed
_FEWEST_JOINTS = 4  # that must be seen for the person's size in the picture to be known


@dataclass(frozen=True)
class Landmarks:
    """Landmarks of one person in each of T frames of a video; NaN where nobody was found.

    Attributes:
        seconds: (T,) rising times of the frames.
        image: (T, 33, 2) pixels from the upper left corner, y down.
        world: (T, 33, 3) metres from the middle of the hips; x to the right in the picture, y down, z away from the
            camera.
        visibility: (T, 33) from 0 to 1.
        size: width and height of the pictures in pixels.

    Example:
        >>> import numpy as np
        >>> from zeroskel.skeleton.video import Landmarks
        >>> image, world = np.zeros((2, 33, 2)), np.zeros((2, 33, 3))
        >>> landmarks = Landmarks(np.array([0.0, 0.1]), image, world, np.ones((2, 33)), (640, 480))
        >>> landmarks.rate, landmarks.detected.tolist()
        (10.0, [True, True])
    """

    seconds: np.ndarray
    image: np.ndarray
    world: np.ndarray
    visibility: np.ndarray
    size: tuple[int, int]

    @property
    def detected(self) -> np.ndarray:
        """(T,) bool: whether somebody was found in the frame."""
        return ~np.isnan(self.visibility).all(axis=1)

    @property
    def rate(self) -> float:
        """Frames a second, on the average; 30 for a single frame."""
        took = self.seconds[-1] - self.seconds[0]
        return float((len(self.seconds) - 1) / took) if took > 0 else 30.0


def to_sequence(landmarks: Landmarks, *, visibility: float, field_of_view: float) -> SkeletonSequence:
    """Return joints in the axes of a depth camera: x to its left, y up, z away from it, in metres from the camera.

    MediaPipe's world landmarks lose the way that the hips go. The least-squares size s of a pixel in metres, which maps
    the joints of the picture onto the world landmarks, gives the distance of the hips: s times the focal length. Each
    joint lies on its line of sight, at the depth of the world landmarks or, on arms and legs, at the depth that the
    lengths of the bones give. Horizontal and vertical positions hardly depend on the field of view; the distance is
    proportional to the focal length.

    Args:
        landmarks: The landmarks of one person.
        visibility: Joints with a lower visibility become NaN.
        field_of_view: The angle of the longer side of the picture, in degrees.

    Returns:
        A sequence with joints (1, T, 33, 3), evenly spaced in time.

    Example:
        >>> import numpy as np
        >>> from zeroskel.skeleton.video import Landmarks, to_sequence
        >>> generator = np.random.default_rng(0)
        >>> world = generator.normal(size=(2, 33, 3))
        >>> landmarks = Landmarks(np.array([0.0, 0.1]), 100 * world[..., :2], world, np.ones((2, 33)), (640, 480))
        >>> to_sequence(landmarks, visibility=0.5, field_of_view=60.0).joints.shape
        (1, 2, 33, 3)
    """
    seen = np.nan_to_num(landmarks.visibility) >= visibility
    width, height = landmarks.size
    focal = max(width, height) / 2 / np.tan(np.deg2rad(field_of_view) / 2)
    sight = (landmarks.image - [width / 2, height / 2]) / focal
    depth = landmarks.world[..., 2].astype(np.float64) + _distance(landmarks, seen, focal)[:, None]
    joints = np.concatenate([sight * depth[..., None], depth[..., None]], axis=2)
    joints = correct_depth(np.where(seen[..., None], joints, np.nan), landmarks.rate) * [-1.0, -1.0, 1.0]
    return SkeletonSequence(_evenly(joints, landmarks.seconds, landmarks.rate), LAYOUT, landmarks.rate)


def _distance(landmarks: Landmarks, seen: np.ndarray, focal: float) -> np.ndarray:
    """Return the (T,) distance of the middle of the hips from the camera in metres; NaN if unknown."""
    weight = np.where(seen.sum(axis=1, keepdims=True) >= _FEWEST_JOINTS, seen, False)[..., None].astype(float)
    count = np.where(weight.sum(axis=1) > 0, weight.sum(axis=1), np.nan)
    pixels, metres = np.nan_to_num(landmarks.image), np.nan_to_num(landmarks.world[..., :2])
    middle, centre = (weight * pixels).sum(axis=1) / count, (weight * metres).sum(axis=1) / count
    around = weight * (pixels - middle[:, None])
    spread = (around**2).sum(axis=(1, 2))
    pixel = (around * (metres - centre[:, None])).sum(axis=(1, 2)) / np.where(spread > 0, spread, np.nan)
    return focal * _smooth(np.where(pixel > 0, pixel, np.nan), max(1, round(_SMOOTHING * landmarks.rate)))


def _smooth(series: np.ndarray, width: int) -> np.ndarray:
    """Return weighted mean (Hann) over `width` frames about each of those that are known; the others stay NaN."""
    window = np.hanning(2 * (width // 2) + 3)[1:-1]
    known = ~np.isnan(series)
    total = np.convolve(np.where(known, series, 0.0), window)[len(window) // 2 :][: len(series)]
    share = np.convolve(known.astype(float), window)[len(window) // 2 :][: len(series)]
    return np.where(known, total / np.where(share > 0, share, 1.0), np.nan)


def _evenly(joints: np.ndarray, seconds: np.ndarray, rate: float) -> np.ndarray:
    """Return frames at even times: each the mean of its neighbours in time, by distance; NaN where either is."""
    times = seconds[0] + np.arange(len(seconds)) / rate
    if np.abs(times - seconds).max() * rate < 0.25:
        return joints
    after = np.clip(np.searchsorted(seconds, times), 1, len(seconds) - 1)
    share = ((times - seconds[after - 1]) / (seconds[after] - seconds[after - 1])).clip(0.0, 1.0)[:, None, None]
    before, behind = joints[after - 1], joints[after]
    between = (1 - share) * before + share * behind
    return np.where(share == 0.0, before, np.where(share == 1.0, behind, between))
