"""From class names to texts, and from texts to one embedding a class."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import Protocol

import numpy as np

from zeroskel.core import InputError
from zeroskel.text.descriptions import FIELDS, WORDS, Description, published_descriptions

_ANY_PLACE = re.compile(r"\{(\w+)\}")
_PLACE = re.compile(r"\{(" + "|".join(("description", *FIELDS, *WORDS)) + r")\}")


class Encoder(Protocol):
    """Anything that turns N texts into (N, D) L2-normalised float32."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


@cache
def _prompts() -> dict[str, tuple[str, ...]]:
    text = (resources.files("zeroskel.resources") / "prompts.toml").read_text(encoding="utf-8")
    return {name: tuple(templates) for name, templates in tomllib.loads(text).items()}


class BlockTexts(list[str]):
    """The texts of one class, part by part: a list of all of them that knows its parts.

    Attributes:
        blocks: the texts of each part; class_embeddings makes one embedding of each and concatenates these.
    """

    def __init__(self, blocks: Sequence[Sequence[str]]) -> None:
        super().__init__(text for block in blocks for text in block)
        self.blocks = tuple(tuple(block) for block in blocks)


def prompt_names() -> list[str]:
    """Names of the prompts that come with the package."""
    return list(_prompts())


def needs_descriptions(prompt: str) -> bool:
    """Whether a prompt's templates use more than the class name."""
    return any(_PLACE.search(template) for part in _parts(prompt) for template in _templates(part))


def class_texts(
    class_names: Sequence[str], prompt: str = "name", descriptions: Mapping[str, Description] | None = None
) -> list[list[str]]:
    """One or several texts a class.

    Args:
        class_names: K names.
        prompt: name of a prompt (`prompt_names`), several names joined by "+" (`name+description+phases`), or a
            template with {name}, {description} or one of FIELDS or WORDS.
        descriptions: class name -> its descriptions, for templates that use them; None: ours, of all data sets.
            {description} is each of the texts of a list, or the sentence.

    Returns:
        K lists of texts, every template filled with the name and each description. For a prompt of several names each
        is a BlockTexts with a block for each name, in their order.

    Raises:
        InputError: unknown prompt, or a class without what the prompt wants: description, parts, phases, verb or noun.
    """
    parts = _parts(prompt)
    if len(parts) > 1:
        of_parts = [class_texts(class_names, part, descriptions) for part in parts]
        return [BlockTexts(blocks) for blocks in zip(*of_parts, strict=True)]
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


def _parts(prompt: str) -> list[str]:
    """The names that "+" joins; a template may have a "+" of its own, so anything else is one part."""
    parts = prompt.split("+")
    return parts if all(part in _prompts() for part in parts) else [prompt]


def _templates(prompt: str) -> tuple[str, ...]:
    if prompt not in _prompts() and "{name}" not in prompt and not _PLACE.search(prompt):
        raise InputError(
            f"prompt {prompt!r} is neither one of {', '.join(_prompts())}, nor several of these joined by +, nor a "
            "template with {name}"
        )
    return _prompts().get(prompt, (prompt,))


def _filled(description: Description) -> list[dict[str, str]]:
    """What a template's places may hold, once for each text."""
    if isinstance(description, Mapping):
        sentence = {"description": description["sentence"]} if "sentence" in description else {}
        return [{**description, **sentence}]
    return [{"description": text} for text in description]


def class_embeddings(encoder: Encoder, texts: Sequence[Sequence[str]]) -> np.ndarray:
    """One embedding a class: the mean over its texts, L2-normalised again (as CLIP does with prompts).

    Of BlockTexts with B blocks, each block gives such an embedding of width D; they are concatenated in order and
    divided by sqrt(B), so that the whole has length 1 again. Methods that tell them apart take `text_blocks=(D,) * B`.

    Args:
        encoder: a SentenceEncoder, or anything like it.
        texts: of each of K classes, as class_texts gives them.

    Returns:
        (K, D) float32, or (K, B * D).

    Raises:
        InputError: a class or a block without a text, or classes of different numbers of blocks.
    """
    blocks = [of_class.blocks if isinstance(of_class, BlockTexts) else (of_class,) for of_class in texts]
    if not blocks or not all(block for of_class in blocks for block in of_class) or not all(blocks):
        raise InputError("every class needs at least one text (in each of its blocks)")
    counts = sorted({len(of_class) for of_class in blocks})
    if len(counts) > 1:
        raise InputError(
            f"some classes have texts in {counts[0]} blocks, some in {counts[-1]}; expected as many of each"
        )
    flat = [block for of_class in blocks for block in of_class]
    embeddings = encoder.encode([text for block in flat for text in block])
    ends = np.cumsum([len(block) for block in flat])
    means = np.stack([part.mean(axis=0) for part in np.split(embeddings, ends[:-1])])
    normalised = means / np.linalg.norm(means, axis=1, keepdims=True)
    return (normalised.reshape(len(blocks), -1) / np.sqrt(counts[0])).astype(np.float32)
