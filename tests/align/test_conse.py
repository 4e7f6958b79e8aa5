import numpy as np

from zeroskel import align


def test_a_certain_motion_takes_its_class_text(toy):
    features, labels, texts = toy
    conse = align.create("conse", top=1).fit(features, labels, texts)
    best = conse.seen_probabilities(features).argmax(axis=1)
    np.testing.assert_allclose(conse.score_classes(features, texts), (texts @ texts.T)[best], atol=1e-5)


def test_the_two_most_probable_texts_are_combined():
    conse = align.create("conse", top=2)
    conse.feature_dim_, conse.text_dim_ = 1, 2
    conse._set_state(
        {
            "mean": np.zeros(1),
            "scale": np.ones(1),
            "weight": np.zeros((3, 1)),
            "bias": np.log([0.6, 0.1, 0.3]),
            "texts": np.array([[1.0, 0.0], [9.0, 9.0], [0.0, 1.0]]),
        }
    )
    # f = (0.6 (1, 0) + 0.3 (0, 1)) / 0.9, of the direction (2, 1)
    scores = conse.score_classes(np.ones((1, 1)), np.array([[1.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(scores, [[2 / np.sqrt(5), 3 / np.sqrt(10)]], rtol=1e-6)


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
