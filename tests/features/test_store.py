from dataclasses import replace

import numpy as np
import pytest

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.features._encoded_split import EncoderConfig, held_out
from zeroskel.features._store import FeatureStore
from zeroskel.recognition import TrainingConfig, train_bundle

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
    rows = store.rows(split, withhold=True)
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


@pytest.fixture(scope="module")
def two_sources(small):
    """The recordings of four people as a pool of two members: `b` has two of them and only the unseen actions."""
    unseen = np.isin(small.labels, resolve_split("small", small).unseen)
    rows = np.flatnonzero((small.subjects <= 2) | unseen)
    return SkeletonDataset(
        [small[i] for i in rows],
        small.labels[rows],
        small.subjects[rows],
        small.class_names,
        name="two-sources",
        splits={"cross-b": {"unseen": small.splits["small"]["unseen"], "held_out": "b"}},
        members=["a" if subject <= 2 else "b" for subject in small.subjects[rows]],
    )


def test_a_member_held_out_lends_nothing_to_training(two_sources, tmp_path):
    split = resolve_split("cross-b", two_sources)
    store = FeatureStore(two_sources, tmp_path)
    encoded, inner = (store.encode_split(split, KINEMATIC, withhold=withhold) for withhold in (False, True))
    of_b, new = two_sources.members == "b", np.isin(two_sources.labels, split.unseen)
    assert (len(encoded.unseen), encoded.seen, encoded.seen_class_accuracy) == (of_b.sum(), None, None)
    assert set(inner.unseen.labels) == set(split.validation_unseen)
    rng = np.random.default_rng(0)
    changed = [
        two_sources[i].replace(two_sources[i].joints + rng.normal(size=two_sources[i].joints.shape))
        if of_b[i] or new[i]
        else two_sources[i]
        for i in range(len(two_sources))
    ]
    other = SkeletonDataset(
        changed,
        two_sources.labels,
        two_sources.subjects,
        two_sources.class_names,
        splits=two_sources.splits,
        members=two_sources.members,
    )
    store = FeatureStore(other, tmp_path)
    second, second_inner = (store.encode_split(split, KINEMATIC, withhold=withhold) for withhold in (False, True))
    np.testing.assert_array_equal(encoded.train.features, second.train.features)
    for part in ("train", "unseen", "seen"):
        np.testing.assert_array_equal(getattr(inner, part).features, getattr(second_inner, part).features)
    assert not np.allclose(encoded.unseen.features, second.unseen.features)


def test_a_cell_with_a_member_held_out_says_so_and_has_no_gzsl(two_sources, tmp_path):
    config = BenchmarkConfig(splits=("cross-b",), encoders=("kinematic",), methods=("ridge",), masked_views=1)
    (record,) = run_benchmark([two_sources], config, tmp_path / "out", cache=tmp_path / "cache")
    assert record.protocol == "cross-dataset:b"
    assert (record.gzsl_seen, record.gzsl_unseen, record.gzsl_harmonic_mean) == (None, None, None)
    assert (record.classes_seen, record.test_sequences) == (6, int((two_sources.members == "b").sum()))
    assert "cross-dataset:b" in (tmp_path / "out" / "report.html").read_text()


def test_a_bundle_with_a_member_held_out_never_saw_it(two_sources, tmp_path):
    config = TrainingConfig(split="cross-b", method="ridge", masked_views=1)
    facts = train_bundle(two_sources, config, cache=tmp_path).facts
    new = np.isin(two_sources.labels, resolve_split("cross-b", two_sources).unseen)
    assert facts["sequences"] == (~new & (two_sources.members == "a")).sum()


def test_a_member_that_is_not_there_is_told(small, two_sources, tmp_path):
    split = replace(resolve_split("cross-b", two_sources), held_out="c")
    with pytest.raises(InputError, match="holds out c; it has a, b"):
        FeatureStore(two_sources, tmp_path).encode_split(split, KINEMATIC)
    with pytest.raises(InputError, match="it has no members"):
        small.train_mask_of(split)


def test_a_second_store_computes_nothing(small, cache):
    split = resolve_split("small", small)
    first = FeatureStore(small, cache).encode_split(split, KINEMATIC)
    calls = []
    second = FeatureStore(small, cache, lambda *what: calls.append(what)).encode_split(split, KINEMATIC)
    assert calls == []
    np.testing.assert_array_equal(first.unseen.features, second.unseen.features)


def test_a_part_without_recordings_is_named(small, cache):
    alone = SkeletonDataset(
        [small[i] for i in range(len(small))], small.labels, np.ones(len(small)), small.class_names, name="alone"
    )
    split = ZeroShotSplit("s", tuple(small.class_names), (0, 1), (2,), "test")
    with pytest.raises(InputError, match="no recordings for seen, unseen"):
        FeatureStore(alone, cache).encode_split(split, KINEMATIC)


def test_an_encoder_is_found_again_whatever_device_is_asked_for(small, tmp_path):
    rows = FeatureStore(small, tmp_path).rows(resolve_split("small", small), withhold=False)["train"]
    options = {"epochs": 1, "hidden_channels": 4, "embed_dim": 16}
    for device in ({}, {"device": "cpu"}):
        calls = []
        store = FeatureStore(small, tmp_path, lambda *what, calls=calls: calls.append(what))
        store.encoder(EncoderConfig("stgcn", {**options, **device}), rows)
        assert bool(calls) == (not device)
    (folder,) = tmp_path.glob("encoder-*")
    assert "device" not in (folder / "config.json").read_text()
