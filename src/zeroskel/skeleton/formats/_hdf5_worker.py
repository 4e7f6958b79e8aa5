"""Read the arrays of an HDF5 file; run as a script in a process of its own, never imported.

    python _hdf5_worker.py < FILE.h5 > ARRAYS.npz

The HDF5 library runs on without end for some broken files, and cannot be interrupted. The output holds each array under
its path, and under "attributes" JSON of path -> attribute -> text or number. Links to other files are not followed.
Errors go to standard error, one line, with exit code 3.
"""

import io
import json
import sys
from typing import Any

import h5py
import numpy as np

_MOST_SECONDS = 60  # of computing
_MOST_BYTES = 2**30  # of all arrays
_ARRAYS = (
    "tracks", "node_names", "frames", "instances", "points", "pred_points", "table", "data", "confidence", "timestamps",
    "starting_time",
)  # fmt: skip
_ATTRIBUTES = ("nwb_version", "json", "dims", "pandas_type", "values_block_0_kind", "neurodata_type", "rate")


def main() -> None:
    """Read standard input, write the arrays to standard output."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    except ImportError:  # Windows
        pass
    stream = io.BytesIO()
    try:
        with h5py.File(io.BytesIO(sys.stdin.buffer.read()), "r") as store:
            np.savez(stream, **read_arrays(store))
    except Exception as error:  # noqa: BLE001 - the library raises any exception for a broken file
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())[:120]}")
    sys.stdout.buffer.write(stream.getvalue())


def read_arrays(store: h5py.File) -> dict[str, Any]:
    """Return the arrays of pose tracks and the attributes of all items."""
    arrays: dict[str, Any] = {}
    attributes: dict[str, dict[str, Any]] = {"": _attributes(store)}
    size = 0

    def visit(path: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal size
        if values := _attributes(item):
            attributes[path] = values
        if not isinstance(item, h5py.Dataset) or path.rpartition("/")[2] not in _ARRAYS:
            return
        size += item.size * item.dtype.itemsize
        if size > _MOST_BYTES or item.is_virtual or item.external:
            raise ValueError(f"{path} is larger than a recording, or lies in another file")
        array = np.asarray(item[()])
        arrays[path] = array if array.dtype.kind != "O" else np.array([_text(value) for value in array.flat])

    store.visititems(visit)  # it does not follow links to other files
    return {**arrays, "attributes": np.array(json.dumps(attributes))}


def _attributes(item: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    values = {name: item.attrs[name] for name in _ATTRIBUTES if name in item.attrs}
    return {name: float(value) if name == "rate" else _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    if isinstance(value, np.void):
        value = value.tobytes()
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    main()
