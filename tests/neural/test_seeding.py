import torch

from zeroskel.neural._seeding import seeded


def test_a_seed_gives_the_same_weights_and_restores_the_global_state():
    before = torch.random.get_rng_state()
    weights = []
    for _ in range(2):
        with seeded(5):
            weights.append(torch.nn.Linear(3, 2).weight)
    torch.testing.assert_close(weights[0], weights[1])
    assert torch.equal(before, torch.random.get_rng_state())
