"""Options of encoders and methods as attrs fields with bounds, and settings that people type."""

import json
import operator
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, NoReturn, TypeVar, dataclass_transform, get_args, get_origin

import attrs

from zeroskel.core._layout import get_layout
from zeroskel.core.errors import InputError

Class = TypeVar("Class", bound=type)
_NUMBERS: dict[Any, type] = {int: Integral, float: Real}
_LIMITS = {"at least": operator.ge, "more than": operator.gt, "at most": operator.le, "less than": operator.lt}
_WORDS = {int: "whole number", float: "number", bool: "True or False", str: "text", NoneType: "None"}


def refuse(owner: object, name: str, value: Any, expected: str) -> NoReturn:
    """Raise InputError for the value of an option, in one line that says which values were expected."""
    cls = type(owner)
    kind = next((kind for kind in ("method", "encoder") if hasattr(cls, kind)), None)
    label = cls.__name__ if kind is None else f"{kind} {getattr(cls, kind)}"
    raise InputError(f"{label}: {name} is {value!r}; expected {expected}")


@attrs.frozen
class _Bounds:
    """Validator that compares the value of an option with the annotated type and with limits, by their words."""

    limits: dict[str, float]
    one_of: tuple[str, ...] | None
    check: Callable[[Any], str | None] | None

    def __call__(self, owner: object, attribute: "attrs.Attribute[Any]", value: Any) -> None:
        if not self._allows(value, attribute.type):
            refuse(owner, attribute.name, value, self._expected(attribute.type))
        problem = None if self.check is None else self.check(value)
        if problem is not None:
            refuse(owner, attribute.name, value, problem)

    def _allows(self, value: Any, kind: Any) -> bool:
        if get_origin(kind) is UnionType:
            return any(self._allows(value, choice) for choice in get_args(kind))
        if get_origin(kind) is tuple:
            kinds = get_args(kind)
            if not isinstance(value, tuple) or (kinds[-1] is not Ellipsis and len(kinds) != len(value)):
                return False
            return all(self._allows(entry, kinds[0]) for entry in value)
        if kind in _NUMBERS:
            return isinstance(value, _NUMBERS[kind]) and not isinstance(value, bool) and self._within(value)
        if kind in (bool, str, NoneType):
            return isinstance(value, kind) and (self.one_of is None or value in self.one_of)
        return True  # a type that this validator does not know

    def _within(self, number: Any) -> bool:
        return all(_LIMITS[words](number, limit) for words, limit in self.limits.items())

    def _expected(self, kind: Any) -> str:
        if get_origin(kind) is UnionType:
            return " or ".join(self._expected(choice) for choice in get_args(kind))
        if self.one_of is not None:
            return " or ".join(map(repr, self.one_of))
        if get_origin(kind) is tuple:
            kinds = get_args(kind)
            count = "" if kinds[-1] is Ellipsis else f"{len(kinds)} "
            return f"{count}{_WORDS[kinds[0]]}s{self._limits()}"
        article = "a " if kind in (int, float, str) else ""
        return f"{article}{_WORDS[kind]}{self._limits() if kind in _NUMBERS else ''}"

    def _limits(self) -> str:
        limits = " and ".join(f"{words} {limit}" for words, limit in self.limits.items())
        return limits and f", {limits}"


def option(
    default: Any,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    one_of: tuple[str, ...] | None = None,
    check: Callable[[Any], str | None] | None = None,
    kw_only: bool = True,
) -> Any:
    """Declare an option in the body of a class that `with_options` or `attrs.define` decorates.

    The annotation of the field is the type that is accepted: int, float, bool, str, a tuple of one of them, or a union
    with None. The bounds apply to a number and to each number of a tuple. A list is accepted for a tuple.

    Args:
        default: Default of the option.
        at_least: Smallest number.
        above: Bound that numbers must exceed.
        at_most: Largest number.
        below: Bound that numbers must not reach.
        one_of: All texts that are accepted.
        check: Returns a text of what is expected for a value that is not accepted, else None.
        kw_only: Whether the constructor takes the option by name only. `with_options` makes it so for all options.

    Returns:
        An attrs field. Its value is checked when the object is created and when the option is assigned; a wrong value
        raises InputError.

    Example:
        >>> from zeroskel.align import option, with_options
        >>> @with_options
        ... class Scaled:
        ...     factor: float = option(1.0, above=0)
        >>> Scaled(factor=-1.0)
        Traceback (most recent call last):
        zeroskel.core.errors.InputError: Scaled: factor is -1.0; expected a number, more than 0
    """
    limits = zip(_LIMITS, (at_least, above, at_most, below), strict=True)
    bounds = _Bounds({words: limit for words, limit in limits if limit is not None}, one_of, check)
    return attrs.field(default=default, kw_only=kw_only, validator=bounds, converter=_tuple_of_list)


def option_of(cls: type, name: str) -> Any:
    """Declare an option that has the default and the bounds of an option of another class."""
    field = getattr(attrs.fields(cls), name)
    return attrs.field(default=field.default, kw_only=True, validator=field.validator, converter=field.converter)


def layout_name(default: str) -> Any:
    """Declare the option of an encoder that names a joint layout; the constructor also takes a Layout, by position."""
    return attrs.field(default=default, converter=lambda layout: get_layout(layout).name)


@dataclass_transform(kw_only_default=True, eq_default=False)
def with_options(cls: Class) -> Class:
    """Turn the annotated fields of a class into keyword arguments of its constructor.

    Args:
        cls: A class whose fields are declared with `option`. It inherits the options of its base classes, and may
            declare one again with another default.

    Returns:
        The same class. Checks that involve more than one option belong in its method `__attrs_post_init__`.

    Example:
        >>> from zeroskel.align import NeuralAligner, option, with_options
        >>> @with_options
        ... class Nothing(NeuralAligner):
        ...     epochs: int = option(5, at_least=1)
        >>> sorted(Nothing.__init__.__kwdefaults__)[:2]
        ['batch_size', 'device']
    """
    return attrs.define(cls, kw_only=True, eq=False, slots=False, repr=False)


def _tuple_of_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def value_of(text: str) -> Any:
    """Return the value that a text stands for: JSON where it reads as JSON, else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean NAME?" for the known name that is nearest to a misspelt one, or an empty text."""
    nearest = get_close_matches(name, list(known), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
