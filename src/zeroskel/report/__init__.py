"""Tables, figures and pages computed from the records of a benchmark: terminal, Markdown, HTML."""

from zeroskel.report._leaderboard import Board, leaderboards
from zeroskel.report._pages import write_report
from zeroskel.report._published import published_results
from zeroskel.report._text import results_table

__all__ = ["Board", "leaderboards", "published_results", "results_table", "write_report"]
