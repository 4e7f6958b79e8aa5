"""Options with bounds refuse wrong values where they are given."""

import attrs
import numpy as np
import pytest

from zeroskel.core import InputError, LayoutError, get_layout
from zeroskel.core._options import layout_name, option


@attrs.define
class Method:
    layout: str = layout_name("kinect-20")
    size: int = option(4, at_least=1, kw_only=False)
    share: float = option(0.5, above=0.0, at_most=1.0)


def test_values_within_the_bounds_are_stored():
    method = Method(get_layout("ntu-25"), 1, share=1)
    assert (method.layout, method.size, method.share) == ("ntu-25", 1, 1)
    assert Method(size=np.int64(3)).size == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, "size is 0; expected a whole number, at least 1"),
        ({"size": 2.0}, "size is 2.0; expected a whole number"),
        ({"size": True}, "size is True; expected a whole number"),
        ({"size": "4"}, "size is '4'; expected a whole number"),
        ({"share": 0}, "share is 0; expected a number, more than 0.0 and at most 1.0"),
        ({"share": 1.5}, "share is 1.5; expected a number, more than 0.0 and at most 1.0"),
        ({"share": float("nan")}, "share is nan; expected a number"),
    ],
)
def test_wrong_values_are_refused_when_they_are_given(wrong, message):
    with pytest.raises(InputError, match=f"Method: {message}"):
        Method(**wrong)


def test_an_unknown_layout_is_refused():
    with pytest.raises(LayoutError, match="kinect-99"):
        Method("kinect-99")
