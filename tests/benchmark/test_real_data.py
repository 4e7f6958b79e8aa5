"""The whole way on real skeletons."""

import numpy as np
import pytest

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.datasets import open_datasets
from zeroskel.recognition import TrainingConfig, train_bundle

pytestmark = pytest.mark.slow("encoders are trained on real recordings")


def test_utd_mhad_is_named_far_above_chance(shared, tmp_path):
    datasets = open_datasets([str(shared / "data" / "utd_mhad.npz")])
    config = BenchmarkConfig(splits=("purls-5",), encoders=("kinematic",), seeds=(0, 1))
    records = run_benchmark(datasets, config, tmp_path / "out", cache=tmp_path / "cache")
    for record in records:
        assert record.train_sequences == 351
        assert record.test_sequences == 80
        assert record.seen_class_accuracy > 0.8
    assert np.mean([record.zsl_accuracy for record in records]) > 1.5 * records[0].chance


def test_the_pool_runs_and_unseen_concepts_are_unseen_in_every_member(shared, tmp_path):
    pool = open_datasets([str(shared / "protocols" / "kinect_pool.json")])
    config = BenchmarkConfig(splits=("pool-1", "pool-2", "pool-3"), encoders=("kinematic",), methods=("ridge", "conse"))
    records = run_benchmark(pool, config, tmp_path / "out", cache=tmp_path / "cache")
    assert [record.split for record in records] == [f"pool-{i}" for i in (1, 2, 3) for _ in range(2)]
    assert all(len(record.classes_unseen) == 12 and record.classes_seen == 49 for record in records)
    assert all(record.seen_class_accuracy > 0.6 for record in records)
    assert np.mean([record.zsl_per_class_accuracy for record in records]) > 2 / 12


def test_each_set_of_the_pool_is_named_by_what_the_four_others_taught(shared, tmp_path):
    (pool,) = open_datasets([str(shared / "protocols" / "kinect_pool.json")])
    members = ("utd-mhad", "msr-action3d", "nw-ucla", "utkinect", "kinder-gator")
    config = BenchmarkConfig(
        splits=tuple(f"cross-{member}" for member in members),
        encoders=("kinematic",),
        methods=("ridge",),
        masked_views=1,
    )
    records = run_benchmark([pool], config, tmp_path / "out", cache=tmp_path / "cache")
    assert [record.protocol for record in records] == [f"cross-dataset:{member}" for member in members]
    assert [record.test_sequences for record in records] == [(pool.members == member).sum() for member in members]
    assert all(record.gzsl_harmonic_mean is None for record in records)
    assert np.mean([record.zsl_per_class_accuracy / record.chance for record in records]) > 1.3


def test_stgcn_learns_real_seen_classes(shared, tmp_path):
    datasets = open_datasets([str(shared / "data" / "utkinect.npz")])
    config = BenchmarkConfig(
        splits=("random-3-0",), encoders=("stgcn",), methods=("smie",), options={"stgcn": {"epochs": 25}}
    )
    record = run_benchmark(datasets, config, tmp_path / "out", cache=tmp_path / "cache")[0]
    assert record.seen_class_accuracy > 0.5
    assert record.observed.mutual_information[-1] <= 0


def test_a_bundle_of_one_set_names_recordings_of_people_it_never_saw(shared, tmp_path):
    dataset = open_datasets([str(shared / "data" / "utd_mhad.npz")])[0]
    recognizer = train_bundle(dataset, TrainingConfig(split="purls-5"), cache=tmp_path / "cache")
    actions = ["squat with two arms stretched out", "right hand wave", "jogging in place", "tennis serve"]
    rows = np.flatnonzero(~dataset.train_mask & (dataset.labels == dataset.class_names.index(actions[0])))
    predictions = recognizer.predict([dataset[i] for i in rows], actions)
    assert np.mean([prediction.best == actions[0] for prediction in predictions]) > 0.8


def test_kite_names_most_recordings_of_twelve_unseen_concepts(shared, tmp_path):
    pool = open_datasets([str(shared / "protocols" / "kinect_pool.json")])
    config = BenchmarkConfig(
        splits=("pool-1", "pool-2", "pool-3"),
        encoders=("biomechanics",),
        methods=("kite",),
        prompts=("aspects+best",),
        synthetic=6,
        masked_views=1,
    )
    records = run_benchmark(pool, config, tmp_path / "out", cache=tmp_path / "cache")
    assert all(record.added_sequences < 84 * 6 for record in records)  # what means an unseen concept is left out
    assert all(record.classes_seen == 49 and len(record.confusion) == 12 for record in records)
    assert np.mean([record.zsl_per_class_accuracy for record in records]) > 0.55
