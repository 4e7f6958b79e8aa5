"""Video to joints, by MediaPipe in an environment of its own."""

from zeroskel.skeleton.video.containers import SUFFIXES
from zeroskel.skeleton.video.interpreter import video_python
from zeroskel.skeleton.video.landmarks import Landmarks, to_sequence
from zeroskel.skeleton.video.reading import MOST_SECONDS, read_video

__all__ = ["MOST_SECONDS", "SUFFIXES", "Landmarks", "read_video", "to_sequence", "video_python"]
