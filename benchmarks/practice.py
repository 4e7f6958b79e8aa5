"""Measure the accuracy of the default bundle's configuration on a Kinect dataset that it did not see.

Run `python benchmarks/practice.py --help`. For each test dataset: train on the other datasets of the pool as `make
bundle` does, then predict the recordings of the test dataset among its actions, with the names of that dataset. With
examples: `adapt` with recordings of half of the people, and test on the other half, who are the same in every column.
The figures are written as JSON.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._opening import read_pool
from zeroskel.recognition import ZeroShotRecognizer
from zeroskel.recognition._prediction import Candidates
from zeroskel.recognition._training import DEFAULT_BUNDLE, train_on_rows

SETS = {"utd-mhad": "utd_mhad", "msr-action3d": "msr_action3d", "utkinect": "utkinect"}
SHOTS, DRAWS = (1, 3, 5), 5


def per_class(right: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over classes of the share of correct predictions."""
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def correct(
    recognizer: ZeroShotRecognizer, features: np.ndarray, labels: np.ndarray, candidates: Candidates
) -> np.ndarray:
    """Return an (n,) mask of the recordings whose best action is the true one."""
    return np.array([prediction.scores.argmax() for prediction in recognizer.score(features, candidates)]) == labels


def figures_of_words(
    recognizer: ZeroShotRecognizer, features: np.ndarray, labels: np.ndarray, candidates: Candidates
) -> dict[str, float]:
    """Return the per-class accuracy, the calibration error and the rates of the presence test."""
    right = correct(recognizer, features, labels, candidates)
    confidence = np.array([prediction.probabilities.max() for prediction in recognizer.score(features, candidates)])
    bins = np.minimum((confidence * 10).astype(int), 9)
    gap = sum(abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    present, absent = [], []
    for row, label in enumerate(labels):  # lists of five actions, with the true one and without it
        rng = np.random.default_rng(row)
        others = rng.permutation(np.delete(np.arange(len(candidates.actions)), label))
        for indices, presences in ((np.r_[label, others[:4]], present), (others[:5], absent)):
            listed = Candidates(tuple(candidates.actions[i] for i in indices), candidates.embeddings[indices])
            presences.append(recognizer.score(features[row : row + 1], listed)[0].presence)
    pairs = np.array(absent)[:, None], np.array(present)[None]
    return {
        "accuracy": per_class(right, labels),
        "calibration_error": float(gap),
        "kept_when_listed": float((np.array(present) >= 0.5).mean()),
        "refused_when_not": float((np.array(absent) < 0.5).mean()),
        "presence_auc": float((pairs[0] < pairs[1]).mean() + 0.5 * (pairs[0] == pairs[1]).mean()),
    }


def figures_of(pool: SkeletonDataset, member: str, test: SkeletonDataset, cache: Path) -> dict[str, Any]:
    """Return all figures of one test dataset, which is a member of the pool."""
    started = time.perf_counter()
    assert pool.members is not None
    rows = np.flatnonzero(pool.members != member)
    recognizer = train_on_rows(pool, rows, DEFAULT_BUNDLE, cache=cache)
    seconds = time.perf_counter() - started
    parts = np.array_split(np.arange(len(test)), 20)
    features = np.concatenate([recognizer.encode([test[i] for i in part]) for part in parts])
    candidates = recognizer.candidates(test.class_names)
    result = {"classes": len(test.class_names), "recordings": len(test), "training_seconds": round(seconds, 1)}
    result["words"] = figures_of_words(recognizer, features, test.labels, candidates)
    accuracies: dict[str, list[float]] = {str(shots): [] for shots in (0, *SHOTS)}
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        people = rng.permutation(np.unique(test.subjects))
        giving = np.isin(test.subjects, people[: len(people) // 2])
        labels = test.labels[~giving]
        for shots in (0, *SHOTS):
            adapted = recognizer
            if shots:
                available = [np.flatnonzero(giving & (test.labels == label)) for label in range(len(test.class_names))]
                chosen = [rng.choice(indices, min(shots, len(indices)), replace=False) for indices in available]
                examples = np.concatenate(chosen).tolist()
                adapted = recognizer.adapt(
                    [test[i] for i in examples], [test.class_names[test.labels[i]] for i in examples]
                )
            right = correct(adapted, features[~giving], labels, candidates)
            accuracies[str(shots)].append(per_class(right, labels))
    result["examples"] = {
        shots: [float(np.mean(values)), float(np.std(values))] for shots, values in accuracies.items()
    }
    return result


def main() -> None:
    """Measure the figures of each test dataset and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("ZEROSKEL_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the datasets")
    parser.add_argument("--pool", type=Path, default=shared / "protocols" / "kinect_pool.json")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache")))
    parser.add_argument("--out", type=Path, default=Path("practice.json"))
    options = parser.parse_args()
    pool = read_pool(options.pool)
    results = {}
    for member in options.sets:
        test = SkeletonDataset.from_npz(options.data / f"{SETS[member]}.npz")
        results[member] = figures_of(pool, member, test, options.cache)
        print(member, json.dumps(results[member]), flush=True)
    content = {"command": " ".join(["python", *sys.argv]), "machine": platform.machine(), "sets": results}
    with atomic_path(options.out) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
