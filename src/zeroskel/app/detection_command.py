"""The command that finds actions in long recordings and evaluates them: `zeroskel detect`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from zeroskel.app.terminal import console, print_bundle_notice, print_line, shown_progress

if TYPE_CHECKING:
    from zeroskel.recognition._detection import Detection


def detect(
    name: str,
    source: Path,
    out: Annotated[Path, Option()],
    model: str = "default",
    protocol: str | None = None,
    split: str | None = None,
    threshold: float | None = None,
    most: int | None = None,
) -> None:
    """Find the actions in the long recordings of a dataset and compare them with its annotations.

    The command computes the timeline of every test recording, prints mean average precision, segmental F1, edit score
    and frame accuracy, and writes them to the output folder. An interrupted run resumes where it stopped
    (docs/detection.md).

    Options:
        name: Name of a dataset with long recordings: pku-mmd or utkinect.
        source: Folder or zip archive of the release, as for `zeroskel data prepare`.
        out: Write run.json, recordings.jsonl and metrics.csv to this folder.
        protocol: Choose the test recordings by this protocol: cross-subject or cross-view, where the release has its
            list, or all for every recording. The default is the first that the release has.
        split: Find only the unseen classes of this split, such as star-5. The default is all classes.
        threshold: Presence from which on one of the actions counts as happening, from 0 to 1. The default is 0.5.
        most: Evaluate only this number of recordings, the first ones. A later run with more reuses them.
    """
    from zeroskel import ZeroShotRecognizer
    from zeroskel.datasets._long_recordings import open_long_recordings
    from zeroskel.recognition._detection import METRICS_FILE
    from zeroskel.recognition._detection import detect as run_detection

    recordings = open_long_recordings(name, source, protocol=protocol)
    recognizer = ZeroShotRecognizer.load(model)
    with shown_progress() as progress:
        detection = run_detection(
            recognizer, recordings, out, split=split, threshold=threshold, most=most, progress=progress
        )
    _print_detection(detection)
    if detection.trained:
        shown = "; ".join(detection.trained[:3]) + ("; …" if len(detection.trained) > 3 else "")
        print_line(
            f"Not zero-shot for {len(detection.trained)} of the {len(detection.actions)} actions, which have the name "
            f"of a class on which the bundle was trained: {shown}",
            style="yellow",
        )
    print_bundle_notice(recognizer.facts.get("notice", ""))
    print_line(f"Results: {out / METRICS_FILE}")


def _print_detection(detection: "Detection") -> None:
    """Print a table with a row for each metric and a column for each overlap."""
    from rich.table import Column, Table

    means = [row for row in detection.rows() if not row[2]]
    overlaps = sorted({row[1] for row in means if row[1] is not None})
    table = Table(
        Column("metric at overlap", no_wrap=True), *(Column(f"{overlap:g}", justify="right") for overlap in overlaps)
    )
    rows: dict[str, dict[float, float]] = {}
    for metric, overlap, _, value in means:
        if overlap is not None:
            rows.setdefault(metric, {})[overlap] = value
    for metric, values in rows.items():
        table.add_row(metric, *(f"{values[overlap]:.1%}" if overlap in values else "" for overlap in overlaps))
    console.print(table)
    result = detection.result
    print_line(
        f"Edit score {result.edit:.1%}. Frame accuracy {result.frame_accuracy:.1%}, during actions "
        f"{result.action_frame_accuracy:.1%}."
    )
    print_line(
        f"{detection.recordings} recordings of {len(detection.actions)} actions, {detection.hours:.2f} hours; "
        f"{detection.seconds:.1f} s for a recording of {3600 * detection.hours / detection.recordings:.1f} s."
    )
