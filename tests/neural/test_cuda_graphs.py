"""Steps repeat as recorded operations; a step that cannot be recorded trains without a graph."""

import logging

import pytest
import torch
from torch import nn

from zeroskel.neural import _cuda_graphs
from zeroskel.neural._training import _adam, _set_rate, one_ahead, seeded, train

from ..recorded_graphs import recorded, trained_as_on_a_gpu


def losses(step, epochs=4):
    with seeded(0):
        network = nn.Linear(3, 1)
        data = torch.randn(14, 3)
        history = train(
            network,
            step,
            lambda epoch: [(rows,) for rows in data.split(4)],
            epochs=epochs,
            learning_rate=0.1,
            schedule=lambda epoch: 1 - epoch / epochs,
        )
    return history.step_losses


def squares(network, rows):
    return {"loss": network(rows).square().mean() + 0.1 * torch.rand_like(rows).mean()}


def test_repeated_operations_give_the_numbers_of_the_step(monkeypatch):
    with trained_as_on_a_gpu(monkeypatch, graphs=0):
        expected = losses(squares)
    with trained_as_on_a_gpu(monkeypatch) as recordings:
        assert losses(squares) == expected
    assert [len(rows) for (rows,) in recordings] == [4, 2], "one graph for each length of a batch"
    assert losses(squares) == pytest.approx(expected, rel=1e-5), "Adam of the CPU"


def test_what_python_counts_is_frozen_in_a_graph(monkeypatch):
    steps = iter(range(100))
    with trained_as_on_a_gpu(monkeypatch):
        frozen = losses(lambda network, rows: {"loss": 0 * network(rows).mean() + float(next(steps))})
    assert frozen[:3] == [0, 1, 2]
    assert len(set(frozen)) < len(frozen)


def test_a_step_that_waits_for_a_value_trains_without_a_graph(monkeypatch, caplog):
    def waits(network, rows):
        loss = network(rows).square().mean()
        return {"loss": loss * (1 if loss.item() > -1 else 2)}

    def refused(*arguments):
        run, _ = recorded(*arguments)
        run(*arguments[1])

    with trained_as_on_a_gpu(monkeypatch, graphs=0):
        expected = losses(waits)
    with trained_as_on_a_gpu(monkeypatch), caplog.at_level(logging.WARNING):
        monkeypatch.setattr(_cuda_graphs, "recorded", refused)
        assert losses(waits) == expected
    assert caplog.messages == [
        "Training runs without CUDA graphs, which is slower: _local_scalar_dense cannot be recorded"
    ]


def test_the_optimizer_of_a_graph_keeps_its_rate_and_counters_on_the_device():
    optimizer = _adam(nn.Linear(3, 1), 0.1, torch.device("cpu"))
    (group,) = optimizer.param_groups
    assert group["capturable"] and group["fused"], "torch refuses to record other steps of Adam"
    rate = group["lr"]
    _set_rate(optimizer, 0.05)
    assert optimizer.param_groups[0]["lr"] is rate and rate.item() == pytest.approx(0.05)


def test_epochs_are_prepared_in_order_and_one_ahead():
    prepared = []
    of_epoch = one_ahead(lambda epoch: prepared.append(epoch) or epoch)
    assert [of_epoch(epoch) for epoch in range(3)] == [0, 1, 2]
    assert of_epoch(3) == 3
    assert prepared[:4] == [0, 1, 2, 3]
