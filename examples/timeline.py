"""Write the timeline of two simulated people to the current folder, as table, captions, annotations and picture."""

import numpy as np

import zeroskel
from zeroskel.datasets.synthetic import generate_sequence


def person(actions, frames):
    """Return the joints of a simulated person who does one action after the other."""
    joints = np.concatenate([generate_sequence(action, seed=900).joints[0] for action in actions])
    unseen = np.full((max(0, frames - len(joints)), *joints.shape[1:]), np.nan)
    return np.concatenate([joints, unseen])[:frames]


actions = [
    *("squat", "jumping jacks", "walk in place", "wave the right hand", "clap the hands"),
    *("kick forward with the right leg", "raise both arms overhead", "touch the toes with both hands", "bow forward"),
]
people = np.stack([person(actions[1:7], 540), person(actions[:1:-1], 540)])
recording = zeroskel.SkeletonSequence(people, layout="ntu-25", fps=30)  # or zeroskel.read("clip.skeleton")

timeline = zeroskel.ZeroShotRecognizer.load("default").timeline(recording, actions)
print(timeline.to_frame(), "Simulated motion: no evidence of accuracy.", sep="\n")
for suffix in ("csv", "json", "vtt", "eaf", "png"):
    timeline.save(f"timeline.{suffix}")
