"""Video on the command line: `zeroskel pose`, and recordings of any kind for the other commands."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zeroskel.core import InputError, SkeletonSequence

console = Console()
errors = Console(stderr=True)

VideoPython = Annotated[
    Path | None,
    typer.Option(
        "--video-python", help="For videos: a Python that has mediapipe (or ZEROSKEL_VIDEO_PYTHON; else .venv-video's)."
    ),
]


def open_recording(file: Path, layout: str | None, video_python: Path | None) -> SkeletonSequence:
    """A skeleton file or a video, with a bar while a video is searched. Raises as zeroskel.read."""
    from zeroskel import read
    from zeroskel.app.progress import shown_progress
    from zeroskel.skeleton.transforms import convert_layout
    from zeroskel.skeleton.video import SUFFIXES, read_video

    if file.suffix.lower() not in SUFFIXES:
        return read(file, layout=layout)
    with shown_progress(errors) as progress:
        sequence = read_video(file, python=video_python, progress=progress)
    return sequence if layout is None else convert_layout(sequence, layout)


def pose(
    file: Annotated[Path, typer.Argument(help="A video that shows one person: .mp4, .mov, .avi, .mkv, .webm.")],
    out: Annotated[Path, typer.Option("--out", help="FILE.json for the joints.")],
    visibility: Annotated[float, typer.Option(help="Joints less visible than this (0 to 1) are left out.")] = 0.1,
    field_of_view: Annotated[
        float, typer.Option("--field-of-view", help="Of the picture's longer side, in degrees: it sets the distance.")
    ] = 60.0,
    rate: Annotated[float, typer.Option(help="Frames a second that are searched, at most.")] = 30.0,
    most_seconds: Annotated[float, typer.Option("--most-seconds", help="Longer videos are refused.")] = 600.0,
    video_python: VideoPython = None,
) -> None:
    """Find a person in a video and write the joints as JSON, which every other command reads."""
    from zeroskel.app.progress import shown_progress
    from zeroskel.skeleton.formats import write_json_joints
    from zeroskel.skeleton.video import read_video

    if out.suffix.lower() != ".json" or out.is_dir():
        raise InputError(f"--out {out}: expected the name of a file that ends in .json")
    with shown_progress(errors) as progress:
        sequence = read_video(
            file,
            python=video_python,
            visibility=visibility,
            field_of_view=field_of_view,
            rate=rate,
            most_seconds=most_seconds,
            progress=progress,
        )
    write_json_joints(sequence, out)
    seen = int(sequence.observed.any(axis=(0, 2)).sum())
    console.print(
        f"{out}: {sequence.frames} frames at {sequence.fps:g} a second, a person in {seen} of them", soft_wrap=True
    )
