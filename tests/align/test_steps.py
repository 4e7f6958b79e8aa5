"""The step of every method that trains a network can be recorded and repeated by a GPU."""

import inspect

import numpy as np
import pytest
import torch

from zeroskel import align
from zeroskel.align import Batch, NeuralAligner

from ..recorded_graphs import OnOneDevice, trained_as_on_a_gpu

VARIANTS = {
    "smie": [{}, {"negatives": "published"}, {"estimator": "infonce", "critic": "separable"}],
    "devise": [{}, {"violations": "first"}],
    "relation-net": [{}, {"pairs": "batch"}],
    "flow": [{"align_epochs": 2}],
}
NEURAL = [name for name in align.available() if issubclass(align.method_class(name), NeuralAligner)]
CASES = [(name, options) for name in NEURAL for options in VARIANTS.get(name, [{}])]
every_method = pytest.mark.parametrize(("method", "options"), CASES, ids=[f"{n}{o or ''}" for n, o in CASES])


def fitted(toy, method, options):
    features, labels, texts = toy
    views = np.stack([features + 0.1, features - 0.1])
    short = {"epochs": 5, "batch_size": 40, **options}
    known = inspect.signature(align.method_class(method)).parameters
    aligner = align.create(method, **{name: value for name, value in short.items() if name in known})
    return aligner.fit(features, labels, texts, views, seed=1)


@every_method
def test_repeated_steps_train_the_same_network(monkeypatch, toy, method, options):
    with trained_as_on_a_gpu(monkeypatch, graphs=0):
        step_by_step = fitted(toy, method, options)
    with trained_as_on_a_gpu(monkeypatch) as recordings:
        repeated = fitted(toy, method, options)
    assert recordings
    assert repeated.history_.step_losses == step_by_step.history_.step_losses
    for name, value in repeated._state().items():
        np.testing.assert_array_equal(value, step_by_step._state()[name], err_msg=name)


@every_method
def test_a_step_reads_nothing_from_the_cpu(toy, method, options):
    aligner, labels = fitted(toy, method, options), torch.arange(12) % 6
    draws = aligner._draw(labels, 6, 0, torch.Generator().manual_seed(0))
    there = [value.to("meta") for value in (torch.zeros(12, 24), torch.zeros(6, 6), labels, torch.zeros(12, 24))]
    aligner.network_.to("meta").train()
    batch = Batch(*there, tuple(value.to("meta") for value in draws))
    with OnOneDevice():
        aligner._loss(batch)["loss"].backward()
