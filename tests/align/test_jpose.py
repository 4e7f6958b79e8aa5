import math

import numpy as np
import pytest
import torch

from zeroskel.align.jpose import JPoSE, _draw_triplets, _part_classes, _triplet_loss

SMALL = {"epochs": 20, "batch_size": 16, "warmup_epochs": 1, "embed_dim": 16, "joint_dim": 16, "hidden": 32}


def test_the_loss_on_hand_made_numbers():
    anchors = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    others = torch.tensor([[0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]])
    triplets = torch.tensor([0, 0, 1]), torch.tensor([0, 0, 1]), torch.tensor([1, 2, 0])
    # ||a - p||^2 and ||a - n||^2: 0.8 and 2; 0.8 and 4; 0 and 0.4
    expected = (max(0, 1 + 0.8 - 2) + max(0, 1 + 0.8 - 4) + max(0, 1 + 0 - 0.4)) / 3
    assert math.isclose(float(_triplet_loss(anchors, others, triplets, 1.0)), expected, rel_tol=1e-5)
    nothing = torch.empty(0, dtype=torch.long)
    assert float(_triplet_loss(anchors, others, (nothing, nothing, nothing), 1.0)) == 0


def test_triplets_are_of_the_classes_they_should_be():
    classes = torch.tensor([0, 0, 1, 2, 2, 2])
    anchors, near, far = _draw_triplets(classes, 20, torch.Generator().manual_seed(0))
    assert len(anchors) == 120
    assert (classes[anchors] == classes[near]).all()
    assert (classes[anchors] != classes[far]).all()
    assert ((anchors == near) == (anchors == 2)).all()  # only the sequence alone of its class is its own positive


def test_a_batch_of_one_class_has_no_triplets():
    assert all(len(rows) == 0 for rows in _draw_triplets(torch.zeros(4, dtype=torch.long), 3, torch.Generator()))


def test_sequences_that_share_a_verb_are_of_one_class_in_its_space():
    verbs = torch.tensor([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]])
    classes = _part_classes(verbs)
    assert classes[0] == classes[2] != classes[1]


@pytest.mark.parametrize("joint", ["linear", "concatenation"])
def test_verbs_and_nouns_make_the_action(joint):
    rng = np.random.default_rng(0)
    verbs, nouns = rng.normal(size=(3, 5)), rng.normal(size=(3, 4))
    pairs = np.array([(v, n) for v in range(3) for n in range(3)])
    texts = np.concatenate((verbs[pairs[:, 0]], nouns[pairs[:, 1]]), axis=1).astype(np.float32)
    labels = np.repeat(np.arange(9), 12)
    features = texts[labels] @ rng.normal(size=(9, 20)) + 0.1 * rng.normal(size=(108, 20))
    fitted = JPoSE(**SMALL, joint=joint, text_blocks=(5, 4), learning_rate=5e-3).fit(features, labels, texts)
    assert (fitted.score_classes(features, texts).argmax(axis=1) == labels).mean() > 0.95


def test_weights_say_which_terms_count(toy):
    off = {"text_to_feature_weight": 0.0, "feature_to_feature_weight": 0.0, "text_to_text_weight": 0.0}
    once = {**SMALL, "epochs": 1}
    alone = JPoSE(**once, **off, part_weight=0.0).fit(*toy).history_.epochs[0]
    assert math.isclose(alone["loss"], alone["joint"], rel_tol=1e-5)
    whole = JPoSE(**once, **off, part_weight=2.0).fit(*toy).history_.epochs[0]
    assert math.isclose(whole["loss"], 2 * whole["parts"] + whole["joint"], rel_tol=1e-5)
    none = JPoSE(**once, **off, feature_to_text_weight=0.0).fit(*toy).history_.epochs[0]
    assert none["loss"] == 0


def test_a_concatenation_learns_no_joint_layer(toy):
    names = JPoSE(**{**SMALL, "epochs": 1}, joint="concatenation").fit(*toy)._state()
    assert not any("joint" in name for name in names)
