"""Progress bars on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from zeroskel.core._progress import Progress as Report


@contextmanager
def shown_progress(console: Console) -> Iterator[Report]:
    """Show one bar for the cells of a grid and one for the current stage; nothing where the console is no terminal.

    Args:
        console: Console of standard error.

    Yields:
        A function that takes the name of a stage, the number of finished steps and their total.
    """
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            bar = "cells" if stage == "cells" else "stage"
            if bar not in tasks:
                tasks[bar] = bars.add_task(stage, total=total)
            elif bar == "stage" and bars.tasks[tasks[bar]].description != stage:
                bars.reset(tasks[bar])
            bars.update(tasks[bar], description=stage, completed=done, total=total)

        yield report
