"""Recordings for the viewer Rerun: skeleton, video and actions on one time line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zeroskel.core import InputError, MissingFileError, SkeletonSequence
from zeroskel.core._files import atomic_path
from zeroskel.core._optional import import_optional

if TYPE_CHECKING:
    from zeroskel.recognition import Timeline

COLOURS = ((47, 111, 181), (224, 123, 31), (46, 139, 87), (194, 59, 59))  # of people


def write_rerun(
    sequence: SkeletonSequence,
    path: str | Path,
    *,
    video: str | Path | None = None,
    timeline: "Timeline | None" = None,
) -> None:
    """Write a recording for the viewer Rerun, with the video and the actions on the same time line.

    Open the file with `rerun FILE`. The function needs `pip install 'zeroskel[rerun]'`. It sends nothing; the viewer
    reports its use to its makers unless `rerun analytics disable` was called.

    Args:
        sequence: recording of three channels, metres, y up.
        path: file that ends in .rrd. The file appears whole or not at all.
        video: film that starts together with the recording; the viewer shows its pictures beside the skeleton.
        timeline: what the people of the recording do, and when.

    Raises:
        MissingFileError: if the video does not exist.
        InputError: if Rerun is not installed, the path has another suffix, or the recording has two channels.

    Example:
        >>> from zeroskel.datasets.synthetic import generate_sequence
        >>> from zeroskel.plot import write_rerun
        >>> write_rerun(generate_sequence("squat", seed=1), "squat.rrd")  # doctest: +SKIP
    """
    path, film = Path(path), None if video is None else Path(video)
    if path.suffix.lower() != ".rrd":
        raise InputError(f"{path}: expected the name of a file that ends in .rrd")
    if sequence.joints.shape[-1] != 3:
        raise InputError(f"The recording has {sequence.joints.shape[-1]} channels; Rerun shows recordings of three")
    if film is not None and not film.is_file():
        raise MissingFileError(f"{film}: no such video")
    rerun = import_optional("rerun", "write_rerun")
    with atomic_path(path) as temporary:
        recording = rerun.RecordingStream("zeroskel")
        recording.save(temporary)
        recording.log("/", rerun.ViewCoordinates.RIGHT_HAND_Y_UP, static=True)
        if film is not None:
            recording.log("video", rerun.AssetVideo(path=film), static=True)
        for frame in range(sequence.frames):
            recording.set_time("time", duration=frame / sequence.fps)
            if film is not None:
                recording.log("video", rerun.VideoFrameReference(seconds=frame / sequence.fps))
            for person in range(sequence.bodies):
                _log_body(rerun, recording, sequence, person, frame)
        for segment in timeline or ():
            recording.set_time("time", duration=segment.start)
            text = f"{segment.action} ({segment.probability:.0%})"
            recording.log(f"actions/{segment.person}", rerun.TextLog(f"Person {segment.person}: {text}"))
        recording.disconnect()


def _log_body(rerun: Any, recording: Any, sequence: SkeletonSequence, person: int, frame: int) -> None:
    """Log the joints and bones of one person in one frame; nothing is left of the frame before."""
    joints = sequence.joints[person, frame]
    layout, colour = sequence.layout, COLOURS[person % len(COLOURS)]
    seen = np.isfinite(joints).all(axis=-1)
    bones = [layout.indices(bone) for bone in layout.bones]
    strips = [joints[bone] for bone in bones if seen[bone].all()]
    names = [joint for joint, shown in zip(layout.joints, seen, strict=True) if shown]
    entity = f"people/{person}"
    points = rerun.Points3D(joints[seen], radii=0.02, colors=colour, labels=names, show_labels=False)
    recording.log(f"{entity}/joints", points)
    recording.log(f"{entity}/bones", rerun.LineStrips3D(strips, radii=0.008, colors=colour))
