"""Progress bars on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from zeroskel.features.store import Progress as Report


@contextmanager
def shown_progress(console: Console) -> Iterator[Report]:
    """A bar for the cells of a grid and one for whatever is being done; on a terminal only."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            kind = "cells" if what == "cells" else "stage"
            if kind not in tasks:
                tasks[kind] = bars.add_task(what, total=total)
            elif kind == "stage" and bars.tasks[tasks[kind]].description != what:
                bars.reset(tasks[kind])
            bars.update(tasks[kind], description=what, completed=done, total=total)

        yield report
