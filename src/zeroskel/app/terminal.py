"""Output to the terminal: lines, and progress bars on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from zeroskel.core._progress import Progress

console = Console()
errors = Console(stderr=True)


def print_line(text: str, style: str | None = None) -> None:
    """Print a line that the width of the terminal does not break."""
    console.print(text, style=style, soft_wrap=True)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """Show one bar for the cells of a grid and one for the current stage; nothing where there is no terminal.

    Yields:
        A function that takes the name of a stage, the number of finished steps and their total.
    """
    from rich import progress

    columns = progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn()
    bars = progress.Progress(
        *columns, progress.TimeElapsedColumn(), console=errors, transient=True, disable=not errors.is_terminal
    )
    with bars:
        tasks: dict[str, progress.TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            bar = "cells" if stage == "cells" else "stage"
            if bar not in tasks:
                tasks[bar] = bars.add_task(stage, total=total)
            elif bar == "stage" and bars.tasks[tasks[bar]].description != stage:
                bars.reset(tasks[bar])
            bars.update(tasks[bar], description=stage, completed=done, total=total)

        yield report
