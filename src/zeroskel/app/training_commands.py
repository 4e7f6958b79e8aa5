"""The commands that train: `zeroskel train` writes a bundle, `zeroskel pretrain` encoders for a benchmark."""

from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.options import (
    Cache,
    Data,
    Prompt,
    Protocol,
    Settings,
    Synthetic,
    Text,
    cache_folder,
    comma_list,
    console,
    option_map,
    print_line,
    seed_list,
    shown_progress,
)
from zeroskel.core import InputError


def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Save the bundle in this folder.")],
    split: Annotated[
        str | None, typer.Option(help="Exclude the unseen classes of this split and the test subjects from training.")
    ] = None,
    method: Annotated[str, typer.Option(help="Name of the method (docs/methods.md).")] = "smie",
    encoder: Annotated[str, typer.Option(help="Name of the encoder: kinematic, biomechanics or stgcn.")] = "kinematic",
    text: Text = "minilm",
    prompt: Prompt = "name",
    synthetic: Synthetic = 0,
    augment: Annotated[
        int,
        typer.Option(
            help="Number of altered copies of each sequence that are added to the training set: other viewpoints, "
            "missing joints and so on."
        ),
    ] = 0,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Calibrate probabilities: train again with some classes withheld and compare predictions with them.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    settings: Settings = None,
    protocol: Protocol = None,
    cache: Cache = None,
) -> None:
    """Train a recognizer and save it as a bundle.

    `predict`, `serve` and ZeroShotRecognizer.load open the bundle.
    """
    from zeroskel.datasets import open_datasets
    from zeroskel.recognition import TrainingConfig, train_bundle

    if augment < 0:
        raise InputError(f"--augment is {augment}; expected 0 or more copies of each sequence")
    options = option_map(settings or [])
    config = TrainingConfig(
        split,
        encoder,
        method,
        options,
        text,
        prompt,
        seed=seed,
        synthetic=synthetic,
        augment=augment,
        calibrate=calibrate,
    )
    datasets = open_datasets(data, protocol=protocol)
    if len(datasets) != 1:
        raise InputError(f"--data names {len(datasets)} datasets; expected one (a pool's .json file joins several)")
    with shown_progress() as progress:
        recognizer = train_bundle(datasets[0], config, cache=cache_folder(cache), progress=progress)
    recognizer.save(out)
    if datasets[0].notice:
        console.print(datasets[0].notice, style="yellow")
    facts = recognizer.facts
    print_line(
        f"Bundle {out}: {config.encoder} and {config.method}, trained on {facts['sequences']} sequences of "
        f"{len(facts['seen_classes'])} classes of {facts['data']}"
    )


def pretrain(
    data: Data,
    split: Annotated[str, typer.Option(help="Names of splits, separated by commas.")],
    encoder: Annotated[str, typer.Option(help="Name of the encoder, such as stgcn.")] = "stgcn",
    seeds: Annotated[str, typer.Option(help="Seeds, separated by commas.")] = "0",
    selection: Annotated[
        str,
        typer.Option(
            help="Selections of the benchmark, separated by commas; validation also trains an encoder without the "
            "validation classes."
        ),
    ] = "last",
    settings: Settings = None,
    protocol: Protocol = None,
    cache: Cache = None,
) -> None:
    """Train encoders ahead of a benchmark.

    The command trains on the seen classes and stores the encoders in the cache, where `benchmark` with the same options
    looks for them. An interrupted run resumes where it stopped. To use several processes, GPUs or machines, start the
    command with `accelerate launch` (docs/scale.md).
    """
    from zeroskel.datasets import open_datasets
    from zeroskel.features._encoded_split import EncoderConfig
    from zeroskel.features._store import pretrain as pretrain_encoders

    config = EncoderConfig(encoder, dict(option_map(settings or []).get(encoder, {})))
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
