"""The commands that make or publish a bundle: `zeroskel train`, `export` and `serve`."""

from pathlib import Path
from typing import Annotated

from typer import Option

from zeroskel.app.options import Settings, cache_folder, option_map
from zeroskel.app.terminal import console, print_bundle_notice, print_line, shown_progress
from zeroskel.core import InputError
from zeroskel.core._optional import import_optional


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
    print_bundle_notice(recognizer.facts.get("notice", ""))


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
    max_bytes_in_flight: Annotated[int, Option(min=2048)] = 96 * 2**20,
    max_frames: Annotated[int, Option(min=1)] = 5000,
    max_seconds: Annotated[float, Option(min=0.1)] = 300.0,
    max_actions: Annotated[int, Option(min=1)] = 60,
) -> None:
    """Serve a web page, a REST interface and streams.

    docs/serve.md describes the interface, docs/deploy.md limits and access control.

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
        max_bytes_in_flight: Largest size of all requests and answers together, in bytes; one address may use half.
        max_frames: Largest number of frames of a recording.
        max_seconds: Longest duration of a recording, in seconds.
        max_actions: Largest number of actions of a request or stream.
    """
    for module in ("fastapi", "prometheus_client", "uvicorn", "websockets"):
        import_optional(module, "zeroskel serve")
    from zeroskel import ZeroShotRecognizer
    from zeroskel.app.server.running import serve as run_server
    from zeroskel.app.server.settings import Limits, Settings

    limits = Limits(
        bytes=max_bytes,
        bytes_in_flight=max_bytes_in_flight,
        frames=max_frames,
        seconds=max_seconds,
        actions=max_actions,
        streams=streams,
    )
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
