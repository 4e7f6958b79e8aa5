"""Reading uploaded files, in a process of its own."""

import asyncio
import json
import os
import sys
from pathlib import Path

from zeroskel.app.server.engine import Busy
from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError
from zeroskel.skeleton.formats import FORMATS

SEVERAL_FILES = {".amc": ".asf", ".asf": ".amc"}
KNOWN = sorted({known.suffix for known in FORMATS.values()} - set(SEVERAL_FILES))
WAITING = 8  # uploads that may wait for the process


class UnknownFormat(InputError):
    """A file's suffix is that of no format that can be uploaded."""


class Reader:
    """Reads files one at a time; a file that takes too long, or too much memory, ends its process, not the server.

    The process gets the content through a pipe: no file is written, and no name of a client's is opened.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def start(self) -> None:
        """Start the process, so that the first file need not wait for it."""
        await self._started()

    async def read(self, name: str, layout: str | None, content: bytes) -> bytes:
        """The recording in a file, as the JSON of `recording_of`.

        Raises:
            UnknownFormat: by its name; InputError: broken, too long or too slow to read; Busy: too many wait.
        """
        suffix = suffix_of(name)
        if self._waiting >= WAITING:
            raise Busy("too many files wait to be read; come again in a moment", 5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._read(suffix, layout, content)
        finally:
            self._waiting -= 1

    async def _read(self, suffix: str, layout: str | None, content: bytes) -> bytes:
        limits = self.limits
        header = json.dumps(
            {
                "suffix": suffix,
                "layout": layout,
                "frames": limits.frames,
                "bodies": limits.bodies,
                "seconds": limits.seconds,
            }
        )
        request = header.encode() + b"\n" + content
        process = await self._started()
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(limits.parse_seconds):
                process.stdin.write(len(request).to_bytes(8, "big") + request)
                await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(8), "big")
                found = await process.stdout.readexactly(length)
        except TimeoutError:
            await self.close()
            raise InputError(
                f"reading the file took more than {limits.parse_seconds:g} seconds; cut it into shorter ones"
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            raise InputError("the file could not be read: it asks for more than a recording may") from None
        except BaseException:  # cancelled half way: the next file must not get this one's answer
            await self.close()
            raise
        if found[:1] == b"0":
            raise InputError(json.loads(found[1:]))
        return found[1:]

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            kept = {key: value for key, value in os.environ.items() if key != "ZEROSKEL_TOKEN"}
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "zeroskel.app.server.reader_process", str(self.limits.parse_bytes)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**kept, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
            )
        return self._process

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


def suffix_of(name: str) -> str:
    """The suffix of a file's name, one of a format of single files. Raises UnknownFormat."""
    suffix = Path(name.replace("\\", "/").replace("\0", "")).suffix.lower()
    if suffix in SEVERAL_FILES:
        raise UnknownFormat(
            f"{suffix} files need a {SEVERAL_FILES[suffix]} file beside them, which an upload has not; "
            "convert the recording to .bvh or .c3d"
        )
    if suffix not in KNOWN:
        raise UnknownFormat(f"the file's name ends in {suffix[:20]!r}; expected one of {', '.join(KNOWN)}")
    return suffix
