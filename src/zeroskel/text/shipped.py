"""Embeddings that come with the package: the texts of all named actions by the default sentence encoder.

`make texts` writes them anew, after names, sentences or prompts have changed; a test says when.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from zeroskel.core.files import atomic_path

FILE = "text_embeddings.safetensors"


def shipped_embedding(text: str, fingerprint: str) -> np.ndarray | None:
    """(D,) float32 of a text by the sentence encoder of that fingerprint; None where it does not come with us."""
    places, embeddings, made_by = _shipped()
    place = places.get(_digest(text)) if made_by == fingerprint else None
    return None if place is None else embeddings[place]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:8]


@cache
def _shipped() -> tuple[dict[bytes, int], np.ndarray, str]:
    """Digest of a text -> row, the rows, and the fingerprint of the encoder that made them."""
    with resources.as_file(resources.files("zeroskel.resources") / FILE) as file:
        if not file.is_file():
            return {}, np.zeros((0, 0), np.float32), ""
        with safe_open(file, "numpy") as stored:
            digests = stored.get_tensor("digests")
            return (
                {row.tobytes(): place for place, row in enumerate(digests)},
                stored.get_tensor("embeddings"),
                stored.metadata()["encoder"],
            )


def write_embeddings(encoder: Any, texts: Sequence[str]) -> Path:
    """Embed texts with a SentenceEncoder and replace the file of this installation."""
    file = Path(str(resources.files("zeroskel.resources") / FILE))
    content = {
        "digests": np.stack([np.frombuffer(_digest(text), dtype=np.uint8) for text in texts]),
        "embeddings": encoder.embed(texts),
    }
    with atomic_path(file) as temporary:
        save_file(content, temporary, metadata={"encoder": encoder.fingerprint})
    return file
