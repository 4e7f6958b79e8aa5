"""Encoders ahead of a benchmark."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import SkeletonDataset, resolve_split
from zeroskel.encoders._processes import is_first_process
from zeroskel.features._encoded_split import EncoderConfig
from zeroskel.features._store import FeatureStore


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
    """Train encoders on the seen classes of splits and put them where `run_benchmark` finds them, one at a time.

    Args:
        datasets, splits, seeds: each with each.
        encoder: which one; its seed is not used.
        withhold: train one without the validation classes, too.
        cache: as the benchmark's.
        progress: told about long work.

    Yields:
        What was trained, in words; nothing in other processes than the first.
    """
    for dataset in datasets:
        store = FeatureStore(dataset, cache, progress)
        for name in splits:
            for seed in seeds:
                for without in sorted({withhold, False}):
                    rows = store.rows(resolve_split(name, dataset), without)["train"]
                    store.encoder(replace(encoder, seed=seed), rows)
                    if is_first_process():
                        lacking = " without its validation classes" if without else ""
                        what = f"{encoder.name} for {dataset.name}, {name}{lacking}, seed {seed}"
                        yield f"{what}: {len(rows)} sequences"
