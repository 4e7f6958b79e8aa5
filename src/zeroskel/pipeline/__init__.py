"""The only place where stages meet: features, cells, the benchmark grid, training, the recognizer."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zeroskel.pipeline.benchmark import BenchmarkConfig, run_benchmark
    from zeroskel.pipeline.recognizer import Prediction, ZeroShotRecognizer
    from zeroskel.pipeline.training import TrainingConfig, train_bundle

_HOMES = {
    "BenchmarkConfig": "zeroskel.pipeline.benchmark",
    "run_benchmark": "zeroskel.pipeline.benchmark",
    "Prediction": "zeroskel.pipeline.recognizer",
    "ZeroShotRecognizer": "zeroskel.pipeline.recognizer",
    "TrainingConfig": "zeroskel.pipeline.training",
    "train_bundle": "zeroskel.pipeline.training",
}

__all__ = [
    "BenchmarkConfig",
    "Prediction",
    "TrainingConfig",
    "ZeroShotRecognizer",
    "run_benchmark",
    "train_bundle",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zeroskel.pipeline' has no attribute {name!r}")
