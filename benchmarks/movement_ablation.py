"""Measure what each part of the default bundle's recipe is worth on datasets that it did not see.

    python benchmarks/movement_ablation.py --out docs/results/ablation.json --page docs/movement.md

For each test dataset the recipe is trained on the members of the pool without the test dataset, as a whole and with one
part left out, and predicts the recordings of the test dataset among all its actions. HDM05 and CAD-60 are not in the
pool. Two further recipes train without the pool: one on synthetic motion alone, and one on HDM05 and synthetic motion.
The reader of the package reads the names of the actions, and the probabilities are not calibrated.

Recordings are encoded once for each training set, and the variants share these features.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parts.practice_page import fill_page, markdown_table
from practice import LAYOUTS, SETS, per_class, read_candidates, recorded_command, source_key
from zeroskel.align import Evidence
from zeroskel.core import FeatureSet
from zeroskel.core._files import atomic_path
from zeroskel.core._vocabulary import vocabulary
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._opening import read_pool
from zeroskel.datasets.synthetic import generate_dataset
from zeroskel.encoders import SkeletonEncoder
from zeroskel.features._encoded_split import AddedClasses, EncoderConfig, in_parts, with_added, with_more
from zeroskel.features._store import FeatureStore
from zeroskel.features._synthetic_classes import SyntheticMotion
from zeroskel.recognition._prediction import Candidates
from zeroskel.recognition._training import DEFAULT_BUNDLE
from zeroskel.skeleton import Preprocessing, SequenceBatches
from zeroskel.skeleton.transforms import convert_layout
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts

TESTED = ("utd-mhad", "msr-action3d", "utkinect", "nw-ucla", "hdm05", "cad60")
LAYOUT = "kinect-20"  # of the pool; all motion is trained in it
TINY = 1e-12  # a floor of 0 would let one quantity give the same score, minus infinity, to every candidate
POOL, SYNTHETIC, HDM05 = "pool", "synthetic motion", "hdm05"


@dataclass(frozen=True)
class Variant:
    """Recipe that differs from that of the default bundle.

    Args:
        motion: what is trained on: POOL, SYNTHETIC or HDM05.
        options: options of `Evidence` that only its scores depend on.
        measured: whether the measured quantities count.
        copies: whether altered copies of the recordings are trained on.
        synthetic: whether synthetic motion is trained on in addition to the recordings.
        exact: whether texts count as certain of every value.
    """

    motion: str = POOL
    options: Mapping[str, float] = field(default_factory=dict)
    measured: bool = True
    copies: bool = True
    synthetic: bool = True
    exact: bool = False


VARIANTS = {
    "the recipe": Variant(),
    "without measured quantities": Variant(measured=False),
    "without regressed quantities": Variant(options={"regressed": 0}),
    "without the floor": Variant(options={"floor": TINY}),
    "without the correction for hubs": Variant(options={"hubness": 0}),
    "without certainties: texts are exact": Variant(exact=True),
    "without synthetic motion": Variant(synthetic=False),
    "without altered copies": Variant(copies=False),
    "synthetic motion alone": Variant(SYNTHETIC, copies=False, synthetic=False),
    "HDM05 and synthetic motion alone": Variant(HDM05),
}


@dataclass(frozen=True, eq=False)
class Encoded:
    """Features that the variants of one training set share.

    Args:
        encoder: fitted on the recordings.
        preprocessing: preparation of recordings for the encoder.
        recorded: features of the recordings.
        copies: features of their altered copies.
        added: features and texts of synthetic motion.
        embeddings: (K, D_text) texts of the classes of the recordings.
    """

    encoder: SkeletonEncoder
    preprocessing: Preprocessing
    recorded: FeatureSet
    copies: FeatureSet
    added: AddedClasses
    embeddings: np.ndarray


def encoded(dataset: SkeletonDataset, rows: np.ndarray, sentences: SentenceEncoder, cache: Path) -> Encoded:
    """Return the features of recordings of a dataset, of their copies and of synthetic motion."""
    config = DEFAULT_BUNDLE
    store = FeatureStore(dataset, cache)
    preprocessing = store.preprocessing_of(config.encoder)
    encoder, recorded = store.encode_rows(rows, EncoderConfig(config.encoder, {}, config.masked_views, config.seed))
    return Encoded(
        encoder,
        preprocessing,
        recorded,
        store.encode_altered(rows, encoder, config.augment, config.seed),
        SyntheticMotion(config.synthetic, cache).classes(encoder, preprocessing, (), sentences, config.prompt),
        class_embeddings(sentences, class_texts(dataset.class_names, config.prompt)),
    )


def fitted(features: Encoded, *, copies: bool, synthetic: bool) -> Evidence:
    """Return the method, fitted on the recordings and on what is added to them."""
    train, embeddings = features.recorded, features.embeddings
    if copies:
        train = with_more(train, features.copies)
    if synthetic:
        train, embeddings = with_added(train, features.added, embeddings)
    return Evidence().fit(train.features, train.labels, embeddings, seed=DEFAULT_BUNDLE.seed)


def scores(variant: Variant, model: Evidence, features: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Return the scores (N, K) of a fitted method that a variant changes."""
    changed = copy(model)
    for name, value in variant.options.items():
        setattr(changed, name, value)
    if not variant.measured:
        changed._measured = None
    if variant.exact:
        embeddings = embeddings.copy()
        embeddings[:, len(vocabulary()) :] = 0  # the deviations
    return changed.score_classes(features, embeddings)


def accuracies(
    features: Encoded, motion: str, tests: Mapping[str, SkeletonDataset], candidates: Mapping[str, Candidates]
) -> Iterator[tuple[str, str, float]]:
    """Yield the name of a test dataset, a variant of what is trained on, and the accuracy by class."""
    models: dict[tuple[bool, bool], Evidence] = {}
    for name, test in tests.items():
        batches = SequenceBatches(test, features.preprocessing)
        tested = np.concatenate([features.encoder.encode(batches[part]) for part in in_parts(np.arange(len(test)))])
        for label, variant in VARIANTS.items():
            if variant.motion != motion:
                continue
            key = variant.copies, variant.synthetic
            if key not in models:
                models[key] = fitted(features, copies=variant.copies, synthetic=variant.synthetic)
            best = scores(variant, models[key], tested, candidates[name].embeddings).argmax(axis=1)
            yield name, label, per_class(best == test.labels, test.labels)


def trainings(
    pool: SkeletonDataset, tests: Mapping[str, SkeletonDataset], hdm05: SkeletonDataset
) -> Iterator[tuple[str, SkeletonDataset, np.ndarray, list[str]]]:
    """Yield what is trained on, as a name, a dataset and its rows, and the names of the datasets to test."""
    assert pool.members is not None
    for member in dict.fromkeys(name if name in pool.members else "" for name in tests):
        tested = [name for name in tests if name == member or (not member and name not in pool.members)]
        yield POOL, pool, np.flatnonzero(pool.members != member), tested
    *content, names = generate_dataset(subjects=DEFAULT_BUNDLE.synthetic, repetitions=1)
    simulated = in_layout_of_pool(SkeletonDataset(*content, names, name="synthetic"))
    yield SYNTHETIC, simulated, np.arange(len(simulated)), list(tests)
    tested = [name for name in tests if name != HDM05]
    yield HDM05, in_layout_of_pool(hdm05), np.arange(len(hdm05)), tested


def in_layout_of_pool(dataset: SkeletonDataset) -> SkeletonDataset:
    """Return a dataset with the joints of the pool."""
    sequences = [convert_layout(sequence, LAYOUT) for sequence in dataset]
    return SkeletonDataset(sequences, dataset.labels, dataset.subjects, dataset.class_names, name=dataset.name)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return test dataset -> its figures."""
    cache = options.cache / f"practice-{source_key()}"  # features are cached by version, and formulas change between
    wanted = dict.fromkeys([*options.sets, HDM05])
    files = {name: next(d / SETS[name] for d in options.data if (d / SETS[name]).is_file()) for name in wanted}
    opened = {name: SkeletonDataset.from_npz(file, layout=LAYOUTS.get(name)) for name, file in files.items()}
    tests = {name: opened[name] for name in options.sets}
    sentences = SentenceEncoder(DEFAULT_BUNDLE.text, cache=cache)
    candidates = {name: read_candidates(sentences, test.class_names, {}) for name, test in tests.items()}
    started = time.perf_counter()
    figures: dict[str, dict[str, float]] = {name: {} for name in tests}
    for motion, dataset, rows, tested in trainings(read_pool(options.pool), tests, opened[HDM05]):
        if not tested:
            continue
        print(f"encoding {len(rows)} recordings of {dataset.name} for {', '.join(tested)}", file=sys.stderr, flush=True)
        features = encoded(dataset, rows, sentences, cache)
        for name, label, accuracy in accuracies(features, motion, {name: tests[name] for name in tested}, candidates):
            figures[name][label] = accuracy
            seconds = time.perf_counter() - started
            print(f"  {name}: {100 * accuracy:5.1f}  {label} ({seconds:.0f} s)", file=sys.stderr, flush=True)
    return {
        name: {"classes": len(test.class_names), "recordings": len(test), "accuracy": figures[name]}
        for name, test in tests.items()
    }


def table(results: Mapping[str, Any]) -> str:
    """Return the table of accuracies in per cent, with the difference of each mean from that of the recipe."""
    rows = [("variant", *results, "mean", "difference")]
    for label in VARIANTS:
        pairs = [
            (result["accuracy"].get(label), result["accuracy"][next(iter(VARIANTS))]) for result in results.values()
        ]
        shared = np.array([pair for pair in pairs if pair[0] is not None])
        cells = ["–" if accuracy is None else f"{100 * accuracy:.1f}" for accuracy, _ in pairs]
        mean, of_recipe = 100 * shared.mean(axis=0) if len(shared) else (np.nan, np.nan)
        rows.append((label, *cells, f"{mean:.1f}", f"{mean - of_recipe:+.1f}"))
    return markdown_table(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all variants, write their figures and fill the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("ZEROSKEL_SHARED", "../shared"))
    folders = [shared / "data", shared / "exam"]
    parser.add_argument("--data", type=Path, nargs="+", default=folders, help="folders of the datasets")
    parser.add_argument("--pool", type=Path, default=shared / "protocols" / "kinect_pool.json")
    parser.add_argument("--sets", nargs="+", default=list(TESTED), choices=list(SETS), help="test these datasets only")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache")))
    parser.add_argument("--out", type=Path, default=Path("ablation.json"))
    parser.add_argument("--page", type=Path, help="Markdown page whose table is replaced")
    parser.add_argument("--table-only", action="store_true", help="write the page from the file without measuring")
    options = parser.parse_args(arguments)
    if not options.table_only:
        content = {"command": recorded_command(sys.argv), "machine": platform.machine(), "sets": measure(options)}
        with atomic_path(options.out) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    results = json.loads(options.out.read_text(encoding="utf-8"))["sets"]
    print(table(results))
    if options.page is not None:
        fill_page(options.page, table(results))


if __name__ == "__main__":
    main()
