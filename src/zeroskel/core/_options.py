"""Options of encoders and methods, declared once with their bounds and checked when they are given."""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import attrs

from zeroskel.core.errors import InputError
from zeroskel.core.layout import get_layout


def number(
    default: float,
    *,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    kw_only: bool = True,
) -> Any:
    """Declare a numeric option of a class that `attrs.define` decorates.

    Args:
        default: default value; an int requires whole numbers.
        at_least: lowest value allowed.
        above: number that the value must exceed.
        below: number that the value must not reach.
        at_most: highest value allowed.
        kw_only: whether the constructor takes it by name only.

    Returns:
        An attrs field whose validator raises InputError.
    """
    whole = isinstance(default, int)
    bounds = [
        f"{words} {bound}"
        for words, bound in (("at least", at_least), ("above", above), ("below", below), ("at most", at_most))
        if bound is not None
    ]
    expected = " ".join(["a whole number" if whole else "a number", " and ".join(bounds)]).rstrip()

    def check(_instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        is_number = isinstance(value, Integral if whole else Real) and not isinstance(value, bool)
        if (
            not is_number
            or math.isnan(value)
            or (at_least is not None and value < at_least)
            or (above is not None and value <= above)
            or (below is not None and value >= below)
            or (at_most is not None and value > at_most)
        ):
            raise InputError(f"{attribute.name} is {value!r}; expected {expected}")

    return attrs.field(default=default, validator=check, kw_only=kw_only)


def choice(default: str, choices: Sequence[str]) -> Any:
    """Declare an option that is one of a few texts; the constructor takes it by name only.

    Args:
        default: default value.
        choices: all values allowed.

    Returns:
        An attrs field whose validator raises InputError.
    """

    def check(_instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if value not in choices:
            raise InputError(f"{attribute.name} is {value!r}; expected {' or '.join(map(repr, choices))}")

    return attrs.field(default=default, validator=check, kw_only=True)


def flag(default: bool) -> Any:
    """Declare an option that is True or False; the constructor takes it by name only.

    Args:
        default: default value.

    Returns:
        An attrs field whose validator raises InputError.
    """

    def check(_instance: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not isinstance(value, bool):
            raise InputError(f"{attribute.name} is {value!r}; expected True or False")

    return attrs.field(default=default, validator=check, kw_only=True)


def layout_name(default: str) -> Any:
    """Declare the option of a class that names a joint layout; the constructor also takes a Layout.

    Args:
        default: name of the default layout.

    Returns:
        An attrs field that holds the layout's name.
    """
    return attrs.field(default=default, converter=lambda layout: get_layout(layout).name)
