"""The contract of every aligner; a new method is included automatically."""

import inspect
import itertools
import json
import math
import re

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.core import InputError, MissingFileError, NotFittedError

GENERATIVE = {"epochs": 25, "learning_rate": 3e-3, "batch_size": 16, "latent": 16}
OPTIONS = {
    "smie": {"epochs": 40, "learning_rate": 3e-3, "batch_size": 16, "warmup_epochs": 4, "hidden": (64, 32)},
    "devise": {"epochs": 20, "learning_rate": 0.01, "batch_size": 16},
    "relation-net": {
        "epochs": 40,
        "learning_rate": 2e-3,
        "batch_size": 16,
        "text_hidden": 32,
        "relation_hidden": 32,
    },
    "revise": {"epochs": 30, "learning_rate": 2e-3, "batch_size": 16},
    "jpose": {"epochs": 12, "learning_rate": 3e-3, "batch_size": 16, "warmup_epochs": 1},
    "cada-vae": GENERATIVE,
    "synse": GENERATIVE,
    "sa-dvae": GENERATIVE,
    "msf": GENERATIVE,
    "contrastive": {"epochs": 25, "batch_size": 16, "warmup_epochs": 1},
    "tdsm": {"epochs": 20, "hidden": 64, "batch_size": 64, "learning_rate": 3e-3},
    "flow": {"latent": 64, "learning_rate": 3e-3},
    "kite": {"batch_size": 16, "networks": 2},
}
# Two epochs, for properties that hold after any number of epochs.
SHORT = {"flow": {"epochs": 2, "align_epochs": 1}, "smie": {"epochs": 3, "warmup_epochs": 1}}


LONG = ("kite", "tdsm", "flow", "revise", "jpose")  # each test takes seconds


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow("networks that are trained for many epochs") if name in LONG else ())
        for name in align.available()
    ],
    scope="module",
)
def method(request):
    return request.param


@pytest.fixture(scope="module")
def fitted(method, toy):
    """Return a fitted aligner that tests of scoring share and do not modify."""
    return new(method).fit(*toy)


def new(method):
    return align.create(method, **OPTIONS.get(method, {}))


def new_short(method):
    options = OPTIONS.get(method, {})
    if align.method_class(method).trained_by_epochs:
        options = {**options, **SHORT.get(method, {"epochs": 2})}
    return align.create(method, **options)


def masked_of(toy):
    return toy[0][None] + np.random.default_rng(1).normal(scale=0.5, size=(2, *toy[0].shape)).astype(np.float32)


def test_same_seed_same_scores(method, toy):
    first, second = (
        new_short(method).fit(*toy, masked_of(toy), seed=3).score_classes(toy[0], toy[2]) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_another_seed_draws_anew(method, toy):
    first, second = (new_short(method).fit(*toy, seed=s).score_classes(toy[0], toy[2]) for s in (3, 4))
    draws = align.method_class(method).trained_by_epochs or method == "kite"  # closed forms draw nothing
    assert np.array_equal(first, second) != draws


def test_scores_have_a_row_a_motion_and_a_column_a_text(fitted, toy):
    scores = fitted.score_classes(toy[0][:7], toy[2][:3])
    assert scores.shape == (7, 3)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()


def test_permuted_candidates_permute_columns(fitted, toy):
    order = np.random.default_rng(0).permutation(8)
    np.testing.assert_allclose(
        fitted.score_classes(toy[0], toy[2][order]),
        fitted.score_classes(toy[0], toy[2])[:, order],
        rtol=1e-4,
        atol=1e-5,
    )


def test_scores_of_a_text_depend_on_the_others_only_if_the_method_declares_it(fitted, toy):
    alone = fitted.score_classes(toy[0], toy[2][2:4])
    assert fitted.knows_candidates or np.allclose(alone, fitted.score_classes(toy[0], toy[2])[:, 2:4], 1e-4, 1e-5)


def test_texts_of_unseen_classes_change_nothing(method, toy):
    features, labels, texts = toy
    blanked = texts.copy()
    blanked[6:] = np.nan
    known = new_short(method).fit(features, labels, texts, masked_of(toy))
    blind = new_short(method).fit(features, labels, blanked, masked_of(toy))
    np.testing.assert_array_equal(known.score_classes(features, texts), blind.score_classes(features, texts))


def test_save_and_load_keep_the_scores(fitted, toy, tmp_path):
    fitted.save(tmp_path / "saved")
    assert {file.name for file in (tmp_path / "saved").iterdir()} == {"config.json", "weights.safetensors"}
    loaded = align.load(tmp_path / "saved")
    assert type(loaded) is type(fitted)
    assert loaded.options() == fitted.options()
    np.testing.assert_array_equal(loaded.score_classes(toy[0], toy[2]), fitted.score_classes(toy[0], toy[2]))


def test_an_epochs_scores_are_those_of_stopping_there(method, toy):
    """Scoring after each epoch does not change the training."""
    if not align.method_class(method).trained_by_epochs:
        pytest.skip("not trained by epochs")
    recorded, options = [], {**OPTIONS.get(method, {}), **SHORT.get(method, {}), "epochs": 3}
    whole = align.create(method, **options)
    whole.fit(*toy, on_epoch=lambda aligner, epoch: recorded.append(aligner.score_classes(toy[0], toy[2])))
    part = align.create(method, **options, stop_epoch=2).fit(*toy)
    np.testing.assert_array_equal(part.score_classes(toy[0], toy[2]), recorded[1])
    assert len(recorded) == len(whole.history_.epochs) == len(part.history_.epochs) + 1 == 3


def test_the_global_random_state_is_not_modified(method, toy, tmp_path):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    new_short(method).fit(*toy).save(tmp_path / "saved")
    align.load(tmp_path / "saved").score_classes(toy[0], toy[2])
    assert torch.equal(before, torch.random.get_rng_state())


def test_scoring_before_fit_is_refused(method, toy):
    with pytest.raises(NotFittedError, match="fit first"):
        new(method).score_classes(toy[0], toy[2])


def test_inputs_are_not_modified(method, toy):
    given = [*toy, masked_of(toy)]
    copies = [array.copy() for array in given]
    new_short(method).fit(*given).score_classes(given[0], given[2])
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_a_separable_toy_is_solved(fitted, toy):
    seen = fitted.score_classes(toy[0], toy[2][:6]).argmax(axis=1)
    assert (seen == toy[1]).mean() > 0.95


def test_unseen_classes_are_named_where_features_are_linear_in_texts(method):
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(40, 5))
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    world = rng.normal(size=(5, 24))
    labels = np.repeat(np.arange(40), 12)
    features = (texts[labels] @ world + 0.1 * rng.normal(size=(480, 24))).astype(np.float32)
    seen = labels < 35
    options = {"batch_size": 48} if align.method_class(method).trained_by_epochs else {}
    aligner = align.create(method, **{**OPTIONS.get(method, {}), **options}).fit(features[seen], labels[seen], texts)
    predicted = 35 + aligner.score_classes(features[~seen], texts[35:]).argmax(axis=1)
    assert (predicted == labels[~seen]).mean() > 0.6


def test_bad_input_is_named(method, fitted, toy):
    features, labels, texts = toy
    broken = features.copy()
    broken[5, 2] = np.nan
    with pytest.raises(InputError, match="row 5"):
        new(method).fit(broken, labels, texts)
    with pytest.raises(InputError, match="labels run from"):
        new(method).fit(features, labels + 10, texts)
    with pytest.raises(InputError, match="at least two seen classes"):
        new(method).fit(features, np.zeros_like(labels), texts)
    with pytest.raises(InputError, match="masked_features"):
        new(method).fit(features, labels, texts, features)
    with pytest.raises(InputError, match="fitted with 24 and 6"):
        fitted.score_classes(features[:, :20], texts)


def test_options_show_in_the_repr(method):
    assert type(new(method)).__name__ in repr(new(method))


def test_every_option_is_documented_and_the_paper_named(method):
    cls = align.method_class(method)
    documentation = inspect.getdoc(cls)
    listed = re.split(r"^Args:$", documentation, flags=re.M)[1].split("\n\n")[0]
    entries = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*):", listed, flags=re.M)
    named = {name for names in entries for name in names.split(", ")}
    assert named == set(inspect.signature(cls).parameters)
    assert re.search(r"(19|20)\d\d", documentation.split("Args:")[0])


def test_choices_are_few_and_hold_the_default(method, toy):
    cls = align.method_class(method)
    assert cls.choices
    parameters = inspect.signature(cls).parameters
    for option, values in cls.choices.items():
        assert parameters[option].default in values
    assert math.prod(map(len, cls.choices.values())) <= (3 if cls.trained_by_epochs else 9)
    short = {"stop_epoch": 1} if cls.trained_by_epochs else {}
    for combination in itertools.product(*cls.choices.values()):
        chosen = dict(zip(cls.choices, combination, strict=True))
        options = align.create(method, **chosen, **short).fit(*toy).options()
        assert options | chosen == options


def test_unknown_names_are_answered_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match="smie, ridge, conse, sae"):
        align.create("nope")
    with pytest.raises(InputError, match="its options are"):
        align.create("ridge", epochs=3)
    with pytest.raises(MissingFileError, match=r"config\.json"):
        align.load(tmp_path)


def test_a_broken_save_is_refused(toy, tmp_path):
    align.create("ridge").fit(*toy).save(tmp_path / "saved")
    (tmp_path / "saved" / "weights.safetensors").write_bytes(b"\x00" * 20)
    with pytest.raises(InputError, match="safetensors"):
        align.load(tmp_path / "saved")
    config = json.loads((tmp_path / "saved" / "config.json").read_text())
    (tmp_path / "saved" / "config.json").write_text(json.dumps({**config, "options": {"nonsense": 1}}))
    with pytest.raises(InputError):
        align.load(tmp_path / "saved")
