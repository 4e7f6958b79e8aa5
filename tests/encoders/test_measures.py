"""Measures of torch tensors equal measures of NumPy arrays, and both equal their definitions."""

import numpy as np
import pytest
import torch

from zeroskel import encoders
from zeroskel.core import available_layouts, get_layout
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.encoders import _measures as measures
from zeroskel.skeleton import Preprocessing, make_batch


@pytest.mark.parametrize("layout", available_layouts())
@pytest.mark.parametrize("frames", (50, 31, 2, 1))
def test_tensors_and_arrays_have_equal_measures(swaying, layout, frames):
    layout = get_layout(layout)
    joints = swaying(6, frames, len(layout.joints), 3)
    joints[0] = joints[0, :1]  # a still
    options = {"moments": 13, "frequencies": 6}
    expected = measures.body_measures(joints, layout, **options)
    computed = measures.body_measures(torch.from_numpy(joints), layout, **options)
    assert list(computed) == list(expected)
    for name, group in expected.items():
        loose = np.where(np.arange(6) == 0, 1e-2, 2e-5)[:, None] if name == "rhythm" else 2e-5  # of a still: rounding
        assert (np.abs(computed[name].numpy() - group) <= 1e-4 * np.abs(group) + loose).all(), name
    pairs = np.stack([joints, joints[::-1]], axis=1)
    computed = measures.relation_measures(torch.from_numpy(pairs), layout).numpy()
    np.testing.assert_allclose(computed, measures.relation_measures(pairs, layout), rtol=1e-4, atol=1e-5)


def test_straight_and_folded_limbs_have_equal_angles_in_both():
    layout = get_layout("kinect-20")
    joints = np.zeros((1, 50, 20, 3), np.float32)
    joints[..., layout.index("hand_right"), 0] = 1
    expected = measures.body_measures(joints, layout, moments=2, frequencies=1)["angles"]
    computed = measures.body_measures(torch.from_numpy(joints), layout, moments=2, frequencies=1)["angles"].numpy()
    np.testing.assert_allclose(computed, expected, atol=1e-6)


@pytest.mark.parametrize("bodies", (1, 2))
@pytest.mark.parametrize("name", ("biomechanics", "kinematic", "movement", "stgcn"))
def test_modules_have_equal_features_with_absent_bodies_too(name, bodies):
    sequences, labels, _, _ = generate_dataset(["squat", "jump", "wave the right hand"], subjects=3, repetitions=2)
    batch = make_batch(sequences, Preprocessing("ntu-25", bodies=bodies))
    if bodies == 2:
        batch[::2, ..., 1] = batch[::-2, ..., 0] + 0.5  # the others have one body only
    options = {"epochs": 1} if name == "stgcn" else {"embed_dim": 8}
    encoder = encoders.create(name, "ntu-25", **options).fit(batch, labels)
    batch[1] = 0  # nobody
    expected = encoder.encode(batch)
    with torch.no_grad():
        computed = encoder.to_torch()(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(computed, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
