"""Skeletons as still pictures and as animations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from zeroskel.core import InputError, Layout, SkeletonSequence

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MIDDLE, LEFT, RIGHT = "#6e7681", "#e07b1f", "#2f6fb5"  # of bones, as on the page of `zeroskel serve`
HEIGHT = 3.2  # of a figure in inches
INCHES_OF_A_MOMENT = 1.7


def plot_skeleton(
    sequence: SkeletonSequence,
    *,
    frames: Sequence[int] | None = None,
    turn: float = 0.0,
    label: Literal["names", "numbers"] | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw moments of a recording side by side, seen from where people face on average.

    The person's left side is orange, the right side is blue. Joints that were not observed are left out.

    Args:
        sequence: recording to draw.
        frames: indices of the frames; None draws five frames from the first to the last, fewer if there are fewer.
        turn: angle in degrees by which the camera goes around the vertical axis; 90 shows the side. Ignored for
            recordings of two channels.
        label: whether to write the "names" of the joints beside them, or their "numbers", which count from 0.
        ax: axes of matplotlib to draw on; None creates a figure.

    Returns:
        The figure of the axes.

    Raises:
        InputError: if a frame does not exist, or no joint of the frames was observed.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> from zeroskel.plot import plot_skeleton
        >>> figure = plot_skeleton(generate_sequence("squat", seed=1), frames=[0, 20, 40])
        >>> figure.axes[0].get_title()
        '0.0 s, 0.7 s, 1.3 s'
    """
    if frames is None:
        frames = np.unique(np.linspace(0, sequence.frames - 1, 5).round().astype(int)).tolist()
    beyond = [frame for frame in frames if not 0 <= frame < sequence.frames]
    if beyond or not len(frames):
        raise InputError(f"frames {list(frames)}: expected indices from 0 to {sequence.frames - 1}")
    points = _seen_from(sequence, turn)[:, list(frames)]
    if not np.isfinite(points).any():
        raise InputError(f"frames {list(frames)}: no joint was observed. Choose other frames")
    if ax is None:
        ax = _new_axes(INCHES_OF_A_MOMENT * len(frames))
    width = 1.15 * float(np.nanmax(points[..., 0]) - np.nanmin(points[..., 0]) or 1.0)
    for column in range(len(frames)):
        for body in points[:, column]:
            _draw_body(ax, body + np.array([column * width, 0.0]), sequence.layout, label)
    _set_limits(ax, points, width * (len(frames) - 1))
    ax.set_title(", ".join(f"{frame / sequence.fps:.1f} s" for frame in frames), fontsize=9, color=MIDDLE)
    figure = ax.get_figure(root=True)
    assert figure is not None, "the axes were removed from their figure"
    return figure


def animate(sequence: SkeletonSequence, *, turn: float = 0.0, speed: float = 1.0) -> "FuncAnimation":
    """Return an animation of a recording, seen from where people face on average, at about 15 pictures per second.

    `animation.save("clip.gif", writer="pillow")` writes a file, and `animation.to_jshtml()` returns a player for a
    notebook.

    Args:
        sequence: recording to show.
        turn: angle in degrees by which the camera goes around the vertical axis. Ignored for two channels.
        speed: factor of the speed; 0.5 shows the motion in half speed.

    Returns:
        The animation of matplotlib.

    Raises:
        InputError: if no joint was observed, or the speed is not positive.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> from zeroskel.plot import animate
        >>> animation = animate(generate_sequence("squat", seed=1))
        >>> animation.save("squat.gif", writer="pillow")
    """
    from matplotlib.animation import FuncAnimation

    if not speed > 0:
        raise InputError(f"speed {speed}: expected a number above 0")
    points = _seen_from(sequence, turn)
    if not np.isfinite(points).any():
        raise InputError("No joint of the recording was observed")
    step = max(1, round(sequence.fps * speed / 15))
    axes = _new_axes(HEIGHT)
    figure = axes.get_figure(root=True)
    assert figure is not None, "new axes have a figure"

    def draw(frame: int) -> list[Any]:
        axes.clear()
        for body in points[:, frame]:
            _draw_body(axes, body, sequence.layout, None)
        _set_limits(axes, points, 0.0)
        axes.set_title(f"{frame / sequence.fps:.1f} s", fontsize=9, color=MIDDLE)
        return list(axes.get_children())

    interval = 1000 * step / (sequence.fps * speed)
    return FuncAnimation(figure, draw, frames=range(0, sequence.frames, step), interval=interval)


def _new_axes(width: float) -> "Axes":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(width, 2.5), HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _seen_from(sequence: SkeletonSequence, turn: float) -> np.ndarray:
    """Return the joints on the picture (M, T, V, 2): to the right and up."""
    joints = sequence.joints
    if joints.shape[-1] == 2:
        return joints
    angle = _facing(sequence) + np.deg2rad(turn)
    across = joints[..., 0] * np.cos(angle) + joints[..., 2] * np.sin(angle)
    return np.stack([across, joints[..., 1]], axis=-1)


def _facing(sequence: SkeletonSequence) -> float:
    """Return the angle from the x axis to the direction in which the left side lies, on average over the recording.

    People who face the camera have their left side on the right of the picture.
    """
    pairs = np.array([sequence.layout.indices(pair) for pair in sequence.layout.mirror], dtype=int).reshape(-1, 2)
    sides = (sequence.joints[:, :, pairs[:, 0]] - sequence.joints[:, :, pairs[:, 1]]).reshape(-1, 3)
    x, _, z = sides[np.isfinite(sides).all(axis=1)].sum(axis=0)
    return float(np.arctan2(z, x))


def _side_colour(joint: str) -> str:
    return LEFT if joint.endswith("_left") else RIGHT if joint.endswith("_right") else MIDDLE


def _draw_body(ax: "Axes", body: np.ndarray, layout: Layout, label: str | None) -> None:
    """Draw the bones and joints (V, 2) of one person."""
    if not np.isfinite(body).any():
        return
    for child, parent in layout.bones:
        ends = body[layout.indices([child, parent])]
        ax.plot(ends[:, 0], ends[:, 1], color=_side_colour(child), linewidth=2, solid_capstyle="round", zorder=1)
    colours = [_side_colour(joint) for joint in layout.joints]
    ax.scatter(body[:, 0], body[:, 1], c=colours, s=12, zorder=2)
    for number, (joint, point) in enumerate(zip(layout.joints, body, strict=True)):
        if label is not None and np.isfinite(point).all():
            text = joint if label == "names" else str(number)
            ax.annotate(text, point, (3, 3), textcoords="offset points", fontsize=6, color=MIDDLE)


def _set_limits(ax: "Axes", points: np.ndarray, added_width: float) -> None:
    """Let both axes have one scale, and show all points (M, T, V, 2)."""
    low, high = np.nanmin(points, axis=(0, 1, 2)), np.nanmax(points, axis=(0, 1, 2))
    margin = 0.06 * max(float((high - low).max()), 1e-6)
    ax.set(xlim=(low[0] - margin, high[0] + added_width + margin), ylim=(low[1] - margin, high[1] + margin))
    ax.set_aspect("equal")
    ax.axis("off")
