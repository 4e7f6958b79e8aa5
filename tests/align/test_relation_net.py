import math

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align import relation_net
from zeroskel.align.relation_net import _Relation, _relation_loss

FAST = {"epochs": 15, "learning_rate": 2e-3, "batch_size": 16, "text_hidden": 32, "relation_hidden": 32}
# relations 0.75 and 0.25 of a motion of class 0, 0.5 and 0.5 of one of class 1
LOGITS = torch.tensor([[math.log(3), -math.log(3)], [0.0, 0.0]])
LABELS = torch.tensor([0, 1])


def test_the_loss_is_the_squared_distance_to_one_and_zero():
    # (0.25^2 + 0.25^2 + 0.5^2 + 0.5^2) / 4
    torch.testing.assert_close(_relation_loss(LOGITS, LABELS, balanced=False), torch.tensor(0.15625))


def test_balanced_pairs_weigh_half_each():
    three = torch.cat((LOGITS, torch.full((2, 1), -math.log(3))), dim=1)
    right, wrong = (0.25**2 + 0.5**2) / 2, (0.25**2 + 0.25**2 + 0.5**2 + 0.25**2) / 4
    torch.testing.assert_close(_relation_loss(three, LABELS), torch.tensor((right + wrong) / 2))
    torch.testing.assert_close(_relation_loss(LOGITS[:, :1], LABELS * 0), torch.tensor((0.25**2 + 0.5**2) / 2))


def test_all_pairs_equal_one_by_one():
    torch.manual_seed(0)
    network = _Relation(7, 5, 16, 8)
    motions, texts = torch.randn(4, 7), torch.randn(3, 5)
    for n, motion in enumerate(motions):
        for k, text in enumerate(texts):
            pair = torch.cat((network.text(text), motion))
            expected = network.last(torch.relu(network.first(pair)))[0]
            torch.testing.assert_close(network(motions, texts)[n, k], expected)


def test_blocks_do_not_change_scores(toy, monkeypatch):
    relation = align.create("relation-net", **{**FAST, "epochs": 1}).fit(*toy)
    whole = relation.score_classes(toy[0], toy[2])
    monkeypatch.setattr(relation_net, "_BLOCK_VALUES", 1)
    np.testing.assert_allclose(relation.score_classes(toy[0], toy[2]), whole, atol=1e-5)


@pytest.mark.parametrize("options", [{"pairs": "batch"}, {"balanced": False}, {"unit_length": False}])
def test_each_way_solves_the_toy(toy, options):
    relation = align.create("relation-net", **{**FAST, "epochs": 40, **options}).fit(*toy)
    assert (relation.score_classes(toy[0], toy[2][:6]).argmax(axis=1) == toy[1]).mean() > 0.95
