"""The command `zeroskel benchmark`."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.arguments import cache_folder, comma_list, option_map, prompt_list, seed_list
from zeroskel.app.options import PROMPT_NAMES, Cache, OptionalData, Out, Protocol, Settings, Synthetic, console, errors
from zeroskel.core import InputError

Splits = Annotated[
    str,
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
    str,
    typer.Option(
        help="Names of methods, separated by commas; all, closed-forms or smie-ablation for a group of methods; or "
        "variants such as smie:estimator=infonce."
    ),
]
Encoders = Annotated[
    str, typer.Option("--encoder", help="Names of encoders, separated by commas: stgcn, kinematic, biomechanics.")
]
Seeds = Annotated[str, typer.Option(help="Seeds, separated by commas.")]
Selections = Annotated[
    str,
    typer.Option(
        help="How constants and epochs are chosen; one or more, separated by commas: last (fixed in advance), "
        "validation (on classes withheld from the seen classes), leaking-test (on the test classes, as published; "
        "this leaks)."
    ),
]
Texts = Annotated[
    str,
    typer.Option(
        "--text",
        help="Sentence encoders, separated by commas: minilm, the folder of a model, or the name of a model in the "
        "local hub cache.",
    ),
]
Prompts = Annotated[
    str,
    typer.Option("--prompt", help=f"Texts that represent a class, separated by commas: {PROMPT_NAMES}."),
]
Descriptions = Annotated[
    Path | None,
    typer.Option(help="JSON or TOML file with descriptions of the classes. The default is the shipped descriptions."),
]
MaskedViews = Annotated[int, typer.Option(help="Number of masked views of each training sequence.")]
Download = Annotated[bool, typer.Option("--download", help="Allow zeroskel to download the sentence encoder.")]
Workers = Annotated[int, typer.Option(help="Number of cells that run at the same time, on one core each.")]
Engine = Annotated[str, typer.Option(help="Where cells run: local (this machine) or dask (docs/scale.md).")]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of the Dask scheduler for --engine dask, such as tcp://10.0.0.1:8786.")
]


def benchmark(
    split: Splits,
    out: Out,
    data: OptionalData = None,
    features: Features = None,
    classes: Classes = None,
    methods: Methods = "smie,ridge,conse",
    encoder: Encoders = "stgcn",
    seeds: Seeds = "0,1,2",
    selection: Selections = "last",
    text: Texts = "minilm",
    prompt: Prompts = "name",
    descriptions: Descriptions = None,
    masked_views: MaskedViews = 4,
    synthetic: Synthetic = 0,
    settings: Settings = None,
    download: Download = False,
    protocol: Protocol = None,
    workers: Workers = 1,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    cache: Cache = None,
) -> None:
    """Run a benchmark: every combination of dataset, split, encoder, seed, text, prompt, selection and method.

    Finished cells are skipped. The command writes results.jsonl and report.html to the output folder.
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.benchmark import BenchmarkConfig, run_benchmark
    from zeroskel.datasets import SkeletonDataset, open_datasets
    from zeroskel.features.ready_features import FeatureFolder, read_feature_folder
    from zeroskel.report import results_table
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
    for notice in sorted({record.notice for record in records if record.notice}):
        console.print(notice, style="yellow")
    console.print(f"Results: {out / 'results.jsonl'}\nReport:  {out / 'report.html'}", soft_wrap=True)
