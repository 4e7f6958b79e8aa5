import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align import tdsm
from zeroskel.align.tdsm import (
    TDSM,
    _add_noise,
    _Block,
    _DiffusionTransformer,
    _modulated,
    _noise_error,
    _signal_share,
    _TimeEmbedding,
    _triplet_diffusion,
)
from zeroskel.neural._training import seeded

FAST = {"epochs": 20, "batch_size": 32, "hidden": 32, "depth": 1, "heads": 2, "warmup_epochs": 1, "learning_rate": 3e-3}
BRIEF = {**FAST, "epochs": 4}


def test_the_loss_on_hand_made_errors():
    right, wrong = torch.tensor([0.5, 1.0, 2.0, 0.25]), torch.tensor([1.0, 1.5, 0.5, 0.25])
    differs = torch.tensor([True, True, True, False])
    diffusion, triplet = _triplet_diffusion(right, wrong, differs, margin=0.75)
    assert float(diffusion) == pytest.approx(3.75 / 4)
    assert float(triplet) == pytest.approx((0.25 + 0.25 + 2.25 + 0) / 4)


def test_the_error_of_a_noise_is_its_mean_square():
    assert _noise_error(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 1.0]])).tolist() == [2.5]


def test_the_signal_share_is_the_product_of_the_steps():
    share = _signal_share(3, (0.01, 0.09))  # betas: squares of 0.1, 0.2, 0.3
    np.testing.assert_allclose(share, [0.99, 0.99 * 0.96, 0.99 * 0.96 * 0.91], rtol=1e-6)
    assert float(_signal_share(50, (0.00085, 0.012))[-1]) > 0.75  # the published schedule leaves most of the feature


def test_noising_keeps_the_variance():
    generator = torch.Generator().manual_seed(0)
    features, noise = torch.randn(2, 4000, 3, generator=generator)
    noised = _add_noise(features, noise, torch.full((4000,), 0.3))
    assert float(noised.var()) == pytest.approx(1, abs=0.05)
    torch.testing.assert_close(noised[0], 0.3**0.5 * features[0] + 0.7**0.5 * noise[0])


def test_a_new_transformer_predicts_zero_and_a_trained_one_depends_on_the_text(toy):
    torch.manual_seed(0)
    network = _DiffusionTransformer(5, [3, 4], width=16, depth=2, heads=2)
    noised, texts = torch.randn(6, 5), torch.randn(6, 7)
    assert not network(noised, torch.arange(6), texts).any()
    fitted = align.create("tdsm", **FAST).fit(*toy)
    scores = fitted.score_classes(toy[0], toy[2][:6])
    assert (scores.argmax(axis=1) == toy[1]).mean() > 0.9
    assert (scores <= 0).all()


def test_scores_are_the_errors_at_one_step_with_the_fitted_noises(toy):
    features, labels, texts = toy
    fitted = TDSM(**BRIEF, noises=2, step=7).fit(features, labels, texts)
    share = _signal_share(50, fitted.betas)[7]
    x, text = fitted._feature_tensor(features[:1]), fitted._text_tensor(texts[3:4])
    errors = []
    for noise in torch.tensor(fitted._state()["noises"]):
        with torch.inference_mode():
            predicted = fitted.network_(share.sqrt() * x + (1 - share).sqrt() * noise, torch.tensor([7]), text)
        errors.append(float(((predicted - noise) ** 2).mean()))
    assert len(errors) == 2
    np.testing.assert_allclose(fitted.score_classes(features[:1], texts[3:4]), [[-np.mean(errors)]], rtol=1e-4)


def test_blocks_of_candidates_change_nothing(toy, monkeypatch):
    fitted = align.create("tdsm", **BRIEF).fit(*toy)
    whole = fitted.score_classes(toy[0], toy[2])
    monkeypatch.setattr(tdsm, "_BLOCK_PAIRS", 3)
    np.testing.assert_allclose(fitted.score_classes(toy[0], toy[2]), whole, rtol=1e-4, atol=1e-5)


def test_the_triplet_term_pushes_wrong_texts_away(toy):
    features, labels, texts = toy
    right = np.arange(6) == labels[:, None]
    gaps = []
    for weight in (0.0, 1.0):
        scores = align.create("tdsm", **FAST, triplet_weight=weight).fit(*toy).score_classes(features, texts[:6])
        gaps.append(scores[right].mean() - scores[~right].mean())
    assert gaps[1] > gaps[0]


def test_text_blocks_are_tokens_and_are_saved(toy, tmp_path):
    fitted = align.create("tdsm", **BRIEF, text_blocks=(2, 4)).fit(*toy)
    assert [layer.in_features for layer in fitted.network_.tokens] == [2, 4]
    fitted.save(tmp_path / "saved")
    loaded = align.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.score_classes(toy[0], toy[2]), fitted.score_classes(toy[0], toy[2]))


def steered(width, heads):
    """Return a block with a random modulation instead of 0, so that its condition has an effect."""
    block = _Block(width, heads)
    with torch.no_grad():
        for stream in (block.motion, block.text):
            torch.nn.init.normal_(stream.modulation[1].weight)
    return block


def test_modulation_on_hand_made_numbers():
    tokens = torch.tensor([[[1.0, 3.0]]])  # normalised: -1 and 1
    shift, scale = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[1.0, 2.0]]])
    torch.testing.assert_close(_modulated(tokens, shift, scale), torch.tensor([[[-1.5, 3.0]]]), atol=1e-4, rtol=0)


def test_a_new_block_changes_no_token():
    with seeded(0):
        block = _Block(8, 2)
        motion, text, condition = torch.randn(3, 1, 8), torch.randn(3, 2, 8), torch.randn(3, 8)
    for given, outputs in zip((motion, text), block(motion, text, condition), strict=True):
        assert torch.equal(given, outputs)


def test_the_feature_attends_to_all_texts_in_any_order():
    with seeded(0):
        block = steered(8, 2)
        motion, text, condition = torch.randn(3, 1, 8), torch.randn(3, 2, 8), torch.randn(3, 8)
    one, texts = block(motion, text, condition)
    same, turned = block(motion, text.flip(1), condition)
    torch.testing.assert_close(one, same)
    torch.testing.assert_close(texts.flip(1), turned)
    for token in range(2):
        louder = text.clone()
        louder[:, token] = torch.linspace(-1, 1, 8)
        assert not torch.allclose(block(motion, louder, condition)[0], one)


def test_each_block_of_the_text_and_the_time_steer_the_noise():
    with seeded(0):
        network = _DiffusionTransformer(5, [2, 3], width=8, depth=1, heads=2)
        for layer in (network.last, network.last_modulation[1]):
            torch.nn.init.normal_(layer.weight)
        noised, texts, times = torch.randn(2, 5), torch.randn(2, 5), torch.tensor([3, 9])
    said = network(noised, times, texts)
    assert said.shape == (2, 5)
    for columns in ([0, 1], [2, 3, 4]):
        other = texts.clone()
        other[:, columns] += 1
        assert not torch.allclose(network(noised, times, other), said)
    assert not torch.allclose(network(noised, times + 20, texts), said)


def test_all_cosines_of_time_zero_are_one():
    embedding = _TimeEmbedding(4)
    seen = []
    embedding.layers[0].register_forward_hook(lambda layer, given, outputs: seen.append(given[0]))
    embedding(torch.tensor([0.0, 1.0]))
    assert seen[0][0].tolist() == [1.0] * 64 + [0.0] * 64
    torch.testing.assert_close(seen[0][1, [0, 64]], torch.tensor([0.5403023, 0.8414710]))
