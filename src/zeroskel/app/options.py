"""Options of commands: the help of each, and the conversion of their values."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from typer import Option

from zeroskel.core import InputError
from zeroskel.core._options import value_of

VARIADIC_OPTIONS = ("--data", "--actions", "--set")
SHARED_HELP = {  # name of an option that several commands have -> its help
    "bundle": "Folder of a bundle, or the word default.",
    "cache": "Store features and text embeddings in this folder. The default is the environment variable "
    "ZEROSKEL_CACHE, then the user's cache folder.",
    "data": "Datasets: folders of prepared containers, .npz files, the .json file of a pool, or the word synthetic. "
    "Several may follow one --data.",
    "fps": "Frames per second of the file, where the file does not state them.",
    "joints": "Text file with the names of the file's points: one per line in their order, or per line the file's name "
    "and ours, separated by a comma.",
    "layout": "Name of the joint layout (docs/layouts.md). Points without names are taken in its order.",
    "mirror": "Whether the file shows people in a mirror, as left-handed axes do. The default is inferred where toes "
    "or faces tell.",
    "model": "Folder of a bundle, or the word default.",
    "options": "Set an option of a method or an encoder: METHOD.OPTION=VALUE or ENCODER.OPTION=VALUE (repeatable).",
    "protocol": "Choose the training recordings by this protocol, such as cross-subject or cross-view. "
    "`zeroskel data info` lists the protocols of a dataset.",
    "seeds": "Seeds, separated by commas.",
    "unit": "Unit of the file: m, cm, mm, inch or pixel. The default is inferred from the size of the body.",
    "up": "Axis of the file that points up: y, -y, z or -z. The default is inferred from the motion.",
    "synthetic": "Number of simulated people whose motion is added to the training set; 0 adds none (docs/kite.md).",
    "people": "For videos: largest number of people, from 1 to 4. The most prominent ones are kept.",
}

Settings = Annotated[list[str] | None, Option("--set")]


def add_help(command: Any) -> Any:
    """Give the options of a command the help in the section `Options` of its docstring, or that of `SHARED_HELP`.

    Args:
        command: Command or group of commands of Typer, which is changed and returned.
    """
    for subcommand in getattr(command, "commands", {}).values():
        add_help(subcommand)
    command.help, _, section = (command.help or "").partition("\n\nOptions:\n")
    texts = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", section, re.MULTILINE)
    descriptions = SHARED_HELP | {name: " ".join(text.split()) for name, text in texts}
    for parameter in command.params:
        parameter.help = descriptions.get(parameter.name, parameter.help)
    return command


def spread_variadic(arguments: Sequence[str]) -> list[str]:
    """Return arguments in which every value of a variadic option has its own option.

    `--data A B` becomes `--data A --data B`: such an option takes all values up to the next option.
    """
    spread: list[str] = []
    option: str | None = None
    for argument in arguments:
        if argument.startswith("--") or (argument.startswith("-") and option is None):
            option = argument if argument in VARIADIC_OPTIONS else None
        elif option is not None and spread[-1] != option:
            spread.append(option)
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


def option_map(settings: Sequence[str] | None) -> dict[str, dict[str, Any]]:
    """Return the settings of `--set`: `smie.epochs=50` becomes {"smie": {"epochs": 50}}.

    A value is parsed as JSON where it is JSON, and stays a text otherwise.

    Raises:
        InputError: A setting has another form.
    """
    options: dict[str, dict[str, Any]] = {}
    for setting in settings or ():
        match = re.fullmatch(r"([^.=]+)\.([^=]+)=(.*)", setting, re.DOTALL)
        if match is None:
            raise InputError(f"--set {setting!r}: expected METHOD.OPTION=VALUE, such as smie.learning_rate=1e-5")
        method, option, value = match.groups()
        options.setdefault(method, {})[option] = value_of(value)
    return options


def cache_folder(folder: Path | None) -> Path:
    """Return the folder of `--cache`; None selects ZEROSKEL_CACHE, then the user's cache folder."""
    user_cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder or os.environ.get("ZEROSKEL_CACHE") or Path(user_cache, "zeroskel"))
