"""Measure the time, the memory and the disk space of `zeroskel data prepare ntu120`.

    python benchmarks/prepare_ntu.py --recordings 8000 --folder /tmp/ntu --json prepare.json

The script writes synthetic recordings in NTU's format and with its lengths: some hundred different contents under the
requested number of names (with `--link` as hard links, so that the full count fits a small disk). It prepares half of
the recordings and all of them, with one worker and with two. Each run is a separate process whose memory is watched.
Then the script reads random batches of 128 from the container. Figures for 114,480 recordings are extrapolated, and say
so.
"""

import argparse
import json
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ntu_recordings import recording_names, recording_text
from parts.watched import resident_bytes, run_watched
from zeroskel import SkeletonDataset
from zeroskel.datasets._recipe_parts import broken_recordings

FULL = 114_480
CONTENTS = 200
PROGRAM = (
    "import sys; from pathlib import Path; from zeroskel.datasets._preparing import prepare\n"
    "if __name__ == '__main__':\n"
    "    prepare('ntu120', Path(sys.argv[1]), Path(sys.argv[2]), workers=int(sys.argv[3]))\n"
)


def main() -> None:
    """Measure in a temporary folder and remove it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recordings", type=int, default=8000)
    parser.add_argument("--folder", type=Path, help="working folder (default: a temporary folder)")
    parser.add_argument("--contents", type=int, default=CONTENTS, help="number of different contents")
    parser.add_argument("--link", action="store_true", help="write the names as hard links to the contents")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="zeroskel-", dir=arguments.folder))
    try:
        results = measure(folder, arguments.recordings, arguments.contents, link=arguments.link)
    finally:
        shutil.rmtree(folder)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def measure(folder: Path, recordings: int, contents: int, *, link: bool) -> list[dict[str, float]]:
    """Prepare half and all of the recordings with one and two workers, and print a line for each run."""
    half, whole = write_recordings(folder, recordings, contents, link)
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    results = []
    for source in (half, whole):
        for workers in (1, 2):
            results.append(prepare_once(source, folder / "container", workers))
            show(results[-1])
    return results


def write_recordings(folder: Path, recordings: int, count: int, link: bool) -> tuple[Path, Path]:
    """Write two folders: one with half of the recordings, one with all of them."""
    names = [name for name in recording_names(recordings + 600) if name not in broken_recordings("ntu")][:recordings]
    contents = [recording_text(seed) for seed in range(count)]
    half, whole = folder / "half", folder / "whole"
    for source, chosen in ((half, names[::2]), (whole, names)):
        source.mkdir()
        first: dict[int, Path] = {}
        for i, name in enumerate(chosen):
            file = source / f"{name}.skeleton"
            if link and i >= count:
                file.hardlink_to(first[i % count])
            else:
                file.write_bytes(contents[i % count])
                first[i % count] = file
    return half, whole


def prepare_once(source: Path, container: Path, workers: int) -> dict[str, float]:
    """Time, peak memory of all its processes together, and what the container is like."""
    program = source.parent / "prepare_it.py"
    program.write_text(PROGRAM)
    command = [sys.executable, program, source, container, str(workers)]
    watched = run_watched(command, memory=resident_bytes)
    seconds = watched["seconds"]
    data = SkeletonDataset.open(container)
    batches = batch_seconds(data)
    result = {
        "recordings": len(data),
        "workers": workers,
        "seconds": seconds,
        "recordings_a_second": len(data) / seconds,
        "source_megabytes": sum(file.stat().st_size for file in source.iterdir()) / 1e6,
        "peak_megabytes": watched["megabytes"],
        "container_megabytes": sum(file.stat().st_size for file in container.iterdir()) / 1e6,
        "batch_of_128_milliseconds": 1000 * batches,
    }
    shutil.rmtree(container)
    container.with_name(f"{container.name}.left-out.csv").unlink()
    return result


def batch_seconds(data: SkeletonDataset, rounds: int = 20) -> float:
    """Return the median time to read 128 random sequences."""
    rng = np.random.default_rng(0)
    times = []
    for _ in range(rounds):
        rows = rng.integers(len(data), size=128)
        started = time.perf_counter()
        for row in rows:
            data[int(row)]
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def show(result: dict[str, float]) -> None:
    """Print one result and its extrapolation."""
    times = FULL / result["recordings"]
    print(
        f"{result['recordings']:6.0f} recordings, {result['workers']:.0f} workers: {result['seconds']:6.1f} s, "
        f"{result['recordings_a_second']:6.0f} a second, peak {result['peak_megabytes']:5.0f} MiB, "
        f"{result['source_megabytes']:6.0f} MB of text -> {result['container_megabytes']:5.0f} MB, "
        f"random batch of 128: {result['batch_of_128_milliseconds']:.1f} ms; "
        f"times {times:.1f} for {FULL}: {result['seconds'] * times / 60:.1f} min, "
        f"{result['container_megabytes'] * times / 1000:.1f} GB",
        flush=True,
    )


if __name__ == "__main__":
    main()
