"""The commands that make or use a bundle, or a video: `zeroskel train`, `predict`, `pose`, `export` and `serve`."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from zeroskel.app.options import Settings, cache_folder, option_map
from zeroskel.app.terminal import console, print_line, shown_progress
from zeroskel.core import InputError
from zeroskel.core._optional import import_optional

if TYPE_CHECKING:
    from zeroskel.recognition import Explanation


def train(
    data: Annotated[list[str], Option()],
    out: Annotated[Path, Option()],
    split: str | None = None,
    method: str = "smie",
    encoder: str = "kinematic",
    text: str = "minilm",
    prompt: str = "name",
    synthetic: int = 0,
    augment: int = 0,
    calibrate: Annotated[bool, Option("--calibrate")] = False,
    seed: int = 0,
    options: Settings = None,
    protocol: str | None = None,
    cache: Path | None = None,
) -> None:
    """Train a recognizer and save it as a bundle.

    `predict`, `serve` and ZeroShotRecognizer.load open the bundle.

    Options:
        out: Save the bundle in this folder.
        split: Exclude the unseen classes of this split and the test subjects from training.
        method: Name of the method (docs/methods.md).
        encoder: Name of the encoder: kinematic, biomechanics, movement or stgcn.
        text: Sentence encoder: minilm, the folder of a model, or the name of a model in the local hub cache.
        prompt: Text that represents a class: name, person, ensemble, description, described, parts, phases, everything,
            best, aspects, verb, noun, several of these joined by +, or a template with braces.
        augment: Number of altered copies of each sequence that are added to the training set: other viewpoints, missing
            joints and so on.
        calibrate: Calibrate probabilities: train again with some classes withheld and compare predictions with them.
        seed: Seed of all random numbers.
    """
    from zeroskel.datasets import open_datasets
    from zeroskel.recognition import TrainingConfig, train_bundle

    if augment < 0:
        raise InputError(f"--augment is {augment}; expected 0 or more copies of each sequence")
    config = TrainingConfig(
        split,
        encoder,
        method,
        option_map(options),
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
    file: Path,
    actions: Annotated[list[str], Option()],
    model: str = "default",
    layout: str | None = None,
    explain: Annotated[bool, Option("--explain")] = False,
    as_json: Annotated[bool, Option("--json")] = False,
    video_python: Path | None = None,
) -> None:
    """Name the action in one recording.

    Options:
        file: Skeleton file (.skeleton, .bvh, .csv, .json …) or video (.mp4, .mov …).
        actions: Names of two or more actions, each in quotes if it has blanks.
        layout: Name of the joint layout, for files that do not state it.
        explain: Say what the motion shows, and what of it speaks for the best action and against it.
        as_json: Print the prediction as JSON; with --explain, the whole explanation.
    """
    from rich.markup import escape
    from rich.table import Column, Table

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
    explanation = recognizer.explain(sequence, actions) if explain else None
    prediction = recognizer.predict(sequence, actions) if explanation is None else explanation.prediction
    notice = recognizer.facts.get("notice", "")
    if as_json:
        answer = prediction if explanation is None else explanation
        print(json.dumps({"file": str(file), **answer.to_dict(), "notice": notice}))
        return
    number = partial(Column, justify="right")
    table = Table(Column("action", overflow="fold"), number("probability"), number("score"))
    for index in (-prediction.scores).argsort(kind="stable"):
        share, score = prediction.probabilities[index], prediction.scores[index]
        table.add_row(escape(prediction.actions[index]), f"{share:.1%}", f"{score:.3f}")
    console.print(table)
    if explanation is not None:
        _print_explanation(explanation)
    _print_bundle_notice(notice)


def pose(
    file: Path,
    out: Annotated[Path, Option()],
    visibility: float = 0.1,
    field_of_view: float = 60.0,
    rate: float = 30.0,
    most_seconds: float = 600.0,
    video_python: Path | None = None,
) -> None:
    """Estimate the pose of a person in a video.

    The command writes the joints as JSON, which every other command reads.

    Options:
        file: Video that shows one person: .mp4, .mov, .avi, .mkv or .webm.
        out: Write the joints to this .json file.
        visibility: Smallest visibility of a joint, from 0 to 1. Joints below it count as not observed.
        field_of_view: The camera's field of view along the longer side of the picture, in degrees. It determines the
            distance of the person.
        rate: Largest number of frames per second that are analysed.
        most_seconds: Longest accepted duration of the video, in seconds.
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
    bundle: str,
    onnx: Annotated[Path, Option()],
    actions: list[str] | None = None,
    prepared: Annotated[bool, Option("--prepared")] = False,
) -> None:
    """Write a bundle as an ONNX graph.

    The graph computes scores from joints and text embeddings. It runs in other languages and in browsers.

    Options:
        onnx: Write the graph to this file, and its description to FILE.json.
        actions: Names of actions whose embeddings are stored in FILE.json.
        prepared: Make a graph that takes pre-processed sequences instead of joints (docs/export.md).
    """
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition.export import export_onnx

    recognizer = ZeroShotRecognizer.load(bundle)
    description = export_onnx(recognizer, onnx, actions=actions or (), prepared=prepared)
    print_line(f"{onnx}: {onnx.stat().st_size / 1e6:.1f} MB; {description}: {len(actions or ())} actions")
    _print_bundle_notice(recognizer.facts.get("notice", ""))


def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, Option(min=0, max=65535)] = 8000,
    model: str = "default",
    token: Annotated[str | None, Option(envvar="ZEROSKEL_TOKEN", show_envvar=True)] = None,
    allow_origin: list[str] | None = None,
    allow_host: list[str] | None = None,
    root_path: str = "",
    trust_proxy: list[str] | None = None,
    streams: Annotated[int | None, Option(min=1)] = None,
    max_bytes: Annotated[int, Option(min=1024)] = 16 * 2**20,
    max_frames: Annotated[int, Option(min=1)] = 5000,
    max_seconds: Annotated[float, Option(min=0.1)] = 300.0,
    max_actions: Annotated[int, Option(min=1)] = 60,
) -> None:
    """Serve a web page, a REST interface and streams.

    docs/serve.md describes the interface, the limits and access control.

    Options:
        host: Address to listen on. Any address but the loopback requires a token.
        port: Port to listen on; 0 selects a free port.
        token: Require this bearer token from every client.
        allow_origin: Allow requests from this web origin, such as https://lab.org (repeatable).
        allow_host: Answer requests to this host name, such as motion.lab.org (repeatable).
        root_path: Path prefix that a reverse proxy strips.
        trust_proxy: Trust the X-Forwarded headers of a proxy at this address (repeatable).
        streams: Largest number of open streams. The default is measured when the server starts.
        max_bytes: Largest size of a request's body, in bytes.
        max_frames: Largest number of frames of a recording.
        max_seconds: Longest duration of a recording, in seconds.
        max_actions: Largest number of actions of a request or stream.
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


def _print_explanation(explanation: "Explanation") -> None:
    """Print what the motion shows, what of it speaks for the action, and what against it."""
    from rich.markup import escape

    if not explanation.shown:
        print_line("This bundle cannot say what the motion shows: that needs the encoder movement.")
        return
    print_line(f"The motion shows: {'; '.join(explanation.shown)}")
    action, rival = (f'"{escape(name)}"' for name in (explanation.action, explanation.rival))
    for text, phrases in (
        (f"For {action} and against {rival}", explanation.speaks_for),
        (f"For {rival} and against {action}", explanation.speaks_against),
    ):
        if phrases:
            print_line(f"{text}: {'; '.join(phrases)}")


def _print_bundle_notice(notice: str) -> None:
    if notice:
        print_line(f"This bundle: {notice}", style="yellow")
