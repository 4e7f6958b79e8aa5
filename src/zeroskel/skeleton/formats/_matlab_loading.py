"""Loading of MATLAB files (versions 4 to 7) by SciPy, after checks of size and structure."""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, refuse

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15  # types of an element
_HEADER_PARTS = [6, 5, 1]  # types of a matrix's flags, lengths of axes and name
_DATA_TYPES = frozenset([*range(1, 8), 9, 12, 13, 16, 17, 18])
_LOADED_CLASSES = frozenset([4, *range(6, 16)])  # text and numbers, in the flags of a matrix
_COMPLEX = 0x0800  # in the flags of a matrix
_MOST_BYTES = 2**26  # of all decompressed elements: a recording of ten minutes needs a tenth
_MOST_RATIO = 200  # zlib compresses joints to a half or a fifth
_RATIO_MATTERS = 2**20
_CLASSES = frozenset(
    "double single int8 uint8 int16 uint16 int32 uint32 int64 uint64 logical char".split()
)  # cells, structures, sparse matrices and objects are never loaded


@dataclass(frozen=True, eq=False)
class MatlabFile:
    """Arrays of numbers and text by the names of their variables.

    Attributes:
        arrays: The variables as SciPy reads them.
        file: The path, for messages.
    """

    arrays: dict[str, np.ndarray]
    file: Path

    def numbers(self, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
        """Return a variable of real, finite numbers; None in `shape` stands for any length but 0.

        Raises:
            SkeletonFormatError: The variable is no array of numbers, has another shape, or a number is not finite.
        """
        array = self.arrays[name]
        if array.dtype.kind not in "fiub":
            self.refuse(name, "no numbers", "real numbers")
        lengths = array.shape + (1,) * (len(shape) - array.ndim)  # MATLAB drops trailing axes of length 1
        if len(lengths) != len(shape) or any(
            length < 1 or wanted not in (None, length) for length, wanted in zip(lengths, shape, strict=True)
        ):
            spelled = " x ".join("frames" if length is None else str(length) for length in shape)
            self.refuse(name, f"an array {' x '.join(map(str, array.shape))}", spelled)
        array = array.reshape(lengths)
        wrong = ~(np.abs(array) <= LARGEST)
        if wrong.any():
            index = tuple(int(axis) for axis in np.argwhere(wrong)[0])
            position = ", ".join(str(axis + 1) for axis in index)
            self.refuse(name, f"{array[index]} at ({position})", "finite numbers")
        return array

    def text(self, name: str) -> str:
        """Return a variable of one line of text.

        Raises:
            SkeletonFormatError: The variable is no text, or has more than one line.
        """
        array = self.arrays[name]
        if array.dtype.kind != "U" or array.size != 1:
            self.refuse(name, "no text", "a line of text")
        return str(array.item())

    def refuse(self, name: str, actual: str, expected: str) -> NoReturn:
        """Raise SkeletonFormatError that names the file and the variable."""
        refuse(self.file, f"variable {name}", actual, expected)

    def require(self, *names: str) -> None:
        """Raise SkeletonFormatError unless the file has variables of these names."""
        missing = ", ".join(name for name in names if name not in self.arrays)
        if missing:
            refuse(self.file, "", f"variables {', '.join(self.arrays)[:200] or 'none'}", missing)


def looks_like(head: bytes) -> bool:
    """Return whether a file that starts so is a MATLAB file of version 5 to 7."""
    return head.startswith(b"MATLAB 5.0 MAT-file")


def load_matlab(content: bytes, file: Path) -> MatlabFile:
    """Load the arrays of numbers and text of a MATLAB file; cells, structures and objects are never loaded.

    Args:
        content: The bytes of the file.
        file: The path, for messages.

    Raises:
        SkeletonFormatError: The file is of another format, truncated or altered, or unpacks to too much.
    """
    from scipy.io import loadmat, whosmat  # imported here: it takes a tenth of a second

    if content.startswith(b"MATLAB 7.3") or content.startswith(b"\x89HDF"):
        refuse(file, "", "a version 7.3 file (HDF5)", "version 7", "Save it with -v7")
    options = {}
    if 0 not in content[:4]:  # as SciPy tells version 4 from the later ones
        order = _check_elements(content, file)
        options["uint16_codec"] = "utf-16-be" if order == ">" else "utf-16-le"
    try:
        listed = whosmat(io.BytesIO(content))
        names = [name for name, _, kind in listed if kind in _CLASSES]
        if len(set(names)) != len(names):
            raise ValueError("a variable twice")
        if max((math.prod(shape) for _, shape, _ in listed), default=0) > _MOST_BYTES:
            raise ValueError("a variable with more numbers than a recording has")
        if min((length for _, shape, _ in listed for length in shape), default=0) < 0:
            raise ValueError("a variable of negative length")
        loaded = loadmat(io.BytesIO(content), variable_names=names, **options)
    except Exception as error:  # noqa: BLE001 - SciPy's reader raises any exception for a broken file
        fault = f"{type(error).__name__}: {str(error)[:120]}"
        refuse(file, "", f"no readable MATLAB file ({fault})", "one of version 4 to 7")
    return MatlabFile({name: loaded[name] for name in names}, file)


def _check_elements(content: bytes, file: Path) -> str:
    """Return the byte order, ">" or "<". Refuse what SciPy's reader does not survive: huge data, unknown types.

    A file of version 5 to 7 is a header and a sequence of elements. Each is a matrix, plain or compressed, and itself a
    sequence of elements: flags, lengths of axes, name and numbers.
    """
    if not looks_like(content):
        refuse(file, "", "no header of a MATLAB file", "one of version 4 to 7", "Save it in MATLAB with -v7")
    order = ">" if content[126:_HEADER_BYTES] == b"MI" else "<"
    allowed = min(_MOST_BYTES, max(_RATIO_MATTERS, _MOST_RATIO * len(content)))
    for position, kind, data in _elements(content, _HEADER_BYTES, order):
        if kind == _COMPRESSED:
            data = _decompressed(data, allowed, position, file)
            allowed -= len(data)
            kind, data = next(((kind, inner) for _, kind, inner in _elements(data, 0, order)), (0, b""))
        if kind != _MATRIX or not _is_sound(data, order):
            refuse(file, f"byte {position}", "an unknown type or order of elements", "a matrix")
    return order


def _is_sound(matrix: bytes, order: str) -> bool:
    """Return whether a matrix that SciPy will load has the parts that it needs, each of a known type."""
    parts = [(kind, data) for _, kind, data in _elements(matrix, 0, order)]
    kinds = [kind for kind, _ in parts]
    if kinds[:3] != _HEADER_PARTS or len(parts[0][1]) != 8:
        return False
    (flags,) = struct.unpack(f"{order}I", parts[0][1][:4])
    if flags & 0xFF not in _LOADED_CLASSES:
        return True
    return len(kinds) == (5 if flags & _COMPLEX else 4) and _DATA_TYPES.issuperset(kinds[3:])


def _elements(content: bytes, start: int, order: str) -> Iterator[tuple[int, int, bytes]]:
    """Yield position, type and data of the elements that follow each other; SciPy refuses one that is truncated."""
    position = start
    while position + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, position)
        if kind >> 16:  # a small element: size and type in four bytes, data in the next four
            kind, size = kind & 0xFFFF, kind >> 16
            yield position, kind, content[position + 4 : position + 4 + size]
            position += 8
        else:
            yield position, kind, content[position + 8 : position + 8 + size]
            position += 8 + size + (-size % 8 if kind != _COMPRESSED else 0)


def _decompressed(data: bytes, allowed: int, position: int, file: Path) -> bytes:
    try:
        decompressed = zlib.decompressobj().decompress(data, allowed + 1)
    except zlib.error as error:
        refuse(file, f"byte {position}", f"a broken compressed element ({error})", "zlib data")
    if len(decompressed) > allowed:
        refuse(file, f"byte {position}", f"{len(data)} bytes that unpack to more than {allowed}", "one recording")
    return decompressed
