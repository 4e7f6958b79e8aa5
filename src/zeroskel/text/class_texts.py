"""From class names to texts, and from texts to one embedding a class."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources

import numpy as np

from zeroskel.core import InputError
from zeroskel.text.aspects import AspectText, Encoder, aspect_embeddings, aspect_text
from zeroskel.text.descriptions import FIELDS, WORDS, Description, published_descriptions

ASPECTS = "aspects"  # the prompt whose embedding is made of numbers
BEST = "best"  # the prompt that takes EVERYTHING of a class that has it, DESCRIBED of one with a text, else its NAMES
EVERYTHING, DESCRIBED, NAMES = "everything", "described", "ensemble"

_ANY_PLACE = re.compile(r"\{(\w+)\}")
_PLACE = re.compile(r"\{(" + "|".join(("description", *FIELDS, *WORDS)) + r")\}")


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
        is a BlockTexts with a block for each name, in their order. For "aspects", one AspectText a class; for "best",
        the texts of "everything" where there is such a description, of "described" where there is one of another
        kind, of "ensemble" where there is none.

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
        descriptions = published_descriptions() if wanted or prompt == ASPECTS else {}
    if prompt == ASPECTS:
        return [[aspect_text(name, descriptions.get(name))] for name in class_names]
    known = {name: _filled(descriptions.get(name) or []) for name in class_names}
    missing = [
        name for name in class_names if wanted and not all(wanted <= set(fields) for fields in known[name] or [{}])
    ]
    if missing and prompt == BEST:
        told = [_most_told(known[name]) if name in missing else EVERYTHING for name in class_names]
        return [class_texts([name], own, descriptions)[0] for name, own in zip(class_names, told, strict=True)]
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


def _most_told(fields: Sequence[Mapping[str, str]]) -> str:
    """The prompt that takes what there is of a class that lacks something of EVERYTHING."""
    return DESCRIBED if fields and all("description" in own for own in fields) else NAMES


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

    Of AspectTexts it is `aspect_embeddings`.

    Of BlockTexts with B blocks, each block gives such an embedding; they are concatenated in order and divided by
    sqrt(B), so that the whole has length 1 again. Methods that tell them apart take their `block_widths` as the option
    `text_blocks`.

    Args:
        encoder: a SentenceEncoder, or anything like it.
        texts: of each of K classes, as class_texts gives them.

    Returns:
        (K, D) float32, D the sum of the widths of the blocks.

    Raises:
        InputError: a class or a block without a text, or classes of different numbers of blocks.
    """
    blocks = _blocks(texts)
    embeddings = [_block_embeddings(encoder, block) for block in zip(*blocks, strict=True)]
    return (np.concatenate(embeddings, axis=1) / np.sqrt(len(embeddings))).astype(np.float32)


def block_widths(encoder: Encoder, texts: Sequence[Sequence[str]]) -> list[int]:
    """Widths of the parts of class_embeddings of the same arguments; none where the classes are no BlockTexts."""
    first = texts[0]
    if not isinstance(first, BlockTexts):
        return []
    return [_block_embeddings(encoder, [block]).shape[1] for block in first.blocks]


def _blocks(texts: Sequence[Sequence[str]]) -> list[tuple[Sequence[str], ...]]:
    """The parts of each class."""
    blocks: list[tuple[Sequence[str], ...]] = [
        of_class.blocks if isinstance(of_class, BlockTexts) else (of_class,) for of_class in texts
    ]
    if not blocks or not all(block for of_class in blocks for block in of_class) or not all(blocks):
        raise InputError("every class needs at least one text (in each of its blocks)")
    counts = sorted({len(of_class) for of_class in blocks})
    if len(counts) > 1:
        raise InputError(
            f"some classes have texts in {counts[0]} blocks, some in {counts[-1]}; expected as many of each"
        )
    return blocks


def _block_embeddings(encoder: Encoder, block: Sequence[Sequence[str]]) -> np.ndarray:
    """(K, width) of one part of all K classes."""
    flat = [text for texts in block for text in texts]
    if isinstance(flat[0], AspectText):
        return aspect_embeddings(encoder, flat)
    ends = np.cumsum([len(texts) for texts in block])
    means = np.stack([part.mean(axis=0) for part in np.split(encoder.encode(flat), ends[:-1])])
    return means / np.linalg.norm(means, axis=1, keepdims=True)
