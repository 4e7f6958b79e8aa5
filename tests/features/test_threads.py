"""Numerical libraries use one thread inside the context, and the previous number afterwards."""

import pytest
import torch
from threadpoolctl import threadpool_info

from zeroskel.features._threads import loaded_pools, one_thread


@pytest.fixture(autouse=True)
def two_threads():
    loaded_pools.cache_clear()  # libraries may have been loaded since another test called it
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def threads() -> list[int]:
    return [torch.get_num_threads(), *(pool["num_threads"] for pool in threadpool_info())]


@pytest.mark.parametrize("pools", [lambda: None, loaded_pools], ids=["all libraries", "libraries loaded before"])
def test_libraries_use_one_thread_inside(pools):
    before = threads()
    with one_thread(pools()):
        assert set(threads()) == {1}
    assert threads() == before


def test_threads_come_back_after_an_error():
    before = threads()
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert threads() == before


def test_nested_contexts_keep_one_thread():
    with one_thread():
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
