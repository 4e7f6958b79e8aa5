"""How fast everything is, against the plain ways of doing it, and how it grows: the figures of docs/performance.md.

    python benchmarks/performance.py --out docs/results/performance.json --page docs/performance.md

Each ratio is of two ways that ran in turn in this one process, whose outputs were compared first. `make bench` runs it.
"""

import argparse
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from parts import grid, latency, plot, scale, scoring, smie_training, stgcn
from parts.rows import Row

SIZES = (12_500, 25_000, 50_000, 100_000)
VIEWS, SEEDS = (1, 2, 4, 8, 100), 3


def parts_of(arguments: argparse.Namespace, folder: Path) -> dict[str, Callable[[], list[Row]]]:
    """What may be measured, by name."""
    return {
        "inference": stgcn.inference,
        "training-step": stgcn.training,
        "smie": smie_training.training,
        "scoring": scoring.scoring,
        "one": latency.one_sequence,
        "stream": latency.stream,
        "cold": latency.cold,
        "grid": grid.grid,
        "views": lambda: smie_training.accuracy_by_views(arguments.pool, VIEWS, SEEDS, folder / "cache"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="parts, with commas; those of before are kept")
    parser.add_argument("--out", type=Path, default=Path("performance.json"), help="figures, in JSON")
    parser.add_argument("--page", type=Path, help="Markdown whose tables are to be those of the figures")
    parser.add_argument("--pool", type=Path, default=_shared() / "protocols" / "kinect_pool.json", help="real data")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of sequences, with commas")
    parser.add_argument("--table-only", action="store_true", help="measure nothing, write the page")
    arguments = parser.parse_args()
    found = json.loads(arguments.out.read_text(encoding="utf-8")) if arguments.out.exists() else {}
    if not arguments.table_only:
        with tempfile.TemporaryDirectory() as name:
            found = measure(arguments, Path(name), found)
    tables = in_words(found)
    print(tables)
    if arguments.page is not None:
        write_page(arguments.page, tables)
        if "scale" in found:
            picture = arguments.page.parent / "images" / "scale.svg"
            picture.parent.mkdir(exist_ok=True)
            picture.write_text(plot.log_log(found["scale"]), encoding="utf-8")


def measure(arguments: argparse.Namespace, folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Measure the parts asked for and write the figures after each."""
    parts = parts_of(arguments, folder)
    wanted = [*parts, "scale", "profile"] if arguments.only is None else arguments.only.split(",")
    unknown = sorted(set(wanted) - {*parts, "scale", "profile"})
    if unknown:
        raise SystemExit(
            f"--only names {', '.join(unknown)}; expected some of {', '.join([*parts, 'scale', 'profile'])}"
        )
    if "views" in wanted and not arguments.pool.exists():
        print(f"no pool at {arguments.pool}: accuracy by masked views is left out; name it with --pool")
        wanted.remove("views")
    found.setdefault("parts", {})
    found["machine"] = f"{os.cpu_count()} cores, no GPU, {platform.machine()}, torch {torch.__version__}"
    for name in wanted:
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        start = time.perf_counter()
        if name == "scale":
            found["scale"] = scale.measure(tuple(int(size) for size in arguments.sizes.split(",")), folder)
        elif name == "profile":
            found["profile"] = stgcn.profile()
        else:
            found["parts"][name] = [row.as_json() for row in parts[name]()]
        found.setdefault("seconds", {})[name] = round(time.perf_counter() - start)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def in_words(found: dict[str, Any]) -> str:
    """The tables in Markdown."""
    lines = [f"Machine: {found['machine']}; {sum(found['seconds'].values()) / 60:.0f} minutes in all.", ""]
    lines += ["| what | against | ours | figure | target | |", "|---|---|---|---|---|---|"]
    for rows in found["parts"].values():
        for row in rows:
            target = "" if row["target"] is None else f"{'≥' if row['more_is_better'] else '≤'} {row['target']:.3g}"
            met = {True: "met", False: "**missed**", None: ""}[row["met"]]
            cells = (row["what"], row["yardstick"], row["found"], f"{row['figure']:.3g} {row['unit']}", target)
            lines.append(f"| {' | '.join(cells)} | {'; '.join(filter(None, (met, row['note'])))} |")
    if "scale" in found:
        sizes = [point["sequences"] for point in found["scale"][0]["sizes"]]
        lines += ["", f"| stage | {' | '.join(f'{size:,}' for size in sizes)} | slope of time | slope of memory |"]
        lines.append("|---" * (len(sizes) + 3) + "|")
        for stage in found["scale"]:
            cells = [f"{point['seconds']:.1f} s, {point['megabytes']:.0f} MB" for point in stage["sizes"]]
            lines.append(
                f"| {stage['stage']} | {' | '.join(cells)} | {stage['slope']:.2f} | {stage['memory_slope']:.2f} |"
            )
    if "profile" in found:
        lines += ["", "Where the time of inference goes (25 joints x 2):", "", "```", found["profile"], "```"]
    return "\n".join(lines)


def write_page(page: Path, tables: str) -> None:
    """Put the tables between the page's marks, all else as it is."""
    text = page.read_text(encoding="utf-8")
    marked = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.S)
    if not marked.search(text):
        raise SystemExit(f"{page}: no <!-- measured --> … <!-- end -->; expected them around the tables")
    page.write_text(marked.sub(lambda found: f"{found[1]}{tables}\n{found[2]}", text), encoding="utf-8")


def _shared() -> Path:
    return Path(os.environ.get("ZEROSKEL_SHARED") or Path(__file__).resolve().parents[2] / "shared")


if __name__ == "__main__":
    main()
