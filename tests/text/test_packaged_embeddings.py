"""Facts of the embeddings that come with the package."""

import numpy as np
import pytest

from zeroskel.text import SentenceEncoder
from zeroskel.text._class_embeddings import packaged_texts
from zeroskel.text._sentence_encoder import shipped_embedding


@pytest.fixture(scope="module")
def encoder():
    return SentenceEncoder()


def test_every_text_of_a_named_action_comes_with_the_package(encoder):
    """Run `make texts` if this fails after names, sentences or prompts have changed."""
    texts = packaged_texts()
    assert len(texts) > 1000
    missing = [text for text in texts if shipped_embedding(text, encoder.fingerprint) is None]
    assert not missing


def test_shipped_embeddings_are_those_of_the_model(encoder):
    sample = packaged_texts()[::97]
    shipped = np.stack([shipped_embedding(text, encoder.fingerprint) for text in sample])
    np.testing.assert_allclose(shipped, encoder.embed(sample), atol=2e-6)
    np.testing.assert_array_equal(encoder.encode(sample), shipped)


def test_there_is_no_embedding_for_another_text_or_model(encoder):
    assert shipped_embedding("kick a ball over the moon", encoder.fingerprint) is None
    assert shipped_embedding(packaged_texts()[0], "another model") is None


def test_known_actions_need_no_model():
    encoder = SentenceEncoder()
    encoder.encode(packaged_texts()[:5])
    assert "_model" not in vars(encoder)
