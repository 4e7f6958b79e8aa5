import math

import numpy as np
import torch

from zeroskel.align.msf import MSF, _fused, _FusedSpace

SMALL = {"epochs": 20, "batch_size": 16, "latent": 16, "samples": 50, "classifier_epochs": 50}


def test_fusion_gives_each_text_the_same_weight():
    both = _fused(torch.tensor([[3.0, 4.0, 0.0, 0.5]]), (2, 2))
    torch.testing.assert_close(both, torch.tensor([[0.6, 0.8, 0.0, 1.0]]) / math.sqrt(2))
    assert math.isclose(float(both.norm()), 1, rel_tol=1e-6)


def test_the_loss_on_hand_made_numbers(batch_of):
    msf = MSF(epochs=1, latent=1, motion_weight=0.0, text_weight=0.0, cross_weight=3.0)
    msf.network_ = space = _FusedSpace(2, (1, 1), 1, ())
    with torch.no_grad():
        for encoder, mean in ((space.motion_encoder, 1.0), (space.text_encoder, 2.0)):
            encoder.mean.weight.zero_()
            encoder.mean.bias.fill_(mean)
            encoder.log_variance.weight.zero_()
            encoder.log_variance.bias.fill_(-200.0)  # no noise: latents are 1 and 2
        for decoder in (space.motion_decoder, space.text_decoder):
            decoder.out.weight.fill_(1.0)
            decoder.out.bias.zero_()
        terms = msf._loss(batch_of(msf, [[1.0, 3.0]], [[5.0, -7.0]]))
    # words: each text at length one, the whole at mean square one: (1, -1)
    reconstruction = ((1 - 1) ** 2 + (1 - 3) ** 2) / 2 + ((2 - 1) ** 2 + (2 + 1) ** 2) / 2
    cross = ((2 - 1) ** 2 + (2 - 3) ** 2) / 2 + ((1 - 1) ** 2 + (1 + 1) ** 2) / 2
    assert math.isclose(float(terms["reconstruction"]), reconstruction, rel_tol=1e-5)
    assert math.isclose(float(terms["cross_reconstruction"]), cross, rel_tol=1e-5)
    assert math.isclose(float(terms["loss"]), reconstruction + 3 * cross, rel_tol=1e-5)


def test_two_texts_separate_unseen_classes_that_one_text_confuses():
    rng = np.random.default_rng(0)
    label, motion = rng.normal(size=(40, 3)), rng.normal(size=(40, 3))
    label[35:] = label[35]  # unseen classes have equal labels and different descriptions of their motion
    texts = np.concatenate((label, motion), axis=1).astype(np.float32)
    labels = np.repeat(np.arange(40), 12)
    features = texts[labels] @ rng.normal(size=(6, 24)) + 0.1 * rng.normal(size=(480, 24))
    seen, accuracies, options = labels < 35, [], {**SMALL, "batch_size": 48, "epochs": 30, "learning_rate": 8e-3}
    for blocks, given in (((3, 3), texts), (None, texts[:, :3])):
        msf = MSF(**options, text_blocks=blocks).fit(features[seen], labels[seen], given)
        predicted = 35 + msf.score_classes(features[~seen], given[35:]).argmax(axis=1)
        accuracies.append((predicted == labels[~seen]).mean())
    assert accuracies[0] > 0.6 > 0.3 > accuracies[1]


def test_candidates_are_scored_by_their_classifier(toy):
    msf = MSF(**SMALL).fit(*toy)
    msf.fit_candidates(toy[2], seed=1)
    one = msf.score_classes(toy[0], toy[2])
    np.testing.assert_array_equal(msf.score_classes(toy[0], toy[2][::-1]), one[:, ::-1])
    msf.fit_candidates(toy[2], seed=2)
    assert not np.array_equal(msf.score_classes(toy[0], toy[2]), one)
