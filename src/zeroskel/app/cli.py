"""The command line: `zeroskel --help`. Exit 0 done, 1 a run failed, 2 wrong usage or bad input."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from typer._click.exceptions import UsageError  # typer gives it no public name

from zeroskel import __version__
from zeroskel.app.arguments import cache_folder, comma_list, option_map, prompt_list, seed_list, spread_variadic
from zeroskel.app.data_commands import data_app
from zeroskel.app.export_command import export
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
app.command()(export)
app.command()(pose)
app.command()(pretrain)
app.command()(serve)
console = Console()
errors = Console(stderr=True)

DATA = typer.Option("--data", help="Containers, .npz files, a pool's .json (its members may follow), or: synthetic.")
Data = Annotated[list[str], DATA]
Out = Annotated[Path, typer.Option("--out", help="Folder for what is written.")]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Folder of features and texts by content (or ZEROSKEL_CACHE).")
]
Protocol = Annotated[
    str | None, typer.Option("--protocol", help="Which recordings train: cross-subject, cross-view … (see data info).")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="Options: METHOD.OPTION=VALUE or ENCODER.OPTION=VALUE …")
]
Text = Annotated[str, typer.Option("--text", help="Sentence encoder: minilm, a model folder, or a cached hub name.")]
Prompt = Annotated[
    str,
    typer.Option(
        "--prompt",
        help="name, person, ensemble, description, described, parts, phases, everything, best, aspects, verb, noun, "
        "several of them joined by +, or a template.",
    ),
]

Synthetic = Annotated[
    int,
    typer.Option("--synthetic", help="People whose synthetic motion trains besides; 0 for none (docs/kite.md)."),
]


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
    from zeroskel.app.progress import shown_progress
    from zeroskel.app.tables import results_table
    from zeroskel.pipeline.demo import run_demo

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
def benchmark(
    split: Annotated[
        str, typer.Option("--split", help="Splits, with commas: purls-5, pool-1, random-5-0, FILE.json …")
    ],
    out: Out,
    data: Annotated[list[str] | None, DATA] = None,
    features: Annotated[
        Path | None, typer.Option(help="Instead of --data and --encoder: a folder of ready features of one split.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Whose classes --features has: ntu60, ntu120, …, or a file of class names.")
    ] = None,
    methods: Annotated[
        str,
        typer.Option(
            help="Methods, with commas; all, closed-forms, smie-ablation; or variants such as smie:estimator=infonce."
        ),
    ] = "smie,ridge,conse",
    encoder: Annotated[str, typer.Option(help="Encoders, with commas: stgcn, kinematic, biomechanics.")] = "stgcn",
    seeds: Annotated[str, typer.Option(help="Seeds, with commas.")] = "0,1,2",
    selection: Annotated[
        str,
        typer.Option(
            help="How constants and epochs are chosen, with commas: last (fixed beforehand), validation (on classes "
            "withheld from the seen ones), leaking-test (on the test classes, as published; it leaks)."
        ),
    ] = "last",
    text: Annotated[
        str, typer.Option("--text", help="Sentence encoders, with commas: minilm, a model folder, a cached hub name.")
    ] = "minilm",
    prompt: Annotated[
        str,
        typer.Option(
            "--prompt",
            help="With commas: name, person, ensemble, description, described, parts, phases, everything, best, "
            "aspects, verb, noun, several of them joined by +, a template.",
        ),
    ] = "name",
    descriptions: Annotated[
        Path | None, typer.Option(help="Your own, in JSON or TOML; else those that come with us.")
    ] = None,
    masked_views: Annotated[int, typer.Option(help="Masked views of each training sequence.")] = 4,
    synthetic: Synthetic = 0,
    settings: Settings = None,
    download: Annotated[bool, typer.Option("--download", help="Allow the sentence encoder to be fetched.")] = False,
    protocol: Protocol = None,
    workers: Annotated[int, typer.Option(help="Cells at a time, one core each.")] = 1,
    engine: Annotated[str, typer.Option(help="Where methods are fitted: local, or dask (docs/scale.md).")] = "local",
    scheduler: Annotated[str | None, typer.Option(help="For --engine dask: such as tcp://10.0.0.1:8786.")] = None,
    cache: Cache = None,
) -> None:
    """Run a grid of data (or --features) x split x encoder x seed x text x prompt x selection x method.

    Finished cells are skipped. Writes results.jsonl and report.html.
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.app.tables import results_table
    from zeroskel.datasets import SkeletonDataset, open_datasets
    from zeroskel.pipeline import BenchmarkConfig, run_benchmark
    from zeroskel.pipeline.feature_folder import FeatureFolder, read_feature_folder
    from zeroskel.text import read_descriptions

    config = BenchmarkConfig(
        splits=comma_list(split),
        methods=comma_list(methods),
        encoders=comma_list(encoder),
        seeds=seed_list(seeds),
        options=option_map(settings or []),
        texts=comma_list(text),
        download=download,
        prompts=prompt_list(prompt),
        descriptions=None if descriptions is None else read_descriptions(descriptions),
        selections=comma_list(selection),
        masked_views=masked_views,
        synthetic=synthetic,
    )
    config.check()
    if engine not in ("local", "dask"):
        raise InputError(f"--engine is {engine!r}; expected local or dask")
    if (engine == "dask") != (scheduler is not None):
        raise InputError(f"--engine is {engine} and --scheduler is {scheduler or 'absent'}; dask needs one, local none")
    datasets: Sequence[SkeletonDataset | FeatureFolder]
    if features is None:
        if not data:
            raise InputError("neither --data nor --features is given; expected one: data sets, or a folder of features")
        if classes is not None:
            raise InputError("--classes is given without --features; data sets bring their class names")
        datasets = open_datasets(data, protocol=protocol)
    else:
        if protocol is not None:
            raise InputError("--protocol is given with --features, whose recordings were parted by whoever made them")
        if data:
            raise InputError("--data and --features are both given; expected one of them")
        if len(config.splits) != 1:
            raise InputError(f"--features with splits {split!r}; expected one split, that of the features")
        datasets = [read_feature_folder(features, config.splits[0], classes=classes)]
    command = shlex.join(["zeroskel", *sys.argv[1:]])
    with shown_progress(errors) as progress:
        records = run_benchmark(
            *(datasets, config, out),
            cache=cache_folder(cache),
            command=command,
            workers=workers,
            scheduler=scheduler,
            progress=progress,
        )
    console.print(results_table(records))
    for notice in sorted({record["notice"] for record in records if record["notice"]}):
        console.print(notice, style="yellow")
    console.print(f"Results: {out / 'results.jsonl'}\nReport:  {out / 'report.html'}", soft_wrap=True)


@app.command()
def report(
    folders: Annotated[list[Path], typer.Argument(help="Folders that `benchmark` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="FILE.html for the report, FILE.md for tables.")],
) -> None:
    """Put the results of folders together in one report (.html) or a page of tables (.md)."""
    from zeroskel.pipeline.reports import write_page

    cells = write_page(folders, out)
    console.print(f"{out}: {cells} cells of {len(folders)} folder{'s' if len(folders) > 1 else ''}", soft_wrap=True)


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
    from zeroskel.pipeline import TrainingConfig, train_bundle

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
        content = {
            "file": str(file),
            "best": prediction.best,
            "actions": list(prediction.actions),
            "scores": [float(score) for score in prediction.scores],
            "probabilities": [float(share) for share in prediction.probabilities],
            "notice": recognizer.facts.get("notice", ""),
        }
        print(json.dumps(content))
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
    except UsageError as error:
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
