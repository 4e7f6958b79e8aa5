"""Built-in synthetic clips to try the server with."""

from zeroskel.app.server.problem_codes import ProblemCode, Refusal
from zeroskel.core import SkeletonSequence
from zeroskel.datasets.synthetic import DEMO_UNSEEN, generate_sequence

CLIPS = {title.replace(" ", "-"): title for title in DEMO_UNSEEN}  # identifier -> title
CLIP_SEED = 7
FIRST_ACTIONS = (  # of the page's first visit; a test compares them with the page
    "wave both hands",
    "circle the arms",
    "punch upward",
    "run and clap overhead",
    "walk and wave a hand",
    "raise an arm",
    "kick",
    "lift a leg sideways",
    "lunge",
    "turn the head to the left",
    "squat",
)


def clip_sequence(clip: str) -> SkeletonSequence:
    """Return the recording of a clip. Raises Refusal where there is no such clip."""
    if clip not in CLIPS:
        raise Refusal("There is no such clip. GET /api/v1/clips lists them.", ProblemCode.UNKNOWN_CLIP)
    return generate_sequence(CLIPS[clip], CLIP_SEED)
