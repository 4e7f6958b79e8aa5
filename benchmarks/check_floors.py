"""Measure the stable ratios of performance.py again and compare them with their floors: `make bench-check`.

    python benchmarks/check_floors.py

It takes about five minutes of an idle machine and exits with code 1 if a ratio is below its floor in `floors.toml`. A
part with such a ratio is measured once more first, since other work on the machine can disturb one measurement.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from parts import grid, latency, scoring, smie_training, stgcn
from parts.rows import Row

FLOORS = Path(__file__).with_name("floors.toml")
PARTS: dict[str, Callable[[], list[Row]]] = {
    "inference": stgcn.inference,
    "scoring": scoring.scoring,
    "smie": smie_training.training,
    "grid": grid.grid,
    "encoder": latency.sentence_encoder,
    "streams": latency.streams,
}


def ratios_below(floors: Mapping[str, float], measure: Callable[[], list[Row]]) -> list[str]:
    """Return a line for each row of a part that is below its floor in two measurements.

    Args:
        floors: Row -> least ratio.
        measure: Measures the rows of the part.
    """
    best: dict[str, float] = {}
    for _ in range(2):
        for row in measure():
            best[row.what] = max(row.figure, best.get(row.what, 0.0))
        if unknown := sorted(set(floors) - set(best)):
            raise SystemExit(f"{FLOORS}: found no row {unknown[0]!r} in the benchmark; correct its name")
        below = [row for row, floor in floors.items() if best[row] < floor]
        if not below:
            break
    for row, floor in floors.items():
        print(f"{best[row]:6.2f} times as fast, floor {floor:g}: {row}", flush=True)
    return [f"{row}: {best[row]:.2f} times as fast; expected at least {floors[row]:g}" for row in below]


def main() -> None:
    """Measure all parts that have floors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="parts to check, separated by commas")
    arguments = parser.parse_args()
    floors = tomllib.loads(FLOORS.read_text(encoding="utf-8"))
    wanted = list(floors) if arguments.only is None else arguments.only.split(",")
    if unknown := sorted(set(wanted) - set(floors)):
        raise SystemExit(f"--only names {', '.join(unknown)}; expected some of {', '.join(floors)}")
    below = [line for part in wanted for line in ratios_below(floors[part], PARTS[part])]
    if below:
        print("\n".join(["Below the floor:", *below]), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
