"""The texts whose embeddings come with the package, and the command `make texts` that writes them."""

from pathlib import Path

from zeroskel.text._aspects import known_aspects
from zeroskel.text._class_texts import BEST, class_texts
from zeroskel.text._descriptions import published_descriptions
from zeroskel.text._sentence_encoder import SentenceEncoder
from zeroskel.text._shipped import write_embeddings


def packaged_texts() -> list[str]:
    """Return every named action and the texts that the prompt "best" makes of it, without duplicates."""
    names = list(dict.fromkeys([*known_aspects(), *published_descriptions()]))
    texts = [text for of_class in class_texts(names, BEST) for text in of_class.all_texts]
    return list(dict.fromkeys([*names, *texts]))


def write_packaged_embeddings() -> Path:
    """Replace the file of this installation with new embeddings of `packaged_texts`, and return its path."""
    encoder = SentenceEncoder()
    texts = packaged_texts()
    return write_embeddings(texts, encoder.embed(texts), encoder.fingerprint)
