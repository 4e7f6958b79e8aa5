"""Facts of synthetic motion that is added to the training set."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from attrs import evolve

from zeroskel.align import Ridge
from zeroskel.align._variants import Variant
from zeroskel.benchmark import BenchmarkConfig, _cell, run_benchmark
from zeroskel.benchmark._cell import CellConfig
from zeroskel.benchmark._grid import make_groups
from zeroskel.benchmark._selection import fit_selected
from zeroskel.core import FeatureSet, InputError
from zeroskel.core._files import content_key
from zeroskel.core._progress import quiet
from zeroskel.datasets import resolve_split
from zeroskel.datasets.synthetic import action_names, generate_dataset
from zeroskel.features._encoded_split import AddedClasses, EncoderConfig, with_added
from zeroskel.features._store import FeatureStore
from zeroskel.features._synthetic_classes import SyntheticMotion, means_the_same
from zeroskel.recognition import TrainingConfig, train_bundle
from zeroskel.skeleton import make_batch
from zeroskel.text import aspect_names, class_embeddings, class_texts
from zeroskel.text._descriptions import FIELDS

KINEMATIC = EncoderConfig("kinematic", {"embed_dim": 32}, masked_views=2)
CONFIG = BenchmarkConfig(
    splits=("small",),
    methods=("ridge", "kernel-ridge"),
    encoders=("kinematic",),
    prompts=("aspects",),
    options={"kinematic": {"embed_dim": 32}},
    masked_views=2,
)


class Unused:
    """Encoder that must not be called, since all names here have aspects."""

    def encode(self, texts):
        raise AssertionError(f"called for {len(texts)} texts")


class Constant:
    """Encoder with one embedding for every text."""

    def encode(self, texts):
        return np.tile(np.float32([0.6, 0.8]), (len(texts), 1))


def aspects_of(names):
    return class_embeddings(Unused(), class_texts(names, "aspects", {}))


@pytest.fixture(scope="module")
def store(small, cache):
    return FeatureStore(small, cache)


@pytest.fixture(scope="module")
def split(small):
    return resolve_split("small", small)


@pytest.fixture(scope="module")
def motion(cache):
    return SyntheticMotion(1, cache)


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "withheld"])
def encoded(request, store, split):
    """Return the encoded split, with or without withheld validation classes, and the names of all tested classes."""
    config = evolve(CONFIG, methods="ridge", synthetic=1, selections="validation")
    (group,) = make_groups([store.dataset], config, store.cache, quiet)
    inputs = group.inputs(next(group.cells()))
    added = inputs.withheld if request.param else inputs.encoded
    return added, split.names((*split.unseen, *(split.validation_unseen if request.param else ())))


def features_of(action, store, encoded):
    """Features of the action by the computed person whose motion is added."""
    sequences, *_ = generate_dataset([action], subjects=1, repetitions=1)
    rows = store.rows(resolve_split("small", store.dataset), withhold=len(encoded[1]) > 3)["train"]
    return store.encoder(KINEMATIC, rows).encode(make_batch(sequences, store.preprocessing))


def distance(action, store, encoded):
    """(n,) from the features of an action to all that were added."""
    return np.abs(encoded[0].added.train.features - features_of(action, store, encoded)).max(axis=1)


def test_no_added_class_means_one_that_is_tested(encoded, store):
    added, tested = encoded
    assert (added.added.class_embeddings @ aspects_of(tested).T).max() <= 0.9
    for action in tested:  # all of them are actions of the synthetic grammar
        assert distance(action, store, encoded).min() > 1e-3


def test_all_other_actions_are_added(encoded):
    added, tested = encoded
    likeness = (aspects_of(action_names()) @ aspects_of(tested).T).max(axis=1)
    assert len(added.added.class_embeddings) == (likeness <= 0.9).sum() == len(action_names()) - (likeness > 0.9).sum()
    assert (likeness > 0.9).sum() >= len(tested)


def test_a_class_withheld_for_validation_is_added_only_where_it_is_not(encoded, store):
    assert (distance("walk in place", store, encoded).min() < 1e-4) == ("walk in place" not in encoded[1])


def test_labels_index_the_embedding_of_their_own_action(encoded, store):
    added = encoded[0].added
    assert (added.train.labels.dtype.kind, len(added.class_embeddings)) == ("i", len(set(added.train.labels)))
    np.testing.assert_array_equal(np.unique(added.train.labels), np.arange(len(added.class_embeddings)))
    for action in ("bow forward", "circle the right arm", "wave the left hand"):
        row = int(distance(action, store, encoded).argmin())
        assert distance(action, store, encoded)[row] < 1e-4
        np.testing.assert_allclose(added.class_embeddings[added.train.labels[row]], aspects_of([action])[0], atol=1e-6)


@pytest.mark.parametrize("new", [[], ["swim", "tie a lace"]])
def test_where_nothing_is_alike_all_actions_are_added(new, store, split, motion):
    encoder = store.encoder(KINEMATIC, store.rows(split, withhold=False)["train"])
    added = motion.classes(encoder, store.preprocessing, new, Unused(), "aspects")
    np.testing.assert_allclose(added.class_embeddings, aspects_of(action_names()))
    assert len(added.train) == len(action_names())


def test_actions_of_the_same_movement_mean_the_same():
    names = ["wave both hands", "wave the left hand", "squat", "squat twice", "bow forward"]
    assert means_the_same(names, ["wave both hands"], Unused()).tolist() == [True, False, False, False, False]
    assert means_the_same(names, ["wave the right hand", "squat"], Unused()).tolist()[:3] == [False, True, True]
    assert not means_the_same(names, ["swim"], Unused()).any()


def test_next_to_aspects_other_blocks_are_zero(store, split, motion):
    encoder = store.encoder(KINEMATIC, store.rows(split, withhold=False)["train"])
    embeddings = motion.classes(encoder, store.preprocessing, [], Constant(), "name+aspects").class_embeddings
    width = len(aspect_names())
    assert embeddings.shape == (len(action_names()), 2 + width)
    assert not embeddings[:, :2].any()
    np.testing.assert_allclose(embeddings[:, 2:], aspects_of(action_names()) / np.sqrt(2), rtol=1e-5)
    words = motion.classes(encoder, store.preprocessing, [], Constant(), "name+person").class_embeddings
    np.testing.assert_allclose(words, class_embeddings(Constant(), class_texts(action_names(), "name+person")))


def test_more_people_give_more_recordings_of_the_same_classes(store, split, cache):
    encoder = store.encoder(KINEMATIC, store.rows(split, withhold=False)["train"])
    added = SyntheticMotion(2, cache).classes(encoder, store.preprocessing, ["squat"], Unused(), "aspects")
    np.testing.assert_array_equal(np.bincount(added.train.labels), np.full(len(added.class_embeddings), 2))


def test_added_rows_follow_the_others_and_replace_their_masked_views():
    train = FeatureSet(np.float32([[1, 2], [3, 4]]), np.array([2, 0]), np.float32([[[5, 6], [7, 8]], [[9, 1], [2, 3]]]))
    dataset_embeddings = np.float32([[0.1], [np.nan], [0.3]])
    added = AddedClasses(FeatureSet(np.float32([[10, 20]]), np.array([1])), np.float32([[0.4], [0.5]]))
    both, embeddings = with_added(train, added, dataset_embeddings)
    np.testing.assert_array_equal(both.features, [[1, 2], [3, 4], [10, 20]])
    np.testing.assert_array_equal(both.labels, [2, 0, 4])
    np.testing.assert_array_equal(both.masked, [[[5, 6], [7, 8], [10, 20]], [[9, 1], [2, 3], [10, 20]]])
    np.testing.assert_array_equal(embeddings, np.float32([[0.1], [np.nan], [0.3], [0.4], [0.5]]))
    unmasked, _ = with_added(FeatureSet(train.features, train.labels), added, dataset_embeddings)
    assert unmasked.masked is None


@pytest.mark.parametrize("method", ["ridge", "kernel-ridge"])
def test_scores_of_unseen_classes_change_when_it_is_given(method, encoded, small):
    added, tested = encoded
    embeddings = aspects_of(small.class_names)
    candidates = aspects_of(tested)
    with_it, without = (
        fit_selected(Variant(method), "last", features, None, embeddings, 0).aligner.score_classes(
            added.unseen.features, candidates
        )
        for features in (added, replace(added, added=None))
    )
    assert np.abs(with_it - without).max() > 0.01


PARTS = {
    **{"data": "set", "fingerprint": "f", "split": "small", "protocol": "cross-subject", "unseen": (2, 3)},
    **{"validation_unseen": (7,), "encoder": "kinematic", "encoder_options": {"embed_dim": 32}, "masked_views": 4},
    **{"method": "ridge", "options": {"text_penalty": 0.5}, "text": "minilm", "text_fingerprint": "t"},
    **{"prompt": "name", "texts": "x", "seed": 0, "selection": "last", "defaults": ""},
}


def test_a_cell_without_synthetic_motion_keeps_the_key_of_before(monkeypatch):
    plain = CellConfig(**PARTS)
    assert {**asdict(plain)} == {**PARTS, "synthetic": 0}
    assert plain.key == content_key(_cell.__version__, PARTS)
    monkeypatch.setattr(_cell, "__version__", "0.0.0")
    assert plain.key == "471180a17392bca304299bb5"  # made by the code that had no such option
    assert len({plain.key, replace(plain, synthetic=1).key, replace(plain, synthetic=2).key}) == 3
    assert plain.identity().variant == ""
    assert replace(plain, synthetic=2).identity().variant == "synthetic=2"


@pytest.fixture(scope="module")
def both(small, cache, tmp_path_factory):
    """Results without and with the motion of two people in one folder."""
    out = tmp_path_factory.mktemp("both")
    plain = run_benchmark([small], CONFIG, out, cache=cache)
    return out, plain, run_benchmark([small], evolve(CONFIG, synthetic=2), out, cache=cache)


def test_results_with_and_without_it_live_in_one_folder(both):
    out, plain, synthetic = both
    written = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert {record["cell"] for record in written} == {record.cell for record in (*plain, *synthetic)}
    assert len(written) == 4
    assert [record.variant for record in (*plain, *synthetic)] == ["", "", "synthetic=2", "synthetic=2"]
    assert {("variant" in line, "added_sequences" in line) for line in written} == {(False, False), (True, True)}
    for before, record in zip(plain, synthetic, strict=True):
        assert 100 < record.added_sequences < 2 * len(action_names())
        for same in ("classes_seen", "classes_unseen", "train_sequences", "test_sequences", "seen_class_accuracy"):
            assert getattr(record, same) == getattr(before, same)


def test_the_report_tells_them_apart(both, small, cache, tmp_path):
    assert "synthetic=2" in (both[0] / "report.html").read_text()
    run_benchmark([small], CONFIG, tmp_path, cache=cache)
    assert "synthetic=" not in (tmp_path / "report.html").read_text()


def test_finished_cells_with_it_are_skipped(both, small, cache, monkeypatch):
    before = (both[0] / "results.jsonl").read_text()
    monkeypatch.setattr("zeroskel.benchmark._run.run_cell", lambda *_, **__: pytest.fail("a cell ran again"))
    run_benchmark([small], evolve(CONFIG, synthetic=2), both[0], cache=cache)
    assert (both[0] / "results.jsonl").read_text() == before


@pytest.mark.parametrize("selection", ["last", "validation"])
def test_candidates_are_the_data_set_s_own_classes(selection, small, cache, tmp_path, monkeypatch):
    asked, fitted, embeddings = [], [], aspects_of(small.class_names)
    score, fit = Ridge.score_classes, Ridge.fit
    monkeypatch.setattr(Ridge, "score_classes", lambda *a: asked.append(a[2]) or score(*a))
    monkeypatch.setattr(Ridge, "fit", lambda *a, **k: fitted.append(a[3]) or fit(*a, **k))
    config = evolve(CONFIG, methods=("ridge:text_penalty=1",), selections=(selection,), synthetic=1)
    (record,) = run_benchmark([small], config, tmp_path, cache=cache)
    assert {len(candidates) for candidates in asked} == ({3, 9} if selection == "last" else {2, 3, 6, 9})
    for candidates in asked:
        assert np.abs(candidates[:, None] - embeddings[None]).max(axis=2).min(axis=1).max() < 1e-6
    assert np.shape(record.confusion) == (3, 3)
    assert min(map(len, fitted)) > 9 + 60


def test_nothing_can_be_learnt_from_the_texts_of_unseen_classes(small, cache, tmp_path, monkeypatch):
    given = []
    fit = Ridge.fit
    monkeypatch.setattr(Ridge, "fit", lambda *a, **k: given.append(a[1:4]) or fit(*a, **k))
    run_benchmark([small], evolve(CONFIG, methods=("ridge",), synthetic=1), tmp_path, cache=cache)
    ((_, labels, embeddings),) = given
    unseen = resolve_split("small", small).unseen
    assert np.isnan(embeddings[list(unseen)]).all()
    assert not np.isin(labels, unseen).any()
    assert np.isfinite(embeddings[np.unique(labels)]).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompts": ("name", "everything")}, "Prompt 'everything' needs .* none for"),
        ({"prompts": ("aspects+phases",)}, "Prompt 'phases' needs"),
        ({"synthetic": -1}, "synthetic: found -1; expected a whole number of 0 or more"),
    ],
)
def test_an_invalid_configuration_is_refused_in_one_line_before_anything_runs(changes, message, small, cache, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        run_benchmark([small], evolve(CONFIG, **{"synthetic": 1, **changes}), tmp_path / "out", cache=cache)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_synthetic_motion_without_people_is_refused(cache):
    with pytest.raises(InputError, match="at least 1, or 0 for none"):
        SyntheticMotion(0, cache)


def test_a_bundle_learns_from_it(small, cache):
    config = TrainingConfig("small", method="ridge", prompt="aspects", masked_views=2, options=CONFIG.options)
    plain, more = (train_bundle(small, replace(config, synthetic=n), cache=cache) for n in (0, 1))
    assert plain.facts == {**more.facts, "synthetic": 0}
    texts, features = aspects_of(small.class_names), np.random.default_rng(0).normal(size=(5, 32))
    assert not np.allclose(plain.aligner.score_classes(features, texts), more.aligner.score_classes(features, texts))


@pytest.mark.parametrize(
    ("changes", "message"), [({"prompt": "everything"}, "needs .* none for"), ({"synthetic": -1}, "of -1 people")]
)
def test_a_bundle_that_cannot_be_trained_is_refused_before_the_encoder_is(
    changes, message, small, tmp_path, monkeypatch
):
    monkeypatch.setattr(FeatureStore, "encoder", lambda *_: pytest.fail("an encoder was trained"))
    everything = {name: {field: "Moves." for field in FIELDS} for name in small.class_names}
    monkeypatch.setattr("zeroskel.recognition._training.published_descriptions", lambda _: everything)
    config = TrainingConfig(**{"method": "ridge", "prompt": "aspects", "synthetic": 1, **changes})
    with pytest.raises(InputError, match=message):
        train_bundle(small, config, cache=tmp_path)
