"""`zeroskel data …`: what is known, what a data set holds, its splits, and preparing containers."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zeroskel.core import InputError

data_app = typer.Typer(rich_markup_mode=None, help="Prepare and look at data sets.")
console = Console()
errors = Console(stderr=True)


@data_app.command("list")
def data_list() -> None:
    """The data sets known by name, what is read of them, and their published splits."""
    from zeroskel.app.tables import catalog_table
    from zeroskel.datasets import catalog

    console.print(catalog_table(catalog()))


@data_app.command("prepare")
def data_prepare(
    name: Annotated[str, typer.Argument(help="ntu60, pku-mmd, utd-mhad, folder, …: see data list.")],
    source: Annotated[Path, typer.Argument(help="Folder, zip archive or file, as it was released.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the container; must not exist yet.")],
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    dtype: Annotated[str, typer.Option(help="float32, or float16 for half the space.")] = "float32",
    class_names: Annotated[
        Path | None, typer.Option("--class-names", help="For pyskl: a text file, one class name a line.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Name of the data set, by which splits are found.")] = None,
    allow_bad: Annotated[
        bool, typer.Option("--allow-bad", help="Exit 0 although files were skipped that no published list names.")
    ] = False,
) -> None:
    """Turn a release into a container that every other command reads.

    An interrupted run goes on where it stopped. What was left out is listed with reasons in OUT.left-out.csv.
    """
    from zeroskel.app.arguments import name_lines
    from zeroskel.app.progress import shown_progress
    from zeroskel.datasets.preparing import prepare

    names = None if class_names is None else name_lines(class_names)
    with shown_progress(errors) as progress:
        done = prepare(
            name, source, out, workers=workers, dtype=dtype, class_names=names, title=title, progress=progress
        )
    was = "was prepared before" if done.reused < 0 else "prepared"
    console.print(f"{out}: {was}, {done.recordings} recordings", soft_wrap=True)
    if listed := len(done.left_out) - len(done.bad):
        console.print(f"left out: {listed} that the release or its usual list leaves out", soft_wrap=True)
    if done.bad:
        errors.print(f"{done.report}: {len(done.bad)} left out with reasons, the first:", soft_wrap=True, markup=False)
        errors.print(f"  {done.bad[0].name}: {done.bad[0].reason}", soft_wrap=True, markup=False)
        if not allow_bad:
            errors.print("exit 1; --allow-bad accepts them", soft_wrap=True)
            raise typer.Exit(1)


@data_app.command("info")
def data_info(
    data: Annotated[list[str], typer.Argument(help="As for --data.")],
    verify: Annotated[bool, typer.Option("--verify/--no-verify", help="Verify a container's check sums.")] = True,
) -> None:
    """Counts, class histogram, lengths, missing joints and splits; a container's check sums are verified."""
    from zeroskel.app.progress import shown_progress
    from zeroskel.app.tables import print_info
    from zeroskel.datasets import Container, open_datasets

    for dataset in open_datasets(data):
        print_info(console, dataset)
        if verify and isinstance(dataset.sequences, Container):
            with shown_progress(errors) as progress:
                faults = dataset.sequences.verify(progress)
            if faults:
                more = f" ({len(faults)} files differ)" if len(faults) > 1 else ""
                raise InputError(f"{faults[0]}{more}; the container was altered: prepare it again")
            console.print(f"check sums: all {len(dataset.sequences.manifest['files'])} files are as they were written")


@data_app.command("splits")
def data_splits(
    name: Annotated[str, typer.Argument(help="A data set known by name, or anything that --data takes.")],
) -> None:
    """Seen, unseen and validation classes of every split, by name."""
    from zeroskel.app.tables import print_split
    from zeroskel.datasets import open_datasets, resolve_split, split_names
    from zeroskel.datasets.class_names import known_classes

    there = Path(name).exists() or name == "synthetic"
    data = open_datasets([name])[0] if there else known_classes(name.lower().replace("_", "-"))
    names = split_names(data)
    if not names:
        raise InputError(f"no split was published for {data.name}; use random-U-SEED or a JSON file")
    for split in names:
        print_split(console, resolve_split(split, data))
