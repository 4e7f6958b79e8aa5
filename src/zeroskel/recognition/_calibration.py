"""Calibration: probabilities from scores."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp

from zeroskel.core._rows import unit_rows


@dataclass(frozen=True)
class Calibration:
    """Parameters that turn scores into probabilities.

        p(a | one of the list) = softmax_a(z)        z_a = s_a / t + b e_a
        p(one of the list)     = sigmoid(w . [1, max z, log mean exp z, log A])
        e_a                    = v . [1, nearest, mean, log n, log n nearest, log n mean]

    t is the temperature (Guo et al., "On calibration of modern neural networks", ICML 2017). e_a is the evidence of n
    examples of action a, in nats: the logarithm of a likelihood ratio, of the cosines between the motion and the
    examples (with the nearest one, and with their mean) for a motion of the same class against another class. It is 0
    for an action without examples. `fit_calibration` fits all parameters.

    Args:
        temperature: t.
        presence: w, four weights.
        evidence: v, six weights.
        evidence_share: b.
        centre: (D,) mean of the training features, which is subtracted before cosines are taken.
        recordings: number of recordings that the calibration was fitted on.
        classes: number of classes that the calibration was fitted on.
    """

    temperature: float
    presence: tuple[float, ...]
    evidence: tuple[float, ...]
    evidence_share: float
    centre: tuple[float, ...]
    recordings: int
    classes: int

    def logits(self, scores: np.ndarray, evidence: np.ndarray | None = None) -> np.ndarray:
        """Return z (N, A) for scores (N, A) and the evidence (N, A) of examples."""
        scaled = scores / self.temperature
        return scaled if evidence is None else scaled + self.evidence_share * evidence

    def presences(self, logits: np.ndarray) -> np.ndarray:
        """Return the probabilities (N,) that one of the listed actions happens, for z (N, A)."""
        return expit(presence_inputs(logits) @ np.array(self.presence))

    def evidence_of(self, features: np.ndarray, examples: Mapping[int, np.ndarray], actions: int) -> np.ndarray:
        """Return the evidence (N, A) for features (N, D).

        Args:
            features: (N, D) features of the motions.
            examples: index of an action -> (n, D) features of its examples.
            actions: A.
        """
        evidence = np.zeros((len(features), actions))
        for action, rows in examples.items():
            inputs = evidence_inputs(features - np.array(self.centre), rows - np.array(self.centre))
            evidence[:, action] = inputs @ np.array(self.evidence)
        return evidence

    def to_config(self) -> dict[str, Any]:
        """Return the parameters as values that `json.dumps` accepts."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Calibration":
        """Return the calibration of `to_config`. Raise KeyError, TypeError or ValueError for other values."""
        return cls(
            temperature=float(config["temperature"]),
            presence=tuple(map(float, config["presence"])),
            evidence=tuple(map(float, config["evidence"])),
            evidence_share=float(config["evidence_share"]),
            centre=tuple(map(float, config["centre"])),
            recordings=int(config["recordings"]),
            classes=int(config["classes"]),
        )


def presence_inputs(logits: np.ndarray) -> np.ndarray:
    """Return (N, 4) rows [1, max z, log mean exp z, log A] for z (N, A), which is -inf for actions not on the list."""
    count = np.log(np.isfinite(logits).sum(axis=1))
    return np.stack([np.ones(len(logits)), logits.max(axis=1), logsumexp(logits, axis=1) - count, count], axis=1)


def evidence_inputs(features: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """Return (N, 6) rows [1, nearest, mean, log n, log n nearest, log n mean] of cosines with examples.

    Args:
        features: (N, D) centred features of the motions.
        examples: (n, D) centred features of one action's examples.
    """
    rows, example_rows = unit_rows(features), unit_rows(examples)
    nearest = (rows @ example_rows.T).max(axis=1)
    mean = rows @ unit_rows(example_rows.mean(axis=0))
    count = np.full(len(rows), np.log(len(example_rows)))
    return np.stack([np.ones(len(rows)), nearest, mean, count, count * nearest, count * mean], axis=1)
