"""Compare the recognizer with its exported graph: the time of one recording, and the difference of the scores.

    python benchmarks/onnx_latency.py BUNDLE

Each figure is the minimum of many rounds on one core.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

from zeroskel import ZeroShotRecognizer
from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.recognition.export import export_onnx
from zeroskel.skeleton.transforms import convert_layout

FRAMES, CANDIDATES, RECORDINGS = 90, 8, 40


def least_ms(call: Callable[[], object], rounds: int) -> float:
    """Return the milliseconds of the fastest call."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> None:
    """Measure one bundle."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", help="folder of a bundle, or: default")
    parser.add_argument("--rounds", type=int, default=40)
    arguments = parser.parse_args()
    recognizer = ZeroShotRecognizer.load(arguments.bundle)
    bodies = recognizer.preprocessing.bodies
    candidates = recognizer.candidates(action_names()[:CANDIDATES])
    clips = [generate_sequence(name, seed, frames=FRAMES) for seed, name in enumerate(action_names())][:RECORDINGS]
    clips = [convert_layout(clip, recognizer.layout) for clip in clips]
    absent = np.full((bodies - 1, *clips[0].joints.shape[1:]), np.nan, np.float32)
    inputs = [{"joints": np.concatenate([clip.joints, absent])[None], "texts": candidates.embeddings} for clip in clips]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.onnx"
        start = time.process_time()
        export_onnx(recognizer, file)
        print(f"export: {time.process_time() - start:.0f} s of one core, {file.stat().st_size / 1e6:.1f} MB")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(file, options)
    expected = np.stack([p.scores for p in recognizer.score(recognizer.encode(clips), candidates)])
    graph_scores = np.concatenate([session.run(["scores"], one)[0] for one in inputs])
    difference = (np.abs(graph_scores - expected) / np.abs(expected).max(axis=1, keepdims=True)).max()
    print(f"scores of {len(clips)} recordings differ by at most {difference:.1e} of the largest score of a recording")
    of_graph = least_ms(lambda: session.run(None, inputs[0]), arguments.rounds)
    of_numpy = least_ms(lambda: recognizer.score(recognizer.encode(clips[:1]), candidates), arguments.rounds)
    print(
        f"one recording of {FRAMES} frames, {CANDIDATES} candidates: graph {of_graph:.1f} ms, NumPy {of_numpy:.1f} ms"
    )


if __name__ == "__main__":
    main()
