import torch

from zeroskel.align import critic
from zeroskel.align.critic import Critic


def test_the_grid_equals_repeating_every_pair(monkeypatch):
    torch.manual_seed(0)
    network = Critic(7 + 5, hidden=(16, 8))
    motions, texts = torch.randn(11, 7), torch.randn(3, 5)
    pairs = network(motions.repeat_interleave(3, dim=0), texts.repeat(11, 1)).view(11, 3)
    torch.testing.assert_close(network.grid(motions, texts), pairs)
    monkeypatch.setattr(critic, "BLOCK_VALUES", 1)
    torch.testing.assert_close(network.grid(motions, texts), pairs)
