"""Synthetic motion: a computed human who does named actions; for demos, tests and scale, not evidence."""

from zeroskel.datasets.synthetic.grammar import DEMO_UNSEEN, action_names, canonical_motion
from zeroskel.datasets.synthetic.recordings import NOTICE, generate_dataset, generate_sequence, iterate

__all__ = [
    "DEMO_UNSEEN",
    "NOTICE",
    "action_names",
    "canonical_motion",
    "generate_dataset",
    "generate_sequence",
    "iterate",
]
