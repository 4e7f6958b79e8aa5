import numpy as np
import pytest

from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.pipeline.features import EncoderConfig, FeatureStore, held_out

KINEMATIC = EncoderConfig("kinematic", {"embed_dim": 32}, masked_views=3)


def test_parts_are_disjoint_in_people_and_classes(small, cache):
    split = resolve_split("small", small)
    encoded = FeatureStore(small, cache).encode_split(split, KINEMATIC)
    assert set(encoded.unseen.labels) == set(split.unseen)
    assert set(encoded.train.labels) == set(encoded.seen.labels) == set(split.seen)
    assert encoded.train.masked.shape == (3, *encoded.train.features.shape)
    assert encoded.observed.shape == (10, *encoded.unseen.features.shape)
    np.testing.assert_allclose(encoded.observed[-1], encoded.unseen.features)
    assert encoded.seen_class_accuracy > 0.5


def test_withheld_features_hold_training_recordings_only(small, cache):
    split = resolve_split("small", small)
    store = FeatureStore(small, cache)
    rows = store._rows(split, withhold=True)
    training = set(np.flatnonzero(small.train_mask & ~np.isin(small.labels, split.unseen)))
    parts = [set(rows[part]) for part in ("train", "unseen", "seen")]
    assert set.union(*parts) == training
    assert sum(map(len, parts)) == len(training)
    assert not {*small.subjects[rows["train"]]} & {*small.subjects[rows["seen"]]}
    encoded = store.encode_split(split, KINEMATIC, withhold=True)
    assert set(encoded.unseen.labels) == set(split.validation_unseen)
    assert set(encoded.train.labels) == set(encoded.seen.labels) == {*split.seen} - {*split.validation_unseen}
    assert encoded.observed is None


def test_a_class_keeps_something_to_train_on():
    labels = np.array([0, 0, 0, 0, 1, 1, 2])
    subjects = np.array([1, 1, 3, 3, 1, 3, 3])
    training = np.ones(7, dtype=bool)
    np.testing.assert_array_equal(np.flatnonzero(held_out(labels, subjects, training)), [2, 3, 5])
    alone = held_out(np.repeat([0, 1], 8), np.zeros(16), np.ones(16, dtype=bool))
    np.testing.assert_array_equal(np.flatnonzero(alone), [3, 7, 11, 15])


def test_features_of_seen_classes_do_not_depend_on_unseen_recordings(small, tmp_path):
    split = resolve_split("small", small)
    new = np.isin(small.labels, split.unseen)
    rng = np.random.default_rng(0)
    changed = [
        small[i].replace(small[i].joints + rng.normal(size=small[i].joints.shape)) if new[i] else small[i]
        for i in range(len(small))
    ]
    other = SkeletonDataset(changed, small.labels, small.subjects, small.class_names, name="small")
    first = FeatureStore(small, tmp_path).encode_split(split, KINEMATIC)
    second = FeatureStore(other, tmp_path).encode_split(split, KINEMATIC)
    np.testing.assert_array_equal(first.train.features, second.train.features)
    np.testing.assert_array_equal(first.train.masked, second.train.masked)
    assert not np.allclose(first.unseen.features, second.unseen.features)


def test_a_second_store_computes_nothing(small, cache):
    split = resolve_split("small", small)
    first = FeatureStore(small, cache).encode_split(split, KINEMATIC)
    told = []
    second = FeatureStore(small, cache, lambda *what: told.append(what)).encode_split(split, KINEMATIC)
    assert told == []
    np.testing.assert_array_equal(first.unseen.features, second.unseen.features)


def test_a_part_without_recordings_is_named(small, cache):
    alone = SkeletonDataset(
        [small[i] for i in range(len(small))], small.labels, np.ones(len(small)), small.class_names, name="alone"
    )
    split = ZeroShotSplit("s", tuple(small.class_names), (0, 1), (2,), "test")
    with pytest.raises(InputError, match="no recordings for seen, unseen"):
        FeatureStore(alone, cache).encode_split(split, KINEMATIC)
