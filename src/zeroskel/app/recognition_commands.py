"""The commands that use a bundle or a video: `zeroskel predict`, `pose`, `export` and `serve`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.options import console, print_line, shown_progress
from zeroskel.core import InputError
from zeroskel.core._optional import import_optional

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
    actions: Annotated[list[str], typer.Option(help="Names of two or more actions, each in quotes if it has blanks.")],
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the word default.")] = "default",
    layout: Annotated[
        str | None, typer.Option(help="Name of the joint layout, for files that do not state it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the prediction as JSON.")] = False,
    video_python: VideoPython = None,
) -> None:
    """Name the action in one recording."""
    from zeroskel import ZeroShotRecognizer, read
    from zeroskel.app.tables import prediction_table
    from zeroskel.skeleton.transforms import convert_layout
    from zeroskel.skeleton.video import SUFFIXES, read_video

    if file.suffix.lower() in SUFFIXES:
        with shown_progress() as progress:
            sequence = read_video(file, python=video_python, progress=progress)
        sequence = sequence if layout is None else convert_layout(sequence, layout)
    else:
        sequence = read(file, layout=layout)
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
    out: Annotated[Path, typer.Option(help="Write the joints to this .json file.")],
    visibility: Annotated[
        float, typer.Option(help="Smallest visibility of a joint, from 0 to 1. Joints below it count as not observed.")
    ] = 0.1,
    field_of_view: Annotated[
        float,
        typer.Option(
            help="The camera's field of view along the longer side of the picture, in degrees. It determines the "
            "distance of the person."
        ),
    ] = 60.0,
    rate: Annotated[float, typer.Option(help="Largest number of frames per second that are analysed.")] = 30.0,
    most_seconds: Annotated[float, typer.Option(help="Longest accepted duration of the video, in seconds.")] = 600.0,
    video_python: VideoPython = None,
) -> None:
    """Estimate the pose of a person in a video.

    The command writes the joints as JSON, which every other command reads.
    """
    from zeroskel.skeleton.formats import write
    from zeroskel.skeleton.video import read_video

    if out.suffix.lower() != ".json" or out.is_dir():
        raise InputError(f"--out {out}: expected the name of a file that ends in .json")
    with shown_progress() as progress:
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
    print_line(
        f"{out}: {sequence.frames} frames at {sequence.fps:g} frames per second; {frames_with_person} of them show a "
        "person"
    )


def export(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or the word default.")],
    onnx: Annotated[Path, typer.Option(help="Write the graph to this file, and its description to FILE.json.")],
    actions: Annotated[
        list[str] | None, typer.Option(help="Names of actions whose embeddings are stored in FILE.json.")
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
    print_line(f"{onnx}: {onnx.stat().st_size / 1e6:.1f} MB; {description}: {len(actions or ())} actions")
    _print_bundle_notice(recognizer.facts.get("notice", ""))


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Any address but the loopback requires a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 selects a free port.")] = 8000,
    model: Annotated[str, typer.Option(help="Folder of a bundle, or the word default.")] = "default",
    token: Annotated[
        str | None,
        typer.Option(envvar="ZEROSKEL_TOKEN", show_envvar=True, help="Require this bearer token from every client."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Allow requests from this web origin, such as https://lab.org (repeatable)."),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Answer requests to this host name, such as motion.lab.org (repeatable).")
    ] = None,
    root_path: Annotated[str, typer.Option(help="Path prefix that a reverse proxy strips.")] = "",
    trust_proxy: Annotated[
        list[str] | None, typer.Option(help="Trust the X-Forwarded headers of a proxy at this address (repeatable).")
    ] = None,
    streams: Annotated[
        int | None,
        typer.Option(min=1, help="Largest number of open streams. The default is measured when the server starts."),
    ] = None,
    max_bytes: Annotated[int, typer.Option(min=1024, help="Largest size of a request's body, in bytes.")] = 16 * 2**20,
    max_frames: Annotated[int, typer.Option(min=1, help="Largest number of frames of a recording.")] = 5000,
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Longest duration of a recording, in seconds.")] = 300.0,
    max_actions: Annotated[int, typer.Option(min=1, help="Largest number of actions of a request or stream.")] = 60,
) -> None:
    """Serve a web page, a REST interface and streams.

    docs/serve.md describes the interface, the limits and access control.
    """
    for module in ("fastapi", "prometheus_client", "uvicorn", "websockets"):
        import_optional(module, "zeroskel serve")
    from zeroskel import ZeroShotRecognizer
    from zeroskel.app.server.running import serve as run_server
    from zeroskel.app.server.settings import Limits, Settings

    limits = Limits(bytes=max_bytes, frames=max_frames, seconds=max_seconds, actions=max_actions, streams=streams)
    settings = Settings(
        host=host,
        port=port,
        token=token,
        origins=tuple(allow_origin or ()),
        hosts=tuple(name.lower() for name in allow_host or ()),
        root_path=root_path,
        proxies=tuple(trust_proxy or ()),
        limits=limits,
    )
    run_server(ZeroShotRecognizer.load(model), settings)


def _print_bundle_notice(notice: str) -> None:
    if notice:
        print_line(f"This bundle: {notice}", style="yellow")
