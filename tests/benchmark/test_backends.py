"""A grid on a Dask cluster gives the results of one process, even when it loses a worker."""

import json
import os
import signal

import pytest
from distributed import LocalCluster

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.benchmark._backends import check_workers, run_tasks
from zeroskel.core import InputError

CONFIG = BenchmarkConfig(
    splits=("small",),
    methods=("smie", "ridge", "conse"),
    encoders=("kinematic",),
    seeds=(0, 1),
    options={"kinematic": {"embed_dim": 32}, "smie": {"epochs": 10, "hidden": (32, 16)}},
)


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running


def records(out):
    """Return the records without the seconds, which differ."""
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    return [{name: value for name, value in record.items() if name != "seconds"} for record in lines]


@pytest.mark.slow("a cluster of processes starts and loses one")
def test_a_cluster_that_loses_a_worker_midway_gives_the_results_of_one_process(cluster, small, cache, tmp_path):
    run_benchmark([small], CONFIG, tmp_path / "alone", cache=cache)
    killed = []

    def kill_one(what, done, total):
        if what == "cells" and done == 1 and not killed:
            killed.append(cluster.workers[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    run_benchmark(
        [small], CONFIG, tmp_path / "cluster", cache=cache, scheduler=cluster.scheduler_address, progress=kill_one
    )
    assert killed
    assert records(tmp_path / "cluster") == records(tmp_path / "alone")
    assert len(records(tmp_path / "cluster")) == 6


def test_a_scheduler_that_is_not_there_is_told(small, cache, tmp_path, monkeypatch):
    monkeypatch.setattr("zeroskel.benchmark._backends.CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        run_benchmark([small], CONFIG, tmp_path / "out", cache=cache, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="expected an address"):
        check_workers(1, "nonsense://here")
    assert not (tmp_path / "out").exists()


def test_a_cluster_without_workers_is_told():
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(InputError, match="has no workers; start some: dask worker"),
    ):
        check_workers(1, empty.scheduler_address)


def test_processes_give_all_results():
    assert sorted(run_tasks(abs, [-8, 9, -5], 2)) == [5, 8, 9]


def test_less_than_one_process_is_refused():
    with pytest.raises(InputError, match="workers is 0; expected at least 1"):
        check_workers(0, None)
