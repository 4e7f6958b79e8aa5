"""Class names to class texts, and class texts to class embeddings."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources

import numpy as np

from zeroskel.core import ClassText, InputError
from zeroskel.core._rows import unit_rows
from zeroskel.text._aspects import TextEncoder, aspect_embeddings, aspect_text
from zeroskel.text._descriptions import FIELDS, WORDS, Description, published_descriptions
from zeroskel.text._movement_texts import is_movement, movement_embeddings, movement_texts

ASPECTS, MOVEMENT = "aspects", "movement"  # the prompts whose embeddings are made of numbers
BEST = "best"  # the prompt that uses the first prompt of BEST_FIRST for which a class has a description
BEST_FIRST = ("everything", "described", "ensemble")
SHOWN_NAMES = 5  # in a message

_FIELD = re.compile(r"\{(" + "|".join(("description", *FIELDS, *WORDS)) + r")\}")
_ANY_FIELD = re.compile(r"\{(\w+)\}")


@cache
def _prompts() -> dict[str, tuple[str, ...]]:
    """Return the prompts of the package: name -> templates."""
    text = (resources.files("zeroskel.resources") / "prompts.toml").read_text(encoding="utf-8")
    return {name: tuple(templates) for name, templates in tomllib.loads(text).items()}


def prompt_names() -> list[str]:
    """Return the names of the prompts that come with the package.

    Returns:
        Names that `class_texts` takes as its prompt.

    Example:
        >>> from zeroskel.text import prompt_names
        >>> "ensemble" in prompt_names()
        True
    """
    return list(_prompts())


def class_texts(
    class_names: Sequence[str], prompt: str = "name", descriptions: Mapping[str, Description] | None = None
) -> list[ClassText]:
    """Return the texts that a prompt makes of each class.

    Args:
        class_names: K class names.
        prompt: one of these:

            - the name of a prompt (`prompt_names`). "aspects" and "movement" give numbers. "best" gives each class
              the texts of "everything" where its description allows, else of "described", else of "ensemble".
            - names of prompts joined by "+", such as "name+description+phases", for one block each.
            - a template with {name}, {description} or another field of a description, such as "a person who will
              {name}".
        descriptions: class name -> description, for templates with more fields than {name}. {description} stands for
            the sentence, or for each text of a list in turn. None uses the published descriptions of all datasets.

    Returns:
        K class texts with B blocks, B the number of joined prompts.

    Raises:
        InputError: if the prompt is unknown, or a class has no description with the fields of the template.

    Example:
        >>> from zeroskel.text import class_texts
        >>> class_texts(["sit down"], "person")[0].all_texts
        ['a person performing the action: sit down']
    """
    names = prompt.split("+")
    prompts = names if all(name in _prompts() for name in names) else [prompt]  # a template may contain a "+"
    if descriptions is None:
        needed = {ASPECTS, MOVEMENT} & {*prompts} or any(_fields(part) for part in prompts)
        descriptions = published_descriptions() if needed else {}
    blocks = [_one_block(class_names, part, descriptions) for part in prompts]
    return [
        ClassText(name, tuple(part.texts[0] for part in parts), tuple(part.numbers[0] for part in parts))
        for name, *parts in zip(class_names, *blocks, strict=True)
    ]


def class_embeddings(encoder: TextEncoder, texts: Sequence[ClassText]) -> np.ndarray:
    """Return one embedding for each class; its length is one unless a block is that of the prompt "movement".

    A block of texts becomes the mean of their sentence embeddings, scaled to length one (as CLIP does with prompts). A
    block of aspects becomes their standardised values, scaled to length one. A block of the prompt "movement" becomes
    its standardised means and deviations, not scaled. The B blocks are concatenated and divided by sqrt(B). Methods
    that treat the blocks separately need `block_widths` as their option `text_blocks`.

    Args:
        encoder: a `SentenceEncoder`, or another object whose `encode` turns N texts into (N, D) rows of length one.
        texts: K class texts with the same number of blocks.

    Returns:
        (K, D_text) float32, D_text the sum of the widths of the blocks.

    Raises:
        InputError: if there is no class, or the classes have different numbers of blocks.

    Example:
        >>> from zeroskel.text import SentenceEncoder, class_embeddings, class_texts
        >>> class_embeddings(SentenceEncoder(), class_texts(["sit down", "clap hands"])).shape
        (2, 384)
    """
    counts = sorted({len(text.texts) for text in texts})
    if len(counts) != 1:
        raise InputError(f"Numbers of blocks are {counts}. Expected one or more classes with equal numbers of blocks.")
    blocks = [_block_embeddings(encoder, texts, block) for block in range(counts[0])]
    return (np.concatenate(blocks, axis=1) / np.sqrt(len(blocks))).astype(np.float32)


def block_widths(encoder: TextEncoder, texts: Sequence[ClassText]) -> list[int]:
    """Return the widths of the blocks of `class_embeddings`.

    Args:
        encoder: as for `class_embeddings`.
        texts: as for `class_embeddings`.

    Returns:
        B widths that sum to D_text; an empty list where B is 1, because such embeddings have no separate parts.

    Example:
        >>> from zeroskel.text import SentenceEncoder, block_widths, class_texts
        >>> block_widths(SentenceEncoder(), class_texts(["sit down"], "name+name"))
        [384, 384]
    """
    count = len(texts[0].texts)
    return [_block_embeddings(encoder, texts[:1], block).shape[1] for block in range(count)] if count > 1 else []


def _block_embeddings(encoder: TextEncoder, texts: Sequence[ClassText], block: int) -> np.ndarray:
    """Return (K, width) embeddings of one block of all K classes."""
    if is_movement(texts[0].numbers[block]):
        return movement_embeddings([text.numbers[block] or () for text in texts])
    if texts[0].numbers[block] is not None:
        return aspect_embeddings(encoder, texts, block)
    rows = encoder.encode([text for of_class in texts for text in of_class.texts[block]])
    ends = np.cumsum([len(of_class.texts[block]) for of_class in texts])
    return unit_rows(np.stack([part.mean(axis=0) for part in np.split(rows, ends[:-1])]))


def _one_block(class_names: Sequence[str], prompt: str, descriptions: Mapping[str, Description]) -> list[ClassText]:
    """Return class texts of one block, which a single prompt or template makes."""
    if prompt == MOVEMENT:
        return movement_texts(class_names, descriptions)
    if prompt == ASPECTS:
        return [aspect_text(name, descriptions.get(name)) for name in class_names]
    texts = []
    for name in class_names:
        choices = BEST_FIRST if prompt == BEST else (prompt,)
        filled = [_filled(choice, name, descriptions.get(name)) for choice in choices]
        texts.append(next((block for block in filled if block), ()))
    missing = [name for name, block in zip(class_names, texts, strict=True) if not block]
    if missing:
        raise InputError(
            f"Prompt {prompt!r} needs {', '.join(sorted(_fields(prompt)))} of every class; there is none for "
            f"{', '.join(missing[:SHOWN_NAMES])}{' and others' if len(missing) > SHOWN_NAMES else ''}. Give a file of "
            "descriptions or use another prompt."
        )
    return [ClassText(name, (block,)) for name, block in zip(class_names, texts, strict=True)]


def _filled(prompt: str, name: str, description: Description | None) -> tuple[str, ...]:
    """Return a prompt's templates filled for one class; () where its description lacks a field of the templates."""
    entries = _entries(description)
    fields = _fields(prompt)
    if not all(fields <= set(entry) for entry in entries or [{}]):
        return ()
    texts = []
    for template in _templates(prompt):
        for entry in entries if _FIELD.search(template) else [{}]:
            texts.append(_ANY_FIELD.sub(partial(_field_value, {**entry, "name": name}), template))
    return tuple(texts)


def _field_value(values: Mapping[str, str], field: re.Match[str]) -> str:
    """Return the value of a field in braces; the braces as they are where the field is unknown."""
    return values.get(field[1], field[0])


def _entries(description: Description | None) -> list[dict[str, str]]:
    """Return the fields that a template may use, once for each text of a list of descriptions."""
    if isinstance(description, Mapping):
        sentence = {"description": description["sentence"]} if "sentence" in description else {}
        return [{**description, **sentence}]
    return [{"description": text} for text in description or ()]


def _templates(prompt: str) -> tuple[str, ...]:
    if prompt not in _prompts() and "{name}" not in prompt and not _FIELD.search(prompt):
        raise InputError(
            f"Unknown prompt {prompt!r}. Known prompts: {', '.join(_prompts())}. Pass one of them, several of them "
            "joined by +, or a template with {name}."
        )
    return _prompts().get(prompt, (prompt,))


def _fields(prompt: str) -> set[str]:
    """Return the fields of a description that a prompt's templates use."""
    return {field for template in _templates(prompt) for field in _FIELD.findall(template)}
