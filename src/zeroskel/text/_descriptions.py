"""Descriptions of actions, published with the package or read from a file."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from zeroskel.core import InputError, MissingFileError
from zeroskel.core._files import read_json_object

FIELDS = ("sentence", "arms", "hands", "legs", "torso", "head", "beginning", "middle", "end")
WORDS = ("verb", "noun")
EXPECTED_JSON = "{class name: text, list of texts, or object of sentence, arms, …}"
EXPECTED_TOML = "tables [[class]] with name, sentence, arms, …"

Description = Sequence[str] | Mapping[str, str]
"""One or more sentences, or a mapping with a text for each of FIELDS, each of WORDS, or both.

FIELDS are the whole action in a sentence, what each body part does, and what happens first, next and last. WORDS are
the verb of the class name and the noun of what the action is done to or with.
"""


@cache
def published_descriptions(data: str = "") -> dict[str, Description]:
    """Return the descriptions that come with the package, for the classes of all known datasets.

    Args:
        data: name of a dataset. Where two datasets describe a class of the same name, its own description is used.

    Returns:
        Class name -> description with the fields sentence, arms, hands, legs, torso, head, beginning, middle, end,
        verb and noun.

    Example:
        >>> from zeroskel.text import published_descriptions
        >>> published_descriptions()["clap hands"]["verb"]
        'clap'
    """
    folder = resources.files("zeroskel.resources") / "descriptions"
    descriptions: dict[str, dict[str, str]] = {}
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    for file in sorted(files, key=lambda entry: not _describes(entry.name.removesuffix(".toml"), data)):
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["class"]:
            descriptions.setdefault(table["name"], {field: table[field] for field in FIELDS})
    words = (resources.files("zeroskel.resources") / "verbs_and_nouns.toml").read_text(encoding="utf-8")
    for name, verb_and_noun in tomllib.loads(words).items():
        descriptions.setdefault(name, {}).update(verb_and_noun)
    return {**descriptions}


def read_descriptions(path: Path) -> dict[str, Description]:
    """Read the descriptions in a JSON or TOML file.

    Args:
        path: a JSON object {class name: text, list of texts, or object of fields}, or a TOML file of tables [[class]]
            with `name` and the fields. The fields are sentence, arms, hands, legs, torso, head, beginning, middle and
            end, or verb and noun, or all of these.

    Returns:
        Class name -> list of texts, or field -> text.

    Raises:
        MissingFileError: if there is no such file.
        InputError: if the file is not JSON or TOML of this form, a text is empty or a field is missing.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from zeroskel.text import read_descriptions
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "descriptions.json"
        ...     _ = path.write_text('{"hop": "A person jumps on one leg."}')
        ...     read_descriptions(path)
        {'hop': ['A person jumps on one leg.']}
    """
    content = _toml_classes(path) if path.suffix.lower() == ".toml" else read_json_object(path, EXPECTED_JSON)
    return {name: _checked(path, name, description) for name, description in content.items()}


def _describes(file: str, data: str) -> bool:
    """Return whether a file is about a dataset: "hdm05" about hdm05-11, "ntu120" about ntu120 and ntu60."""
    return bool(data) and (data.startswith(file) or (file, data) == ("ntu120", "ntu60"))


def _toml_classes(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(f"{path}: no such file; expected {EXPECTED_TOML}")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("class")
    except ValueError as error:
        raise InputError(f"{path}: not TOML ({error}); expected {EXPECTED_TOML}") from error
    if not isinstance(tables, list) or not all(
        isinstance(table, dict) and isinstance(table.get("name"), str) for table in tables
    ):
        raise InputError(f"{path}: no tables [[class]] with a name each; expected {EXPECTED_TOML}")
    return {table["name"]: {field: text for field, text in table.items() if field != "name"} for table in tables}


def _checked(path: Path, name: str, description: Any) -> Description:
    """Return the description of one class as lists or fields. Raise InputError for anything else."""
    if isinstance(description, dict):
        groups = [group for group in (FIELDS, WORDS) if set(group) & set(description)] or [FIELDS]
        fields = [field for group in groups for field in group]
        missing = [field for field in fields if not _is_text(description.get(field))]
        if missing:
            raise InputError(
                f"{path}: {name!r} has no text for {', '.join(missing)}; expected all of {', '.join(FIELDS)}, or "
                f"{' and '.join(WORDS)}, or both"
            )
        return {field: description[field] for field in fields}
    texts = [description] if isinstance(description, str) else description
    if not isinstance(texts, list) or not texts or not all(_is_text(text) for text in texts):
        raise InputError(f"{path}: {name!r} has {texts!r}; expected a text or a list of texts that are not empty")
    return list(texts)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
