"""Description of what posture, legs, trunk and the whole body do in a motion, in words."""

from collections.abc import Iterator, Mapping

import numpy as np

from zeroskel.encoders._movement_course import Course
from zeroskel.recognition._paths import repeated_path
from zeroskel.recognition._spans import Clock, runs_of
from zeroskel.recognition._wording import LegLength, Phrase, phrase

_POSTURES = ("standing", "sitting", "crouching", "kneeling", "lying", "lunging")
_STANDS, _SITS, _CROUCHES, _KNEELS, _LIES, _LUNGES = range(6)
_STOOPS = 60.0  # degrees of the trunk
_LUNGE = 0.65  # leg lengths between the ankles of a body with low hips from which it lunges
_SHORT_SEAT = 3.0  # seconds; during a shorter time, a body between two others postures may sit or squat
_SURE = 0.5  # share from which a frame has a posture
_WALKS = 0.5  # from which the feet clearly step again and again
_FAST_STEPS = 2.4  # steps a second, between walking and running
_SHORTEST_WAY = 0.4  # leg lengths from which the body changes its place
_SHORTEST_WAY_BETWEEN_POSTURES = 1.0  # the same where sitting down or standing up moves the hips
_TURNS = ("a quarter turn", "half a turn", "three quarters of a turn", "a full turn")
_FASTEST_TURN = 360.0  # degrees a second; faster ones are left and right confused by a sensor
_LONGEST_FLIGHT = 0.9  # seconds
_LIFTED = 0.18  # leg lengths of one foot above the other from which it is lifted
_LEAST_EXTENT = 0.15  # leg lengths of a repeated movement of a foot that is worth saying
_BENT, _BENT_BACK, _LEANING = 30.0, 25.0, 18.0  # degrees of the trunk that are worth saying
_HEAD_ALONE = {"trunk_moves": 0.25, "arm_moves": 0.3, "leg_moves": 0.2}  # at most, where only a head moves
_STEADY = 0.75  # strength from which the repetition of the whole movement is clear


def body_phrases(course: Course, clock: Clock, measured: Mapping[str, float], leg: LegLength) -> list[Phrase]:
    """Return what posture, legs, trunk and the whole body do.

    Args:
        course: measured course of the movement.
        clock: clock of the course.
        measured: known quantities of the movement vocabulary.
        leg: length of a leg.
    """
    runs = _posture_runs(course, clock)
    return [
        *_postures(course, runs),
        *_steps_and_way(course, leg, least=_SHORTEST_WAY if len(runs) < 2 else _SHORTEST_WAY_BETWEEN_POSTURES),
        *_turn(course, clock),
        *_legs(course, clock, measured, runs),
        *_trunk(course, clock),
        *_hips(course, runs, leg),
        *_whole(course, clock, measured),
    ]


def _posture_runs(course: Course, clock: Clock) -> list[tuple[int, float]]:
    """Return the postures in temporal order, with their seconds."""
    shares = np.nan_to_num(course.postures)
    labels = np.where(shares.max(axis=1) > _SURE, shares.argmax(axis=1), -1)
    labels[(labels == _LIES) & ~course.lies] = -1
    labels[(course.bend > _STOOPS) & (course.lift > 0.5)] = -1  # a trunk bent so far hides what the legs do
    feet = course.foot_from_hip
    apart = np.hypot(feet[:, 0, 0] + feet[:, 1, 0], feet[:, 0, 2] - feet[:, 1, 2])
    labels[np.isin(labels, (_SITS, _CROUCHES, _KNEELS)) & (apart > _LUNGE)] = _LUNGES
    return runs_of(labels, clock, least=0.3)


def _postures(course: Course, runs: list[tuple[int, float]]) -> Iterator[Phrase]:
    """Yield the posture, or the course of postures."""
    if not runs:
        return
    if len(runs) == 1:
        if runs[0][0] != _STANDS:
            yield phrase("still_posture", postures=_POSTURES[runs[0][0]])
        elif course.walks <= _WALKS:
            yield phrase("standing")
        return
    if len(runs) <= 4:
        words = [
            _POSTURES[posture] if index in (0, len(runs) - 1) else f"{_between(posture, seconds)} for {seconds:.1f} s"
            for index, (posture, seconds) in enumerate(runs)
        ]
        yield phrase("postures", postures=", then ".join(words))
        return
    for posture in range(len(_POSTURES)):
        times = [seconds for each, seconds in runs if each == posture]
        if posture != _STANDS and times:
            name = _between(posture, max(times))
            yield phrase("postures", postures=f"{name} {len(times)} times, {sum(times):.1f} s in all")


def _between(posture: int, seconds: float) -> str:
    """Return the word for a posture between two others: a body that sits for a short time may squat as well."""
    return "sitting or squatting" if posture == _SITS and seconds < _SHORT_SEAT else _POSTURES[posture]


def _steps_and_way(course: Course, leg: LegLength, *, least: float) -> Iterator[Phrase]:
    """Yield steps with their rate and way, or a way without steps of at least some leg lengths."""
    distance, direction = _way(course, leg, least)
    if course.walks > _WALKS:
        rate = 2 * course.repeated["feet"][1]
        if distance:
            gait = f"{'walking' if rate < _FAST_STEPS else 'fast steps'} {distance} {direction}"
        else:
            gait = "stepping in place" if course.observed["depth"] else "stepping"
        yield phrase("steps", gait=gait, rate=f"{rate:.1f}")
    elif distance:
        yield phrase("travel", distance=distance, direction=direction)


def _way(course: Course, leg: LegLength, least: float) -> tuple[str, str]:
    """Return how far the body went and where to; empty where it stayed in place or nothing is known."""
    known = course.way[~np.isnan(course.way).any(axis=1)]
    if not course.observed["depth"] or len(known) < 2:
        return "", ""
    aside, forward = known[-1] - known[0]
    if np.hypot(aside, forward) < least:
        return "", ""
    if abs(forward) >= abs(aside):
        direction = "forward" if forward > 0 else "backward"
    else:
        direction = "to the right" if aside > 0 else "to the left"
    length, unit = leg
    return f"{np.hypot(aside, forward) * length:.1f} {unit}", direction


def _turn(course: Course, clock: Clock) -> Iterator[Phrase]:
    """Yield the turn about the vertical."""
    known = course.turned[~np.isnan(course.turned)]
    if not course.observed["depth"] or not len(known):
        return
    turned = float(known[-1] - known[0])
    quarters = round(abs(turned) / 90)
    if abs(turned) < 60 or abs(turned) > _FASTEST_TURN * clock.duration:
        return
    amount = _TURNS[quarters - 1] if quarters <= len(_TURNS) else f"{quarters / 4:.1f} turns"
    yield phrase("turn", amount=amount, side="right" if turned > 0 else "left")


def _legs(
    course: Course, clock: Clock, measured: Mapping[str, float], runs: list[tuple[int, float]]
) -> Iterator[Phrase]:
    """Yield lifted feet, jumps and bent knees."""
    postures = {posture for posture, _ in runs}
    if measured.get("rises", 0.0) > 0.5:
        flights = clock.spans(course.lower_foot > 0.15, least=0.08, bridged=0.1).within(_LONGEST_FLIGHT)
        if len(flights):
            yield phrase("jump", time=flights.wording())
    if course.walks <= _WALKS and postures <= {_STANDS}:
        for column, side in enumerate(("left", "right")):
            height = course.foot_above_other[:, column]
            spans = clock.spans(height > _LIFTED)
            if len(spans):
                top = float(np.nanquantile(height[spans.mask], 0.9))
                level = "at the height of the hip" if top > 0.8 else "at the height of the knee"
                direction = _leg_direction(course, column, spans.mask & (height > 0.7 * top))
                yield phrase(
                    "foot",
                    side,
                    level=level if top > 0.38 else "off the floor",
                    direction=direction,
                    time=spans.wording(),
                )
    both = course.knee.min(axis=1)
    bent = float(np.nanquantile(both, 0.95)) if not np.isnan(both).all() else 0.0
    if postures and postures <= {_STANDS, _CROUCHES} and bent > 55:
        yield phrase("knees", angle=_rounded(bent))
    lead = measured.get("leg_side", 0.0)
    strength, rate = course.repeated["feet"]
    if abs(lead) > 0.4 and strength > 0.5 and course.walks <= _WALKS and course.observed["legs"]:
        side, column = ("right", 1) if lead > 0 else ("left", 0)
        path = repeated_path(course.foot_from_hip[:, column], rate, course.seconds)
        if path.extent.max() > _LEAST_EXTENT:
            yield phrase("foot_repeats", side, path=path.wording(), rate=f"{rate:.1f}")


def _leg_direction(course: Course, column: int, mask: np.ndarray) -> str:
    """Return where a lifted foot is, relative to its hip, in words that follow a height."""
    outward, _, front = np.nanmean(course.foot_from_hip[mask, column], axis=0)
    if outward > max(0.3, abs(front)):
        return ", to the side,"
    if course.observed["depth"] and abs(front) > 0.3:
        return ", to the front," if front > 0 else ", to the back,"
    return ""


def _trunk(course: Course, clock: Clock) -> Iterator[Phrase]:
    """Yield how the trunk bends and leans."""
    forward = course.bend if course.observed["depth"] else np.full(clock.frames, np.nan)
    beside = np.where((course.upright > 0.6) & ~(np.abs(forward) > 45), course.lean, np.nan)
    for name, angles, least, parts in (
        ("bend", forward, _BENT, {}),
        ("bend_back", np.where(course.upright > 0.3, -forward, np.nan), _BENT_BACK, {}),
        ("lean", beside, _LEANING, {"side": "right"}),
        ("lean", -beside, _LEANING, {"side": "left"}),
    ):
        spans = clock.spans((angles > least) & ~course.lies, least=0.3)
        if len(spans):
            most = float(np.nanquantile(angles[spans.mask], 0.95))
            angle = f"up to {_rounded(most)}°" if most <= 90 else "more than 90°"
            yield phrase(name, angle=angle, time=spans.wording(), **parts)


def _hips(course: Course, runs: list[tuple[int, float]], leg: LegLength) -> Iterator[Phrase]:
    """Yield how the hips sink and rise in a body that keeps its posture."""
    lift = course.lift[~np.isnan(course.lift)]
    goes = course.walks > _WALKS or bool(_way(course, leg, _SHORTEST_WAY_BETWEEN_POSTURES)[0])
    if len(runs) != 1 or len(lift) < 10 or goes:
        return
    end = max(1, len(lift) // 12)
    start, low, last = lift[:end].mean(), np.quantile(lift, 0.02), lift[-end:].mean()
    length, unit = leg
    down, up = ((1.08 + 0.12 / course.leg) * length * difference for difference in (start - low, last - low))
    enough = 0.15 * length
    if down > enough and up > 0.5 * down:
        yield phrase("hips", course=f"sinking by {down:.2f} {unit} and rising again")
    elif down > enough:
        yield phrase("hips", course=f"sinking by {down:.2f} {unit}")
    elif up > enough:
        yield phrase("hips", course=f"rising by {up:.2f} {unit}")


def _whole(course: Course, clock: Clock, measured: Mapping[str, float]) -> Iterator[Phrase]:
    """Yield the repetition of the whole movement, a lowered or raised head, and stillness."""
    strength, rate = course.repeated["body"]
    limbs = [course.repeated[name] for name in ("left hand", "right hand", "feet")]
    of_limb = any(steady > 0.5 and abs(of_limb / rate - 1) < 0.2 for steady, of_limb in limbs if rate > 0)
    if strength > _STEADY and rate > 0 and course.walks <= _WALKS and not of_limb:
        yield phrase("body_repeats", period=f"{1 / rate:.1f}")
    if measured.get("trunk_bends", 0.0) < 0.3:
        for quantity in ("head_lowered", "head_raised"):
            if measured.get(quantity, 0.0) > 0.75:
                yield phrase(quantity)
    others = max(measured.get(name, 0.0) / most for name, most in _HEAD_ALONE.items())
    if measured.get("head_moves", 0.0) > 0.6 and others < 1:
        yield phrase("head_moves")
    if measured.get("trunk_twists", 0.0) > 0.6 and measured.get("turns", 0.0) < 0.4 and course.walks <= _WALKS:
        yield phrase("twist")
    if clock.duration > 1 and measured.get("still", 0.0) > 0.9:
        yield phrase("hardly_moving")


def _rounded(angle: float) -> int:
    """Return an angle rounded to 5 degrees."""
    return 5 * round(angle / 5)
