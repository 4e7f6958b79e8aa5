"""The benchmark grid: data sets x splits x encoders x seeds x methods, resumable cell by cell."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import align, encoders
from zeroskel.core import InputError, ZeroShotSplit
from zeroskel.core.files import content_key
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.evaluate.report import write_report
from zeroskel.pipeline.cell import SELECTIONS, CellConfig, run_cell
from zeroskel.pipeline.feature_folder import FeatureFolder
from zeroskel.pipeline.features import EncodedSplit, EncoderConfig, FeatureStore, Progress, quiet
from zeroskel.pipeline.results import read_results, write_results
from zeroskel.text import Description, SentenceEncoder, class_embeddings, class_texts, published_descriptions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BenchmarkConfig:
    """What to run on each data set.

    Attributes:
        splits, methods, encoders, seeds: the axes of the grid.
        options: method or encoder name -> options that differ from its defaults.
        text: name of the sentence encoder, or a folder; download: allow a hub model to be fetched.
        prompt: name of a prompt or a template.
        descriptions: class name -> its descriptions, for prompts that use them; None: those of the package.
        selection: how the epoch of methods that have any is chosen.
        masked_views: how many masked views of each training sequence are encoded.
    """

    splits: tuple[str, ...]
    methods: tuple[str, ...] = ("smie", "ridge", "conse")
    encoders: tuple[str, ...] = ("stgcn",)
    seeds: tuple[int, ...] = (0,)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    text: str = "minilm"
    download: bool = False
    prompt: str = "name"
    descriptions: Mapping[str, Description] | None = None
    selection: str = "last"
    masked_views: int = 4

    def check(self) -> None:
        """Raise InputError for anything that could only fail hours later."""
        for what, values in (("split", self.splits), ("method", self.methods), ("encoder", self.encoders)):
            if not values or len(set(values)) != len(values):
                raise InputError(f"{what}s are {', '.join(values) or 'none'}; expected at least one and none twice")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds) or min(self.seeds) < 0:
            raise InputError(f"seeds are {self.seeds}; expected whole numbers of 0 or more, none twice")
        if self.selection not in SELECTIONS:
            raise InputError(f"selection is {self.selection!r}; expected one of {', '.join(SELECTIONS)}")
        if self.masked_views < 1:
            raise InputError(f"masked views are {self.masked_views}; expected at least 1")
        for method in self.methods:
            align.create(method, **self.options.get(method, {}))
        for encoder in self.encoders:
            encoders.create(encoder, "kinect-20", **self.options.get(encoder, {}))
        strangers = sorted(set(self.options) - {*self.methods, *self.encoders})
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
    progress: Progress = quiet,
) -> list[dict[str, Any]]:
    """Run what is not yet in OUT/results.jsonl, write that file after every cell, then report.html.

    Args:
        datasets: what `open_datasets` or `read_feature_folder` gave.
        config: the grid; with a feature folder, its split, and encoders and masked views as by default: they are not
            used.
        out: folder of results; cells of other runs in it are kept.
        cache: folder of features and texts by content.
        command: how to reproduce, shown in the report.
        progress: told about long work.

    Returns:
        The records of this grid's cells, in the grid's order.

    Raises:
        InputError: before anything is computed, for unknown names and for options that a feature folder has no use for;
            or when a split leaves a part without recordings.
    """
    config.check()
    splits = {(ds.name, name): resolve_split(name, ds) for ds in datasets for name in config.splits}
    for folder in (ds for ds in datasets if isinstance(ds, FeatureFolder)):
        _check_folder(folder, config, [splits[folder.name, name] for name in config.splits])
    out.mkdir(parents=True, exist_ok=True)
    finished = {record["cell"]: record for record in read_results(out)}
    encoder = SentenceEncoder(config.text, cache=cache, download=config.download)
    cells: list[str] = []
    total = len(datasets) * len(config.splits) * len(config.encoders) * len(config.seeds) * len(config.methods)
    for dataset in datasets:
        descriptions = published_descriptions(dataset.name) if config.descriptions is None else config.descriptions
        texts = class_texts(dataset.class_names, config.prompt, descriptions)
        for split_name in config.splits:
            split = splits[dataset.name, split_name]
            store = dataset if isinstance(dataset, FeatureFolder) else FeatureStore(dataset, cache, progress)
            group = _Group(dataset, split, texts, config, store, encoder)
            for encoder_name in config.encoders:
                for seed in config.seeds:
                    for method in config.methods:
                        cell = group.cell(encoder_name, method, seed)
                        if cell.key not in finished:
                            finished[cell.key] = group.run(cell, progress)
                            write_results(out, _ordered(finished, [*cells, cell.key]))
                        cells.append(cell.key)
                        progress("cells", len(cells), total)
    write_results(out, _ordered(finished, cells))
    records = [finished[key] for key in cells]
    write_report(list(_ordered(finished, cells)), out / "report.html", command=command)
    return records


def _check_folder(folder: FeatureFolder, config: BenchmarkConfig, splits: Sequence[ZeroShotSplit]) -> None:
    """Refuse what would be ignored, and say what validation classes are worth."""
    for split in splits:
        folder.check_split(split)
    default = BenchmarkConfig(config.splits)
    encoding = {
        "encoder": (config.encoders, default.encoders),
        "masked views": (config.masked_views, default.masked_views),
        "options of other names than the methods'": (tuple(set(config.options) - set(config.methods)), ()),
    }
    asked = [what for what, (value, unused) in encoding.items() if value != unused]
    if asked:
        raise InputError(
            f"{folder.path}: {', '.join(asked)} given with ready features, of which nothing is encoded; expected the "
            "defaults. Leave these out, or give the data set instead of the folder"
        )
    if config.selection == "validation":
        log.warning(
            "%s: the validation classes are withheld from the method only; the encoder of these features was trained "
            "with them",
            folder.path,
        )


def _ordered(finished: Mapping[str, dict[str, Any]], first: Sequence[str]) -> list[dict[str, Any]]:
    """This run's cells in the grid's order, then those of other runs as they were."""
    return [finished[key] for key in first] + [finished[key] for key in finished if key not in set(first)]


class _Group:
    """The cells of one data set and split, which share texts and, for each encoder and seed, features."""

    def __init__(
        self,
        dataset: SkeletonDataset | FeatureFolder,
        split: ZeroShotSplit,
        texts: list[list[str]],
        config: BenchmarkConfig,
        store: FeatureStore | FeatureFolder,
        encoder: SentenceEncoder,
    ) -> None:
        self.dataset = dataset
        self.split = split
        self.texts = texts
        self.config = config
        self.store = store
        self.encoder = encoder
        self._embeddings: np.ndarray | None = None
        self._encoded: tuple[EncoderConfig, EncodedSplit, EncodedSplit | None] | None = None

    def encoding(self, encoder: str, seed: int) -> EncoderConfig:
        """How features are made; those of a folder are there, whatever the encoder and the seed."""
        if isinstance(self.dataset, FeatureFolder):
            return self.dataset.encoder
        return EncoderConfig(encoder, dict(self.config.options.get(encoder, {})), self.config.masked_views, seed)

    def cell(self, encoder: str, method: str, seed: int) -> CellConfig:
        """The configuration of one cell."""
        encoding = self.encoding(encoder, seed)
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
            method=method,
            options=dict(self.config.options.get(method, {})),
            text=self.config.text,
            text_fingerprint=self.encoder.fingerprint,
            prompt=self.config.prompt,
            texts=content_key(self.texts),
            seed=seed,
            selection=self.config.selection,
        )

    def run(self, cell: CellConfig, progress: Progress) -> dict[str, Any]:
        """Fit and evaluate one cell; features of the last encoder and seed are kept at hand."""
        if self._embeddings is None:
            self._embeddings = class_embeddings(self.encoder, self.texts)
        wanted = self.encoding(cell.encoder, cell.seed)
        if self._encoded is None or self._encoded[0] != wanted:
            withheld = None
            if cell.selection == "validation":
                withheld = self.store.encode_split(self.split, wanted, withhold=True)
            self._encoded = wanted, self.store.encode_split(self.split, wanted), withheld
        _, encoded, withheld = self._encoded
        return run_cell(
            cell, self.split, self._embeddings, encoded, withheld, notice=self.dataset.notice, progress=progress
        )
