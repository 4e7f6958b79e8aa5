"""Features of a dataset under a class split, computed once and stored on disk by content."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__, encoders
from zeroskel.core import FeatureSet, InputError, ZeroShotSplit
from zeroskel.core._files import atomic_path, content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.encoders import BatchSource, SkeletonEncoder
from zeroskel.encoders._processes import first_process_first, is_first_process
from zeroskel.features._altered_copies import AlteredSequences
from zeroskel.features._encoded_split import (
    OBSERVED_SHARES,
    EncodedSplit,
    EncoderConfig,
    held_out,
    in_parts,
    seen_class_accuracy,
)
from zeroskel.skeleton import Preprocessing, SequenceBatches, Sequences
from zeroskel.skeleton.transforms import temporal_mask

STILL_SHARE, MASKED_SHARE = 35 / 50, 20 / 50  # SMIE's temporal mask: 35 of 50 frames that move least, 20 of them


class FeatureStore:
    """Batches, fitted encoders and features of one dataset.

    Args:
        dataset: N labelled sequences.
        cache: Folder where batches, encoders and features are stored by content.
        progress: Called as progress(what, done, total) during long work.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from zeroskel.datasets import resolve_split, synthetic_dataset
        >>> from zeroskel.features import FeatureStore
        >>> dataset = synthetic_dataset(subjects=2, repetitions=1)
        >>> with TemporaryDirectory() as folder:
        ...     store = FeatureStore(dataset, Path(folder))
        ...     rows = store.rows(resolve_split("demo", dataset), withhold=False)
        >>> sorted(rows)
        ['seen', 'train', 'unseen']
    """

    def __init__(self, dataset: SkeletonDataset, cache: Path, progress: Progress = quiet) -> None:
        self.dataset = dataset
        self.cache = cache
        self.progress = progress
        self.preprocessing = Preprocessing(dataset.layout.name, bodies=min(2, dataset.bodies))

    def preprocessing_of(self, encoder: str) -> Preprocessing:
        """Return the preparation that an encoder asks for, by its name."""
        cls = encoders.encoder_class(encoder)
        return replace(self.preprocessing, frames=cls.batch_frames, clock=cls.batch_clock)

    @cached_property
    def batches(self) -> np.ndarray:
        """Memory map (N, C, T, V, M) of all sequences."""
        return self._stored_batches("batches", self.dataset, "preparing sequences", self.preprocessing)

    def batches_of(self, encoder: str) -> np.ndarray:
        """Return the memory map (N, C, T, V, M) of all sequences as an encoder asks for them, by its name."""
        preprocessing = self.preprocessing_of(encoder)
        if preprocessing == self.preprocessing:
            return self.batches
        return self._stored_batches("batches", self.dataset, "preparing sequences", preprocessing)

    def rows(self, split: ZeroShotSplit, withhold: bool) -> dict[str, np.ndarray]:
        """Return the recordings of each part of a split.

        Args:
            split: Class split.
            withhold: Leave the split's validation classes and some training subjects out of training, and test on
                these instead of test recordings.

        Returns:
            The row numbers (n,) of "train", "unseen" and "seen".

        Raises:
            InputError: A part has no recordings.
        """
        labels, train = self.dataset.labels, self.dataset.train_mask_of(split)
        unseen, test = np.isin(labels, split.unseen), ~train
        if withhold:
            train = train & ~unseen
            unseen = np.isin(labels, split.validation_unseen)
            test = held_out(labels, self.dataset.subjects, train & ~unseen)
        masks = {
            "train": train & ~unseen & ~test,
            "unseen": train & unseen if withhold else test & unseen,
            "seen": test & ~unseen,
        }
        rows = {part: np.flatnonzero(mask) for part, mask in masks.items()}
        # a pool's member that is held out has test recordings of unseen classes only
        needed = ("train", "unseen") if withhold or split.held_out else ("seen", "train", "unseen")
        empty = [part for part in needed if not len(rows[part])]
        if empty:
            training = int(self.dataset.train_mask_of(split).sum())
            raise InputError(
                f"dataset {self.dataset.name}, split {split.name}: no recordings for {', '.join(empty)} "
                f"({training} of {len(labels)} recordings train); expected some of each"
            )
        return rows

    def encoder(self, config: EncoderConfig, rows: np.ndarray) -> SkeletonEncoder:
        """Return an encoder that was fitted on the given rows, now or earlier, on any device."""
        folder = self.cache / f"encoder-{self._key(*config.identity(), rows)}"
        if not folder.is_dir():
            encoder = encoders.create(config.name, self.preprocessing.layout, **config.options)
            checkpoint = folder.with_name(f"{folder.name}.training")
            encoder.fit(
                _Rows(self.batches_of(config.name), rows),
                self.dataset.labels[rows],
                self.dataset.subjects[rows],
                config.seed,
                on_epoch=lambda done, total: self.progress(f"pre-training {config.name}", done, total),
                checkpoint=checkpoint,
            )
            with first_process_first():
                if is_first_process():
                    encoder.save(folder)
                    checkpoint.unlink(missing_ok=True)
        return encoders.load(folder, config.options.get("device"))

    def encode_split(self, split: ZeroShotSplit, config: EncoderConfig, *, withhold: bool = False) -> EncodedSplit:
        """Fit the encoder on training recordings of seen classes and encode what the split's evaluation needs.

        Args:
            split: Class split.
            config: The encoder.
            withhold: As in `rows`.

        Returns:
            The features of all parts, from the cache where they were encoded before.

        Raises:
            InputError: A part of the split has no recordings.
        """
        rows, labels = self.rows(split, withhold), self.dataset.labels
        file = self.cache / f"features-{self._key(*config.identity(), *rows.values(), config.masked_views)}.npz"
        if not file.is_file():
            with atomic_path(file) as temporary, temporary.open("wb") as stream:
                np.savez(stream, allow_pickle=False, **self._encode_parts(rows, config, observed=not withhold))
        with np.load(file, allow_pickle=False) as stored:
            arrays = dict(stored)
        return EncodedSplit(
            train=FeatureSet(arrays["train"], labels[rows["train"]], arrays.get("masked")),
            unseen=FeatureSet(arrays["unseen"], labels[rows["unseen"]]),
            seen=FeatureSet(arrays["seen"], labels[rows["seen"]]) if "seen" in arrays else None,
            observed=arrays.get("observed"),
            seen_class_accuracy=float(arrays["accuracy"]) if "accuracy" in arrays else None,
        )

    def encode_rows(self, rows: np.ndarray, config: EncoderConfig) -> tuple[SkeletonEncoder, FeatureSet]:
        """Return an encoder fitted on these rows, and their features with masked views; only the encoder is stored."""
        encoder = self.encoder(config, rows)
        masked = self._encode_views(encoder, rows, config) if config.masked_views else None
        return encoder, FeatureSet(self.encode_with(encoder, rows), self.dataset.labels[rows], masked)

    def encode_with(
        self,
        encoder: SkeletonEncoder,
        rows: np.ndarray,
        what: str = "encoding",
        alter: Callable[[np.ndarray], np.ndarray] = np.asarray,
    ) -> np.ndarray:
        """Return features (n, D) of these rows by an encoder that is already fitted; `alter` changes each batch."""
        features, batches = [], self.batches_of(encoder.encoder)
        for part in in_parts(rows):
            features.append(encoder.encode(alter(batches[part])))
            self.progress(what, sum(map(len, features)), len(rows))
        return np.concatenate(features)

    def encode_altered(self, rows: np.ndarray, encoder: SkeletonEncoder, copies: int, seed: int = 0) -> FeatureSet:
        """Return features of altered copies of these rows; a mirrored copy whose class does not train is left out."""
        labels, names = self.dataset.labels, self.dataset.class_names
        source = AlteredSequences(self.dataset, copies, seed)
        preprocessing = self.preprocessing_of(encoder.encoder)
        parts = {"copies": copies, "seed": seed}
        batches = self._stored_batches("altered", source, "altering sequences", preprocessing, parts)
        training = {names[label] for label in np.unique(labels[rows])}
        features, label_parts = [], []
        for copy in range(copies):
            copy_names = source.class_names(names, copy)
            label_of = np.array([names.index(name) if name in training else -1 for name in copy_names])
            chosen = rows[label_of[labels[rows]] >= 0]
            features += [encoder.encode(batches[copy * len(labels) + part]) for part in in_parts(chosen)]
            label_parts.append(label_of[labels[chosen]])
            self.progress("encoding altered copies", copy + 1, copies)
        return FeatureSet(np.concatenate(features), np.concatenate(label_parts))

    def _stored_batches(
        self, name: str, sequences: Sequences, what: str, preprocessing: Preprocessing, *parts: Any
    ) -> np.ndarray:
        """Return batches of sequences as a memory map of a file, which is written where it is absent."""
        file = self.cache / f"{name}-{self._key(preprocessing.to_config(), *parts)}.npy"
        with first_process_first():
            if not file.is_file():
                batches = SequenceBatches(sequences, preprocessing)
                header = {"descr": "<f4", "fortran_order": False, "shape": batches.shape}
                with atomic_path(file) as temporary, temporary.open("wb") as stream:
                    np.lib.format.write_array_header_1_0(stream, header)
                    for rows in in_parts(np.arange(len(batches))):
                        stream.write(np.ascontiguousarray(batches[rows]).tobytes())
                        self.progress(what, int(rows[-1]) + 1, len(batches))
        return np.load(file, mmap_mode="r", allow_pickle=False)

    def _encode_parts(
        self, rows: dict[str, np.ndarray], config: EncoderConfig, *, observed: bool
    ) -> dict[str, np.ndarray]:
        """Return all arrays that `encode_split` stores."""
        encoder, train = self.encode_rows(rows["train"], config)
        arrays = {"train": train.features, "unseen": self.encode_with(encoder, rows["unseen"])}
        if train.masked is not None:
            arrays["masked"] = train.masked
        if len(rows["seen"]):
            arrays["seen"] = self.encode_with(encoder, rows["seen"])
            seen = FeatureSet(arrays["seen"], self.dataset.labels[rows["seen"]])
            accuracy = seen_class_accuracy(train, seen, len(self.dataset.class_names))
            if accuracy is not None:
                arrays["accuracy"] = np.array(accuracy)
        if observed:
            first = [self._encode_first(encoder, rows["unseen"], share) for share in OBSERVED_SHARES]
            arrays["observed"] = np.stack(first)
        return arrays

    def _encode_first(self, encoder: SkeletonEncoder, rows: np.ndarray, share: float) -> np.ndarray:
        """Return features (n, D) of rows of which only the first share of the frames is observed."""
        frames = max(1, round(share * encoder.batch_frames))
        what = f"encoding the first {share:.0%} of the frames"
        return self.encode_with(encoder, rows, what, lambda batch: batch[:, :, :frames])

    def _encode_views(self, encoder: SkeletonEncoder, rows: np.ndarray, config: EncoderConfig) -> np.ndarray:
        """Return features (R, n, D) of SMIE's masked views."""
        keep, frames = (round(share * encoder.batch_frames) for share in (STILL_SHARE, MASKED_SHARE))
        views = []
        for view in range(config.masked_views):
            masked = partial(temporal_mask, rng=np.random.default_rng([config.seed, view]), keep=keep, frames=frames)
            views.append(self.encode_with(encoder, rows, f"encoding masked view {view + 1}", masked))
        return np.stack(views)

    def _key(self, *parts: Any) -> str:
        return content_key(__version__, self.dataset.fingerprint, self.preprocessing.to_config(), *parts)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of a batch source, as a batch source."""

    source: BatchSource
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
        return np.asarray(self.source[self.rows[chosen]])


def pretrain(
    datasets: Sequence[SkeletonDataset],
    splits: Sequence[str],
    encoder: EncoderConfig,
    seeds: Sequence[int],
    *,
    withhold: bool,
    cache: Path,
    progress: Progress = quiet,
) -> Iterator[str]:
    """Train encoders on the seen classes of splits, one at a time, and store them where `run_benchmark` looks.

    Args:
        datasets: Datasets; each is combined with each split and seed.
        splits: Names of class splits.
        encoder: The encoder; its seed is not used.
        seeds: Seeds of the encoders.
        withhold: Whether to train a second encoder, without the validation classes.
        cache: Cache folder of the benchmark.
        progress: Called as progress(what, done, total) during long work.

    Yields:
        A sentence about each trained encoder, in the first of several processes.

    Raises:
        InputError: An unknown split or option, or a split with an empty part.

    Example:
        >>> from pathlib import Path
        >>> from zeroskel.features import EncoderConfig, pretrain
        >>> list(pretrain([], ["demo"], EncoderConfig("stgcn"), [0], withhold=False, cache=Path("cache")))
        []
    """
    for dataset in datasets:
        store = FeatureStore(dataset, cache, progress)
        for name, seed, without in product(splits, seeds, sorted({withhold, False})):
            rows = store.rows(resolve_split(name, dataset), without)["train"]
            store.encoder(replace(encoder, seed=seed), rows)
            if is_first_process():
                lacking = " without its validation classes" if without else ""
                yield f"{encoder.name} for {dataset.name}, {name}{lacking}, seed {seed}: {len(rows)} sequences"
