"""Measure the CPU time and the peak memory of `zeroskel timeline` for a long recording of two simulated people."""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from zeroskel import SkeletonSequence
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import _npz

ACTIONS = ["squat", "jumping jacks", "wave the right hand", "clap the hands", "kick forward with the right leg"]
ACTIONS += ["bow forward", "raise both arms overhead"]
FPS = 30


def person(seed: int, frames: int, metres: float) -> np.ndarray:
    """Return the joints (T, 25, 3) of a person who does one action after the other, and rests between them."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < frames:
        motion = generate_sequence(ACTIONS[int(rng.integers(len(ACTIONS)))], seed=int(rng.integers(900, 950))).joints[0]
        parts += [motion, np.repeat(motion[-1:], int(rng.integers(3 * FPS)), axis=0)]
    return np.concatenate(parts)[:frames] + np.array([metres, 0, 0], np.float32)


def main() -> None:
    """Write the recording to a temporary folder, run the command on it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording.npz"
        joints = np.stack([person(seed, int(minutes * 60 * FPS), 1.5 * seed) for seed in range(2)])
        _npz.write(SkeletonSequence(joints, "ntu-25", FPS), file)
        del joints
        program = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]
        command = [*program, "timeline", str(file), "--actions", *ACTIONS, "--out", str(file.with_suffix(".csv"))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{minutes:g} minutes of two people: {seconds:.0f} s of CPU time, {memory:.0f} MiB at most")


if __name__ == "__main__":
    main()
