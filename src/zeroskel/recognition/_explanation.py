"""Explanation: when, and by which parts of the body, an action was recognised."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from zeroskel.core import InputError, SkeletonSequence, get_layout
from zeroskel.core._vocabulary import vocabulary
from zeroskel.features._encoded_split import OBSERVED_SHARES
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._prediction import Candidates, Prediction, rounded_number
from zeroskel.recognition._reasons import measured_quantities, reasons
from zeroskel.recognition._shown import shown
from zeroskel.recognition._stillness import with_stillness
from zeroskel.skeleton import make_batch
from zeroskel.skeleton.transforms import observe_first

STRETCHES = 10  # of equal length, into which a sequence is divided
MIN_PROBABILITY = 1e-12  # distance of probabilities from 0 and 1


@dataclass(frozen=True, eq=False)
class Explanation:
    """Contributions of time and body parts to a prediction, in nats, and what the motion shows, in words.

        i(a) = log p(a | motion) + log A        o(a) = log p(a | motion) / (1 - p(a | motion))

    i is the information about the action. It is 0 for a chance guess among A actions and log A for certainty. o is the
    log-odds, which still shows differences where the action is certain.

    Args:
        prediction: prediction for the whole sequence.
        action: the action that is explained.
        seconds: (n,) how much of the sequence was observed.
        information: (n, A) i of each action when only the first frames, up to that time, are observed.
        moments: (m, 2) start and end in seconds of stretches of equal length.
        moment_information: (m,) decrease of o of the action when the body moves evenly from the stretch's start to its
            end instead; negative where o increases.
        parts: body part ("left arm" …) -> decrease of o when the part is held at its mean position.
        quantities: quantity of the movement vocabulary ("arm_side" …) -> by how much it raises the log-odds of the
            action against the best other one, the largest amounts first, negative where it speaks for the rival; empty
            for a bundle whose method does not compare quantities.
        rival: the best other action, with which the quantities and reasons compare the action.
        shown: what the motion shows, in at most six phrases with measured durations and amounts, the most telling
            first; empty for a bundle whose encoder is not "movement".
        speaks_for: what the motion shows that speaks for the action and against its rival, the strongest first; at most
            four phrases. Empty where there are no quantities.
        speaks_against: the same for what speaks for the rival.

    Example:
        >>> from zeroskel import ZeroShotRecognizer
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> recognizer = ZeroShotRecognizer.load("default")
        >>> explanation = recognizer.explain(generate_sequence("squat", seed=900), ["squat", "clap hands"])
        >>> explanation.action, explanation.information.shape
        ('squat', (10, 2))
        >>> explanation.shown[0]
        'standing, then sitting or squatting for 1.2 s, then standing'
        >>> "hips sinking" in explanation.speaks_for, explanation.rival
        (True, 'clap hands')
        >>> sorted(explanation.parts)
        ['head', 'left arm', 'left leg', 'right arm', 'right leg', 'torso']
    """

    prediction: Prediction
    action: str
    seconds: np.ndarray
    information: np.ndarray
    moments: np.ndarray
    moment_information: np.ndarray
    parts: dict[str, float]
    quantities: dict[str, float]
    rival: str
    shown: tuple[str, ...]
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]

    def to_dict(self, *, decimals: int | None = None) -> dict[str, Any]:
        """Return the explanation and its prediction as a dictionary that `json.dumps` accepts.

        Args:
            decimals: number of decimals of all numbers; None keeps them as they are.

        Returns:
            The keys of `Prediction.to_dict`, and "action", "observed_seconds", "information", "moments",
            "moment_information", "parts", "quantities", "rival", "shown", "speaks_for" and "speaks_against".
        """

        def numbers(array: np.ndarray) -> Any:
            return (array if decimals is None else array.astype(float).round(decimals)).tolist()

        def named(amounts: dict[str, float]) -> dict[str, float]:
            return {name: rounded_number(amount, decimals) for name, amount in amounts.items()}

        return {
            **self.prediction.to_dict(decimals=decimals),
            "action": self.action,
            "observed_seconds": numbers(self.seconds),
            "information": numbers(self.information),
            "moments": numbers(self.moments),
            "moment_information": numbers(self.moment_information),
            "parts": named(self.parts),
            "quantities": named(self.quantities),
            "rival": self.rival,
            "shown": list(self.shown),
            "speaks_for": list(self.speaks_for),
            "speaks_against": list(self.speaks_against),
        }


def explain(bundle: Bundle, sequence: SkeletonSequence, candidates: Candidates, action: str | None) -> Explanation:
    """Return the explanation that `ZeroShotRecognizer.explain` promises."""
    if len(candidates.actions) < 2:
        raise InputError(f"There is {len(candidates.actions)} action. An explanation compares two or more.")
    features = bundle.encode([sequence])
    (prediction,) = with_stillness(bundle, [sequence], candidates, bundle.score(features, candidates))
    action = prediction.best if action is None else action
    if action not in candidates.actions:
        raise InputError(f"Cannot explain action {action!r}. Expected one of {', '.join(candidates.actions)}.")
    beginnings = [observe_first(sequence, share) for share in OBSERVED_SHARES]
    explained = candidates.actions.index(action)
    rival = _best_other(prediction, explained)
    odds_losses = _odds_losses(bundle, sequence, candidates, explained)
    quantities = _quantities(bundle, features, candidates, explained, rival)
    measured = measured_quantities(bundle, features)
    speaks_for, speaks_against = reasons(quantities, measured)
    edges = np.linspace(0, sequence.frames / sequence.fps, STRETCHES + 1)
    parts = get_layout(bundle.layout).parts
    return Explanation(
        prediction=prediction,
        action=action,
        seconds=np.array([beginning.frames / sequence.fps for beginning in beginnings]),
        information=_information(bundle, beginnings, candidates),
        moments=np.stack([edges[:-1], edges[1:]], axis=1),
        moment_information=odds_losses[:STRETCHES],
        parts={name.replace("_", " "): float(loss) for name, loss in zip(parts, odds_losses[STRETCHES:], strict=True)},
        quantities=quantities,
        rival=candidates.actions[rival],
        shown=shown(bundle, sequence, measured),
        speaks_for=speaks_for,
        speaks_against=speaks_against,
    )


def _best_other(prediction: Prediction, action: int) -> int:
    """Return the action with the highest score but the given one."""
    scores = prediction.scores.astype(np.float64)
    scores[action] = -np.inf
    return int(scores.argmax())


def _quantities(
    bundle: Bundle, features: np.ndarray, candidates: Candidates, action: int, rival: int
) -> dict[str, float]:
    """Return what each quantity says for an action against its rival, in the unit of log-odds."""
    evidence = bundle.aligner.evidence(features, candidates.embeddings)
    if evidence is None:
        return {}
    temperature = 1.0 if bundle.calibration is None else bundle.calibration.temperature
    differences = (evidence[0, action] - evidence[0, rival]) / temperature
    names = vocabulary().names
    order = np.argsort(-np.abs(differences), kind="stable")
    return {names[index]: float(differences[index]) for index in order}


def _information(bundle: Bundle, beginnings: list[SkeletonSequence], candidates: Candidates) -> np.ndarray:
    """Return i (n, A) for n sequences; 0 where nothing is observed."""
    information = np.zeros((len(beginnings), len(candidates.actions)))
    observed = [index for index, beginning in enumerate(beginnings) if beginning.observed.any()]
    features = bundle.encode([beginnings[index] for index in observed])
    information[observed] = np.log(_probabilities(bundle, features, candidates)) + np.log(len(candidates.actions))
    return information


def _odds_losses(bundle: Bundle, sequence: SkeletonSequence, candidates: Candidates, action: int) -> np.ndarray:
    """Return the decrease of o of an action for each stretch that is evened out, then for each body part held still."""
    whole = make_batch([sequence], bundle.preprocessing)
    edges = np.rint(np.linspace(0, whole.shape[2], STRETCHES + 1)).astype(int).tolist()
    masked = [_evened(whole, start, end) for start, end in pairwise(edges)]
    masked += [_held(whole, joints, bundle.layout) for joints in get_layout(bundle.layout).parts.values()]
    features = bundle.encoder.encode(np.concatenate([whole, *masked]))
    probabilities = _probabilities(bundle, features, candidates)[:, action]
    odds = np.log(probabilities) - np.log1p(-probabilities)
    return odds[0] - odds[1:]


def _probabilities(bundle: Bundle, features: np.ndarray, candidates: Candidates) -> np.ndarray:
    """Return (N, A) probabilities that are neither 0 nor 1."""
    rows = [prediction.probabilities for prediction in bundle.score(features, candidates)]
    return np.clip(np.stack(rows, dtype=np.float64), MIN_PROBABILITY, 1 - MIN_PROBABILITY)


def _evened(batch: np.ndarray, start: int, end: int) -> np.ndarray:
    """Return (1, C, T, V, M) with frames start to end - 1 interpolated between neighbours; constant at a border."""
    masked, frames = batch.copy(), batch.shape[2]
    before, after = max(start - 1, 0), min(end, frames - 1)
    if start == 0:
        before = after
    if end >= frames:
        after = before
    shares = (np.arange(start, end) - before) / max(after - before, 1)
    shares = shares.astype(batch.dtype)[:, None, None]
    masked[:, :, start:end] = batch[:, :, [before]] * (1 - shares) + batch[:, :, [after]] * shares
    return masked


def _held(batch: np.ndarray, joints: tuple[str, ...], layout_name: str) -> np.ndarray:
    """Return (1, C, T, V, M) with some joints at their mean position relative to the pelvis."""
    layout, masked = get_layout(layout_name), batch.copy()
    pelvis = batch[:, :, :, layout.indices(layout.pelvis)].mean(axis=3, keepdims=True)
    columns = layout.indices(joints)
    relative = batch[:, :, :, columns] - pelvis
    masked[:, :, :, columns] = relative.mean(axis=2, keepdims=True) + pelvis
    return masked
