"""From class names to texts, and from texts to one embedding a class."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import Protocol

import numpy as np

from zeroskel.core import InputError
from zeroskel.text.descriptions import FIELDS, Description, published_descriptions

_ANY_PLACE = re.compile(r"\{(\w+)\}")
_PLACE = re.compile(r"\{(" + "|".join(("description", *FIELDS)) + r")\}")


class Encoder(Protocol):
    """Anything that turns N texts into (N, D) L2-normalised float32."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


@cache
def _prompts() -> dict[str, tuple[str, ...]]:
    text = (resources.files("zeroskel.resources") / "prompts.toml").read_text(encoding="utf-8")
    return {name: tuple(templates) for name, templates in tomllib.loads(text).items()}


def prompt_names() -> list[str]:
    """Names of the prompts that come with the package."""
    return list(_prompts())


def needs_descriptions(prompt: str) -> bool:
    """Whether a prompt's templates use more than the class name."""
    return any(_PLACE.sub("", template) != template for template in _templates(prompt))


def class_texts(
    class_names: Sequence[str], prompt: str = "name", descriptions: Mapping[str, Description] | None = None
) -> list[list[str]]:
    """One or several texts a class.

    Args:
        class_names: K names.
        prompt: name of a prompt (`prompt_names`), or a template with {name}, {description} or one of FIELDS.
        descriptions: class name -> its descriptions, for templates that use them; None: ours, of all data sets.
            {description} is each of the texts of a list, or the sentence.

    Returns:
        K lists of texts, every template filled with the name and each description.

    Raises:
        InputError: unknown prompt, or a class without a description (of parts or phases) where the prompt wants one.
    """
    templates = _templates(prompt)
    wanted = {place for template in templates for place in _PLACE.findall(template)}
    if descriptions is None:
        descriptions = published_descriptions() if wanted else {}
    known = {name: _filled(descriptions.get(name) or []) for name in class_names}
    missing = [
        name for name in class_names if wanted and not all(wanted <= set(fields) for fields in known[name] or [{}])
    ]
    if missing:
        raise InputError(
            f"prompt {prompt!r} needs {', '.join(sorted(wanted))} of every class; none for {', '.join(missing[:5])}"
            f"{' and others' if len(missing) > 5 else ''}: give a file of descriptions or use another prompt"
        )
    result = []
    for name in class_names:
        texts = []
        for template in templates:
            for fields in known[name] if _PLACE.search(template) else [{}]:
                values = {**fields, "name": name}
                texts.append(_ANY_PLACE.sub(partial(_value, values), template))
        result.append(texts)
    return result


def _value(values: Mapping[str, str], place: re.Match[str]) -> str:
    return values.get(place[1], place[0])


def _templates(prompt: str) -> tuple[str, ...]:
    if prompt not in _prompts() and "{name}" not in prompt and not _PLACE.search(prompt):
        raise InputError(f"prompt {prompt!r} is neither one of {', '.join(_prompts())} nor a template with {{name}}")
    return _prompts().get(prompt, (prompt,))


def _filled(description: Description) -> list[dict[str, str]]:
    """What a template's places may hold, once for each text."""
    if isinstance(description, Mapping):
        return [{**description, "description": description["sentence"]}]
    return [{"description": text} for text in description]


def class_embeddings(encoder: Encoder, texts: Sequence[Sequence[str]]) -> np.ndarray:
    """(K, D) float32: the mean over each class's texts, L2-normalised again (as CLIP does with prompts).

    Raises InputError for a class without a text.
    """
    if not texts or not all(texts):
        raise InputError("every class needs at least one text")
    embeddings = encoder.encode([text for of_class in texts for text in of_class])
    ends = np.cumsum([len(of_class) for of_class in texts])
    means = np.stack([part.mean(axis=0) for part in np.split(embeddings, ends[:-1])])
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)
