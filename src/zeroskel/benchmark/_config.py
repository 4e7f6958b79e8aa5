"""The grid of a benchmark: each option is declared once, with its bounds, for Python, for run files and for flags."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from zeroskel import align, encoders
from zeroskel.align._variants import Variant, parse_methods
from zeroskel.benchmark import _options
from zeroskel.benchmark._options import OptionError, declare
from zeroskel.benchmark._selection import SELECTIONS
from zeroskel.core._options import did_you_mean
from zeroskel.datasets.synthetic import action_names
from zeroskel.text import Description, class_texts, prompt_names, read_descriptions


def _names_of(known: tuple[str, ...] | list[str], value: Any) -> tuple[str, ...]:
    return tuple(map(_options.one_of(known), _options.texts(value)))


def _methods(value: Any) -> tuple[Variant, ...]:
    values = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError
    variants = parse_methods(values)
    for variant in variants:
        _options.plain(variant.options)
    return variants


def _prompts(value: Any) -> tuple[str, ...]:
    prompts = [value] if isinstance(value, str) else _options.each_once(value)
    return _options.texts([prompt if isinstance(prompt, str) else _joined(prompt) for prompt in prompts])


def _joined(parts: Any) -> str:
    parse = _options.one_of(prompt_names())
    return "+".join(parse(part) for part in _options.each_once(parts))


def _option_tables(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping) or not all(isinstance(options, Mapping) for options in value.values()):
        raise ValueError
    return {name: _options.plain(options) for name, options in value.items()}


def _descriptions(value: Any) -> Any:
    return value if isinstance(value, Mapping) else _options.path(value)


@attrs.frozen
class BenchmarkConfig:
    """The grid of a benchmark: which cells to run on each dataset.

    Every argument is checked when it is given. A single value stands for a list of one.

    Args:
        splits: Names of class splits, or paths of JSON files.
        methods: Methods in the short forms or tables that `zeroskel.align._variants.parse_methods` takes.
        encoders: Names of skeleton encoders.
        seeds: Seeds of encoders, masks and methods.
        options: Method or encoder -> options that differ from its defaults. The option `text_blocks` follows the
            prompt where it is absent here.
        texts: Names or folders of sentence encoders.
        download: Whether a sentence encoder may be downloaded.
        prompts: Names of prompts, templates, or lists of names whose embeddings are concatenated.
        descriptions: Class name -> its descriptions, or the file that holds them; None selects the shipped ones.
        selections: How constants and epochs are chosen: "last", "validation" or "leaking-test".
        masked_views: Number of masked views of each training sequence, at least 1.
        synthetic: Number of simulated people whose motion is added to the training set; 0 adds none.

    Raises:
        InputError: A value that its option cannot have.

    Example:
        >>> from zeroskel.benchmark import BenchmarkConfig
        >>> config = BenchmarkConfig(splits="purls-5", methods=["ridge", "smie:epochs=50"], seeds=[0, 1])
        >>> [(variant.method, variant.options) for variant in config.methods]
        [('ridge', {}), ('smie', {'epochs': 50})]
    """

    splits: tuple[str, ...] = declare(
        _options.texts, 'names of class splits, each once, such as ["purls-5"]', key="split"
    )
    methods: tuple[Variant, ...] = declare(
        _methods, 'at least one method, such as ["ridge", "smie"]', default=("smie", "ridge", "conse")
    )
    encoders: tuple[str, ...] = declare(
        partial(_names_of, encoders.available()),
        'names of encoders, each once, such as ["stgcn"]',
        key="encoder",
        default=("stgcn",),
    )
    seeds: tuple[int, ...] = declare(_options.seeds, _options.SEEDS, default=(0,))
    options: Mapping[str, Mapping[str, Any]] = declare(
        _option_tables, "a table for each method or encoder, such as [options.smie] with epochs = 50", factory=dict
    )
    texts: tuple[str, ...] = declare(
        _options.texts, 'sentence encoders, each once, such as ["minilm"]', key="text", default=("minilm",)
    )
    download: bool = declare(_options.truth, "true or false", default=False)
    prompts: tuple[str, ...] = declare(
        _prompts,
        'prompts, each once, such as ["name"], or [["name", "description"]] for both together',
        key="prompt",
        default=("name",),
    )
    descriptions: Mapping[str, Description] | Path | None = declare(
        _options.optional(_descriptions), "the path of a JSON or TOML file with descriptions", default=None
    )
    selections: tuple[str, ...] = declare(
        partial(_names_of, SELECTIONS),
        'ways of selection, each once, such as ["last"]',
        key="selection",
        default=("last",),
    )
    masked_views: int = declare(_options.at_least(1), "a whole number of at least 1", default=4)
    synthetic: int = declare(_options.at_least(0), "a whole number of 0 or more", default=0)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The methods, each with all options that differ from its defaults."""
        return tuple(
            Variant(variant.method, {**self.options.get(variant.method, {}), **variant.options})
            for variant in self.methods
        )

    def class_descriptions(self) -> Mapping[str, Description] | None:
        """Return the descriptions that were given, read from their file where they are in one, or None."""
        return read_descriptions(self.descriptions) if isinstance(self.descriptions, Path) else self.descriptions

    def check(self) -> None:
        """Check what depends on more than one option.

        Raises:
            InputError: An option that a method or an encoder does not have, options for another name, or a prompt
                that simulated motion has no texts for.
        """
        known = {variant.method for variant in self.methods} | set(self.encoders)
        for name in self.options:
            if name not in known:
                raise OptionError(
                    "options",
                    f"found options for {name!r}, which is neither a method nor an encoder of this run; expected one "
                    f"of {', '.join(sorted(known))}{did_you_mean(name, known)}",
                )
        for variant in self.variants:
            key = "methods" if variant in self.methods else "options"
            _check_names(key, f"method {variant.method}", variant.options, align.create(variant.method).options())
            _options.run_checked(key, variant.create)
        for encoder in self.encoders:
            options = self.options.get(encoder, {})
            _check_names("options", f"encoder {encoder}", options, encoders.create(encoder, "kinect-20").options())
            _options.run_checked("options", partial(encoders.create, encoder, "kinect-20", **options))
        for prompt in self.prompts if self.synthetic else ():
            _options.run_checked("prompt", partial(class_texts, action_names(), prompt))  # these have names only


def _check_names(key: str, owner: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for option in options:
        if option not in known:
            raise OptionError(
                key,
                f"{owner} has no option {option!r}; its options are {', '.join(known)}" + did_you_mean(option, known),
            )
