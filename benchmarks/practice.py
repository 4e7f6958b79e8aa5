"""Measure the accuracy of the default bundle's configuration on datasets that it did not see.

    python benchmarks/practice.py --out docs/results/practice.json --page docs/accuracy.md

For each test dataset: train as `make bundle` does, on the members of the pool without the test dataset, then predict
its recordings among all its actions. HDM05 and CAD-60 are not in the pool and are never trained on. The texts of the
actions are read in two ways:

- written: by the reader of the package, which knows the values that are written of these names.
- withheld: by a reader that never met the names of any test dataset, nor the written movements with a wording close to
  one of them. Names that a user types are read like this.

A dataset whose figures are in the file already is not measured again, unless its inputs changed.
"""

import argparse
import json
import os
import platform
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import zeroskel
from movement_reader import train_reader, with_synonyms
from parts.practice_page import write_page
from zeroskel.core._files import atomic_path, content_key
from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets._opening import read_pool
from zeroskel.recognition import ZeroShotRecognizer
from zeroskel.recognition._examples import Examples
from zeroskel.recognition._prediction import Candidates
from zeroskel.recognition._training import DEFAULT_BUNDLE, TrainingConfig, train_on_rows
from zeroskel.text import SentenceEncoder, class_embeddings
from zeroskel.text._movement_reader import left_first, movements_without, normalised
from zeroskel.text._movement_texts import movement_texts

SETS = {
    "utd-mhad": "utd_mhad.npz",
    "msr-action3d": "msr_action3d.npz",
    "utkinect": "utkinect.npz",
    "nw-ucla": "nw_ucla.npz",
    "kinder-gator": "kinder_gator.npz",
    "hdm05": "hdm05_11.npz",
    "cad60": "cad60.npz",
}
LAYOUTS = {"cad60": "kinect-15"}
PARTS = ("sentences", "presence", "examples")
SENTENCES = Path(__file__).with_name("practice_sentences.toml")
SYNONYM = 0.9  # cosine of two texts' sentence embeddings from which on the written movement is withheld with the name
SHOTS, DRAWS = (1, 3, 5), 5

Read = Callable[[Sequence[str], Mapping[str, list[str]]], Candidates]
"""Function of names, and of name -> further texts, that reads them as candidates."""


def per_class(right: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean over classes of the share of correct predictions."""
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def correct(
    recognizer: ZeroShotRecognizer, features: np.ndarray, labels: np.ndarray, candidates: Candidates
) -> np.ndarray:
    """Return an (n,) mask of the recordings whose best action is the true one."""
    return np.array([prediction.scores.argmax() for prediction in recognizer.score(features, candidates)]) == labels


def figures_of_presence(
    recognizer: ZeroShotRecognizer, features: np.ndarray, labels: np.ndarray, candidates: Candidates
) -> dict[str, float]:
    """Return the calibration error and the rates of the presence test."""
    predictions = recognizer.score(features, candidates)
    right = np.array([prediction.scores.argmax() for prediction in predictions]) == labels
    confidence = np.array([prediction.probabilities.max() for prediction in predictions])
    bins = np.minimum((confidence * 10).astype(int), 9)
    gap = sum(abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))
    present, absent = [], []
    for row, label in enumerate(labels):  # lists of five actions, with the true one and without it
        rng = np.random.default_rng(row)
        others = rng.permutation(np.delete(np.arange(len(candidates.actions)), label))
        for indices, presences in ((np.r_[label, others[:4]], present), (others[:5], absent)):
            listed = Candidates(tuple(candidates.actions[i] for i in indices), candidates.embeddings[indices])
            presences.append(recognizer.score(features[row : row + 1], listed)[0].presence)
    pairs = np.array(absent)[:, None], np.array(present)[None]
    return {
        "calibration_error": float(gap),
        "kept_when_listed": float((np.array(present) >= 0.5).mean()),
        "refused_when_not": float((np.array(absent) < 0.5).mean()),
        "presence_auc": float((pairs[0] < pairs[1]).mean() + 0.5 * (pairs[0] == pairs[1]).mean()),
    }


def figures_of_examples(
    recognizer: ZeroShotRecognizer, features: np.ndarray, test: SkeletonDataset, candidates: Candidates
) -> dict[str, list[float]]:
    """Return the mean and deviation of the accuracy by the number of examples, which half of the people give."""
    accuracies: dict[str, list[float]] = {str(shots): [] for shots in (0, *SHOTS)}
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        people = rng.permutation(np.unique(test.subjects))
        giving = np.isin(test.subjects, people[: len(people) // 2])
        for shots in (0, *SHOTS):
            adapted = recognizer
            if shots:
                available = [np.flatnonzero(giving & (test.labels == label)) for label in range(len(test.class_names))]
                chosen = np.concatenate([rng.choice(rows, min(shots, len(rows)), replace=False) for rows in available])
                names = tuple(test.class_names[label] for label in test.labels[chosen])
                adapted = replace(recognizer, examples=Examples(features[chosen], names))
            right = correct(adapted, features[~giving], test.labels[~giving], candidates)
            accuracies[str(shots)].append(per_class(right, test.labels[~giving]))
    return {shots: [float(np.mean(values)), float(np.std(values))] for shots, values in accuracies.items()}


def figures_of_reading(
    recognizer: ZeroShotRecognizer,
    features: np.ndarray,
    test: SkeletonDataset,
    read: Read,
    sentences: Mapping[str, str],
    parts: Sequence[str],
) -> dict[str, Any]:
    """Return the accuracy with texts that are read in one way, and the figures of the parts."""
    names, labels = test.class_names, test.labels

    def accuracy(candidates: Candidates) -> float:
        return per_class(correct(recognizer, features, labels, candidates), labels)

    candidates = read(names, {})
    result: dict[str, Any] = {"accuracy": accuracy(candidates)}
    if "sentences" in parts and sentences:
        result["with_sentence"] = accuracy(read(names, {name: [sentences[name]] for name in names}))
        result["sentence_alone"] = accuracy(read([sentences[name] for name in names], {}))
    if "presence" in parts:
        result |= figures_of_presence(recognizer, features, labels, candidates)
    if "examples" in parts:
        result["examples"] = figures_of_examples(recognizer, features, test, candidates)
    return result


def read_candidates(
    encoder: SentenceEncoder, names: Sequence[str], texts: Mapping[str, list[str]], **reader: Any
) -> Candidates:
    """Return candidates whose names and further texts are read as `read_movements` does with the options `reader`."""
    return Candidates(tuple(names), class_embeddings(encoder, movement_texts(names, texts, **reader)))


def recorded_command(arguments: Sequence[str]) -> str:
    """Return the command that reproduces results, without the cache, which is a folder of one machine."""
    words = [word for word, before in zip(arguments, ["", *arguments], strict=False) if "--cache" not in (word, before)]
    return " ".join(["python", *words])


def withheld_reader(names: Sequence[str], cache: Path) -> dict[str, Any]:
    """Return the options of a reader that never met some names; it is trained unless the cache has it."""
    withheld = with_synonyms({left_first(normalised(name))[0] for name in names}, SYNONYM, SentenceEncoder(cache=cache))
    movements = movements_without(withheld)
    package = Path(zeroskel.__file__).parent
    files = [
        *sorted((package / "resources" / "movements").glob("*.toml")),
        Path(__file__).with_name("movement_reader.py"),
    ]
    files += [
        package / "text" / name
        for name in ("_movement_reader.py", "_movement_memory.py", "_movements.py", "_phrases.py")
    ]
    weights = cache / f"reader-{files_key(files, sorted(withheld))}.safetensors"
    if not weights.is_file():
        print(f"training a reader of words on {len(movements)} written movements", file=sys.stderr, flush=True)
        torch.set_num_threads(1)
        train_reader(movements, weights, 0)
    return {"weights": weights, "without": frozenset(withheld)}


def source_key() -> str:
    """Return a key of the code and the resources of the package, and of the scripts that measure and train."""
    package, scripts = Path(zeroskel.__file__).parent, Path(__file__).parent
    ends = (".py", ".toml", ".npz", ".safetensors")
    files = [file for file in sorted(package.rglob("*")) if file.suffix in ends and "bundle" not in file.parts]
    files += [scripts / "practice.py", scripts / "movement_reader.py", SENTENCES]
    return files_key(files)


def files_key(files: Sequence[Path], *parts: Any) -> str:
    """Return a key of the contents of files and of other parts."""
    return content_key([content_key(np.frombuffer(file.read_bytes(), np.uint8)) for file in files], *parts)


def main() -> None:
    """Measure the figures of each test dataset, and write them after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("ZEROSKEL_SHARED", "../shared"))
    folders = [shared / "data", shared / "exam"]
    parser.add_argument("--data", type=Path, nargs="+", default=folders, help="folders of the datasets")
    parser.add_argument("--pool", type=Path, default=shared / "protocols" / "kinect_pool.json")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS), help="measure these datasets only")
    for part in PARTS:
        parser.add_argument(f"--without-{part}", action="store_true", help=f"do not measure the figures of {part}")
    parser.add_argument("--again", action="store_true", help="measure datasets again whose figures are in the file")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("ZEROSKEL_CACHE", ".zeroskel-cache")))
    parser.add_argument("--out", type=Path, default=Path("practice.json"))
    parser.add_argument("--page", type=Path, help="Markdown page whose tables are replaced")
    parser.add_argument("--table-only", action="store_true", help="write the page from the file without measuring")
    options = parser.parse_args()
    parts = [part for part in PARTS if not getattr(options, f"without_{part}")]
    results: dict[str, Any] = {}
    if options.out.is_file():
        results = json.loads(options.out.read_text(encoding="utf-8"))["sets"]
    if not options.table_only:
        measure(options, parts, results)
    if options.page is not None:
        write_page(options.page, results)


def measure(options: argparse.Namespace, parts: Sequence[str], results: dict[str, Any]) -> None:
    """Add the figures of the datasets that `results` lacks, and write all of them after each dataset."""
    key = source_key()
    cache = options.cache / f"practice-{key}"  # features are cached by version, and formulas change between versions
    files = {name: next(d / SETS[name] for d in options.data if (d / SETS[name]).is_file()) for name in SETS}
    tests = {name: SkeletonDataset.from_npz(file, layout=LAYOUTS.get(name)) for name, file in files.items()}
    pool = read_pool(options.pool)
    assert pool.members is not None
    config = DEFAULT_BUNDLE if {"presence", "examples"} & {*parts} else replace(DEFAULT_BUNDLE, calibrate=False)
    sentences = {name: dict(table) for name, table in tomllib.loads(SENTENCES.read_text(encoding="utf-8")).items()}
    names = [class_name for test in tests.values() for class_name in test.class_names]
    reader: dict[str, Any] | None = None
    trained: dict[str, tuple[ZeroShotRecognizer, float]] = {}  # the member that is left out -> recognizer, seconds
    for name in options.sets:
        inputs = content_key(key, tests[name].fingerprint, pool.fingerprint)
        stored = results.get(name, {})
        if not options.again and stored.get("inputs") == inputs and {*parts} <= {*stored["parts"]}:
            print(f"{name}: its figures are in {options.out}", file=sys.stderr, flush=True)
            continue
        reader = reader or withheld_reader(names, options.cache)
        member = name if name in pool.members else ""
        if member not in trained:
            trained = {member: train_without(member, pool, config, cache)}
        recognizer, seconds = trained[member]
        print(f"{name}: predicting {len(tests[name])} recordings", file=sys.stderr, flush=True)
        rows = np.array_split(np.arange(len(tests[name])), max(1, len(tests[name]) // 40))
        features = np.concatenate([recognizer.encode([tests[name][i] for i in some]) for some in rows])
        measured = partial(figures_of_reading, recognizer, features, tests[name])
        written = partial(read_candidates, recognizer.sentences)
        texts = sentences.get(name, {})
        results[name] = {
            "classes": len(tests[name].class_names),
            "recordings": len(tests[name]),
            "training_seconds": round(seconds, 1),
            "written": measured(written, texts, parts),
            "withheld": measured(partial(written, **reader), texts, parts),
            "inputs": inputs,
            "parts": list(parts),
        }
        print(name, json.dumps(results[name]), flush=True)
        ordered = {each: results[each] for each in SETS if each in results}
        content = {"command": recorded_command(sys.argv), "machine": platform.machine(), "sets": ordered}
        with atomic_path(options.out) as temporary:
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def train_without(
    member: str, pool: SkeletonDataset, config: TrainingConfig, cache: Path
) -> tuple[ZeroShotRecognizer, float]:
    """Return a recognizer trained on a pool without one member, and the seconds that this took."""
    assert pool.members is not None
    started, shown = time.perf_counter(), ""

    def progress(work: str, _finished: int, _total: int) -> None:
        nonlocal shown
        if work != shown:
            print(f"  {work} ({time.perf_counter() - started:.0f} s)", file=sys.stderr, flush=True)
            shown = work

    print(f"training on the pool{f' without {member}' if member else ''}", file=sys.stderr, flush=True)
    rows = np.flatnonzero(pool.members != member)
    recognizer = train_on_rows(pool, rows, config, cache=cache, progress=progress)
    return recognizer, time.perf_counter() - started


if __name__ == "__main__":
    main()
