"""Built-in synthetic clips to try the server with."""

from starlette.exceptions import HTTPException

from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import DEMO_UNSEEN, generate_sequence

CLIPS = {title.replace(" ", "-"): title for title in DEMO_UNSEEN}  # identifier -> title
CLIP_SEED = 7


def clip_sequence(clip: str) -> SkeletonSequence:
    """Return the recording of a clip. Raises HTTPException where there is no such clip."""
    if clip not in CLIPS:
        raise HTTPException(404, "There is no such clip. GET /api/v1/clips lists them.")
    return generate_sequence(CLIPS[clip], CLIP_SEED)
