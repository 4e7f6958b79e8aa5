"""Pictures of skeletons, animations, timelines and predictions, and recordings for the viewer Rerun."""

from zeroskel.plot._rerun import write_rerun
from zeroskel.plot._scores import plot_scores
from zeroskel.plot._skeleton import animate, plot_skeleton
from zeroskel.recognition._timeline_picture import plot_timeline

__all__ = ["animate", "plot_scores", "plot_skeleton", "plot_timeline", "write_rerun"]
