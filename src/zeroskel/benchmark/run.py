"""Running the grid, resumable cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zeroskel import align
from zeroskel.align._variants import Variant
from zeroskel.benchmark._backends import DaskWorkers, Processes
from zeroskel.benchmark._cell import CellConfig, run_cell
from zeroskel.benchmark._feature_map import map_key
from zeroskel.benchmark._grid import Group, Inputs, Texts, check_folder
from zeroskel.benchmark.config import BenchmarkConfig
from zeroskel.benchmark.results import (
    check_apart,
    note_run,
    read_folders,
    read_maps,
    read_results,
    write_maps,
    write_results,
)
from zeroskel.core import CellRecord, InputError
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.features.ready_features import FeatureFolder
from zeroskel.report import write_report


def run_benchmark(
    datasets: Sequence[SkeletonDataset | FeatureFolder],
    config: BenchmarkConfig,
    out: Path,
    *,
    cache: Path,
    command: str = "",
    run_file: str = "",
    workers: int = 1,
    scheduler: str | None = None,
    progress: Progress = quiet,
) -> list[CellRecord]:
    """Run what is not yet in OUT/results.jsonl, write that file after every cell, then report.html.

    Args:
        datasets: what `open_datasets` or `read_feature_folder` gave.
        config: the grid; with a feature folder, its split, and encoders and masked views as by default: they are not
            used.
        out: folder of results; cells of other runs in it are kept.
        cache: folder of features and texts by content.
        command: how to reproduce, noted in OUT/commands.txt and shown in the report.
        run_file: text of OUT/run.toml, which gives this run again; an empty text writes none.
        workers: processes that fit methods at a time, one core each; encoders are trained by this process, on all
            cores. Results do not depend on it.
        scheduler: address of a Dask scheduler whose workers fit the methods, instead of `workers` processes.
        progress: told about long work.

    Returns:
        The records of this grid's cells, in the grid's order.

    Raises:
        InputError: before anything is computed, for unknown names and for options that a feature folder has no use for;
            or when a split leaves a part without recordings; or no scheduler is there.
    """
    config.check()
    if workers < 1:
        raise InputError(f"workers are {workers}; expected at least 1")
    backend = Processes(workers) if scheduler is None else DaskWorkers(scheduler)
    names = [dataset.name for dataset in datasets]
    if len(set(names)) != len(names):
        raise InputError(f"data sets are named {', '.join(names)}; expected none twice. Give each a run of its own")
    splits = {(ds.name, name): resolve_split(name, ds) for ds in datasets for name in config.splits}
    for folder in (ds for ds in datasets if isinstance(ds, FeatureFolder)):
        check_folder(folder, config, [splits[folder.name, name] for name in config.splits])
    texts = Texts(config, cache)
    of_classes = {dataset.name: texts.of(dataset) for dataset in datasets}
    groups = [
        Group(dataset, splits[dataset.name, name], config, of_classes[dataset.name], cache, progress)
        for dataset in datasets
        for name in config.splits
    ]
    _check(groups)
    finished = {record.cell: record for record in read_results(out)}
    cells = [(group, cell) for group in groups for cell in group.cells()]
    check_apart([*finished.values(), *(cell.identity() for _, cell in cells)], str(out))
    out.mkdir(parents=True, exist_ok=True)
    note_run(out, command, run_file)  # now: results of an interrupted run, too, say where they come from
    keys = [cell.key for _, cell in cells]
    missing = [(group, cell) for group, cell in cells if cell.key not in finished]
    done = len(cells) - len(missing)
    progress("cells", done, len(cells))
    for record in _run(missing, backend, progress):
        finished = {known.cell: known for known in read_results(out)}  # another run may have written meanwhile
        finished[record.cell] = record
        write_results(out, _ordered(finished, keys))
        done += 1
        progress("cells", done, len(cells))
    finished = {known.cell: known for known in read_results(out)}
    write_results(out, _ordered(finished, keys))
    _draw_maps(groups, out)
    results = read_folders([out])
    write_report(results.records, out / "report.html", commands=results.commands, maps=results.maps)
    return [finished[key] for key in keys]


def _check(groups: Sequence[Group]) -> None:
    """Raise InputError for what would stop a cell once its turn has come: empty parts, texts, options."""
    tried: list[tuple[Variant, int]] = []
    for group in groups:
        group.check_parts()
        for wanted in group.wanted():
            if wanted not in tried:  # splits, and most prompts, ask the same of a method
                variant, text_dim = wanted
                variant.create().check_text_dim(text_dim)
                tried.append(wanted)


def _draw_maps(groups: Sequence[Group], out: Path) -> None:
    """Add the maps that are missing, one a data set, split and encoder, of the first seed, text and prompt."""
    known = {drawn.cell: drawn for drawn in read_maps(out)}
    for group in groups:
        firsts = {cell.encoder: cell for cell in reversed(list(group.cells()))}
        for cell in reversed(firsts.values()):
            if map_key(cell) not in known and (drawn := group.map(cell)) is not None:
                known[drawn.cell] = drawn
        group.forget()
    write_maps(out, known.values())


def _run(
    cells: Sequence[tuple[Group, CellConfig]], backend: Processes | DaskWorkers, progress: Progress
) -> Iterator[CellRecord]:
    """Records of the cells, as they are finished."""
    if backend == Processes(1) or len(cells) < 2:
        for inputs, notice in _inputs(cells):
            yield run_cell(*inputs, notice=notice, progress=progress)
        return
    for group, encoder, seed in dict.fromkeys((group, cell.encoder, cell.seed) for group, cell in cells):
        group.encode(encoder, seed)  # here and now: an interruption finds the main process, and workers do not wait
    added = align.registered()
    yield from backend.run(_in_worker, ((added, inputs, notice) for inputs, notice in _inputs(cells)))


def _inputs(cells: Sequence[tuple[Group, CellConfig]]) -> Iterator[tuple[Inputs, str]]:
    """What each cell needs and its data set's notice; features of one group at a time are in memory."""
    last: Group | None = None
    for group, cell in cells:
        if last is not None and last is not group:
            last.forget()
        last = group
        yield group.inputs(cell), group.dataset.notice


def _in_worker(added: Mapping[str, type[align.Aligner]], inputs: Inputs, notice: str) -> CellRecord:
    """One cell in a process of its own, which does not know yet what methods the user has added."""
    for name, method in added.items():
        align.register(name, method)
    return run_cell(*inputs, notice=notice)


def _ordered(finished: Mapping[str, CellRecord], first: Sequence[str]) -> list[CellRecord]:
    """This run's cells in the grid's order, as far as they are finished, then those of other runs as they were."""
    own = set(first)
    return [finished[key] for key in first if key in finished] + [finished[k] for k in finished if k not in own]
