import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from zeroskel import align
from zeroskel.align._critic import CRITICS
from zeroskel.align.mutual_information import (
    _ESTIMATES,
    _other_class,
    _rolled_by_one,
    donsker_varadhan,
    info_nce,
    jensen_shannon,
    nwj,
    smile,
)
from zeroskel.neural._training import index_batches, seeded, train, warmup_cosine


def gaussians(correlation, count, seed):
    """Return pairs of 4-d Gaussians with correlated coordinates: I = -2 log(1 - correlation^2) nats."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 4))
    y = correlation * x + math.sqrt(1 - correlation**2) * rng.normal(size=(count, 4))
    return x.astype(np.float32), y.astype(np.float32)


def estimate(correlation):
    """Fit SMIE's critic on half of the pairs, each a separate class, and estimate on the other half."""
    x, y = gaussians(correlation, 4096, seed=1)
    smie = align.create(
        "smie", epochs=12, learning_rate=1e-3, warmup_epochs=1, negatives="published", hidden=(128, 64), batch_size=256
    )
    smie.fit(x[:2048], np.arange(2048), y[:2048])
    return smie.mutual_information(x[2048:], y[2048:])


def test_the_estimate_ranks_gaussians_by_their_true_information():
    correlations = (0.0, 0.5, 0.8, 0.95)
    true = [-2 * math.log(1 - c**2) for c in correlations]
    estimates = [estimate(c) for c in correlations]
    assert true == sorted(true)
    assert all(b > a + 0.03 for a, b in itertools.pairwise(estimates)), estimates
    assert abs(estimates[0] + 2 * math.log(2)) < 0.05
    assert max(estimates) <= 0


def test_a_critic_that_knows_nothing_gives_minus_two_log_two():
    zeros = torch.zeros(5)
    assert math.isclose(float(jensen_shannon(zeros, zeros)), -2 * math.log(2), rel_tol=1e-6)


def test_the_best_critic_on_discrete_pairs_gives_the_jensen_shannon_divergence():
    joint, marginal = torch.tensor([0.4, 0.1, 0.1, 0.4]), torch.full((4,), 0.25)
    critic = torch.log(joint / marginal)
    bound = (
        -(joint * torch.nn.functional.softplus(-critic)).sum() - (marginal * torch.nn.functional.softplus(critic)).sum()
    )
    mean = (joint + marginal) / 2
    divergence = ((joint * (joint / mean).log()).sum() + (marginal * (marginal / mean).log()).sum()) / 2
    assert math.isclose(float(bound), 2 * float(divergence) - 2 * math.log(2), rel_tol=1e-5)


def test_published_negatives_are_the_next_of_the_batch():
    assert _rolled_by_one(4).tolist() == [1, 2, 3, 0]


def test_corrected_negatives_are_of_another_class():
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    rows, partners = _other_class(labels, torch.Generator().manual_seed(0))
    assert rows.tolist() == list(range(6))
    assert (labels[rows] != labels[partners]).all()
    rows, partners = _other_class(torch.zeros(3, dtype=torch.long), torch.Generator())
    assert len(rows) == len(partners) == 0


LOWER_BOUNDS = ("dv", "nwj", "infonce")


def held_out(estimator, correlation, batch_size=256, epochs=20):
    """Train a critic on Gaussian pairs and return the estimate of their information on other pairs, in nats."""
    x, y = (torch.from_numpy(values) for values in gaussians(correlation, 8192, seed=2))
    kind = "separable" if estimator == "infonce" else "concatenation"  # the grid of the first is cheap
    with seeded(0) as generator:
        critic = CRITICS[kind](4, 4, (64, 64))

    def of(rows):
        a, b = x[rows], y[rows]
        if estimator == "infonce":
            return info_nce(critic(a, b), critic.grid(a, b), ~torch.eye(len(rows), dtype=torch.bool))
        return _ESTIMATES[estimator](critic(a, b), critic(a[_rolled_by_one(len(rows))], b))

    train(
        critic,
        lambda _, batch: {"loss": -of(batch)},
        lambda epoch: zip(index_batches(4096, batch_size, generator)),
        epochs=epochs,
        learning_rate=2e-3,
        schedule=lambda epoch: warmup_cosine(epoch + 1, epochs + 1, 0),
    )
    with torch.inference_mode():
        return float(torch.stack([of(rows) for rows in torch.arange(4096, 8192).split(batch_size)]).mean())


@pytest.mark.parametrize("estimator", LOWER_BOUNDS)
def test_lower_bounds_stay_below_known_information_and_come_near(estimator):
    true = -2 * math.log(1 - 0.6**2)  # 0.89 nats
    assert 0.5 * true < held_out(estimator, 0.6) < true + 0.1
    assert abs(held_out(estimator, 0.0)) < 0.15


def test_info_nce_cannot_say_more_than_its_batch():
    true = -2 * math.log(1 - 0.99**2)  # 7.8 nats
    assert true > 2 * math.log(16)
    assert 0.8 * math.log(16) < held_out("infonce", 0.99, batch_size=16, epochs=4) <= math.log(16)


def test_bounds_on_hand_made_values():
    joint, marginal = torch.tensor([1.0, 3.0]), torch.tensor([0.0, math.log(3.0)])
    assert math.isclose(float(donsker_varadhan(joint, marginal)), 2 - math.log(2), rel_tol=1e-6)
    assert math.isclose(float(nwj(joint, marginal)), 2 - 2 / math.e, rel_tol=1e-6)
    far = torch.tensor([-100.0, 100.0])
    assert math.isclose(float(smile(joint, far, clip=1.0)), 2 - math.log((math.e + 1 / math.e) / 2), rel_tol=1e-6)
    assert math.isclose(float(smile(joint, marginal)), float(donsker_varadhan(joint, marginal)), rel_tol=1e-6)


def test_info_nce_on_hand_made_values():
    grid = torch.log(torch.tensor([[6.0, 1.0, 5.0], [1.0, 2.0, 1.0], [7.0, 1.0, 4.0]]))
    negative = torch.tensor([[False, True, False], [True, False, True], [False, True, False]])  # 0 and 2: one class
    expected = (math.log(2 * 6 / 7) + math.log(3 * 2 / 4) + math.log(2 * 4 / 5)) / 3
    assert math.isclose(float(info_nce(grid.diagonal(), grid, negative)), expected, rel_tol=1e-6)
    alone = info_nce(grid.diagonal(), grid, torch.zeros(3, 3, dtype=torch.bool))
    assert abs(float(alone)) < 1e-6


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=8), st.lists(st.floats(-30, 30), min_size=1, max_size=8))
def test_nwj_is_never_above_donsker_varadhan(joint, marginal):
    joint, marginal = torch.tensor(joint, dtype=torch.float64), torch.tensor(marginal, dtype=torch.float64)
    assert float(nwj(joint, marginal)) <= float(donsker_varadhan(joint, marginal)) + 1e-9


def test_the_best_critic_on_discrete_pairs_gives_their_information():
    joint, marginal = torch.tensor([0.4, 0.1, 0.1, 0.4]), torch.full((4,), 0.25)
    ratio = torch.log(joint / marginal)
    information = float((joint * ratio).sum())
    counted = ratio.repeat_interleave((10 * joint).round().long())
    assert math.isclose(float(donsker_varadhan(counted, ratio)), information, rel_tol=1e-5)
    assert math.isclose(float(nwj(counted + 1, ratio + 1)), information, rel_tol=1e-5)


def test_smile_is_trained_by_the_gradient_of_jensen_shannon():
    joint, marginal = (torch.randn(6, requires_grad=True) for _ in range(2))
    value = _ESTIMATES["smile"](joint, marginal)
    torch.testing.assert_close(value, smile(joint, marginal))
    gradients = torch.autograd.grad(value, (joint, marginal))
    torch.testing.assert_close(gradients, torch.autograd.grad(jensen_shannon(joint, marginal), (joint, marginal)))
