"""Which texts have embeddings in the package, and how these are written (`make texts`)."""

from pathlib import Path

from zeroskel.text.aspects import known_aspects
from zeroskel.text.class_texts import BEST, class_texts
from zeroskel.text.descriptions import published_descriptions
from zeroskel.text.sentence_encoder import SentenceEncoder
from zeroskel.text.shipped import write_embeddings


def packaged_texts() -> list[str]:
    """Return every named action and the texts that the prompt "best" gives it, each once."""
    names = list(dict.fromkeys([*known_aspects(), *published_descriptions()]))
    texts = [text for texts in class_texts(names, BEST) for text in texts]
    return list(dict.fromkeys([*names, *texts]))


def write_packaged_embeddings() -> Path:
    """Embed `packaged_texts` with the default sentence encoder and replace the file of this installation."""
    return write_embeddings(SentenceEncoder(), packaged_texts())
