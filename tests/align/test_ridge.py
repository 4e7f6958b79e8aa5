import numpy as np

from zeroskel import align


def test_the_weight_of_one_hand_made_coordinate():
    features, texts = np.array([[-1.0], [1.0]]), np.array([[-1.0], [1.0]])
    ridge = align.create("ridge", feature_penalty=3.0, text_penalty=2.0).fit(features, np.array([0, 1]), texts)
    # X^T X / N = 1, S^T S = 2, X^T Y S / N = 2: W = 2 / ((1 + 3) (2 + 2))
    np.testing.assert_allclose(ridge.score_classes(features, texts), [[0.125, -0.125], [-0.125, 0.125]], rtol=1e-5)


def test_the_closed_form_solves_its_equation(toy):
    features, labels, texts = toy
    ridge = align.create("ridge", feature_penalty=0.7, text_penalty=0.2).fit(features, labels, texts)
    state = ridge._state()
    x = (features - state["mean"]).astype(np.float64) / state["scale"]
    s = (texts[:6] - state["text_mean"]).astype(np.float64)
    y = np.where(labels[:, None] == np.arange(6), 1.0, -1.0)
    left, right = x.T @ x / len(x) + 0.7 * np.eye(24), s.T @ s + 0.2 * np.eye(6)
    np.testing.assert_allclose(left @ state["weight"] @ right, x.T @ y @ s / len(x), atol=1e-5)


def test_scores_do_not_depend_on_the_unit_of_features(toy):
    features, labels, texts = toy
    metres, millimetres = (
        align.create("ridge").fit(unit * features, labels, texts).score_classes(unit * features, texts)
        for unit in (1, 1000)
    )
    np.testing.assert_allclose(metres, millimetres, rtol=1e-3, atol=1e-5)
