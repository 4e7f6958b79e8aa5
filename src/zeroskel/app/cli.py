"""The command line: `zeroskel --help`. Exit 0 done, 1 a run failed, 2 wrong usage or bad input."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from zeroskel import __version__
from zeroskel.app.arguments import cache_folder, option_map, spread_variadic
from zeroskel.app.benchmark_command import benchmark
from zeroskel.app.data_commands import data_app
from zeroskel.app.export_command import export
from zeroskel.app.options import Cache, Data, Out, Prompt, Protocol, Settings, Synthetic, Text, console, errors
from zeroskel.app.pretrain_command import pretrain
from zeroskel.app.serve_command import serve
from zeroskel.app.video_commands import VideoPython, open_recording, pose
from zeroskel.core import InputError, MissingFileError, ZeroskelError

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Name human actions in skeleton sequences from words alone (zero-shot recognition).",
)
app.add_typer(data_app, name="data")
app.command()(benchmark)
app.command()(export)
app.command()(pose)
app.command()(pretrain)
app.command()(serve)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        console.print(__version__)
        raise typer.Exit


@app.command()
def demo(
    out: Out = Path("zeroskel-demo"),
    encoder: Annotated[str, typer.Option(help="kinematic, biomechanics, or stgcn (minutes longer).")] = "kinematic",
    cache: Cache = None,
) -> None:
    """The main job on synthetic motion, end to end: train, evaluate on unseen actions, report, predict."""
    from zeroskel.app.demo import run_demo
    from zeroskel.app.progress import shown_progress
    from zeroskel.report import results_table

    with shown_progress(errors) as progress:
        result = run_demo(out, cache=cache_folder(cache), encoder=encoder, progress=progress)
    console.print(results_table(result.records))
    console.print(result.dataset.notice, style="yellow")
    console.print(f"Report: {result.report}", soft_wrap=True)
    console.print(f"Bundle: {result.bundle}", soft_wrap=True)
    best, of = result.prediction, len(result.prediction.actions)
    verdict = "right" if best.best == result.shown else "wrong"
    console.print(
        f'A fresh clip of "{result.shown}" among {of} actions never trained on: "{best.best}" '
        f"({best.probabilities.max():.0%}), {verdict}",
        soft_wrap=True,
    )


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="Folders that `benchmark` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="FILE.html for the report, FILE.md for tables.")],
) -> None:
    """Put the results of folders together in one report (.html) or a page of tables (.md)."""
    from zeroskel.benchmark import read_folders
    from zeroskel.report import write_report

    results = read_folders(folders)
    write_report(results.records, out, commands=results.commands, maps=results.maps)
    console.print(
        f"{out}: {len(results.records)} cells of {len(folders)} folder{'s' if len(folders) > 1 else ''}", soft_wrap=True
    )


@app.command()
def train(
    data: Data,
    out: Out,
    split: Annotated[str | None, typer.Option(help="Leave out its unseen classes and the test subjects.")] = None,
    method: Annotated[str, typer.Option(help="Method.")] = "smie",
    encoder: Annotated[str, typer.Option(help="Encoder: kinematic, biomechanics or stgcn.")] = "kinematic",
    text: Text = "minilm",
    prompt: Prompt = "name",
    synthetic: Synthetic = 0,
    augment: Annotated[
        int, typer.Option(help="Altered copies of each sequence that train besides: other views, joints missing …")
    ] = 0,
    calibrate: Annotated[
        bool,
        typer.Option("--calibrate", help="Train also with classes withheld, so that probabilities mean something."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 0,
    settings: Settings = None,
    protocol: Protocol = None,
    cache: Cache = None,
) -> None:
    """Train a bundle that `predict` and ZeroShotRecognizer open."""
    from zeroskel.app.progress import shown_progress
    from zeroskel.datasets import open_datasets
    from zeroskel.recognition import TrainingConfig, train_bundle

    config = TrainingConfig(
        split,
        encoder,
        method,
        option_map(settings or []),
        text,
        prompt,
        seed=seed,
        synthetic=synthetic,
        augment=augment,
        calibrate=calibrate,
    )
    if augment < 0:
        raise InputError(f"--augment is {augment}; expected 0 or more copies of each sequence")
    datasets = open_datasets(data, protocol=protocol)
    if len(datasets) != 1:
        raise InputError(f"--data names {len(datasets)} data sets; expected one (pool several with a pool's JSON)")
    with shown_progress(errors) as progress:
        recognizer = train_bundle(datasets[0], config, cache=cache_folder(cache), progress=progress)
    recognizer.save(out)
    if datasets[0].notice:
        console.print(datasets[0].notice, style="yellow")
    facts = recognizer.facts
    console.print(
        f"Bundle {out}: {config.encoder} and {config.method} on {facts['sequences']} sequences of "
        f"{len(facts['seen_classes'])} classes of {facts['data']}",
        soft_wrap=True,
    )


@app.command()
def predict(
    file: Annotated[Path, typer.Argument(help="A skeleton file (.skeleton, .bvh, .csv, .json …) or a video (.mp4 …).")],
    actions: Annotated[list[str], typer.Option("--actions", help="Two or more action names, each in quotes.")],
    model: Annotated[str, typer.Option("--model", help="Folder of a bundle.")] = "default",
    layout: Annotated[str | None, typer.Option(help="Joint layout, where the file does not tell.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    video_python: VideoPython = None,
) -> None:
    """Name the action in one recording."""
    from zeroskel import ZeroShotRecognizer
    from zeroskel.app.tables import prediction_table

    sequence = open_recording(file, layout, video_python)
    recognizer = ZeroShotRecognizer.load(model)
    prediction = recognizer.predict(sequence, actions)
    if as_json:
        notice = recognizer.facts.get("notice", "")
        print(json.dumps({"file": str(file), **prediction.to_dict(), "notice": notice}))
        return
    console.print(prediction_table(prediction))
    if recognizer.facts.get("notice"):
        console.print(f"This bundle: {recognizer.facts['notice']}", style="yellow", soft_wrap=True)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: one line on standard error and the exit code for everything that a user can mend."""
    if arguments is None:
        arguments = sys.argv[1:]
    if arguments in ([], ["data"]):
        arguments = [*arguments, "--help"]
    try:
        code = app(args=spread_variadic(arguments), prog_name="zeroskel", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except (InputError, MissingFileError) as error:
        _fail(str(error), 2)
    except OSError as error:
        _fail(
            f"{error.filename or 'file'}: {error.strerror or error}; check the path, its permissions and free space", 2
        )
    except ZeroskelError as error:
        _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted; what was finished is kept, and the same command goes on from there", 1)


def _fail(message: str, code: int) -> None:
    print(f"zeroskel: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)
