"""The process that reads uploaded files: bounded in memory, without files of its own, killed when it takes too long.

It takes requests on standard input and answers on standard output, each a length (8 bytes, big endian) and so many
bytes:

    request   one line of JSON {"suffix", "layout", limits}, then the file's content
    answer    one byte, "1" for a recording or "0" for an error, then JSON
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from zeroskel.app.server.recordings import recording_of
from zeroskel.core import InputError
from zeroskel.skeleton.formats import parse


def answer(header: dict[str, Any], content: bytes) -> bytes:
    """The answer to one request."""
    try:
        file = Path(f"recording{header['suffix']}")
        sequence = parse(content, file, layout=header["layout"])
        if sequence.frames > header["frames"] or sequence.bodies > header["bodies"]:
            raise InputError(
                f"{file}: found {sequence.frames} frames of {sequence.bodies} bodies; expected at most "
                f"{header['frames']} of {header['bodies']}. Cut it into shorter ones"
            )
        if sequence.frames / sequence.fps > header["seconds"]:
            raise InputError(
                f"{file}: found {sequence.frames / sequence.fps:.0f} seconds; expected at most {header['seconds']:g}"
            )
        return b"1" + json.dumps(recording_of(sequence), separators=(",", ":")).encode()
    except (InputError, MemoryError, OSError, RecursionError) as error:
        reason = str(error) if isinstance(error, InputError) else f"the file needs too much ({type(error).__name__})"
        return b"0" + json.dumps(" ".join(reason.split())[:500]).encode()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while head := requests.read(8):
        request = requests.read(int.from_bytes(head, "big"))
        header, _, content = request.partition(b"\n")
        found = answer(json.loads(header), content)
        answers.write(len(found).to_bytes(8, "big") + found)
        answers.flush()


def main() -> None:
    """Take away what reading does not need, and serve."""
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # a reader that prints must not disturb the answers
    os.dup2(nothing, 2)
    most = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    np.seterr(all="ignore")
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
