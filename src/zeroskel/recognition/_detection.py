"""Detection benchmark: timelines of the long recordings of a release, compared with its annotations."""

import csv
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.core import InputError, Segment
from zeroskel.core._files import atomic_path, content_key, read_json_object
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import resolve_split
from zeroskel.datasets._long_recordings import LongRecordings
from zeroskel.evaluate import TimelineResult, evaluate_timelines
from zeroskel.evaluate._segments import one_lane
from zeroskel.recognition._bundle import check_calibrated, checked_threshold
from zeroskel.recognition._prediction import Candidates
from zeroskel.recognition._recognizer import ZeroShotRecognizer

RUN_FILE, RECORDS_FILE, METRICS_FILE = "run.json", "recordings.jsonl", "metrics.csv"


@dataclass(frozen=True)
class Detection:
    """Result of the benchmark.

    Attributes:
        result: all metrics.
        actions: the candidate actions.
        trained: the actions that have the name of a class on which the bundle was trained.
        recordings: number of recordings.
        hours: their duration.
        seconds: mean computing time of a recording, reading included.
        people: mean number of people in a recording.
    """

    result: TimelineResult
    actions: tuple[str, ...]
    trained: tuple[str, ...]
    recordings: int
    hours: float
    seconds: float
    people: float

    def rows(self) -> list[tuple[str, float | None, str, float]]:
        """Return a row (metric, overlap, action, value) for each number; a mean names no action."""
        result = self.result
        rows: list[tuple[str, float | None, str, float]] = []
        for metric, values in (
            ("mAP by action", result.map_by_action),
            ("mAP by recording", result.map_by_recording),
            ("mAP by action (released program)", result.map_by_action_released),
            ("mAP by recording (released program)", result.map_by_recording_released),
            ("segmental F1", result.f1),
        ):
            rows += [(metric, overlap, "", value) for overlap, value in values.items()]
        rows += [
            ("edit score", None, "", result.edit),
            ("frame accuracy", None, "", result.frame_accuracy),
            ("frame accuracy during actions", None, "", result.action_frame_accuracy),
            ("recordings", None, "", self.recordings),
            ("hours", None, "", self.hours),
            ("seconds for a recording", None, "", self.seconds),
            ("people in a recording", None, "", self.people),
        ]
        for action, precisions in result.average_precisions.items():
            rows += [("average precision", overlap, action, value) for overlap, value in precisions.items()]
        return rows


def detect(
    recognizer: ZeroShotRecognizer,
    recordings: LongRecordings,
    out: Path,
    *,
    split: str | None = None,
    threshold: float | None = None,
    most: int | None = None,
    progress: Progress = quiet,
) -> Detection:
    """Compute the timelines of long recordings and evaluate them.

    OUT/recordings.jsonl has a line for each finished recording, which another call with the same arguments reuses;
    OUT/run.json says what was run, and OUT/metrics.csv has the numbers.

    The annotations of a release do not say who acts, so the segments of all people are compared as one lane.

    Args:
        recognizer: calibrated recognizer.
        recordings: test recordings.
        out: folder of the results.
        split: name of a split, whose unseen classes are the candidates; None takes all classes. Annotated segments of
            other classes count as none of the actions.
        threshold: as for `ZeroShotRecognizer.timeline`.
        most: evaluate only the first recordings, that many.
        progress: called with "recordings", the number of finished ones and the total.

    Returns:
        The metrics.

    Raises:
        InputError: the bundle is not calibrated or was trained on what would be tested, the folder has results of
            another run, or recordings cannot be read (the results of the others are stored).
    """
    check_calibrated(recognizer)
    checked_threshold(threshold)
    if most is not None and most < 1:
        raise InputError(f"{most} recordings. Expected one or more.")
    names = recordings.class_names if split is None else _unseen(split, recordings)
    trained = _trained_classes(recognizer.facts, recordings, names, split)
    facts = {
        "dataset": recordings.name,
        "protocol": recordings.protocol,
        "split": split,
        "actions": list(names),
        "trained_actions": list(trained),
        "threshold": threshold,
        "bundle": _fingerprint(recognizer),
        "version": __version__,
    }
    finished = _resume(out, facts)
    total = len(recordings.tasks) if most is None else min(most, len(recordings.tasks))
    records = _records(recognizer, recordings.first(total), out, names, threshold, finished, progress)
    detection = _evaluate(records, names, trained)
    _write_metrics(out / METRICS_FILE, detection)
    return detection


def _records(
    recognizer: ZeroShotRecognizer,
    recordings: LongRecordings,
    out: Path,
    names: Sequence[str],
    threshold: float | None,
    finished: dict[str, dict[str, Any]],
    progress: Progress,
) -> list[dict[str, Any]]:
    """Return a record of each recording; those that are not finished are computed and stored one by one.

    Raises:
        InputError: recordings cannot be read or judged; all others are finished then.
    """
    candidates = recognizer.candidates(list(names))
    total = len(recordings.tasks)
    records: list[dict[str, Any]] = []
    faults: list[str] = []
    with (out / RECORDS_FILE).open("a", encoding="utf-8") as stream:
        for index in range(total):
            progress("recordings", index, total)
            record = finished.get(recordings.key(index))
            if record is None:
                try:
                    record = _record(recognizer, recordings, index, candidates, threshold, progress)
                except InputError as error:
                    faults.append(f"{recordings.names[index]}: {error}")
                    continue
                stream.write(json.dumps(record) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            records.append(record)
        progress("recordings", total, total)
    if faults:
        raise InputError(
            f"{len(faults)} of {total} recordings have no timeline, the first is {faults[0]} Remove or replace their "
            "files and run the command again; the results of the others are stored."
        )
    return records


def _record(
    recognizer: ZeroShotRecognizer,
    recordings: LongRecordings,
    index: int,
    candidates: Candidates,
    threshold: float | None,
    progress: Progress,
) -> dict[str, Any]:
    """Return what is stored of one recording: its timeline and its annotations, which need little memory."""
    began = time.perf_counter()
    recording = recordings.read(index)
    timeline = recognizer.timeline(recording.sequence, candidates, threshold=threshold, progress=progress)
    return {
        "recording": recordings.names[index],
        "key": recordings.key(index),
        "duration": timeline.seconds,
        "people": len(timeline.people),
        "seconds": round(time.perf_counter() - began, 3),
        "segments": [asdict(segment) for segment in timeline.segments],
        "annotated": [asdict(segment) for segment in recording.segments],
    }


def _evaluate(records: Sequence[dict[str, Any]], names: Sequence[str], trained: Sequence[str]) -> Detection:
    """Return the metrics of stored timelines."""
    predicted = [one_lane([Segment(**row) for row in record["segments"]]) for record in records]
    true = [[Segment(**row) for row in record["annotated"] if row["action"] in names] for record in records]
    durations = [record["duration"] for record in records]
    return Detection(
        evaluate_timelines(predicted, true, durations),
        tuple(names),
        tuple(trained),
        len(records),
        sum(durations) / 3600,
        float(np.mean([record["seconds"] for record in records])),
        float(np.mean([record["people"] for record in records])),
    )


def _unseen(split: str, recordings: LongRecordings) -> tuple[str, ...]:
    resolved = resolve_split(split, recordings)
    return tuple(resolved.names(resolved.unseen))


def _trained_classes(
    facts: dict[str, Any], recordings: LongRecordings, names: Sequence[str], split: str | None
) -> tuple[str, ...]:
    """Return the candidates that are also classes of the bundle's training set, compared by name.

    Raises:
        InputError: the bundle was trained on test recordings, or on unseen classes of the split in this dataset.
    """
    data, seen = recordings.name, facts.get("seen_classes", ())
    spelled = {name.casefold() for name in seen}
    trained = tuple(name for name in names if name.casefold() in spelled)
    if data in facts.get("members", ()):
        raise InputError(f"The bundle was trained on a pool with {data}. Pass a bundle that was trained without it.")
    if facts.get("data") != data:
        return trained
    train = f"`zeroskel train --data CONTAINER --protocol {recordings.protocol} --split SPLIT --calibrate`"
    if not facts.get("left_out") or facts.get("protocol") != recordings.protocol:
        raise InputError(
            f"The bundle was trained on recordings of {data} that test under protocol {recordings.protocol}. Train it "
            f"without them: {train}."
        )
    if split is not None and trained:
        raise InputError(
            f"The bundle was trained on {len(trained)} of the {len(names)} unseen classes of split {split}, such as "
            f"{trained[0]!r}. Train it with that split: {train}."
        )
    return trained


def _fingerprint(recognizer: ZeroShotRecognizer) -> str:
    """Return a hash of everything that a bundle stores."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, "bundle")
        recognizer.save(bundle)
        files = sorted(path for path in bundle.rglob("*") if path.is_file())
        parts = [(str(file.relative_to(bundle)), np.fromfile(file, np.uint8)) for file in files]
    return content_key(*(part for pair in parts for part in pair))


def _resume(out: Path, facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the finished recordings of an earlier call by their keys, and make the folder ready to add more.

    Raises:
        InputError: the folder has results of another run, or a line of them is no record.
    """
    out.mkdir(parents=True, exist_ok=True)
    run_file, records_file = out / RUN_FILE, out / RECORDS_FILE
    if run_file.is_file():
        earlier = read_json_object(run_file, "the description of a run of zeroskel detect")
        changed = [name for name in facts if name != "trained_actions" and earlier.get(name) != facts[name]]
        if changed:
            raise InputError(
                f"{out}: has results of a run with another {', '.join(changed)}. Pass another folder with --out, or "
                "remove this one."
            )
    elif records_file.exists():
        raise InputError(f"{records_file}: there is no {RUN_FILE} beside it. Pass another folder with --out.")
    else:
        with atomic_path(run_file) as temporary:
            temporary.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    content = records_file.read_bytes() if records_file.is_file() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:  # an interruption cut the last line
        with atomic_path(records_file) as temporary:
            temporary.write_bytes(whole)
    finished = {}
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            record = json.loads(line)
            finished[record["key"]] = record
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{records_file}, line {number}: not a record of zeroskel detect ({error!r}). Remove the line to "
                "compute its recording again."
            ) from error
    return finished


def _write_metrics(file: Path, detection: Detection) -> None:
    with atomic_path(file) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["metric", "overlap", "action", "value"])
        writer.writerows(
            [metric, "" if overlap is None else overlap, action, value]
            for metric, overlap, action, value in detection.rows()
        )
