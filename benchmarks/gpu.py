"""Measure on one GPU what docs/scale.md says of it, against the plain published module and loop, within eight minutes.

    python benchmarks/gpu.py --json docs/results/gpu.json
    python benchmarks/gpu.py --device cpu --quick          # a trial without a GPU: every line runs, no figure counts

Each ratio is of two ways that ran in turn in this one process. The figures are written after each part, so that a
stopped run keeps what it has. Exits with 1 where the GPU gives other numbers than the CPU.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from parts.gpu_load import inference, load, parity
from parts.gpu_setting import Setting
from parts.gpu_steps import compiled, smie, steps
from parts.rows import Row

Part = Callable[[Setting], Iterator[Row]]
PARTS: dict[str, tuple[Part, float]] = {  # in the order in which they run, with their seconds
    "steps": (steps, 60),
    "smie": (smie, 90),
    "load": (load, 90),
    "parity": (parity, 60),
    "inference": (inference, 30),
    "compiled": (compiled, 120),  # the compiler waits for no deadline, so it comes last
}
MUST_AGREE = ("parity", "inference")


def main() -> None:
    """Measure the requested parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--only", help=f"parts, with commas, of {', '.join(PARTS)}")
    parser.add_argument("--device", default="cuda", help="device to measure, cuda by default")
    parser.add_argument("--quick", action="store_true", help="use small sizes, for a trial")
    parser.add_argument("--seconds", type=float, default=450, help="no part begins after this time (default: 450)")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("no GPU that torch can use; expected one, or --device cpu --quick for a trial")
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    setting = Setting.of(arguments.device, quick=arguments.quick)
    name = torch.cuda.get_device_name() if setting.device.type == "cuda" else "CPU"
    figures: dict[str, Any] = {"device": name, "torch": torch.__version__, "quick": arguments.quick, "parts": {}}
    print(f"{name}, torch {torch.__version__}; float32 products in float32, not in TF32")
    logging.getLogger("zeroskel").addHandler(_Noted(figures.setdefault("warnings", [])))
    begin = time.perf_counter()
    for part in PARTS if arguments.only is None else arguments.only.split(","):
        if time.perf_counter() - begin > arguments.seconds:
            print(f"{part}: left out, {arguments.seconds:g} seconds are over")
            continue
        figures["parts"][part] = measured(part, setting)
        figures["seconds"] = round(time.perf_counter() - begin, 1)
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{time.perf_counter() - begin:.0f} seconds in all")
    rows = [row for part in MUST_AGREE for row in figures["parts"].get(part, ())]
    other = [row["what"] for row in rows if row.get("met") is False]
    if other:
        raise SystemExit(f"other numbers than on the CPU: {'; '.join(other)}")


class _Noted(logging.Handler):
    """Prints and collects warnings, such as that a step was not recorded as a graph."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        """Print and keep a message."""
        self._messages.append(record.getMessage())
        print(f"warning: {record.getMessage()}", flush=True)


def measured(part: str, setting: Setting) -> list[dict[str, Any]]:
    """Measure and print a part, and return its rows; a fault ends the part and is a row."""
    measure, seconds = PARTS[part]
    rows = []
    start = time.perf_counter()
    try:
        for row in measure(setting.with_limit(seconds)):
            rows.append(row.as_json())
            print(shown(row), flush=True)
    except Exception as error:  # noqa: BLE001 - the other parts are worth their time on a GPU
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        rows.append({"what": part, "fault": fault, "met": False})
        print(f"{part}: {fault}", flush=True)
    print(f"{part}: {time.perf_counter() - start:.0f} s", flush=True)
    return rows


def shown(row: Row) -> str:
    """Return a row as a line: the figure, its goal, and what was compared."""
    line = f"{row.what}: {row.figure:.6g} {row.unit}"
    if row.target is not None:
        sign, result = "≥" if row.more_is_better else "≤", "met" if row.met else "missed"
        line += f" (goal {sign} {row.target:g}: {result})"
    compared = " | ".join(filter(None, (row.yardstick, row.ours, row.note)))
    return f"{line} | {compared}" if compared else line


if __name__ == "__main__":
    main()
