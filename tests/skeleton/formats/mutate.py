"""Parse 2,000 spoilt copies of a file; test_mutations runs this script in a separate process.

Arguments: the parser of (content, file) as module:function, the sample file, the number of copies, a seed, and files of
other formats. Every copy must be read, or refused with SkeletonFormatError whose message names the file, within one
second and 512 MiB more than the process had before. The output is one JSON object: the number of copies that were read
and refused, and the faults.
"""

import importlib
import json
import re
import resource
import signal
import sys
import time
import traceback
from operator import attrgetter
from pathlib import Path

import numpy as np

from zeroskel.core.errors import SkeletonFormatError

MOST_BYTES = 512 * 2**20
NUMBERS = [
    b"999999999",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"1e999",
    b"NaN",
    b"nan",
    b"Inf",
    b"-inf",
    b"1e-400",
    b"x",
]


def mutations(content: bytes, others: list[bytes], count: int, seed: int):
    """(what was done, spoilt content) `count` times."""
    rng = np.random.default_rng(seed)
    numbers = [match.span() for match in re.finditer(rb"[-+]?\d[\d.eE+-]*", content)] or [(0, 1)]
    lines = content.split(b"\n")
    yield "empty", b""
    yield "binary", rng.bytes(4096)
    yield "zeros", bytes(4096)
    for index, other in enumerate(others):
        yield f"the content of file {index} of another format", other
        yield f"the start of file {index} of another format", other[: len(other) // 2]
    for _ in range(count - 3 - 2 * len(others)):
        kind = int(rng.integers(8))
        at = int(rng.integers(len(content)))
        if kind == 0:
            yield f"cut at {at}", content[:at]
        elif kind == 1:
            spoilt = bytearray(content)
            for position in rng.integers(len(content), size=int(rng.integers(1, 6))):
                spoilt[position] ^= 1 << int(rng.integers(8))
            yield "bits flipped", bytes(spoilt)
        elif kind == 2:
            spoilt = bytearray(content)
            width = int(rng.integers(1, 9))
            spoilt[at : at + width] = rng.bytes(width)
            yield f"{width} bytes at {at} replaced", bytes(spoilt)
        elif kind == 3:
            start, end = numbers[min(int(rng.geometric(0.05)) - 1, len(numbers) - 1)]
            yield "an early number replaced", content[:start] + NUMBERS[int(rng.integers(len(NUMBERS)))] + content[end:]
        elif kind == 4:
            start, end = numbers[int(rng.integers(len(numbers)))]
            yield "a number replaced", content[:start] + NUMBERS[int(rng.integers(len(NUMBERS)))] + content[end:]
        elif kind == 5:
            line = int(rng.integers(len(lines)))
            yield f"line {line + 1} left out", b"\n".join(lines[:line] + lines[line + 1 :])
        elif kind == 6:
            line = int(rng.integers(len(lines)))
            yield f"line {line + 1} twice", b"\n".join(lines[: line + 1] + lines[line:])
        else:
            width = int(rng.integers(1, 64))
            yield f"{width} bytes at {at} left out", content[:at] + content[at + width :]


def _too_slow(*_: object) -> None:
    raise TimeoutError("over a second")


def main() -> None:
    parser, sample, count, seed, *others = sys.argv[1:]
    module, function = parser.split(":")
    parse = attrgetter(function)(importlib.import_module(module))
    file = Path(sample)
    content = file.read_bytes()
    parse(content, file)  # the sample itself is sound; libraries are loaded before memory is measured
    importlib.import_module("scipy.optimize")  # only files with more than one person need it
    used = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (used + MOST_BYTES, used + MOST_BYTES))
    signal.signal(signal.SIGALRM, _too_slow)
    spoilt = file.with_name(f"spoilt{file.suffix}")
    faults, read_well, refused, slowest = [], 0, 0, 0.0
    for what, mutated in mutations(content, [Path(other).read_bytes() for other in others], int(count), int(seed)):
        spoilt.write_bytes(mutated)
        started = time.perf_counter()
        try:
            signal.setitimer(signal.ITIMER_REAL, 1.0)
            parse(spoilt.read_bytes(), spoilt)
            read_well += 1
        except SkeletonFormatError as error:
            refused += 1
            if str(spoilt) not in str(error):
                faults.append([what, f"message without the file: {error}"])
        except BaseException as error:  # noqa: BLE001 - any other exception is a fault
            faults.append([what, "".join(traceback.format_exception_only(error)) + traceback.format_exc()[-600:]])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, time.perf_counter() - started)
    print(json.dumps({"read": read_well, "refused": refused, "slowest": slowest, "faults": faults[:5]}))


if __name__ == "__main__":
    main()
