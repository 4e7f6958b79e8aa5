"""Clips to try the server with: synthetic motion, made when it is asked for."""

from typing import Any

from zeroskel.app.server.recordings import recording_of
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_sequence

SEED = 7
CLIPS = {title.replace(" ", "-"): title for title in DEMO_UNSEEN}


def clip_list() -> list[dict[str, Any]]:
    """What there is."""
    return [{"id": clip, "title": title, "synthetic": True, "notice": NOTICE} for clip, title in CLIPS.items()]


def clip_recording(clip: str) -> dict[str, Any]:
    """The recording of a clip. Raises KeyError for an unknown one."""
    return recording_of(generate_sequence(CLIPS[clip], SEED), NOTICE)
