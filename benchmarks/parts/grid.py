"""A small grid: one cell at a time without caches, with caches, and in two processes."""

import json
import tempfile
import time
from pathlib import Path

from parts.rows import Row, duration_text
from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.datasets import synthetic_dataset

METHODS, SEEDS = ("smie", "ridge", "devise", "contrastive"), (0, 1)


def grid() -> list[Row]:
    """Compare the three ways to run the grid; all of them give the same results."""
    data = synthetic_dataset(subjects=4, repetitions=1)
    options = {"smie": {"epochs": 30}, "contrastive": {"epochs": 30}, "devise": {"epochs": 30}}

    def config(methods: tuple[str, ...], seeds: tuple[int, ...]) -> BenchmarkConfig:
        method_options = {name: values for name, values in options.items() if name in methods}
        return BenchmarkConfig(
            splits=("demo",), methods=methods, encoders=("kinematic",), seeds=seeds, options=method_options
        )

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        for method in METHODS:
            for seed in SEEDS:
                cell = config((method,), (seed,))
                run_benchmark([data], cell, folder / "apart", cache=folder / f"cache-{method}-{seed}")
        apart = time.perf_counter() - start
        seconds = {}
        for workers in (1, 2):
            start = time.perf_counter()
            run_benchmark(
                [data],
                config(METHODS, SEEDS),
                folder / f"together-{workers}",
                cache=folder / f"cache-{workers}",
                workers=workers,
            )
            seconds[workers] = time.perf_counter() - start
        written = {
            way: sorted((folder / way / "results.jsonl").read_text(encoding="utf-8").splitlines(), key=_without_time)
            for way in ("apart", "together-1", "together-2")
        }
        same = len({tuple(map(_without_time, lines)) for lines in written.values()}) == 1
    what = f"a grid of {len(METHODS)} methods x {len(SEEDS)} seeds, kinematic encoder, synthetic data"
    yardstick = f"one cell after the other without caches, {duration_text(apart)}"
    note = "same results" if same else "results differ"
    return [
        Row(
            f"{what}, with caches", yardstick, duration_text(seconds[1]), apart / seconds[1], "times as fast", note=note
        ),
        Row(
            f"{what}, two workers", yardstick, duration_text(seconds[2]), apart / seconds[2], "times as fast", note=note
        ),
    ]


def _without_time(line: str) -> str:
    record = json.loads(line)
    return json.dumps({key: value for key, value in record.items() if "second" not in key}, sort_keys=True)
