import numpy as np

from zeroskel.encoders.pretrained import _JITTER, _SCALE, _augment


def test_bones_keep_their_proportions():
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(3, 20)).astype(np.float32)
    still = np.broadcast_to(pose[None, :, None, :, None], (6, 3, 10, 20, 1)).copy()
    changed = _augment(still, rng)
    before = np.linalg.norm(pose[:, 1] - pose[:, 0])
    after = np.linalg.norm(changed[:, :, :, 1] - changed[:, :, :, 0], axis=1)
    assert changed.shape == still.shape
    assert (np.abs(after / before - 1) < _SCALE + 6 * _JITTER).all()
    assert not np.allclose(changed, still)


def test_unobserved_joints_stay_at_zero():
    batch = np.random.default_rng(0).normal(size=(4, 3, 10, 20, 2)).astype(np.float32)
    batch[..., 1] = 0
    assert (_augment(batch, np.random.default_rng(1))[..., 1] == 0).all()


def test_a_generator_of_the_same_seed_gives_the_same():
    batch = np.random.default_rng(0).normal(size=(4, 3, 10, 20, 1)).astype(np.float32)
    first, second = (_augment(batch, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
