from typing import ClassVar

import numpy as np
import pytest

from zeroskel import align
from zeroskel.align import Ridge
from zeroskel.align._variants import Variant
from zeroskel.benchmark import _cell, _selection
from zeroskel.benchmark._selection import combinations, fit_selected, judged_epochs
from zeroskel.core import FeatureSet, InputError
from zeroskel.evaluate._stacking import seen_unseen_curve
from zeroskel.features._encoded_split import EncodedSplit


def world(seed=0):
    """Features of twelve classes, a linear map of their texts: eight seen, of which two are withheld, four unseen."""
    rng = np.random.default_rng(seed)
    texts = rng.normal(size=(12, 6)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    world = rng.normal(size=(6, 10))

    def draw(classes, each):
        labels = np.repeat(classes, each)
        return FeatureSet((texts[labels] @ world + rng.normal(size=(len(labels), 10)) * 0.3).astype(np.float32), labels)

    seen, withheld, unseen = np.arange(6), np.array([6, 7]), np.arange(8, 12)
    encoded = EncodedSplit(draw(np.arange(8), 20), draw(unseen, 10), draw(np.arange(8), 5), None, None)
    inner = EncodedSplit(draw(seen, 15), draw(withheld, 15), draw(seen, 5), None, None)
    return encoded, inner, texts, unseen


def fitted(encoded, inner, texts, **options):
    method = options.pop("method", "ridge")
    return fit_selected(Variant(method, options), "validation", encoded, inner, texts, 0)


@pytest.mark.parametrize("method", ["ridge", "devise"])
def test_nothing_of_the_test_set_reaches_what_is_chosen(method):
    encoded, inner, texts, unseen = world()
    rng = np.random.default_rng(1)
    noise = [
        FeatureSet(rng.normal(size=part.features.shape).astype(np.float32), rng.permutation(part.labels))
        for part in (encoded.unseen, encoded.seen)
    ]
    other_texts = texts.copy()
    other_texts[unseen] = rng.normal(size=(len(unseen), 6))
    one = fitted(encoded, inner, texts, method=method)
    other = fitted(EncodedSplit(encoded.train, noise[0], noise[1], None, None), inner, other_texts, method=method)
    assert (one.options, one.epoch, one.accuracy) == (other.options, other.epoch, other.accuracy)
    assert one.constants.gamma == other.constants.gamma
    scores = rng.normal(size=(9, 12))
    ids = np.arange(12)
    np.testing.assert_array_equal(
        one.constants.gate.log_odds(scores, ids, unseen), other.constants.gate.log_odds(scores, ids, unseen)
    )
    for name, value in one.aligner._state().items():
        np.testing.assert_array_equal(value, other.aligner._state()[name])


def test_the_stacked_figures_are_those_of_the_gamma_from_validation():
    encoded, inner, texts, unseen = world()
    chosen = fitted(encoded, inner, texts)
    figures = _cell._gzsl_measures(chosen.aligner, encoded, texts, unseen, chosen.constants, 0)
    features, labels = _selection.tested_recordings(encoded)
    scores = chosen.aligner.score_classes(features, texts)
    scores[:, :8] -= np.float32(chosen.constants.gamma)
    predicted = scores.argmax(axis=1)
    right = np.array([(predicted[labels == c] == c).mean() for c in range(12)])
    by_class = [right[:8].mean(), right[8:].mean()]
    assert (figures["stacked_seen"], figures["stacked_unseen"]) == pytest.approx(by_class)
    best = seen_unseen_curve(scores, labels, np.arange(12), unseen).harmonic_means.max()
    assert figures["stacked_harmonic_mean"] <= best + 1e-9


def test_the_best_combination_is_taken_and_set_options_are_not_tried():
    assert len(combinations(Variant("ridge"))) == 9
    assert combinations(Variant("ridge", {"feature_penalty": 1.0, "text_penalty": 2.0})) == [{}]
    encoded, inner, texts, _ = world()
    chosen = fitted(encoded, inner, texts)
    accuracies = {}
    for tried in combinations(Variant("ridge")):
        ridge = Ridge(**tried).fit(inner.train.features, inner.train.labels, texts)
        predicted = 6 + ridge.score_classes(inner.unseen.features, texts[6:8]).argmax(axis=1)
        accuracies[tuple(tried.values())] = np.mean([(predicted == c)[inner.unseen.labels == c].mean() for c in (6, 7)])
    assert chosen.accuracy == pytest.approx(max(accuracies.values()))
    assert accuracies[tuple(chosen.options.values())] == pytest.approx(chosen.accuracy)
    assert chosen.aligner.options() == {**Ridge().options(), **chosen.options}


def test_at_most_twenty_epochs_are_judged_the_last_always():
    assert judged_epochs(3) == [1, 2, 3]
    assert judged_epochs(100) == list(range(5, 101, 5))
    assert judged_epochs(30)[-1] == 30 and len(judged_epochs(30)) == 20


class Diverges(Ridge):
    """A ridge whose scores are nothing where its penalty is large."""

    choices: ClassVar = {"feature_penalty": (1.0, 1e6)}

    def _score(self, features, class_embeddings):
        return super()._score(features, class_embeddings) * (np.nan if self.feature_penalty > 10 else 0.0)


def test_what_diverges_is_never_chosen(monkeypatch):
    monkeypatch.setattr(align, "METHODS", dict(align.METHODS))
    align.register("diverges", Diverges)
    assert fitted(*world()[:3], method="diverges").options == {"feature_penalty": 1.0}


def test_validation_without_withheld_features_is_refused():
    encoded, _, texts, _ = world()
    with pytest.raises(InputError, match="withheld"):
        fit_selected(Variant("ridge"), "validation", encoded, None, texts, 0)
    with pytest.raises(InputError, match="expected one of last"):
        fit_selected(Variant("ridge"), "best", encoded, None, texts, 0)
