"""Tables that the command line prints."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.table import Table

from zeroskel.app.options import console, print_line
from zeroskel.core import ZeroShotSplit
from zeroskel.datasets import Container, SkeletonDataset, split_names
from zeroskel.recognition import Prediction


def prediction_table(prediction: Prediction) -> Table:
    """Return the actions from best to worst."""
    table = Table()
    table.add_column("action", overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("score", justify="right")
    for index in np.argsort(-prediction.scores, kind="stable"):
        share, score = prediction.probabilities[index], prediction.scores[index]
        table.add_row(prediction.actions[index], f"{share:.1%}", f"{score:.3f}")
    return table


def catalog_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the known data sets."""
    table = Table()
    for name in ("name", "title", "layout", "classes", "data prepare takes", "published splits"):
        table.add_column(
            name, justify="right" if name == "classes" else "left", overflow="fold", no_wrap=name == "name"
        )
    for row in rows:
        splits = ", ".join(row["splits"]) or "-"
        table.add_row(
            row["name"], row["title"], row["layout"], str(row["classes"] or "-"), row["prepare"] or "-", splits
        )
    return table


def print_info(dataset: SkeletonDataset) -> None:
    """Print the size, the parts and the classes of a data set."""
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
    table = Table()
    table.add_column("id", justify="right")
    table.add_column("class", overflow="fold")
    table.add_column("sequences", justify="right")
    table.add_column("")
    for index, (name, count) in enumerate(zip(dataset.class_names, counts_of, strict=True)):
        table.add_row(str(index), name, str(count), "▆" * round(20 * count / max(1, counts_of.max())))
    console.print(table)


def print_split(split: ZeroShotSplit) -> None:
    """Print the seen, unseen and validation classes by name."""
    console.print(f"{split.name}: {split.source}", style="bold", soft_wrap=True, highlight=False)
    seen = [i for i in split.seen if i not in split.validation_unseen]
    for what, ids in (("unseen", split.unseen), ("validation", split.validation_unseen), ("seen", seen)):
        names = ", ".join(split.names(tuple(ids))) or "none"
        console.print(f"  {what} ({len(ids)}): {names}", soft_wrap=True, highlight=False, markup=False)
