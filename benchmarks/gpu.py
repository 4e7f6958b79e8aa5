"""Measure what runs on a GPU, that it gives the CPU's numbers, and how long it takes there: figures of docs/scale.md.

    python benchmarks/gpu.py --json docs/results/gpu.json

Exits with 1 where a GPU gives other numbers. Each ratio is of two ways that ran in turn in this one process.
"""

import argparse
import inspect
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from parts.plain_stgcn import PlainSTGCN
from parts.rows import time_in_turn
from parts.stgcn import CASES, CLASSES, FRAMES, apart, trained_network, ways_of_inference
from zeroskel import align
from zeroskel.encoders import PretrainedSTGCN

BATCH, STEP = 1024, 128  # sequences of a batch of inference; the published training step
CLOSE, CLOSE_TRAINED = 1e-4, 0.99  # largest relative difference of features; least correlation of scores
NTU_SEQUENCES = 8_192  # of the pre-training that is measured
NTU60_TRAINING = 33_000


def main() -> None:
    """Measure the requested parts on a GPU."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--only", help="parts, with commas")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("no GPU that torch can use; expected one, see docs/scale.md")
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    figures: dict[str, Any] = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__}
    print(f"{figures['gpu']}, torch {figures['torch']}; float32 products in float32, not in TF32")
    parts: dict[str, Callable[[], Any]] = {
        "methods": methods, "inference": inference, "step": step, "pretraining": pretraining, "kite": kite
    }  # fmt: skip
    for name in parts if arguments.only is None else arguments.only.split(","):
        figures[name] = parts[name]()
        figures["gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    other = [row["method"] for row in figures.get("methods", ()) if row["correlation"] < CLOSE_TRAINED]
    if other:
        raise SystemExit(f"other scores than on the CPU: {', '.join(other)}")


def methods() -> list[dict[str, Any]]:
    """Each method that has a device, trained on both with the same seed: how its scores correlate.

    Without dropout, which each device draws for itself.
    """
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(24, 384)).astype(np.float32)
    labels = np.arange(400) % 20
    features = (texts[labels, :256] + rng.normal(size=(400, 256))).astype(np.float32)
    masked = features[None] + rng.normal(scale=0.3, size=(2, *features.shape)).astype(np.float32)
    rows = []
    for method in align.available():
        options = inspect.signature(align.method_class(method)).parameters
        if "device" not in options:
            continue
        wanted = {"epochs": 3, "align_epochs": 1, "dropout": 0.0}
        short = {name: value for name, value in wanted.items() if name in options}
        scores, seconds, fault = {}, {}, ""
        for device in ("cpu", "cuda"):
            start = time.perf_counter()
            aligner = align.create(method, device=device, **short)
            try:
                aligner.fit(features, labels, texts[:20], masked)
                aligner.fit_candidates(texts[20:])
                scores[device] = aligner.score_classes(features, texts[20:])
            except RuntimeError as error:
                fault = f"; {device}: {error}".splitlines()[0]
                scores[device] = np.zeros((len(features), 4), np.float32)
            seconds[device] = round(time.perf_counter() - start, 2)
        correlation = 0.0 if fault else float(np.corrcoef(scores["cpu"].ravel(), scores["cuda"].ravel())[0, 1])
        rows.append({"method": method, "correlation": correlation, "seconds": seconds})
        print(f"{method}: correlation of scores {correlation:.6f}, {seconds}{fault}", flush=True)
    return rows


def inference() -> list[dict[str, Any]]:
    """Sequences a second of the plain module and of ours, in float32 and bfloat16."""
    rows = []
    for layout, bodies in CASES:
        network = trained_network(layout, bodies)
        batch = torch.randn(BATCH, 3, FRAMES, len(network.layout.joints), bodies)
        expected = PlainSTGCN(network).eval()(batch[:64]).detach()
        network, batch = network.cuda(), batch.cuda()
        ways = ways_of_inference(network)
        with torch.inference_mode():
            error, short_error = (apart(ways[name](batch)[:64].cpu(), expected) for name in ("float32", "bfloat16"))
            if error > CLOSE:
                raise SystemExit(f"{layout}: features of the GPU differ by {error:.1e} from those of the CPU")
            calls = {name: lambda way=way, batch=batch: way(batch) for name, way in ways.items()}
            seconds = time_in_turn(calls, 10, 3, torch.cuda.synchronize)
        rate = {name: round(BATCH / value) for name, value in seconds.items()}
        row = {"layout": layout, "bodies": bodies, "a_second": rate, "apart": error, "bfloat16_apart": short_error}
        rows.append(row)
        print(f"inference, {row}", flush=True)
    return rows


def step() -> list[dict[str, Any]]:
    """Milliseconds of a training step, plain and ours, float32 and with bfloat16 where torch holds it safe."""
    rows = []
    for layout, bodies in CASES:
        network = trained_network(layout, bodies).cuda().train()
        batch = torch.randn(STEP, 3, FRAMES, len(network.layout.joints), bodies).cuda()
        target, head = torch.randint(0, CLASSES, (STEP,)).cuda(), nn.Linear(network.embed_dim, CLASSES).cuda()
        ways = {"plain": PlainSTGCN(network).train(), "ours": network}

        def train(way: nn.Module, mixed: bool, head: nn.Module = head, batch=batch, target=target) -> None:
            way.zero_grad()
            with torch.autocast("cuda", torch.bfloat16, enabled=mixed):
                loss = nn.functional.cross_entropy(head(way(batch)), target)
            loss.backward()

        calls = {
            f"{name}, {'bfloat16' if mixed else 'float32'}": lambda way=way, mixed=mixed: train(way, mixed)
            for name, way in ways.items()
            for mixed in (False, True)
        }
        seconds = time_in_turn(calls, 10, 3, torch.cuda.synchronize)
        row = {"layout": layout, "bodies": bodies, "ms": {name: round(1000 * s, 1) for name, s in seconds.items()}}
        rows.append(row)
        print(f"training step of {STEP}, {row}", flush=True)
    return rows


def pretraining() -> list[dict[str, Any]]:
    """Measure an epoch of pre-training at the size of NTU, augmented on the CPU, in milliseconds per sequence."""
    rng = np.random.default_rng(0)
    batches = rng.normal(size=(NTU_SEQUENCES, 3, FRAMES, 25, 2)).astype(np.float32)
    labels = rng.integers(0, CLASSES, NTU_SEQUENCES)
    rows = []
    for batch_size in (32, 128):
        seconds = []
        for epochs in (1, 2):
            encoder = PretrainedSTGCN("ntu-25", epochs=epochs, batch_size=batch_size, device="cuda")
            start = time.perf_counter()
            encoder.fit(batches, labels)
            seconds.append(time.perf_counter() - start)
        each = 1000 * (seconds[1] - seconds[0]) / NTU_SEQUENCES
        rows.append({"batch_size": batch_size, "ms_a_sequence_and_epoch": round(each, 3)})
        print(f"pre-training, {rows[-1]}", flush=True)
    return rows


def kite() -> dict[str, Any]:
    """Kite on as many sequences as train in NTU-60, its networks on either."""
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(CLASSES, 2 * 384)).astype(np.float32)
    labels = rng.integers(0, CLASSES, NTU60_TRAINING)
    features = (texts[labels, :512] + rng.normal(size=(NTU60_TRAINING, 512))).astype(np.float32)
    seconds = {}
    for device in ("cuda", "cpu"):
        start = time.perf_counter()
        align.create("kite", device=device, text_blocks=(384, 384)).fit(features, labels, texts)
        seconds[device] = round(time.perf_counter() - start, 1)
        print(f"kite, {NTU60_TRAINING} sequences, {device}: {seconds[device]} s", flush=True)
    return {"sequences": NTU60_TRAINING, "seconds": seconds}


if __name__ == "__main__":
    main()
