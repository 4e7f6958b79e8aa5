"""A prediction as JSON: the fields that the command line and the server share."""

import json

import numpy as np
import pytest

from zeroskel.recognition import Prediction

ACTIONS = ("sit down", "jump")
SCORES = np.array([2.0, 1 / 3], dtype=np.float32)
PROBABILITIES = np.array([0.75, 0.25])


@pytest.mark.parametrize(("presence", "none_of_these"), [(None, False), (0.2, True), (0.9, False)])
def test_a_prediction_survives_json(presence, none_of_these):
    content = json.loads(json.dumps(Prediction(ACTIONS, SCORES, PROBABILITIES, presence=presence).to_dict()))
    assert content == {
        "actions": ["sit down", "jump"],
        "scores": [float(score) for score in SCORES],
        "probabilities": [0.75, 0.25],
        "presence": presence,
        "none_of_these": none_of_these,
        "best": "sit down",
        "note": "",
    }


def test_decimals_round_all_numbers():
    content = Prediction(ACTIONS, SCORES, PROBABILITIES, presence=1 / 3).to_dict(decimals=2)
    assert (content["scores"], content["presence"]) == ([2.0, 0.33], 0.33)
