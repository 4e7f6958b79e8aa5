"""Cost of bfloat16 in accuracy: unseen concepts of the pool, features of one ST-GCN in both precisions.

    python benchmarks/bfloat16.py --pool ../shared/protocols/kinect_pool.json --split pool-3 --seed 0 --cache CACHE

The encoder is trained first (20 epochs, minutes on two cores) unless it is in the cache, where
`zeroskel benchmark --encoder stgcn --set stgcn.epochs=20` puts it.
"""

import argparse
import copy
import json
from pathlib import Path

import numpy as np
import torch

from zeroskel import align
from zeroskel.datasets import open_datasets, resolve_split
from zeroskel.encoders import STGCN, PretrainedSTGCN
from zeroskel.encoders.stgcn import _fast_inference
from zeroskel.evaluate import per_class_accuracy
from zeroskel.features._encoded_split import EncoderConfig
from zeroskel.features._store import FeatureStore
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts

AT_ONCE = 128


def main() -> None:
    """Compare the accuracy of features in float32 and in bfloat16."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", required=True)
    parser.add_argument("--split", default="pool-3")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    parser.add_argument("--json", type=Path, help="write the figures there too")
    arguments = parser.parse_args()
    (dataset,) = open_datasets([arguments.pool])
    split = resolve_split(arguments.split, dataset)
    store = FeatureStore(dataset, arguments.cache)
    rows = store.rows(split, withhold=False)
    config = EncoderConfig("stgcn", {"epochs": arguments.epochs}, seed=arguments.seed)
    encoder = store.encoder(config, rows["train"])
    assert isinstance(encoder, PretrainedSTGCN)
    texts = class_embeddings(SentenceEncoder(cache=arguments.cache), class_texts(dataset.class_names, "name"))
    labels, unseen = dataset.labels[rows["unseen"]], np.array(split.unseen)
    accuracies = {}
    for dtype in (torch.float32, torch.bfloat16):
        network = copy.deepcopy(encoder.network_).to(dtype)
        train, test = (_encode(network, store, indices) for indices in (rows["train"], rows["unseen"]))
        for method in ("ridge", "smie"):
            aligner = align.create(method).fit(train, dataset.labels[rows["train"]], texts, seed=arguments.seed)
            predicted = unseen[aligner.score_classes(test, texts[unseen]).argmax(axis=1)]
            name = f"{method}, {str(dtype).removeprefix('torch.')}"
            accuracies[name] = float(per_class_accuracy(predicted, labels))
            print(f"{name}: {100 * accuracies[name]:.1f} % of {arguments.split} by class")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(accuracies, indent=1) + "\n", encoding="utf-8")


def _encode(network: STGCN, store: FeatureStore, indices: np.ndarray) -> np.ndarray:
    parts = np.array_split(indices, max(1, len(indices) // AT_ONCE))
    return np.concatenate([_fast_inference(network, store.batches[part]).float().numpy() for part in parts])


if __name__ == "__main__":
    main()
