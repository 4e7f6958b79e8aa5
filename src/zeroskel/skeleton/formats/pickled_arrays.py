"""What stands for NumPy's names in a pickle: each notes what it is given, checks it, and shows bytes as an array."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_TYPES = re.compile(r"(b1|[iu][1248]|f[248])\Z")
_NUMPY = ("numpy.core", "numpy._core")
_NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",
    ("__builtin__", "bytes"): "no bytes",  # in protocol 2, of an empty array
    **{(f"{core}.multiarray", "_reconstruct"): "reconstruct" for core in _NUMPY},
    **{(f"{core}.multiarray", "scalar"): "scalar" for core in _NUMPY},
    **{(f"{core}.numeric", "_frombuffer"): "frombuffer" for core in _NUMPY},
}


class Refused(Exception):
    """Says what a pickle asks for that plain data does not need."""


@dataclass(eq=False)
class PickledArray:
    """An array of a pickle, a view of its bytes; None until the pickle has filled it."""

    array: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class PickledName:
    """One of the names that a pickle may call."""

    name: str


@dataclass(eq=False)
class _Type:
    """A type of numbers; the byte order comes after the code."""

    code: str
    order: str = "|"

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.code if self.order == "|" else self.order + self.code)


def named(module: Any, name: Any) -> PickledName:
    """What stands for a name. Raises Refused for any that arrays of numbers do not need."""
    if type(module) is not str or type(name) is not str:
        raise Refused("a name that is no string")
    if (module, name) not in _NAMES:
        raise Refused(f"the name {f'{module}.{name}'[:100]!r}")
    return PickledName(_NAMES[module, name])


def called(function: Any, arguments: Any) -> Any:
    """What stands for the result of a call. Raises Refused for other functions or arguments than those of arrays."""
    if type(function) is not PickledName or function.name not in _CALLS:
        raise Refused("a call of something that is no function of NumPy's")
    call, types = _CALLS[function.name]
    return call(*_typed(arguments, *types))


def fill(built: Any, state: Any) -> None:
    """Give an array or a type the state that follows it, once. Raises Refused for another object or state."""
    if type(built) is PickledArray and built.array is None:
        _, shape, kind, fortran, data = _typed(state, _WHOLE, (tuple,), (_Type,), _WHOLE, _BYTES)
        built.array = _array(kind, shape, data, "F" if fortran else "C")
    elif type(built) is _Type:
        _, order, *_ = _typed(state, _WHOLE, (str,), _NOTHING, _NOTHING, _NOTHING, _WHOLE, _WHOLE, _WHOLE)
        if order not in ("<", ">", "=", "|"):
            raise Refused(f"the byte order {order[:5]!r}")
        built.order = order
    else:
        raise Refused("a state for something that takes none")


def _typed(values: Any, *types: tuple[type, ...]) -> tuple[Any, ...]:
    if type(values) is not tuple or len(values) != len(types):
        raise Refused("a call or state of NumPy's with other values than its own")
    for value, wanted in zip(values, types, strict=True):
        if type(value) not in wanted:
            raise Refused(f"a {type(value).__name__} in a call or state of NumPy's")
    return values


def _encode(text: str, codec: str) -> bytes:
    if codec not in ("latin1", "latin-1"):
        raise Refused(f"bytes in the codec {codec[:20]!r}")
    return text.encode("latin-1")


def _reconstruct(kind: PickledName, shape: tuple, code: Any) -> PickledArray:
    if kind.name != "ndarray" or shape != (0,) or code not in (b"b", "b"):
        raise Refused("an array that does not start empty")
    return PickledArray()


def _type(code: str, _align: Any, _copy: Any) -> _Type:
    if not _TYPES.match(code):
        raise Refused(f"an array of type {code[:20]!r}, not of numbers,")
    return _Type(code)


def _scalar(kind: _Type, data: Any) -> Any:
    return _array(kind, (), data, "C").item()


def _frombuffer(data: Any, kind: _Type, shape: tuple, order: str) -> PickledArray:
    return PickledArray(_array(kind, shape, data, order))


def _array(kind: _Type, shape: tuple, data: Any, order: str) -> np.ndarray:
    """The bytes as an array, not copied."""
    count = kind.dtype.itemsize
    if order not in ("C", "F") or len(shape) > 8 or not all(type(axis) is int and 0 <= axis < 2**40 for axis in shape):
        raise Refused("an array with a shape that is none")
    for axis in shape:
        count *= axis
    if count != len(data) or (0 in shape and max(shape) > 2**16):
        raise Refused(f"{len(data)} bytes for an array of {kind.dtype} with the shape {shape}")
    return np.frombuffer(data, kind.dtype).reshape(shape, order="F" if order == "F" else "C")


_WHOLE, _NOTHING, _BYTES = (int, bool), (type(None),), (bytes, memoryview)
_CALLS: dict[str, tuple[Callable[..., Any], tuple[tuple[type, ...], ...]]] = {
    "encode": (_encode, ((str,), (str,))),
    "no bytes": (bytes, ()),
    "reconstruct": (_reconstruct, ((PickledName,), (tuple,), (bytes, memoryview, str))),
    "dtype": (_type, ((str,), _WHOLE, _WHOLE)),
    "scalar": (_scalar, ((_Type,), _BYTES)),
    "frombuffer": (_frombuffer, (_BYTES, (_Type,), (tuple,), (str,))),
}
