"""Measure the answers of streams on datasets that the bundle did not see.

    python benchmarks/streams.py --out docs/results/streams.json

A stream is a concatenation of ten recordings of a dataset, as in `timelines.py`, of which each frame is pushed; it is
asked five times a second. The bundle is trained without the dataset. The actions to choose among are the names that
occur, or all names of the dataset. For each dataset and list:

- steady: share of the streams whose settled answer changes at most as many times as there are actions.
- steady_actions: share of the actions during which it changes at most once.
- right: share of the actions that are the settled answer before they end.
- seconds_until_right: median time from the start of such an action until then.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parts.concatenations import concatenation
from practice import recorded_command
from timelines import argument_parser, bundles_without, test_datasets
from zeroskel.core import Segment, SkeletonSequence
from zeroskel.core._files import atomic_path
from zeroskel.recognition import ZeroShotRecognizer

SEED = 2000
ASKED = 5  # times a second

Answers = list[tuple[float, str | None]]


def answers_of(recognizer: ZeroShotRecognizer, sequence: SkeletonSequence, names: Sequence[str]) -> Answers:
    """Return the time and the settled action of each answer of a stream."""
    stream = recognizer.stream(list(names), layout=sequence.layout.name)
    answers: Answers = []
    for index, frame in enumerate(sequence.joints[0]):
        stream.push(frame, index / sequence.fps)
        if index % round(sequence.fps / ASKED) == 0 and (prediction := stream.predict()) is not None:
            answers.append((prediction.time, prediction.answer))
    return answers


def changes_of(answers: Answers) -> list[float]:
    """Return the times at which the settled answer becomes another action; rest between two equal ones is no change."""
    times, last = [], None
    for time, answer in answers:
        if answer is not None and answer != last:
            times.append(time)
            last = answer
    return times


def measured(streams: Sequence[tuple[Answers, list[Segment]]]) -> dict[str, float]:
    """Return the figures of some streams with their true segments."""
    steady, steady_actions, delays, right = [], [], [], []
    for answers, segments in streams:
        times = changes_of(answers)
        steady.append(len(times) <= len(segments))
        ends = [*(segment.start for segment in segments[1:]), np.inf]
        for segment, end in zip(segments, ends, strict=True):
            steady_actions.append(sum(segment.start <= time < end for time in times) <= 1)
            during = [time for time, answer in answers if answer == segment.action and segment.start <= time]
            right.append(bool(during) and during[0] <= segment.end)
            if right[-1]:
                delays.append(during[0] - segment.start)
    shares = {"steady": steady, "steady_actions": steady_actions, "right": right}
    figures = {name: round(float(np.mean(values)), 3) for name, values in shares.items()}
    return figures | {"seconds_until_right": round(float(np.median(delays)), 2) if delays else float("nan")}


def main() -> None:
    """Measure all datasets."""
    options = argument_parser(__doc__, Path("streams.json")).parse_args()
    tests = test_datasets(options.data)
    results: dict[str, Any] = {"command": recorded_command(sys.argv), "streams": options.count, "sets": {}}
    for name, recognizer in bundles_without(tests, options).items():
        streams: dict[str, list[tuple[Answers, list[Segment]]]] = {"own": [], "all": []}
        for index in range(options.count):
            sequence, segments = concatenation(tests[name], np.random.default_rng(SEED + index))
            lists = {"own": sorted({segment.action for segment in segments}), "all": tests[name].class_names}
            for kind, names in lists.items():
                streams[kind].append((answers_of(recognizer, sequence, names), segments))
        results["sets"][name] = {kind: measured(of_kind) for kind, of_kind in streams.items()}
        print(name, json.dumps(results["sets"][name]), flush=True)
    with atomic_path(options.out) as temporary:
        temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
