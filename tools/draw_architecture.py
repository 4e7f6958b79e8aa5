"""Draw the packages of zeroskel and their imports.

`python tools/draw_architecture.py` writes docs/images/architecture.svg.
"""

import ast
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "zeroskel"
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
CENTRES = {  # column and row of a package; imports point downwards
    "app": (2.25, 5),
    "plot": (3.75, 5),
    "benchmark": (1.0, 4),
    "recognition": (3.5, 4),
    "report": (0.0, 3),
    "features": (2.5, 3),
    "evaluate": (0.0, 2),
    "datasets": (1.0, 2),
    "text": (2.0, 2),
    "encoders": (3.0, 2),
    "align": (4.0, 2),
    "skeleton": (1.0, 1),
    "neural": (3.5, 1),
    "core": (2.0, 0),
}
JOBS = {
    "app": "command line,\nserver, page",
    "plot": "skeletons, timelines,\nscores as pictures",
    "benchmark": "run file to\nresults.jsonl",
    "recognition": "bundle, recognizer,\nstream",
    "report": "records to tables\nand figures",
    "features": "encode once,\ncache by content",
    "evaluate": "scores to numbers",
    "datasets": "containers, catalog,\nsplits, synthetic motion",
    "text": "class names to\nclass embeddings",
    "encoders": "batches to features",
    "align": "mutual information;\none file a method",
    "skeleton": "file formats, transforms,\nbatches, video",
    "neural": "the training loop",
    "core": "types that every stage shares; NumPy only",
}
BOX = (2.3, 0.9)  # width and height of a box, in inches of the drawing
STEP = (2.7, 1.5)  # distances of the centres of neighbouring boxes


def package_imports() -> dict[str, set[str]]:
    """Return package -> the packages that its files import, measured from the code."""
    imports: dict[str, set[str]] = {package: set() for package in JOBS}
    for package in JOBS:
        for path in (SOURCE / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module] if node.module != "zeroskel" else [f"zeroskel.{a.name}" for a in node.names]
                    imports[package] |= {name.split(".")[1] for name in names if name.startswith("zeroskel.")}
    return {package: (used & JOBS.keys()) - {package} for package, used in imports.items()}


def reduced(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the imports without those that another path already implies."""

    def reachable(package: str) -> set[str]:
        return imports[package].union(*(reachable(used) for used in imports[package]))

    return {
        package: {one for one in used if not any(one in reachable(other) for other in used - {one})}
        for package, used in imports.items()
    }


def draw(imports: dict[str, set[str]]) -> Figure:
    """Return the drawing: a box for each package, an arrow from each package to what it imports."""
    figure = Figure(figsize=(5 * STEP[0], 6 * STEP[1]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-STEP[0] / 2, 4.5 * STEP[0]), ylim=(-STEP[1] / 2, 5.5 * STEP[1]))
    axes.axis("off")
    for package, (column, row) in CENTRES.items():
        x, y = column * STEP[0], row * STEP[1]
        width = BOX[0] if package != "core" else BOX[0] + 4 * STEP[0]  # everything stands on core
        corner = (x - width / 2, y - BOX[1] / 2)
        axes.add_patch(
            FancyBboxPatch(corner, width, BOX[1], boxstyle="round,pad=0,rounding_size=0.12", fc="#eef3fb", ec="#3b5b92")
        )
        axes.text(x, y + 0.24, package, ha="center", va="center", weight="bold", size=12, color="#1d2f52")
        axes.text(x, y - 0.14, JOBS[package], ha="center", va="center", size=8.5, color="#333333")
    for package, used in reduced(imports).items():
        for other in sorted(used):
            start, end = CENTRES[package], CENTRES[other] if other != "core" else (CENTRES[package][0], 0)
            axes.annotate(
                "",
                xy=(end[0] * STEP[0], end[1] * STEP[1] + BOX[1] / 2),
                xytext=(start[0] * STEP[0], start[1] * STEP[1] - BOX[1] / 2),
                arrowprops={"arrowstyle": "-|>", "color": "#7a8cab", "lw": 1.2, "shrinkA": 0, "shrinkB": 1},
            )
    return figure


def main() -> None:
    """Write the picture; the same code gives the same bytes."""
    with mpl.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}):
        FigureCanvasSVG(draw(package_imports())).print_svg(PICTURE, metadata={"Date": None})
    print(f"wrote {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
