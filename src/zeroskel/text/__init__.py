"""Class names, prompts and descriptions -> class embeddings."""

from zeroskel.text.class_texts import class_embeddings, class_texts, prompt_names, read_descriptions
from zeroskel.text.sentence_encoder import SentenceEncoder

__all__ = ["SentenceEncoder", "class_embeddings", "class_texts", "prompt_names", "read_descriptions"]
