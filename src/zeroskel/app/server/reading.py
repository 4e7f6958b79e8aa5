"""Reading of uploaded files in a separate process."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from zeroskel.app.server.settings import Limits
from zeroskel.app.server.turns import Busy
from zeroskel.core import InputError
from zeroskel.skeleton.formats import FORMATS
from zeroskel.skeleton.video import SUFFIXES as VIDEO_SUFFIXES

COMPANION_SUFFIX = {".amc": ".asf", ".asf": ".amc"}  # formats whose recordings consist of two files
KNOWN_SUFFIXES = sorted({known.suffix for known in FORMATS.values()} - set(COMPANION_SUFFIX))
MAX_MEMORY = 2 * 2**30  # bytes of the process
MAX_WAITING = 8  # uploads that may wait for the process
RETRY_SECONDS = 5


class UnknownFormat(InputError):
    """The suffix of a file is not that of a format that can be uploaded."""


class Reader:
    """Reads files one at a time in a separate process.

    A file that takes too much time or memory ends that process and not the server. The process receives the content
    through a pipe: the server writes no file and opens no path that a client sends.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def start(self) -> asyncio.subprocess.Process:
        """Return the process, and start it where none runs."""
        if self._process is None or self._process.returncode is not None:
            environment = {key: value for key, value in os.environ.items() if key != "ZEROSKEL_TOKEN"}
            environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
            command = [sys.executable, "-m", "zeroskel.app.server.reader_process", str(MAX_MEMORY)]
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment
            )
        return self._process

    async def read(self, name: str, facts: Mapping[str, Any], content: bytes) -> bytes:
        """Return the recording of a file as JSON, in the form of `recording_to_dict`.

        The suffix of the file's name selects the format. `facts` are options of `zeroskel.read` that the client states.

        Raises:
            UnknownFormat: The suffix is not that of a format that can be uploaded.
            InputError: The file is broken, too long, or takes too long to read.
            Busy: Too many files wait.
        """
        suffix = parse_suffix(name)
        if self._waiting >= MAX_WAITING:
            raise Busy("Too many files are waiting to be read. Try again in a moment.", RETRY_SECONDS)
        self._waiting += 1
        try:
            async with self._lock:
                return await self._read(suffix, facts, content)
        finally:
            self._waiting -= 1

    async def _read(self, suffix: str, facts: Mapping[str, Any], content: bytes) -> bytes:
        limits = self.limits
        header = json.dumps({"suffix": suffix, "facts": dict(facts), "limits": asdict(limits)})
        request = header.encode() + b"\n" + content
        process = await self.start()
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(limits.parse_seconds):
                process.stdin.write(len(request).to_bytes(8, "big") + request)
                await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(8), "big")
                answer = await process.stdout.readexactly(length)
        except TimeoutError:
            await self.close()
            raise InputError(
                f"Reading the file took more than {limits.parse_seconds:g} seconds. Cut it into shorter recordings."
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            raise InputError("The file could not be read because it needs more memory than a recording may.") from None
        except BaseException:  # after a cancellation the next file must not get the answer to this one
            await self.close()
            raise
        if answer[:1] == b"0":
            raise InputError(json.loads(answer[1:]))
        return answer[1:]

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()


def parse_suffix(name: str) -> str:
    """Return the suffix of a file's name.

    Raises:
        UnknownFormat: The suffix is not that of a format whose recordings consist of one file.
    """
    suffix = Path(name.replace("\\", "/").replace("\0", "")).suffix.lower()
    if suffix in COMPANION_SUFFIX:
        raise UnknownFormat(
            f"A recording in a {suffix} file also needs its {COMPANION_SUFFIX[suffix]} file, and an upload is one "
            "file. Convert the recording to .bvh or .c3d."
        )
    if suffix in VIDEO_SUFFIXES:
        raise UnknownFormat(
            f"A {suffix} file is a video, and the server reads skeletons. Run `zeroskel pose VIDEO --out clip.json` "
            "and open clip.json here, or use the webcam."
        )
    if suffix not in KNOWN_SUFFIXES:
        raise UnknownFormat(f"The file's name ends in {suffix[:20]!r}; expected one of {', '.join(KNOWN_SUFFIXES)}.")
    return suffix
