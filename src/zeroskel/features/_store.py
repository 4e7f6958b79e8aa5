"""Features of a data set under a split, computed once and kept on disk by content."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__, encoders
from zeroskel.core import FeatureSet, InputError, SkeletonSequence, ZeroShotSplit
from zeroskel.core._files import atomic_folder, atomic_path, content_key
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset
from zeroskel.encoders import BatchSource, SkeletonEncoder
from zeroskel.encoders._processes import first_process_first
from zeroskel.features._altered_copies import Augmentation
from zeroskel.features._encoded_split import (
    ENCODE_AT_ONCE,
    OBSERVED_SHARES,
    EncodedSplit,
    EncoderConfig,
    held_out,
    seen_class_accuracy,
)
from zeroskel.skeleton import Preprocessing, SequenceBatches, Sequences
from zeroskel.skeleton.transforms import temporal_mask

FRAMES = 50
KEPT_SHARE, REMAINING_SHARE = 35 / 50, 20 / 50  # SMIE's temporal mask


class FeatureStore:
    """Batches, fitted encoders and features of one data set.

    Args:
        dataset: labelled sequences.
        cache: folder for results by content.
        progress: told about long work.
    """

    def __init__(self, dataset: SkeletonDataset, cache: Path, progress: Progress = quiet) -> None:
        self.dataset = dataset
        self.cache = cache
        self.progress = progress
        self.preprocessing = Preprocessing(dataset.layout.name, frames=FRAMES, bodies=min(2, dataset.bodies))
        self._batches: np.ndarray | None = None

    @property
    def batches(self) -> np.ndarray:
        """(N, C, T, V, M) of all sequences as a memory map."""
        if self._batches is None:
            key = content_key(__version__, self.dataset.fingerprint, self.preprocessing.to_config())
            file = self.cache / f"batches-{key}.npy"
            with first_process_first():
                if not file.is_file():
                    self._write_batches(file, self.dataset, "preparing sequences")
            self._batches = np.load(file, mmap_mode="r", allow_pickle=False)
        return self._batches

    def _write_batches(self, file: Path, sequences: Sequences, what: str) -> None:
        source = SequenceBatches(sequences, self.preprocessing)
        with atomic_path(file) as temporary, temporary.open("wb") as stream:
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "<f4", "fortran_order": False, "shape": source.shape}
            )
            for rows in _parts(np.arange(len(source))):
                stream.write(np.ascontiguousarray(source[rows]).tobytes())
                self.progress(what, int(rows[-1]) + 1, len(source))

    def encoder(self, config: EncoderConfig, rows: np.ndarray) -> SkeletonEncoder:
        """An encoder fitted on the given training rows, from the cache where it was fitted before, on any device."""
        folder = self.cache / f"encoder-{self._key(config, rows)}"
        if not folder.is_dir():
            encoder = encoders.create(config.name, self.preprocessing.layout, **config.options)
            checkpoint = folder.with_name(f"{folder.name}.training")
            try:
                encoder.fit(
                    _Rows(self.batches, rows),
                    self.dataset.labels[rows],
                    self.dataset.subjects[rows],
                    config.seed,
                    on_epoch=lambda done, total: self.progress(f"pre-training {config.name}", done, total),
                    checkpoint=checkpoint,
                )
            except TypeError as error:  # an option of a wrong type, which only its use finds
                if not config.options:
                    raise
                told = ", ".join(f"{name}={value!r}" for name, value in config.options.items())
                raise InputError(f"encoder {config.name}: options {told} cannot be used ({error})") from error
            with first_process_first() as first:
                if first:
                    encoder.save(folder)
                    checkpoint.unlink(missing_ok=True)
        return encoders.load(folder, config.options.get("device"))

    def encode_split(self, split: ZeroShotSplit, config: EncoderConfig, *, withhold: bool = False) -> EncodedSplit:
        """Fit the encoder on seen classes of training recordings and encode what the split's evaluation needs.

        Args:
            split: which classes are unseen.
            config: the encoder.
            withhold: leave the split's validation classes and some training subjects out of training, and test on them
                instead of test recordings, to choose something there.

        Raises:
            InputError: a part of the split has no recordings.
        """
        rows = self.rows(split, withhold)
        folder = self.cache / f"features-{self._key(config, *rows.values(), config.masked_views)}"
        if not folder.is_dir():
            self._write_split(folder, rows, config, observed=not withhold)
        loaded = {file.stem: np.load(file, allow_pickle=False) for file in folder.glob("*.npy")}
        facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
        sets = {
            part: FeatureSet(loaded[part], self.dataset.labels[chosen], loaded["masked"] if part == "train" else None)
            for part, chosen in rows.items()
            if len(chosen)
        }
        return EncodedSplit(sets["train"], sets["unseen"], sets.get("seen"), loaded.get("observed"), facts["accuracy"])

    def encode_rows(self, rows: np.ndarray, config: EncoderConfig) -> tuple[SkeletonEncoder, FeatureSet]:
        """An encoder fitted on these rows, and their features with masked views; only the encoder is kept on disk."""
        encoder = self.encoder(config, rows)
        masked = self._encode_views(encoder, rows, config) if config.masked_views else None
        return encoder, FeatureSet(self.encode_with(encoder, rows), self.dataset.labels[rows], masked)

    def encode_with(self, encoder: SkeletonEncoder, rows: np.ndarray) -> np.ndarray:
        """(n, D) features of these rows by an encoder that was fitted elsewhere."""
        return self._encode(encoder, rows, "encoding")

    def encode_altered(self, rows: np.ndarray, encoder: SkeletonEncoder, augmentation: Augmentation) -> FeatureSet:
        """Features of altered copies of these rows; a copy whose class, so altered, does not train is left out."""
        features, labels = [], []
        batches, names, own = self._altered_batches(augmentation), self.dataset.class_names, self.dataset.labels
        training = {names[i] for i in np.unique(own[rows])}
        for copy in range(augmentation.copies):
            called = augmentation.names(names, copy)
            trains = np.array([name in training for name in called])
            places = np.array([names.index(name) if name in training else -1 for name in called])
            chosen = rows[trains[own[rows]]]
            for part in _parts(chosen):
                features.append(encoder.encode(batches[copy * len(own) + part]))
            labels.append(places[own[chosen]])
            self.progress("encoding altered copies", copy + 1, augmentation.copies)
        return FeatureSet(np.concatenate(features), np.concatenate(labels))

    def _altered_batches(self, augmentation: Augmentation) -> np.ndarray:
        """(copies N, C, T, V, M) of all sequences, copy by copy, as a memory map."""
        key = content_key(__version__, self.dataset.fingerprint, self.preprocessing.to_config(), asdict(augmentation))
        file = self.cache / f"altered-{key}.npy"
        if not file.is_file():
            self._write_batches(file, _Altered(self.dataset, augmentation), "altering sequences")
        loaded: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
        return loaded

    def rows(self, split: ZeroShotSplit, withhold: bool) -> dict[str, np.ndarray]:
        """Recordings of each part of a split; arguments and errors as `encode_split`."""
        labels, train = self.dataset.labels, self.dataset.train_mask_of(split)
        new, test = np.isin(labels, split.unseen), ~train
        if withhold:
            train = train & ~new
            new = np.isin(labels, split.validation_unseen)
            test = held_out(labels, self.dataset.subjects, train & ~new)
        masks = {
            "train": train & ~new & ~test,
            "unseen": train & new if withhold else test & new,
            "seen": test & ~new,
        }
        rows = {part: np.flatnonzero(mask) for part, mask in masks.items()}
        # a member held out has recordings of unseen classes only
        needed = ("train", "unseen") if withhold or split.held_out else ("seen", "train", "unseen")
        empty = [part for part in needed if not len(rows[part])]
        if empty:
            training = int(self.dataset.train_mask_of(split).sum())
            raise InputError(
                f"data set {self.dataset.name}, split {split.name}: no recordings for {', '.join(empty)} "
                f"({training} of {len(labels)} recordings train); expected some of each"
            )
        return rows

    def _write_split(self, folder: Path, rows: dict[str, np.ndarray], config: EncoderConfig, *, observed: bool) -> None:
        encoder = self.encoder(config, rows["train"])
        arrays = {part: self._encode(encoder, chosen, "encoding") for part, chosen in rows.items() if len(chosen)}
        arrays["masked"] = self._encode_views(encoder, rows["train"], config)
        if observed:
            arrays["observed"] = np.stack(
                [
                    self._encode(encoder, rows["unseen"], f"encoding the first {share:.0%} of the frames", share)
                    for share in OBSERVED_SHARES
                ]
            )
        sets = {
            part: FeatureSet(arrays[part], self.dataset.labels[rows[part]])
            for part in ("train", "seen")
            if part in arrays
        }
        accuracy = None
        if "seen" in sets:
            accuracy = seen_class_accuracy(sets["train"], sets["seen"], len(self.dataset.class_names))
        with atomic_folder(folder) as temporary:
            for name, array in arrays.items():
                np.save(temporary / f"{name}.npy", array, allow_pickle=False)
            (temporary / "facts.json").write_text(json.dumps({"accuracy": accuracy}), encoding="utf-8")

    def _encode(self, encoder: SkeletonEncoder, rows: np.ndarray, what: str, share: float = 1.0) -> np.ndarray:
        frames = max(1, round(share * self.preprocessing.frames))
        result = []
        for part in _parts(rows):
            result.append(encoder.encode(self.batches[part][:, :, :frames]))
            self.progress(what, sum(map(len, result)), len(rows))
        return np.concatenate(result)

    def _encode_views(self, encoder: SkeletonEncoder, rows: np.ndarray, config: EncoderConfig) -> np.ndarray:
        """(R, n, D) features of SMIE's masked views."""
        keep, frames = (round(share * self.preprocessing.frames) for share in (KEPT_SHARE, REMAINING_SHARE))
        views = []
        for view in range(config.masked_views):
            rng = np.random.default_rng([config.seed, view])
            parts = []
            for part in _parts(rows):
                parts.append(encoder.encode(temporal_mask(self.batches[part], rng, keep=keep, frames=frames)))
                self.progress(f"encoding masked view {view + 1}", sum(map(len, parts)), len(rows))
            views.append(np.concatenate(parts))
        return np.stack(views)

    def _key(self, config: EncoderConfig, *parts: Any) -> str:
        return content_key(
            __version__,
            self.dataset.fingerprint,
            self.preprocessing.to_config(),
            config.name,
            {name: value for name, value in config.all_options().items() if name != "device"},
            config.seed,
            *parts,
        )


class _Altered:
    """Altered copies of all sequences of a data set, copy by copy."""

    def __init__(self, dataset: SkeletonDataset, augmentation: Augmentation) -> None:
        self.dataset = dataset
        self.augmentation = augmentation

    def __len__(self) -> int:
        return self.augmentation.copies * len(self.dataset)

    def __getitem__(self, index: int) -> SkeletonSequence:
        copy, number = divmod(index, len(self.dataset))
        return self.augmentation.altered(self.dataset[number], number, copy)


class _Rows:
    """Some rows of a batch source, as a batch source."""

    def __init__(self, source: BatchSource, rows: np.ndarray) -> None:
        self.source = source
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
        return np.asarray(self.source[self.rows[chosen]])


def _parts(rows: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), ENCODE_AT_ONCE):
        yield rows[start : start + ENCODE_AT_ONCE]
