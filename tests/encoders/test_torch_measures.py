"""The torch measures are those of NumPy, group by group."""

import numpy as np
import pytest
import torch

from zeroskel import encoders
from zeroskel.core import available_layouts, get_layout
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.encoders import measures
from zeroskel.encoders.torch_encoders import torch_encoder
from zeroskel.encoders.torch_measures import (
    autocorrelation,
    body_measures,
    low_frequencies,
    relation_measures,
    statistics,
)
from zeroskel.skeleton import Preprocessing, make_batch


def swaying(*shape, seed=0):
    """(…, T, V, 3) of random poses that sway, some frames at rest."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=shape) * (rng.random(shape[-3])[:, None, None] > 0.2)
    return (rng.normal(size=(*shape[:-3], 1, *shape[-2:])) + steps.cumsum(axis=-3) * 0.05).astype(np.float32)


@pytest.mark.parametrize("layout", available_layouts())
@pytest.mark.parametrize("frames", (50, 31))
def test_every_group_of_a_body_is_equal(layout, frames):
    layout = get_layout(layout)
    joints = swaying(6, frames, len(layout.joints), 3)
    joints[0] = joints[0, :1]  # a still
    options = {"moments": 13, "frequencies": 6}
    expected = measures.body_measures(joints, layout, **options)
    found = body_measures(torch.from_numpy(joints), layout, **options)
    assert list(found) == list(expected)
    for name, group in expected.items():
        loose = np.where(np.arange(6) == 0, 1e-2, 2e-5)[:, None] if name == "rhythm" else 2e-5  # of a still: rounding
        assert (np.abs(found[name].numpy() - group) <= 1e-4 * np.abs(group) + loose).all(), name


@pytest.mark.parametrize("layout", available_layouts())
def test_the_relation_of_two_bodies_is_equal(layout):
    layout = get_layout(layout)
    joints = swaying(6, 2, 50, len(layout.joints), 3)
    found = relation_measures(torch.from_numpy(joints), layout).numpy()
    np.testing.assert_allclose(found, measures.relation_measures(joints, layout), rtol=1e-4, atol=1e-5)


def test_straight_and_folded_limbs_have_their_angles():
    layout = get_layout("kinect-20")
    joints = np.zeros((1, 50, 20, 3), np.float32)
    joints[..., layout.index("hand_right"), 0] = 1
    expected = measures.body_measures(joints, layout, moments=2, frequencies=1)["angles"]
    found = body_measures(torch.from_numpy(joints), layout, moments=2, frequencies=1)["angles"].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_time_series_are_summed_up_equally():
    values = swaying(3, 50, 4, 3)
    relative = torch.from_numpy(values)
    flat = values.reshape(3, 50, 12)
    expected = measures.statistics([*np.moveaxis(flat, 2, 0)])
    found = statistics(torch.from_numpy(flat)).flatten(start_dim=1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(autocorrelation(relative).numpy(), measures.autocorrelation(values), atol=1e-5)
    for cycles in (6, 40):  # 25 of them fit in 50 frames
        expected = measures.low_frequencies(values, cycles).reshape(3, cycles, 12)
        np.testing.assert_allclose(low_frequencies(relative, cycles).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("bodies", (1, 2))
@pytest.mark.parametrize("name", ("biomechanics", "kinematic", "stgcn"))
def test_features_are_equal_with_absent_bodies_too(name, bodies):
    sequences, labels, _, _ = generate_dataset(["squat", "jump", "wave the right hand"], subjects=3, repetitions=2)
    batch = make_batch(sequences, Preprocessing("ntu-25", bodies=bodies))
    if bodies == 2:
        batch[::2, ..., 1] = batch[::-2, ..., 0] + 0.5  # the others have one body only
    options = {"epochs": 1} if name == "stgcn" else {"embed_dim": 8}
    encoder = encoders.create(name, "ntu-25", **options).fit(batch, labels)
    batch[1] = 0  # nobody
    expected = encoder.encode(batch)
    with torch.no_grad():
        found = torch_encoder(encoder)(torch.from_numpy(batch)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
