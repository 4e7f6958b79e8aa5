"""Synthetic motion: a computed human who does named actions; for demos, tests and scale, not evidence."""

from zeroskel.datasets.synthetic._generation import NOTICE, generate_dataset, generate_sequence, iterate
from zeroskel.datasets.synthetic._grammar import DEMO_UNSEEN, action_names, canonical_motion

__all__ = [
    "DEMO_UNSEEN",
    "NOTICE",
    "action_names",
    "canonical_motion",
    "generate_dataset",
    "generate_sequence",
    "iterate",
]
