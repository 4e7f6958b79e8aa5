"""Makes a video of a photograph that is moved, enlarged or mirrored; a script for the Python that has OpenCV.

python film.py OUT [--photograph RECORDING --at FRAME] [--frames N] [--fps F] [--aside PIXELS] [--larger FACTOR]
[--mirrored]: the photograph is one picture of the recording; without it there is only noise. In the last frame it is
PIXELS to the right and FACTOR times as large as in the first.
"""

import argparse

import cv2
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--photograph")
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--aside", type=float, default=0.0)
    parser.add_argument("--larger", type=float, default=1.0)
    parser.add_argument("--mirrored", action="store_true")
    options = parser.parse_args()
    picture = photograph(options.photograph, options.at) if options.photograph else noise()
    if options.mirrored:
        picture = picture[:, ::-1].copy()
    height, width = picture.shape[:2]
    code = cv2.VideoWriter_fourcc(*("MJPG" if options.out.endswith(".avi") else "mp4v"))
    writer = cv2.VideoWriter(options.out, code, options.fps, (width, height))
    assert writer.isOpened(), options.out
    for share in np.linspace(0.0, 1.0, options.frames):
        factor = 1 + share * (options.larger - 1)
        middle = np.array([width, height]) / 2 * (1 - factor)
        move = np.array([[factor, 0, middle[0] + share * options.aside], [0, factor, middle[1]]])
        writer.write(cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE))
    writer.release()


def photograph(recording: str, at: int) -> np.ndarray:
    """Half as large as the picture of the recording."""
    capture = cv2.VideoCapture(recording)
    for _ in range(at + 1):
        there, picture = capture.read()
        assert there, f"{recording} has no frame {at}"
    return cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)


if __name__ == "__main__":
    main()
