"""Synthetic recordings as NTU `.skeleton` text with every field filled in the release's number format."""

from math import gcd

import numpy as np

from zeroskel.datasets.synthetic import action_names, generate_sequence
from zeroskel.skeleton.transforms import resample

MEAN_FRAMES, SPREAD_FRAMES = 84.0, 35.0  # of NTU RGB+D; lengths are drawn log-normally and kept within 30 to 300


ACTIONS = 120


def recording_text(seed: int, action: str | None = None) -> bytes:
    """One recording: a synthetic motion of a drawn length, in a quarter of all cases with a second body.

    Args:
        seed: of every draw.
        action: Name of the motion; None draws one for each body.

    Returns:
        The content of a `.skeleton` file; depth, colour and orientation fields hold drawn numbers.
    """
    rng = np.random.default_rng(seed)
    names = action_names()
    sigma = np.sqrt(np.log(1 + (SPREAD_FRAMES / MEAN_FRAMES) ** 2))
    frames = int(np.clip(rng.lognormal(np.log(MEAN_FRAMES) - sigma**2 / 2, sigma), 30, 300))
    bodies = 2 if rng.random() < 0.25 else 1
    people = [
        resample(generate_sequence(action or names[int(rng.integers(len(names)))], seed=seed + b), frames)
        for b in range(bodies)
    ]
    joints = np.stack([np.nan_to_num(person.joints[0]) + np.array([0.6 * b, 0, 3]) for b, person in enumerate(people)])
    unread = rng.uniform(-1, 1, size=(bodies, frames, 25, 8)) * (200, 200, 900, 500, 1, 1, 1, 1)
    lines = [str(frames)]
    for frame in range(frames):
        lines.append(str(bodies))
        for body in range(bodies):
            lines += [f"7205759403793{1101 + body} 0 1 1 1 1 0 -0.02 0.13 2", "25"]
            for (x, y, z), others in zip(joints[body, frame].tolist(), unread[body, frame].tolist(), strict=True):
                lines.append(f"{x:.7g} {y:.7g} {z:.7g} {' '.join(f'{number:.7g}' for number in others)} 2")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def recording_names(count: int) -> list[str]:
    """File names as in NTU RGB+D 120: set-up, camera, performer, repetition, action; all actions equally often."""
    names = [
        f"S{setup:03d}C{camera:03d}P{performer:03d}R{repetition:03d}A{action:03d}"
        for setup in range(1, 33)
        for performer in range(1, 107)
        for camera in (1, 2, 3)
        for repetition in (1, 2)
        for action in range(1, ACTIONS + 1)
    ]
    step = max(1, len(names) // count)
    while gcd(step, ACTIONS) > 1:
        step -= 1
    return names[::step][:count]
