"""Class names, prompts and descriptions, and the class embeddings that are made of them."""

from zeroskel.text._aspects import aspect_names, known_aspects, predict_aspects
from zeroskel.text._class_texts import block_widths, class_embeddings, class_texts, prompt_names
from zeroskel.text._descriptions import Description, published_descriptions, read_descriptions
from zeroskel.text._sentence_encoder import SentenceEncoder

__all__ = [
    "Description",
    "SentenceEncoder",
    "aspect_names",
    "block_widths",
    "class_embeddings",
    "class_texts",
    "known_aspects",
    "predict_aspects",
    "prompt_names",
    "published_descriptions",
    "read_descriptions",
]
