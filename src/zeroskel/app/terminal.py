"""Output to the terminal: lines, and progress bars on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console()
errors = Console(stderr=True)


def print_line(text: str, style: str | None = None) -> None:
    """Print a line that the width of the terminal does not break."""
    console.print(text, style=style, soft_wrap=True)


def print_bundle_notice(notice: str) -> None:
    """Print what a bundle says of its training data, if it says anything."""
    if notice:
        print_line(f"This bundle: {notice}", style="yellow")


@contextmanager
def shown_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for cells of a grid or recordings, and one for the current stage; nothing where there is no terminal.

    Yields:
        A function that takes the name of a stage, the number of finished steps and their total.
    """
    from rich import progress

    columns = progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn()
    bars = progress.Progress(
        *columns, progress.TimeElapsedColumn(), console=errors, transient=True, disable=not errors.is_terminal
    )
    with bars:
        cells, current = bars.add_task("", visible=False), bars.add_task("", visible=False)

        def report(stage: str, done: int, total: int) -> None:
            task = cells if stage in ("cells", "recordings") else current
            if bars.tasks[task].description != stage:
                bars.reset(task)
            bars.update(task, description=stage, completed=done, total=total, visible=True)

        yield report
