"""Contract that every encoder fulfils."""

import numpy as np
import pytest

from zeroskel import encoders
from zeroskel.core import InputError, NotFittedError

OPTIONS = {
    "stgcn": {"epochs": 3, "batch_size": 8, "hidden_channels": 4, "embed_dim": 16},
    "kinematic": {"embed_dim": 16},
    "biomechanics": {"embed_dim": 16},
    "movement": {"embed_dim": 16},
}
VOCABULARY = 96  # values and flags of the movement vocabulary stand before the components


@pytest.fixture(params=encoders.available())
def name(request):
    return request.param


@pytest.fixture
def motions():
    """Three kinds of movement of one joint on a fixed body: (36, 3, 20, 20, 1), labels, subjects."""
    rng = np.random.default_rng(0)
    labels = np.repeat([4, 7, 9], 12)
    batch = np.tile(rng.normal(size=(1, 3, 1, 20, 1)), (36, 1, 20, 1, 1))
    phase = np.linspace(0, 2 * np.pi, 20) + rng.uniform(0, 1, (36, 1))
    for row, label in enumerate(labels):
        batch[row, label % 3, :, label + 2, 0] += np.sin((1 + label % 2) * phase[row])
    batch += rng.normal(scale=0.02, size=batch.shape)
    order = rng.permutation(36)
    return batch[order].astype(np.float32), labels[order], np.tile([1, 3, 5], 12)[order]


def new(name):
    return encoders.create(name, "kinect-20", **OPTIONS[name])


def test_features_have_a_row_each_for_any_number_of_frames(name, motions):
    encoder = new(name).fit(*motions)
    for frames in (20, 8, 5):
        features = encoder.encode(motions[0][:7, :, :frames])
        assert features.shape == (7, 16 + (2 * VOCABULARY if name == "movement" else 0))
        assert features.dtype == np.float32
        assert np.isfinite(features).all()


def test_same_seed_same_features(name, motions):
    first, second = (new(name).fit(*motions, seed=2).encode(motions[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_feature_does_not_depend_on_its_batch(name, motions):
    encoder = new(name).fit(*motions)
    np.testing.assert_allclose(encoder.encode(motions[0])[3:4], encoder.encode(motions[0][3:4]), rtol=1e-3, atol=1e-4)


def test_save_and_load_keep_the_features(name, motions, tmp_path):
    encoder = new(name).fit(*motions)
    encoder.save(tmp_path / "saved")
    loaded = encoders.load(tmp_path / "saved")
    assert loaded.options() == encoder.options()
    np.testing.assert_allclose(loaded.encode(motions[0]), encoder.encode(motions[0]), rtol=1e-4, atol=1e-5)


def test_inputs_are_not_modified(name, motions):
    copy = motions[0].copy()
    new(name).fit(*motions).encode(motions[0])
    np.testing.assert_array_equal(copy, motions[0])


def test_wrong_use_is_refused(name, motions):
    with pytest.raises(NotFittedError, match="fit first"):
        new(name).encode(motions[0])
    with pytest.raises(InputError, match="classes"):
        new(name).fit(motions[0], np.zeros(36, int))
    with pytest.raises(InputError, match="layout kinect-20"):
        new(name).fit(*motions).encode(np.zeros((1, 3, 9, 25, 1)))
    with pytest.raises(InputError, match="its options are"):
        encoders.create(name, "kinect-20", nonsense=1)


def test_an_encoder_without_a_torch_module_is_refused():
    class Measured(encoders.Kinematic):
        encoder = "measured"
        to_torch = encoders.SkeletonEncoder.to_torch

    with pytest.raises(InputError, match="Encoder 'measured' cannot be exported"):
        Measured().to_torch()


def test_an_unknown_encoder_is_refused_with_the_known_names():
    with pytest.raises(InputError, match="stgcn, kinematic"):
        encoders.create("nope", "kinect-20")


@pytest.mark.parametrize("name", ["kinematic", "biomechanics"])
def test_hand_made_features_separate_the_movements(name, motions):
    features = new(name).fit(*motions).encode(motions[0])
    centres = np.stack([features[motions[1] == label].mean(axis=0) for label in (4, 7, 9)])
    nearest = np.linalg.norm(features[:, None] - centres, axis=2).argmin(axis=1)
    assert (np.array([4, 7, 9])[nearest] == motions[1]).mean() > 0.9


def test_pretraining_learns_and_records_its_history(motions):
    options = {"epochs": 12, "batch_size": 6, "hidden_channels": 4, "embed_dim": 16, "augment": False}
    progress = []
    encoder = encoders.create("stgcn", "kinect-20", **options)
    encoder.fit(*motions, on_epoch=lambda epoch, epochs: progress.append((epoch, epochs)))
    assert progress == [(epoch, 12) for epoch in range(1, 13)]
    assert encoder.history_[-1]["loss"] < encoder.history_[0]["loss"]
    assert encoder.history_[-1]["accuracy"] > 0.6
    assert encoder.selected_epoch_ == 12


def test_the_epoch_can_be_chosen_on_withheld_subjects(motions):
    encoder = encoders.create("stgcn", "kinect-20", **OPTIONS["stgcn"], select="withheld-subjects").fit(*motions)
    accuracies = [record["withheld_accuracy"] for record in encoder.history_]
    assert encoder.selected_epoch_ == 1 + int(np.argmax(accuracies))
    with pytest.raises(InputError, match="subject"):
        encoders.create("stgcn", "kinect-20", select="withheld-subjects").fit(motions[0], motions[1])


@pytest.mark.parametrize("name", ["kinematic", "biomechanics"])
def test_components_are_orthogonal_and_few(name, motions):
    encoder = encoders.create(name, "kinect-20", embed_dim=5, whiten=1.0).fit(*motions)
    features = encoder.encode(motions[0])
    assert features.shape == (36, 5)
    np.testing.assert_allclose(features.T @ features / 36, np.eye(5), atol=1e-2)


@pytest.mark.parametrize(
    ("option", "value"),
    [("epochs", 0), ("batch_size", 1), ("learning_rate", 0.0), ("dropout", 1.0), ("select", "best"), ("augment", "no")],
)
def test_options_out_of_bounds_are_refused_by_the_constructor(option, value):
    with pytest.raises(InputError, match=f"{option} is .*; expected"):
        encoders.create("stgcn", "kinect-20", **{option: value})
