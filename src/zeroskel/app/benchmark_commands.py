"""The commands that evaluate methods: `zeroskel demo`, `pretrain`, `benchmark` and `report`."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from zeroskel.app.options import Settings, cache_folder, comma_list, option_map, prompt_list, seed_list
from zeroskel.app.terminal import console, print_line, shown_progress

SUBJECTS, REPETITIONS = 8, 2
TEST_SEED = 2027  # of the person and the clip that the last line of the demo names

CONVERSIONS: dict[str, Callable[[Any], Any]] = {  # of the flags whose text the run does not take as it is
    **dict.fromkeys(("split", "methods", "encoder", "selection", "text"), comma_list),
    "seeds": seed_list,
    "prompt": prompt_list,
    "options": option_map,
}


def demo(out: Path = Path("zeroskel-demo"), encoder: str = "kinematic", cache: Path | None = None) -> None:
    """Show the main task on synthetic motion.

    The command trains SMIE and two baselines, evaluates them on unseen actions, writes a report and predicts the action
    of a new clip.

    Options:
        out: Write the results to this folder.
        encoder: Name of the encoder: kinematic, biomechanics, movement, or stgcn (minutes longer).
    """
    from zeroskel.benchmark import BenchmarkConfig, run_benchmark
    from zeroskel.datasets import synthetic_dataset
    from zeroskel.datasets.synthetic import DEMO_UNSEEN, generate_sequence
    from zeroskel.recognition import TrainingConfig, train_bundle
    from zeroskel.report import results_table

    folder = cache_folder(cache)
    dataset = synthetic_dataset(subjects=SUBJECTS, repetitions=REPETITIONS)
    benchmark = BenchmarkConfig(splits=("demo",), encoders=(encoder,))
    training = TrainingConfig(split="demo", encoder=encoder, method="smie")
    with shown_progress() as progress:
        records = run_benchmark([dataset], benchmark, out, cache=folder, command="zeroskel demo", progress=progress)
        recognizer = train_bundle(dataset, training, cache=folder, progress=progress)
    recognizer.save(out / "bundle")
    console.print(results_table(records))
    console.print(dataset.notice, style="yellow")
    print_line(f"Report: {out / 'report.html'}\nBundle: {out / 'bundle'}")
    action = DEMO_UNSEEN[0]
    prediction = recognizer.predict(generate_sequence(action, seed=TEST_SEED), list(DEMO_UNSEEN))
    verdict = "correct" if prediction.best == action else "wrong"
    print_line(
        f'Prediction for a new clip of "{action}" among {len(DEMO_UNSEEN)} actions that were not in training: '
        f'"{prediction.best}" ({prediction.probabilities.max():.0%}), {verdict}'
    )


def pretrain(
    data: Annotated[list[str], Option()],
    split: Annotated[str, Option()],
    encoder: str = "stgcn",
    seeds: str = "0",
    selection: str = "last",
    options: Settings = None,
    protocol: str | None = None,
    cache: Path | None = None,
) -> None:
    """Train encoders ahead of a benchmark.

    The command trains on the seen classes and stores the encoders in the cache, where `benchmark` with the same options
    looks for them. An interrupted run resumes where it stopped. To use several processes, GPUs or machines, start the
    command with `accelerate launch` (docs/scale.md).

    Options:
        split: Names of splits, separated by commas.
        encoder: Name of the encoder, such as stgcn.
        selection: Selections of the benchmark, separated by commas; validation also trains an encoder without the
            validation classes.
    """
    from zeroskel.datasets import open_datasets
    from zeroskel.features import EncoderConfig
    from zeroskel.features import pretrain as pretrain_encoders

    config = EncoderConfig(encoder, option_map(options).get(encoder, {}))
    with shown_progress() as progress:
        for description in pretrain_encoders(
            open_datasets(data, protocol=protocol),
            comma_list(split),
            config,
            seed_list(seeds),
            withhold="validation" in comma_list(selection),
            cache=cache_folder(cache),
            progress=progress,
        ):
            print_line(description)


def benchmark(
    run_file: Annotated[Path | None, Argument()] = None,
    split: str | None = None,
    out: Path | None = None,
    data: list[str] | None = None,
    features: Path | None = None,
    classes: str | None = None,
    methods: Annotated[str | None, Option(show_default="smie,ridge,conse")] = None,
    encoder: Annotated[str | None, Option(show_default="stgcn")] = None,
    seeds: Annotated[str | None, Option(show_default="0,1,2")] = None,
    selection: Annotated[str | None, Option(show_default="last")] = None,
    text: Annotated[str | None, Option(show_default="minilm")] = None,
    prompt: Annotated[str | None, Option(show_default="name")] = None,
    descriptions: Path | None = None,
    masked_views: Annotated[int | None, Option(show_default="4")] = None,
    synthetic: Annotated[int | None, Option(show_default="0")] = None,
    options: Settings = None,
    download: Annotated[bool | None, Option("--download")] = None,
    protocol: str | None = None,
    workers: Annotated[int | None, Option(show_default="1")] = None,
    engine: Annotated[str | None, Option(show_default="local")] = None,
    scheduler: str | None = None,
    cache: Path | None = None,
) -> None:
    """Run a benchmark: every combination of dataset, split, encoder, seed, text, prompt, selection and method.

    A run file or flags describe the run. Finished cells are skipped. The command writes results.jsonl, report.html and
    run.toml, which repeats the run, to the output folder.

    Options:
        run_file: TOML file that describes the whole run (docs/benchmark.md). Flags override its values.
        split: Names of splits, separated by commas: purls-5, pool-1, random-5-0, or the path of a JSON file.
        out: Write the results to this folder.
        features: Folder of ready features of one split. It replaces --data and --encoder (docs/benchmark.md).
        classes: Dataset whose classes the ready features have: ntu60, ntu120, or a file of class names.
        methods: Names of methods, separated by commas; all, closed-forms or smie-ablation for a group of methods; or
            variants such as smie:estimator=infonce.
        encoder: Names of encoders, separated by commas: stgcn, kinematic, biomechanics, movement.
        selection: How constants and epochs are chosen; one or more, separated by commas: last (fixed in advance),
            validation (on classes withheld from the seen classes), leaking-test (on the test classes, as published;
            this leaks).
        text: Sentence encoders, separated by commas: minilm, the folder of a model, or the name of a model in the local
            hub cache.
        prompt: Texts that represent a class, separated by commas: name, person, ensemble, description, described,
            parts, phases, everything, best, aspects, verb, noun, several of these joined by +, or a template with
            braces.
        descriptions: JSON or TOML file with descriptions of the classes. The default is the shipped descriptions.
        masked_views: Number of masked views of each training sequence.
        download: Allow zeroskel to download the sentence encoder.
        workers: Number of cells that run at the same time, on one core each.
        engine: Where cells run: local (this machine) or dask (docs/scale.md).
        scheduler: Address of the Dask scheduler for --engine dask, such as tcp://10.0.0.1:8786.
    """
    given = {name: value for name, value in locals().items() if name != "run_file" and value is not None}
    from zeroskel.benchmark import read_run_file
    from zeroskel.report import results_table

    flags = {name: CONVERSIONS[name](value) if name in CONVERSIONS else value for name, value in given.items()}
    run = read_run_file(run_file, flags)
    command = shlex.join(["zeroskel", *sys.argv[1:]])
    with shown_progress() as progress:
        records = run.start(cache=cache_folder(run.cache), command=command, progress=progress)
    console.print(results_table(records))
    for notice in sorted({record.notice for record in records if record.notice}):
        console.print(notice, style="yellow")
    print_line(f"Results: {run.out / 'results.jsonl'}\nReport:  {run.out / 'report.html'}")


def report(folders: list[Path], out: Annotated[Path, Option()]) -> None:
    """Join the results of several folders.

    The command writes one report (.html) or one page of tables (.md).

    Options:
        folders: Folders that `benchmark` wrote.
        out: Write a report to FILE.html, or tables to FILE.md.
    """
    from zeroskel.benchmark import read_folders
    from zeroskel.report import write_report

    results = read_folders(folders)
    write_report(results.records, out, commands=results.commands, maps=results.maps)
    plural = "s" if len(folders) > 1 else ""
    print_line(f"{out}: {len(results.records)} cells of {len(folders)} folder{plural}")
