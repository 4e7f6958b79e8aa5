import numpy as np
import pytest

from zeroskel import align
from zeroskel.core import InputError


class Means(align.Aligner):
    """Dot product of centred motions with texts of equal width."""

    def __init__(self, *, sign: float = 1.0) -> None:
        self.sign = sign

    def _fit(self, features, labels, class_embeddings, masked_features, seed, on_epoch):
        self._mean = features.mean(axis=0)

    def _score(self, features, class_embeddings):
        return self.sign * (features - self._mean) @ class_embeddings.T

    def _state(self):
        return {"mean": self._mean}

    def _set_state(self, state):
        self._mean = state["mean"]


@pytest.fixture
def registered(monkeypatch):
    monkeypatch.setattr(align, "METHODS", dict(align.METHODS))
    align.register("means", Means)


@pytest.mark.usefixtures("registered")
def test_a_registered_method_is_one_like_the_others(tmp_path):
    features, labels, texts = np.random.default_rng(0).normal(size=(8, 3)), np.arange(8) % 2, np.eye(3)
    fitted = align.create("means", sign=-1.0).fit(features, labels, texts)
    scores = fitted.score_classes(features, texts)
    np.testing.assert_allclose(scores, features.mean(axis=0) - features, atol=1e-6)
    fitted.save(tmp_path / "saved")
    loaded = align.load(tmp_path / "saved")
    assert type(loaded) is Means
    assert repr(loaded) == "Means(sign=-1.0)"
    np.testing.assert_array_equal(loaded.score_classes(features, texts), scores)
    assert align.available()[-1] == "means"
    with pytest.raises(InputError, match="its options are sign"):
        align.create("means", size=3)


@pytest.mark.usefixtures("registered")
def test_a_name_can_be_given_again_but_not_one_of_the_package():
    again = type("Again", (Means,), {})
    align.register("means", again)
    assert align.method_class("means") is again
    with pytest.raises(InputError, match="ridge: a method of the package"):
        align.register("ridge", Means)


def test_what_is_no_whole_aligner_is_refused():
    with pytest.raises(InputError, match="child class of Aligner"):
        align.register("text", str)
    with pytest.raises(InputError, match="lacks _fit, _score, _set_state, _state"):
        align.register("none", type("Nothing", (align.Aligner,), {}))
    assert not {"text", "none"} & set(align.available())


def test_a_saved_method_that_nobody_registered_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(align, "METHODS", dict(align.METHODS))
    align.register("means", Means)
    align.create("means").fit(np.eye(3), np.arange(3), np.eye(3)).save(tmp_path / "saved")
    monkeypatch.delitem(align.METHODS, "means")
    with pytest.raises(InputError, match=r"unknown method 'means'.*register"):
        align.load(tmp_path / "saved")
