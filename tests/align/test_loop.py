import torch

from zeroskel.align.loop import batches, seeded, train, warmup_cosine


def test_the_schedule_warms_up_and_ends_near_zero():
    shares = [warmup_cosine(epoch, 100, 15) for epoch in range(100)]
    assert shares[0] == 0
    assert shares[15] == max(shares) == 1
    assert shares[:16] == sorted(shares[:16])
    assert shares[15:] == sorted(shares[15:], reverse=True)
    assert warmup_cosine(0, 10, 0) == 1


def test_every_sample_comes_once_an_epoch():
    shuffled = torch.cat(list(batches(10, 4, torch.Generator().manual_seed(0))))
    assert sorted(shuffled.tolist()) == list(range(10))
    assert torch.cat(list(batches(10, 4, None))).tolist() == list(range(10))


def test_a_seed_gives_the_same_weights_and_leaves_the_world_alone():
    before = torch.random.get_rng_state()
    weights = []
    for _ in range(2):
        with seeded(5):
            weights.append(torch.nn.Linear(3, 2).weight)
    torch.testing.assert_close(weights[0], weights[1])
    assert torch.equal(before, torch.random.get_rng_state())


def test_training_descends_and_records_every_step():
    weight = torch.nn.Parameter(torch.tensor([4.0]))
    epochs = []
    history = train(
        [weight],
        lambda batch, epoch: {"loss": (weight**2).sum()},
        count=6,
        epochs=50,
        batch_size=4,
        learning_rate=0.1,
        schedule=lambda epoch: 1.0,
        generator=None,
        on_epoch=epochs.append,
    )
    assert epochs == list(range(1, 51))
    assert len(history.step_losses) == 100
    assert history.step_losses[-1] < 0.1 < history.step_losses[0]
