"""Train a bundle on synthetic motion and recognise an action that it has not seen."""

from pathlib import Path

from zeroskel.datasets import synthetic_dataset
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, train_bundle

data = synthetic_dataset(subjects=4, repetitions=2)
recognizer = train_bundle(data, TrainingConfig(split="demo"), cache=Path("cache"))  # "demo" hides eleven actions
clip = generate_sequence("wave both hands", seed=7)  # or zeroskel.read("clip.skeleton")
print(recognizer.predict(clip, actions=["wave both hands", "raise both arms forward", "squat twice"]))
