import math

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align.revise import _maximum_mean_discrepancy, _squared_jacobian

FAST = {"epochs": 20, "learning_rate": 2e-3, "batch_size": 16}


def test_discrepancy_of_hand_made_samples():
    # k(0, 0) = 1, k(1, 2) = e^-0.5, k(0, 1) = e^-0.5, k(0, 2) = e^-2
    first, second = torch.tensor([[0.0]]), torch.tensor([[1.0], [2.0]])
    expected = 1 + (1 + math.exp(-0.5)) / 2 - (math.exp(-0.5) + math.exp(-2))
    torch.testing.assert_close(_maximum_mean_discrepancy(first, second, 0.5), torch.tensor(expected))


def test_a_sample_does_not_differ_from_itself():
    values = torch.randn(9, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    discrepancy = _maximum_mean_discrepancy(values, values, 0.1)
    torch.testing.assert_close(discrepancy, torch.tensor(0.0), atol=1e-6, rtol=0)
    discrepancy.backward()
    assert torch.isfinite(values.grad).all()


def test_the_jacobian_equals_that_of_autograd():
    layer = torch.nn.Linear(5, 3)
    values = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    expected = torch.stack(
        [torch.autograd.functional.jacobian(lambda x: torch.relu(layer(x)), x).square().sum() for x in values]
    ).mean()
    torch.testing.assert_close(_squared_jacobian(torch.relu(layer(values)), layer.weight), expected)


def test_the_loss_is_the_weighted_sum_of_its_terms(toy):
    options = {"reconstruction_weight": 2.0, "discrepancy_weight": 3.0, "contraction": 0.5, "text_penalty": 0.0}
    epoch = align.create("revise", **options, **FAST).fit(*toy).history_.epochs[0]
    expected = (
        epoch["association"] + 2 * epoch["reconstruction"] + 3 * epoch["discrepancy"] + 0.5 * epoch["contraction"]
    )
    assert math.isclose(epoch["loss"], expected, rel_tol=1e-5)


@pytest.mark.parametrize(
    ("option", "values", "term"),
    [
        ("reconstruction_weight", (0.0, 10.0), "reconstruction"),
        ("discrepancy_weight", (0.0, 100.0), "discrepancy"),
        ("contraction", (0.0, 1.0), "contraction"),
    ],
)
def test_a_weight_makes_its_term_smaller(toy, option, values, term):
    base = {"reconstruction_weight": 0.0, "discrepancy_weight": 0.0, "contraction": 0.0, "kernel": 0.1}
    last = [
        align.create("revise", **{**base, **FAST, option: value}).fit(*toy).history_.epochs[-1][term]
        for value in values
    ]
    assert last[1] < 0.8 * last[0]


def test_scores_stay_within_the_joint_space(toy):
    revise = align.create("revise", joint=7, **FAST).fit(*toy)
    assert np.abs(revise.score_classes(toy[0], toy[2])).max() <= 7
