"""Pickles of plain data and NumPy arrays, loaded by the standard library with an allow-list of names.

A pickle is a program that may name and call any function. The subclass of the standard unpickler here resolves only
the names that arrays of numbers need, and to stand-ins, so that no function of NumPy ever sees unchecked values.

The subclass extends the pure Python unpickler because the one in C sizes its tables by numbers in the file, and because
its instructions can be restricted: to plain data, and to strings as keys of dicts (the hash of nested tuples that share
their parts takes exponential time).
"""

import mmap
import pickle
import pickletools
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, ClassVar

from zeroskel.skeleton.formats._parsing import refuse
from zeroskel.skeleton.formats._pickled_arrays import (
    PickledArray,
    RefusedValueError,
    StandIn,
    encoded,
    number_type,
    view_of,
)

_MOST_INSTRUCTIONS = 40_000_000
_REMEDY = "Do not trust this file: take it from its source again"
_PLAIN_INSTRUCTIONS = (
    "PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE "
    "BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 EMPTY_LIST APPEND APPENDS EMPTY_DICT EMPTY_TUPLE TUPLE TUPLE1 "
    "TUPLE2 TUPLE3 BINPUT LONG_BINPUT MEMOIZE BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE BUILD "
    "INT LONG FLOAT STRING UNICODE BINSTRING SHORT_BINSTRING LIST PUT GET"  # of protocols 0 and 1, and of Python 2
).split()


def load_pickle(content: bytes | mmap.mmap, file: Path) -> Any:
    """Load a pickle of numbers, strings, lists, dicts and NumPy arrays of numbers; nothing in it is executed.

    Args:
        content: The pickle, protocol 0 to 5; a memory map is read from its start.
        file: The path, for messages.

    Returns:
        The object; arrays are PickledArray.

    Raises:
        SkeletonFormatError: The pickle is truncated, or holds anything but plain data.
    """
    if len(content) < 2 or (content[0] == 0x80 and not 2 <= content[1] <= 5):
        refuse(file, "", f"bytes that start with {bytes(content[:2]).hex(' ')}", "a pickle of protocol 0 to 5", _REMEDY)
    stream = BytesIO(content) if isinstance(content, bytes) else content
    try:
        return _PlainUnpickler(stream, len(content)).load()
    except (UnpicklingError, RefusedValueError) as error:
        actual = str(error)[:150]
    except EOFError:
        actual = "the end of the file within the pickle"
    except MemoryError:
        actual = "more data than memory can hold"
    except Exception as error:  # noqa: BLE001 - without its operands, an instruction may raise any exception
        actual = f"an instruction without the operands that it needs ({type(error).__name__}: {str(error)[:80]})"
    finally:
        encoded.cache_clear()
    refuse(file, "", actual, "numbers, strings, lists, dicts and NumPy arrays", _REMEDY)


class _PlainUnpickler(pickle._Unpickler):
    """Unpickler of plain data and arrays of numbers."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {}

    def __init__(self, stream: Any, size: int) -> None:
        super().__init__(stream, encoding="latin1")  # that of strings of Python 2, arrays among them
        self._size = size
        self._encoded_bytes = 0
        self._instructions = 0
        self._names = {
            ("numpy", "ndarray"): StandIn("numpy.ndarray", None),
            ("numpy", "dtype"): StandIn("numpy.dtype", number_type),
            ("_codecs", "encode"): StandIn("_codecs.encode", self._encode),
            ("__builtin__", "bytes"): StandIn("bytes", lambda: b""),  # of an empty array in protocol 2
            ("collections", "OrderedDict"): StandIn("OrderedDict", lambda: {}),
        }
        for core in ("numpy.core", "numpy._core"):
            self._names[f"{core}.multiarray", "_reconstruct"] = StandIn("_reconstruct", lambda *_: PickledArray())
            self._names[f"{core}.multiarray", "scalar"] = StandIn(
                "scalar", lambda kind, data: view_of(data, kind, (), "C").item()
            )
            self._names[f"{core}.numeric", "_frombuffer"] = StandIn(
                "_frombuffer", lambda *array: PickledArray(view_of(*array))
            )

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name on the allow-list.

        Raises:
            UnpicklingError: The name is not on the list.
        """
        if (module, name) not in self._names:
            raise UnpicklingError(f"the name {f'{module}.{name}'[:100]!r}")
        return self._names[module, name]

    def _encode(self, text: str, codec: str) -> bytes:
        """Return the bytes of an array that protocol 2 stores as text; their total is bounded by the file's size."""
        if type(text) is not str or codec not in ("latin1", "latin-1"):
            raise UnpicklingError(f"bytes in the codec {str(codec)[:20]!r}")
        self._encoded_bytes += len(text)
        if self._encoded_bytes > self._size:
            raise UnpicklingError("more bytes encoded from strings than the file has")
        return text.encode("latin-1")

    def _count(self) -> None:
        self._instructions += 1
        if self._instructions > _MOST_INSTRUCTIONS:
            raise UnpicklingError(f"over {_MOST_INSTRUCTIONS} instructions")


def _counted(action: Callable[[Any], None]) -> Callable[[_PlainUnpickler], None]:
    def run(unpickler: _PlainUnpickler) -> None:
        unpickler._count()
        action(unpickler)

    return run


def _refusing(code: int) -> Callable[[_PlainUnpickler], None]:
    def refuse(_: _PlainUnpickler) -> None:
        names = [name for name in pickle.__all__ if getattr(pickle, name) == bytes([code])]
        raise UnpicklingError(f"the instruction {(names or [hex(code)])[0]}, which plain data do not need")

    return refuse


def _set_items(unpickler: Any, items: list[Any]) -> None:
    if type(unpickler.stack[-1]) is not dict or len(items) % 2:
        raise UnpicklingError("items for something that is no dict")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) not in (str, int, float):
            raise UnpicklingError(f"a key of a dict that is a {type(key).__name__}")
        unpickler.stack[-1][key] = value


def _load_dict(unpickler: Any) -> None:
    items = unpickler.pop_mark()
    unpickler.append({})
    _set_items(unpickler, items)


def _load_bytearray8(unpickler: Any) -> None:
    """Read bytes that exist, where the standard action first allocates the length that the file declares."""
    unpickler.append(bytearray(unpickler.read(int.from_bytes(unpickler.read(8), "little"))))


_PlainUnpickler.dispatch.update({code: _refusing(code) for code in range(256)})
for _name in _PLAIN_INSTRUCTIONS:
    _code = getattr(pickle, _name)[0]
    _PlainUnpickler.dispatch[_code] = _counted(pickle._Unpickler.dispatch[_code])
_PlainUnpickler.dispatch[pickle.SETITEM[0]] = _counted(
    lambda unpickler: _set_items(unpickler, [unpickler.stack.pop(-2), unpickler.stack.pop()])
)
_PlainUnpickler.dispatch[pickle.SETITEMS[0]] = _counted(lambda unpickler: _set_items(unpickler, unpickler.pop_mark()))
_PlainUnpickler.dispatch[pickle.DICT[0]] = _counted(_load_dict)
_PlainUnpickler.dispatch[pickle.BYTEARRAY8[0]] = _counted(_load_bytearray8)


def tuples_of_texts(pickled: bytes) -> list[tuple[str, ...]]:
    """Return the tuples of strings in a pickled list by the instructions of the pickle, none of which is executed."""
    labels: list[tuple[str, ...]] = []
    memory: dict[Any, str] = {}
    texts: list[str] = []
    for instruction, argument, _ in pickletools.genops(pickled):
        if instruction.name == "MARK":
            texts = []
        elif instruction.name in ("UNICODE", "BINUNICODE", "SHORT_BINUNICODE"):
            texts.append(str(argument))
        elif instruction.name in ("PUT", "BINPUT", "LONG_BINPUT") and texts:
            memory.setdefault(argument, texts[-1])
        elif instruction.name in ("GET", "BINGET", "LONG_BINGET"):
            texts.append(memory[argument])
        elif instruction.name in ("TUPLE", "TUPLE3"):
            labels.append(tuple(texts))
            texts = []
    return labels
