"""Seen and unseen classes of a split exclude each other and have names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zeroskel.core import SplitError, ZeroShotSplit

NAMES = ("clap", "bow", "jump", "kick", "sit down", "wave")


def split(unseen: tuple[int, ...], validation_unseen: tuple[int, ...] = ()) -> ZeroShotSplit:
    return ZeroShotSplit("toy", NAMES, unseen, validation_unseen, "example")


@given(st.sets(st.integers(0, 5), min_size=2, max_size=4))
def test_every_class_is_either_seen_or_unseen(unseen: set[int]) -> None:
    new = split(tuple(unseen))
    assert sorted((*new.seen, *new.unseen)) == list(range(6))
    assert list(new.seen) == sorted(new.seen)


def test_classes_withheld_for_choices_stay_seen() -> None:
    assert split((0, 1), (2, 3)).seen == (2, 3, 4, 5)


def test_ids_have_names() -> None:
    assert split((0, 1)).names((3, 0)) == ["kick", "clap"]
    assert split((0, 1)).names(np.array([4])) == ["sit down"]


@pytest.mark.parametrize(
    ("unseen", "validation_unseen", "message"),
    [
        ((0, 6), (), r"split toy: unseen ids \[6\] are repeated or not within 0 to 5"),
        ((0, -1), (), r"unseen ids \[-1\]"),
        ((1, 1), (), r"unseen ids \[1, 1\] are repeated"),
        ((0, 1), (7,), r"validation_unseen ids \[7\]"),
        ((0, 1), (2, 2), r"validation_unseen ids \[2, 2\]"),
        ((0, 1), (1, 2), r"classes \[1\] are both unseen and validation_unseen"),
        ((), (), "6 seen and 0 unseen classes of 6"),
        ((3,), (), "5 seen and 1 unseen classes of 6"),
        ((0, 1, 2, 3, 4), (), "1 seen and 5 unseen classes of 6"),
    ],
)
def test_impossible_splits_are_refused(
    unseen: tuple[int, ...], validation_unseen: tuple[int, ...], message: str
) -> None:
    with pytest.raises(SplitError, match=message):
        split(unseen, validation_unseen)
