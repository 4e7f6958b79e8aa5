"""The only place where stages meet: features, cells, the benchmark grid, training, the recognizer."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zeroskel.pipeline.benchmark import BenchmarkConfig, run_benchmark
    from zeroskel.pipeline.explanation import Explanation
    from zeroskel.pipeline.prediction import Candidates, Prediction
    from zeroskel.pipeline.recognizer import ZeroShotRecognizer
    from zeroskel.pipeline.streaming import Stream, StreamPrediction
    from zeroskel.pipeline.training import TrainingConfig, train_bundle

_HOMES = {
    "BenchmarkConfig": "zeroskel.pipeline.benchmark",
    "run_benchmark": "zeroskel.pipeline.benchmark",
    "Candidates": "zeroskel.pipeline.prediction",
    "Explanation": "zeroskel.pipeline.explanation",
    "Prediction": "zeroskel.pipeline.prediction",
    "Stream": "zeroskel.pipeline.streaming",
    "StreamPrediction": "zeroskel.pipeline.streaming",
    "ZeroShotRecognizer": "zeroskel.pipeline.recognizer",
    "TrainingConfig": "zeroskel.pipeline.training",
    "train_bundle": "zeroskel.pipeline.training",
}

__all__ = [
    "BenchmarkConfig",
    "Candidates",
    "Explanation",
    "Prediction",
    "Stream",
    "StreamPrediction",
    "TrainingConfig",
    "ZeroShotRecognizer",
    "run_benchmark",
    "train_bundle",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'zeroskel.pipeline' has no attribute {name!r}")
