"""Turning what was typed into what the pipeline takes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zeroskel.core import InputError, MissingFileError
from zeroskel.core._settings import value_of

VARIADIC = ("--data", "--actions", "--set")


def spread_variadic(arguments: Sequence[str]) -> list[str]:
    """`--data A B` as `--data A --data B`, so that an option takes all values up to the next option."""
    result: list[str] = []
    option: str | None = None
    for argument in arguments:
        if argument.startswith("--") or (argument.startswith("-") and option is None):
            option = argument if argument in VARIADIC else None
            result.append(argument)
        elif option is not None and result[-1] != option:
            result.extend((option, argument))
        else:
            result.append(argument)
    return result


def comma_list(text: str) -> tuple[str, ...]:
    """The parts of a text between commas, blanks removed."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def prompt_list(text: str) -> tuple[str, ...]:
    """Names between commas, or one template, which has braces and may have commas of its own."""
    return (text,) if "{" in text else comma_list(text)


def seed_list(text: str) -> tuple[int, ...]:
    """Whole numbers between commas. Raises InputError for anything else."""
    try:
        return tuple(int(part) for part in comma_list(text))
    except ValueError:
        raise InputError(f"--seeds {text!r}: expected whole numbers with commas between them, such as 0,1,2") from None


def option_map(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`smie.epochs=50` … as {"smie": {"epochs": 50}}; a value is JSON where it reads as JSON, else text.

    Raises InputError for a setting of another form.
    """
    options: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        owner, dot, option = name.partition(".")
        if not (owner and dot and option and equals):
            raise InputError(f"--set {setting!r}: expected METHOD.OPTION=VALUE, such as smie.learning_rate=1e-5")
        options.setdefault(owner, {})[option] = value_of(value)
    return options


def cache_folder(given: Path | None) -> Path:
    """Where features and embeddings are kept: given, else ZEROSKEL_CACHE, else the user's cache folder."""
    if given is not None:
        return given
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ZEROSKEL_CACHE") or Path(home) / "zeroskel")


def name_lines(file: Path) -> list[str]:
    """The names in a text file, one a line, blank lines left out. Raises MissingFileError or InputError."""
    if not file.is_file():
        raise MissingFileError(f"{file}: no such file; expected a text file with one class name a line")
    try:
        names = [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; expected one class name a line") from error
    if len(names) < 2 or len(set(names)) != len(names):
        raise InputError(f"{file}: found {len(names)} names, some perhaps twice; expected one class name a line")
    return names
