"""One run of a grid, cell by cell, which continues where an earlier run stopped."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path

import numpy as np

from zeroskel import align
from zeroskel.benchmark._backends import check_workers, run_tasks
from zeroskel.benchmark._cell import CellConfig, CellInputs, run_cell
from zeroskel.benchmark._config import BenchmarkConfig
from zeroskel.benchmark._grid import CellGroup, Source, make_groups
from zeroskel.benchmark._results import (
    MAPS,
    add_results,
    check_apart,
    note_run,
    read_folders,
    read_records,
    read_results,
    write_lines,
)
from zeroskel.core import CellRecord, FeatureMap
from zeroskel.core._files import content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.report import write_report

Cell = tuple[CellGroup, CellConfig]

_MOST_OF_A_CLASS = 25
_MAP_NOTE = (
    "t-SNE of features of unseen classes' test recordings. A text stands where ridge regression, from texts to mean "
    "features of the seen classes, puts it (its distance from the mean scaled to that of the class means)."
)


def run_benchmark(
    datasets: Sequence[Source],
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
    """Run the cells that OUT/results.jsonl lacks, write that file after each of them, then report.html.

    Args:
        datasets: Datasets, or folders of ready features, with different names.
        config: The grid. Ready features take one split, and the default encoder and masked views, which are not used.
        out: Folder of results. Cells of other runs in it stay.
        cache: Folder of features and text embeddings, which are stored by content.
        command: Command that repeats the run, noted in OUT/commands.txt and shown in the report.
        run_file: Text of OUT/run.toml, which repeats the run. An empty text writes no file.
        workers: Number of processes that fit methods, on one core each. Encoders are trained before, by this process
            on all cores. Results do not depend on this number.
        scheduler: Address of a Dask scheduler whose workers fit the methods instead.
        progress: Called as progress(what, done, total) during long work.

    Returns:
        The records of the cells of this grid, in the grid's order.

    Raises:
        InputError: An unknown name, an option that cannot be used, a split with an empty part, or no scheduler;
            all of these before anything is computed.

    Example:
        Without datasets there are no cells, and the pages say so:

        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from zeroskel.benchmark import BenchmarkConfig, run_benchmark
        >>> config = BenchmarkConfig(splits=["demo"], methods=["ridge"])
        >>> with TemporaryDirectory() as folder:
        ...     records = run_benchmark([], config, Path(folder) / "out", cache=Path(folder) / "cache")
        ...     print(records, (Path(folder) / "out" / "report.html").is_file())
        [] True
    """
    config.check()
    check_workers(workers, scheduler)
    groups = make_groups(datasets, config, cache, progress)
    cells = [(group, cell) for group in groups for cell in group.cells()]
    finished = {record.cell: record for record in read_results(out)}
    check_apart([*finished.values(), *(cell.identity() for _, cell in cells)], str(out))
    out.mkdir(parents=True, exist_ok=True)
    note_run(out, command, run_file)  # before the first cell, because an interrupted run has results, too
    order = [cell.key for _, cell in cells]
    missing = [(group, cell) for group, cell in cells if cell.key not in finished]
    progress("cells", len(cells) - len(missing), len(cells))
    records = _run_cells(missing, workers, scheduler, progress)
    for done, record in enumerate(records, start=len(cells) - len(missing) + 1):
        add_results(out, [record], order)
        progress("cells", done, len(cells))
    finished = add_results(out, [], order)
    _add_maps(groups, out)
    results = read_folders([out])
    write_report(results.records, out / "report.html", commands=results.commands, maps=results.maps)
    return [finished[key] for key in order]


def _run_cells(cells: Sequence[Cell], workers: int, scheduler: str | None, progress: Progress) -> Iterator[CellRecord]:
    """Yield the records of the cells in the order in which they finish."""
    if (workers == 1 and scheduler is None) or len(cells) < 2:
        for inputs in _inputs(cells):
            yield run_cell(inputs, progress)
        return
    for group, encoder, seed in dict.fromkeys((group, cell.encoder, cell.seed) for group, cell in cells):
        group.encode(encoder, seed)  # in this process, on all cores, where an interruption stops it
    yield from run_tasks(partial(_run_in_worker, align.registered()), _inputs(cells), workers, scheduler)


def _inputs(cells: Sequence[Cell]) -> Iterator[CellInputs]:
    """Yield the inputs of the cells; the features of one group at a time are in memory."""
    for group, cells_of_group in groupby(cells, key=itemgetter(0)):
        yield from (group.inputs(cell) for _, cell in cells_of_group)
        group.features.cache_clear()


def _run_in_worker(added: Mapping[str, type[align.Aligner]], inputs: CellInputs) -> CellRecord:
    """Run a cell in another process, which does not know yet which methods the user has registered."""
    for name, method in added.items():
        align.register(name, method)
    return run_cell(inputs)


def _add_maps(groups: Sequence[CellGroup], out: Path) -> None:
    """Add the missing maps of features, one for each dataset, split and encoder, of the first seed, text and prompt."""
    maps = {drawn.cell: drawn for drawn in read_records(out / MAPS, FeatureMap)}
    for group in groups:
        for _, cells in groupby(group.cells(), key=attrgetter("encoder")):
            cell = next(cells)
            if _map_key(cell) not in maps and (drawn := _feature_map(cell, group)) is not None:
                maps[drawn.cell] = drawn
        group.features.cache_clear()
    write_lines(out / MAPS, (drawn.to_json() for drawn in maps.values()))


def _map_key(cell: CellConfig) -> str:
    """Return the key of the map of a cell; cells that differ in method, seed or selection share it."""
    return content_key(
        "map", cell.fingerprint, cell.protocol, cell.split, cell.encoder, cell.encoder_options, cell.texts
    )


def _feature_map(cell: CellConfig, group: CellGroup) -> FeatureMap | None:
    """Return two-dimensional positions by t-SNE (van der Maaten and Hinton, JMLR 2008). Nothing is measured on them.

    At most 25 recordings a class are shown, and the texts of the classes. Fewer than five recordings and texts together
    give None: of them there is nothing to see.
    """
    from sklearn.linear_model import Ridge
    from sklearn.manifold import TSNE

    encoded = group.features(cell.encoder, cell.seed, False)
    embeddings = group.texts.embeddings(cell.text, cell.prompt)
    unseen = np.asarray(group.split.unseen)
    rows = np.concatenate([np.flatnonzero(encoded.unseen.labels == c)[:_MOST_OF_A_CLASS] for c in unseen])
    trained = np.unique(encoded.train.labels)
    means = np.stack([encoded.train.features[encoded.train.labels == c].mean(axis=0) for c in trained])
    mapped = Ridge(alpha=1.0).fit(embeddings[trained], means).predict(embeddings[unseen])
    centre = means.mean(axis=0)
    spread = np.linalg.norm(mapped - centre, axis=1).mean()
    mapped = centre + (mapped - centre) * np.linalg.norm(means - centre, axis=1).mean() / max(spread, 1e-12)
    everything = np.concatenate([encoded.unseen.features[rows], mapped]).astype(np.float64)
    if len(everything) < 5:
        return None
    perplexity = min(30.0, (len(everything) - 1) / 3)
    embedded = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(everything)
    positions = tuple(map(tuple, np.round(embedded / np.abs(embedded).max(), 3).tolist()))
    column = {int(c): i for i, c in enumerate(unseen)}
    return FeatureMap(
        cell=_map_key(cell),
        **{name: getattr(cell, name) for name in ("data", "split", "protocol", "encoder", "encoder_options")},
        classes=tuple(group.split.names(unseen)),
        seen=(False,) * len(unseen),
        points=positions[: len(rows)],
        labels=tuple(column[int(label)] for label in encoded.unseen.labels[rows]),
        texts=positions[len(rows) :],
        note=_MAP_NOTE,
    )
