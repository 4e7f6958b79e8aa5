"""Facts of class embeddings that are computed once for each encoder and prompt."""

from collections.abc import Sequence

import numpy as np
import pytest

from zeroskel.text import aspect_names, class_embeddings, class_texts, published_descriptions
from zeroskel.text._class_embeddings import ClassEmbeddings

NAMES = ["drink water", "wave both hands", "juggle", "squat", "put on jacket"]


class Counting:
    """Encoder that gives every text the same embedding and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        return np.tile(np.float32([0.6, 0.8]), (len(texts), 1))


def classes_of(*prompts: str) -> ClassEmbeddings:
    texts = {prompt: class_texts(NAMES, prompt, published_descriptions("ntu60")) for prompt in prompts}
    return ClassEmbeddings({"counting": Counting()}, texts)


def test_embeddings_are_computed_once() -> None:
    classes = classes_of("name")
    first = classes.embeddings("counting", "name")
    assert classes.embeddings("counting", "name") is first
    assert classes.encoders["counting"].calls == 1
    np.testing.assert_array_equal(first, class_embeddings(Counting(), classes.prompts["name"]))


def test_widths_are_those_of_the_blocks() -> None:
    classes = classes_of("name", "aspects+best")
    assert classes.block_widths("counting", "name") == []
    assert classes.block_widths("counting", "aspects+best") == [len(aspect_names()), 2]


@pytest.mark.parametrize(
    ("prompt", "with_aspects", "key"),
    [
        ("name", False, "b82750c8d957c0df3b51d25f"),
        ("name", True, "90291fa8bc1cbc55b67b2e85"),
        ("aspects", False, "7fbfd9a0b0c6f863a35db256"),
        ("aspects+best", False, "386f30660259a534d7fc661e"),
        ("aspects+best", True, "386f30660259a534d7fc661e"),
        ("best", False, "c1590fa1a6a755b2cdbf8260"),
    ],
)
def test_keys_are_those_of_results_of_version_0_1_0(prompt: str, with_aspects: bool, key: str) -> None:
    """Existing results folders find their cells by this key."""
    assert classes_of(prompt).texts_key(prompt, with_aspects=with_aspects) == key
