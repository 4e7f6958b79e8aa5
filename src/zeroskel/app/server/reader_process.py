"""The process that parses uploaded files. Its memory is bounded and it may not write files.

The server kills the process when a file takes too long. The process reads requests from standard input and writes
answers to standard output. Each of them is a length (8 bytes, big endian) followed by that many bytes:

    request   one line of JSON with "suffix", "facts" (options of zeroskel.read) and the limits, then the file's content
    answer    one byte, "1" for a recording or "0" for an error, then JSON
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.app.server.recordings import check_size, recording_to_dict
from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError
from zeroskel.skeleton.formats import parse


def answer(header: dict[str, Any], content: bytes) -> bytes:
    """Return the answer to one request."""
    try:
        sequence = parse(content, Path(f"recording{header['suffix']}"), **header["facts"])
        check_size(sequence.bodies, sequence.frames, sequence.fps, Limits(**header["limits"]))
        return b"1" + json.dumps(recording_to_dict(sequence), separators=(",", ":")).encode()
    except (InputError, MemoryError, OSError, RecursionError) as error:
        reason = str(error)
        if not isinstance(error, InputError):
            reason = f"Parsing the file needs more than a recording may need ({type(error).__name__})."
        return b"0" + json.dumps(" ".join(reason.split())[:500]).encode()


def main() -> None:
    """Restrict this process, then answer requests until the input ends. The only argument is a limit in bytes."""
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # a parser that prints must not disturb the answers
    os.dup2(null, 2)
    max_memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (max_memory, max_memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    np.seterr(all="ignore")
    requests = sys.stdin.buffer
    while length := requests.read(8):
        header, _, content = requests.read(int.from_bytes(length, "big")).partition(b"\n")
        result = answer(json.loads(header), content)
        answers.write(len(result).to_bytes(8, "big") + result)
        answers.flush()


if __name__ == "__main__":
    main()
