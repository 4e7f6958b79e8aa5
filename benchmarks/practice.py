"""How the default bundle's recipe does on a Kinect set that it never saw: `python benchmarks/practice.py --help`.

For each set left out: train on the other sets of the pool as `make bundle` does, then name the recordings of the set
among its actions, called as that set calls them. With examples: `adapt` with recordings of half of the people, asked
about the other half, who are the same in every column. Writes JSON.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np

from zeroskel.core._files import atomic_path
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.pool import read_pool
from zeroskel.recognition import ZeroShotRecognizer
from zeroskel.recognition._prediction import Candidates
from zeroskel.recognition._training import DEFAULT_BUNDLE, train_on_rows

SETS = {"utd-mhad": "utd_mhad", "msr-action3d": "msr_action3d", "utkinect": "utkinect"}
SHOTS, DRAWS = (1, 3, 5), 5


def per_class(right: np.ndarray, labels: np.ndarray) -> float:
    """Mean over classes of the share that is right."""
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def judged(recognizer: ZeroShotRecognizer, features: np.ndarray, labels: np.ndarray, candidates: Candidates) -> dict:
    """Accuracy by class, and how well probabilities and presence tell the truth."""
    found = recognizer.score(features, candidates)
    right = np.array([prediction.scores.argmax() for prediction in found]) == labels
    sure = np.array([prediction.probabilities.max() for prediction in found])
    bins = np.minimum((sure * 10).astype(int), 9)
    gap = sum(abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    present, absent = [], []
    for row, label in enumerate(labels):  # five actions, with the right one and without it
        rng = np.random.default_rng(row)
        others = rng.permutation(np.delete(np.arange(len(candidates.actions)), label))
        for places, answers in ((np.r_[label, others[:4]], present), (others[:5], absent)):
            listed = Candidates(tuple(candidates.actions[i] for i in places), candidates.embeddings[places])
            answers.append(recognizer.score(features[row : row + 1], listed)[0].presence)
    scored = np.array(absent)[:, None], np.array(present)[None]
    return {
        "accuracy": per_class(right, labels),
        "calibration_error": float(gap),
        "kept_when_listed": float((np.array(present) >= 0.5).mean()),
        "refused_when_not": float((np.array(absent) < 0.5).mean()),
        "presence_auc": float((scored[0] < scored[1]).mean() + 0.5 * (scored[0] == scored[1]).mean()),
    }


def left_out(pool: SkeletonDataset, member: str, own: SkeletonDataset, cache: Path) -> dict:
    """All figures of one set."""
    started = time.perf_counter()
    assert pool.members is not None
    rows = np.flatnonzero(pool.members != member)
    recognizer = train_on_rows(pool, rows, DEFAULT_BUNDLE, cache=cache)
    seconds = time.perf_counter() - started
    features = np.concatenate(
        [recognizer.encode([own[i] for i in part]) for part in np.array_split(np.arange(len(own)), 20)]
    )
    candidates = recognizer.candidates(own.class_names)
    result = {"classes": len(own.class_names), "recordings": len(own), "training_seconds": round(seconds, 1)}
    result["words"] = judged(recognizer, features, own.labels, candidates)
    draws: dict[str, list[float]] = {str(shots): [] for shots in (0, *SHOTS)}
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        people = rng.permutation(np.unique(own.subjects))
        giving = np.isin(own.subjects, people[: len(people) // 2])
        for shots in (0, *SHOTS):
            adapted = recognizer
            if shots:
                pools = [np.flatnonzero(giving & (own.labels == label)) for label in range(len(own.class_names))]
                chosen = np.concatenate([rng.choice(pool_, min(shots, len(pool_)), replace=False) for pool_ in pools])
                adapted = recognizer.adapt(
                    [own[int(i)] for i in chosen], [own.class_names[own.labels[i]] for i in chosen]
                )
            found = adapted.score(features[~giving], candidates)
            right = np.array([p.scores.argmax() for p in found]) == own.labels[~giving]
            draws[str(shots)].append(per_class(right, own.labels[~giving]))
    result["examples"] = {shots: [float(np.mean(values)), float(np.std(values))] for shots, values in draws.items()}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("ZEROSKEL_SHARED", "../shared"))
    parser.add_argument("--data", type=Path, default=shared / "data", help="folder of the sets")
    parser.add_argument("--pool", type=Path, default=shared / "protocols" / "kinect_pool.json")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache")))
    parser.add_argument("--out", type=Path, default=Path("practice.json"))
    options = parser.parse_args()
    pool = read_pool(options.pool)
    results = {}
    for member in options.sets:
        own = SkeletonDataset.from_npz(options.data / f"{SETS[member]}.npz")
        results[member] = left_out(pool, member, own, options.cache)
        print(member, json.dumps(results[member]), flush=True)
    content = {"command": " ".join(["python", *sys.argv]), "machine": platform.machine(), "sets": results}
    with atomic_path(options.out) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
