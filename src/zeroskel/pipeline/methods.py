"""Methods as a benchmark names them: `smie`, a variant `smie:estimator=infonce:temporal_weight=0`, or a group."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zeroskel import align
from zeroskel.core import InputError

GROUPS = {
    "closed-forms": ("ridge", "conse", "sae"),
    "smie-ablation": (  # of the paper: the temporal term; then other estimators and critics in the place of its own
        "smie",
        "smie:temporal_weight=0",
        "smie:estimator=infonce",
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


def value_of(text: str) -> Any:
    """A setting's value: JSON where it reads as JSON, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
