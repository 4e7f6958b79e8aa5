import zeroskel
from zeroskel.datasets.synthetic import generate_sequence

recognizer = zeroskel.ZeroShotRecognizer.load("default")
clip = generate_sequence("wave both hands", seed=7)  # or zeroskel.read("clip.skeleton")
print(recognizer.predict(clip, actions=["wave both hands", "raise both arms forward", "squat"]))
