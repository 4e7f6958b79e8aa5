"""Scores and timelines become numbers under a named protocol: metrics, calibration of GZSL, statistics."""

from zeroskel.evaluate._average_precision import mean_average_precision
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
from zeroskel.evaluate._segments import frame_labels, label_segments
from zeroskel.evaluate._stacking import (
    SeenUnseenCurve,
    area_under_curve,
    best_gamma,
    calibrated_stacking,
    seen_unseen_curve,
)
from zeroskel.evaluate._statistics import bootstrap_interval, holm, paired_test
from zeroskel.evaluate._timelines import (
    TimelineResult,
    edit_score,
    evaluate_timelines,
    frame_accuracy,
    segmental_f1,
)

__all__ = [
    "GZSLResult",
    "SeenUnseenCurve",
    "SeenUnseenGate",
    "TimelineResult",
    "ZSLResult",
    "accuracy",
    "area_under_curve",
    "best_gamma",
    "bootstrap_interval",
    "calibrated_stacking",
    "confusion_matrix",
    "edit_score",
    "evaluate_gzsl",
    "evaluate_timelines",
    "evaluate_zsl",
    "frame_accuracy",
    "frame_labels",
    "harmonic_mean",
    "holm",
    "label_segments",
    "majority_accuracy",
    "mean_average_precision",
    "paired_test",
    "per_class_accuracy",
    "predictions",
    "seen_unseen_curve",
    "segmental_f1",
    "settling_share",
]
