"""Loading of the arrays of an `.npz` file without pickle, after the sizes that it declares were checked."""

import sys
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.formats import _smpl
from zeroskel.skeleton.formats._parsing import refuse

_MOST_BYTES = 4 * 2**30  # of all arrays, as the zip directory declares them
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
WRITE_AGAIN = "Write or copy the file again"


def load_arrays(stream: IO[bytes], file: Path) -> dict[str, np.ndarray]:
    """Return all arrays of the file, after the sizes that its headers claim were found to be possible."""
    try:
        with zipfile.ZipFile(stream) as archive:
            readable = _check_members(archive, file)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as data:
            return {name: data[name] for name in data.files if name in readable}
    except SkeletonFormatError:
        raise
    except Exception as error:  # noqa: BLE001 - the zip and .npy readers raise any exception for a broken file
        actual = f"a broken .npz file ({type(error).__name__}: {str(error)[:120]})"
        refuse(file, "", actual, "arrays as numpy.savez writes them", WRITE_AGAIN)


def _check_members(archive: zipfile.ZipFile, file: Path) -> set[str]:
    """Return the names of arrays without pickled objects. Arrays that are too large or lie about it are refused.

    Pickled objects are refused too, but passed over beside the rotations of a body: AMASS has them among its markers.
    """
    members = archive.infolist()
    names = [member.filename.removesuffix(".npy") for member in members]
    readable = set(names)
    if (total := sum(member.file_size for member in members)) > _MOST_BYTES:
        actual = f"arrays of {total / 2**30:.1f} GiB when unpacked"
        refuse(file, "", actual, f"at most {_MOST_BYTES >> 30} GiB", "Split the file")
    for member in members:
        with archive.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            if version not in _READ_HEADER:
                raise ValueError(f"{member.filename} has .npy version {version}")
            shape, _, dtype = _READ_HEADER[version](stream)
            if dtype.hasobject and _smpl.has_rotations(names):
                readable.discard(member.filename.removesuffix(".npy"))
                continue
            if dtype.hasobject:
                remedy = "Loading those can run code: write the array again without dtype=object"
                refuse(file, f"array {member.filename}", "pickled Python objects", "numbers or text", remedy)
            claimed = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
            if min(shape, default=0) < 0 or claimed != member.file_size - stream.tell():
                raise ValueError(f"{member.filename} of shape {shape} does not fill {member.file_size} bytes")
    return readable


def is_text(array: np.ndarray) -> bool:
    """Return whether all code points are ones that a Python string can hold."""
    if array.dtype.kind != "U" or not array.size or not array.dtype.itemsize:
        return False
    points = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")).view(np.uint32)
    return int(points.max()) <= sys.maxunicode
