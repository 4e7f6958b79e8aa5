"""From class names to texts, and from texts to one embedding a class."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np

from zeroskel.core import InputError
from zeroskel.core.files import read_json_object


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


def read_descriptions(path: Path) -> dict[str, list[str]]:
    """Descriptions from a JSON object {class name: text or list of texts}.

    Raises:
        MissingFileError: no such file; InputError: not such an object, or an empty text.
    """
    content = read_json_object(path, "{class name: text or list of texts}")
    descriptions = {}
    for name, texts in content.items():
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t.strip() for t in texts):
            raise InputError(f"{path}: {name!r} has {texts!r}; expected a text or a list of texts that are not empty")
        descriptions[name] = texts
    return descriptions


def class_texts(
    class_names: Sequence[str], prompt: str = "name", descriptions: Mapping[str, Sequence[str]] | None = None
) -> list[list[str]]:
    """One or several texts a class.

    Args:
        class_names: K names.
        prompt: name of a prompt (`prompt_names`), or a template with {name} and possibly {description}.
        descriptions: class name -> its descriptions, for templates with {description}.

    Returns:
        K lists of texts, every template filled with the name and each description.

    Raises:
        InputError: unknown prompt, or a class without a description where the prompt wants one.
    """
    if prompt not in _prompts() and "{name}" not in prompt and "{description}" not in prompt:
        raise InputError(f"prompt {prompt!r} is neither one of {', '.join(_prompts())} nor a template with {{name}}")
    templates = _prompts().get(prompt, (prompt,))
    if any("{description}" in template for template in templates):
        missing = [name for name in class_names if not (descriptions or {}).get(name)]
        if missing:
            raise InputError(
                f"prompt {prompt!r} needs a description of every class; none for {', '.join(missing[:5])}"
                f"{' and others' if len(missing) > 5 else ''}: give a file of descriptions or use another prompt"
            )
    result = []
    for name in class_names:
        filled = []
        for template in templates:
            for description in (descriptions or {}).get(name, [""]) if "{description}" in template else [""]:
                filled.append(template.replace("{name}", name).replace("{description}", description))
        result.append(filled)
    return result


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
