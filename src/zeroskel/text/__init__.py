"""Class names, prompts and descriptions -> class embeddings."""

from zeroskel.text.class_texts import BlockTexts, class_embeddings, class_texts, needs_descriptions, prompt_names
from zeroskel.text.descriptions import Description, published_descriptions, read_descriptions
from zeroskel.text.sentence_encoder import SentenceEncoder

__all__ = [
    "BlockTexts",
    "Description",
    "SentenceEncoder",
    "class_embeddings",
    "class_texts",
    "needs_descriptions",
    "prompt_names",
    "published_descriptions",
    "read_descriptions",
]
