"""Parts of people that are in the picture of a film, and the roll of its camera."""

from dataclasses import replace

import numpy as np

from zeroskel.skeleton.video._landmarks import Landmarks

_PARTS = {  # numbers of landmarks
    "head": (0, 2, 5, 7, 8),
    "shoulders": (11, 12),
    "hips": (23, 24),
    "legs": (25, 26, 27, 28),
    "hands": (15, 16),
}
_VISIBLE = 0.5  # of the landmarks, from 0 to 1
_SHOWN = 0.4  # share of the frames of a person in which a part is in the picture
_SHORTEST_TRUNK = 0.37  # metres by the network, for which everybody is of one size; less is guessed from other parts
_LARGEST_JITTER = 0.15  # lengths of the trunk: second difference of landmarks from frame to frame; more is guessed
_JITTER_RATE = 20.0  # frames per second from which on that tells guesses from fast motion
_STRAIGHT = 25.0  # degrees between thigh and shank, and between leg and trunk, of a person who stands
_FEET_LEVEL = 0.2  # in lengths of the legs: difference of the heights of the feet of a person who stands on both
_FEWEST_FRAMES, _SMALLEST_SHARE = 5, 0.1  # of standing people, for the roll to be known
_SPREAD = 8.0  # degrees: median deviation of the lean; who leans more or less from frame to frame leans by themselves
_LEVEL = 7.0  # degrees of roll that are not corrected
_LYING, _UPSIDE_DOWN = 50.0, 130.0  # degrees from which on the person may lie, or stand on the hands
_FRONTAL = 0.4  # width of the shoulders over the length of the trunk of a person seen from the front or from behind


def parts_shown(person: Landmarks) -> list[str]:
    """Return the parts of the body that are in the picture in many of the frames with the person."""
    inside = ((person.image >= 0) & (person.image <= person.size)).all(axis=-1) & (person.visibility >= _VISIBLE)
    inside = inside[person.detected]
    return [part for part, numbers in _PARTS.items() if inside[:, numbers].any(axis=1).mean() >= _SHOWN]


def missing_parts(person: Landmarks) -> str | None:
    """Return what is seen of a person of whom too little is in the picture, such as "legs only", or None.

    Shoulders must be there: all that is measured starts from the trunk. Where the network sees a person in legs or in a
    back without a head, the trunk is too short, or the landmarks jump.
    """
    trunk = person.world[:, 11:13].mean(axis=1) - person.world[:, 23:25].mean(axis=1)
    length = np.linalg.norm((person.image[:, 11:13] - person.image[:, 23:25]).mean(axis=1), axis=1)
    jumps = np.linalg.norm(np.diff(person.image, 2, axis=0), axis=-1) / length[1:-1, None]
    jumps = jumps[np.isfinite(jumps)]
    too_short = np.nanmedian(np.linalg.norm(trunk, axis=1)) < _SHORTEST_TRUNK
    jumping = len(jumps) > 0 and person.rate >= _JITTER_RATE and np.median(jumps) > _LARGEST_JITTER
    if too_short or jumping:
        return "parts of a body only, such as legs,"
    parts = parts_shown(person)
    if "shoulders" in parts:
        return None
    return f"{' and '.join(parts)} only" if parts else "parts of people at the edge of the picture only"


def camera_roll(people: list[Landmarks]) -> tuple[float, str | None]:
    """Return by how many degrees the people lean to the right of the picture because of the camera, and a note.

    A person who stands keeps the centre of mass above the feet. Who leans as a whole, always by the same angle, was
    therefore filmed by a rolled camera. Frames count in which legs and trunk form a line and both feet are on the
    ground; of a person whose legs are not in the picture, the trunk counts. People who may lie, seen from the side, or
    stand on their hands are not turned; the note says so.

    Args:
        people: The landmarks of the people of one film.
    """
    leans = np.concatenate([_leans(person) for person in people])
    seen = sum(int(person.detected.sum()) for person in people)
    if len(leans) < max(_FEWEST_FRAMES, _SMALLEST_SHARE * seen):
        return 0.0, None
    middle = np.rad2deg(np.angle(np.exp(1j * leans).mean()))
    around = (np.rad2deg(leans) - middle + 180) % 360 - 180
    lean = float((middle + np.median(around) + 180) % 360 - 180)
    if np.median(np.abs(around - np.median(around))) > _SPREAD or abs(lean) < _LEVEL:
        return 0.0, None
    side = "right" if lean > 0 else "left"
    if abs(lean) >= _UPSIDE_DOWN:
        return 0.0, "people are upside down in the picture: turn the video if the camera was"
    if abs(lean) >= _LYING and np.median(np.concatenate([_frontality(person) for person in people])) < _FRONTAL:
        return 0.0, f"people lie with the head to the {side}: turn the video if the camera lay on its side"
    return lean, f"camera tilted: people lean {abs(lean):.0f} degrees to the {side}, turned upright"


def turned_upright(person: Landmarks, lean: float) -> Landmarks:
    """Return the landmarks turned counterclockwise by the lean in degrees, about the middle of the picture."""
    angle = np.deg2rad(lean)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array(person.size) / 2
    world = person.world.copy()
    world[..., :2] = world[..., :2] @ turn.T
    return replace(person, image=(person.image - middle) @ turn.T + middle, world=world)


def _leans(person: Landmarks) -> np.ndarray:
    """Return the angles in radians, clockwise from up in the picture, of the frames that tell of the camera."""
    image = person.image[person.detected].astype(np.float64)
    shoulders, hips, knees, ankles = (image[:, pair].mean(axis=1) for pair in ([11, 12], [23, 24], [25, 26], [27, 28]))
    trunk = shoulders - hips
    if "legs" not in parts_shown(person):
        return _angle(trunk)
    length = np.linalg.norm(hips - ankles, axis=1)
    upward = trunk / np.linalg.norm(trunk, axis=1, keepdims=True)
    level = np.abs(((image[:, 27] - image[:, 28]) * upward).sum(axis=1)) < _FEET_LEVEL * length
    bends = np.stack([_angle(trunk) - _angle(hips - ankles), _angle(hips - knees) - _angle(knees - ankles)])
    straight = (np.abs(np.angle(np.exp(1j * bends))) < np.deg2rad(_STRAIGHT)).all(axis=0)
    mass = (shoulders + hips) / 2
    return _angle(mass - ankles)[level & straight]


def _angle(directions: np.ndarray) -> np.ndarray:
    return np.arctan2(directions[:, 0], -directions[:, 1])


def _frontality(person: Landmarks) -> np.ndarray:
    image = person.image[person.detected]
    across = np.linalg.norm(image[:, 11] - image[:, 12], axis=1)
    return across / np.linalg.norm(image[:, 11:13].mean(axis=1) - image[:, 23:25].mean(axis=1), axis=1)
