"""Options of encoders and methods, declared once with their bounds and checked when they are given."""

import math
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
    at_most: float | None = None,
    kw_only: bool = True,
) -> Any:
    """Declare a numeric option of a class that `attrs.define` decorates.

    Args:
        default: default value; an int requires whole numbers.
        at_least: lowest value allowed.
        above: number that the value must exceed.
        at_most: highest value allowed.
        kw_only: whether the constructor takes it by name only.

    Returns:
        An attrs field whose validator raises InputError.
    """
    whole = isinstance(default, int)
    bounds = [
        f"{words} {bound}"
        for words, bound in (("at least", at_least), ("above", above), ("at most", at_most))
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
            or (at_most is not None and value > at_most)
        ):
            raise InputError(f"{attribute.name} is {value!r}; expected {expected}")

    return attrs.field(default=default, validator=check, kw_only=kw_only)


def layout_name(default: str) -> Any:
    """Declare the option of a class that names a joint layout; the constructor also takes a Layout.

    Args:
        default: name of the default layout.

    Returns:
        An attrs field that holds the layout's name.
    """
    return attrs.field(default=default, converter=lambda layout: get_layout(layout).name)
