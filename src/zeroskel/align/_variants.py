"""Methods as a benchmark names them: `smie`, a variant `smie:estimator=infonce:temporal_weight=0`, or a group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zeroskel import align
from zeroskel.core import InputError
from zeroskel.core._options import did_you_mean, value_of

GROUPS = {
    "closed-forms": ("ridge", "conse", "sae"),
    "smie-ablation": (  # of the paper: the temporal term; then other estimators and critics instead of the published
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
    """A method with the options that distinguish it from the other methods of a benchmark."""

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def create(self) -> align.Aligner:
        """Return a new aligner. Raises InputError for an unknown option or a value that an option cannot have."""
        return align.create(self.method, **self.options)


def parse_methods(values: Iterable[Any]) -> tuple[Variant, ...]:
    """Return the variants that a benchmark runs, in their order; groups are replaced by their members.

    Args:
        values: each a short form, a table {"name": METHOD, "options": {OPTION: VALUE}}, or a Variant. A short form is
            the name of a method, a variant METHOD:OPTION=VALUE[:OPTION=VALUE …] (values in JSON or plain text), the
            name of a group of `GROUPS`, or `all`.

    Raises:
        InputError: An unknown method or group, a malformed variant or table, or a variant that is named twice.
    """
    variants: list[Variant] = []
    for value in values:
        for variant in _members(value):
            if variant in variants:
                raise InputError(f"method {variant.method} is named twice with the same options; expected each once")
            variants.append(variant)
    return tuple(variants)


def _members(value: Any) -> list[Variant]:
    if isinstance(value, Variant):
        return [value]
    if isinstance(value, str):
        names = tuple(align.available()) if value == "all" else GROUPS.get(value, (value,))
        return [_from_short_form(name) for name in names]
    name, options = (value.get("name"), value.get("options", {})) if isinstance(value, Mapping) else (None, None)
    if not isinstance(name, str) or not isinstance(options, Mapping) or set(value) - {"name", "options"}:
        raise InputError(
            f'method {value!r:.80}; expected a name or a table {{name = "smie", options = {{epochs = 50}}}}'
        )
    return [_known(Variant(name, dict(options)))]


def _from_short_form(text: str) -> Variant:
    method, *settings = text.split(":")
    options = {}
    for setting in settings:
        option, equals, value = setting.partition("=")
        if not (option and equals):
            raise InputError(f"method {text!r}: {setting!r} is no setting; expected METHOD:OPTION=VALUE")
        options[option] = value_of(value)
    return _known(Variant(method, options))


def _known(variant: Variant) -> Variant:
    if variant.method not in align.available():
        known = [*align.available(), "all", *GROUPS]
        raise InputError(
            f"unknown method {variant.method!r}; expected one of {', '.join(known)}"
            + did_you_mean(variant.method, known)
        )
    return variant


def with_text_blocks(variant: Variant, widths: Sequence[int]) -> Variant:
    """Return the variant with its option `text_blocks` set to the widths of the texts of a class embedding.

    Args:
        variant: The method. It is returned unchanged where it lacks the option `text_blocks` or has it set.
        widths: Widths of the texts that a class embedding concatenates; none for an embedding of one text.
    """
    lacks_option = "text_blocks" not in variant.create().options()
    if not widths or lacks_option or "text_blocks" in variant.options:
        return variant
    return Variant(variant.method, {**variant.options, "text_blocks": list(widths)})
