"""Time and peak memory of each stage at 1, 2, 4 and 8 times the sequences, each in a separate process."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import align, encoders
from zeroskel.core import SkeletonSequence
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._container_writing import write_container
from zeroskel.datasets.synthetic import NOTICE, action_names, generate_dataset
from zeroskel.features._store import FeatureStore

STAGES = ("prepare", "batches", "features", "training", "scoring")
FITTED_ON, TRAINING_EPOCHS, CANDIDATES = 1_000, 2, 60
DIFFERENT = 252  # synthetic recordings that are written repeatedly, so that their generation is not measured


class Repeated:
    """A long list of sequences that repeats a short one without storing a sequence twice."""

    def __init__(self, few: SkeletonDataset, count: int) -> None:
        self.few, self.count = few.sequences, count
        self.layout, self.bodies = few.layout, few.bodies
        self.fingerprint = f"repeated-{count}-{few.fingerprint}"
        rows = np.arange(count) % len(few)
        self.frames, self.missing = few.sequences.frames[rows], few.sequences.missing[rows]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> SkeletonSequence:
        return self.few[index % len(self.few)]


def repeated_dataset(count: int) -> SkeletonDataset:
    """Return a dataset of `count` synthetic recordings."""
    sequences, labels, subjects, names = generate_dataset(subjects=3, repetitions=1, seed=0)
    few = SkeletonDataset(sequences[:DIFFERENT], labels[:DIFFERENT], subjects[:DIFFERENT], names, notice=NOTICE)
    rows = np.arange(count) % DIFFERENT
    return SkeletonDataset(
        Repeated(few, count), few.labels[rows], few.subjects[rows], names, name="scale", notice=NOTICE
    )


def run_stage(stage: str, count: int, folder: Path) -> dict[str, float]:
    """Run one stage in this process and return its seconds and its peak memory in megabytes.

    Pages of mapped files do not count: the system reclaims them when it needs memory.
    """
    with watched_memory() as peak:
        seconds = _seconds_of(stage, count, folder)
    return {"seconds": seconds, "megabytes": peak[0]}


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Watch the anonymous memory of this process fifty times a second and yield its peak in megabytes."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            status = Path("/proc/self/status").read_text(encoding="utf-8")
            peak[0] = max(peak[0], int(status.split("RssAnon:")[1].split()[0]) / 1024)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _seconds_of(stage: str, count: int, folder: Path) -> float:
    container, cache = folder / f"container-{count}", folder / f"cache-{count}"
    start = time.perf_counter()
    if stage == "prepare":
        write_container(repeated_dataset(count), container)
    elif stage == "batches":
        _ = FeatureStore(SkeletonDataset.open(container), cache).batches
    elif stage == "features":
        store = FeatureStore(SkeletonDataset.open(container), cache)
        encoder = encoders.create("kinematic", store.preprocessing.layout)
        encoder.fit(store.batches[:FITTED_ON], store.dataset.labels[:FITTED_ON])
        start = time.perf_counter()
        np.save(folder / f"features-{count}.npy", store.encode_with(encoder, np.arange(count)))
        np.save(folder / f"labels-{count}.npy", store.dataset.labels)
    else:
        features = np.load(folder / f"features-{count}.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / f"labels-{count}.npy", allow_pickle=False)
        texts = np.random.default_rng(0).normal(size=(len(action_names()), 384)).astype(np.float32)
        smie = align.create("smie", epochs=100, stop_epoch=TRAINING_EPOCHS)
        if stage == "training":
            smie.fit(features, labels, texts)
        else:
            smie.fit(features[:FITTED_ON], labels[:FITTED_ON], texts)
            start = time.perf_counter()
            for part in np.array_split(np.arange(count), max(1, count // 4096)):
                smie.score_classes(features[part], texts[:CANDIDATES])
    return time.perf_counter() - start


def measure(sizes: tuple[int, ...], folder: Path, progress: Any = print) -> list[dict[str, Any]]:
    """Measure every stage at every size, and the slopes of time and memory over the number of sequences."""
    program = (
        "import json, sys; from pathlib import Path; from parts.scale import run_stage; "
        "print(json.dumps(run_stage(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))"
    )
    points_of: dict[str, list[dict[str, float]]] = {stage: [] for stage in STAGES}
    for count in sizes:
        for stage in STAGES:
            progress(f"{stage}, {count:,} sequences")
            done = subprocess.run(
                [sys.executable, "-c", program, stage, str(count), str(folder)],
                check=True,
                capture_output=True,
                text=True,
                cwd=Path(__file__).resolve().parent.parent,
            )
            points_of[stage].append({"sequences": count, **json.loads(done.stdout.splitlines()[-1])})
        for path in folder.glob(f"*-{count}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return [
        {"stage": stage, "sizes": points, "slope": slope(points, "seconds"), "memory_slope": slope(points, "megabytes")}
        for stage, points in points_of.items()
    ]


def slope(points: list[dict[str, float]], measure_name: str) -> float:
    """Return the slope of the straight line through the logarithms."""
    x = np.log([point["sequences"] for point in points])
    return float(np.polyfit(x, np.log([point[measure_name] for point in points]), 1)[0])
