"""Meaning of the columns of points in JSON: of a picture or of space, a depth or a confidence."""

from dataclasses import dataclass, replace

import numpy as np

from zeroskel.skeleton.formats._json_families import MEDIAPIPE, MOVENET, OTHER, Family

_MEDIAPIPE_HIPS = (33, (23, 24))  # number of points, and the indices of the hips
_NORMALISED = 3.0  # coordinates of a picture below this are shares of its width and height
_HIGHEST_SCORE = 1.05
_SQUARE = "picture taken as square, its size is not in the file"


@dataclass(frozen=True, eq=False)
class Placed:
    """Coordinates of points.

    Attributes:
        coordinates: (N, P, C), NaN where not observed.
        family: of the file, with the axes and layouts of these points.
        notes: what to say of them.
    """

    coordinates: np.ndarray
    family: Family
    notes: tuple[str, ...] = ()


def placed(
    columns: np.ndarray,
    scores: np.ndarray | None,
    family: Family,
    picture: tuple[float, float] | None,
    *,
    named_axes: bool,
) -> Placed:
    """Return the coordinates of points.

    Args:
        columns: (N, P, K) numbers of N detections, 2 to 4 for each point.
        scores: (N, P) confidences; None where they are not separate.
        family: of the file.
        picture: width and height; None where unknown.
        named_axes: whether the file names x, y and z.
    """
    if columns.shape[2] == 4:
        columns, scores = columns[..., :3], columns[..., 3]
    if family is OTHER and scores is None and not named_axes and _is_movenet(columns):
        family, columns = MOVENET, columns[..., [1, 0, 2]]
    if columns.shape[2] == 3:
        columns, scores, family = _with_depth(columns, scores, family, named_axes=named_axes)
    zero = (columns == 0).all(axis=2)
    unseen = zero if columns.shape[2] == 2 or family is not OTHER else np.zeros_like(zero)
    if scores is not None:
        unseen = unseen | zero | (scores <= family.threshold)
    return _in_pixels(np.where(unseen[..., None], np.nan, columns), family, picture)


def _with_depth(
    columns: np.ndarray, scores: np.ndarray | None, family: Family, *, named_axes: bool
) -> tuple[np.ndarray, np.ndarray | None, Family]:
    """Return columns of points with three numbers, of which the third is a depth, a confidence or nothing."""
    third = columns[..., 2]
    known = third[np.isfinite(third)]
    flat = np.abs(columns[..., :2][np.isfinite(columns[..., :2])])
    if not len(known) or not len(flat) or (known == 0).all():
        return columns[..., :2], scores, family
    if family.image and _from_the_hips(columns):
        return columns, scores, replace(family, image=False, up="-y", unit="m")
    if family.image and _in_space(columns, scores, family, named_axes=named_axes):
        return columns, scores, replace(family, image=False, up=None, unit=None, layouts=family.solid_layouts)
    like_score = known.min() >= 0 and (scores is None and not named_axes)
    if family.image or (like_score and known.max() <= _HIGHEST_SCORE and np.quantile(flat, 0.9) > 10):
        return columns[..., :2], third if like_score else scores, family
    return columns, scores, family


def _from_the_hips(columns: np.ndarray) -> bool:
    """Return whether points are in metres from the middle of the hips, as the world landmarks of MediaPipe."""
    count, hips = _MEDIAPIPE_HIPS
    if columns.shape[1] != count:
        return False
    middles = columns[:, hips].mean(axis=1)
    middles = middles[np.isfinite(middles).all(axis=1)]
    return bool(len(middles) and (np.abs(np.median(middles, axis=0)) < 0.02).all() and np.nanmin(columns) < -0.1)


def _in_space(columns: np.ndarray, scores: np.ndarray | None, family: Family, *, named_axes: bool) -> bool:
    """Return whether points of a family for pictures have a depth, and are not in a picture."""
    if family.name == MEDIAPIPE:  # it has a depth for points of a picture as well
        least, largest = np.nanquantile(columns[..., :2], (0.01, 0.99))
        return bool(least < -0.3 and largest < 10)
    return not named_axes and scores is not None


def _is_movenet(columns: np.ndarray) -> bool:
    """Return whether points without keys are y, x and score, each from 0 to 1, as the arrays of MoveNet."""
    if columns.shape[1:] != (17, 3) or not ((columns >= 0) & (columns <= 1)).all():
        return False
    below = np.median(columns[:, 15:].mean(axis=1) - columns[:, 0], axis=0)  # ankles against the nose
    return bool(below[0] > abs(below[1]))


def _in_pixels(coordinates: np.ndarray, family: Family, picture: tuple[float, float] | None) -> Placed:
    """Return points of a picture in pixels, where they are shares of its width and height."""
    sizes = np.abs(coordinates[np.isfinite(coordinates)])
    if coordinates.shape[2] != 2 or not len(sizes) or np.quantile(sizes, 0.99) > _NORMALISED:
        return Placed(coordinates, family)
    if picture is None:
        return Placed(coordinates, family, (_SQUARE,))
    return Placed(coordinates * np.array(picture), family)
