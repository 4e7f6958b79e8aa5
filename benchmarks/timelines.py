"""Fit the constants of the decoder of timelines, and measure timelines on datasets that the bundle did not see.

    python benchmarks/timelines.py --fit src/zeroskel/resources/timeline.json --out docs/results/timelines.json

Ten recordings of a dataset are joined to a long one, with idle time and transitions (`parts/concatenations.py`). For
each dataset the bundle is trained as `make bundle` does, without that dataset. The constants of the decoder are fitted
on the other datasets, each again scored by a bundle that did not see it, and on other concatenations than those that
are measured. The constants that come with the package (--fit) are fitted on all datasets in this way.

The actions to choose among are all names of the dataset; or those of the concatenation; or a random list that lacks
three in ten of them. "in training" uses the bundle of the package and its constants on new concatenations.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

import zeroskel.recognition._windows as windows_module
from parts.concatenations import concatenation, listed
from practice import LAYOUTS, SETS, recorded_command, source_key, train_without
from zeroskel.core import Segment, SkeletonSequence
from zeroskel.core._files import atomic_path
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._opening import read_pool
from zeroskel.evaluate import TimelineResult, evaluate_timelines
from zeroskel.recognition import Prediction, ZeroShotRecognizer
from zeroskel.recognition._decoder import best_spans, choices_of
from zeroskel.recognition._motion import motion_of
from zeroskel.recognition._training import BACKGROUND, DEFAULT_BUNDLE
from zeroskel.recognition._windows import STEP, Windows, window_blocks

FIT_SETS = ("utd-mhad", "msr-action3d", "utkinect", "nw-ucla", "kinder-gator", "hdm05")
LISTS = ("all", "own", "lacking")
FIT_LISTS = (*LISTS, "lacking", "few")
FIT_SEED, TEST_SEED = 0, 1000
WINDOWS = 500  # of a concatenation and list that the wholeness is fitted on
PENALTY = 30.0
ARRAYS = ("rest_inputs", "starts", "ends", "inputs", "scores")


@dataclass(eq=False)
class Concatenation:
    """Concatenation whose windows are scored for all names of its dataset.

    Attributes:
        segments: true segments.
        seconds: duration.
        rest_inputs: (S, 3) of the steps.
        starts, ends: (W,) of the windows, in steps.
        inputs: (W, 18) for the list of all names.
        scores: (W, K + B) of the names and of the background.
    """

    segments: list[Segment]
    seconds: float
    rest_inputs: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    inputs: np.ndarray
    scores: np.ndarray


@dataclass(eq=False)
class Constants:
    """Constants by name, as `resources/timeline.json` holds them."""

    values: dict[str, Any]

    def use(self) -> None:
        """Make the package use these constants in this process."""
        windows_module.timeline_constants().clear()
        windows_module.timeline_constants().update(_arrays(self.values))


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _arrays(entry) for name, entry in value.items()}
    return np.array(value) if isinstance(value, list) else value


def scored(
    recognizer: ZeroShotRecognizer, sequence: SkeletonSequence, segments: list[Segment], names: Sequence[str]
) -> Concatenation:
    """Score the windows of a concatenation for all names of its dataset."""
    rows: list[np.ndarray] = []
    method = recognizer._scores

    def recorded(features: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
        rows.append(method(features, embeddings))
        return rows[-1]

    object.__setattr__(recognizer, "_scores", recorded)
    try:
        motion = motion_of(sequence, recognizer.layout)
        rest = windows_module.rest_probabilities(motion)
        blocks = [*window_blocks(recognizer, sequence, motion, rest, recognizer.candidates(names), lambda *_: None)]
    finally:
        object.__delattr__(recognizer, "_scores")
    moments = (np.arange(len(rest)) + 0.5) * STEP
    columns = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("starts", "ends", "inputs"))
    seconds = sequence.frames / sequence.fps
    return Concatenation(segments, seconds, motion.rest_inputs(moments), *columns, np.concatenate(rows))


def list_of(kind: str, item: Concatenation, names: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Return the indices of the names on a list of a kind."""
    present = sorted({names.index(segment.action) for segment in item.segments})
    if kind == "all":
        return np.arange(len(names))
    if kind == "own":
        return np.array(present)
    if kind == "few":
        return np.sort(rng.choice(present, min(len(present), int(rng.integers(1, 3))), replace=False))
    on_list = [index for index in present if rng.random() < 0.7] or present[:1]
    others = [index for index in range(len(names)) if index not in present]
    return np.sort([*on_list, *rng.permutation(others)[: rng.integers(0, 13)]]).astype(int)


def windows_of(item: Concatenation, columns: np.ndarray, recognizer: ZeroShotRecognizer) -> tuple[Windows, np.ndarray]:
    """Return the windows of a concatenation for a list of names, and the probability of rest in each step.

    Both follow the constants that are in use.
    """
    rest_constants = windows_module.timeline_constants()["rest"]
    scaled = (item.rest_inputs - rest_constants["mean"]) / rest_constants["scale"]
    rest = 1 / (1 + np.exp(-(scaled @ rest_constants["weights"] + rest_constants["intercept"])))
    calibration = recognizer.calibration
    assert calibration is not None
    count = item.scores.shape[1] - BACKGROUND
    logits = calibration.logits(item.scores[:, columns])
    presences = calibration.presences(logits, item.scores[:, count:])
    probabilities = softmax(logits, axis=1)
    inputs = item.inputs.copy()
    inputs[:, :3] = windows_module.shown_inputs(
        recognizer,
        [
            Prediction((), row * calibration.temperature, shares, presence)
            for row, shares, presence in zip(logits, probabilities, presences, strict=True)
        ],
    )
    inputs[:, -4:] = windows_module._pauses(item.starts, item.ends, rest)
    return Windows(item.starts, item.ends, inputs, probabilities, windows_module.wholeness(inputs)), rest


def overlaps(windows: Windows, segments: Sequence[Segment]) -> np.ndarray:
    """Return (W,) the intersection over union of each window with the true segment that it matches best."""
    if not segments:
        return np.zeros(len(windows.starts))
    starts, ends = windows.starts[:, None] * STEP, windows.ends[:, None] * STEP
    first, last = (np.array([getattr(each, name) for each in segments]) for name in ("start", "end"))
    common = np.maximum(np.minimum(ends, last) - np.maximum(starts, first), 0)
    return np.asarray((common / (ends - starts + last - first - common)).max(axis=1))


Items = dict[str, list[Concatenation]]


class Fitting:
    """Concatenations of datasets, the bundles that scored them and the names of their classes."""

    def __init__(self, items: Items, recognizers: dict[str, ZeroShotRecognizer], names: dict[str, list[str]]) -> None:
        self.items, self.recognizers, self.names = items, recognizers, names

    def fit(self, sets: Sequence[str]) -> Constants:
        """Fit all constants on some datasets."""
        values: dict[str, Any] = {"rest": self._rest(sets), "wholeness": _neutral(), "probability": {}}
        Constants(values).use()
        values["wholeness"] = self._wholeness(sets)
        rows = []
        for left_out in sets if len(sets) > 2 else ():
            Constants(values | {"wholeness": self._wholeness([name for name in sets if name != left_out])}).use()
            rows += self._spans(left_out)
        values["probability"] = _logistic(np.array(rows), ("whole", "action"))
        return Constants(values)

    def _rest(self, sets: Sequence[str]) -> dict[str, Any]:
        rows = []
        for name in sets:
            for item, columns in self._lists(name):
                true = listed(item.segments, [self.names[name][index] for index in columns])
                moments = (np.arange(len(item.rest_inputs)) + 0.5) * STEP
                rests = ~np.any([(each.start <= moments) & (moments < each.end) for each in true] or [[False]], axis=0)
                rows.append(np.column_stack([item.rest_inputs, np.broadcast_to(rests, moments.shape)]))
        return _logistic(np.concatenate(rows), ())

    def _wholeness(self, sets: Sequence[str]) -> dict[str, Any]:
        """Fit the quadratic function by ridge regression; every dataset counts alike."""
        rng = np.random.default_rng(0)
        inputs, targets, weights = [], [], []
        for name in sets:
            for item, columns in self._lists(name):
                windows, _ = windows_of(item, columns, self.recognizers[name])
                true = listed(item.segments, [self.names[name][index] for index in columns])
                rows = rng.permutation(len(windows.starts))[:WINDOWS]
                inputs.append(windows.inputs[rows])
                targets.append(np.clip((overlaps(windows, true)[rows] - 0.2) / 0.6, 0, 1))
                weights.append(np.full(len(rows), 1 / len(self.items[name])))
        return _quadratic(np.concatenate(inputs), np.concatenate(targets), np.concatenate(weights))

    def _spans(self, name: str) -> list[list[float]]:
        """Return wholeness and probability, as logarithms, of decoded spans, and whether they are right."""
        rows = []
        for item, columns in self._lists(name):
            names = [self.names[name][index] for index in columns]
            windows, rest = windows_of(item, columns, self.recognizers[name])
            choices = choices_of([windows], np.zeros((len(rest), len(names) + 2)))
            for span in best_spans(choices, rest, 0.5):
                segment = Segment(0, span.start * STEP, span.end * STEP, names[span.action])
                same = [each for each in item.segments if each.action == segment.action]
                right = any(segment.overlap(each) >= 0.5 for each in same)
                rows.append([*np.log(np.maximum(span.evidence, 1e-3)), right])
        return rows

    def _lists(self, name: str) -> list[tuple[Concatenation, np.ndarray]]:
        rng = np.random.default_rng(0)
        items = self.items[name]
        return [(item, list_of(kind, item, self.names[name], rng)) for item in items for kind in FIT_LISTS]

    def predicted(self, name: str, kind: str) -> tuple[list[list[Segment]], list[list[Segment]], list[float]]:
        """Return predicted and true segments and the durations for lists of a kind, by the constants in use."""
        rng = np.random.default_rng(1)
        predicted, true, seconds = [], [], []
        for item in self.items[name]:
            columns = list_of(kind, item, self.names[name], rng)
            names = [self.names[name][index] for index in columns]
            windows, rest = windows_of(item, columns, self.recognizers[name])
            spans = best_spans(choices_of([windows], np.zeros((len(rest), len(names) + 2))), rest, 0.5)
            predicted.append(
                [Segment(0, each.start * STEP, each.end * STEP, names[each.action], each.probability) for each in spans]
            )
            true.append(listed(item.segments, names))
            seconds.append(item.seconds)
        return predicted, true, seconds


def _neutral() -> dict[str, Any]:
    size = 18
    zeros = [0.0] * size
    return {
        "mean": zeros,
        "scale": [1.0] * size,
        "weights": zeros,
        "products": [zeros] * size,
        "intercept": 0.5,
    }


def _logistic(rows: np.ndarray, scaled_names: Sequence[str]) -> dict[str, Any]:
    """Fit a logistic regression on rows whose last column is the answer; scaled where no names are given."""
    from sklearn.linear_model import LogisticRegression

    inputs, answers = rows[:, :-1], rows[:, -1] > 0
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    if scaled_names:
        mean, scale = np.zeros(inputs.shape[1]), np.ones(inputs.shape[1])
    model = LogisticRegression().fit((inputs - mean) / scale, answers)
    fitted = {"weights": _numbers(model.coef_[0]), "intercept": float(model.intercept_[0])}
    return fitted if scaled_names else {"mean": _numbers(mean), "scale": _numbers(scale), **fitted}


def _quadratic(inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> dict[str, Any]:
    """Fit a quadratic function of the inputs by ridge regression on standardised terms."""
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scaled = np.clip((inputs - mean) / scale, -windows_module._FARTHEST, windows_module._FARTHEST)
    first, second = np.triu_indices(scaled.shape[1])
    terms = np.concatenate([scaled, scaled[:, first] * scaled[:, second]], axis=1)
    weights = weights / weights.mean()
    centre, spread = np.average(terms, axis=0, weights=weights), terms.std(axis=0)
    terms = (terms - centre) / spread
    usual = np.average(targets, weights=weights)
    gram = (terms * weights[:, None]).T @ terms + PENALTY * np.eye(terms.shape[1])
    slopes = np.linalg.solve(gram, (terms * weights[:, None]).T @ (targets - usual)) / spread
    count = scaled.shape[1]
    products = np.zeros((count, count))
    products[first, second] = slopes[count:]
    return {
        "mean": _numbers(mean),
        "scale": _numbers(scale),
        "weights": _numbers(slopes[:count]),
        "products": [_numbers(row) for row in products],
        "intercept": float(usual - centre @ slopes),
    }


def _numbers(array: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in array]


def summary(result: TimelineResult) -> dict[str, float]:
    """Return the metrics of the table."""
    f1 = {f"f1_at_{round(100 * overlap)}": score for overlap, score in result.f1.items()}
    precision = {f"map_at_{round(100 * overlap)}": value for overlap, value in result.map_by_action.items()}
    metrics = {"frame_accuracy": result.frame_accuracy, **f1, "edit": result.edit, **precision}
    return {name: round(float(value), 4) for name, value in metrics.items()}


def argument_parser(description: str | None, out: Path) -> argparse.ArgumentParser:
    """Return a parser of the arguments that benchmarks of long recordings share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("ZEROSKEL_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, nargs="+", default=[shared / "data", shared / "exam"])
    parser.add_argument("--pool", type=Path, default=shared / "protocols" / "kinect_pool.json")
    parser.add_argument("--count", type=int, default=8, help="concatenations of each dataset, for each purpose")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache")))
    parser.add_argument("--out", type=Path, default=out)
    return parser


def test_datasets(folders: Sequence[Path]) -> dict[str, SkeletonDataset]:
    """Return the datasets that concatenations are made of."""
    files = {name: next(d / SETS[name] for d in folders if (d / SETS[name]).is_file()) for name in FIT_SETS}
    return {name: SkeletonDataset.from_npz(file, layout=LAYOUTS.get(name)) for name, file in files.items()}


def main() -> None:
    """Fit the constants where that is asked for, and measure."""
    parser = argument_parser(__doc__, Path("timelines.json"))
    parser.add_argument("--fit", type=Path, help="write the constants of all datasets to this file")
    options = parser.parse_args()
    tests = test_datasets(options.data)
    names = {name: list(test.class_names) for name, test in tests.items()}
    default = ZeroShotRecognizer.load("default")
    unseen = bundles_without(tests, options)
    concatenations = partial(_concatenations, tests=tests, count=options.count, cache=options.cache)
    fitting = Fitting(concatenations(unseen, FIT_SEED, of="unseen"), unseen, names)
    fresh = Fitting(concatenations(unseen, TEST_SEED, of="unseen"), unseen, names)
    packaged = {name: default for name in tests}
    trained = Fitting(concatenations(packaged, TEST_SEED, of="packaged"), packaged, names)
    results: dict[str, Any] = {"command": recorded_command(sys.argv), "concatenations": options.count, "sets": {}}
    for name in FIT_SETS:
        fitting.fit([other for other in FIT_SETS if other != name]).use()
        results["sets"][name] = {"left out": _measured(fresh, name)}
    constants = fitting.fit(FIT_SETS)
    constants.use()
    for name in FIT_SETS:
        results["sets"][name]["in training"] = _measured(trained, name)
    for path, content in ((options.fit, constants.values), (options.out, results)):
        if path is not None:
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _measured(fitting: Fitting, name: str) -> dict[str, Any]:
    measured = {kind: summary(evaluate_timelines(*fitting.predicted(name, kind))) for kind in LISTS}
    print(name, json.dumps(measured), flush=True)
    return measured


def _concatenations(
    recognizers: dict[str, ZeroShotRecognizer],
    seed: int,
    *,
    tests: dict[str, SkeletonDataset],
    count: int,
    cache: Path,
    of: str,
) -> Items:
    """Return scored concatenations of each dataset; they stay in the cache, where `of` tells the bundles."""
    items: Items = {}
    for name, test in tests.items():
        items[name] = []
        for index in range(count):
            sequence, segments = concatenation(test, np.random.default_rng(seed + index))
            file = cache / f"concatenation-{of}-{name}-{seed + index}-{source_key()}.npz"
            if not file.is_file():
                print(f"scoring concatenation {index + 1} of {count} of {name}", file=sys.stderr, flush=True)
                item = scored(recognizers[name], sequence, segments, test.class_names)
                with atomic_path(file) as temporary, temporary.open("wb") as opened:
                    np.savez(opened, **{field: getattr(item, field) for field in ARRAYS})
            with np.load(file, allow_pickle=False) as arrays:
                seconds = sequence.frames / sequence.fps
                items[name].append(Concatenation(segments, seconds, **{field: arrays[field] for field in ARRAYS}))
    return items


def bundles_without(tests: dict[str, SkeletonDataset], options: argparse.Namespace) -> dict[str, ZeroShotRecognizer]:
    """Return for each dataset a bundle that did not see it; trained bundles stay in the cache."""
    pool = read_pool(options.pool)
    assert pool.members is not None
    recognizers = {}
    for name in tests:
        if name not in pool.members:
            recognizers[name] = ZeroShotRecognizer.load("default")
            continue
        folder = options.cache / f"without-{name}-{source_key()}"
        if not folder.is_dir():
            recognizer, _ = train_without(name, pool, DEFAULT_BUNDLE, options.cache / f"practice-{source_key()}")
            recognizer.save(folder)
        recognizers[name] = ZeroShotRecognizer.load(folder)
    return recognizers


if __name__ == "__main__":
    main()
