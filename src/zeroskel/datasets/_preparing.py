"""From the archive of a release to a container: resumable, in parallel, of any size.

The files are listed, parted into shards of bounded size, and each shard is read and written by itself, in worker
processes where several are wanted; memory is bounded by the shards in work, not by the dataset.
"""

import csv
import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from zeroskel import __version__
from zeroskel.core import InputError, SkeletonFormatError, get_layout
from zeroskel.core._files import atomic_path, content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.core.errors import ZeroskelError
from zeroskel.datasets._container import MANIFEST, Container
from zeroskel.datasets._container_writing import WorkingFolder, check_target
from zeroskel.datasets._recipe_parts import LeftOut, Listing, Recording, Task
from zeroskel.datasets._source_files import list_files
from zeroskel.datasets.catalog._recipes import get_recipe

SHARD_TASKS = 256
SHARD_BYTES = 64 * 2**20  # of source files


@dataclass(frozen=True)
class Prepared:
    """Result of preparing a source.

    Attributes:
        recordings: how many are in it.
        left_out: those that are not, in order.
        report: the CSV file that lists them with reasons.
        reused: shards that an earlier run had finished; -1 when the whole container was there already.
        others: names of the files of the source that are no recordings, such as a README.
    """

    recordings: int
    left_out: tuple[LeftOut, ...]
    report: Path
    reused: int
    others: tuple[str, ...] = ()

    @property
    def bad(self) -> tuple[LeftOut, ...]:
        """Return the recordings that were left out although no published list names them."""
        return tuple(entry for entry in self.left_out if not entry.listed)


def prepare(
    name: str,
    source: Path,
    out: Path,
    *,
    workers: int = 1,
    dtype: str = "float32",
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    reading: Mapping[str, Any] | None = None,
    shard_tasks: int = SHARD_TASKS,
    progress: Progress = quiet,
) -> Prepared:
    """Turn a release into a container.

    Args:
        name: a dataset of `RECIPES`, e.g. "ntu60", "utd-mhad", "folder".
        source: the folder, zip archive or file of the release.
        out: the container's folder; must not exist, unless it was made from the same source by the same version.
        workers: processes.
        dtype: "float32" or "float16" (half the space; millimetres within 2 metres of the sensor).
        class_names: for sources without class names.
        title: the dataset's name in the container; None takes `name` ("folder", "npz" and "pyskl": what fits).
        reading: options of `zeroskel.read` for "folder": layout, fps, up, unit, joints and mirror, as far as stated.
        shard_tasks: most files a shard.
        progress: told about finished shards.

    Returns:
        The result. Bad files are left out and listed in a CSV file beside the container.

    Raises:
        InputError, MissingFileError: nothing fits, the target exists, a file vanished; OSError: disk full or read-only.
        Finished shards stay in `OUT.partial`, and the same call continues from there.
    """
    if workers < 1:
        raise InputError(f"{workers} workers; expected at least 1")
    recipe = get_recipe(name)
    if class_names is not None and not recipe.takes_class_names:
        raise InputError(f"{name} has class names of its own; leave --class-names out")
    if reading and not recipe.takes_reading:
        raise InputError(f"{name} has a fixed format; leave {', '.join(f'--{option}' for option in reading)} out")
    files = list_files(source)
    further = [class_names] if recipe.takes_class_names else [reading or {}] if recipe.takes_reading else []
    listing = recipe.find(files, *further)
    read = {file for task in listing.tasks for file in (task.file, *task.others)}
    others = tuple(sorted(file.name for file in files if file not in read))
    working = WorkingFolder(out)
    shards = list(_parted(listing.tasks, shard_tasks))
    keys = [_key(name, tasks, listing, dtype) for tasks in shards]
    plan = content_key(keys)
    report = out.with_name(f"{out.name}.left-out.csv")
    if (out / MANIFEST).is_file() and (finished := Container(out)).manifest.get("plan") == plan:
        working.remove()
        return Prepared(len(finished), _read_report(report), report, -1, others)
    check_target(out, dtype)
    manifest: dict[str, Any] = {
        "name": title or _title(name, source, listing),
        "recipe": name,
        "layout": listing.layout,
        "class_names": list(listing.class_names),
        "protocols": list(listing.protocols),
        "dtype": dtype,
        "source": recipe.source,
        "plan": plan,
    }
    with working.locked():
        todo = [
            partial(_make_shard, working, number, key, tasks, name, listing.layout, dtype)
            for number, (key, tasks) in enumerate(zip(keys, shards, strict=True))
            if not working.is_done(number, key)
        ]
        _run(todo, len(shards), workers, progress)
        left_out = [*listing.left_out]
        for state in working.states(len(shards)):
            left_out += [LeftOut(**entry) for entry in state["left_out"]]
        _write_report(report, left_out)
        manifest["left_out"] = {"listed": sum(e.listed for e in left_out), "bad": sum(not e.listed for e in left_out)}
        working.finish(manifest, len(shards))
    return Prepared(len(Container(out)), tuple(left_out), report, len(shards) - len(todo), others)


def _title(name: str, source: Path, listing: Listing) -> str:
    """Return the dataset's name: published splits are found by it."""
    if name == "pyskl":
        return {60: "ntu60", 120: "ntu120"}.get(len(listing.class_names), source.stem.lower().replace("_", "-"))
    return source.resolve().stem.lower().replace("_", "-") if name in ("folder", "npz") else name


def _parted(tasks: Sequence[Task], most: int) -> Iterator[tuple[Task, ...]]:
    """Return tasks in shards of at most `most` and, unless a task alone is larger, SHARD_BYTES."""
    shard: list[Task] = []
    size = 0
    for task in tasks:
        if shard and (len(shard) == most or size + task.file.size > SHARD_BYTES):
            yield tuple(shard)
            shard, size = [], 0
        shard.append(task)
        size += task.file.size
    if shard:
        yield tuple(shard)


def _key(name: str, tasks: Sequence[Task], listing: Listing, dtype: str) -> str:
    """Return a key that is equal when a shard would come out the same."""
    parts = [[task.file.key, dict(task.facts), [other.key for other in task.others]] for task in tasks]
    return content_key(__version__, name, parts, list(listing.class_names), list(listing.protocols), dtype)


def _run(todo: Sequence[Callable[[], None]], total: int, workers: int, progress: Progress) -> None:
    """Make the shards, in this process or in several."""
    reused = total - len(todo)
    progress("preparing shards", reused, total)
    with closing(_finished(todo, workers)) as finished:
        for done, _ in enumerate(finished, start=reused + 1):
            progress("preparing shards", done, total)


def _finished(todo: Sequence[Callable[[], None]], workers: int) -> Generator[None, None, None]:
    """Make the shards and yield whenever one is finished."""
    if workers == 1 or len(todo) < 2:
        yield from (make() for make in todo)
        return
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(workers, context, initializer=_die_with_parent) as pool:
            try:
                yield from (future.result() for future in as_completed([pool.submit(make) for make in todo]))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    except BrokenProcessPool as error:
        raise ZeroskelError(
            "a worker process ended by itself, perhaps for lack of memory; the same command continues from the last "
            "finished shard, with fewer --workers if need be"
        ) from error


def _die_with_parent() -> None:
    """End this worker when its parent is killed, so that none is left behind."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make_shard(
    working: WorkingFolder, number: int, key: str, tasks: Sequence[Task], name: str, layout: str, dtype: str
) -> None:
    """Read the tasks of a shard and write it; a file that cannot be read is noted, not fatal."""
    recipe = get_recipe(name)
    recordings: list[Recording] = []
    left_out: list[LeftOut] = []
    for task in tasks:
        try:
            for entry in recipe.read(task):
                (left_out if isinstance(entry, LeftOut) else recordings).append(entry)  # type: ignore[arg-type]
        except SkeletonFormatError as error:
            left_out.append(LeftOut(task.file.name, " ".join(str(error).split()), listed=False))
    working.write_shard(number, key, recordings, get_layout(layout), dtype, left_out)


def _write_report(report: Path, left_out: Sequence[LeftOut]) -> None:
    with atomic_path(report) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "listed", "reason"])
        writer.writerows([entry.name, "yes" if entry.listed else "no", entry.reason] for entry in left_out)


def _read_report(report: Path) -> tuple[LeftOut, ...]:
    try:
        with report.open(encoding="utf-8", newline="") as stream:
            return tuple(LeftOut(row[0], row[2], row[1] == "yes") for row in list(csv.reader(stream))[1:])
    except (OSError, IndexError, csv.Error) as error:
        raise InputError(
            f"{report}: the report of what was left out is gone or altered ({error}); remove the container to prepare "
            "it again"
        ) from error
