import numpy as np

from zeroskel import align


def test_a_certain_motion_takes_its_class_text(toy):
    features, labels, texts = toy
    conse = align.create("conse", top=1).fit(features, labels, texts)
    best = conse.seen_probabilities(features).argmax(axis=1)
    np.testing.assert_allclose(conse.score_classes(features, texts), (texts @ texts.T)[best], atol=1e-5)


def test_the_combination_is_convex(toy):
    features, labels, texts = toy
    conse = align.create("conse", top=6).fit(features, labels, texts)
    combined = conse.seen_probabilities(features) @ texts[:6]
    combined /= np.linalg.norm(combined, axis=1, keepdims=True)
    np.testing.assert_allclose(conse.score_classes(features, texts), combined @ texts.T, atol=1e-5)


def test_two_classes_are_enough(toy):
    features, labels, texts = toy
    two = labels < 2
    conse = align.create("conse").fit(features[two], labels[two], texts)
    probabilities = conse.seen_probabilities(features[two])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (probabilities.argmax(axis=1) == labels[two]).all()
