"""From scores to probabilities."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from zeroskel.core._rows import unit_rows


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities.

        p(a | one of the list) = softmax_a(z)        z_a = s_a / t + b e_a
        p(one of the list)     = sigmoid(w . [1, max z, log mean exp z, log A])
        e_a                    = v . [1, nearest, mean, log n, log n nearest, log n mean]

    t: temperature (Guo et al., "On calibration of modern neural networks", ICML 2017). e_a: evidence, in nats, of n
    examples of the action: the logarithm of how many times likelier their cosines with the motion (the nearest one's,
    that of their mean) are for a motion of the same class than of another; 0 for an action without examples. All are
    fitted by `fit_calibration`.

    Attributes:
        temperature: t.
        presence: w.
        evidence: v.
        evidence_share: b.
        centre: (D,) mean of the training features, from which cosines are measured.
        recordings, classes: what it was fitted on.
    """

    temperature: float
    presence: tuple[float, ...]
    evidence: tuple[float, ...]
    evidence_share: float
    centre: tuple[float, ...]
    recordings: int
    classes: int

    def logits(self, scores: np.ndarray, evidence: np.ndarray | None = None) -> np.ndarray:
        """z (N, A) of scores (N, A) and what `evidence_of` says."""
        scaled: np.ndarray = scores / self.temperature
        return scaled if evidence is None else scaled + self.evidence_share * evidence

    def presences(self, logits: np.ndarray) -> np.ndarray:
        """(N,) probability that one of the listed actions happens."""
        strength = list_facts(logits) @ np.array(self.presence)
        shares: np.ndarray = 1 / (1 + np.exp(-np.clip(strength, -500, 500)))
        return shares

    def evidence_of(self, features: np.ndarray, examples: Mapping[int, np.ndarray], actions: int) -> np.ndarray:
        """e (N, A) of features (N, D) from examples: place of an action -> its (n, D) features."""
        found = np.zeros((len(features), actions))
        for place, own in examples.items():
            facts = example_facts(features - np.array(self.centre), own - np.array(self.centre))
            found[:, place] = facts @ np.array(self.evidence)
        return found

    def to_config(self) -> dict[str, Any]:
        """Attributes as JSON-able values."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Calibration":
        """The inverse of `to_config`; KeyError, TypeError or ValueError for anything else."""
        return cls(
            temperature=float(config["temperature"]),
            presence=tuple(map(float, config["presence"])),
            evidence=tuple(map(float, config["evidence"])),
            evidence_share=float(config["evidence_share"]),
            centre=tuple(map(float, config["centre"])),
            recordings=int(config["recordings"]),
            classes=int(config["classes"]),
        )


def log_sum(logits: np.ndarray) -> np.ndarray:
    """(N,) log of the sum of exp z over each row of z (N, A); -inf counts nothing."""
    most = logits.max(axis=1, keepdims=True)
    total: np.ndarray = most[:, 0] + np.log(np.exp(logits - most).sum(axis=1))
    return total


def list_facts(logits: np.ndarray) -> np.ndarray:
    """(N, 4) [1, max z, log mean exp z, log A] of z (N, A); what is not on a list is -inf."""
    count = np.log(np.isfinite(logits).sum(axis=1))
    return np.stack([np.ones(len(logits)), logits.max(axis=1), log_sum(logits) - count, count], axis=1)


def example_facts(features: np.ndarray, examples: np.ndarray) -> np.ndarray:
    """(N, 6) [1, nearest, mean, log n, log n nearest, log n mean] of cosines.

    Args:
        features: (N, D), centred.
        examples: (n, D) of one action, centred.
    """
    rows, own = unit_rows(features), unit_rows(examples)
    nearest, mean = (rows @ own.T).max(axis=1), rows @ unit_rows(own.mean(axis=0, keepdims=True))[0]
    count = np.full(len(rows), np.log(len(own)))
    return np.stack([np.ones(len(rows)), nearest, mean, count, count * nearest, count * mean], axis=1)
