"""Progress callbacks of long computations."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the name of the current work, the number of finished items and the number of all items."""


def quiet(_work: str, _finished: int, _total: int) -> None:
    """Ignore the progress."""
