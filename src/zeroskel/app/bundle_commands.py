"""The commands that make or use a bundle, or a video: `zeroskel train`, `predict`, `pose`, `export` and `serve`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from zeroskel.app.options import Cache, Data, Prompt, Protocol, Settings, Synthetic, Text, cache_folder, option_map
from zeroskel.app.terminal import console, print_line, shown_progress
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


def train(
    data: Data,
    out: Annotated[Path, typer.Option(help="Save the bundle in this folder.")],
    split: Annotated[
        str | None, typer.Option(help="Exclude the unseen classes of this split and the test subjects from training.")
    ] = None,
    method: Annotated[str, typer.Option(help="Name of the method (docs/methods.md).")] = "smie",
    encoder: Annotated[str, typer.Option(help="Name of the encoder: kinematic, biomechanics or stgcn.")] = "kinematic",
    text: Text = "minilm",
    prompt: Prompt = "name",
    synthetic: Synthetic = 0,
    augment: Annotated[
        int,
        typer.Option(
            help="Number of altered copies of each sequence that are added to the training set: other viewpoints, "
            "missing joints and so on."
        ),
    ] = 0,
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Calibrate probabilities: train again with some classes withheld and compare predictions with them.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    settings: Settings = None,
    protocol: Protocol = None,
    cache: Cache = None,
) -> None:
    """Train a recognizer and save it as a bundle.

    `predict`, `serve` and ZeroShotRecognizer.load open the bundle.
    """
    from zeroskel.datasets import open_datasets
    from zeroskel.recognition import TrainingConfig, train_bundle

    if augment < 0:
        raise InputError(f"--augment is {augment}; expected 0 or more copies of each sequence")
    options = option_map(settings or [])
    config = TrainingConfig(
        split,
        encoder,
        method,
        options,
        text,
        prompt,
        seed=seed,
        synthetic=synthetic,
        augment=augment,
        calibrate=calibrate,
    )
    datasets = open_datasets(data, protocol=protocol)
    if len(datasets) != 1:
        raise InputError(f"--data names {len(datasets)} datasets; expected one (a pool's .json file joins several)")
    with shown_progress() as progress:
        recognizer = train_bundle(datasets[0], config, cache=cache_folder(cache), progress=progress)
    recognizer.save(out)
    if datasets[0].notice:
        console.print(datasets[0].notice, style="yellow")
    facts = recognizer.facts
    print_line(
        f"Bundle {out}: {config.encoder} and {config.method}, trained on {facts['sequences']} sequences of "
        f"{len(facts['seen_classes'])} classes of {facts['data']}"
    )


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
    from rich.table import Table

    from zeroskel import ZeroShotRecognizer, read
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
    table = Table()
    table.add_column("action", overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("score", justify="right")
    for index in (-prediction.scores).argsort(kind="stable"):
        share, score = prediction.probabilities[index], prediction.scores[index]
        table.add_row(prediction.actions[index], f"{share:.1%}", f"{score:.3f}")
    console.print(table)
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
