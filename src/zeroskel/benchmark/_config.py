"""The grid of a benchmark: each option is declared once, with its bounds, for Python, for run files and for flags."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs

from zeroskel import align, encoders
from zeroskel.align._variants import Variant, parse_methods
from zeroskel.benchmark._selection import SELECTIONS
from zeroskel.core import InputError
from zeroskel.core._options import did_you_mean
from zeroskel.datasets.synthetic import action_names
from zeroskel.text import Description, class_texts, prompt_names, published_descriptions, read_descriptions

_LARGEST_SEED = 2**32 - 1  # of NumPy's and scikit-learn's generators
SEEDS = f"whole numbers from 0 to {_LARGEST_SEED}, each once, such as [0, 1, 2]"


class OptionError(InputError):
    """An option of a benchmark has a value that it cannot have.

    Attributes:
        key: Name of the option in run files; the flag of the same name begins with two dashes.
        problem: What is wrong and what was expected.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key, problem)
        self.key, self.problem = key, problem

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}"


def declare(
    expected: str,
    *,
    key: str | None = None,
    known: Iterable[str] = (),
    least: int = 0,
    parse: Callable[[Any], Any] | None = None,
    **default: Any,
) -> Any:
    """Return a field of a class of options that parses and checks what it is given.

    The annotation of the field says what it holds: text, a path, a whole number or a truth value, a tuple of these
    (of which a single value stands for one, and which has each value once), or None in addition.

    Args:
        expected: The values that the option can have, with an example, for messages.
        key: Name of the option in run files, where it differs from the attribute.
        known: Names that a text must be one of; none for any text.
        least: Lower bound of a whole number.
        parse: Returns the value that the option takes, or raises ValueError for one that it cannot have; for options
            of another form.
        default: `default` or `factory`, as `attrs.field` takes them. An option without either is required.
    """
    names = tuple(known)

    def convert(value: Any, field: Any) -> Any:
        try:
            return parse(value) if parse is not None else _parsed(value, field.type, names, least)
        except ValueError as error:
            problem = str(error) if isinstance(error, InputError) else f"found {value!r:.80}; expected {expected}"
            raise OptionError(key or field.name, problem) from error

    return attrs.field(converter=attrs.Converter(convert, takes_field=True), metadata={"key": key}, **default)


def _parsed(value: Any, kind: Any, known: tuple[str, ...] = (), least: int = 0) -> Any:
    """Return a value as its annotation `kind` says. Raises ValueError or InputError for a value that is none."""
    if type(None) in get_args(kind):
        return None if value is None else _parsed(value, get_args(kind)[0], known, least)
    if get_origin(kind) is tuple:
        values = _each_once(value if isinstance(value, (list, tuple)) else [value])
        return tuple(_parsed(item, get_args(kind)[0], known, least) for item in values)
    if kind is Path and isinstance(value, Path):
        return value
    if known and value not in known:
        hint = did_you_mean(value, known) if isinstance(value, str) else ""
        raise InputError(f"found {value!r:.80}; expected one of {', '.join(known)}{hint}")
    if isinstance(value, str):
        valid = kind in (str, Path) and bool(value.strip())
    else:
        valid = type(value) is kind and (kind is not int or least <= value <= _LARGEST_SEED)
    if not valid:
        raise ValueError
    return kind(value)


def _each_once(values: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)) or not values or len({repr(value) for value in values}) < len(values):
        raise ValueError
    return list(values)


def _methods(value: Any) -> tuple[Variant, ...]:
    values = [value] if isinstance(value, (str, Mapping)) else value
    if not isinstance(values, (list, tuple)) or not values:
        raise ValueError
    variants = parse_methods(values)
    for variant in variants:
        _plain(variant.options)
    return variants


def _prompts(value: Any) -> tuple[str, ...]:
    names = tuple(prompt_names())
    prompts = [
        prompt if isinstance(prompt, str) else "+".join(_parsed(_each_once(prompt), tuple[str, ...], names))
        for prompt in ([value] if isinstance(value, str) else _each_once(value))
    ]
    return tuple(_parsed(prompts, tuple[str, ...]))


def _option_tables(value: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(value, Mapping) or not all(isinstance(options, Mapping) for options in value.values()):
        raise ValueError
    return {name: _plain(options) for name, options in value.items()}


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of numbers, texts, truth values, lists and tables. Raises InputError for others, such as dates."""
    try:
        json.dumps(options)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"options {options!r:.80}; expected numbers, texts, true, false, lists or tables") from error
    return dict(options)


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

    splits: tuple[str, ...] = declare('names of class splits, each once, such as ["purls-5"]', key="split")
    methods: tuple[Variant, ...] = declare(
        'at least one method, such as ["ridge", "smie"]', parse=_methods, default=("smie", "ridge", "conse")
    )
    encoders: tuple[str, ...] = declare(
        'names of encoders, each once, such as ["stgcn"]', key="encoder", known=encoders.available(), default="stgcn"
    )
    seeds: tuple[int, ...] = declare(SEEDS, default=(0,))
    options: Mapping[str, Mapping[str, Any]] = declare(
        "a table for each method or encoder, such as [options.smie] with epochs = 50",
        parse=_option_tables,
        factory=dict,
    )
    texts: tuple[str, ...] = declare('sentence encoders, each once, such as ["minilm"]', key="text", default="minilm")
    download: bool = declare("true or false", default=False)
    prompts: tuple[str, ...] = declare(
        'prompts, each once, such as ["name"], or [["name", "description"]] for both together',
        key="prompt",
        parse=_prompts,
        default="name",
    )
    descriptions: Mapping[str, Description] | Path | None = declare(
        "the path of a JSON or TOML file with descriptions",
        parse=lambda value: value if isinstance(value, Mapping) else _parsed(value, Path | None),
        default=None,
    )
    selections: tuple[str, ...] = declare(
        'ways of selection, each once, such as ["last"]', key="selection", known=SELECTIONS, default="last"
    )
    masked_views: int = declare("a whole number of at least 1", least=1, default=4)
    synthetic: int = declare("a whole number of 0 or more", default=0)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The methods, each with all options that differ from its defaults."""
        return tuple(
            Variant(variant.method, {**self.options.get(variant.method, {}), **variant.options})
            for variant in self.methods
        )

    def class_descriptions(self, data: str) -> Mapping[str, Description]:
        """Return the descriptions that were given, from their file where they are in one, or those of a dataset."""
        if self.descriptions is None:
            return published_descriptions(data)
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
            with _about("methods" if variant in self.methods else "options"):
                _check_names(f"method {variant.method}", variant.options, align.create(variant.method).options())
                variant.create()
        for encoder in self.encoders:
            options = self.options.get(encoder, {})
            with _about("options"):
                _check_names(f"encoder {encoder}", options, encoders.create(encoder, "kinect-20").options())
                encoders.create(encoder, "kinect-20", **options)
        for prompt in self.prompts if self.synthetic else ():
            with _about("prompt"):
                class_texts(action_names(), prompt)  # these have names only


def _check_names(owner: str, options: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for option in options:
        if option not in known:
            hint = did_you_mean(option, known)
            raise InputError(f"{owner} has no option {option!r}; its options are {', '.join(known)}{hint}")


@contextmanager
def _about(key: str) -> Iterator[None]:
    """Turn InputErrors of the block into OptionErrors of the option `key`."""
    try:
        yield
    except InputError as error:
        raise OptionError(key, str(error)) from error
