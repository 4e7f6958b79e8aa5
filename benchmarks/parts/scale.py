"""Time and peak memory of each stage at 1, 2, 4 and 8 times the sequences, each in a process of its own."""

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
from zeroskel.datasets.synthetic import NOTICE, action_names, generate_dataset
from zeroskel.datasets.writing import write_container
from zeroskel.features.store import FeatureStore

STAGES = ("prepare", "batches", "features", "training", "scoring")
FITTED_ON, TRAINING_EPOCHS, CANDIDATES = 1_000, 2, 60
DIFFERENT = 252  # synthetic recordings that are written again and again, so that making them is not measured


class Repeated:
    """So many sequences out of a few, none of them stored twice."""

    def __init__(self, few: SkeletonDataset, count: int) -> None:
        self.few, self.count = few.sequences, count
        self.layout, self.bodies = few.layout, few.bodies
        self.fingerprint = f"repeated-{count}-{few.fingerprint}"
        places = np.arange(count) % len(few)
        self.frames, self.missing = few.sequences.frames[places], few.sequences.missing[places]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int, /) -> SkeletonSequence:
        return self.few[index % len(self.few)]


def repeated_dataset(count: int) -> SkeletonDataset:
    """Synthetic recordings, `count` of them."""
    sequences, labels, subjects, names = generate_dataset(subjects=3, repetitions=1, seed=0)
    few = SkeletonDataset(sequences[:DIFFERENT], labels[:DIFFERENT], subjects[:DIFFERENT], names, notice=NOTICE)
    places = np.arange(count) % DIFFERENT
    return SkeletonDataset(
        Repeated(few, count), few.labels[places], few.subjects[places], names, name="scale", notice=NOTICE
    )


def run_stage(stage: str, count: int, folder: Path) -> dict[str, float]:
    """Do one stage, in this process; seconds, and megabytes of its own at the most.

    Pages of mapped files are not its own: the system takes them back when it needs them.
    """
    with watched_memory() as peak:
        seconds = _seconds_of(stage, count, folder)
    return {"seconds": seconds, "megabytes": peak[0]}


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """The most megabytes of anonymous memory so far, looked at fifty times a second."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            told = Path("/proc/self/status").read_text(encoding="utf-8")
            peak[0] = max(peak[0], int(told.split("RssAnon:")[1].split()[0]) / 1024)

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
    """Every stage at every size, with the slope of time and of memory over the number of sequences."""
    program = (
        "import json, sys; from pathlib import Path; from parts.scale import run_stage; "
        "print(json.dumps(run_stage(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))"
    )
    found: dict[str, list[dict[str, float]]] = {stage: [] for stage in STAGES}
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
            found[stage].append({"sequences": count, **json.loads(done.stdout.splitlines()[-1])})
        for left in folder.glob(f"*-{count}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    return [
        {"stage": stage, "sizes": points, "slope": slope(points, "seconds"), "memory_slope": slope(points, "megabytes")}
        for stage, points in found.items()
    ]


def slope(points: list[dict[str, float]], what: str) -> float:
    """Of the straight line through the logarithms."""
    x = np.log([point["sequences"] for point in points])
    return float(np.polyfit(x, np.log([point[what] for point in points]), 1)[0])
