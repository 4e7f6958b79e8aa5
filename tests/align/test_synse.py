import math

import numpy as np
import torch

from zeroskel.align.synse import SynSE, _SynSESpace
from zeroskel.neural._training import seeded


def space(blocks):
    with seeded(0):
        network = _SynSESpace(3, sum(blocks), blocks, 4, ())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    return network


def test_the_errors_of_networks_that_know_nothing_are_mean_squares(batch_of):
    weights = {"motion_weight": 0.5, "text_weight": 0.25, "cross_weight": 2.0, "motion_start": 0.5, "cross_start": 0.8}
    synse = SynSE(epochs=10, latent=4, **weights)
    synse.network_ = space((1, 3))
    with torch.no_grad():
        terms = synse._loss(batch_of(synse, [[1.0, 2.0, 2.0]], [[3.0, 1.0, 1.0, 2.0]], epoch=9))
    errors = 9 / 3 + 9 / 1 + 6 / 3
    assert math.isclose(float(terms["reconstruction"]), errors, rel_tol=1e-6)
    assert math.isclose(float(terms["cross_reconstruction"]), errors, rel_tol=1e-6)
    assert float(terms["motion_divergence"]) == float(terms["text_divergence"]) == 0
    assert math.isclose(float(terms["loss"]), 3 * errors, rel_tol=1e-6)


def test_halves_of_the_motion_latent_speak_of_verb_and_noun():
    network = space((2, 2))
    with torch.no_grad():
        network.verb_decoder.out.weight.copy_(torch.eye(2))
        network.noun_decoder.out.weight.copy_(torch.eye(2))
    latent, texts = torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.tensor([[1.0, 2.0, 3.0, 5.0]])
    with torch.no_grad():
        error = network.errors(torch.zeros(1, 4), latent, torch.zeros(1, 3), texts)
    assert math.isclose(float(error), 1 / 2, rel_tol=1e-6)


def test_the_weights_enter_the_loss(toy):
    weights = {"motion_weight": 0.5, "text_weight": 0.25, "cross_weight": 2.0, "motion_start": 0.6, "cross_start": 0.8}
    synse = SynSE(epochs=10, batch_size=200, **weights)
    terms = synse.fit(*toy).history_.epochs[9]
    motion, text = 0.5 * 0.75, 0.25 * 0.5
    expected = terms["reconstruction"] + motion * terms["motion_divergence"] + text * terms["text_divergence"]
    assert math.isclose(terms["loss"], expected + 2.0 * terms["cross_reconstruction"], rel_tol=1e-5)


def test_a_word_moves_only_its_half(toy):
    features, labels, texts = toy
    synse = SynSE(text_blocks=(2, 4), epochs=2, latent=6).fit(features, labels, texts)
    changed = texts.copy()
    changed[:, :2] += 1
    with torch.no_grad():
        before, after = (synse.network_.text(synse._text_tensor(words)).mean.numpy() for words in (texts, changed))
    assert np.abs(before[:, :3] - after[:, :3]).min() > 0
    np.testing.assert_array_equal(before[:, 3:], after[:, 3:])


def test_without_blocks_one_text_serves_for_both_words(toy):
    synse = SynSE(epochs=2).fit(*toy)
    network = synse.network_
    assert isinstance(network, _SynSESpace)
    verb, noun = network.words(torch.from_numpy(toy[2]))
    assert verb.shape == noun.shape == (8, 6)
