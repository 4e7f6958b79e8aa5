"""Measure speed against plain implementations, and growth with the number of sequences, for docs/performance.md.

    python benchmarks/performance.py --out docs/results/performance.json --page docs/performance.md

Each ratio compares two implementations that run in turn in this one process, after their outputs are compared.
`make bench` runs this script.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from parts import grid, latency, plot, scale, scoring, smie_training, stgcn
from parts.practice_page import fill_page
from parts.rows import Row

SIZES = (12_500, 25_000, 50_000, 100_000)
VIEWS, SEEDS = (1, 2, 4, 8, 100), 3


def parts_of(arguments: argparse.Namespace, folder: Path) -> dict[str, Callable[[], list[Row]]]:
    """Return the parts that can be measured, by name."""
    rounds = {} if arguments.rounds is None else {"rounds": arguments.rounds}
    return {
        "inference": stgcn.inference,
        "training-step": stgcn.training,
        "smie": smie_training.training,
        "scoring": lambda: scoring.scoring(**rounds),
        "one": lambda: latency.one_sequence(**rounds),
        "stream": latency.stream,
        "streams": latency.streams,
        "cold": latency.cold,
        "encoder": latency.sentence_encoder,
        "grid": grid.grid,
        "views": lambda: smie_training.accuracy_by_views(arguments.pool, VIEWS, SEEDS, folder / "cache"),
    }


def main() -> None:
    """Measure the requested parts and write the figures and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="parts to measure, separated by commas; the figures of other parts stay")
    parser.add_argument("--out", type=Path, default=Path("performance.json"), help="JSON file of the figures")
    parser.add_argument("--page", type=Path, help="Markdown page whose tables are replaced")
    parser.add_argument(
        "--pool", type=Path, default=_shared() / "protocols" / "kinect_pool.json", help="dataset of the accuracy rows"
    )
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of sequences, separated by commas")
    parser.add_argument("--rounds", type=int, help="timed rounds of the parts scoring and one, for a trial")
    parser.add_argument("--table-only", action="store_true", help="write the page from the figures without measuring")
    arguments = parser.parse_args()
    figures = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    if not arguments.table_only:
        with tempfile.TemporaryDirectory() as name:
            figures = measure(arguments, Path(name), figures)
    tables = markdown_tables(figures)
    print(tables)
    if arguments.page is not None:
        fill_page(arguments.page, tables)
        if "scale" in figures:
            picture = arguments.page.parent / "images" / "scale.svg"
            picture.parent.mkdir(exist_ok=True)
            picture.write_text(plot.log_log(figures["scale"]), encoding="utf-8")


def measure(arguments: argparse.Namespace, folder: Path, figures: dict[str, Any]) -> dict[str, Any]:
    """Measure the requested parts and write the figures after each part."""
    parts = parts_of(arguments, folder)
    wanted = [*parts, "scale", "profile"] if arguments.only is None else arguments.only.split(",")
    unknown = sorted(set(wanted) - {*parts, "scale", "profile"})
    if unknown:
        raise SystemExit(
            f"--only names {', '.join(unknown)}; expected some of {', '.join([*parts, 'scale', 'profile'])}"
        )
    if "views" in wanted and not arguments.pool.exists():
        print(f"no pool at {arguments.pool}: accuracy by masked views is skipped; pass its path with --pool")
        wanted.remove("views")
    figures.setdefault("parts", {})
    figures["machine"] = f"{os.cpu_count()} cores, no GPU, {platform.machine()}, torch {torch.__version__}"
    for name in wanted:
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        start = time.perf_counter()
        if name == "scale":
            figures["scale"] = scale.measure(tuple(int(size) for size in arguments.sizes.split(",")), folder)
        elif name == "profile":
            figures["profile"] = stgcn.profile()
        else:
            figures["parts"][name] = [row.as_json() for row in parts[name]()]
        figures.setdefault("seconds", {})[name] = round(time.perf_counter() - start)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def markdown_tables(figures: dict[str, Any]) -> str:
    """Return the tables in Markdown."""
    lines = [f"Machine: {figures['machine']}; {sum(figures['seconds'].values()) / 60:.0f} minutes in total.", ""]
    lines += ["| what | against | ours | figure | target | |", "|---|---|---|---|---|---|"]
    for rows in figures["parts"].values():
        for row in rows:
            target = "" if row["target"] is None else f"{'≥' if row['more_is_better'] else '≤'} {row['target']:.3g}"
            met = {True: "met", False: "**missed**", None: ""}[row["met"]]
            cells = (row["what"], row["yardstick"], row["ours"], f"{row['figure']:.3g} {row['unit']}", target)
            lines.append(f"| {' | '.join(cells)} | {'; '.join(filter(None, (met, row['note'])))} |")
    if "scale" in figures:
        sizes = [point["sequences"] for point in figures["scale"][0]["sizes"]]
        lines += ["", f"| stage | {' | '.join(f'{size:,}' for size in sizes)} | slope of time | slope of memory |"]
        lines.append("|---" * (len(sizes) + 3) + "|")
        for stage in figures["scale"]:
            cells = [f"{point['seconds']:.1f} s, {point['megabytes']:.0f} MB" for point in stage["sizes"]]
            lines.append(
                f"| {stage['stage']} | {' | '.join(cells)} | {stage['slope']:.2f} | {stage['memory_slope']:.2f} |"
            )
    if "profile" in figures:
        lines += ["", "Time of inference by operation (25 joints x 2):", "", "```", figures["profile"], "```"]
    return "\n".join(lines)


def _shared() -> Path:
    return Path(os.environ.get("ZEROSKEL_SHARED") or Path(__file__).resolve().parents[2] / "shared")


if __name__ == "__main__":
    main()
