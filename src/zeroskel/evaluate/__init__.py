"""Scores of candidates become numbers under a named protocol: metrics, calibration of GZSL, statistics."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
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

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_gate": ["SeenUnseenGate"],
        "_metrics": [
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
            "settling_share",
        ],
        "_stacking": [
            "SeenUnseenCurve",
            "area_under_curve",
            "best_gamma",
            "calibrated_stacking",
            "seen_unseen_curve",
        ],
        "_statistics": ["bootstrap_interval", "holm", "paired_test"],
    },
)
