"""Facts of ClassText."""

import pytest

from zeroskel.core import ClassText, InputError


def test_blocks_are_embedded_from_their_texts_by_default() -> None:
    text = ClassText("wave", (("wave",), ("hand", "arm")))
    assert text.numbers == (None, None)
    assert text.all_texts == ["wave", "hand", "arm"]
    assert not text.has_numbers


def test_equal_content_is_equal_and_usable_as_a_key() -> None:
    first, second = (ClassText("squat", (("squat",),), ((0.0, 1.0),)) for _ in range(2))
    assert first == second
    assert len({first, second}) == 1
    assert first.has_numbers


@pytest.mark.parametrize("texts", [(), ((),), (("a",), ())])
def test_a_block_without_a_text_is_refused(texts: tuple) -> None:
    with pytest.raises(InputError, match=r"'wave'.*at least one text"):
        ClassText("wave", texts)


def test_numbers_of_other_blocks_are_refused() -> None:
    with pytest.raises(InputError, match="numbers for 1 blocks and texts for 2"):
        ClassText("wave", (("a",), ("b",)), ((1.0,),))
