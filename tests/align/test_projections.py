import numpy as np
import pytest
import torch

from zeroskel.align._projections import PROJECTIONS, Projection
from zeroskel.align.contrastive import Contrastive
from zeroskel.neural._training import seeded

SMALL = {"epochs": 6, "batch_size": 16, "warmup_epochs": 1, "hidden": 16, "embed_dim": 8}


@pytest.mark.parametrize("kind", PROJECTIONS)
def test_projections_have_length_one(kind):
    with seeded(0):
        projected = Projection(5, 3, kind, hidden=7)(torch.randn(4, 5))
    assert projected.shape == (4, 3)
    torch.testing.assert_close(projected.norm(dim=1), torch.ones(4))


def test_a_gate_multiplies_each_value_by_a_sigmoid():
    projection = Projection(2, 2, "gated")
    with torch.no_grad():
        projection.first.weight.copy_(torch.eye(2))
        projection.first.bias.zero_()
        projection.second.weight.zero_()
        projection.second.bias.copy_(torch.tensor([0.0, 100.0]))  # gates of 1/2 and 1
        projected = projection(torch.tensor([[6.0, 4.0]]))
    torch.testing.assert_close(projected, torch.tensor([[0.6, 0.8]]))


def test_dropout_acts_in_training_alone():
    with seeded(0):
        projection = Projection(50, 4, "two-layer", dropout=0.5)
        values = torch.randn(3, 50)
        assert not torch.equal(projection(values), projection(values))
        projection.eval()
        assert torch.equal(projection(values), projection(values))


def test_scores_do_not_depend_on_the_unit_of_features(toy):
    features, labels, texts = toy
    metres, kilometres = (
        Contrastive(**SMALL).fit(unit * features, labels, texts).score_classes(unit * features, texts)
        for unit in (np.float32(1), np.float32(1 / 1024))
    )
    np.testing.assert_allclose(metres, kilometres, atol=0.02)
