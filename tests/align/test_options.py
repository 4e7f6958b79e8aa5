"""A wrong option is refused when it is given, in one line that names method, option, value and what is expected."""

import numpy as np
import pytest

from zeroskel import align
from zeroskel.align import Prototypes, Ridge, option, with_options
from zeroskel.core import InputError

WRONG = {
    "smie": [
        *({"negatives": "none"}, {"inference": "x"}, {"estimator": "x"}, {"critic": "x"}, {"hidden": (8, 0)}),
        *({"hidden": 64}, {"batch_size": 1}, {"margin": -0.1}, {"temporal_weight": -1.0}, {"stop_epoch": 200}),
        *({"epochs": 0}, {"epochs": 2.5}, {"epochs": True}, {"shuffle": 1}, {"device": "nonsense"}),
    ],
    "ridge": [{"text_penalty": 0}, {"feature_penalty": float("nan")}, {"feature_penalty": "3"}],
    "conse": [{"top": 0}, {"strength": 0}],
    "sae": [{"strength": 0}, {"direction": "both"}],
    "devise": [
        *({"score": "l2"}, {"violations": "some"}, {"margin": 0}, {"penalty": -1}, {"stop_epoch": 99}),
        *({"epochs": 0}, {"batch_size": 0}, {"learning_rate": 0}, {"stop_epoch": 0}, {"unit_length": None}),
    ],
    "relation-net": [
        *({"pairs": "all"}, {"text_hidden": 0}, {"relation_hidden": 0}, {"text_penalty": -1}, {"batch_size": 0}),
    ],
    "revise": [{"latent": 0}, {"joint": 0}, {"margin": 0}, {"kernel": 0}, {"contraction": -1}, {"epochs": 0}],
    "jpose": [
        *({"projection": "deep"}, {"joint": "sum"}, {"margin": 0}, {"triplets": 0}, {"part_weight": -1}),
        *({"text_to_text_weight": -0.1}, {"text_blocks": (0, 2)}),
    ],
    "cada-vae": [
        *({"divergence_weight": -1.0}, {"cross_weight": -1.0}, {"distance_weight": -1.0}, {"epochs": 0}),
        *({"batch_size": 0}, {"latent": 0}, {"samples": 0}, {"classifier_epochs": 0}, {"learning_rate": 0.0}),
        *({"classifier_learning_rate": -1.0}, {"hidden": (0,)}, {"stop_epoch": 1000}),
    ],
    "synse": [
        *({"text_blocks": (2, 2, 2)}, {"text_blocks": (6, 0)}, {"latent": 7}, {"cycles": 0}, {"cycles": 1000}),
        *({"cross_start": 1.0}, {"text_weight": -1.0}, {"hidden": (0,)}),
    ],
    "sa-dvae": [
        *({"residual": 0}, {"correlation_weight": -1.0}, {"cycles": 0}, {"motion_weight": -0.1}, {"cross_start": -0.1}),
    ],
    "msf": [{"latent": 0}, {"epochs": 0}, {"samples": 0}],
    "contrastive": [
        *({"text_projection": "three-layer"}, {"temperature": 0}, {"epochs": 0}, {"batch_size": 1}),
        *({"learning_rate": 0}, {"hidden": 0}, {"dropout": 1.0}, {"stop_epoch": 26}),
    ],
    "tdsm": [
        *({"epochs": 0}, {"noises": 0}, {"learning_rate": 0.0}, {"margin": -1.0}, {"hidden": 30}, {"step": 50}),
        *({"betas": (0.1, 0.01)}, {"betas": (0.1,)}, {"stop_epoch": 500}),
    ],
    "flow": [
        *({"epochs": 0}, {"latent": 0}, {"learning_rate": 0.0}, {"neighbours": -1}, {"align_epochs": 500}),
        *({"time": 1.5}, {"stop_epoch": 500}),
    ],
    "kernel-ridge": [{"penalty": 0}, {"bandwidth": -1.0}, {"hubness": -0.1}, {"landmarks": 1}],
    "evidence": [{"floor": 1.0}, {"regressed": -1.0}, {"hubness": -1.0}, {"further": -1.0}, {"text_blocks": (0,)}],
    "kite": [
        *({"kernel_weight": -1}, {"networks": -1}, {"networks": 0, "kernel_weight": 0}, {"penalty": 0}),
        *({"landmarks": 1}, {"temperature": 0}, {"epochs": 0}, {"text_blocks": (0, 10)}, {"device": "none"}),
    ],
}
CASES = [(method, options) for method, cases in WRONG.items() for options in cases]


def test_every_method_has_a_wrong_option():
    assert set(WRONG) == set(align.available())


@pytest.mark.parametrize(("method", "options"), CASES, ids=lambda case: case if isinstance(case, str) else str(case))
def test_a_wrong_option_is_refused_when_it_is_given(method, options):
    name, value = next(iter(options.items()))
    with pytest.raises(InputError) as caught:
        align.create(method, **options)
    message = str(caught.value)
    assert message.startswith(f"method {method}: {name} is {value!r}; expected ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"epochs": 0}, "a whole number, at least 1"),
        ({"stop_epoch": 0}, "a whole number, at least 1 or None"),
        ({"hidden": (8,)}, "2 whole numbers, at least 1"),
        ({"critic": "x"}, "'concatenation' or 'bilinear' or 'separable'"),
        ({"shuffle": 1}, "True or False"),
        ({"stop_epoch": 101}, "at most 100, the number of epochs"),
    ],
)
def test_the_message_says_what_is_expected(options, expected):
    with pytest.raises(InputError, match=f"expected {expected}$"):
        align.create("smie", **options)


def test_an_assigned_option_is_checked_too():
    ridge = Ridge()
    ridge.text_penalty = 2
    with pytest.raises(InputError, match="method ridge: text_penalty is -1"):
        ridge.text_penalty = -1
    assert ridge.options() == {"feature_penalty": 3.0, "text_penalty": 2}


def test_a_list_stands_for_a_tuple():
    assert align.create("smie", hidden=[8, 4]).options()["hidden"] == (8, 4)


@pytest.mark.parametrize("method", ["jpose", "synse", "msf", "contrastive", "tdsm", "kite"])
def test_text_blocks_must_fill_the_class_embedding(method, toy):
    aligner = align.create(method, text_blocks=(2, 3))
    with pytest.raises(InputError, match=rf"method {method}: text_blocks is \(2, 3\); expected widths that sum to 6"):
        aligner.fit(*toy)
    aligner.check_text_dim(5)


@pytest.mark.parametrize("options", [{"share": 0}, {"weight": 1.1}, {"temperature": 0}, {"rounds": 0}])
def test_wrong_options_of_prototypes_are_named(options):
    with pytest.raises(InputError, match=f"Prototypes: {next(iter(options))} is"):
        Prototypes(Ridge(), **options)


def test_a_child_inherits_options_and_changes_a_default():
    @with_options
    class Child(Ridge):
        text_penalty: float = option(5.0, above=0)
        extra: str = option("a", one_of=("a", "b"))

    assert Child().options() == {"feature_penalty": 3.0, "text_penalty": 5.0, "extra": "a"}
    assert repr(Child(extra="b", text_penalty=3.0)) == "Child(text_penalty=3.0, extra='b')"
    with pytest.raises(InputError, match="text_penalty is 0; expected a number, more than 0"):
        Child(text_penalty=0)


def test_numbers_of_numpy_are_numbers():
    assert align.create("smie", epochs=np.int64(3), margin=np.float32(0.5)).options()["epochs"] == 3
