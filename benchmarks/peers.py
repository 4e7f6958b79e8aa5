"""Train official code of other groups beside zeroskel, on the same features, split and texts.

    python benchmarks/peers.py --smie SMIE --sa-dvae SA-DVAE --synse synse-zsl --json docs/results/peers.json

Each option names a checkout of the official repository. The benchmark imports the model classes from it by path, which
RUNS FOREIGN CODE with your rights, and trains them as the released scripts do, with their options for NTU-60. Nothing
of theirs is part of zeroskel. The accuracy is that of the last epoch; nothing is selected on test classes. Without a
checkout only the methods of zeroskel are measured.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from parts import peer_others, peer_variational
from parts.peer_checkout import CheckoutError, Task, cuda_is, file_of
from zeroskel import align
from zeroskel.core import InputError
from zeroskel.core._files import atomic_path
from zeroskel.datasets import open_datasets, resolve_split
from zeroskel.evaluate import accuracy, per_class_accuracy
from zeroskel.features import EncoderConfig
from zeroskel.features._store import FeatureStore
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts

Official = Callable[[Path, Task, int], np.ndarray]

# option -> official trainings in that checkout, each with the method of zeroskel beside it
PEERS: dict[str, dict[str, tuple[str, Official]]] = {
    "smie": {"SMIE": ("smie", peer_others.smie)},
    "sa-dvae": {"SA-DVAE": ("sa-dvae", peer_variational.sa_dvae)},
    "tdsm": {"TDSM": ("tdsm", peer_others.tdsm)},
    "flora": {
        "Flora, neighbours among all classes": ("flow", peer_others.flora),
        "Flora, neighbours among seen classes": ("flow", partial(peer_others.flora, seen_neighbours=True)),
    },
    "synse": {"SynSE": ("synse", peer_variational.synse), "CADA-VAE": ("cada-vae", peer_variational.cada_vae)},
}

FILES = {  # option -> the file that is imported from its checkout
    "smie": "model.py",
    "sa-dvae": "train.py",
    "tdsm": "model/dit.py",
    "flora": "models/fm.py",
    "synse": "synse/synse.py",
}


def prepared_task(arguments: argparse.Namespace) -> Task:
    """Return the features of the split, by one encoder that is trained on its seen classes."""
    (dataset,) = open_datasets([arguments.data])
    options = {"epochs": arguments.encoder_epochs} if arguments.encoder == "stgcn" else {}
    store = FeatureStore(dataset, arguments.cache)
    encoded = store.encode_split(resolve_split(arguments.split, dataset), EncoderConfig(arguments.encoder, options))
    texts = class_embeddings(SentenceEncoder(cache=arguments.cache), class_texts(dataset.class_names, "name"))
    masked = encoded.train.features[None] if encoded.train.masked is None else encoded.train.masked
    train, test = encoded.train, encoded.unseen
    return Task(
        *(train.features, train.labels, masked, texts, test.features, test.labels, arguments.device, arguments.share)
    )


def ours(method: str, task: Task, seed: int) -> np.ndarray:
    """Return the predictions of a method of zeroskel with its defaults; texts of unseen classes are hidden in `fit`."""
    visible, candidates = np.full_like(task.texts, np.nan), task.texts[task.unseen]
    visible[task.seen] = task.texts[task.seen]
    fitted = align.create(method).fit(task.features, task.labels, visible, task.masked, seed)
    scores = fitted.fit_candidates(candidates, seed).score_classes(task.test_features, candidates)
    return np.asarray(task.unseen[scores.argmax(axis=1)])


def measured(name: str, predict: Callable[[int], np.ndarray], task: Task, seeds: list[int]) -> dict[str, Any]:
    """Return accuracies by sample and by class in per cent, and the CPU seconds, of each seed."""
    row: dict[str, Any] = {"name": name, "seeds": seeds, "by_sample": [], "by_class": [], "cpu_seconds": []}
    for seed in seeds:
        start = time.process_time()
        predicted = predict(seed)
        row["cpu_seconds"].append(round(time.process_time() - start, 1))
        row["by_sample"].append(round(100 * accuracy(predicted, task.test_labels), 2))
        row["by_class"].append(round(100 * per_class_accuracy(predicted, task.test_labels), 2))
    print(table_row(row), flush=True)
    return row


def table_row(row: dict[str, Any]) -> str:
    """Return a line of the Markdown table: means, and standard deviations over the seeds."""
    cells = []
    for key in ("by_sample", "by_class"):
        spread = f" ± {np.std(row[key], ddof=1):.1f}" if len(row[key]) > 1 else ""
        cells.append(f"{np.mean(row[key]):.1f}{spread}")
    return f"| {row['name']} | {' | '.join(cells)} | {np.mean(row['cpu_seconds']):.1f} |"


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, trainings in PEERS.items():
        parser.add_argument(f"--{option}", type=Path, help=f"checkout of {', '.join(trainings)}; its code is run")
    pool = Path(os.environ.get("ZEROSKEL_SHARED", "../shared")) / "protocols" / "kinect_pool.json"
    parser.add_argument("--data", default=str(pool), help="dataset")
    parser.add_argument("--split", default="random-12-0", help="class split")
    parser.add_argument("--encoder", default="stgcn", help="encoder, trained on the seen classes")
    parser.add_argument("--encoder-epochs", type=int, default=20, help="epochs of stgcn")
    parser.add_argument("--seeds", default="0,1,2", help="seeds of the methods; the encoder has seed 0")
    parser.add_argument("--device", default="cpu", help="device of the official training")
    parser.add_argument("--share", type=float, default=1.0, help="share of the published steps, for a trial")
    parser.add_argument("--skip-ours", action="store_true", help="leave out the methods of zeroskel")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="folder of features")
    parser.add_argument(
        "--json", type=Path, default=Path("peers.json"), help="file of the figures; rows that are not measured stay"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Measure the named official trainings and the methods of zeroskel beside them."""
    arguments = parsed(argv)
    named = {option: path for option in PEERS if (path := getattr(arguments, option.replace("-", "_"))) is not None}
    torch.set_num_threads(1)
    try:
        for option, path in named.items():
            file_of(path, FILES[option])
            print(f"--{option}: running foreign code from {path}", file=sys.stderr)
        task = prepared_task(arguments)
        seeds = [int(seed) for seed in arguments.seeds.split(",")]
        rows = compared(named, task, seeds, with_ours=not arguments.skip_ours)
    except (CheckoutError, InputError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}, one thread"
    facts = {name: getattr(arguments, name) for name in ("split", "encoder", "encoder_epochs", "share")}
    figures: dict[str, Any] = {**facts, "machine": machine, "rows": rows}
    if arguments.json.exists():
        earlier = json.loads(arguments.json.read_text(encoding="utf-8"))
        if any(earlier.get(name) != value for name, value in facts.items()):
            print(f"{arguments.json}: has figures of another task; name another file with --json", file=sys.stderr)
            sys.exit(2)
        names = {row["name"] for row in rows}
        figures["rows"] = [row for row in earlier["rows"] if row["name"] not in names] + rows
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(arguments.json) as temporary:
        temporary.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def compared(named: dict[str, Path], task: Task, seeds: list[int], *, with_ours: bool = True) -> list[dict[str, Any]]:
    """Return the rows of the named checkouts and of the methods of zeroskel beside them."""
    print("| training | by sample | by class | CPU seconds |\n|---|---|---|---|", flush=True)
    rows: list[dict[str, Any]] = []
    for option in named or PEERS:
        trainings = PEERS[option]
        for name, (_, official) in trainings.items() if option in named else ():
            with cuda_is(task.device):
                rows.append(measured(f"{name}, official", partial(official, named[option], task), task, seeds))
        for method in dict.fromkeys(method for method, _ in trainings.values()) if with_ours else ():
            rows.append(measured(f"`{method}`", partial(ours, method, task), task, seeds))
    return rows


if __name__ == "__main__":
    main()
