"""Description of a motion in words, as far as the encoder "movement" measures it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from zeroskel.core import SkeletonSequence, get_layout
from zeroskel.encoders._movement_course import Course, movement_course
from zeroskel.recognition._bundle import Bundle
from zeroskel.recognition._shown_arms import arm_phrases
from zeroskel.recognition._shown_body import body_phrases
from zeroskel.recognition._spans import Clock
from zeroskel.recognition._wording import LegLength, in_order
from zeroskel.skeleton import make_batch

_MOST = 6  # phrases
_FINEST = 480  # frames in which a long recording is measured
_SHORTEST_LEG, _LONGEST_LEG = 0.35, 1.3  # metres; recordings with other legs are not in metres
_STILL_PICTURE = 1 / 30  # seconds between the two equal frames in which a still picture is measured


def shown(bundle: Bundle, sequence: SkeletonSequence, measured: Mapping[str, float]) -> tuple[str, ...]:
    """Return what a motion shows in at most six short phrases, the most telling first.

    Durations, rates and angles are measured in the frames of the recording. What is not known, and what is
    unremarkable, is not said.

    Args:
        bundle: bundle whose preparation is used.
        sequence: motion, of which the first prepared body is described.
        measured: known quantities of the movement vocabulary; without them nothing is said.
    """
    if not measured:
        return ()
    frames = max(bundle.preprocessing.frames, min(sequence.frames, _FINEST))
    preprocessing = replace(bundle.preprocessing, frames=frames)
    batch = make_batch([sequence], preprocessing)[0, :3, ..., 0]  # C, T, V
    seconds = (sequence.frames - 1) / sequence.fps / max(frames - 1, 1)
    course = movement_course(batch.transpose(1, 2, 0), seconds or _STILL_PICTURE, get_layout(bundle.layout))
    unscaled = make_batch([sequence], replace(preprocessing, scale=False))[0, :3, ..., 0]
    leg = _leg_length(course, float(np.abs(unscaled).max() / np.abs(batch).max()))
    clock = Clock(frames, seconds)
    return in_order([*arm_phrases(course, clock, measured, leg), *body_phrases(course, clock, measured, leg)], _MOST)


def _leg_length(course: Course, metres: float) -> LegLength:
    """Return the length of a leg in metres, or as a unit of its own where the recording is in no metres.

    Args:
        course: measured course.
        metres: length of the course's unit in that of the recording.
    """
    length = course.leg * metres
    if course.observed["legs"] and course.observed["depth"] and _SHORTEST_LEG <= length <= _LONGEST_LEG:
        return LegLength(length, "m")
    return LegLength(1.0, "leg lengths")
