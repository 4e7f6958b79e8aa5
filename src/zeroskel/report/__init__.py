"""Tables, figures and pages made of the records of a benchmark."""

from zeroskel.report._html import write_report
from zeroskel.report._leaderboard import Board, leaderboards
from zeroskel.report._markdown import write_results_page

__all__ = ["Board", "leaderboards", "write_report", "write_results_page"]
