"""Measure how long `kite` takes to score features, compared with `smie`.

Run `python benchmarks/kite_latency.py`. Both methods are fitted for one epoch, which does not change the cost of
scoring, on the same random features with the size of the Kinect pool (1,600 sequences of 130 classes, 256 numbers;
texts of 51 and 384 numbers). They score alternately in one process on one thread. The result is the median over the
rounds.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np

from zeroskel import align
from zeroskel.features._threads import one_thread

SEQUENCES, CLASSES, WIDTH, TEXTS = 1600, 130, 256, (51, 384)
CASES = ((1, 12), (1, 60), (128, 60))  # sequences per call, candidates


def fitted() -> dict[str, align.Aligner]:
    """Return both methods, fitted on the same random classes."""
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(CLASSES, sum(TEXTS))).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    labels = rng.permutation(np.arange(SEQUENCES) % CLASSES)
    features = rng.normal(size=(SEQUENCES, WIDTH)).astype(np.float32)
    methods = {"smie": align.create("smie", epochs=1), "kite": align.create("kite", epochs=1, text_blocks=TEXTS)}
    return {name: method.fit(features, labels, texts, features[None]) for name, method in methods.items()}


def measure(methods: dict[str, align.Aligner], rounds: int) -> list[dict]:
    """Return the milliseconds of each case and their ratio."""
    rng = np.random.default_rng(1)
    results = []
    for count, candidates in CASES:
        features = rng.normal(size=(count, WIDTH)).astype(np.float32)
        texts = rng.normal(size=(candidates, sum(TEXTS))).astype(np.float32)
        seconds: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(rounds):
            for name, method in methods.items():
                started = time.perf_counter()
                method.score_classes(features, texts)
                seconds[name].append(time.perf_counter() - started)
        smie, kite = (1000 * statistics.median(seconds[name]) for name in ("smie", "kite"))
        results.append({"sequences": count, "candidates": candidates, "smie_ms": smie, "kite_ms": kite})
        results[-1]["ratio"] = kite / smie
    return results


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", type=Path, help="also write the figures to this JSON file")
    arguments = parser.parse_args()
    with one_thread():
        results = measure(fitted(), arguments.rounds)
    print("sequences  candidates  smie, ms  kite, ms  kite / smie")
    for r in results:
        print(f"{r['sequences']:9}  {r['candidates']:10}  {r['smie_ms']:8.2f}  {r['kite_ms']:8.2f}  {r['ratio']:11.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
