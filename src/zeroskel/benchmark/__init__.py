"""The benchmark grid: a run file becomes cells, each selects and evaluates, results.jsonl keeps the records."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.benchmark.config import BenchmarkConfig
    from zeroskel.benchmark.results import read_folders, read_results
    from zeroskel.benchmark.run import run_benchmark
    from zeroskel.benchmark.run_file import BenchmarkRun, read_run_file

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["BenchmarkConfig"],
        "results": ["read_folders", "read_results"],
        "run": ["run_benchmark"],
        "run_file": ["BenchmarkRun", "read_run_file"],
    },
)
