"""The Python that estimates poses: MediaPipe needs NumPy below 2, so it has a separate environment."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from zeroskel.core.errors import InputError

VARIABLE = "ZEROSKEL_VIDEO_PYTHON"
FOLDER = ".venv-video"
REMEDY = (
    f"Make one with `make video`, or with `python3.11 -m venv {FOLDER}` and "
    f"`{FOLDER}/bin/python -m pip install mediapipe==0.10.21`, and name its python by --video-python or {VARIABLE}"
)


def video_python(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the Python of an environment with mediapipe.

    It is the given one, else that of the variable ZEROSKEL_VIDEO_PYTHON, else the running one where it has mediapipe,
    else that of the folder .venv-video beside the running environment.

    Args:
        given: The path of a Python; None selects one.

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
