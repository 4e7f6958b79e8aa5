import itertools
import math

import numpy as np
import torch

from zeroskel import align
from zeroskel.align.mutual_information import jensen_shannon, other_class, rolled_by_one


def gaussians(correlation, count, seed):
    """Pairs of 4-d Gaussians whose coordinates have this correlation: I = -2 log(1 - correlation^2) nats."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 4))
    y = correlation * x + math.sqrt(1 - correlation**2) * rng.normal(size=(count, 4))
    return x.astype(np.float32), y.astype(np.float32)


def estimate(correlation):
    """Fit SMIE's critic on half of the pairs, each a class of its own, and estimate on the other half."""
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
    assert rolled_by_one(4).tolist() == [1, 2, 3, 0]


def test_corrected_negatives_are_of_another_class():
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    rows, partners = other_class(labels, torch.Generator().manual_seed(0))
    assert rows.tolist() == list(range(6))
    assert (labels[rows] != labels[partners]).all()
    rows, partners = other_class(torch.zeros(3, dtype=torch.long), torch.Generator())
    assert len(rows) == len(partners) == 0
