"""Structure of a glTF 2.0 file, by pygltflib, and its numbers, which that library leaves as bytes."""

import base64
import json
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

import numpy as np

from zeroskel.skeleton.formats._parsing import LARGEST, file_content, refuse

if TYPE_CHECKING:
    import pygltflib

MAGIC = b"glTF"
_USED = ("asset", "nodes", "skins", "animations", "accessors", "bufferViews", "buffers", "extensions")
_MOST_OBJECTS = 20_000  # nodes, channels, accessors and their buffers
_DEEPEST = 256
_NUMBER_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
_EXPORT = "Export it as one .glb with its animation, uncompressed"


def open_model(content: bytes, file: Path) -> "Model":
    """Return the model in a file; meshes and pictures are left out.

    Raises:
        SkeletonFormatError: The container is broken, or the model too large.
        Exception: Any other one, where the structure is none of glTF.
    """
    text, binary = content, b""
    if content[:4] == MAGIC:
        version, length, json_length, kind = struct.unpack("<IIII", content[4:20])
        if version != 2 or kind != 0x4E4F534A or length > len(content) or 20 + json_length > length:
            actual = f"version {version}, and {len(content)} bytes of {length}"
            refuse(file, "the header", actual, "a whole GLB container of version 2", _EXPORT)
        text, rest = content[20 : 20 + json_length], content[20 + json_length : length]
        if len(rest) >= 8:
            binary = rest[8 : 8 + struct.unpack("<I", rest[:4])[0]]
    document = json.loads(text.decode("utf-8-sig"))
    if not str(document["asset"]["version"]).startswith("2"):
        refuse(file, "", f"glTF of version {str(document['asset']['version'])[:20]}", "version 2.0", _EXPORT)
    used = {name: document[name] for name in _USED if name in document}
    objects = sum(map(len, used.values())) + sum(len(part["channels"]) for part in used.get("animations", []))
    if objects > _MOST_OBJECTS:
        refuse(file, "", f"{objects} nodes, channels and accessors", f"at most {_MOST_OBJECTS}", _EXPORT)
    import pygltflib

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts without a value
        return Model(pygltflib.GLTF2.from_dict(used), binary, file)


class Model:
    """Nodes of a glTF file, and the numbers that it refers to.

    Attributes:
        gltf: the structure.
        parents: index of the node above each node; -1 without.
    """

    def __init__(self, gltf: "pygltflib.GLTF2", binary: bytes, file: Path) -> None:
        self.gltf, self._binary, self._file = gltf, binary, file
        self._buffers: dict[int, bytes] = {}
        self.parents = [-1] * len(gltf.nodes)
        for index, node in enumerate(gltf.nodes):
            for child in node.children or []:
                if self.parents[as_index(child)] >= 0:
                    self.refuse(f"node {child} below two nodes", "a tree of nodes")
                self.parents[child] = index

    def refuse(self, actual: str, expected: str) -> NoReturn:
        """Raise SkeletonFormatError with what was found and expected in the file."""
        refuse(self._file, "", actual, expected, _EXPORT)

    def path_to(self, index: int) -> list[int]:
        """Return the nodes from the topmost one down to a node."""
        path = [as_index(index)]
        while (parent := self.parents[path[-1]]) >= 0:
            if len(path) > _DEEPEST:
                self.refuse(f"nodes over {_DEEPEST} deep, or that hang on themselves", "a tree of nodes")
            path.append(parent)
        return path[::-1]

    def numbers(self, index: int, width: int) -> np.ndarray:
        """Return (count, width) finite numbers of an accessor; integers stand for -1 to 1."""
        accessor = self.gltf.accessors[as_index(index)]
        if accessor.sparse is not None:
            self.refuse("a sparse accessor", "numbers without gaps")
        view = self.gltf.bufferViews[as_index(accessor.bufferView)]
        if view.extensions:
            self.refuse(f"a buffer compressed by {', '.join(view.extensions)[:60]}", "plain buffers")
        dtype = np.dtype(_NUMBER_TYPES[accessor.componentType])
        data = self._buffer(as_index(view.buffer))
        start = as_index(view.byteOffset or 0) + as_index(accessor.byteOffset or 0)
        stride, count = view.byteStride or width * dtype.itemsize, accessor.count
        last = start + stride * (count - 1) + width * dtype.itemsize
        if _WIDTHS.get(accessor.type) != width or count < 1 or stride < 1 or last > len(data):
            actual = f"accessor {index} with {count} of {accessor.type} in a buffer of {len(data)} bytes"
            self.refuse(actual, f"numbers in groups of {width} inside the buffer")
        values = np.ndarray((count, width), dtype, data, start, (stride, dtype.itemsize)).astype(np.float64)
        if dtype.kind != "f":
            values = np.maximum(values / np.iinfo(dtype).max, -1.0)
        if not (np.abs(values) <= LARGEST).all():
            self.refuse(f"a number in accessor {index} that is not finite", "finite numbers")
        return values

    def _buffer(self, index: int) -> bytes:
        if index not in self._buffers:
            uri = self.gltf.buffers[index].uri
            self._buffers[index] = self._binary if uri is None and index == 0 else self._content_of(uri or "")
        return self._buffers[index]

    def _content_of(self, uri: str) -> bytes:
        if uri.startswith("data:"):
            return base64.b64decode(uri.partition(",")[2], validate=True)
        beside = self._file.parent / Path(unquote(uri)).name
        if self._file.is_file() and beside.suffix.lower() == ".bin" and beside.is_file():
            return file_content(beside)[0]
        self.refuse(f"a part of it in another file, {uri[:80]!r}", "that .bin file beside it, or one file")


def as_index(value: Any) -> int:
    """Return a whole number from 0; Python would take a negative index from the end of a list."""
    if type(value) is not int or value < 0:
        raise IndexError(f"index {str(value)[:20]}")
    return value


@dataclass(frozen=True, eq=False)
class Track:
    """Values of a property of a node at key times.

    Attributes:
        times: (K,) seconds, ascending.
        values: (K, 3), or (K, 4) quaternions; for a spline (K, 3, 3 or 4) arriving tangents, values, leaving tangents.
        interpolation: "LINEAR", "STEP" or "CUBICSPLINE".
    """

    times: np.ndarray
    values: np.ndarray
    interpolation: str

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return (T, 3 or 4) values at (T,) times; those before the first key and after the last one do not change."""
        before = np.clip(np.searchsorted(self.times, times, "right") - 1, 0, len(self.times) - 1)
        after = np.minimum(before + 1, len(self.times) - 1)
        span = (self.times[after] - self.times[before])[:, None]
        share = np.clip((times - self.times[before])[:, None] / np.where(span > 0, span, 1), 0, 1)
        if self.interpolation == "CUBICSPLINE":
            (_, value, leaving), (arriving, goal, _) = (self.values[index].swapaxes(0, 1) for index in (before, after))
            square, cube = share**2, share**3
            ends = (2 * cube - 3 * square + 1) * value + (3 * square - 2 * cube) * goal
            return ends + span * ((cube - 2 * square + share) * leaving + (cube - square) * arriving)
        value, goal = self.values[before], self.values[after]
        if self.interpolation == "STEP":
            return value
        return _slerp(value, goal, share) if value.shape[1] == 4 else value + share * (goal - value)


def _slerp(value: np.ndarray, goal: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return quaternions on the shorter arc between others."""
    cosine = (value * goal).sum(axis=1, keepdims=True)
    angle = np.arccos(np.clip(np.abs(cosine), 0, 1))
    sine = np.where(angle > 1e-4, np.sin(angle), 1)
    first = np.where(angle > 1e-4, np.sin((1 - share) * angle) / sine, 1 - share)
    second = np.where(angle > 1e-4, np.sin(share * angle) / sine, share)
    return first * value + np.sign(cosine + 1e-12) * second * goal
