"""Class names, prompts and descriptions -> class embeddings."""

from zeroskel.text.aspects import (
    AspectText,
    aspect_embeddings,
    aspect_names,
    aspect_text,
    aspects_fingerprint,
    guessed_aspects,
    known_aspects,
)
from zeroskel.text.class_texts import (
    BlockTexts,
    block_widths,
    class_embeddings,
    class_texts,
    needs_descriptions,
    prompt_names,
)
from zeroskel.text.descriptions import Description, published_descriptions, read_descriptions
from zeroskel.text.sentence_encoder import SentenceEncoder

__all__ = [
    "AspectText",
    "BlockTexts",
    "Description",
    "SentenceEncoder",
    "aspect_embeddings",
    "aspect_names",
    "aspect_text",
    "aspects_fingerprint",
    "block_widths",
    "class_embeddings",
    "class_texts",
    "guessed_aspects",
    "known_aspects",
    "needs_descriptions",
    "prompt_names",
    "published_descriptions",
    "read_descriptions",
]
