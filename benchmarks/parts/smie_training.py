"""Training of SMIE: the encoder runs twice in each epoch, as published, or features and masked views are cached."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import layer_norm, relu

from parts.plain_stgcn import PlainSTGCN
from parts.rows import Row, duration_text
from parts.scoring import plain_critic
from parts.stgcn import trained_network
from zeroskel import align
from zeroskel.align._critic import Critic
from zeroskel.align.mutual_information import jensen_shannon
from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.datasets import open_datasets
from zeroskel.encoders.stgcn import _fast_inference
from zeroskel.skeleton.transforms import temporal_mask

SEQUENCES, EPOCHS, BATCH, VIEWS, CLASSES = 8_000, 100, 128, 4, 55
SAMPLE = 512  # sequences that are measured; costs are multiples of theirs
LOW_MOTION_FRAMES, REMAINING_FRAMES = 35, 20  # of a masked view


def published_loss(critic: Critic, features: torch.Tensor, masked: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Return the loss of SMIE as published: a text meets the next sequence of the batch, as negative of both views."""
    against = plain_critic(critic, features.roll(-1, dims=0), texts)
    information = jensen_shannon(plain_critic(critic, features, texts), against)
    masked_information = jensen_shannon(plain_critic(critic, masked, texts), against)
    return -information + 0.5 * relu(0.1 - (information - masked_information))


def training() -> list[Row]:
    """Compare both ways of training on the layout of a Kinect with one body."""
    rng = np.random.default_rng(0)
    network = trained_network("kinect-20", 1)
    batches = rng.normal(size=(SAMPLE, 3, 50, 20, 1)).astype(np.float32)
    labels = np.arange(SAMPLE) % CLASSES
    texts = rng.normal(size=(CLASSES, 384)).astype(np.float32)
    plain = PlainSTGCN(network).eval()
    critic = Critic(256 + 384)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-5)
    of_each = torch.from_numpy(texts[labels])

    def published_epoch() -> None:
        """Run both passes of the frozen encoder and a training step for each batch."""
        for start in range(0, SAMPLE, BATCH):
            part = batches[start : start + BATCH]
            masked = temporal_mask(part, rng, keep=LOW_MOTION_FRAMES, frames=REMAINING_FRAMES)
            with torch.no_grad():
                v, v_masked = (layer_norm(plain(torch.from_numpy(x)), (256,)) for x in (part, masked))
            text = of_each[start : start + BATCH]
            loss = published_loss(critic, v, v_masked, text)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    def encode_once() -> tuple[np.ndarray, np.ndarray]:
        """Return the features and the masked views that all epochs use."""
        whole = np.concatenate(
            [_fast_inference(network, part).numpy() for part in np.array_split(batches, SAMPLE // BATCH)]
        )
        views = []
        for _ in range(VIEWS):
            masked = [
                temporal_mask(part, rng, keep=LOW_MOTION_FRAMES, frames=REMAINING_FRAMES)
                for part in np.array_split(batches, SAMPLE // BATCH)
            ]
            views.append(np.concatenate([_fast_inference(network, part).numpy() for part in masked]))
        return whole, np.stack(views)

    published = _median(published_epoch)
    features, views = encode_once()
    encoding = _median(encode_once)
    some_epochs = 5

    def train() -> None:
        align.create("smie", epochs=EPOCHS, stop_epoch=some_epochs).fit(features, labels, texts, views)

    fitting = _median(train) / some_epochs
    times = SEQUENCES / SAMPLE
    slow, fast = times * EPOCHS * published, times * (encoding + EPOCHS * fitting)
    return [
        Row(
            f"SMIE training, {EPOCHS} epochs, {SEQUENCES:,} sequences, 20 joints x 1, ST-GCN frozen",
            f"encoder run twice every epoch, {duration_text(slow)} ({SAMPLE} sequences, one epoch, multiplied)",
            f"{duration_text(fast)}: {duration_text(times * encoding)} to encode once with {VIEWS} masked views, "
            "the rest for the network",
            figure=slow / fast,
            unit="times as fast",
            target=25.0,
        )
    ]


def accuracy_by_views(pool: Path, views: tuple[int, ...], seeds: int, cache: Path) -> list[Row]:
    """Measure the accuracy of SMIE with R masked views; with a view for each epoch the masks are always new."""
    rows = []
    (dataset,) = open_datasets([str(pool)])
    for count in views:
        config = BenchmarkConfig(
            splits=("pool-2",),
            methods=("smie",),
            encoders=("kinematic",),
            seeds=tuple(range(seeds)),
            masked_views=count,
        )
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            records = run_benchmark([dataset], config, Path(folder), cache=cache)
        accuracies = 100 * np.array([record.zsl_per_class_accuracy for record in records])
        rows.append(
            Row(
                f"SMIE's accuracy, pool-2, {seeds} seeds, " + ("fresh masks" if count >= EPOCHS else f"R = {count}"),
                "",
                f"{duration_text((time.perf_counter() - start) / seeds)} a seed",
                figure=float(accuracies.mean()),
                unit="% by class",
                note=f"± {accuracies.std(ddof=1):.1f}",
            )
        )
    return rows


def _median(call: Callable[[], object], rounds: int = 3) -> float:
    seconds = []
    call()
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))
