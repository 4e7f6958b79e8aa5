"""Records of a benchmark for the tests of tables, figures and pages."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from zeroskel.core import CellRecord

LINE = {
    "data": "utd-mhad",
    "notice": "",
    "split": "purls-5",
    "encoder": "stgcn",
    "encoder_options": {},
    "method": "smie",
    "options": {},
    "text": "minilm",
    "prompt": "name",
    "seed": 0,
    "selection": "last",
    "selected_epoch": 100,
    "classes_seen": 22,
    "classes_unseen": ["wave", "squat"],
    "train_sequences": 352,
    "test_sequences": 10,
    "zsl_accuracy": 0.7,
    "zsl_per_class_accuracy": 0.6,
    "chance": 0.5,
    "majority": 0.5,
    "seen_class_accuracy": 0.66,
    "gzsl_seen": 0.4,
    "gzsl_unseen": 0.2,
    "gzsl_harmonic_mean": 0.8 / 3,
    "confusion": [[4, 1], [2, 3]],
    "observed": {"share": [0.5, 1.0], "accuracy": [0.6, 0.7], "mutual_information": [-1.4, -1.2]},
    "seconds": 12.0,
    "version": "0.1.0",
}


@pytest.fixture
def record() -> Callable[..., CellRecord]:
    """A function from changed fields to a record; other fields, other cell."""

    def make(**changes: Any) -> CellRecord:
        line = {**LINE, **changes}
        key = hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()
        return CellRecord.from_json(json.dumps({"cell": key, **line}))

    return make
