"""Axes of an array of joints: which are people, frames, points and coordinates."""

from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.core.errors import InputError
from zeroskel.skeleton.formats._csv_unnamed import point_columns, usual_counts, without_confidence, zeros_as_missing
from zeroskel.skeleton.formats._parsing import refuse

_FORMS = {  # axes of arrays, the likeliest first: N sequences, M people, T frames, V points, C coordinates
    2: ("VC",),
    3: ("TVC", "CTV", "TCV", "VTC", "CVT"),
    4: ("MTVC", "TMVC", "CTVM", "NTVC", "NCTV", "MCTV", "MTCV", "TVCM", "TVMC"),
    5: ("NCTVM", "NMTVC", "NTMVC", "NMCTV", "NTVCM"),
}
_MOST_PEOPLE = 8
_MOST_BYTES = 2**30  # of the points of one recording
_CHANNELS = (3, 2, 4)  # the likeliest first


def points_of_array(array: np.ndarray, counts: Collection[int], name: str, file: Path) -> np.ndarray:
    """Return points (M, T, V, C) of an array of real numbers whose axes may stand in any usual order.

    Args:
        array: the array as the file holds it.
        counts: numbers of points that may be meant; empty takes those of estimators and sensors.
        name: name of the array, for messages.
        file: path of the file, for messages.

    Returns:
        float32 with 2 or 3 channels; NaN where a frame is padding of zeros, or a confidence is 0.

    Raises:
        InputError: the array holds several sequences.
        SkeletonFormatError: no usual order of axes fits.
    """
    if array.dtype.kind not in "fiub" or not 1 <= array.ndim <= 5 or 0 in array.shape:
        _refuse_axes(array, name, file)
    if array.size * 4 > _MOST_BYTES:
        refuse(
            file, name, f"{array.dtype} {array.shape}", f"at most {_MOST_BYTES >> 20} MiB", "Cut it into shorter ones"
        )
    infinite = np.abs(array) > np.finfo(np.float32).max
    if infinite.any():
        position = tuple(int(index) for index in np.argwhere(infinite)[0])
        remedy = "Use NaN for joints that were not observed"
        refuse(file, f"{name}{list(position)}", str(array[position]), "finite numbers", remedy)
    array = array[None] if array.ndim == 1 else array
    counts = counts or usual_counts()
    form = _form(array.shape, counts)
    if form is None:
        points = _rows(array, counts, name, file)
    elif form[0] == "N":
        if len(array) > 1:
            _refuse_sequences(array, name, file)
        form, array = form[1:], array[0]
        points = _arranged(array, form)
    else:
        points = _arranged(array, form)
    return _observed(points.astype(np.float32))


def _form(shape: tuple[int, ...], counts: Collection[int]) -> str | None:
    """Return the axes of the first form that fits, those with a usual number of points first."""
    fitting = [form for form in _FORMS.get(len(shape), ()) if _fits(shape, form)]
    fitting.sort(key=lambda form: _CHANNELS.index(shape[form.index("C")]))
    usual = [form for form in fitting if shape[form.index("V")] in counts]
    if len(shape) == 3 and shape[0] == 2 and shape[2] % 3 == 0 and shape[2] // 3 in counts:
        return None  # two people with a row of numbers a frame
    if len(shape) > 2 and not usual:
        usual = [form for form in fitting if form.endswith("VC")] or fitting
    return next(iter(usual), None)


def _fits(shape: tuple[int, ...], form: str) -> bool:
    sizes = dict(zip(form, shape, strict=True))
    people, frames = sizes.get("M", 1), sizes.get("T", 1)
    return sizes["C"] in _CHANNELS and people <= _MOST_PEOPLE and (people <= frames or form == "MTVC")


def _arranged(array: np.ndarray, form: str) -> np.ndarray:
    """Return the array with the axes M, T, V, C."""
    for axis in "MT":
        if axis not in form:
            form, array = axis + form, array[None]
    return array.transpose([form.index(axis) for axis in "MTVC"])


def _rows(array: np.ndarray, counts: Collection[int], name: str, file: Path) -> np.ndarray:
    """Return the points of rows (T, numbers) or (M, T, numbers), as in a table without column names."""
    if array.ndim == 3 and len(array) > _MOST_PEOPLE:
        _refuse_sequences(array, name, file)
    if array.ndim > 3:
        _refuse_axes(array, name, file)
    people = []
    for rows in array if array.ndim == 3 else array[None]:
        count = next(iter(counts)) if len(counts) == 1 else None
        ways = point_columns(rows.astype(np.float64), count)
        if array.ndim == 2 and (ways is None or ways[1] not in counts or ways[2] == 2):
            half, rest = divmod(rows.shape[1], 6)
            if rest == 0 and half in counts:  # two people side by side, as in preprocessed NTU RGB+D
                return rows.reshape(len(rows), 2, half, 3).swapaxes(0, 1)
        if ways is None:
            _refuse_axes(array, name, file)
        leading, points, channels = ways
        people.append(rows[:, leading : leading + points * channels].reshape(len(rows), points, channels))
    if len({person.shape for person in people}) > 1:
        _refuse_axes(array, name, file)
    return np.stack(people)


def _observed(points: np.ndarray) -> np.ndarray:
    """Return points without confidences, people and frames that are only padding of zeros."""
    points = without_confidence(points)
    padding = (np.nan_to_num(points) == 0).all(axis=(2, 3))
    if padding.all():
        return points
    points = np.where(padding[..., None, None], np.float32(np.nan), points)
    points = points[~padding.all(axis=1), : int(np.flatnonzero(~padding.all(axis=0))[-1]) + 1]
    return zeros_as_missing(points)


def _refuse_sequences(array: np.ndarray, name: str, file: Path) -> NoReturn:
    part = "numpy.load(FILE)" if name == "array" else f'numpy.load(FILE)["{name.removeprefix("array ")}"]'
    raise InputError(
        f"{file}: found {len(array)} sequences of shape {array.shape[1:]}; expected one. Save the one that you want: "
        f'numpy.save("one.npy", {part}[0])'
    )


def _refuse_axes(array: np.ndarray, name: str, file: Path) -> NoReturn:
    number = f" {array}" if array.size == 1 and array.dtype.kind in "fiu" else ""
    expected = "real numbers (frames, joints, 3 or 2), (people, frames, joints, 3 or 2) or (3, frames, joints, people)"
    remedy = "Name the layout with --layout, or save the array in one of these orders"
    refuse(file, name, f"{array.dtype} {array.shape}{number}", expected, remedy)
