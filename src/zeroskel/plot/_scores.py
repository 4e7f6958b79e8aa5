"""Predictions as bars."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zeroskel.recognition import Prediction

BAR, BEST = "#9dc3ea", "#2f6fb5"


def plot_scores(prediction: "Prediction", *, most: int = 12, ax: "Axes | None" = None) -> "Figure":
    """Draw the probability of each action as a bar, the most probable on top.

    The title says which action is the answer, and the presence, if the bundle is calibrated.

    Args:
        prediction: prediction of a recording or a stream.
        most: largest number of actions that are shown.
        ax: axes of matplotlib to draw on; None creates a figure.

    Returns:
        The figure of the axes.

    Example:
        >>> import numpy as np
        >>> from zeroskel.plot import plot_scores
        >>> from zeroskel.recognition import Prediction
        >>> prediction = Prediction(("sit down", "jump"), np.array([2.0, 1.0]), np.array([0.75, 0.25]), presence=0.9)
        >>> plot_scores(prediction).axes[0].get_title()
        'sit down (presence 90%)'
    """
    order = (-prediction.probabilities).argsort(kind="stable")[:most]
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=(6.0, 0.7 + 0.3 * len(order)), layout="constrained").add_subplot()
    shares = 100 * np.asarray(prediction.probabilities)[order]
    names = [prediction.actions[index] for index in order]
    bars = ax.barh(range(len(order)), shares, color=[BEST if name == prediction.best else BAR for name in names])
    ax.bar_label(bars, [f"{share:.0f}" for share in shares], padding=3, fontsize=8)
    ax.set_yticks(range(len(order)), names)
    ax.invert_yaxis()
    ax.set(xlim=(0, 108), xlabel="probability in per cent, given that one of the actions happens")
    ax.spines[["top", "right"]].set_visible(False)
    answer = "none of these" if prediction.none_of_these else prediction.best
    ax.set_title(answer if prediction.presence is None else f"{answer} (presence {prediction.presence:.0%})")
    figure = ax.get_figure(root=True)
    assert figure is not None, "the axes were removed from their figure"
    return figure
