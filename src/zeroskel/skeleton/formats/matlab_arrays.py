"""The variables of a MATLAB file of level 5, as versions 5 to 7 save them.

A file is 128 bytes of header and then elements: a matrix each, plain or zlib-compressed. Only arrays of real numbers
and text are taken; cells, structures and objects are never built. Nothing is unpacked beyond what a recording can
need, so that a file of a few bytes cannot claim the memory of a machine.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats.named_joints import LARGEST

_Order = Literal["<", ">"]
_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {1: "utf-8", 2: "utf-8", 16: "utf-8", 4: "utf-16", 17: "utf-16"}
_CLASS_OF_TEXT, _CLASSES_OF_NUMBERS = 4, range(6, 16)
_COMPLEX = 0x0800
_MOST_BYTES = 2**26  # of all elements when unpacked: a recording of ten minutes takes a tenth
_MOST_RATIO = 200  # joints in zlib shrink to a half or a fifth
_RATIO_MATTERS = 2**20
_COPY_AGAIN = "The file is cut short or altered: take it from the release again"


@dataclass(frozen=True, eq=False)
class MatlabArray:
    """A variable as the file stores it.

    Attributes:
        name: of the variable.
        kind: number of its MATLAB class.
        shape: length of each axis, as the file claims it.
        stored: number of the type of its data.
        data: its bytes, first axis fastest.
        order: "<" or ">", the order of the bytes of a number.
        file: named in messages.
    """

    name: str
    kind: int
    shape: tuple[int, ...]
    stored: int
    data: bytes
    order: _Order
    file: Path

    def numbers(self, shape: tuple[int | None, ...]) -> np.ndarray:
        """The array; refused where it has not the shape given (None: any length but 0) or a number not finite."""
        dtype = np.dtype(_STORED.get(self.stored, "V1")).newbyteorder(self.order)
        if self.kind not in _CLASSES_OF_NUMBERS or dtype.kind == "V":
            self.refuse("no numbers", "real numbers")
        lengths = self.shape + (1,) * (len(shape) - len(self.shape))  # MATLAB drops trailing axes of length 1
        if len(lengths) != len(shape) or any(
            found < 1 or wanted not in (None, found) for found, wanted in zip(lengths, shape, strict=True)
        ):
            spelled = " x ".join("frames" if length is None else str(length) for length in shape)
            self.refuse(f"an array {' x '.join(map(str, self.shape))}", spelled)
        if math.prod(lengths) * dtype.itemsize != len(self.data):
            self.refuse(f"{len(self.data)} bytes for an array {' x '.join(map(str, self.shape))}", "all its numbers")
        array = np.frombuffer(self.data, dtype).reshape(lengths, order="F")
        wrong = ~(np.abs(array) <= LARGEST)
        if wrong.any():
            place = tuple(int(index) for index in np.argwhere(wrong)[0])
            at = ", ".join(str(index + 1) for index in place)
            self.refuse(f"{array[place]} at ({at})", "finite numbers")
        return array

    def text(self) -> str:
        """The one line of text."""
        encoding = _TEXTS.get(self.stored)
        if self.kind != _CLASS_OF_TEXT or encoding is None:
            self.refuse("no text", "a line of text")
        if encoding == "utf-16":
            encoding = "utf-16-le" if self.order == "<" else "utf-16-be"
        try:
            return self.data.decode(encoding)
        except UnicodeDecodeError:
            self.refuse("bytes that are no text", "a line of text")

    def refuse(self, found: str, expected: str) -> NoReturn:
        """Raise SkeletonFormatError with the file and the variable."""
        raise SkeletonFormatError(
            f"{self.file}, variable {self.name}: found {found}; expected {expected}. {_COPY_AGAIN}"
        )


def looks_like(head: bytes) -> bool:
    """Whether a file that starts so is a MATLAB file of level 5."""
    return head.startswith(b"MATLAB 5.0 MAT-file")


def matlab_arrays(content: bytes, file: Path) -> Iterator[MatlabArray]:
    """The variables of a file that are arrays of real numbers or text, in its order.

    Args:
        content: of the file.
        file: named in messages.

    Raises:
        SkeletonFormatError: not such a file, cut short or altered; the message names the byte.
    """
    if content.startswith(b"MATLAB 7.3") or content.startswith(b"\x89HDF"):
        raise SkeletonFormatError(f"{file}: found a version 7.3 file (HDF5); expected level 5. Save it with -v7")
    mark = content[126:_HEADER]
    if not looks_like(content) or mark not in (b"IM", b"MI"):
        raise SkeletonFormatError(
            f"{file}: found no header of a MATLAB file; expected one of level 5. Save it in MATLAB with -v7"
        )
    order: _Order = "<" if mark == b"IM" else ">"
    left = min(_MOST_BYTES, max(_RATIO_MATTERS, _MOST_RATIO * len(content)))
    for at, kind, data in _elements(content, _HEADER, order, file):
        if kind == _COMPRESSED:
            unpacked = _inflate(data, max(left, 1), at, file)
            left -= len(unpacked)
            inner = next(_elements(unpacked, 0, order, file, at), (at, 0, b""))
            kind, data = inner[1:]
        if kind != _MATRIX:
            _refuse(file, at, f"an element of type {kind}", f"a matrix ({_MATRIX}) in every element")
        if (matrix := _array(data, order, at, file)) is not None:
            yield matrix


def _array(data: bytes, order: _Order, at: int, file: Path) -> MatlabArray | None:
    """The variable in a matrix element, or None where it is no real array of numbers or text."""
    parts = _elements(data, 0, order, file, at)
    flags = next(parts, (0, 0, b""))[2]
    if len(flags) != 8:
        _refuse(file, at, f"array flags of {len(flags)} bytes", "8")
    word = struct.unpack(f"{order}I", flags[:4])[0]
    kind = word & 0xFF
    if (kind != _CLASS_OF_TEXT and kind not in _CLASSES_OF_NUMBERS) or word & _COMPLEX:
        return None
    shape, name, (_, stored, real) = next(parts, (0, 0, b""))[2], next(parts, (0, 0, b""))[2], next(parts, (0, 0, b""))
    if not shape or len(shape) % 4 or len(shape) > 64:
        _refuse(file, at, f"the lengths of axes in {len(shape)} bytes", "4 bytes an axis")
    lengths = struct.unpack(f"{order}{len(shape) // 4}i", shape)
    return MatlabArray(name.decode("latin-1"), kind, lengths, stored, real, order, file)


def _elements(
    content: bytes, start: int, order: _Order, file: Path, within: int | None = None
) -> Iterator[tuple[int, int, bytes]]:
    """(place, type, data) of the elements that follow each other; `within` is the place of the element around them."""
    at = start
    while at < len(content):
        place = at if within is None else within
        if at + 8 > len(content):
            _refuse(file, place, f"{len(content) - at} bytes at the end of an element", "8 bytes of type and size")
        kind, size = struct.unpack_from(f"{order}II", content, at)
        begin = at + 8
        if kind >> 16:  # a small element: size and type in four bytes, data in the next four
            kind, size, begin = kind & 0xFFFF, kind >> 16, at + 4
        if begin + size > len(content) or (begin == at + 4 and size > 4):
            _refuse(file, place, f"an element of {size} bytes where {len(content) - begin} are left", "whole elements")
        yield place, kind, content[begin : begin + size]
        at = at + 8 if begin == at + 4 else begin + size + (-size % 8 if kind != _COMPRESSED else 0)


def _inflate(data: bytes, most: int, at: int, file: Path) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, most)
    except zlib.error as error:
        raise SkeletonFormatError(
            f"{file}, byte {at}: found a broken compressed element ({error}); expected zlib data. {_COPY_AGAIN}"
        ) from error
    if not unpacker.eof:
        found = "a compressed element cut short"
        if len(unpacked) >= most:
            found = f"{len(data)} bytes that unpack to more than {most}"
        _refuse(file, at, found, "one recording")
    return unpacked


def _refuse(file: Path, at: int, found: str, expected: str) -> NoReturn:
    raise SkeletonFormatError(f"{file}, byte {at}: found {found}; expected {expected}. {_COPY_AGAIN}")
