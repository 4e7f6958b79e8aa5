"""The benchmark grid: data x splits x encoders x seeds x texts x selections x methods, resumable cell by cell."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import align, encoders
from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.core.files import content_key
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.pipeline.cell import CellConfig, run_cell
from zeroskel.pipeline.feature_folder import FeatureFolder
from zeroskel.pipeline.features import EncodedSplit, EncoderConfig, FeatureStore, Progress, quiet
from zeroskel.pipeline.maps import feature_map
from zeroskel.pipeline.methods import Variant, expand
from zeroskel.pipeline.reports import write_page
from zeroskel.pipeline.results import (
    add_command,
    read_maps,
    read_results,
    write_maps,
    write_results,
)
from zeroskel.pipeline.selection import SELECTIONS
from zeroskel.text import Description, SentenceEncoder, class_embeddings, class_texts, published_descriptions

log = logging.getLogger(__name__)

_Inputs = tuple[CellConfig, ZeroShotSplit, np.ndarray, EncodedSplit, EncodedSplit | None]


@dataclass(frozen=True)
class BenchmarkConfig:
    """What to run on each data set.

    Attributes:
        splits, methods, encoders, seeds: axes of the grid; methods as `pipeline.methods.expand` takes them.
        options: method or encoder name -> options that differ from its defaults.
        texts: names of sentence encoders, or folders; download: allow a hub model to be fetched.
        prompts: names of prompts or templates.
        descriptions: class name -> its descriptions, for prompts that use them; None: those of the package.
        selections: how constants and epochs are chosen, of `SELECTIONS`.
        masked_views: how many masked views of each training sequence are encoded.
    """

    splits: tuple[str, ...]
    methods: tuple[str, ...] = ("smie", "ridge", "conse")
    encoders: tuple[str, ...] = ("stgcn",)
    seeds: tuple[int, ...] = (0,)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: tuple[str, ...] = ("minilm",)
    download: bool = False
    prompts: tuple[str, ...] = ("name",)
    descriptions: Mapping[str, Description] | None = None
    selections: tuple[str, ...] = ("last",)
    masked_views: int = 4

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The methods one by one, `options` merged in. Raises InputError."""
        return tuple(
            Variant(variant.method, {**self.options.get(variant.method, {}), **variant.options})
            for variant in expand(self.methods)
        )

    def check(self) -> None:
        """Raise InputError for anything that could only fail hours later."""
        axes = {
            "split": self.splits,
            "method": self.methods,
            "encoder": self.encoders,
            "text encoder": self.texts,
            "prompt": self.prompts,
            "selection": self.selections,
        }
        for what, values in axes.items():
            if not values or len(set(values)) != len(values):
                raise InputError(f"{what}s are {', '.join(values) or 'none'}; expected at least one and none twice")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise InputError(f"seeds are {self.seeds}; expected whole numbers of 0 or more, none twice")
        for selection in self.selections:
            if selection not in SELECTIONS:
                raise InputError(f"selection is {selection!r}; expected one of {', '.join(SELECTIONS)}")
        if self.masked_views < 1:
            raise InputError(f"masked views are {self.masked_views}; expected at least 1")
        for variant in self.variants:
            align.create(variant.method, **variant.options)
        for encoder in self.encoders:
            encoders.create(encoder, "kinect-20", **self.options.get(encoder, {}))
        strangers = sorted(set(self.options) - {variant.method for variant in self.variants} - set(self.encoders))
        if strangers:
            raise InputError(
                f"options for {', '.join(strangers)}, which is neither a method nor an encoder of this run"
            )


def run_benchmark(
    datasets: Sequence[SkeletonDataset | FeatureFolder],
    config: BenchmarkConfig,
    out: Path,
    *,
    cache: Path,
    command: str = "",
    workers: int = 1,
    progress: Progress = quiet,
) -> list[dict[str, Any]]:
    """Run what is not yet in OUT/results.jsonl, write that file after every cell, then report.html.

    Args:
        datasets: what `open_datasets` or `read_feature_folder` gave.
        config: the grid; with a feature folder, its split, and encoders and masked views as by default: they are not
            used.
        out: folder of results; cells of other runs in it are kept.
        cache: folder of features and texts by content.
        command: how to reproduce, noted in OUT/commands.txt and shown in the report.
        workers: processes that fit methods at a time, one core each; encoders are trained by this process, on all
            cores. Results do not depend on it.
        progress: told about long work.

    Returns:
        The records of this grid's cells, in the grid's order.

    Raises:
        InputError: before anything is computed, for unknown names and for options that a feature folder has no use for;
            or when a split leaves a part without recordings.
    """
    config.check()
    if workers < 1:
        raise InputError(f"workers are {workers}; expected at least 1")
    splits = {(ds.name, name): resolve_split(name, ds) for ds in datasets for name in config.splits}
    for folder in (ds for ds in datasets if isinstance(ds, FeatureFolder)):
        _check_folder(folder, config, [splits[folder.name, name] for name in config.splits])
    texts = _Texts(config, cache)
    groups = [
        _Group(dataset, splits[dataset.name, name], config, texts.of(dataset), cache, progress)
        for dataset in datasets
        for name in config.splits
    ]
    out.mkdir(parents=True, exist_ok=True)
    finished = {record["cell"]: record for record in read_results(out)}
    cells = [(group, cell) for group in groups for cell in group.cells()]
    keys = [cell.key for _, cell in cells]
    missing = [(group, cell) for group, cell in cells if cell.key not in finished]
    done = len(cells) - len(missing)
    progress("cells", done, len(cells))
    for record in _run(missing, workers, progress):
        finished[record["cell"]] = record
        write_results(out, _ordered(finished, keys))
        done += 1
        progress("cells", done, len(cells))
    write_results(out, _ordered(finished, keys))
    _draw_maps(groups, out)
    add_command(out, command)
    write_page([out], out / "report.html")
    return [finished[key] for key in keys]


def _draw_maps(groups: Sequence["_Group"], out: Path) -> None:
    """Add the maps that are missing, one a data set, split and encoder, of the first seed, text and prompt."""
    known = {drawn["cell"]: drawn for drawn in read_maps(out)}
    for group in groups:
        firsts = {cell.encoder: cell for cell in reversed(list(group.cells()))}
        for cell in reversed(firsts.values()):
            key = content_key(
                "map", cell.fingerprint, cell.protocol, cell.split, cell.encoder, cell.encoder_options, cell.texts
            )
            if key not in known:
                known[key] = {"cell": key, **group.map(cell)}
        group.forget()
    write_maps(out, list(known.values()))


def _run(cells: Sequence[tuple["_Group", CellConfig]], workers: int, progress: Progress) -> Iterator[dict[str, Any]]:
    """Records of the cells, as they are finished."""
    if workers == 1 or len(cells) < 2:
        for inputs, notice in _inputs(cells):
            yield run_cell(*inputs, notice=notice, progress=progress)
        return
    from joblib import Parallel, delayed

    added = align.added()
    tasks = (delayed(_in_worker)(added, inputs, notice) for inputs, notice in _inputs(cells))
    yield from Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch=2 * workers, batch_size=1)(tasks)


def _inputs(cells: Sequence[tuple["_Group", CellConfig]]) -> Iterator[tuple[_Inputs, str]]:
    """What each cell needs and its data set's notice; features of one group at a time are in memory."""
    last: _Group | None = None
    for group, cell in cells:
        if last is not None and last is not group:
            last.forget()
        last = group
        yield group.inputs(cell), group.dataset.notice


def _in_worker(added: Mapping[str, type[align.Aligner]], inputs: _Inputs, notice: str) -> dict[str, Any]:
    """One cell in a process of its own, which does not know yet what methods the user has added."""
    for name, method in added.items():
        align.register(name, method)
    return run_cell(*inputs, notice=notice)


def _check_folder(folder: FeatureFolder, config: BenchmarkConfig, splits: Sequence[ZeroShotSplit]) -> None:
    """Refuse what would be ignored, and say what validation classes are worth."""
    for split in splits:
        folder.check_split(split)
    default = BenchmarkConfig(config.splits)
    encoding = {
        "encoder": (config.encoders, default.encoders),
        "masked views": (config.masked_views, default.masked_views),
        "options of other names than the methods'": (
            tuple(set(config.options) - {variant.method for variant in config.variants}),
            (),
        ),
    }
    asked = [what for what, (value, unused) in encoding.items() if value != unused]
    if asked:
        raise InputError(
            f"{folder.path}: {', '.join(asked)} given with ready features, of which nothing is encoded; expected the "
            "defaults. Leave these out, or give the data set instead of the folder"
        )
    if "validation" in config.selections:
        log.warning(
            "%s: the validation classes are withheld from the method only; the encoder of these features was trained "
            "with them",
            folder.path,
        )


def _ordered(finished: Mapping[str, dict[str, Any]], first: Sequence[str]) -> list[dict[str, Any]]:
    """This run's cells in the grid's order, as far as they are finished, then those of other runs as they were."""
    own = set(first)
    return [finished[key] for key in first if key in finished] + [finished[k] for k in finished if k not in own]


class _Texts:
    """Sentence encoders, and the class texts and embeddings that all splits of a data set share."""

    def __init__(self, config: BenchmarkConfig, cache: Path) -> None:
        self.config = config
        self.encoders = {name: SentenceEncoder(name, cache=cache, download=config.download) for name in config.texts}

    def of(self, dataset: SkeletonDataset | FeatureFolder) -> "_ClassTexts":
        """Of one data set. Raises InputError for a prompt that it has no texts for."""
        given = self.config.descriptions
        descriptions = published_descriptions(dataset.name) if given is None else given
        prompts = {name: class_texts(dataset.class_names, name, descriptions) for name in self.config.prompts}
        return _ClassTexts(self.encoders, prompts)


class _ClassTexts:
    def __init__(self, encoders: Mapping[str, SentenceEncoder], prompts: Mapping[str, Any]) -> None:
        self.encoders = encoders
        self.prompts = prompts
        self._embeddings: dict[tuple[str, str], np.ndarray] = {}

    def embeddings(self, text: str, prompt: str) -> np.ndarray:
        """(K, D_text) of one encoder and prompt."""
        if (text, prompt) not in self._embeddings:
            self._embeddings[text, prompt] = class_embeddings(self.encoders[text], self.prompts[prompt])
        return self._embeddings[text, prompt]


class _Group:
    """The cells of one data set and split, which share features for each encoder and seed."""

    def __init__(
        self,
        dataset: SkeletonDataset | FeatureFolder,
        split: ZeroShotSplit,
        config: BenchmarkConfig,
        texts: _ClassTexts,
        cache: Path,
        progress: Progress,
    ) -> None:
        self.dataset = dataset
        self.split = split
        self.config = config
        self.texts = texts
        self.store = dataset if isinstance(dataset, FeatureFolder) else FeatureStore(dataset, cache, progress)
        self._encoded: dict[bool, tuple[EncoderConfig, EncodedSplit]] = {}

    def cells(self) -> Iterator[CellConfig]:
        """In the grid's order: those that share features follow one another."""
        config = self.config
        for encoder in config.encoders:
            for seed in config.seeds:
                for text in config.texts:
                    for prompt in config.prompts:
                        for selection in config.selections:
                            for variant in config.variants:
                                yield self._cell(encoder, seed, text, prompt, selection, variant)

    def inputs(self, cell: CellConfig) -> _Inputs:
        """What `run_cell` takes; features of the last encoder and seed are kept at hand."""
        withheld = self._features(cell, withhold=True) if cell.selection == "validation" else None
        embeddings = self.texts.embeddings(cell.text, cell.prompt)
        return cell, self.split, embeddings, self._features(cell, withhold=False), withheld

    def map(self, cell: CellConfig) -> dict[str, Any]:
        """A picture of the features of a cell."""
        drawn = feature_map(
            self._features(cell, withhold=False), self.texts.embeddings(cell.text, cell.prompt), self.split
        )
        where = {"data": cell.data, "split": cell.split, "protocol": cell.protocol}
        return {**where, "encoder": cell.encoder, "encoder_options": cell.encoder_options, **drawn}

    def forget(self) -> None:
        """Let go of the features at hand."""
        self._encoded.clear()

    def _features(self, cell: CellConfig, *, withhold: bool) -> EncodedSplit:
        wanted = self._encoding(cell.encoder, cell.seed)
        if withhold not in self._encoded or self._encoded[withhold][0] != wanted:
            self._encoded[withhold] = wanted, self.store.encode_split(self.split, wanted, withhold=withhold)
        return self._encoded[withhold][1]

    def _encoding(self, encoder: str, seed: int) -> EncoderConfig:
        """How features are made; those of a folder are there, whatever the encoder and the seed."""
        if isinstance(self.dataset, FeatureFolder):
            return self.dataset.encoder
        return EncoderConfig(encoder, dict(self.config.options.get(encoder, {})), self.config.masked_views, seed)

    def _cell(self, encoder: str, seed: int, text: str, prompt: str, selection: str, variant: Variant) -> CellConfig:
        encoding = self._encoding(encoder, seed)
        return CellConfig(
            data=self.dataset.name,
            fingerprint=self.dataset.fingerprint,
            split=self.split.name,
            protocol=self.split.protocol or self.dataset.protocol,
            unseen=self.split.unseen,
            validation_unseen=self.split.validation_unseen,
            encoder=encoding.name,
            encoder_options=encoding.options,
            masked_views=encoding.masked_views,
            method=variant.method,
            options=dict(variant.options),
            text=text,
            text_fingerprint=self.texts.encoders[text].fingerprint,
            prompt=prompt,
            texts=content_key(self.texts.prompts[prompt]),
            seed=seed,
            selection=selection,
        )
