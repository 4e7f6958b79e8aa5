"""Training as on a GPU: the data are on the device or read ahead, and steps repeat as graphs."""

import numpy as np
import pytest
import torch
from torch import nn

from zeroskel.encoders import STGCN, PretrainedSTGCN
from zeroskel.encoders._augmentation import changed, drawn_on_device
from zeroskel.encoders._gpu_batches import GpuBatches, read_ahead
from zeroskel.neural import _linear

from ..recorded_graphs import OnOneDevice, trained_as_on_a_gpu

SEQUENCES = np.random.default_rng(0).normal(size=(26, 3, 12, 20, 1)).astype(np.float32)
LABELS = np.arange(26) % 3
SEQUENCES[np.arange(26), LABELS] += 1
SMALL = {"hidden_channels": 4, "embed_dim": 16}


@pytest.mark.parametrize("most_bytes", [1 << 20, 0], ids=["resident", "read ahead"])
def test_batches_hold_their_sequences_and_labels(most_bytes):
    there = GpuBatches(SEQUENCES, LABELS, torch.device("cpu"), most_bytes)
    assert there.is_resident == bool(most_bytes)
    index_batches = np.array_split(np.random.default_rng(1).permutation(26), 4)
    steps = list(there.steps(index_batches))
    assert len(steps) == 4
    for rows, (sequences, labels) in zip(index_batches, steps, strict=True):
        np.testing.assert_array_equal(sequences, SEQUENCES[rows])
        np.testing.assert_array_equal(labels, LABELS[rows])


def test_values_are_read_in_order_a_few_ahead():
    read = []
    values = read_ahead(lambda key: read.append(key) or 10 * key, range(5))
    assert next(values) == 0
    assert list(values) == [10, 20, 30, 40]
    assert read == [0, 1, 2, 3, 4]


@pytest.mark.slow("the network trains twice")
def test_repeated_steps_train_the_same_encoder(monkeypatch):
    def fitted() -> PretrainedSTGCN:
        return PretrainedSTGCN("kinect-20", epochs=6, batch_size=10, dropout=0.3, **SMALL).fit(SEQUENCES, LABELS)

    with trained_as_on_a_gpu(monkeypatch, graphs=0):
        step_by_step = fitted()
    with trained_as_on_a_gpu(monkeypatch) as recordings:
        repeated = fitted()
    assert [len(sequences) for sequences, _ in recordings] == [9, 8]
    assert repeated.history_ == step_by_step.history_
    np.testing.assert_array_equal(repeated.encode(SEQUENCES), step_by_step.encode(SEQUENCES))
    assert repeated.history_[-1]["loss"] < repeated.history_[0]["loss"]


@pytest.mark.slow("the network trains twice")
def test_a_resumed_training_draws_the_same_changes(monkeypatch, tmp_path):
    def stop(epoch, epochs):
        if epoch == 2:
            raise KeyboardInterrupt

    def fit(**options):
        return PretrainedSTGCN("kinect-20", epochs=5, batch_size=13, **SMALL).fit(SEQUENCES, LABELS, **options)

    with trained_as_on_a_gpu(monkeypatch):
        whole = fit()
        with pytest.raises(KeyboardInterrupt):
            fit(checkpoint=tmp_path / "training", on_epoch=stop)
        with pytest.raises(KeyboardInterrupt):
            fit(checkpoint=tmp_path / "training", on_epoch=lambda epoch, epochs: stop(epoch - 2, epochs))
        resumed = fit(checkpoint=tmp_path / "training")
    assert resumed.history_ == whole.history_


def test_a_step_reads_nothing_from_the_cpu():
    network = nn.Sequential(STGCN("kinect-20", **SMALL), nn.Linear(16, 3)).to("meta")
    sequences, labels = torch.empty(4, 3, 12, 20, 2, device="meta"), torch.empty(4, dtype=torch.long, device="meta")
    with OnOneDevice():
        logits = network(changed(sequences, drawn_on_device(sequences.shape, sequences.device)))
        nn.functional.cross_entropy(logits, labels).backward()


@pytest.mark.slow("the compiler traces ten blocks")
def test_the_compiler_takes_the_network_as_one_graph(monkeypatch):
    monkeypatch.setattr(_linear, "_as_convolution", lambda x: False)  # as on a GPU
    torch.manual_seed(0)
    network = STGCN("kinect-20", **SMALL)
    batch = torch.from_numpy(SEQUENCES)
    compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
    gradients = []
    for way in (network, compiled):
        network.zero_grad()
        way(batch).square().sum().backward()
        gradients.append(torch.cat([weight.grad.flatten() for weight in network.parameters()]))
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-3)
    torch.compiler.reset()
