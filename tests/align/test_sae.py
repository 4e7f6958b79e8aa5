import numpy as np
import pytest
from scipy.linalg import solve_sylvester

from zeroskel import align
from zeroskel.align.sae import _sylvester


def test_the_equation_is_solved_as_scipy_does():
    rng = np.random.default_rng(0)
    a, b = (values @ values.T for values in (rng.normal(size=(5, 9)), rng.normal(size=(7, 9))))
    c = rng.normal(size=(5, 7))
    solved = _sylvester(a, b, c)
    np.testing.assert_allclose(a @ solved + solved @ b, c, atol=1e-10)
    np.testing.assert_allclose(solved, solve_sylvester(a, b, c), atol=1e-10)


def test_one_number_is_a_division():
    np.testing.assert_allclose(_sylvester(np.array([[2.0]]), np.array([[3.0]]), np.array([[10.0]])), [[2.0]])


def test_what_the_equation_leaves_open_is_zero():
    a, b = np.diag([1.0, 0.0]), np.diag([2.0, 0.0])
    np.testing.assert_allclose(_sylvester(a, b, np.array([[3.0, 1.0], [2.0, 0.0]])), [[1.0, 1.0], [1.0, 0.0]])


def test_the_weight_is_a_minimum_of_both_errors(toy):
    features, labels, texts = toy
    state = align.create("sae", strength=0.3).fit(features, labels, texts)._state()
    x = (features - state["mean"]).astype(np.float64) / state["scale"]
    s = (texts[:6] - state["text_mean"]).astype(np.float64)[labels]

    def error(weight):
        return np.sum((x - s @ weight) ** 2) + 0.3 * np.sum((x @ weight.T - s) ** 2)

    least = error(state["weight"])
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert error(state["weight"] + 1e-2 * rng.normal(size=state["weight"].shape)) > least


@pytest.mark.parametrize("direction", ["feature-to-text", "text-to-feature"])
def test_both_directions_name_the_toy(toy, direction):
    sae = align.create("sae", direction=direction).fit(*toy)
    scores = sae.score_classes(toy[0], toy[2])
    assert (scores[:, :6].argmax(axis=1) == toy[1]).mean() > 0.95
    assert np.abs(scores).max() <= 1 + 1e-5


def test_scores_do_not_depend_on_the_unit_of_features(toy):
    features, labels, texts = toy
    metres, millimetres = (
        align.create("sae").fit(unit * features, labels, texts).score_classes(unit * features, texts)
        for unit in (1, 1000)
    )
    np.testing.assert_allclose(metres, millimetres, atol=1e-4)
