"""Commands in a process of their own, whose time and memory are watched from outside."""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

SECONDS_BETWEEN = 0.1


def family(pid: int) -> list[int]:
    """Return the ids of a process and of its descendants."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(descendant for child in children for descendant in family(int(child)))]


def resident_bytes(pid: int) -> int:
    """Return the resident bytes of a process, with pages of mapped files; 0 if it has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def own_bytes(pid: int) -> int:
    """Return the resident bytes of a process without pages of mapped files; 0 if it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        return sum(int(status.split(f"{field}:")[1].split()[0]) * 1024 for field in ("RssAnon", "RssShmem"))
    except (OSError, IndexError):
        return 0


def run_watched(
    command: Sequence[str | Path], *, beside: Sequence[int] = (), memory: Callable[[int], int] = own_bytes
) -> dict[str, float]:
    """Run a command and return its seconds, its CPU seconds, and the peak of its memory in megabytes.

    The memory is that of the process and its descendants together, and of the processes `beside` and theirs.

    Raises:
        SystemExit: The command ended with another code than 0.
    """
    before, start = _cpu_seconds(), time.perf_counter()
    run = subprocess.Popen([str(word) for word in command])
    peak = 0
    while run.poll() is None:
        peak = max(peak, sum(memory(pid) for root in (run.pid, *beside) for pid in family(root)))
        time.sleep(SECONDS_BETWEEN)
    seconds = time.perf_counter() - start
    if run.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {run.returncode}")
    return {"seconds": seconds, "cpu_seconds": _cpu_seconds() - before, "megabytes": peak / 2**20}


def _cpu_seconds() -> float:
    """Return the CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
