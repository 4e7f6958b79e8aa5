"""Figure of the time of each stage over the number of sequences, both logarithmic, as SVG."""

import io
from typing import Any

COLOURS = ("#0b6e5f", "#b4530a", "#1d4ed8", "#7c3aed", "#555555")


def log_log(stages: list[dict[str, Any]]) -> str:
    """Return an SVG with one line a stage and its slope in the legend.

    Args:
        stages: each with "stage" (its name), "slope" and "sizes", a list of "sequences" and "seconds".
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for stage, colour in zip(stages, COLOURS, strict=False):
        counts = [point["sequences"] for point in stage["sizes"]]
        seconds = [point["seconds"] for point in stage["sizes"]]
        label = f"{stage['stage']}, slope {stage['slope']:.2f}"
        axes.loglog(
            counts, seconds, color=colour, linewidth=2, marker="o", markersize=4, label=label, gid=stage["stage"]
        )
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} s"))
    axes.set_xlabel("sequences")
    axes.grid(axis="y", color="#dddddd")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, labelcolor="linecolor")
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "zeroskel", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"
