"""Measure how busy training keeps a GPU, what memory it takes, and whether a GPU gives the numbers of the CPU."""

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from parts.gpu_setting import Setting
from parts.plain_stgcn import PlainSTGCN
from parts.rows import Row, duration_text, time_in_turn
from parts.stgcn import CLASSES, apart, trained_network, ways_of_inference
from zeroskel import align
from zeroskel.encoders import PretrainedSTGCN

CLOSE, CLOSE_TRAINED = 1e-4, 0.99  # largest relative difference of features; least correlation of scores
FIRST_EPOCHS, WATCHED_EPOCHS = 5, 2  # epochs before the profiled ones, in which steps are recorded; profiled epochs


def load(setting: Setting) -> Iterator[Row]:
    """Measure the share of the time in which kernels run, in pre-training and in SMIE."""
    rng = np.random.default_rng(0)
    for layout, bodies in setting.cases:
        yield from _pretraining(setting, layout, bodies)
    features = rng.normal(size=(setting.sequences, 256)).astype(np.float32)
    labels = np.arange(setting.sequences) % CLASSES
    texts = rng.normal(size=(CLASSES, 384)).astype(np.float32)
    for negatives in ("published", "other-class"):
        watch = _Watch(setting)
        smie = align.create("smie", negatives=negatives, stop_epoch=watch.epochs, device=str(setting.device))
        smie.fit(features, labels, texts, features[None], on_epoch=lambda _, epoch, watch=watch: watch(epoch, 0))
        yield watch.row(f"SMIE, {setting.sequences:,} sequences, negatives {negatives}")


def _pretraining(setting: Setting, layout: str, bodies: int) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    joints = len(trained_network(layout, bodies).layout.joints)
    batches = rng.normal(size=(setting.sequences, 3, setting.frames, joints, bodies)).astype(np.float32)
    labels = np.arange(setting.sequences) % CLASSES
    watch = _Watch(setting)
    if setting.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    encoder = PretrainedSTGCN(layout, epochs=watch.epochs, batch_size=setting.step, device=str(setting.device))
    encoder.fit(batches, labels, on_epoch=watch)
    name = f"pre-training, {setting.sequences:,} sequences of {joints} x {bodies}, batches of {setting.step}"
    yield watch.row(name)
    yield Row(name, "", "", 1000 * watch.seconds_of_epoch / setting.sequences, "ms a sequence and epoch")
    if setting.device.type == "cuda":
        yield Row(f"{name}, memory", "", "", torch.cuda.max_memory_allocated() / 2**30, "GiB", more_is_better=False)


class _Watch:
    """Callback that profiles the kernels of a few epochs and times one epoch without a profiler."""

    epochs = FIRST_EPOCHS + 1 + WATCHED_EPOCHS

    def __init__(self, setting: Setting) -> None:
        self._on_gpu = setting.device.type == "cuda"
        activity = ProfilerActivity.CUDA if self._on_gpu else ProfilerActivity.CPU
        self._profiler = profile(activities=[activity])
        self._start = self._seconds = self.seconds_of_epoch = 0.0

    def __call__(self, epoch: int, epochs: int) -> None:
        """Take note of the end of an epoch."""
        now = time.perf_counter()
        if epoch == FIRST_EPOCHS:
            self._start = now
        elif epoch == FIRST_EPOCHS + 1:
            self.seconds_of_epoch = now - self._start
            self._profiler.start()
            self._start = time.perf_counter()
        elif epoch == self.epochs:
            self._seconds = now - self._start
            self._profiler.stop()

    def row(self, name: str) -> Row:
        """Return the share of the profiled time in which at least one kernel ran."""
        kind = torch.autograd.DeviceType.CUDA if self._on_gpu else torch.autograd.DeviceType.CPU
        spans = sorted(
            (event.time_range.start, event.time_range.end)
            for event in self._profiler.events() or ()
            if event.device_type == kind
        )
        busy, last = 0.0, -np.inf
        for start, end in spans:
            busy += max(0.0, end - max(start, last))
            last = max(last, end)
        share = 100 * busy / 1e6 / self._seconds
        return Row(f"{name}, GPU busy", "", f"{WATCHED_EPOCHS} epochs of {len(spans)} kernels", share, "%", 80.0)


def parity(setting: Setting) -> Iterator[Row]:
    """Train each method that has a device on both with the same seed: how its scores correlate.

    Without dropout, which each device draws for itself.
    """
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(24, 384)).astype(np.float32)
    labels = np.arange(min(400, setting.sequences)) % 20
    features = (texts[labels, :256] + rng.normal(size=(len(labels), 256))).astype(np.float32)
    masked = features[None] + rng.normal(scale=0.3, size=(2, *features.shape)).astype(np.float32)
    for method in align.available():
        options = inspect.signature(align.method_class(method)).parameters
        if "device" not in options:
            continue
        wanted: dict[str, Any] = {"epochs": 6, "align_epochs": 3, "dropout": 0.0, "networks": 1}
        short = {name: value for name, value in wanted.items() if name in options}
        scores, times, note = [], [], ""
        for device in ("cpu", str(setting.device)):
            start = time.perf_counter()
            aligner = align.create(method, device=device, **short)
            try:
                aligner.fit(features, labels, texts[:20], masked)
                aligner.fit_candidates(texts[20:])
                scores.append(aligner.score_classes(features, texts[20:]).ravel())
            except RuntimeError as error:
                note = f"{device}: {str(error).splitlines()[0]}"
            times.append(duration_text(time.perf_counter() - start))
        correlation = 0.0 if note else float(np.corrcoef(*scores)[0, 1])
        yield Row(f"{method}, scores of both devices", f"CPU, {times[0]}", times[1], correlation, "correlation",
                  CLOSE_TRAINED, note=note)  # fmt: skip


def inference(setting: Setting) -> Iterator[Row]:
    """Compare features of both devices, and sequences a second of the plain module and of ours."""
    for layout, bodies in setting.cases:
        network = trained_network(layout, bodies)
        joints = len(network.layout.joints)
        batch = torch.randn(setting.batch, 3, setting.frames, joints, bodies)
        expected = PlainSTGCN(network).eval()(batch[:64]).detach()
        network, batch = network.to(setting.device), batch.to(setting.device)
        ways = ways_of_inference(network)
        with torch.inference_mode():
            error = apart(ways["float32"](batch[:64]).cpu(), expected)
            calls: dict[str, Callable[[], object]] = {
                name: lambda way=way, batch=batch: way(batch) for name, way in ways.items()
            }
            limit = setting.seconds_left() / 2
            seconds = time_in_turn(calls, setting.rounds, 1, setting.wait, seconds_at_most=limit)
        what = f"ST-GCN inference, {setting.batch} sequences, {joints} x {bodies}"
        yield Row(f"{what}, features", "CPU", "", error, "of the largest apart", CLOSE, more_is_better=False)
        for name in ("float32", "bfloat16"):
            rates = [f"{setting.batch / seconds[way]:,.0f} a second" for way in ("plain", name)]
            yield Row(f"{what}, {name}", rates[0], rates[1], seconds["plain"] / seconds[name], "times as fast")
