import numpy as np
import pytest

from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.pipeline.features import EncoderConfig, FeatureStore

KINEMATIC = EncoderConfig("kinematic", {"embed_dim": 32}, masked_views=3)


def test_parts_are_disjoint_in_people_and_classes(small, cache):
    split = resolve_split("small", small)
    encoded = FeatureStore(small, cache).encode_split(split, KINEMATIC, withhold=True)
    assert set(encoded.unseen.labels) == set(split.unseen)
    assert set(encoded.validation.labels) == set(split.validation_unseen)
    assert not set(encoded.train.labels) & ({*split.unseen} | {*split.validation_unseen})
    assert encoded.train.masked.shape == (3, *encoded.train.features.shape)
    assert encoded.observed.shape == (10, *encoded.unseen.features.shape)
    np.testing.assert_allclose(encoded.observed[-1], encoded.unseen.features)
    assert encoded.seen_class_accuracy > 0.5


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
