"""Scores of candidates become numbers under a named protocol: metrics, calibration of GZSL, statistics."""

from zeroskel.evaluate._gate import SeenUnseenGate
from zeroskel.evaluate._metrics import (
    GZSLResult,
    ZSLResult,
    accuracy,
    confusion_matrix,
    evaluate_gzsl,
    evaluate_zsl,
    harmonic_mean,
    majority_accuracy,
    per_class_accuracy,
    predictions,
    settling_share,
)
from zeroskel.evaluate._stacking import (
    SeenUnseenCurve,
    area_under_curve,
    best_gamma,
    calibrated_stacking,
    seen_unseen_curve,
)
from zeroskel.evaluate._statistics import bootstrap_interval, holm, paired_test

__all__ = [
    "GZSLResult",
    "SeenUnseenCurve",
    "SeenUnseenGate",
    "ZSLResult",
    "accuracy",
    "area_under_curve",
    "best_gamma",
    "bootstrap_interval",
    "calibrated_stacking",
    "confusion_matrix",
    "evaluate_gzsl",
    "evaluate_zsl",
    "harmonic_mean",
    "holm",
    "majority_accuracy",
    "paired_test",
    "per_class_accuracy",
    "predictions",
    "seen_unseen_curve",
    "settling_share",
]
