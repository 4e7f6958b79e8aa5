"""Measure timelines with five examples of each action, of other people than those of the timelines.

    python benchmarks/taught_timelines.py --out docs/results/taught_timelines.json

Half of the people of a dataset, chosen at random, give five recordings of each action to `adapt`; the concatenations
are made of recordings of the other half (see `timelines.py`). The bundle is the one of the package: HDM05 is not in its
training set, the other datasets are. The same concatenations are measured without examples. The actions to choose among
are all names of the dataset, or those that occur.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from parts.concatenations import concatenation
from practice import recorded_command
from timelines import TEST_SEED, argument_parser, summary, test_datasets
from zeroskel.core import Segment
from zeroskel.core._files import atomic_path
from zeroskel.datasets import SkeletonDataset
from zeroskel.evaluate import evaluate_timelines
from zeroskel.recognition import ZeroShotRecognizer

EXAMPLES = 5
SEED = 0


def halves(dataset: SkeletonDataset, rng: np.random.Generator) -> tuple[SkeletonDataset, SkeletonDataset]:
    """Return the recordings of one half of the people, and those of the other half."""
    people = np.unique(dataset.subjects)
    of_first = np.isin(dataset.subjects, rng.permutation(people)[: len(people) // 2])
    return _part(dataset, np.flatnonzero(of_first)), _part(dataset, np.flatnonzero(~of_first))


def taught(recognizer: ZeroShotRecognizer, examples: SkeletonDataset, rng: np.random.Generator) -> ZeroShotRecognizer:
    """Return the recognizer with five random examples of each action, or all where there are fewer."""
    rows = np.concatenate(
        [
            rng.permutation(np.flatnonzero(examples.labels == label))[:EXAMPLES]
            for label in range(len(examples.class_names))
        ]
    )
    chosen = _part(examples, rows)
    return recognizer.adapt(list(chosen.sequences), [chosen.class_names[label] for label in chosen.labels])


def measured(
    recognizer: ZeroShotRecognizer, dataset: SkeletonDataset, count: int, *, all_names: bool
) -> dict[str, float]:
    """Return the metrics of timelines of concatenations."""
    predicted: list[list[Segment]] = []
    true: list[list[Segment]] = []
    seconds: list[float] = []
    for index in range(count):
        sequence, segments = concatenation(dataset, np.random.default_rng(TEST_SEED + index))
        names = dataset.class_names if all_names else sorted({segment.action for segment in segments})
        timeline = recognizer.timeline(sequence, names)
        predicted.append(list(timeline.segments))
        true.append(segments)
        seconds.append(timeline.seconds)
    return summary(evaluate_timelines(predicted, true, seconds))


def main() -> None:
    """Measure all datasets."""
    options = argument_parser(__doc__, Path("taught_timelines.json")).parse_args()
    default = ZeroShotRecognizer.load("default")
    results: dict[str, Any] = {"command": recorded_command(sys.argv), "concatenations": options.count, "sets": {}}
    for name, dataset in test_datasets(options.data).items():
        rng = np.random.default_rng(SEED)
        examples, rest = halves(dataset, rng)
        recognizers = {"words": default, f"{EXAMPLES} examples": taught(default, examples, rng)}
        results["sets"][name] = {
            kind: {
                "all": measured(recognizer, rest, options.count, all_names=True),
                "own": measured(recognizer, rest, options.count, all_names=False),
            }
            for kind, recognizer in recognizers.items()
        }
        print(name, json.dumps(results["sets"][name]), flush=True)
        with atomic_path(options.out) as temporary:
            temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def _part(dataset: SkeletonDataset, rows: np.ndarray) -> SkeletonDataset:
    sequences = [dataset[int(row)] for row in rows]
    return SkeletonDataset(
        sequences, dataset.labels[rows], dataset.subjects[rows], dataset.class_names, name=dataset.name
    )


if __name__ == "__main__":
    main()
