"""Video to joints, by the networks of MediaPipe Pose."""

from zeroskel.skeleton.video._landmarks import Landmarks, to_sequence
from zeroskel.skeleton.video._reading import MOST_SECONDS, SUFFIXES, read_video

__all__ = ["MOST_SECONDS", "SUFFIXES", "Landmarks", "read_video", "to_sequence"]
