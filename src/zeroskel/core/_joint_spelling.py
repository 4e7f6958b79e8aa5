"""Spellings of joint names: letter case, separators, camel case, numbers, and the side of the body."""

import re
from functools import lru_cache

Spelling = tuple[str, str]  # side ("left", "right" or ""), and the other words in lower case without separators

_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")
_UNITS = "[xyz]|[cm]?m|px|pixels?|norm|met(er|re)s?|centimet(er|re)s?|millimet(er|re)s?|world"
_BRACKETS = re.compile(rf"[(\[{{]\s*({_UNITS})\s*[)\]}}]", re.IGNORECASE)
_NUMBER = re.compile(r"0*(\d+)$")
_LONG_SIDES = {"left": "left", "lft": "left", "right": "right", "rgt": "right"}
_SHORT_SIDES = {"l": "left", "lt": "left", "r": "right", "rt": "right"}
_FILLERS = {"joint", "jnt", "joints", "bone", "landmark", "keypoint", "kp", "marker", "point", "pos", "position", "c"}
_COUNTED = ("hand", "finger", "thumb", "toe", "foot")  # their parts have numbers
_LONGEST_NAME = 100


@lru_cache(maxsize=4096)
def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, without its name space, brackets and leading zeros.

    "mixamorig:LeftForeArm" has the words left, fore, arm; "spine_01" spine, 1; "Head (m)" head.
    """
    if len(name) > _LONGEST_NAME:
        return ()
    plain = _BRACKETS.sub(" ", name)
    plain = re.split(r"[:|]", plain)[-1] or plain
    words = [_NUMBER.sub(r"\1", word.lower()) for word in _WORD.findall(plain)]
    return tuple("center" if word == "centre" else word for word in words)


@lru_cache(maxsize=4096)
def spellings(words: tuple[str, ...]) -> tuple[Spelling, ...]:
    """Return what the words of a name may mean, the likeliest first."""
    side, rest = _side_of_words(words)
    candidates = [(side, "".join(rest))]
    shorter = [word for word in rest if word not in _FILLERS]
    candidates.append((side, "".join(shorter)))
    candidates.append((side, "".join(shorter).lstrip("0123456789")))  # "0_nose"
    if side and shorter and not shorter[0].startswith(_COUNTED):
        candidates.append((side, "".join(shorter).removesuffix("1")))  # "upperarm01.L"
    whole = "".join(words)
    candidates.append(("", whole))
    for names in (_LONG_SIDES, _SHORT_SIDES):
        for prefix, meaning in names.items():
            if whole.startswith(prefix):
                candidates.append((meaning, whole.removeprefix(prefix)))
            if whole.endswith(prefix) and names is _LONG_SIDES:
                candidates.append((meaning, whole.removesuffix(prefix)))
    return tuple(dict.fromkeys(candidate for candidate in candidates if candidate[1])) or (("", ""),)


def _side_of_words(words: tuple[str, ...]) -> tuple[str, list[str]]:
    for names in (_LONG_SIDES, _SHORT_SIDES):
        sides = [word for word in words if word in names]
        if sides and len(words) > len(sides):
            index = words.index(sides[0])
            return names[sides[0]], [word for position, word in enumerate(words) if position != index]
    return "", list(words)
