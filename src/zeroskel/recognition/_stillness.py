"""Stillness: whether a person hardly moves, and whether the text of an action allows that.

Predictions, timelines and streams share this rule: a person who hardly moves does none of the actions, except one that
allows stillness.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zeroskel.core import SkeletonSequence
from zeroskel.core._vocabulary import vocabulary
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._motion import Motion, motion_of
from zeroskel.recognition._prediction import Candidates, Prediction
from zeroskel.recognition._windows import STEP, rest_probabilities
from zeroskel.skeleton.transforms import _arrays
from zeroskel.text import class_embeddings, class_texts
from zeroskel.text._class_texts import MOVEMENT

HARDLY_MOVES = "the person hardly moves"
PRESENCE = 0.05  # at most, of actions that move while the person does not
_LEAST_SECONDS = 1.5  # a shorter stillness may be a pause within an action
_REACH = 0.25  # radii of a body, about 0.1 m
_NOISE = 0.08  # radii of a body
_ALIKE = 2.5  # noise and sway move all joints alike: times the median reach of the joints
_CLEAR = 0.2  # sizes of the person; a joint with a larger range moves, about three times _REACH
REST = 0.6  # probability of rest
_BODY = ("speed", "arm_moves", "leg_moves", "trunk_moves")  # quantities of the movement vocabulary
_STILL, _MOST_MOTION = 0.6, 0.3  # least of the quantity "still", and most of the motions, of an action that is still
_HEAD_MOVES = 0.4  # least of the quantity "head_moves" of an action of the head
_SURELY_STILL = 0.75  # of the quantity "still", however much moves before: a pose is taken first


def hardly_moves(motion: Motion) -> bool:
    """Return whether a person shows only the noise of a sensor and the sway of a body for 1.5 seconds or more.

    The person rests throughout, as timelines and streams judge rest by speed. No joint leaves its mean position by more
    than a quarter of the body's radius. A joint that leaves it by more than 0.08 radii is not far ahead of the others,
    as that of a hand or head that moves alone is.
    """
    if motion.frames < _LEAST_SECONDS * motion.fps:
        return False
    bound = max(_NOISE, _ALIKE * float(np.median(motion.reaches)))
    return bool(motion.reaches.max() <= min(_REACH, bound) and rest_probabilities(motion).min() >= REST)


def allows_stillness(bundle: Bundle, candidates: Candidates) -> np.ndarray:
    """Return the mask (A,) of the actions that a person who hardly moves may do.

    They are those whose text says that nearly nothing moves, in quantities of the movement vocabulary, or nothing but
    the head, which turns without moving a joint of most layouts; and those with examples. Where the texts of the bundle
    are not in this vocabulary, the names are read.
    """
    taught = np.isin(candidates.actions, () if bundle.examples is None else bundle.examples.labels)
    prompts, words = bundle.prompt.split("+"), vocabulary()
    if prompts[0] == MOVEMENT:
        embeddings = candidates.embeddings * np.sqrt(len(prompts))
    else:
        embeddings = class_embeddings(bundle.sentences, class_texts(candidates.actions, MOVEMENT))
    columns = [words.index(name) for name in ("still", "head_moves", *_BODY)]
    still, head, *body = (embeddings[:, columns] * words.scale[columns] + words.usual[columns]).T
    head_at_most = ((still >= _STILL) & (head <= _MOST_MOTION)) | (head >= _HEAD_MOVES)
    moves_little = head_at_most & (np.max(body, axis=0) <= _MOST_MOTION)
    return np.asarray(taught | moves_little | (still >= _SURELY_STILL))


def predicted(
    bundle: Bundle, sequences: Sequence[SkeletonSequence], candidates: Candidates, threshold: float | None = None
) -> list[Prediction]:
    """Return the predictions that `ZeroShotRecognizer.predict` promises."""
    predictions = bundle.score(bundle.encode(sequences), candidates, threshold=threshold)
    return with_stillness(bundle, sequences, candidates, predictions)


def with_stillness(
    bundle: Bundle, sequences: Sequence[SkeletonSequence], candidates: Candidates, predictions: Sequence[Prediction]
) -> list[Prediction]:
    """Return the predictions for sequences, with a low presence and a note for a person who hardly moves."""
    results = list(predictions)
    still = [index for index, sequence in enumerate(sequences) if _main_person_is_still(bundle, sequence)]
    allowed = allows_stillness(bundle, candidates) if still else np.zeros(0)
    for index in still:
        prediction = results[index]
        if prediction.presence is not None and not allowed[prediction.scores.argmax()]:
            results[index] = replace(prediction, presence=min(prediction.presence, PRESENCE), note=HARDLY_MOVES)
    return results


def _main_person_is_still(bundle: Bundle, sequence: SkeletonSequence) -> bool:
    """Return whether the person whom `predict` judges hardly moves; the motion is spared for a clear motion."""
    body = main_body(sequence)
    joints = sequence.joints[body]
    high, low = np.fmax.reduce(joints), np.fmin.reduce(joints)  # V, C; NaN where never observed
    if np.fmax.reduce(high - low, axis=None) > _CLEAR * np.fmax.reduce(np.fmax.reduce(high) - np.fmin.reduce(low)):
        return False
    return hardly_moves(motion_of(sequence.replace(sequence.joints[body : body + 1]), bundle.layout))


def still_stretches(rest: np.ndarray) -> list[tuple[int, int]]:
    """Return the first step and the step after the last one of each stretch of rest (S,) that is no mere pause."""
    edges = np.flatnonzero(np.diff(rest >= REST, prepend=False, append=False)).reshape(-1, 2)
    return [(start, end) for start, end in edges.tolist() if (end - start) * STEP >= _LEAST_SECONDS]


def main_body(sequence: SkeletonSequence) -> int:
    """Return the index of the body that `predict` judges: the one that moves most."""
    return int(_arrays.body_weights(sequence.joints[None])[0].argmax())
