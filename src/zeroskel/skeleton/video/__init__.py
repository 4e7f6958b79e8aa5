"""Video to joints, by MediaPipe in an environment of its own."""

from zeroskel.skeleton.video._landmarks import Landmarks, to_sequence
from zeroskel.skeleton.video._reading import MOST_SECONDS, SUFFIXES, read_video, video_python

__all__ = ["MOST_SECONDS", "SUFFIXES", "Landmarks", "read_video", "to_sequence", "video_python"]
