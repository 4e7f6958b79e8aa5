"""Finds a person in every frame of a video; run as a script by the interpreter that has mediapipe, never imported.

    python _worker.py VIDEO OUT.npz --most-seconds S --most-rate R

It needs mediapipe, OpenCV and NumPy (of mediapipe's choosing) and nothing of zeroskel, holds one frame at a time, and
says on standard output, one JSON object a line, {"done": frames, "total": frames} while it works and {"error": message}
with exit code 3 where the video is at fault. OUT.npz appears whole or not at all.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import cv2
import mediapipe.python.solutions.pose as mediapipe_pose  # the package itself would import far more
import numpy as np

_LONGEST_SIDE = 1280  # of the picture that is searched, in pixels; the model looks at 256 x 256 of it
_MOST_PIXELS = 2**26
_EVERY = 0.5  # seconds between two lines of progress
_CUT_SHORT = 0.9  # of the frames that the file announces
_JOINTS = 33


def main() -> None:
    """Read the arguments, find the poses, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most-seconds", type=float, required=True)
    parser.add_argument("--most-rate", type=float, required=True)
    options = parser.parse_args()
    actual = find_poses(options.video, options.most_seconds, options.most_rate)
    temporary = options.out.with_name(f".{options.out.name}")
    with temporary.open("wb") as file:
        np.savez(file, **actual)
    temporary.replace(options.out)


def find_poses(video: Path, most_seconds: float, most_rate: float) -> dict[str, Any]:
    """Return landmarks of the most prominent person.

    Args:
        video: the file.
        most_seconds: a longer video is refused.
        most_rate: frames a second that are searched; what a faster video has between them is passed over.

    Returns:
        seconds (T,) of each frame; image (T, 33, 2) pixels from the upper left corner, y down; world (T, 33, 3) metres
        from the middle of the hips, x to the right in the picture, y down, z away from the camera; visibility (T, 33)
        from 0 to 1; all NaN where nobody was found. size (2,): width and height.
    """
    capture = cv2.VideoCapture(str(video.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        _refuse("found no pictures that can be decoded; the file is broken, cut short, or has sound only")
    rate, announced = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    rate = rate if math.isfinite(rate) and 0 < rate <= 1000 else 30.0
    announced = announced if math.isfinite(announced) and announced > 0 else 0
    if announced / rate > most_seconds:
        _refuse_length(announced / rate, most_seconds)
    seconds: list[float] = []
    rows: list[np.ndarray] = []
    size, read, last_line, before = (0, 0), 0, 0.0, -math.inf
    with mediapipe_pose.Pose(model_complexity=1, smooth_landmarks=True) as model:
        while capture.grab():
            now = before = _time_of_frame(capture, read, rate, before)
            read += 1
            if now > most_seconds or read > most_seconds * 1000:
                _refuse_length(now, most_seconds)
            if seconds and now < seconds[0] + (len(seconds) - 0.25) / most_rate:
                continue
            decoded, picture = capture.retrieve()
            if not decoded:
                break
            size = (picture.shape[1], picture.shape[0])
            if size[0] * size[1] > _MOST_PIXELS:
                _refuse(f"found pictures of {size[0]} x {size[1]} pixels; expected at most 8192 x 8192")
            seconds.append(now)
            rows.append(_landmarks(model, picture))
            if time.monotonic() - last_line > _EVERY:
                last_line = time.monotonic()
                _say({"done": read, "total": max(int(announced), read)})
    capture.release()
    if not read or not seconds:
        _refuse("found no pictures that can be decoded; the file is broken, cut short, or has sound only")
    if read < _CUT_SHORT * announced - 2:
        _refuse(f"found {read} pictures where {announced:.0f} are announced; the file is broken or cut short")
    _say({"done": read, "total": read})
    landmarks = np.stack(rows).astype(np.float32)
    arrays = {"image": landmarks[..., :2], "world": landmarks[..., 2:5], "visibility": landmarks[..., 5]}
    return {"seconds": np.array(seconds), "size": np.array(size), **arrays}


def _time_of_frame(capture: Any, index: int, rate: float, before: float) -> float:
    """Return seconds from the start: the times of the file where they rise, because phones do not record evenly."""
    report = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    if math.isfinite(report) and report > before:
        return report
    return 0.0 if index == 0 else before + 1 / rate


def _landmarks(model: Any, picture: np.ndarray) -> np.ndarray:
    """Return (33, 6): x and y in the picture, x, y and z in the world, and visibility; NaN where nobody is found."""
    height, width = picture.shape[:2]
    if (factor := _LONGEST_SIDE / max(height, width)) < 1:
        smaller = max(1, round(width * factor)), max(1, round(height * factor))
        picture = cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA)
    actual = model.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    if not actual.pose_landmarks or not actual.pose_world_landmarks:
        return np.full((_JOINTS, 6), np.nan)
    joints = zip(actual.pose_landmarks.landmark, actual.pose_world_landmarks.landmark, strict=True)
    return np.array([[i.x * width, i.y * height, w.x, w.y, w.z, i.visibility] for i, w in joints])


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _refuse_length(seconds: float, most: float) -> NoReturn:
    _refuse(f"found a video of {seconds:.0f} seconds or more; expected at most {most:g}. Cut it into shorter ones")


def _refuse(message: str) -> NoReturn:
    _say({"error": message})
    sys.exit(3)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):  # whoever asked is gone, or wants no more
        sys.stdout = open(os.devnull, "w")
        sys.exit(130)
