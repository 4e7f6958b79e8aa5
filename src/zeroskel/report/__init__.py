"""Tables, figures and pages computed from the records of a benchmark: terminal, Markdown, HTML."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.report._leaderboard import Board, leaderboards
    from zeroskel.report._pages import write_report
    from zeroskel.report._published import published_results
    from zeroskel.report._text import results_table

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_leaderboard": ["Board", "leaderboards"],
        "_pages": ["write_report"],
        "_published": ["published_results"],
        "_text": ["results_table"],
    },
)
