"""Built-in clips to try the server with: synthetic motion, generated on request."""

from typing import Any

from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.datasets.synthetic import DEMO_UNSEEN, NOTICE, generate_sequence

SEED = 7
CLIPS = {title.replace(" ", "-"): title for title in DEMO_UNSEEN}


def list_clips() -> list[dict[str, Any]]:
    """Return the identifier, title and notice of every clip."""
    return [{"id": clip, "title": title, "synthetic": True, "notice": NOTICE} for clip, title in CLIPS.items()]


def generate_clip(clip: str) -> dict[str, Any]:
    """Return the recording of one clip, as `recording_to_dict` does.

    Args:
        clip: Identifier of the clip, a key of `CLIPS`.

    Raises:
        KeyError: There is no such clip.
    """
    return recording_to_dict(generate_sequence(CLIPS[clip], SEED), NOTICE)
