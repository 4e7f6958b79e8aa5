"""Options that commands share, and the conversion of their values."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from zeroskel.core import InputError
from zeroskel.core._options import value_of

VARIADIC_OPTIONS = ("--data", "--actions", "--set")
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


def spread_variadic(arguments: Sequence[str]) -> list[str]:
    """Return arguments in which every value of a variadic option has its own option.

    `--data A B` becomes `--data A --data B`: such an option takes all values up to the next option.
    """
    spread: list[str] = []
    option: str | None = None
    for argument in arguments:
        if argument.startswith("--") or (argument.startswith("-") and option is None):
            option = argument if argument in VARIADIC_OPTIONS else None
            spread.append(argument)
        elif option is not None and spread[-1] != option:
            spread.extend((option, argument))
        else:
            spread.append(argument)
    return spread


def comma_list(text: str) -> tuple[str, ...]:
    """Return the parts of a text between commas, without surrounding blanks and without empty parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def prompt_list(text: str) -> tuple[str, ...]:
    """Return the names between commas; a template, which has braces, is one name and may contain commas."""
    return (text,) if "{" in text else comma_list(text)


def seed_list(text: str) -> tuple[int, ...]:
    """Return the integers between commas.

    Raises:
        InputError: A part is not an integer.
    """
    try:
        return tuple(int(part) for part in comma_list(text))
    except ValueError:
        raise InputError(f"--seeds {text!r}: expected integers separated by commas, such as 0,1,2") from None


def option_map(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the settings of `--set` by method or encoder.

    Args:
        settings: Texts METHOD.OPTION=VALUE. A value is parsed as JSON where it is JSON, and stays a text otherwise.

    Returns:
        Method -> option -> value: `smie.epochs=50` becomes {"smie": {"epochs": 50}}.

    Raises:
        InputError: A setting has another form.
    """
    options: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        method, dot, option = name.partition(".")
        if not (method and dot and option and equals):
            raise InputError(f"--set {setting!r}: expected METHOD.OPTION=VALUE, such as smie.learning_rate=1e-5")
        options.setdefault(method, {})[option] = value_of(value)
    return options


def cache_folder(folder: Path | None) -> Path:
    """Return the folder that caches features and embeddings.

    Args:
        folder: Value of `--cache`. None selects ZEROSKEL_CACHE, then the user's cache folder.
    """
    user_cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder or os.environ.get("ZEROSKEL_CACHE") or Path(user_cache, "zeroskel"))
