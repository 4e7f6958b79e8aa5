"""Time over the number of sequences, both logarithmic, as SVG."""

import math
from typing import Any

WIDTH, HEIGHT, LEFT, TOP = 640, 360, 60, 20
COLOURS = ("#0b6e5f", "#b4530a", "#1d4ed8", "#7c3aed", "#555555")


def log_log(stages: list[dict[str, Any]]) -> str:
    """One line a stage, with its slope in the legend."""
    counts = [point["sequences"] for point in stages[0]["sizes"]]
    seconds = [point["seconds"] for stage in stages for point in stage["sizes"]]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    span = math.log(counts[-1] / counts[0]) or 1.0
    width, height = WIDTH - LEFT - 200, HEIGHT - TOP - 40

    def x(count: float) -> float:
        return LEFT + width * math.log(count / counts[0]) / span

    def y(time: float) -> float:
        return TOP + height * (high - math.log10(time)) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT + width / 2}" y="{HEIGHT - 6}" text-anchor="middle">sequences</text>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + width}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10**power:g} s</text>')
    for count in counts:
        parts.append(f'<text x="{x(count):.1f}" y="{TOP + height + 16}" text-anchor="middle">{count:,}</text>')
    for number, (stage, colour) in enumerate(zip(stages, COLOURS, strict=False)):
        points = " ".join(f"{x(point['sequences']):.1f},{y(point['seconds']):.1f}" for point in stage["sizes"])
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        at = TOP + 14 + 20 * number
        label = f"{stage['stage']}, slope {stage['slope']:.2f}"
        parts.append(f'<text x="{LEFT + width + 16}" y="{at}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])
