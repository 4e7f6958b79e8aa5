"""Tables, figures and pages made of the records of a benchmark."""

from zeroskel.report._leaderboard import Board, leaderboards
from zeroskel.report._pages import write_report
from zeroskel.report._published import published_results
from zeroskel.report._standing import Standing
from zeroskel.report._terminal import results_table

__all__ = ["Board", "Standing", "leaderboards", "published_results", "results_table", "write_report"]
