"""Methods as a benchmark names them: `smie`, a variant `smie:estimator=infonce:temporal_weight=0`, or a group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zeroskel import align
from zeroskel.core import InputError
from zeroskel.core._settings import value_of

GROUPS = {
    "closed-forms": ("ridge", "conse", "sae"),
    "smie-ablation": (  # of the paper: the temporal term; then other estimators and critics in the place of its own
        "smie",
        "smie:temporal_weight=0",
        "smie:estimator=infonce:critic=separable",  # on all pairs of a batch, the published critic takes half an hour
        "smie:estimator=dv",
        "smie:estimator=nwj",
        "smie:estimator=smile",
        "smie:critic=bilinear",
        "smie:critic=separable",
    ),
}


@dataclass(frozen=True)
class Variant:
    """A method with the options that tell it from others of the grid."""

    method: str
    options: Mapping[str, Any]


def expand(names: Iterable[str]) -> tuple[Variant, ...]:
    """Groups and variants one by one, in their order.

    Args:
        names: each a method, a variant METHOD:OPTION=VALUE[:OPTION=VALUE …] (values in JSON or plain text), a group of
            `GROUPS`, or `all`.

    Raises:
        InputError: a method, group or option that is not known, a malformed variant, or one that comes twice.
    """
    found: list[Variant] = []
    for name in names:
        for member in tuple(align.available()) if name == "all" else GROUPS.get(name, (name,)):
            variant = _variant(member)
            if variant in found:
                raise InputError(f"method {member} is named twice; expected each once")
            found.append(variant)
    return tuple(found)


def _variant(name: str) -> Variant:
    method, *settings = name.split(":")
    options = {}
    for setting in settings:
        option, equals, value = setting.partition("=")
        if not (option and equals):
            raise InputError(f"method {name!r}: {setting!r} is no setting; expected METHOD:OPTION=VALUE")
        options[option] = value_of(value)
    if method not in align.available():
        groups = ", ".join(["all", *GROUPS])
        raise InputError(f"unknown method {method!r}; available are {', '.join(align.available())}; groups: {groups}")
    align.create(method, **options)
    return Variant(method, options)


def with_text_blocks(variant: Variant, widths: Sequence[int]) -> Variant:
    """The variant told of the texts that a class embedding concatenates.

    Args:
        variant: the method; returned as it is where it lacks the option `text_blocks` or has it set.
        widths: of the texts; none for an embedding of one text, which needs no telling.
    """
    asks = "text_blocks" in align.create(variant.method, **variant.options).options()
    if not widths or not asks or "text_blocks" in variant.options:
        return variant
    return Variant(variant.method, {**variant.options, "text_blocks": list(widths)})


def try_out(variant: Variant, text_width: int) -> None:
    """Fit one epoch on a toy, so that an option that cannot be used is found now.

    Args:
        variant: the method.
        text_width: width of the class embeddings that it will see.

    Raises:
        InputError: what the method says of its options, or that they are of a wrong type.
    """
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 4)
    texts = rng.normal(size=(4, text_width)).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    features = rng.normal(size=(16, 8)).astype(np.float32)
    method = align.method_class(variant.method)
    short = {"stop_epoch": 1} if method.trained_by_epochs and "stop_epoch" not in variant.options else {}
    try:
        align.create(variant.method, **variant.options, **short).fit(features, labels, texts, features[None])
    except InputError as error:
        raise InputError(f"method {variant.method}: {error}") from error
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:  # the last two: a device that is not there
        told = ", ".join(f"{name}={value!r}" for name, value in variant.options.items()) or "none"
        why = str(error).partition("\n")[0]
        raise InputError(f"method {variant.method}: options {told} cannot be used ({why})") from error
