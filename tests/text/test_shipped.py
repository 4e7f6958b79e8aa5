import numpy as np
import pytest

from zeroskel.text import SentenceEncoder
from zeroskel.text.packaged_texts import packaged_texts
from zeroskel.text.shipped import shipped_embedding


@pytest.fixture(scope="module")
def encoder():
    return SentenceEncoder()


def test_every_text_of_a_named_action_comes_with_us(encoder):
    """Fails after names, sentences or prompts have changed: run `make texts`."""
    texts = packaged_texts()
    assert len(texts) > 1000
    missing = [text for text in texts if shipped_embedding(text, encoder.fingerprint) is None]
    assert not missing


def test_they_are_what_the_model_says(encoder):
    some = packaged_texts()[::97]
    shipped = np.stack([shipped_embedding(text, encoder.fingerprint) for text in some])
    np.testing.assert_allclose(shipped, encoder.embed(some), atol=2e-6)
    np.testing.assert_array_equal(encoder.encode(some), shipped)


def test_nothing_is_answered_for_another_text_or_model(encoder):
    assert shipped_embedding("kick a ball over the moon", encoder.fingerprint) is None
    assert shipped_embedding(packaged_texts()[0], "another model") is None


def test_known_actions_need_no_model():
    encoder = SentenceEncoder()
    encoder.encode(packaged_texts()[:5])
    assert "_model" not in vars(encoder)
