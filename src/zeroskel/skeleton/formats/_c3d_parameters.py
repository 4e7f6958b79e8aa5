"""Header and parameters of C3D files: parsed by c3d (MIT, pure Python), without its check that both agree.

Files of several makers do not pass that check. A C++ library such as ezc3d reads as many files, but runs on without end
for some broken ones, and would have to run in a process of its own.
"""

import io
import struct
from typing import Any

import numpy as np


class C3DParameters:
    """Header and parameters of a C3D file. Any exception of the constructor means a broken file.

    Args:
        content: The bytes of the file.

    Attributes:
        header: The header as c3d parses it.
        word_order: "<" or ">", the order of bytes in a word.
    """

    def __init__(self, content: bytes) -> None:
        import c3d

        class LenientReader(c3d.Reader):
            def _check_metadata(self) -> None:
                """Accept parameters that differ from the header or lack: the frames are checked against the file."""

        self._reader = LenientReader(io.BytesIO(content))
        self._is_dec = self._reader.proc_type == "DEC"
        self.header: Any = self._reader.header
        self.word_order = ">" if self._reader.proc_type == "MIPS" else "<"

    def floats(self, raw: bytes) -> np.ndarray:
        """Return the numbers of 4 bytes each as the machine of the file stores them: Intel, DEC or MIPS."""
        if not self._is_dec:
            return np.frombuffer(raw, self.word_order + "f4")
        swapped = np.frombuffer(raw, "<u2").reshape(-1, 2)[:, ::-1]  # the word with sign and exponent is the first
        return np.ascontiguousarray(swapped).view("<f4")[:, 0] / np.float32(4)  # its exponent counts from two less

    def number(self, name: str) -> float | None:
        """Return a parameter that is a byte, a word, two words or a float; None without it."""
        parameter = self._reader.get(name)
        if parameter is None or not parameter.bytes:
            return None
        raw = parameter.bytes
        if parameter.bytes_per_element == 4:
            return float(self.floats(raw[:4])[0])
        if len(raw) >= 4:
            low, high = struct.unpack(self.word_order + "HH", raw[:4])
            return float(low + high * 2**16)
        return float(int.from_bytes(raw[:2], "little" if self.word_order == "<" else "big"))

    def texts(self, name: str) -> list[str]:
        """Return the texts of a parameter; none without it."""
        parameter = self._reader.get(name)
        if parameter is None or not parameter.dimensions or not parameter.dimensions[0]:
            return []
        width = parameter.dimensions[0]
        texts = [parameter.bytes[start : start + width] for start in range(0, len(parameter.bytes), width)]
        return [text.decode("utf-8", "replace").strip("\0 \t\r\n") for text in texts]

    def first_word(self, name: str) -> str:
        """Return the first word of a parameter in small letters; "" without it."""
        return next((text.split()[0].lower() for text in self.texts(name) if text.split()), "")

    def labels(self, group: str, count: int, name: str = "LABELS") -> list[str]:
        """Return a label for each point, "" for one without; over 255 of them are in LABELS2 and on."""
        labels = self.texts(f"{group}:{name}")
        for part in range(2, 258):
            more = self.texts(f"{group}:{name}{part}") if len(labels) < count else []
            if not more:
                break
            labels += more
        return [*labels, *[""] * count][:count]
