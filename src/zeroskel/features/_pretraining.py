"""Encoders that are trained before a benchmark needs them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
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
                what = f"{encoder.name} for {dataset.name}, {name}{lacking}, seed {seed}"
                yield f"{what}: {len(rows)} sequences"
