import torch

from zeroskel.align._diffusion_transformer import Block, DiffusionTransformer, TimeEmbedding, modulated
from zeroskel.neural._training import seeded


def steered(width, heads):
    """Return a block with a random modulation instead of 0, so that its condition has an effect."""
    block = Block(width, heads)
    with torch.no_grad():
        for stream in (block.motion, block.text):
            torch.nn.init.normal_(stream.modulation[1].weight)
    return block


def test_modulation_on_hand_made_numbers():
    tokens = torch.tensor([[[1.0, 3.0]]])  # normalised: -1 and 1
    shift, scale = torch.tensor([[[0.5, 0.0]]]), torch.tensor([[[1.0, 2.0]]])
    torch.testing.assert_close(modulated(tokens, shift, scale), torch.tensor([[[-1.5, 3.0]]]), atol=1e-4, rtol=0)


def test_a_new_block_changes_no_token():
    with seeded(0):
        block = Block(8, 2)
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
        network = DiffusionTransformer(5, [2, 3], width=8, depth=1, heads=2)
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
    embedding = TimeEmbedding(4)
    seen = []
    embedding.layers[0].register_forward_hook(lambda layer, given, outputs: seen.append(given[0]))
    embedding(torch.tensor([0.0, 1.0]))
    assert seen[0][0].tolist() == [1.0] * 64 + [0.0] * 64
    torch.testing.assert_close(seen[0][1, [0, 64]], torch.tensor([0.5403023, 0.8414710]))
