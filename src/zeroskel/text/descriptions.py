"""Descriptions of actions: ours by data set, or a user's file."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from zeroskel.core import InputError, MissingFileError
from zeroskel.core.files import read_json_object

FIELDS = ("sentence", "arms", "hands", "legs", "torso", "head", "beginning", "middle", "end")
WORDS = ("verb", "noun")
Description = Sequence[str] | Mapping[str, str]
"""One or several sentences, or a text for each of FIELDS (what the body does; what its parts do; when), of WORDS (what
the name says is done, and to or with what), or of both."""


@cache
def published_descriptions(data: str = "") -> dict[str, Description]:
    """Our descriptions of all known classes and of the Kinect pool's concepts: class name -> FIELDS and WORDS.

    Args:
        data: a data set's name; where two sets describe a class of the same name, its own text goes before others'.
    """
    folder = resources.files("zeroskel.resources") / "descriptions"
    found: dict[str, dict[str, str]] = {}
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda e: e.name)
    for file in sorted(files, key=lambda entry: not _describes(entry.name.removesuffix(".toml"), data)):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["class"]:
            found.setdefault(table["name"], {field: table[field] for field in FIELDS})
    words = (resources.files("zeroskel.resources") / "verbs_and_nouns.toml").read_text(encoding="utf-8")
    for name, verb_and_noun in tomllib.loads(words).items():
        found.setdefault(name, {}).update(verb_and_noun)
    return {**found}


def _describes(file: str, data: str) -> bool:
    """Whether a file is of that data set: "hdm05" of hdm05-11, "penn-action" of penn-action-2d, "ntu120" of ntu60."""
    return bool(data) and (data.startswith(file) or (file, data) == ("ntu120", "ntu60"))


def read_descriptions(path: Path) -> dict[str, Description]:
    """A user's descriptions.

    Args:
        path: a JSON object {class name: text, list of texts, or object of FIELDS, WORDS or both}, or a TOML file of
            tables [[class]] with name and the same.

    Raises:
        MissingFileError: no such file; InputError: not such a file, an empty text or a field missing.
    """
    content = _toml_classes(path) if path.suffix.lower() == ".toml" else read_json_object(path, _EXPECTED)
    return {name: _checked(path, name, description) for name, description in content.items()}


_EXPECTED = "{class name: text, list of texts, or object of sentence, arms, …}"


def _toml_classes(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(f"{path}: no such file; expected tables [[class]] with name, sentence, arms, …")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("class")
    except ValueError as error:
        raise InputError(
            f"{path}: not TOML ({error}); expected tables [[class]] with name, sentence, arms, …"
        ) from error
    if not isinstance(tables, list) or not all(isinstance(t, dict) and isinstance(t.get("name"), str) for t in tables):
        raise InputError(f"{path}: no tables [[class]] with a name each; expected name, sentence, arms, …")
    return {table["name"]: {key: text for key, text in table.items() if key != "name"} for table in tables}


def _checked(path: Path, name: str, description: Any) -> Description:
    if isinstance(description, dict):
        wanted = [f for group in (FIELDS, WORDS) if set(group) & set(description) for f in group] or FIELDS
        lacking = [f for f in wanted if not isinstance(description.get(f), str) or not description[f].strip()]
        if lacking:
            raise InputError(
                f"{path}: {name!r} has no text for {', '.join(lacking)}; expected all of {', '.join(FIELDS)}, or "
                f"{' and '.join(WORDS)}, or both"
            )
        return {field: description[field] for field in wanted}
    texts = [description] if isinstance(description, str) else description
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t.strip() for t in texts):
        raise InputError(f"{path}: {name!r} has {texts!r}; expected a text or a list of texts that are not empty")
    return list(texts)
