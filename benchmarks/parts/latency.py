"""Latency: one sequence, a stream, and the command from the shell to the answer."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from parts.rows import Row, duration_text
from zeroskel import ZeroShotRecognizer
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.formats import write
from zeroskel.skeleton.transforms import convert_layout

CANDIDATES = 60
STREAM_SECONDS, RATE, UPDATES = 10, 30, 10


def one_sequence(rounds: int = 200) -> list[Row]:
    """Measure the default bundle on one sequence, with its texts already embedded."""
    recognizer = ZeroShotRecognizer.load("default")
    candidates = recognizer.candidates(action_names()[:CANDIDATES])
    clips = [generate_sequence(name, seed=seed, frames=90) for seed, name in enumerate(action_names()[:20])]
    seconds = []
    for number in range(rounds + 5):
        start = time.perf_counter()
        recognizer.predict(clips[number % len(clips)], candidates)
        if number >= 5:
            seconds.append(time.perf_counter() - start)
    median, tail = np.quantile(seconds, [0.5, 0.99])
    return [
        Row(
            f"one sequence of 90 frames to {CANDIDATES} named actions, default bundle, warm",
            "",
            f"median {duration_text(median)}, 99th percentile {duration_text(tail)}",
            figure=1000 * median,
            unit="ms",
            target=15.0,
            more_is_better=False,
        )
    ]


def stream() -> list[Row]:
    """Measure the share of one core that a stream takes at 30 frames and 10 answers a second."""
    recognizer = ZeroShotRecognizer.load("default")
    actions = action_names()[:CANDIDATES]
    clip = convert_layout(generate_sequence("squat", seed=1, frames=90), "kinect-20")
    frames = clip.joints[0]
    stream_of_clip = recognizer.stream(actions, layout="kinect-20", seconds=3.0)
    for number in range(RATE * 3):
        stream_of_clip.push(frames[number % len(frames)], number / RATE)
    stream_of_clip.predict()
    start = time.process_time()
    for number in range(RATE * 3, RATE * (3 + STREAM_SECONDS)):
        stream_of_clip.push(frames[number % len(frames)], number / RATE)
        if number % (RATE // UPDATES) == 0:
            stream_of_clip.predict()
    share = (time.process_time() - start) / STREAM_SECONDS
    return [
        Row(
            f"a stream of {RATE} frames a second, {UPDATES} answers a second among {CANDIDATES} actions",
            f"re-encoding the window each frame would be {RATE // UPDATES} times as much",
            f"{100 * share:.3g} % of one core",
            figure=share,
            unit="of one core",
            target=1 / 3,
            more_is_better=False,
        )
    ]


def cold(rounds: int = 3) -> list[Row]:
    """Measure `zeroskel predict` in a new process, for names with embeddings in the package and for new names."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.json"
        write(generate_sequence("squat", seed=5), clip)
        for actions, what, target in (
            (
                ["squat", "wave one hand", "kick a ball"],
                "names of known datasets, whose embeddings are in the package",
                4.0,
            ),
            (["squat", "juggle three balls", "fly a kite"], "new names, which the sentence encoder embeds", 4.0),
        ):
            program = "from zeroskel.app.cli import main; main()"
            seconds = []
            for number in range(rounds + 1):
                command = [sys.executable, "-c", program, "predict", str(clip), "--actions", *actions]
                environment = {**os.environ, "ZEROSKEL_CACHE": f"{folder}/cache-{number}"}
                start = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True, env=environment)
                if number:  # the first reads files from the disk
                    seconds.append(time.perf_counter() - start)
            rows.append(
                Row(
                    f"`zeroskel predict` from shell to answer, {what}",
                    "",
                    duration_text(float(np.median(seconds))),
                    figure=float(np.median(seconds)),
                    unit="s",
                    target=target,
                    more_is_better=False,
                    note=largest_imports(actions, clip, Path(folder) / "imports"),
                )
            )
    return rows


def largest_imports(actions: list[str], clip: Path, cache: Path) -> str:
    """Return the seconds of the largest imports of one run, as text."""
    program = "from zeroskel.app.cli import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", program, "predict", str(clip), "--actions", *actions]
    environment = {**os.environ, "ZEROSKEL_CACHE": str(cache)}
    import_times = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    spent = {}
    for line in import_times.splitlines():
        if line.startswith("import time:") and line.count("|") == 2:
            _, total, name = line.split("|")
            if total.strip().isdigit():
                spent[name.strip()] = int(total) / 1e6
    largest = {
        name: spent[name] for name in ("torch", "sentence_transformers", "sklearn", "scipy.stats") if name in spent
    }
    return "imports: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in largest.items())
