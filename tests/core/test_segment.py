import pytest

from zeroskel.core import InputError, Segment


def test_overlap_is_intersection_over_union():
    assert Segment(0, 0, 2, "a").overlap(Segment(1, 1, 4, "b")) == pytest.approx(0.25)
    assert Segment(0, 0, 2, "a").overlap(Segment(0, 3, 4, "a")) == 0
    assert Segment(0, 1, 2, "a").overlap(Segment(0, 1, 2, "a")) == 1


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (0, float("nan")), (0, float("inf"))])
def test_a_segment_lasts(start, end):
    with pytest.raises(InputError, match="after the start"):
        Segment(0, start, end, "a")


@pytest.mark.parametrize(("person", "probability"), [(-1, 0.5), (0, 1.5), (0, float("nan"))])
def test_person_and_probability_are_in_bounds(person, probability):
    with pytest.raises(InputError, match="Expected a person"):
        Segment(person, 0, 1, "a", probability)
