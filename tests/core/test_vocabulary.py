"""The movement vocabulary names each quantity once and says which ones have a sign."""

import numpy as np

from zeroskel.core._vocabulary import vocabulary


def test_names_are_unique_and_each_has_a_meaning_and_a_position():
    words = vocabulary()
    assert len(words) == len(set(words.names)) == len(words.meanings)
    assert all(words.meanings[name] for name in words.names)
    assert [words.index(name) for name in words.names] == list(range(len(words)))


def test_all_quantities_that_a_mirror_turns_round_are_signed():
    words = vocabulary()
    assert words.mirrored.sum() == 6
    assert np.all(words.signed[words.mirrored])
    assert not words.signed[words.index("hand_highest")]
