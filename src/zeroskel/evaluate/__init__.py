"""Scores of candidates turned into numbers under a named protocol."""

from zeroskel.evaluate.metrics import (
    accuracy,
    confusion_matrix,
    harmonic_mean,
    majority_accuracy,
    per_class_accuracy,
)
from zeroskel.evaluate.protocols import GZSLResult, ZSLResult, evaluate_gzsl, evaluate_zsl, predictions

__all__ = [
    "GZSLResult",
    "ZSLResult",
    "accuracy",
    "confusion_matrix",
    "evaluate_gzsl",
    "evaluate_zsl",
    "harmonic_mean",
    "majority_accuracy",
    "per_class_accuracy",
    "predictions",
]
