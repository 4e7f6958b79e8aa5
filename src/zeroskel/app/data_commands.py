"""The commands `zeroskel data …`: list known datasets, prepare containers, describe datasets and their splits."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from zeroskel.app.arguments import joint_names
from zeroskel.app.terminal import console, errors, print_line, shown_progress
from zeroskel.core import InputError

if TYPE_CHECKING:
    from zeroskel.datasets import SkeletonDataset

data_app = typer.Typer(rich_markup_mode=None, help="Prepare and describe datasets.")


@data_app.command("list")
def data_list() -> None:
    """List the known datasets and their published splits."""
    from rich.table import Column, Table

    from zeroskel.datasets import catalog

    column = partial(Column, overflow="fold")
    classes, others = column("classes", justify="right"), map(column, ("data prepare takes", "published splits"))
    table = Table(column("name", no_wrap=True), column("title"), column("layout"), classes, *others)
    for row in catalog():
        cells = str(row["classes"] or ""), row["prepare"], ", ".join(row["splits"])
        table.add_row(row["name"], row["title"], row["layout"], *(cell or "-" for cell in cells))
    console.print(table)


@data_app.command("prepare")
def data_prepare(
    name: str,
    source: Path,
    out: Annotated[Path, Option()],
    workers: int = 1,
    dtype: str = "float32",
    class_names: Path | None = None,
    title: str | None = None,
    layout: str | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    joints: Path | None = None,
    mirror: bool | None = None,
    allow_bad: Annotated[bool, Option("--allow-bad")] = False,
) -> None:
    """Convert a released dataset to a container.

    Every other command reads the container. An interrupted run resumes where it stopped. OUT.left-out.csv lists the
    skipped files with their reasons. --layout, --fps, --up, --unit, --joints and --mirror state facts of the files of a
    folder.

    Options:
        name: Name of the dataset, such as ntu60, pku-mmd, utd-mhad or folder.
        source: Folder, zip archive or file of the release.
        out: Write the container to this folder, which must not exist.
        workers: Number of processes that read recordings.
        dtype: Number format of the coordinates: float32, or float16 for half the size.
        class_names: For pyskl: text file with one class name per line.
        title: Name of the dataset, which selects its published splits.
        allow_bad: Exit with code 0 even if files were skipped that no published list names as broken.
    """
    from zeroskel.datasets._classes import read_class_names
    from zeroskel.datasets._preparing import prepare

    names = None if class_names is None else read_class_names(class_names)
    facts = {"layout": layout, "fps": fps, "up": up, "unit": unit, "joints": joint_names(joints), "mirror": mirror}
    reading = {option: fact for option, fact in facts.items() if fact is not None}
    with shown_progress() as progress:
        result = prepare(
            name,
            source,
            out,
            workers=workers,
            dtype=dtype,
            class_names=names,
            title=title,
            reading=reading,
            progress=progress,
        )
    state = "was already prepared" if result.reused < 0 else "prepared"
    print_line(f"{out}: {state}, {result.recordings} recordings")
    if listed := len(result.left_out) - len(result.bad):
        print_line(f"Skipped {listed} recordings that the release or its usual list excludes.")
    if result.others:
        shown = ", ".join(result.others[:3]) + (" …" if len(result.others) > 3 else "")
        print_line(f"Not read as recordings ({len(result.others)}): {shown}")
    if result.bad:
        count, first = len(result.bad), result.bad[0]
        problem = f"{result.report}: {count} recordings skipped, the first: {first.name}: {first.reason}"
        errors.print(problem, soft_wrap=True, markup=False)
        if not allow_bad:
            errors.print("Exit with code 1. Pass --allow-bad to accept skipped recordings.", soft_wrap=True)
            raise typer.Exit(1)


@data_app.command("info")
def data_info(data: list[str], verify: bool = True) -> None:
    """Describe datasets and verify containers.

    The command shows the number of sequences, the classes, lengths, missing joints and splits.

    Options:
        data: Datasets, as for --data of other commands.
        verify: Verify the checksums of a container's files.
    """
    from zeroskel.datasets import Container, open_datasets

    for dataset in open_datasets(data):
        _print_info(dataset)
        if verify and isinstance(dataset.sequences, Container):
            with shown_progress() as progress:
                faults = dataset.sequences.verify(progress)
            if faults:
                more = f" ({len(faults)} files differ)" if len(faults) > 1 else ""
                raise InputError(f"{faults[0]}{more}. The container was modified. Prepare it again.")
            console.print(f"Checksums: all {len(dataset.sequences.manifest['files'])} files are unchanged.")


@data_app.command("splits")
def data_splits(name: str) -> None:
    """Show the classes of every split of a dataset.

    Options:
        name: Name of a known dataset, or a dataset as for --data.
    """
    from zeroskel.datasets import open_datasets, resolve_split, split_names
    from zeroskel.datasets._classes import known_classes

    is_dataset = Path(name).exists() or name == "synthetic"
    data = open_datasets([name])[0] if is_dataset else known_classes(name.lower().replace("_", "-"))
    names = split_names(data)
    if not names:
        raise InputError(f"No split of {data.name} is published. Use random-U-SEED or a JSON file.")
    for published in names:
        split = resolve_split(published, data)
        console.print(f"{split.name}: {split.source}", style="bold", soft_wrap=True, highlight=False)
        seen = [i for i in split.seen if i not in split.validation_unseen]
        for what, ids in (("unseen", split.unseen), ("validation", split.validation_unseen), ("seen", seen)):
            classes = ", ".join(split.names(tuple(ids))) or "none"
            console.print(f"  {what} ({len(ids)}): {classes}", soft_wrap=True, highlight=False, markup=False)


def _print_info(dataset: "SkeletonDataset") -> None:
    """Print the size, the parts and the classes of a dataset."""
    import numpy as np
    from rich.table import Column, Table

    from zeroskel.datasets import Container, split_names

    lengths, missing = dataset.sequences.frames, dataset.sequences.missing
    train = dataset.train_mask
    console.print(
        f"{dataset.name}: {len(dataset)} sequences, {len(dataset.class_names)} classes, {dataset.layout.name}"
    )
    if dataset.notice:
        console.print(dataset.notice, style="yellow")
    if isinstance(dataset.sequences, Container):
        facts = dataset.sequences.manifest
        known = {"cameras": "cameras", "setups": "set-ups", "repetitions": "repetitions"}
        counts = [f"{len(facts[key])} {what}" for key, what in known.items() if len(facts[key]) > 1]
        size = sum(file["bytes"] for file in facts["files"].values()) / 1e6
        stored = f"{np.dtype(facts['dtype']).name} in {facts['shards']} shard{'s' if facts['shards'] > 1 else ''}"
        print_line(f"container: {', '.join([stored, f'{size:.1f} MB', *counts])}")
        print_line(f"source: {facts['source']}")
    console.print(f"subjects: {len(np.unique(dataset.subjects))}")
    others = [name for name in dataset.protocols if name != dataset.protocol]
    also = f"; --protocol also takes {', '.join(others)}" if others else ""
    parts = f"{train.sum()} sequences train, {(~train).sum()} test"
    print_line(f"protocol {dataset.protocol}: {parts}{also}")
    console.print(
        f"frames: {lengths.min()} to {lengths.max()}, median {np.median(lengths):g}; bodies: {dataset.bodies}"
    )
    console.print(f"joints not observed: {missing.mean():.2%}")
    console.print(f"splits: {', '.join([*split_names(dataset), 'random-U-SEED', 'a JSON file'])}")
    counts_of = np.bincount(dataset.labels, minlength=len(dataset.class_names))
    number = partial(Column, justify="right")
    table = Table(number("id"), Column("class", overflow="fold"), number("sequences"), "")
    for index, (name, count) in enumerate(zip(dataset.class_names, counts_of, strict=True)):
        table.add_row(str(index), name, str(count), "▆" * round(20 * count / max(1, counts_of.max())))
    console.print(table)
