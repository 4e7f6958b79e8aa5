"""The command `zeroskel benchmark`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from zeroskel.app.arguments import cache_folder, comma_list, option_map, prompt_list, seed_list
from zeroskel.app.options import PROMPT_NAMES, Cache, OptionalData, Protocol, Settings, console, errors

RunFile = Annotated[
    Path | None,
    typer.Argument(help="TOML file that describes the whole run (docs/benchmark.md). Flags override its values."),
]
Out = Annotated[Path | None, typer.Option("--out", help="Write the results to this folder.")]
Synthetic = Annotated[
    int | None,
    typer.Option(
        "--synthetic",
        help="Number of simulated people whose motion is added to the training set; 0 adds none (docs/kite.md).",
        show_default="0",
    ),
]
Splits = Annotated[
    str | None,
    typer.Option(
        "--split", help="Names of splits, separated by commas: purls-5, pool-1, random-5-0, or the path of a JSON file."
    ),
]
Features = Annotated[
    Path | None,
    typer.Option(help="Folder of ready features of one split. It replaces --data and --encoder (docs/benchmark.md)."),
]
Classes = Annotated[
    str | None,
    typer.Option(help="Dataset whose classes the ready features have: ntu60, ntu120, or a file of class names."),
]
Methods = Annotated[
    str | None,
    typer.Option(
        help="Names of methods, separated by commas; all, closed-forms or smie-ablation for a group of methods; or "
        "variants such as smie:estimator=infonce.",
        show_default="smie,ridge,conse",
    ),
]
Encoders = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        help="Names of encoders, separated by commas: stgcn, kinematic, biomechanics.",
        show_default="stgcn",
    ),
]
Seeds = Annotated[str | None, typer.Option(help="Seeds, separated by commas.", show_default="0,1,2")]
Selections = Annotated[
    str | None,
    typer.Option(
        help="How constants and epochs are chosen; one or more, separated by commas: last (fixed in advance), "
        "validation (on classes withheld from the seen classes), leaking-test (on the test classes, as published; "
        "this leaks).",
        show_default="last",
    ),
]
Texts = Annotated[
    str | None,
    typer.Option(
        "--text",
        help="Sentence encoders, separated by commas: minilm, the folder of a model, or the name of a model in the "
        "local hub cache.",
        show_default="minilm",
    ),
]
Prompts = Annotated[
    str | None,
    typer.Option(
        "--prompt", help=f"Texts that represent a class, separated by commas: {PROMPT_NAMES}.", show_default="name"
    ),
]
Descriptions = Annotated[
    Path | None,
    typer.Option(help="JSON or TOML file with descriptions of the classes. The default is the shipped descriptions."),
]
MaskedViews = Annotated[
    int | None, typer.Option(help="Number of masked views of each training sequence.", show_default="4")
]
Download = Annotated[bool | None, typer.Option("--download", help="Allow zeroskel to download the sentence encoder.")]
Workers = Annotated[
    int | None, typer.Option(help="Number of cells that run at the same time, on one core each.", show_default="1")
]
Engine = Annotated[
    str | None,
    typer.Option(help="Where cells run: local (this machine) or dask (docs/scale.md).", show_default="local"),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="Address of the Dask scheduler for --engine dask, such as tcp://10.0.0.1:8786.",
    ),
]


def benchmark(
    run_file: RunFile = None,
    split: Splits = None,
    out: Out = None,
    data: OptionalData = None,
    features: Features = None,
    classes: Classes = None,
    methods: Methods = None,
    encoder: Encoders = None,
    seeds: Seeds = None,
    selection: Selections = None,
    text: Texts = None,
    prompt: Prompts = None,
    descriptions: Descriptions = None,
    masked_views: MaskedViews = None,
    synthetic: Synthetic = None,
    settings: Settings = None,
    download: Download = None,
    protocol: Protocol = None,
    workers: Workers = None,
    engine: Engine = None,
    scheduler: Scheduler = None,
    cache: Cache = None,
) -> None:
    """Run a benchmark: every combination of dataset, split, encoder, seed, text, prompt, selection and method.

    A run file or flags describe the run. Finished cells are skipped. The command writes results.jsonl, report.html and
    run.toml, which repeats the run, to the output folder.
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.benchmark import read_run_file
    from zeroskel.report import results_table

    flags: dict[str, Any] = {
        "data": data,
        "features": features,
        "classes": classes,
        "protocol": protocol,
        "split": split and comma_list(split),
        "methods": methods and comma_list(methods),
        "encoder": encoder and comma_list(encoder),
        "seeds": seeds and seed_list(seeds),
        "selection": selection and comma_list(selection),
        "text": text and comma_list(text),
        "prompt": prompt and prompt_list(prompt),
        "descriptions": descriptions,
        "masked_views": masked_views,
        "synthetic": synthetic,
        "options": settings and option_map(settings),
        "download": download,
        "workers": workers,
        "engine": engine,
        "scheduler": scheduler,
        "cache": cache,
        "out": out,
    }
    run = read_run_file(run_file, {key: value for key, value in flags.items() if value is not None})
    command = shlex.join(["zeroskel", *sys.argv[1:]])
    with shown_progress(errors) as progress:
        records = run.start(cache=cache_folder(run.cache), command=command, progress=progress)
    console.print(results_table(records))
    for notice in sorted({record.notice for record in records if record.notice}):
        console.print(notice, style="yellow")
    console.print(f"Results: {run.out / 'results.jsonl'}\nReport:  {run.out / 'report.html'}", soft_wrap=True)
