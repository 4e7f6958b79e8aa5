"""The commands that use a bundle or a video: `zeroskel predict`, `zeroskel pose` and `zeroskel export`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.options import console, errors
from zeroskel.core import InputError, SkeletonSequence

VideoPython = Annotated[
    Path | None,
    typer.Option(
        "--video-python",
        help="For videos: Python interpreter with the package mediapipe. The default is the environment variable "
        "ZEROSKEL_VIDEO_PYTHON, then the interpreter of .venv-video (docs/video.md).",
    ),
]


def predict(
    file: Annotated[
        Path, typer.Argument(help="Skeleton file (.skeleton, .bvh, .csv, .json …) or video (.mp4, .mov …).")
    ],
    actions: Annotated[
        list[str], typer.Option("--actions", help="Names of two or more actions, each in quotes if it has blanks.")
    ],
    model: Annotated[str, typer.Option("--model", help="Folder of a bundle, or the word default.")] = "default",
    layout: Annotated[
        str | None, typer.Option(help="Name of the joint layout, for files that do not state it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the prediction as JSON.")] = False,
    video_python: VideoPython = None,
) -> None:
    """Name the action in one recording."""
    from zeroskel import ZeroShotRecognizer
    from zeroskel.app.tables import prediction_table

    sequence = _open_recording(file, layout, video_python)
    recognizer = ZeroShotRecognizer.load(model)
    prediction = recognizer.predict(sequence, actions)
    notice = recognizer.facts.get("notice", "")
    if as_json:
        print(json.dumps({"file": str(file), **prediction.to_dict(), "notice": notice}))
        return
    console.print(prediction_table(prediction))
    _print_bundle_notice(notice)


def pose(
    file: Annotated[Path, typer.Argument(help="Video that shows one person: .mp4, .mov, .avi, .mkv or .webm.")],
    out: Annotated[Path, typer.Option("--out", help="Write the joints to this .json file.")],
    visibility: Annotated[
        float, typer.Option(help="Smallest visibility of a joint, from 0 to 1. Joints below it count as not observed.")
    ] = 0.1,
    field_of_view: Annotated[
        float,
        typer.Option(
            "--field-of-view",
            help="The camera's field of view along the longer side of the picture, in degrees. It determines the "
            "distance of the person.",
        ),
    ] = 60.0,
    rate: Annotated[float, typer.Option(help="Largest number of frames per second that are analysed.")] = 30.0,
    most_seconds: Annotated[
        float, typer.Option("--most-seconds", help="Longest accepted duration of the video, in seconds.")
    ] = 600.0,
    video_python: VideoPython = None,
) -> None:
    """Estimate the pose of a person in a video.

    The command writes the joints as JSON, which every other command reads.
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.skeleton.formats import write
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
    write(sequence, out)
    frames_with_person = int(sequence.observed.any(axis=(0, 2)).sum())
    console.print(
        f"{out}: {sequence.frames} frames at {sequence.fps:g} frames per second; {frames_with_person} of them show a "
        "person",
        soft_wrap=True,
    )


def export(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or the word default.")],
    onnx: Annotated[
        Path, typer.Option("--onnx", help="Write the graph to this file, and its description to FILE.json.")
    ],
    actions: Annotated[
        list[str] | None, typer.Option("--actions", help="Names of actions whose embeddings are stored in FILE.json.")
    ] = None,
    prepared: Annotated[
        bool,
        typer.Option(
            "--prepared", help="Make a graph that takes pre-processed sequences instead of joints (docs/export.md)."
        ),
    ] = False,
) -> None:
    """Write a bundle as an ONNX graph.

    The graph computes scores from joints and text embeddings. It runs in other languages and in browsers.
    """
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition.export import export_onnx

    recognizer = ZeroShotRecognizer.load(bundle)
    description = export_onnx(recognizer, onnx, actions=actions or (), prepared=prepared)
    console.print(
        f"{onnx}: {onnx.stat().st_size / 1e6:.1f} MB; {description}: {len(actions or ())} actions", soft_wrap=True
    )
    _print_bundle_notice(recognizer.facts.get("notice", ""))


def _open_recording(file: Path, layout: str | None, video_python: Path | None) -> SkeletonSequence:
    """Read a skeleton file or a video. A progress bar shows the analysis of a video."""
    from zeroskel import read
    from zeroskel.app.progress import shown_progress
    from zeroskel.skeleton.transforms import convert_layout
    from zeroskel.skeleton.video import SUFFIXES, read_video

    if file.suffix.lower() not in SUFFIXES:
        return read(file, layout=layout)
    with shown_progress(errors) as progress:
        sequence = read_video(file, python=video_python, progress=progress)
    return sequence if layout is None else convert_layout(sequence, layout)


def _print_bundle_notice(notice: str) -> None:
    if notice:
        console.print(f"This bundle: {notice}", style="yellow", soft_wrap=True)
