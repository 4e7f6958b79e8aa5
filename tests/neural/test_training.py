import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from zeroskel.core import InputError
from zeroskel.neural._training import index_batches, seeded, train, warmup_cosine


def test_the_schedule_warms_up_and_ends_near_zero():
    shares = [warmup_cosine(epoch, 100, 15) for epoch in range(100)]
    assert shares[0] == 0
    assert shares[15] == max(shares) == 1
    assert shares[:16] == sorted(shares[:16])
    assert shares[15:] == sorted(shares[15:], reverse=True)
    assert warmup_cosine(0, 10, 0) == 1


def test_every_sample_comes_once_an_epoch():
    shuffled = torch.cat(list(index_batches(10, 4, torch.Generator().manual_seed(0))))
    assert sorted(shuffled.tolist()) == list(range(10))
    assert torch.cat(list(index_batches(10, 4, None))).tolist() == list(range(10))


class Quadratic(nn.Module):
    """|weight|^2, with noise drawn from the global generator, as dropout does."""

    def __init__(self, size=1):
        super().__init__()
        self.weight = nn.Parameter(torch.full((size,), 4.0))

    def forward(self):
        return (self.weight**2).sum() + 0.1 * (self.weight * torch.randn(len(self.weight))).sum()


def run(model, epochs=8, generator=None, **options):
    generator = generator or torch.Generator().manual_seed(1)
    return train(
        model,
        lambda trained, batch: {"loss": trained() + batch.float().mean() * trained.weight.sum()},
        lambda epoch: zip(index_batches(6, 4, generator)),
        epochs=epochs,
        learning_rate=0.1,
        schedule=lambda epoch: 1.0,
        generator=generator,
        **options,
    )


def test_training_descends_and_records_every_step():
    epochs = []
    model = Quadratic()
    history = train(
        model,
        lambda trained: {"loss": (trained.weight**2).sum()},
        lambda epoch: [(), ()],
        epochs=50,
        learning_rate=0.1,
        schedule=lambda epoch: 1.0,
        on_epoch=lambda record: epochs.append(record["epoch"]),
    )
    assert epochs == list(range(1, 51))
    assert len(history.step_losses) == 100
    assert history.step_losses[-1] < 0.1 < history.step_losses[0]


def test_the_best_epoch_keeps_its_weights():
    values = iter((0.1, 0.7, 0.3))
    weights = []
    model = Quadratic()

    def on_epoch(record):
        record["accuracy"] = next(values)
        weights.append(model.weight.item())

    history = run(model, 3, on_epoch=on_epoch, best_by="accuracy")
    assert history.best is not None
    assert history.best[:2] == (0.7, 2)
    assert history.best[2]["weight"].item() == weights[1] != weights[2]


@pytest.mark.parametrize("new_generator", [np.random.default_rng, lambda seed: torch.Generator().manual_seed(seed)])
def test_a_resumed_training_ends_with_the_same_numbers(tmp_path, new_generator):
    def shuffle_from(generator, model, epochs, **options):
        torch.manual_seed(0)
        draw = getattr(generator, "permutation", lambda count: torch.randperm(count, generator=generator))
        return train(
            model,
            lambda trained, batch: {"loss": trained() + batch[0] * trained.weight.sum()},
            lambda epoch: [(torch.as_tensor(draw(6)),)],
            epochs=epochs,
            learning_rate=0.1,
            schedule=lambda epoch: 1 - epoch / 10,
            best_by="loss",
            generator=generator,
            **options,
        )

    def stop(record):
        if record["epoch"] == 4:
            raise KeyboardInterrupt

    whole, resumed = Quadratic(), Quadratic()
    expected = shuffle_from(new_generator(3), whole, 8)
    with pytest.raises(KeyboardInterrupt):
        shuffle_from(new_generator(3), Quadratic(), 8, checkpoint=tmp_path / "state", on_epoch=stop)
    history = shuffle_from(new_generator(9), resumed, 8, checkpoint=tmp_path / "state")
    assert resumed.weight.item() == whole.weight.item()
    assert history == expected


def test_a_damaged_checkpoint_and_that_of_another_network_are_refused(tmp_path):
    file = tmp_path / "state"
    run(Quadratic(), 2, checkpoint=file)
    with pytest.raises(InputError, match=r"state: not a checkpoint of this training .*; remove the file"):
        run(Quadratic(2), 2, checkpoint=file)
    save_file(load_file(file), file, {"facts": json.dumps({"epochs": []})})
    with pytest.raises(InputError, match="not a checkpoint"):
        run(Quadratic(), 2, checkpoint=file)
    file.write_bytes(b"\x00" * 20)
    with pytest.raises(InputError, match="not a checkpoint"):
        run(Quadratic(), 2, checkpoint=file)


class Accelerator:
    """Stands for two processes of `accelerate` that compute the same part each."""

    num_processes, is_main_process = 2, True

    def prepare(self, model, optimizer):
        return model, optimizer

    def backward(self, loss):
        (loss / self.num_processes).backward()

    def reduce(self, value, reduction):
        return value


def test_an_accelerator_changes_no_number():
    torch.manual_seed(0)
    run(alone := Quadratic())
    torch.manual_seed(0)
    run(together := Quadratic(), accelerator=Accelerator())
    assert alone.weight.item() == together.weight.item()


def test_a_seed_gives_the_same_weights_and_restores_the_global_state():
    before = torch.random.get_rng_state()
    weights = []
    for _ in range(2):
        with seeded(5):
            weights.append(torch.nn.Linear(3, 2).weight)
    torch.testing.assert_close(weights[0], weights[1])
    assert torch.equal(before, torch.random.get_rng_state())
