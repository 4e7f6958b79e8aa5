"""The benchmark grid: a run file becomes cells, each selects and evaluates, results.jsonl keeps the records."""

from zeroskel.benchmark._config import BenchmarkConfig
from zeroskel.benchmark._results import read_folders, read_results
from zeroskel.benchmark._run import run_benchmark
from zeroskel.benchmark._run_file import BenchmarkRun, read_run_file

__all__ = ["BenchmarkConfig", "BenchmarkRun", "read_folders", "read_results", "read_run_file", "run_benchmark"]
