"""Options that several commands share, and the consoles that all commands print to."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console()
errors = Console(stderr=True)

DATA = typer.Option(
    "--data",
    help="Datasets: folders of prepared containers, .npz files, the .json file of a pool, or the word synthetic. "
    "Several may follow one --data.",
)
PROMPT_NAMES = (
    "name, person, ensemble, description, described, parts, phases, everything, best, aspects, verb, noun, several of "
    "these joined by +, or a template with braces"
)

Data = Annotated[list[str], DATA]
OptionalData = Annotated[list[str] | None, DATA]
Out = Annotated[Path, typer.Option("--out", help="Write the results to this folder.")]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        help="Store features and text embeddings in this folder. The default is the environment variable "
        "ZEROSKEL_CACHE, then the user's cache folder.",
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        help="Choose the training recordings by this protocol, such as cross-subject or cross-view. "
        "`zeroskel data info` lists the protocols of a dataset.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Set an option of a method or an encoder: METHOD.OPTION=VALUE or ENCODER.OPTION=VALUE (repeatable).",
    ),
]
Text = Annotated[
    str,
    typer.Option(
        "--text", help="Sentence encoder: minilm, the folder of a model, or the name of a model in the local hub cache."
    ),
]
Prompt = Annotated[str, typer.Option("--prompt", help=f"Text that represents a class: {PROMPT_NAMES}.")]
Synthetic = Annotated[
    int,
    typer.Option(
        "--synthetic",
        help="Number of simulated people whose motion is added to the training set; 0 adds none (docs/kite.md).",
    ),
]
