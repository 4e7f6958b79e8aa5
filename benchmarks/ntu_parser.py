"""Compare the time to read NTU `.skeleton` files with the line-by-line reader of published code.

Run `python benchmarks/ntu_parser.py`. It writes files in the release's number format (eight significant digits at most,
Windows line ends) to a temporary folder, checks that both readers give the same numbers, and then times them in turn in
this one process: in each round each reader reads all files of a kind from disk, and the best round counts.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zeroskel.skeleton.formats import read

JOINT_KEYS = (
    *("x", "y", "z", "depthX", "depthY", "colorX", "colorY"),
    *("orientationW", "orientationX", "orientationY", "orientationZ", "trackingState"),
)
BODY_KEYS = (
    *("bodyID", "clippedEdges", "handLeftConfidence", "handLeftState", "handRightConfidence", "handRightState"),
    *("isRestricted", "leanX", "leanY", "trackingState"),
)


def plain_read(path: Path, most_bodies: int = 2) -> np.ndarray:
    """Read a file line by line into nested dicts of floats, as published code does, and fill an array from them.

    Returns:
        (3, T, 25, M) float64 with zeros for absent bodies; bodies have their order in the frame.
    """
    frames = []
    with path.open() as file:
        for _ in range(int(file.readline())):
            bodies = []
            for _ in range(int(file.readline())):
                body: dict = dict(zip(BODY_KEYS, map(float, file.readline().split()), strict=True))
                body["joints"] = [
                    {key: float(value) for key, value in zip(JOINT_KEYS, file.readline().split(), strict=True)}
                    for _ in range(int(file.readline()))
                ]
                bodies.append(body)
            frames.append({"bodies": bodies})
    array = np.zeros((3, len(frames), 25, most_bodies))
    for time_index, frame in enumerate(frames):
        for body_index, body in enumerate(frame["bodies"][:most_bodies]):
            for joint_index, joint in enumerate(body["joints"]):
                array[:, time_index, joint_index, body_index] = [joint["x"], joint["y"], joint["z"]]
    return array


def write_sample(path: Path, frames: int, bodies: int, seed: int) -> None:
    """Write a file in the format of the release: random walks of the joints, random pixels and orientations."""
    rng = np.random.default_rng(seed)
    shape = (frames, bodies, 25)
    positions = rng.normal(size=(1, *shape[1:], 3)) * [0.3, 0.5, 0.2] + [0, 0, 3.4]
    positions = positions + rng.normal(scale=0.01, size=(*shape, 3)).cumsum(axis=0)
    pixels = rng.uniform([150, 100, 600, 200], [350, 350, 1300, 900], size=(*shape, 4))
    turns = rng.normal(size=(*shape, 4))
    turns /= np.linalg.norm(turns, axis=-1, keepdims=True)
    numbers = np.concatenate([positions, pixels, turns], axis=-1).astype(np.float32).tolist()
    lines = [str(frames)]
    for frame in numbers:
        lines.append(str(bodies))
        for body, joints in enumerate(frame):
            lines += [f"{72057594037931101 + body} 0 1 1 1 1 0 -0.02059419 0.1239193 2", "25"]
            lines += [" ".join([*(f"{number:.7g}" for number in joint), "2"]) for joint in joints]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("ascii"))


def check_equal(path: Path) -> None:
    """Check that both readers return the same float32 numbers of a file."""
    ours = read(path).joints
    plain = plain_read(path, len(ours)).transpose(3, 1, 2, 0).astype(np.float32)
    np.testing.assert_array_equal(ours, plain)


def best_times(readers: list[Callable[[Path], object]], files: list[Path], rounds: int) -> list[float]:
    """Return the seconds of the best round of each reader; the readers take turns."""
    best = [float("inf")] * len(readers)
    for _ in range(rounds):
        for index, reader in enumerate(readers):
            started = time.perf_counter()
            for file in files:
                reader(file)
            best[index] = min(best[index], time.perf_counter() - started)
    return best


def measure(folder: Path, frames: int, files: int, rounds: int) -> list[dict[str, float]]:
    """Return the rows for files of one and of two bodies: milliseconds per file, megabytes per second, ratio."""
    rows = []
    for bodies in (1, 2):
        paths = [folder / f"S001C001P{seed + 1:03d}R001A{bodies:03d}.skeleton" for seed in range(files)]
        for seed, path in enumerate(paths):
            write_sample(path, frames, bodies, seed)
            check_equal(path)
        plain_seconds, our_seconds = best_times([plain_read, read], paths, rounds)
        size = sum(path.stat().st_size for path in paths)
        rows.append(
            {
                "bodies": bodies,
                "frames": frames,
                "megabytes": size / files / 1e6,
                "plain_ms": plain_seconds / files * 1e3,
                "zeroskel_ms": our_seconds / files * 1e3,
                "zeroskel_mb_per_s": size / our_seconds / 1e6,
                "ratio": plain_seconds / our_seconds,
            }
        )
    return rows


def main() -> None:
    """Measure, print the table, and write it as JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100, help="frames per file (default: 100)")
    parser.add_argument("--files", type=int, default=10, help="files of each kind")
    parser.add_argument("--rounds", type=int, default=10, help="number of rounds; the best round counts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the table to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), options.frames, options.files, options.rounds)
    print("both readers give the same numbers; best of", options.rounds, "rounds, one process, files from disk")
    print(f"{'bodies':>6} {'frames':>6} {'MB':>6} {'plain ms':>9} {'zeroskel ms':>11} {'MB/s':>6} {'ratio':>6}")
    for row in rows:
        print(
            f"{row['bodies']:>6} {row['frames']:>6} {row['megabytes']:>6.2f} {row['plain_ms']:>9.2f} "
            f"{row['zeroskel_ms']:>11.2f} {row['zeroskel_mb_per_s']:>6.0f} {row['ratio']:>6.1f}"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
