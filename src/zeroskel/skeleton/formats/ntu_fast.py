"""The quick way through an NTU `.skeleton` file that is written as the release writes it.

Line ends are found for the whole file at once. As every body takes as many lines, the count lines alone say where each
stands, and all joint lines are read together. Files with anything unusual (two blanks, tabs, counts above nine, broken
lines) are left to the strict reader, which tells what is wrong; so this one never has to.
"""

from typing import NamedTuple

import numpy as np

from zeroskel.skeleton.formats.decimal_text import read_decimals
from zeroskel.skeleton.formats.named_joints import LARGEST
from zeroskel.skeleton.formats.text_planes import (
    NEWLINE,
    SPACE,
    ZERO,
    Planes,
    count_before,
    irregular_characters,
    next_in,
    planes_of,
)

JOINTS = 25
BODY_FIELDS = 10
JOINT_FIELDS = 12
_BODY_LINES = 2 + JOINTS  # state, number of joints, joints
_NUMBER_CHARACTERS = frozenset(b"0123456789.+-eEnNaAiIfFtTyY")  # of 1e-05, NaN, -Infinity; not of 1_0


class Bodies(NamedTuple):
    """What a file holds: the number of frames, and of each body in a frame (B of them) the frame, id and joints."""

    frames: int
    frame: np.ndarray  # (B,)
    tracking_ids: list[int]
    numbers: np.ndarray  # (4, B, 25) float64: x, y, z, tracking state


class _Lines(NamedTuple):
    """A text and where its lines end."""

    content: bytes
    characters: np.ndarray  # the same as uint8
    newlines: np.ndarray  # positions
    ending: int  # characters of a line end: 1, or 2 with a carriage return

    def starts(self, lines: np.ndarray) -> np.ndarray:
        """Where lines (not the first) start."""
        return self.newlines[lines - 1] + 1

    def stops(self, lines: np.ndarray) -> np.ndarray:
        """Where the texts of lines have stopped."""
        return self.newlines[lines] + 1 - self.ending


class _Order(NamedTuple):
    """Which line is what, from 0."""

    counts: np.ndarray  # (frames,) lines with the number of bodies
    frame: np.ndarray  # (B,) frame of each body
    states: np.ndarray  # (B,) a body's first line
    joints: np.ndarray  # (B * 25,)


def read_quickly(content: bytes) -> Bodies | None:
    """The bodies of a file as the release writes it; None for any other, and for whatever has to be refused."""
    if not content.endswith(b"\n"):
        content += b"\r\n" if b"\r" in content[:64] else b"\n"
    characters = np.frombuffer(content, np.uint8)
    planes = planes_of(content)
    lines = _Lines(content, characters, np.flatnonzero(characters == NEWLINE), 1 + content.endswith(b"\r\n"))
    order = _order_of(lines) if _holds_numbers_only(lines, planes) else None
    if order is None or not _has_fields(lines, planes, order):
        return None
    tracking_ids = _tracking_ids(lines, order)
    numbers = _joint_numbers(lines, planes, order)
    if tracking_ids is None or numbers is None:
        return None
    return Bodies(len(order.counts), order.frame, tracking_ids, numbers.reshape(4, -1, JOINTS))


def _holds_numbers_only(lines: _Lines, planes: Planes) -> bool:
    """Whether every field is a number, be it 1e-05 or NaN, and one blank or line end stands between two."""
    content, newlines = lines.content, lines.newlines
    irregular = irregular_characters(planes)
    if (lines.characters[irregular] <= SPACE).any():
        return False
    for line in set(np.searchsorted(newlines, irregular).tolist()):
        text = content[newlines.item(line - 1) + 1 if line else 0 : newlines.item(line)]
        if not all(_is_number(field) for field in text.split()):
            return False
    return True


def _is_number(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return _NUMBER_CHARACTERS.issuperset(text)


def _order_of(lines: _Lines) -> _Order | None:
    """The order of lines after the numbers of bodies, as long as these have one digit."""
    announced = lines.content[: lines.newlines.item(0) + 1 - lines.ending]
    if not (announced.isdigit() and len(announced) < 19 and 0 < int(announced) < len(lines.newlines)):
        return None
    bodies = _bodies(lines, int(announced))
    if bodies is None or not bodies.any():
        return None
    frame = np.repeat(np.arange(len(bodies)), bodies)
    states = 2 + frame + _BODY_LINES * np.arange(len(frame))  # after the first line and frame + 1 counts
    joints = (states[:, None] + np.arange(2, _BODY_LINES)).ravel()
    return _Order(1 + np.arange(len(bodies)) + _BODY_LINES * (np.cumsum(bodies) - bodies), frame, states, joints)


def _bodies(lines: _Lines, frames: int) -> np.ndarray | None:
    """(frames,) numbers of bodies, if they account for all lines; the last digit of each is read."""
    content, newlines, size = lines.content, lines.newlines, len(lines.newlines)
    if (size - 1) % frames == 0:  # most often the bodies are as many in all frames
        each, rest = divmod((size - 1) // frames - 1, _BODY_LINES)
        counts = lines.stops(np.arange(1, size, (size - 1) // frames)) - 1
        if rest == 0 and each <= 9 and (lines.characters[counts] == ZERO + each).all():
            return np.full(frames, each)
    bodies: list[int] = []
    line = 1
    for _ in range(frames):
        if line >= size:
            return None
        count = content[newlines.item(line) - lines.ending] - ZERO
        if not 0 <= count <= 9:
            return None
        bodies.append(count)
        line += 1 + _BODY_LINES * count
    return np.array(bodies) if line == size else None


def _has_fields(lines: _Lines, planes: Planes, order: _Order) -> bool:
    """Whether lines have as many fields as they should, counts of bodies one digit, and counts of joints are 25."""
    blanks = np.zeros(len(lines.newlines), np.int64)
    blanks[order.states] = BODY_FIELDS - 1
    blanks[order.joints] = JOINT_FIELDS - 1
    if not np.array_equal(count_before(planes.space, lines.newlines), np.cumsum(blanks)):
        return False
    start, stop = lines.starts(order.states + 1), lines.stops(order.states + 1)
    tens, ones = b"%d" % JOINTS
    return bool(
        (lines.stops(order.counts) - lines.starts(order.counts) == 1).all()
        and (stop - start == 2).all()
        and (lines.characters[start] == tens).all()
        and (lines.characters[start + 1] == ones).all()
    )


def _tracking_ids(lines: _Lines, order: _Order) -> list[int] | None:
    texts = [lines.content[start : lines.content.find(b" ", start)] for start in lines.starts(order.states).tolist()]
    numbers = {text: int(text) for text in set(texts) if text.isdigit() and len(text) < 25}
    if not numbers.keys() >= set(texts):
        return None
    tracking_ids = [numbers[text] for text in texts]
    if len(texts) > len(order.counts) or not np.diff(order.frame).all():  # several bodies in a frame
        distinct = set(zip(order.frame.tolist(), tracking_ids, strict=True))
        return tracking_ids if len(distinct) == len(texts) else None
    return tracking_ids


def _joint_numbers(lines: _Lines, planes: Planes, order: _Order) -> np.ndarray | None:
    """(4, B * 25) x, y, z and tracking state, if they can be such."""
    starts = np.empty((3, len(order.joints)), np.int64)
    starts[0] = lines.starts(order.joints)
    ends = next_in(planes.space, starts[0], 3)
    if (ends[2] - starts[0] >= 64).any():
        return None
    starts[1:] = ends[:2] + 1
    last = lines.stops(order.joints) - 1
    state = lines.characters[last] - np.uint8(ZERO)
    if (lines.characters[last - 1] != SPACE).any() or (state > 2).any():
        return None
    numbers = np.empty((4, len(order.joints)))
    numbers[:3] = read_decimals(lines.content, starts.ravel(), ends.ravel()).reshape(3, -1)
    numbers[3] = state
    return numbers if (np.abs(numbers) <= LARGEST).all() else None
