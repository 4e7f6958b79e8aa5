"""The process that parses uploaded files and large JSON bodies. Its memory is bounded and it may not write files.

The server kills the process when a request takes too long. The process reads requests from standard input and writes
answers to standard output. Each of them is a length (8 bytes, big endian) followed by that many bytes:

    request   one line of JSON with "limits", and "suffix" and "facts" (options of zeroskel.read) for a file or "model"
              for a body; then the content of the file or body
    answer    one byte, "1" for a recording or a body and "0" for an error; then JSON, for an error its code and its
              message. For a body three parts with line feeds between them: the shapes of the positions, the body
              without positions, the positions as float32.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.app.server import wire
from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.app.server.recordings import check_size, parse_bodies, recording_to_dict
from zeroskel.app.server.settings import Limits
from zeroskel.core import InputError
from zeroskel.skeleton.formats import parse

OTHER_VALUES = 20_000  # values of a body in addition to the coordinates of its recording


def answer(header: dict[str, Any], content: bytes) -> bytes:
    """Return the answer to one request."""
    limits = Limits(**header["limits"])
    try:
        if "suffix" in header:
            sequence = parse(content, Path(f"recording{header['suffix']}"), **header["facts"])
            check_size(sequence.bodies, sequence.frames, sequence.fps, limits)
            return b"1" + json.dumps(recording_to_dict(sequence), separators=(",", ":")).encode()
        return b"1" + answer_to_body(getattr(wire, header["model"]), content, limits)
    except Refusal as error:
        return _refusal(error.code, wire.one_line(error))
    except InputError as error:
        return _refusal(
            ProblemCode.UNREADABLE_FILE if "suffix" in header else ProblemCode.UNUSABLE, wire.one_line(error)
        )
    except (MemoryError, OSError, RecursionError) as error:
        message = f"Parsing needs more than a recording may need ({type(error).__name__})."
        return _refusal(ProblemCode.RECORDING_TOO_LARGE, message)


def _refusal(code: ProblemCode, message: str) -> bytes:
    return b"0" + json.dumps([code, message]).encode()


def answer_to_body(model: type[wire.RecordingsRequest], body: bytes, limits: Limits) -> bytes:
    """Return the answer to a JSON body, which is parsed only where it has no more values than the largest recording.

    Raises:
        InputError: The body has too many values, does not fit the model, or has positions that are not a recording.
    """
    joints = limits.bodies * limits.frames * limits.joints
    lists, values = body.count(b"[") + body.count(b"{"), body.count(b",") + 1
    if lists > 2 * joints + OTHER_VALUES or values > 3 * joints + OTHER_VALUES:
        message = f"The body has {lists} lists and {values} values, more than a recording may have."
        raise Refusal(message, ProblemCode.RECORDING_TOO_LARGE)
    content, arrays = wire.parse_model(model, body), []
    for recording in content.recordings():
        arrays.append(parse_bodies(recording.positions, recording.fps, limits))
        recording.positions = []
    shapes = json.dumps([array.shape for array in arrays]).encode()
    rest = content.model_dump_json(exclude_unset=True).encode()
    return b"\n".join([shapes, rest, b"".join(array.tobytes() for array in arrays)])


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
