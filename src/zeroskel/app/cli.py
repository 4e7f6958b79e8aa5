"""The command line: `zeroskel --help`. Exit code 0: done; 1: a run failed; 2: wrong usage or bad input."""

import sys
from typing import Annotated

import typer
from typer.main import get_command

from zeroskel import __version__
from zeroskel.app.benchmark_commands import benchmark, demo, pretrain, report
from zeroskel.app.bundle_commands import export, serve, train
from zeroskel.app.data_commands import data_app
from zeroskel.app.detection_command import detect
from zeroskel.app.options import add_help, spread_variadic
from zeroskel.app.recognition_commands import pose, predict, timeline
from zeroskel.app.terminal import console
from zeroskel.core import InputError, MissingFileError, ZeroskelError

INTERRUPTED = 130  # the code that Typer returns for Ctrl-C
RESUMABLE = {"benchmark", "detect", "pretrain", "prepare"}  # commands that store finished parts

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Name human actions in skeleton sequences from words alone (zero-shot recognition).",
)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        console.print(__version__)
        raise typer.Exit


for function in (demo, predict, timeline, pose, train, benchmark, detect, report, pretrain, export, serve):
    app.command()(function)
app.add_typer(data_app, name="data")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit.

    An error that a user can correct is printed as one line on standard error.

    Args:
        arguments: Arguments after the program's name. None takes those of the process.
    """
    if arguments is None:
        arguments = sys.argv[1:]
    if arguments in ([], ["data"]):
        arguments = [*arguments, "--help"]
    command = add_help(get_command(app))
    try:
        code = command(args=spread_variadic(arguments), prog_name="zeroskel", standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except ZeroskelError as error:
        _fail(str(error), 2 if isinstance(error, (InputError, MissingFileError)) else 1)
    except OSError as error:
        reason = error.strerror or error
        _fail(f"{error.filename or 'file'}: {reason}. Check the path, its permissions and the free space.", 2)
    except (KeyboardInterrupt, typer.Abort):
        resumes = set(arguments) & RESUMABLE
        _fail(f"Interrupted.{' Finished parts are stored, and the same command resumes.' if resumes else ''}", 1)


def _fail(message: str, code: int) -> None:
    print(f"zeroskel: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
