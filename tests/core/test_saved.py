"""Saved models load with equal numbers on any device."""

import json

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.core._saved import CONFIG, LARGE, WEIGHTS, halve, load_model, save_model


def test_halving_rounds_large_arrays_and_keeps_the_rest(tmp_path):
    rng = np.random.default_rng(0)
    state = {
        "large": rng.normal(size=LARGE).astype(np.float32),
        "small": rng.normal(size=10).astype(np.float32),
        "whole": np.arange(LARGE),
    }
    save_model(tmp_path / "model", {"options": {"a": [1, 2]}}, state)
    before = (tmp_path / "model" / WEIGHTS).stat().st_size
    halve(tmp_path / "model")
    config, loaded = load_model(tmp_path / "model")
    assert config == {"options": {"a": (1, 2)}}
    assert loaded["large"].dtype == np.float32
    np.testing.assert_allclose(loaded["large"], state["large"], rtol=1e-3, atol=1e-6)
    assert not np.array_equal(loaded["large"], state["large"])
    for name in ("small", "whole"):
        np.testing.assert_array_equal(loaded[name], state[name])
    assert (tmp_path / "model" / WEIGHTS).stat().st_size == pytest.approx(before - 2 * LARGE, abs=64)


def test_numbers_too_large_for_float16_are_not_rounded(tmp_path):
    save_model(tmp_path / "model", {"options": {}}, {"large": np.full(LARGE, 1e6, dtype=np.float32)})
    with pytest.raises(InputError, match="too large for float16"):
        halve(tmp_path / "model")
    assert (load_model(tmp_path / "model")[1]["large"] == 1e6).all()


def test_the_device_of_training_is_not_saved_and_can_be_chosen(tmp_path):
    save_model(tmp_path / "model", {"options": {"epochs": 3, "device": "cuda"}}, {"w": np.zeros(1)})
    assert load_model(tmp_path / "model")[0]["options"] == {"epochs": 3}
    assert load_model(tmp_path / "model", "cuda:1")[0]["options"] == {"epochs": 3, "device": "cuda:1"}


def test_a_device_in_a_folder_of_an_older_version_is_ignored(tmp_path):
    save_model(tmp_path / "model", {"options": {}}, {"w": np.zeros(1)})
    (tmp_path / "model" / CONFIG).write_text(json.dumps({"options": {"device": "cuda"}}))
    assert load_model(tmp_path / "model")[0] == {"options": {}}
