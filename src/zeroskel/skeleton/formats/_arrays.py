"""NumPy arrays of one recording under the names that people give them, and `.npy` files."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from zeroskel.core._layout import available_layouts, get_layout
from zeroskel.skeleton.formats._array_axes import points_of_array
from zeroskel.skeleton.formats._csv_time import clock_of
from zeroskel.skeleton.formats._parsing import LARGEST, LayoutChoice, refuse
from zeroskel.skeleton.inference._points import UNITS, UPS, FilePoints

# Letters and digits of names of arrays, the likeliest first.
_POINTS = (
    "joints keypoints keypoints3d keypoint kp3d kps3d kpts3d kpts kps joints3d jointpositions jointspositions"
    " globalpositions positions3d positions pose3d poses3d posesworld worldlandmarks landmarks poselandmarks skeleton"
    " skeletons skeldata skel joint pose poses xyz coords coordinates points points3d markers reconstruction"
    " trajectories data x arr0 keypoints2d kp2d joints2d pose2d positions2d"
).split()
_NAMES = (
    "jointnames jointsnames names keypointnames keypointsnames landmarknames bodyparts nodenames nodes markernames"
    " pointnames labels jointlabels"
).split()
_RATES = "fps framerate mocapframerate samplingrate samplerate framespersecond".split()
_TIMES = "timestamps timestamp times time t".split()
_CONFIDENCES = "confidence confidences visibility scores score keypointscores keypointscore likelihood conf".split()
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_WRITE_AGAIN = "Write or copy the file again"


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a `.npy` file."""
    return head.startswith(b"\x93NUMPY")


def parse(content: bytes, file: Path, *, layout: LayoutChoice = None, fps: float | None = None) -> FilePoints:
    """Parse the array of a `.npy` file; the arguments are those of zeroskel.skeleton.formats.parse.

    Raises:
        InputError: the file holds several sequences.
        SkeletonFormatError: not such a file.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        shape, fortran_order, dtype = _READ_HEADER[version](stream)
        length = int(np.prod([int(count) for count in shape], dtype=object)) * dtype.itemsize
        sound = min(shape, default=0) >= 0 and (dtype.hasobject or length == len(content) - stream.tell())
    except Exception as error:  # noqa: BLE001 - NumPy raises any exception for a broken header
        actual = f"a broken .npy file ({type(error).__name__}: {str(error)[:120]})"
        refuse(file, "", actual, "an array as numpy.save writes it", _WRITE_AGAIN)
    if dtype.hasobject:
        remedy = 'Save its numbers, if you trust it: numpy.save("clip.npy", array, allow_pickle=False)'
        refuse(file, "", "pickled Python objects, which can run code", "an array of numbers", remedy)
    if not sound:
        actual = f"an array {shape} that does not fill the {len(content)} bytes"
        refuse(file, "", actual, "an array as numpy.save writes it", _WRITE_AGAIN)
    array = np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran_order else "C")
    return FilePoints(points_of_array(array, _counts(layout, None), "array", file), "NumPy array")


def points_of_arrays(arrays: Mapping[str, np.ndarray], file: Path, layout: LayoutChoice = None) -> FilePoints:
    """Return the points of a recording among arrays by name.

    Args:
        arrays: name -> array.
        file: path of the file, for messages.
        layout: the layout that the caller states, whose number of joints the array has.

    Raises:
        InputError: the array holds several sequences.
        SkeletonFormatError: no array of points, or facts that do not fit it.
    """
    by_name = {re.sub(r"[\W_]+", "", name.lower()): name for name in reversed(list(arrays))}
    key = next((by_name[name] for name in _POINTS if name in by_name and arrays[by_name[name]].ndim > 1), None)
    if key is None:
        large = [name for name, array in arrays.items() if array.dtype.kind in "fiu" and array.ndim > 1]
        if len(large) != 1:
            shown = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())[:300] or "none"
            refuse(file, "", f"no array of joints among {shown}", "one", "Name it joints")
        key = large[0]
    names_key = next((by_name[name] for name in _NAMES if name in by_name and arrays[by_name[name]].ndim), None)
    names = None if names_key is None else _names(arrays[names_key], names_key, file)
    points = points_of_array(arrays[key], _counts(layout, names), f"array {key}", file)
    if names is not None and len(names) != points.shape[2]:
        actual = f"joint names {', '.join(names)[:300]} for {points.shape[2]} joints"
        refuse(file, "", actual, "as many names, none of them twice", "Correct the names")
    for name in _CONFIDENCES:
        confidence = arrays.get(by_name.get(name, ""), np.empty(0))
        if confidence.dtype.kind in "fiub" and confidence.shape in (points.shape[:3], points.shape[1:3]):
            points[np.broadcast_to(confidence == 0, points.shape[:3])] = np.nan
    known = next((name for name in available_layouts() if name == _text(arrays.get(by_name.get("layout", "")))), None)
    up, unit = (_text(arrays.get(by_name.get(name, ""))) for name in ("up", "unit"))
    return FilePoints(
        points,
        "NumPy arrays",
        names,
        known,
        _rate(arrays, by_name, points.shape[1], file),
        up if up in UPS else None,
        unit if unit in UNITS else None,
    )


def _counts(layout: LayoutChoice, names: tuple[str, ...] | None) -> tuple[int, ...]:
    if names is not None:
        return (len(names),)
    return () if layout is None else (len(get_layout(layout).joints),)


def _names(array: np.ndarray, name: str, file: Path) -> tuple[str, ...] | None:
    """Return the texts of an array; None for an array of numbers, such as class labels."""
    if array.dtype.kind not in "US" or array.ndim != 1:
        return None
    try:
        names = [text.decode() if isinstance(text, bytes) else str(text) for text in array.tolist()]
    except ValueError:  # bytes or code points that are no text
        names = []
    if not names or len(set(names)) != len(names) or not all(names):
        expected = "text, one axis, no name empty or twice"
        refuse(file, f"array {name}", f"{array.dtype} {array.shape}", expected, _WRITE_AGAIN)
    return tuple(names)


def _text(array: np.ndarray | None) -> str | None:
    if array is None or array.dtype.kind != "U" or array.size != 1 or array.dtype.itemsize > 400:
        return None
    try:
        return str(array.reshape(())[()])
    except ValueError:
        return None


def _rate(arrays: Mapping[str, np.ndarray], by_name: Mapping[str, str], frames: int, file: Path) -> float | None:
    """Return the frame rate that an array states or timestamps have; None without."""
    for key in (by_name[name] for name in _RATES if name in by_name):
        array = arrays[key]
        if array.dtype.kind not in "fiu" or array.size != 1 or not 0 < float(array.reshape(())) <= LARGEST:
            number = f" {array}" if array.size == 1 and array.dtype.kind in "fiu" else ""
            refuse(file, f"array {key}", f"{array.dtype} {array.shape}{number}", "one positive number", _WRITE_AGAIN)
        return float(array.reshape(()))
    for key in (by_name[name] for name in _TIMES if name in by_name):
        times = arrays[key]
        if times.dtype.kind in "fiu" and times.shape == (frames,):
            clock = clock_of((times - times[0]).astype(np.float64), np.arange(frames), None)
            return clock.fps if clock else None
    return None
