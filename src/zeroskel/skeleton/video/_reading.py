"""A video as a sequence: the worker, its progress and failures, and its Python.

MediaPipe needs NumPy below 2, so the worker runs in a separate environment. Only containers of video reach the decoder.
"""

import json
import logging
import math
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Timer

import numpy as np

from zeroskel.core import InputError, SkeletonSequence, ZeroskelError
from zeroskel.core._progress import Progress
from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats._parsing import existing_file, refuse
from zeroskel.skeleton.video._landmarks import Landmarks, to_sequence

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm")
_EXPECTED = f"expected a video ({', '.join(SUFFIXES)})"
_PHOTOGRAPHS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_SOUNDS = {b"ID3": "MP3", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf1": "AAC", b"fLaC": "FLAC", b"OggS": "Ogg"}
_ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_ISO_PHOTOGRAPHS = (b"heic", b"heix", b"mif1", b"avif")
_ISO_SOUNDS = (b"M4A ", b"M4B ")

MOST_SECONDS = 600.0
_MOST_MOST_SECONDS = 7200.0
_SILENCE = 120.0  # seconds without a line from the worker after which it is given up
_REFUSED = 3  # the worker's exit code where the video is at fault
_ENVIRONMENT = {
    "GLOG_minloglevel": "3",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OPENCV_LOG_LEVEL": "OFF",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "protocol_whitelist;file",  # a video must not make the decoder open other things
}

VARIABLE = "ZEROSKEL_VIDEO_PYTHON"
FOLDER = ".venv-video"
REMEDY = (
    f"Make one with `make video`, or with `python3.11 -m venv {FOLDER}` and "
    f"`{FOLDER}/bin/python -m pip install mediapipe==0.10.21`, and name its python by --video-python or {VARIABLE}"
)

log = logging.getLogger(__name__)


def read_video(
    path: str | os.PathLike[str],
    *,
    python: str | os.PathLike[str] | None = None,
    visibility: float = 0.1,
    field_of_view: float = 60.0,
    rate: float = 30.0,
    most_seconds: float = MOST_SECONDS,
    progress: Progress | None = None,
) -> SkeletonSequence:
    """Read the most prominent person of a video by MediaPipe Pose.

    Args:
        path: A video with a suffix of SUFFIXES, or another file of those kinds.
        python: The Python of an environment with mediapipe; None selects one (see video_python).
        visibility: Joints with a lower visibility by MediaPipe (0 to 1) become NaN; docs/video.md explains the default.
        field_of_view: The angle of the longer side of the picture in degrees; it sets the distance from the camera.
        rate: The largest number of frames per second that are analysed.
        most_seconds: The longest accepted duration.
        progress: Is called with the name of the step, the frames done, and all frames.

    Returns:
        A sequence of layout mediapipe-33 with joints (1, T, 33, 3) in metres: x to the camera's left, y up, z away from
        it, NaN where not seen.

    Raises:
        MissingFileError: The file does not exist.
        InputError: An option is out of bounds, or there is no Python with mediapipe.
        SkeletonFormatError: The file is no video, broken, truncated or too long, or shows nobody.
        ZeroskelError: The worker failed for another reason.

    Example:
        >>> from zeroskel.skeleton.video import read_video
        >>> read_video("clip.mp4", rate=0.0)
        Traceback (most recent call last):
        zeroskel.core.errors.InputError: rate 0: expected a number from 1 to 240
    """
    for name, value, low, high in (
        ("visibility", visibility, 0.0, 1.0),
        ("field of view", field_of_view, 1.0, 170.0),
        ("rate", rate, 1.0, 240.0),
        ("longest video in seconds", most_seconds, 1.0, _MOST_MOST_SECONDS),
    ):
        if not (math.isfinite(value) and low <= value <= high):
            raise InputError(f"{name} {value:g}: expected a number from {low:g} to {high:g}")
    file = existing_file(path)
    with file.open("rb") as opened:
        check_container(opened.read(12), file)
    landmarks = _find(file, video_python(python), most_seconds, rate, progress)
    frames, empty = len(landmarks.detected), int((~landmarks.detected).sum())
    if empty == frames:
        expected = "a video that shows one person, best whole and from the front"
        refuse(file, "", f"nobody in any of {frames} frames", expected, "Record another one")
    if empty:
        log.warning("%s: nobody was found in %d of %d frames", file, empty, frames)
    return to_sequence(landmarks, visibility=visibility, field_of_view=field_of_view)


def _find(file: Path, python: Path, most_seconds: float, rate: float, progress: Progress | None) -> Landmarks:
    worker = Path(__file__).with_name("_worker.py")
    with tempfile.TemporaryDirectory(prefix="zeroskel-video-") as folder:
        out, messages = Path(folder) / "landmarks.npz", Path(folder) / "messages"
        command = [str(python), "-I", str(worker), str(file.absolute()), str(out)]
        command += ["--most-seconds", str(most_seconds), "--most-rate", str(rate)]
        code, error = _run(command, messages, f"finding the person in {file.name}", progress)
        if code == _REFUSED and error:
            raise SkeletonFormatError(f"{file}: {error}")
        if code or not out.is_file():
            last = (messages.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1][:300]
            if "ModuleNotFoundError" in last or "ImportError" in last:
                raise InputError(f"{python}: {last}; expected a Python that has mediapipe 0.10.21. {REMEDY}")
            raise ZeroskelError(f"{file}: finding poses failed (exit code {code}): {last}")
        with np.load(out, allow_pickle=False) as content:
            arrays = {name: content[name] for name in ("seconds", "image", "world", "visibility", "size")}
    width, height = (int(side) for side in arrays.pop("size"))
    return Landmarks(**arrays, size=(width, height))


def _run(command: list[str], messages: Path, what: str, progress: Progress | None) -> tuple[int, str | None]:
    """Return the exit code of the worker and the fault that it reports; the worker ends with this process."""
    error, silent = None, Event()
    environment = {**os.environ, **_ENVIRONMENT}
    with (
        messages.open("w") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, env=environment) as process,
    ):
        assert process.stdout is not None

        def give_up() -> None:
            silent.set()
            process.kill()

        watch = Timer(_SILENCE, give_up)
        watch.start()
        try:
            for line in process.stdout:
                watch.cancel()
                watch = Timer(_SILENCE, give_up)
                watch.start()
                news = json.loads(line) if line.startswith("{") else {}
                error = news.get("error", error)
                if progress is not None and "done" in news:
                    progress(what, news["done"], news["total"])
            code = process.wait()
        finally:
            watch.cancel()
            if process.poll() is None:
                process.terminate()
    if silent.is_set():
        raise ZeroskelError(f"{what}: nothing happened for {_SILENCE:g} seconds; given up")
    return code, error


def video_python(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the Python of an environment with mediapipe.

    It is the given one, else that of the variable ZEROSKEL_VIDEO_PYTHON, else the running one where it has mediapipe,
    else that of the folder .venv-video beside the running environment.

    Args:
        given: The path of a Python; None selects one.

    Returns:
        The path of the interpreter.

    Raises:
        InputError: There is none; the message says how to create one.

    Example:
        >>> import sys
        >>> from zeroskel.skeleton.video import video_python
        >>> video_python(sys.executable).name.startswith("python")
        True
    """
    for named, by in ((given, "--video-python"), (os.environ.get(VARIABLE) or None, VARIABLE)):
        if named is not None:
            if not (os.path.isfile(named) and os.access(named, os.X_OK)):
                raise InputError(f"{by} {named}: found no program; expected a Python that has mediapipe. {REMEDY}")
            return Path(named).absolute()  # unresolved: a link tells the environment
    if find_spec("mediapipe") is not None:
        return Path(sys.executable)
    beside = Path(sys.prefix).parent / FOLDER
    for python in (beside / "bin" / "python", beside / "Scripts" / "python.exe"):
        if python.is_file():
            return python
    raise InputError(f"video needs a Python that has mediapipe; found none in {beside}. {REMEDY}")


def check_container(head: bytes, file: Path) -> None:
    """Refuse what is no video.

    The decoder would take more than videos: a play list, for instance, that names other files.

    Args:
        head: the first 12 bytes or more.
        file: named in messages.

    Raises:
        SkeletonFormatError: the file is empty, a photograph, sound, or of an unknown kind.
    """
    if not head:
        raise SkeletonFormatError(f"{file}: found an empty file; {_EXPECTED}. Copy or record it again")
    kind, name = _kind(head)
    if kind == "photograph":
        raise SkeletonFormatError(f"{file}: found a photograph{name}; {_EXPECTED}: an action takes time")
    if kind == "sound":
        raise SkeletonFormatError(f"{file}: found sound{name} without pictures; {_EXPECTED}")
    if kind != "video":
        raise SkeletonFormatError(f"{file}: found bytes that start with {head[:8].hex(' ')}; {_EXPECTED}. Convert it")


def _kind(head: bytes) -> tuple[str | None, str]:
    """Return "photograph", "sound", "video" or None, and the name of the format where its first bytes tell it."""
    for kind, names in (("photograph", _PHOTOGRAPHS), ("sound", _SOUNDS)):
        for start, name in names.items():
            if head.startswith(start):
                return kind, f" ({name})"
    if head[4:8] in _ISO_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b""
        return "photograph" if brand in _ISO_PHOTOGRAPHS else "sound" if brand in _ISO_SOUNDS else "video", ""
    if head[:4] == b"RIFF":
        return {b"AVI ": "video", b"WAVE": "sound", b"WEBP": "photograph"}.get(head[8:12]), ""
    return "video" if head[:4] == b"\x1aE\xdf\xa3" else None, ""  # EBML: Matroska and WebM
