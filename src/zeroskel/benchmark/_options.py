"""Declarations of the options of a benchmark: parsers, bounds, and the error that names the option."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from zeroskel.core import InputError
from zeroskel.core._options import did_you_mean

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
        self.key = key
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}"


def declare(parse: Callable[[Any], Any], expected: str, *, key: str | None = None, **default: Any) -> Any:
    """Return a field of a class of options that parses and checks what it is given.

    Args:
        parse: Returns the value that the option takes, or raises ValueError for one that it cannot have.
        expected: The values that the option can have, with an example, for messages.
        key: Name of the option in run files, where it differs from the attribute.
        default: `default` or `factory`, as `attrs.field` takes them. An option without either is required.
    """

    def convert(value: Any, field: Any) -> Any:
        name = key or field.name
        try:
            return parse(value)
        except InputError as error:
            raise OptionError(name, str(error)) from error
        except ValueError as error:
            raise OptionError(name, f"found {value!r:.80}; expected {expected}") from error

    metadata = {"key": key, "expected": expected}
    return attrs.field(converter=attrs.Converter(convert, takes_field=True), metadata=metadata, **default)


def text(value: Any) -> str:
    """Return a text that is not blank. Raises ValueError for anything else."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return one text or a list of texts, each once, as a tuple. Raises ValueError for anything else."""
    return tuple(map(text, each_once([value] if isinstance(value, str) else value)))


def optional(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a parser that leaves None as it is."""
    return lambda value: None if value is None else parse(value)


def path(value: Any) -> Path:
    """Return a path. Raises ValueError for anything but a path or a text that is not blank."""
    return value if isinstance(value, Path) else Path(text(value))


def whole_number(value: Any, least: int = 0, most: float = float("inf")) -> int:
    """Return a whole number within bounds. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError
    return value


def at_least(least: int) -> Callable[[Any], int]:
    """Return a parser of whole numbers from `least`."""
    return lambda value: whole_number(value, least)


def seeds(value: Any) -> tuple[int, ...]:
    """Return one seed or a list of seeds, each once, as a tuple. Raises ValueError for anything else."""
    values = each_once(value if isinstance(value, (list, tuple)) else [value])
    return tuple(whole_number(seed, most=_LARGEST_SEED) for seed in values)


def one_of(known: Iterable[str]) -> Callable[[Any], str]:
    """Return a parser that takes one of the known names."""
    names = tuple(known)

    def parse(value: Any) -> str:
        if value not in names:
            hint = did_you_mean(value, names) if isinstance(value, str) else ""
            raise InputError(f"found {value!r:.80}; expected one of {', '.join(names)}{hint}")
        return str(value)

    return parse


def truth(value: Any) -> bool:
    """Return true or false. Raises ValueError for anything else."""
    if not isinstance(value, bool):
        raise ValueError
    return value


def each_once(values: Any) -> list[Any]:
    """Return the items of a list, which must not be empty nor repeat one. Raises ValueError for anything else."""
    if not isinstance(values, (list, tuple)) or not values or len({repr(value) for value in values}) < len(values):
        raise ValueError
    return list(values)


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options of numbers, texts, truth values, lists and tables. Raises InputError for others, such as dates."""
    try:
        json.dumps(options)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"options {options!r:.80}; expected numbers, texts, true, false, lists or tables") from error
    return dict(options)


def run_checked(key: str, action: Callable[[], Any]) -> None:
    """Run an action whose InputErrors come from the option `key`; they become OptionErrors that name it."""
    try:
        action()
    except InputError as error:
        raise OptionError(key, str(error)) from error
