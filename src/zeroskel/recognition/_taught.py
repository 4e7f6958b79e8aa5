"""Evidence of the example recordings that a bundle holds for the actions of a list."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zeroskel.recognition._calibration import Calibration

MARGIN = 2.0  # nats by which a taught name wins on its own example
LIKE, SAME = 0.6, 0.9  # cosines with an example: from LIKE on a motion resembles it, at SAME it is the same motion


@dataclass(frozen=True, eq=False)
class Taught:
    """Examples of some actions of a list of A actions.

    Words alone may fit another action of the list better than the one that an example was given for. `lacking` is what
    the words and the evidence of the examples lack on the example itself, so that the taught name wins; a motion that
    is almost the same gets it, one that is only alike gets a part of it:

        c_a = max over examples i of a of k(cos(x, x_i)) d_i        d_i = max(0, m + max over b != a of z_b - z_a)

    x are the features of a motion and x_i those of example i, both minus the centre of the calibration. z are the
    logits of example i, as in `Calibration`, and m is 2 nats. k rises linearly from 0 at a cosine of 0.6 to 1 at 0.9.
    The formula is ours; docs/tried.md compares it with others.

    Args:
        calibration: turns scores into logits.
        features: index of an action -> (n, D) features of its examples.
        lacking: index of an action -> (n,) d of its examples, in nats.
        actions: A.
    """

    calibration: Calibration
    features: dict[int, np.ndarray]
    lacking: dict[int, np.ndarray]
    actions: int

    @classmethod
    def of(
        cls,
        calibration: Calibration,
        features: dict[int, np.ndarray],
        actions: int,
        scores_of: Callable[[np.ndarray], np.ndarray],
    ) -> "Taught":
        """Return the examples after scoring them with `scores_of`: features (n, D) -> scores (n, A) by words alone."""
        taught = cls(calibration, features, {action: np.zeros(len(rows)) for action, rows in features.items()}, actions)
        if not features or actions < 2:
            return taught
        rows = np.concatenate(list(features.values()))
        labels = np.repeat(list(features), [len(rows) for rows in features.values()])
        logits = taught.logits(rows, scores_of(rows))
        taught_logits = logits[np.arange(len(rows)), labels]
        logits[np.arange(len(rows)), labels] = -np.inf
        lacking = np.maximum(0, MARGIN + logits.max(axis=1) - taught_logits)
        return cls(calibration, features, {action: lacking[labels == action] for action in features}, actions)

    def logits(self, features: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return the logits (N, A) of motions, for their features (N, D) and their scores (N, A) by words."""
        evidence, cosines = self.calibration.evidence_of(features, self.features, self.actions)
        logits = self.calibration.logits(scores, evidence)
        for action, of_examples in cosines.items():
            shares = np.clip((of_examples - LIKE) / (SAME - LIKE), 0, 1)
            logits[:, action] += (shares * self.lacking[action]).max(axis=1)
        return logits
