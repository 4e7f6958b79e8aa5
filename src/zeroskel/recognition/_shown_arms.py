"""Description of what arms and hands do in a motion, in words."""

from collections.abc import Iterator, Mapping

import numpy as np

from zeroskel.encoders._movement_course import Course
from zeroskel.recognition._paths import RepeatedPath, repeated_path
from zeroskel.recognition._spans import Clock
from zeroskel.recognition._wording import LegLength, Phrase, Side, phrase

_SIDES = ("left", "right")
_TOGETHER = 0.6  # share of the frames of either hand from which both hands count as doing the same
_UPRIGHT = 0.5  # cosine of the trunk's angle with the vertical from which heights of hands have names
_STRETCHED, _STRAIGHT = 0.7, 50.0  # reach in arm lengths and bend in degrees of a stretched arm
_STEADY = 0.5  # strength from which a repetition is clear
_LEAST_EXTENT = 0.15  # arm lengths from which a repeated movement is worth saying
_FAST, _FASTEST = 4.0, 12.0  # metres a second of a hand; more is the noise of a sensor
_FOLLOWS = 0.4  # share of the other hand's extent below which a hand only follows it
_SAME_RATE = 0.15  # relative difference of rates that count as equal
_LEVELS = (  # from the highest on: phrase, its words, seconds and share of the time that are worth saying
    ("hand_above_head", "above the head", 0.2, 0.08),
    ("hand_at_head_height", "at the height of the head", 0.3, 0.12),
    ("hand_at_shoulder_height", "at the height of the shoulder", 0.3, 0.15),
    ("hand_at_belly", "at the height of the belly", 0.5, 0.4),
)


def arm_phrases(course: Course, clock: Clock, measured: Mapping[str, float], leg: LegLength) -> list[Phrase]:
    """Return what arms and hands do.

    Args:
        course: measured course of the movement.
        clock: clock of the course.
        measured: known quantities of the movement vocabulary.
        leg: length of a leg.
    """
    return [
        *_heights(course, clock),
        *_contacts(course, clock),
        *_repetitions(course, measured),
        *_together(course, measured),
        *_strokes(measured),
        *_speed(course, measured, leg),
    ]


def _heights(course: Course, clock: Clock) -> Iterator[Phrase]:
    """Yield how high the hands are, and where stretched arms point."""
    above, upright = course.hand_above, (course.upright > _UPRIGHT)[:, None]
    over = np.where(np.isnan(above["head"]), above["neck"] > 0.75, above["head"] > 0.3)
    masks = [over, above["neck"] > 0.2, above["neck"] > -0.25, above["pelvis"] > 0.2]
    reached = (np.cumsum(masks, axis=0) > 0) & upright  # (levels, T, S): at this level or higher
    levels = [_highest_level(reached[:, :, side], clock) for side in range(2)]
    if max(levels) - min(levels) == 1 and max(levels) < len(_LEVELS):  # both hands, one of them a little higher
        levels = [max(levels)] * 2
    for level in sorted(set(levels) - {len(_LEVELS)}):
        name, words, _, _ = _LEVELS[level]
        frames = reached[level] & np.array([each == level for each in levels])
        for side, mask in _sides(frames):
            spans = clock.spans(mask)
            at_head = _at_head(course)[mask][:, _columns(side)].mean() > 0.5
            if not len(spans) or at_head:  # a hand at the head is told as such
                continue
            direction = _direction(course, side, mask) if level > 0 else ""
            if direction:
                yield phrase("arm_stretched", side, direction=direction, level=words, time=spans.wording())
            else:
                yield phrase(name, side, time=spans.wording())


def _highest_level(reached: np.ndarray, clock: Clock) -> int:
    """Return the highest of the levels that a hand reaches (levels, T) for long enough; their number for none."""
    for level, (_, _, seconds, share) in enumerate(_LEVELS):
        spans = clock.spans(reached[level])
        if len(spans) and spans.total >= min(seconds, 0.3 * clock.duration) and spans.share >= share:
            return level
    return len(_LEVELS)


def _sides(frames: np.ndarray) -> Iterator[tuple[Side, np.ndarray]]:
    """Yield "both" and their common frames where both hands share most of them, else each side with its frames."""
    common, either = frames[:, 0] & frames[:, 1], frames[:, 0] | frames[:, 1]
    if common.sum() > _TOGETHER * max(either.sum(), 1):
        yield "both", common
        return
    for column, side in enumerate(_SIDES):
        if frames[:, column].any():
            yield side, np.asarray(frames[:, column])


def _columns(side: Side) -> slice:
    return slice(None) if side == "both" else slice(_SIDES.index(side), _SIDES.index(side) + 1)


def _direction(course: Course, side: Side, mask: np.ndarray) -> str:
    """Return where the arms are stretched to in some frames; empty where they are bent."""
    columns = _columns(side)
    reach = np.nanmean(course.reach[mask][:, columns], axis=0)  # (S, 3)
    if np.nanmedian(course.elbow[mask][:, columns], axis=0).max() > _STRAIGHT:
        return ""
    if reach[:, 0].min() > _STRETCHED:
        return "sideways" if side == "both" else "to the side"
    return "forward" if course.observed["depth"] and reach[:, 2].min() > _STRETCHED else ""


def _at_head(course: Course) -> np.ndarray:
    """Return the frames (T, S) in which a hand is at the head."""
    return np.asarray((course.hand_from["head"] < 0.5) & ~(course.hand_above["head"] > 0.45))


def _contacts(course: Course, clock: Clock) -> Iterator[Phrase]:
    """Yield what the hands are at."""
    above, near = course.hand_above, course.hand_from
    standing_up = ~course.lies[:, None]
    behind = (course.reach[..., 2] < -0.5) & (course.upright[:, None] > 0.8)
    contacts = {  # frames, seconds and share of the time that are worth saying
        "at the head": (_at_head(course), 0.3, 0.15),
        "on the hip": ((near["hip"] < 0.45) & (course.elbow > 65), 0.5, 0.2),
        "at the knee": ((near["knee"] < 0.3) & standing_up, 0.4, 0.15),
        "near the floor": ((above["floor"] < 0.3) & standing_up, 0.2, 0.08),
        "behind the body": (behind & course.observed["depth"], 0.5, 0.2),
    }
    for contact, (frames, seconds, share) in contacts.items():
        for side, mask in _sides(frames):
            spans = clock.spans(mask, least=seconds)
            if len(spans) and spans.share > share:
                text = contact.replace("hip", "hips").replace("knee", "knees") if side == "both" else contact
                yield phrase("hand_at", side, contact=text, time=spans.wording())
    raised = np.fmax(above["pelvis"][:, 0], above["pelvis"][:, 1]) > 0.1
    meeting = clock.spans((course.hands_apart < 0.42) & raised, least=0.1, bridged=0.1)
    if len(meeting):
        yield phrase("hands_meet", time=meeting.wording())
    crossed = clock.spans((course.wrists_crossed > 0.1) & (above["pelvis"] > 0.1).all(axis=1), least=0.3)
    if len(crossed):
        yield phrase("arms_crossed", time=crossed.wording())


def _repetitions(course: Course, measured: Mapping[str, float]) -> Iterator[Phrase]:
    """Yield which hands repeat their movement, along which path, and how often a second."""
    paths: dict[Side, tuple[float, RepeatedPath]] = {}
    for column, side in enumerate(_SIDES):
        strength, rate = course.repeated[f"{side} hand"]
        rests = measured.get("arm_side", 0.0) * (1 if side == "right" else -1) < -0.5
        if rests or not course.observed[f"{side} arm"] or strength < _STEADY:
            continue
        path = repeated_path(course.hand[:, column], rate, course.seconds)
        raised = np.nanmean(course.hand_above["pelvis"][:, column] > 0.2) > 0.3
        if path.extent.max() > _LEAST_EXTENT and (raised or course.walks <= 0.5):
            paths[side] = rate, path
    if len(paths) == 2:
        (left_rate, left), (right_rate, right) = paths["left"], paths["right"]
        larger, smaller = max(left.extent.max(), right.extent.max()), min(left.extent.max(), right.extent.max())
        if smaller < _FOLLOWS * larger:
            del paths["left" if left.extent.max() == smaller else "right"]
        elif abs(left_rate / right_rate - 1) < _SAME_RATE:
            both = RepeatedPath(left.extent + right.extent, left.is_round and right.is_round)
            paths = {"both": ((left_rate + right_rate) / 2, both)}
    for side, (rate, path) in paths.items():
        yield phrase("hand_repeats", side, path=path.wording(), rate=f"{rate:.1f}")


def _together(course: Course, measured: Mapping[str, float]) -> Iterator[Phrase]:
    """Yield how the arms act together."""
    if measured.get("arm_moves", 0.0) < 0.3 or course.walks > 0.5:
        return
    if measured.get("arms_alike", 0.0) > 0.6:
        yield phrase("arms_alike")
    repeats = max(course.repeated[f"{side} hand"][0] for side in _SIDES) > _STEADY
    if repeats and measured.get("arms_in_turn", 0.0) > 0.6:
        yield phrase("arms_in_turn")


def _acting_arm(measured: Mapping[str, float]) -> Side:
    """Return which arm acts; empty where none does so clearly more than the other."""
    lead = measured.get("arm_side", 0.0)
    return "" if abs(lead) < 0.5 else "right" if lead > 0 else "left"


def _strokes(measured: Mapping[str, float]) -> Iterator[Phrase]:
    """Yield where the hand goes in a movement that it does not repeat."""
    side = _acting_arm(measured)
    raised = measured.get("hand_highest", 0.0) > 0.55
    if not side or not raised or measured.get("hand_repeats", 0.0) > 0.4 or measured.get("arm_moves", 0.0) < 0.35:
        return
    for quantity, (negative, positive) in {
        "hand_to_side": ("to the left", "to the right"),
        "hand_to_front": ("back to the body", "forward"),
    }.items():
        value = measured.get(quantity, 0.0)
        if abs(value) > 0.6:
            yield phrase("stroke", side, direction=positive if value > 0 else negative)


def _speed(course: Course, measured: Mapping[str, float], leg: LegLength) -> Iterator[Phrase]:
    """Yield the speed of a fast hand, relative to the trunk."""
    side = _acting_arm(measured)
    if side and leg.unit == "m":
        in_arms = float(np.nanquantile(course.hand_speed[:, _columns(side)], 0.95))
        speed = in_arms * course.arm / course.leg * leg.length
        if _FAST <= speed <= _FASTEST:
            yield phrase("fast_hand", side, speed=f"{speed:.1f}")
