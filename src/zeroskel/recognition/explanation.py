"""When, and by which parts of the body, an action was known."""

from dataclasses import dataclass

import numpy as np

from zeroskel.core import InputError, SkeletonSequence, get_layout
from zeroskel.features.encoded_split import OBSERVED_SHARES
from zeroskel.recognition.prediction import Candidates, Prediction, Scorer
from zeroskel.skeleton import make_batch
from zeroskel.skeleton.transforms import observe_first

MOMENTS = 10
TINY = 1e-12  # nearer to 0 and 1 no probability is taken


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a prediction rests on, in nats.

        i(a) = log p(a | motion) + log A        o(a) = log p(a | motion) / (1 - p(a | motion))

    i is the information about the action: 0 is no more than chance among A actions, log A is certainty. o, its
    log-odds, goes on to tell differences where the action is certain.

    Attributes:
        prediction: of the whole sequence.
        action: the explained one.
        seconds: (n,) how much of the sequence was observed.
        information: (n, A) i of each action after so many seconds, from the frames up to then alone.
        moments: (m, 2) start and end, in seconds, of stretches of equal length.
        moment_information: (m,) what o of the action loses when the body passes evenly from the stretch's start to its
            end; below 0 where it gains.
        parts: body part ("left arm" …) -> what o loses when the part is held as it is on average.
    """

    prediction: Prediction
    action: str
    seconds: np.ndarray
    information: np.ndarray
    moments: np.ndarray
    moment_information: np.ndarray
    parts: dict[str, float]


def explain(recognizer: Scorer, sequence: SkeletonSequence, candidates: Candidates, action: str | None) -> Explanation:
    """As `ZeroShotRecognizer.explain`."""
    count = len(candidates.actions)
    if count < 2:
        raise InputError(f"{count} action; an explanation compares two or more")
    prediction = recognizer.score(recognizer.encode([sequence]), candidates)[0]
    action = prediction.best if action is None else action
    if action not in candidates.actions:
        raise InputError(f"action {action!r} is to be explained; expected one of {', '.join(candidates.actions)}")
    place = candidates.actions.index(action)

    def shares(features: np.ndarray) -> np.ndarray:
        """(N, A) probabilities."""
        found = [one.probabilities for one in recognizer.score(features, candidates)]
        return np.clip(np.stack(found, dtype=np.float64), TINY, 1 - TINY)

    first = [observe_first(sequence, share) for share in OBSERVED_SHARES]
    seen = np.array([part.observed.any() for part in first])
    over_time = np.zeros((len(first), count))
    over_time[seen] = np.log(
        shares(recognizer.encode([part for part, any_seen in zip(first, seen, strict=True) if any_seen]))
    ) + np.log(count)
    whole = make_batch([sequence], recognizer.preprocessing)
    parts = get_layout(recognizer.preprocessing.layout).parts
    masked = [_even_between(whole, *ends) for ends in _ends(whole.shape[2])]
    masked += [_held(whole, joints, recognizer.preprocessing.layout) for joints in parts.values()]
    asked = shares(recognizer.encoder.encode(np.concatenate([whole, *masked])))[:, place]
    odds = np.log(asked) - np.log1p(-asked)
    lost = odds[0] - odds[1:]
    duration = sequence.frames / sequence.fps
    edges = np.linspace(0, duration, MOMENTS + 1)
    return Explanation(
        prediction=prediction,
        action=action,
        seconds=np.array([part.frames / sequence.fps for part in first]),
        information=over_time,
        moments=np.stack([edges[:-1], edges[1:]], axis=1),
        moment_information=lost[:MOMENTS],
        parts={name.replace("_", " "): float(loss) for name, loss in zip(parts, lost[MOMENTS:], strict=True)},
    )


def _ends(frames: int) -> list[tuple[int, int]]:
    """First frame of each stretch and first frame after it."""
    edges = np.rint(np.linspace(0, frames, MOMENTS + 1)).astype(int)
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _even_between(batch: np.ndarray, start: int, end: int) -> np.ndarray:
    """(1, C, T, V, M) with frames start to end - 1 on a straight line between their neighbours; held at a border."""
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


def _held(batch: np.ndarray, joints: tuple[str, ...], layout: str) -> np.ndarray:
    """(1, C, T, V, M) with some joints where they are on average, as the pelvis sees them."""
    known, masked = get_layout(layout), batch.copy()
    pelvis = batch[:, :, :, known.indices(known.pelvis)].mean(axis=3, keepdims=True)
    own = known.indices(joints)
    relative = batch[:, :, :, own] - pelvis
    masked[:, :, :, own] = relative.mean(axis=2, keepdims=True) + pelvis
    return masked
