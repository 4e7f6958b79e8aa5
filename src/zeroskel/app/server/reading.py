"""Reading of uploaded files and of large JSON bodies in separate processes."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.settings import Limits
from zeroskel.app.server.turns import Busy
from zeroskel.app.server.wire import RecordingsRequest, parse_model
from zeroskel.skeleton.formats import FORMATS
from zeroskel.skeleton.video import SUFFIXES as VIDEO_SUFFIXES

COMPANION_SUFFIX = {".amc": ".asf", ".asf": ".amc"}  # formats whose recordings consist of two files
KNOWN_SUFFIXES = sorted({known.suffix for known in FORMATS.values()} - set(COMPANION_SUFFIX))
MAX_MEMORY = 2 * 2**30  # bytes of the process
MAX_WAITING = 8  # requests that may wait for a process
RETRY_SECONDS = 5

Model = TypeVar("Model", bound=RecordingsRequest)


class UnknownFormat(Refusal):
    """The suffix of a file is not that of a format that can be uploaded."""

    code = ProblemCode.UNKNOWN_FORMAT


class Reader:
    """Reads files, and the recordings of large JSON bodies, each in a separate process.

    A file or body that takes too much time or memory ends its process and not the server. The process receives the
    content through a pipe: the server writes no file and opens no path that a client sends.
    """

    def __init__(self, limits: Limits) -> None:
        self._files, self._bodies = _Process(limits), _Process(limits)

    async def start(self) -> None:
        """Start the processes."""
        await self._files.start()
        await self._bodies.start()

    async def read(self, name: str, facts: Mapping[str, Any], content: bytes) -> bytes:
        """Return the recording of a file as JSON, in the form of `recording_to_dict`.

        The suffix of the file's name selects the format. `facts` are options of `zeroskel.read` that the client states.

        Raises:
            UnknownFormat: The suffix is not that of a format that can be uploaded.
            Refusal: The file is broken, too long, or takes too long to read.
            Busy: Too many files wait.
        """
        return await self._files.answer({"suffix": parse_suffix(name), "facts": dict(facts)}, content)

    async def decode(self, model: type[Model], body: bytes) -> Model:
        """Return a JSON body as a model, with arrays [M, T, V, C] in place of the positions of its recordings.

        Raises:
            Refusal: The body does not fit the model, or a recording is too large or takes too long to decode.
            Busy: Too many bodies wait.
        """
        shapes, content, coordinates = (await self._bodies.answer({"model": model.__name__}, body)).split(b"\n", 2)
        decoded, start = parse_model(model, content), 0
        for recording, shape in zip(decoded.recordings(), json.loads(shapes), strict=True):
            array = np.frombuffer(coordinates, np.float32, int(np.prod(shape)), start).reshape(shape)
            recording.positions = array  # type: ignore[assignment]  # `parse_positions` accepts both
            start += array.nbytes
        return decoded

    async def close(self) -> None:
        """End the processes."""
        await self._files.close()
        await self._bodies.close()


class _Process:
    """The process of reader_process.py, which answers one request at a time."""

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

    async def answer(self, header: Mapping[str, Any], content: bytes) -> bytes:
        """Return the answer of the process to one request.

        Raises:
            Refusal: The process refused the content, or took too much time or memory.
            Busy: Too many requests wait.
        """
        if self._waiting >= MAX_WAITING:
            raise Busy("Too many recordings are waiting to be read. Try again in a moment.", RETRY_SECONDS)
        self._waiting += 1
        try:
            async with self._lock:
                answer = await self._exchange(header, content)
        finally:
            self._waiting -= 1
        if answer[:1] != b"1":
            code, message = json.loads(answer[1:])
            raise Refusal(message, ProblemCode(code))
        return answer[1:]

    async def _exchange(self, header: Mapping[str, Any], content: bytes) -> bytes:
        limits = self.limits
        line = json.dumps({**header, "limits": asdict(limits)}).encode() + b"\n"
        process = await self.start()
        assert process.stdin is not None and process.stdout is not None
        try:
            async with asyncio.timeout(limits.parse_seconds):
                process.stdin.write((len(line) + len(content)).to_bytes(8, "big") + line)
                process.stdin.write(content)
                await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(8), "big")
                return await process.stdout.readexactly(length)
        except TimeoutError:
            await self.close()
            raise Refusal(
                f"Reading the recording took more than {limits.parse_seconds:g} seconds. Cut it into shorter ones.",
                ProblemCode.RECORDING_TOO_LARGE,
            ) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            message = "Reading the recording needs more memory than a recording may need."
            raise Refusal(message, ProblemCode.RECORDING_TOO_LARGE) from None
        except BaseException:  # after a cancellation the next request must not get the answer to this one
            await self.close()
            raise

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
