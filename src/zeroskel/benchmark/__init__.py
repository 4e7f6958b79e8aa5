"""The benchmark grid: a run file becomes cells, each selects and evaluates, results.jsonl keeps the records."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.benchmark._config import BenchmarkConfig
    from zeroskel.benchmark._results import read_folders, read_results
    from zeroskel.benchmark._run import run_benchmark
    from zeroskel.benchmark._run_file import BenchmarkRun, read_run_file

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_config": ["BenchmarkConfig"],
        "_results": ["read_folders", "read_results"],
        "_run": ["run_benchmark"],
        "_run_file": ["BenchmarkRun", "read_run_file"],
    },
)
