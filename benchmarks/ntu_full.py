"""Measure NTU RGB+D 120 at full size, with synthetic recordings in its format: figures of docs/scale.md.

    python benchmarks/ntu_full.py --folder /large/disk --json docs/results/ntu_full.json --page docs/scale.md

The script writes synthetic recordings of all 120 classes in the release's format: some hundred different contents under
the requested number of names, as hard links. It then runs the documented commands, one after the other: each in a
process of its own whose time, CPU time and memory are watched. It repeats this for each size. Stages that are in
the JSON file are not repeated, so that an interrupted run continues. Accuracies of these recordings mean nothing.
"""

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ntu_recordings import ACTIONS, recording_names, recording_text
from parts.practice_page import fill_page
from parts.watched import own_bytes, run_watched
from zeroskel.datasets._recipe_parts import broken_recordings
from zeroskel.datasets.synthetic import action_names

SIZES = (28_620, 114_480)
CONTENTS_PER_ACTION = 3
SPLIT = ("--split", "synse-10", "--protocol", "cross-subject", "--seeds", "0")
ZEROSKEL = Path(sys.executable).with_name("zeroskel")
GROUPS, PROCESSES = 2, 2  # of Dask's workers
STAGES = {
    "prepare": "`data prepare ntu120`, two workers",
    "features": "batches, `biomechanics` features with 4 masked views, `ridge`, evaluation",
    "smie": "`smie` on them, 100 epochs, evaluation",
    "kite": "`kite` on them, with synthetic motion, evaluation",
    "report": "`report`",
    "grid": "8 `kinematic` cells of four methods on Dask, two workers of two processes, features included",
    "pretrain": "ST-GCN pre-training, one epoch",
    "stgcn": "ST-GCN features with 4 masked views, `smie`, evaluation",
}


def main() -> None:
    """Measure the requested stages at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="working folder; needs 15 GB at full size")
    parser.add_argument("--json", type=Path, default=Path("ntu_full.json"), help="JSON file of the figures")
    parser.add_argument("--page", type=Path, help="Markdown page whose table is replaced")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of recordings, with commas")
    parser.add_argument("--stages", default=",".join(STAGES), help="stages, with commas")
    parser.add_argument("--epochs", type=int, help="epochs of SMIE, for a trial")
    parser.add_argument("--device", default="cpu", help="device of ST-GCN, SMIE and kite: cpu or cuda")
    arguments = parser.parse_args()
    stages = arguments.stages.split(",")
    if unknown := sorted(set(stages) - set(STAGES)):
        parser.error(f"--stages names {', '.join(unknown)}; expected some of {', '.join(STAGES)}")
    figures: dict[str, Any] = json.loads(arguments.json.read_text()) if arguments.json.exists() else {}
    figures |= {"machine": f"{os.cpu_count()} cores, {arguments.device}, {platform.machine()}"}
    for size in map(int, arguments.sizes.split(",")):
        folder = arguments.folder / f"ntu-{size}"
        rows = figures.setdefault("sizes", {}).setdefault(str(size), {})
        for stage in stages:
            if stage not in rows:
                rows[stage] = measure(stage, size, folder, arguments.device, arguments.epochs)
                print(f"{size:,} recordings, {stage}: {shown(rows[stage])}", flush=True)
                arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    tables = table(figures)
    print(tables)
    if arguments.page is not None:
        fill_page(arguments.page, tables)


def measure(stage: str, size: int, folder: Path, device: str, epochs: int | None) -> dict[str, float]:
    """Run the command of one stage and return its time and memory."""
    recordings, prepared, out = folder / "nturgbd", folder / "prepared", folder / "runs"
    data = ("--data", prepared, *SPLIT, "--cache", folder / "cache")
    benchmark = ("benchmark", *data, "--seeds", "0", "--out", out, "--methods")
    measured = ("--encoder", "biomechanics")
    smie = () if epochs is None else (f"smie.epochs={epochs}",)
    stgcn = ("--set", "stgcn.epochs=1", f"stgcn.device={device}")
    if stage == "prepare":
        write_recordings(recordings, size)
        shutil.rmtree(prepared, ignore_errors=True)
        result = zeroskel("data", "prepare", "ntu120", recordings, "--out", prepared, "--workers", "2")
        shutil.rmtree(recordings)
        return {**result, "container_megabytes": sum(file.stat().st_size for file in prepared.iterdir()) / 1e6}
    if stage == "features":
        return zeroskel(*benchmark, "ridge", *measured)
    if stage == "smie":
        return zeroskel(*benchmark, "smie", *measured, "--set", f"smie.device={device}", *smie)
    if stage == "kite":
        words = ("--prompt", "aspects+best", "--synthetic", "6")
        return zeroskel(*benchmark, "kite", *measured, *words, "--set", f"kite.device={device}")
    if stage == "report":
        return zeroskel("report", out, "--out", folder / "report.html")
    if stage == "pretrain":
        return zeroskel("pretrain", *data, *stgcn)
    if stage == "stgcn":
        return zeroskel(*benchmark, "smie", *stgcn, f"smie.device={device}", *smie)
    return on_dask(folder, *data)


def write_recordings(folder: Path, size: int) -> None:
    """Write recordings of all classes; each class has one motion, or shares it where there are fewer motions."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = [name for name in recording_names(size + 600) if name not in broken_recordings("ntu")][:size]
    motions, written = action_names(), set()
    for i, name in enumerate(names):
        action, variant = int(name[-3:]) - 1, i // ACTIONS % CONTENTS_PER_ACTION
        content = folder / f"{action}-{variant}"
        if content not in written:
            seed = action * CONTENTS_PER_ACTION + variant
            content.write_bytes(recording_text(seed, motions[action % len(motions)]))
            written.add(content)
        (folder / f"{name}.skeleton").hardlink_to(content)
    for content in written:
        content.unlink()


def zeroskel(*words: str | Path, beside: tuple[int, ...] = ()) -> dict[str, float]:
    """Run one command of zeroskel and return its time and memory."""
    return run_watched([ZEROSKEL, *words], beside=beside, memory=own_bytes)


def on_dask(folder: Path, *data: str | Path) -> dict[str, float]:
    """Run a grid of eight cells on a scheduler and two workers of two processes each, all on this machine."""
    shutil.rmtree(folder / "grid", ignore_errors=True)
    address = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    logs = (folder / "dask.log").open("w")
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", address]
    worker = ["worker", "--scheduler-file", address, "--nworkers", str(PROCESSES), "--nthreads", "1"]
    local = ["--local-directory", folder / "dask", "--no-dashboard"]
    commands = [scheduler, *[[*worker, *local]] * GROUPS]
    services = [subprocess.Popen([*dask, *map(str, words)], stdout=logs, stderr=logs) for words in commands]
    try:
        while not address.exists():
            if services[0].poll() is not None:
                raise SystemExit(f"the scheduler did not start: {folder / 'dask.log'}")
        grid = ("--methods", "ridge,conse,devise,revise", "--encoder", "kinematic", "--seeds", "0,1")
        engine = ("--engine", "dask", "--scheduler", json.loads(address.read_text())["address"])
        pids = tuple(service.pid for service in services)
        return zeroskel("benchmark", *data, *grid, *engine, "--out", folder / "grid", beside=pids)
    finally:
        for service in reversed(services):
            service.terminate()
        for service in services:
            service.wait(timeout=60)
        address.unlink(missing_ok=True)
        logs.close()


def shown(row: dict[str, float]) -> str:
    """Return time and memory as text."""
    seconds = row["seconds"]
    time = f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
    return f"{time} ({row['cpu_seconds'] / 60:.1f} min of CPU), {row['megabytes']:,.0f} MB"


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a Markdown table, with the slopes between the smallest and the largest size."""
    sizes = sorted(figures["sizes"], key=int)
    heads = [f"{int(size):,} recordings" for size in sizes]
    lines = [
        f"Machine: {figures['machine']}.",
        "",
        f"| stage | {' | '.join(heads)} | slope of CPU time | slope of memory |",
        f"|---|{'---|' * len(sizes)}---|---|",
    ]
    for stage, text in STAGES.items():
        rows = [figures["sizes"][size].get(stage) for size in sizes]
        if any(rows):
            cells = [shown(row) if row else "–" for row in rows]
            slopes = [slope(sizes, rows, measure_name) for measure_name in ("cpu_seconds", "megabytes")]
            lines.append(f"| {text} | {' | '.join(cells)} | {' | '.join(slopes)} |")
    return "\n".join(lines)


def slope(sizes: list[str], rows: list[dict[str, float] | None], measure_name: str) -> str:
    """Return the slope between the logarithms of the smallest and of the largest size."""
    first, last = rows[0], rows[-1]
    if len(sizes) < 2 or first is None or last is None:
        return "–"
    return f"{math.log(last[measure_name] / first[measure_name]) / math.log(int(sizes[-1]) / int(sizes[0])):.2f}"


if __name__ == "__main__":
    main()
