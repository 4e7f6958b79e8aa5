import numpy as np
import pytest
import torch

from zeroskel import align

METHODS = ("devise", "relation-net", "revise")


@pytest.mark.parametrize("method", METHODS)
def test_an_epochs_scores_are_those_of_stopping_there(method, toy):
    recorded = []
    options = {"epochs": 4, "batch_size": 16, "learning_rate": 1e-3}
    align.create(method, **options).fit(
        *toy, on_epoch=lambda aligner, epoch: recorded.append(aligner.score_classes(toy[0], toy[2]))
    )
    part = align.create(method, stop_epoch=2, **options).fit(*toy)
    np.testing.assert_array_equal(part.score_classes(toy[0], toy[2]), recorded[1])
    assert len(recorded) == len(part.history_.epochs) + 2 == 4


@pytest.mark.parametrize("method", METHODS)
def test_the_world_generator_is_left_alone(method, toy, tmp_path):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    align.create(method, epochs=1).fit(*toy).save(tmp_path / "saved")
    align.load(tmp_path / "saved")
    assert torch.equal(before, torch.random.get_rng_state())
