import numpy as np
import pytest
import torch

from zeroskel.encoders._augmentation import _JITTER, _SCALE, changed, drawn_changes, drawn_on_device


def on_cpu(batch, seed=0):
    return changed(torch.from_numpy(batch), drawn_changes(batch.shape, np.random.default_rng(seed))).numpy()


def on_device(batch, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return changed(torch.from_numpy(batch), drawn_on_device(batch.shape, torch.device("cpu"))).numpy()


both = pytest.mark.parametrize("augmented", [on_cpu, on_device])


@both
def test_bones_keep_their_proportions(augmented):
    pose = np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)
    still = np.broadcast_to(pose[None, :, None, :, None], (6, 3, 10, 20, 1)).copy()
    result = augmented(still)
    before = np.linalg.norm(pose[:, 1] - pose[:, 0])
    after = np.linalg.norm(result[:, :, :, 1] - result[:, :, :, 0], axis=1)
    assert result.shape == still.shape
    assert (np.abs(after / before - 1) < _SCALE + 6 * _JITTER).all()
    assert not np.allclose(result, still)


@both
def test_unobserved_joints_stay_at_zero(augmented):
    batch = np.random.default_rng(0).normal(size=(4, 3, 10, 20, 2)).astype(np.float32)
    batch[..., 1] = 0
    assert (augmented(batch)[..., 1] == 0).all()


@both
def test_the_same_seed_gives_the_same(augmented):
    batch = np.random.default_rng(0).normal(size=(4, 3, 10, 20, 1)).astype(np.float32)
    np.testing.assert_array_equal(augmented(batch, 3), augmented(batch, 3))


def test_a_device_draws_from_the_distribution_of_the_cpu():
    shape = (4000, 3, 9, 1, 1)
    on_host = drawn_changes(shape, np.random.default_rng(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        there = drawn_on_device(shape, torch.device("cpu"))
    for first, second in zip(on_host, there, strict=True):
        assert first.shape == second.shape and first.dtype == second.dtype
        torch.testing.assert_close(
            torch.quantile(first.double().flatten()[:4000], torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)),
            torch.quantile(second.double().flatten()[:4000], torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)),
            atol=0.03, rtol=0.03,
        )  # fmt: skip
    positions = on_host.frames + on_host.weight
    assert positions.min() >= 0 and positions.max() <= 8
    assert (positions.diff(dim=1) > 0.74).all() and (positions.diff(dim=1) <= 1.001).all()
