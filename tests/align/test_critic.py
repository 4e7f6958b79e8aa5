import pytest
import torch

from zeroskel.align import _critic as critic
from zeroskel.align._critic import CRITICS, BilinearCritic, Critic, SeparableCritic


@pytest.mark.parametrize("as_convolutions", [False, True])
def test_the_grid_equals_repeating_every_pair(monkeypatch, as_convolutions):
    monkeypatch.setattr("zeroskel.neural._linear.convolutions_are_faster", lambda: as_convolutions)
    torch.manual_seed(0)
    network = Critic(7 + 5, hidden=(16, 8))
    motions, texts = torch.randn(11, 7), torch.randn(3, 5)
    pairs = network(motions.repeat_interleave(3, dim=0), texts.repeat(11, 1)).view(11, 3)
    torch.testing.assert_close(network.grid(motions, texts), pairs)
    monkeypatch.setattr(critic, "BLOCK_VALUES", 1)
    torch.testing.assert_close(network.grid(motions, texts), pairs)


def test_the_grid_without_units_that_are_off_is_the_same(monkeypatch):
    torch.manual_seed(0)
    network = Critic(7 + 5, hidden=(16, 8))
    motions, texts = torch.randn(11, 7), torch.randn(3, 5) / 10
    with torch.no_grad():
        network.first.bias[:4] = -100.0  # always off
        expected = network.grid(motions, texts)
        monkeypatch.setattr(critic, "MANY_TEXTS", 1)
        torch.testing.assert_close(network.grid(motions, texts), expected)
        assert network.grid(motions[:0], texts).shape == (0, 3)
        network.first.bias[:] = -100.0  # all off
        torch.testing.assert_close(
            network.grid(motions, texts), network(motions, texts[:1].expand(11, -1))[:, None].expand(-1, 3)
        )
        assert torch.isnan(network.grid(torch.full((1, 7), torch.nan), texts)).all()


@pytest.mark.parametrize("kind", CRITICS)
def test_every_critic_has_a_grid_of_its_pairs(kind):
    torch.manual_seed(0)
    network = CRITICS[kind](7, 5, (16, 8))
    motions, texts = torch.randn(4, 7), torch.randn(3, 5)
    pairs = network(motions.repeat_interleave(3, dim=0), texts.repeat(4, 1)).view(4, 3)
    torch.testing.assert_close(network.grid(motions, texts), pairs)


def filled(network, value):
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.fill_(0.0 if name.endswith("bias") else value)
    return network


def test_the_critic_on_the_concatenation_on_hand_made_weights():
    network = filled(Critic(3, hidden=(2, 1)), 2.0)
    with torch.no_grad():
        network.first.weight[1] *= -1  # a hidden unit that ReLU cuts off
        network.last.bias.fill_(-5.0)
    value = network(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0]]))  # 2 * 6 = 12, 24, 48 - 5
    assert value.tolist() == [43.0]


def test_the_separable_critic_is_the_product_of_two_towers():
    network = filled(SeparableCritic(2, 1, hidden=(1, 2)), 1.0)
    value = network(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.5]]))  # towers (4, 4) and (0.5, 0.5)
    assert value.tolist() == [4.0]


def test_the_bilinear_critic_is_the_form_it_says():
    network = BilinearCritic(2, 2)
    with torch.no_grad():
        network.map.weight.copy_(torch.tensor([[1.0, 2.0], [0.0, -1.0]]))
        network.map.bias.copy_(torch.tensor([0.5, 0.0]))
        network.offset.copy_(torch.tensor(0.25))
    value = network(torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0, 1.0]]))  # W v + b = (7.5, -3)
    assert value.tolist() == [12.25]


def test_the_separable_critic_has_rank_of_its_last_layer():
    torch.manual_seed(0)
    network = CRITICS["separable"](7, 5, (16, 2))
    grid = network.grid(torch.randn(9, 7), torch.randn(8, 5))
    assert torch.linalg.matrix_rank(grid, rtol=1e-4) == 2
