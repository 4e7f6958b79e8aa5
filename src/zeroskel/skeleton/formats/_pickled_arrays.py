"""Arrays of numbers in pickles: stand-ins for the names of NumPy, which check all values that a pickle gives them."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

_NUMBER_TYPES = re.compile(r"(b1|[iu][1248]|f[248])\Z")
_LONGEST_AXIS = 2**40
_LAST_CHARACTER = 0x10FFFF
_STRING_TYPE = re.compile(r"U[1-9]\d{0,3}\Z")


class RefusedValueError(Exception):
    """A pickle holds something else than plain data and arrays of them."""


class PickledArray:
    """Array of numbers in a pickle.

    Attributes:
        array: A view of the bytes in the pickle, or None until the pickle has given its state.
    """

    def __init__(self, array: np.ndarray | None = None) -> None:
        self.array = array

    def __setstate__(self, state: Any) -> None:
        _, shape, number_type, fortran_order, data = state
        if self.array is not None:
            raise RefusedValueError("a second state of an array")
        self.array = view_of(data, number_type, shape, "F" if fortran_order else "C")


class StandIn:
    """Stand-in for a function that a pickle may call; the pickle cannot change its attributes."""

    __slots__ = ("_function", "_name")

    def __init__(self, name: str, function: Callable[..., Any] | None) -> None:
        self._name = name
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        if self._function is None:
            raise RefusedValueError(f"a call of {self._name}")
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise RefusedValueError(f"a state for {self._name}")


class _NumberType:
    """Stand-in for the type of an array's numbers; NumPy's own would accept flags that make numbers pointers."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code = code
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        _, order, subtype, names, fields, *_ = state
        if order not in ("<", ">", "=", "|") or (subtype, names, fields) != (None, None, None):
            raise RefusedValueError("an array of other things than numbers")
        self.order = "=" if order == "|" else order


def number_type(code: str, *_: Any) -> _NumberType:
    """Return the stand-in for a type of numbers, or of strings."""
    if type(code) is not str or not (_NUMBER_TYPES.match(code) or _STRING_TYPE.match(code)):
        raise RefusedValueError(f"an array of type {str(code)[:20]!r}, not of numbers,")
    return _NumberType(code)


@cache
def encoded(text: str) -> bytes:
    """Return the bytes that Python 2 wrote as text, once for each text, as a pickle may name it again and again."""
    return text.encode("latin-1")


def view_of(data: Any, number_type: Any, shape: Any, order: Any) -> np.ndarray:
    """Return the bytes as an array without copying them."""
    data = encoded(data) if type(data) is str else data
    if type(data) not in (bytes, bytearray) or type(number_type) is not _NumberType or type(shape) is not tuple:
        raise RefusedValueError("an array without bytes, type and shape")
    if len(shape) > 8 or not all(type(axis) is int and 0 <= axis < _LONGEST_AXIS for axis in shape):
        raise RefusedValueError("an array with an impossible shape")
    dtype = np.dtype(number_type.order + number_type.code)
    size = dtype.itemsize
    for axis in shape:
        size *= axis
    if size != len(data):
        raise RefusedValueError(f"{len(data)} bytes for an array of {dtype} with the shape {shape}")
    if dtype.kind == "U":
        characters = np.frombuffer(data, f"{number_type.order}u4")
        if ((characters > _LAST_CHARACTER) | ((characters >= 0xD800) & (characters < 0xE000))).any():
            raise RefusedValueError("an array of strings with numbers that are no characters")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if order == "F" else "C")
