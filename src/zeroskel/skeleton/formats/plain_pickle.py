"""Pickles of plain data and NumPy arrays, read without the pickle module: nothing in them can be executed.

A pickle is a program for a machine with a stack. The machine here knows only the instructions that numbers, strings,
bytes, lists, tuples and dicts need, and the few names that stand for arrays; whatever else a file asks for is refused
with the byte at which it stands. Work and memory are bounded by the file's size: lengths are checked against what is
left of it, arrays are views of it, and keys of dicts can only be strings.
"""

import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats.pickled_arrays import Refused, called, fill, named

_MOST_INSTRUCTIONS = 40_000_000
_LONGEST_NAME = 100
_STOP = 0x2E
_EXPECTED = "numbers, strings, lists, dicts and NumPy arrays. Do not trust this file: take it from its source again"
_MARK = object()  # where a tuple, or the items of a list or dict, begin on the stack


def read_plain_pickle(content: bytes | mmap.mmap, file: Path) -> Any:
    """The object in a pickle of protocol 2 to 5; arrays are PickledArray.

    Args:
        content: of the file; arrays are views of it.
        file: named in messages.

    Raises:
        SkeletonFormatError: the pickle is cut short, or holds anything but plain data; the message names the byte.
    """
    return _Machine(content, file).run()


class _Machine:
    """Where the reading stands, the stack, and what the pickle remembers by number."""

    def __init__(self, content: bytes | mmap.mmap, file: Path) -> None:
        self.view = memoryview(content)
        self.size = len(content)
        self.file = file
        self.at = 0
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.encoded = 0

    def run(self) -> Any:
        if self.size < 2 or self.view[0] != 0x80 or not 2 <= self.view[1] <= 5:
            self.refuse(f"bytes that start with {bytes(self.view[:2]).hex(' ')}", 0, "a pickle of protocol 2 to 5")
        self.at = 2
        for _ in range(_MOST_INSTRUCTIONS):
            start = self.at
            code = self.take(1)[0]
            if code == _STOP and len(self.stack) == 1:
                return self.pop()
            try:
                if code not in _ACTIONS:
                    raise Refused(f"the instruction {_spell(code)}")
                _ACTIONS[code](self)
            except Refused as refused:
                self.refuse(str(refused), start)
            except (IndexError, KeyError, UnicodeError):  # an empty stack, nothing remembered there, no text
                self.refuse(f"the instruction {_spell(code)} without what it needs", start)
        self.refuse(f"over {_MOST_INSTRUCTIONS} instructions", self.at, "fewer")

    def refuse(self, found: str, at: int, expected: str = _EXPECTED) -> NoReturn:
        raise SkeletonFormatError(f"{self.file}, byte {at}: found {found[:150]}; expected {expected}")

    def take(self, count: int) -> memoryview:
        """The next bytes; refused where the file ends before."""
        end = self.at + count
        if end > self.size:
            self.refuse("the end of the file", self.at, f"{count} more bytes. It is cut short: copy it again")
        taken = self.view[self.at : end]
        self.at = end
        return taken

    def number(self, form: str) -> Any:
        """The next number, in a format of struct's."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """The next text up to a line's end."""
        text, ended, _ = bytes(self.view[self.at : self.at + _LONGEST_NAME]).partition(b"\n")
        if not ended:
            raise Refused("a name without an end")
        self.at += len(text) + 1
        return text.decode("ascii")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise Refused("a mark in place of an object")
        return value

    def items(self) -> list[Any]:
        """What lies on the stack above the last mark, taken off with the mark."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                items = self.stack[place + 1 :]
                del self.stack[place:]
                return items
        raise Refused("items without a mark")


def _append(machine: _Machine, values: list[Any]) -> None:
    if type(machine.stack[-1]) is not list:
        raise Refused("items for something that is no list")
    machine.stack[-1].extend(values)


def _set(machine: _Machine, values: list[Any]) -> None:
    if type(machine.stack[-1]) is not dict or len(values) % 2:
        raise Refused("items for something that is no dict")
    for key, value in zip(values[::2], values[1::2], strict=True):
        if type(key) is not str:
            raise Refused(f"a key of a dict that is a {type(key).__name__}")
        machine.stack[-1][key] = value


def _tuple(machine: _Machine, count: int) -> None:
    machine.push(tuple(reversed([machine.pop() for _ in range(count)])))


def _stack_global(machine: _Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push(named(module, name))


def _reduce(machine: _Machine) -> None:
    arguments, function = machine.pop(), machine.pop()
    made = called(function, arguments)
    if type(made) is bytes:  # of a string that may be remembered and used again: the only copies there are
        machine.encoded += len(made)
        if machine.encoded > machine.size:
            raise Refused("more bytes made from strings than the file has")
    machine.push(made)


def _build(machine: _Machine) -> None:
    state = machine.pop()
    fill(machine.stack[-1], state)


def _bytes(machine: _Machine, form: str) -> None:
    machine.push(machine.take(machine.number(form)))


def _text(machine: _Machine, form: str) -> None:
    machine.push(str(machine.take(machine.number(form)), "utf-8"))


def _remember(machine: _Machine, key: int) -> None:
    if machine.stack[-1] is _MARK:
        raise Refused("a mark to remember")
    machine.memo[key] = machine.stack[-1]


def _frame(machine: _Machine) -> None:
    length = machine.number("<Q")
    if length > machine.size - machine.at:
        raise Refused(f"a frame of {length} bytes, longer than the file,")


_ACTIONS: dict[int, Callable[[_Machine], None]] = {
    0x28: lambda m: m.push(_MARK),  # MARK
    0x29: lambda m: m.push(()),  # EMPTY_TUPLE
    0x42: lambda m: _bytes(m, "<I"),  # BINBYTES
    0x43: lambda m: _bytes(m, "B"),  # SHORT_BINBYTES
    0x47: lambda m: m.push(m.number(">d")),  # BINFLOAT
    0x4A: lambda m: m.push(m.number("<i")),  # BININT
    0x4B: lambda m: m.push(m.number("B")),  # BININT1
    0x4D: lambda m: m.push(m.number("<H")),  # BININT2
    0x4E: lambda m: m.push(None),  # NONE
    0x52: _reduce,  # REDUCE
    0x58: lambda m: _text(m, "<I"),  # BINUNICODE
    0x5D: lambda m: m.push([]),  # EMPTY_LIST
    0x61: lambda m: _append(m, [m.pop()]),  # APPEND
    0x62: _build,  # BUILD
    0x63: lambda m: m.push(named(m.line(), m.line())),  # GLOBAL
    0x65: lambda m: _append(m, m.items()),  # APPENDS
    0x68: lambda m: m.push(m.memo[m.number("B")]),  # BINGET
    0x6A: lambda m: m.push(m.memo[m.number("<I")]),  # LONG_BINGET
    0x71: lambda m: _remember(m, m.number("B")),  # BINPUT
    0x72: lambda m: _remember(m, m.number("<I")),  # LONG_BINPUT
    0x73: lambda m: _set(m, [m.pop(), m.pop()][::-1]),  # SETITEM
    0x74: lambda m: m.push(tuple(m.items())),  # TUPLE
    0x75: lambda m: _set(m, m.items()),  # SETITEMS
    0x7D: lambda m: m.push({}),  # EMPTY_DICT
    0x85: lambda m: _tuple(m, 1),  # TUPLE1
    0x86: lambda m: _tuple(m, 2),  # TUPLE2
    0x87: lambda m: _tuple(m, 3),  # TUPLE3
    0x88: lambda m: m.push(True),  # NEWTRUE
    0x89: lambda m: m.push(False),  # NEWFALSE
    0x8A: lambda m: m.push(int.from_bytes(m.take(m.number("B")), "little", signed=True)),  # LONG1
    0x8C: lambda m: _text(m, "B"),  # SHORT_BINUNICODE
    0x8D: lambda m: _text(m, "<Q"),  # BINUNICODE8
    0x8E: lambda m: _bytes(m, "<Q"),  # BINBYTES8
    0x93: _stack_global,  # STACK_GLOBAL
    0x94: lambda m: _remember(m, len(m.memo)),  # MEMOIZE
    0x95: _frame,  # FRAME
    0x96: lambda m: _bytes(m, "<Q"),  # BYTEARRAY8
}


def _spell(code: int) -> str:
    import pickletools  # only names of instructions, for messages

    names = [known.name for known in pickletools.opcodes if ord(known.code) == code]
    return f"{names[0]} (0x{code:02x})" if names else f"0x{code:02x}"
