"""Sentence embeddings that come with the package: the texts of all named actions by the default sentence encoder.

Run `make texts` to write them again after names, sentences or prompts have changed; a test fails until then.
"""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from zeroskel.core._files import atomic_path
from zeroskel.text._aspects import known_aspects
from zeroskel.text._class_texts import BEST, class_texts
from zeroskel.text._descriptions import published_descriptions

FILE = "text_embeddings.safetensors"


def shipped_embedding(text: str, fingerprint: str) -> np.ndarray | None:
    """Return the shipped embedding (D,) float32 of a text by the encoder with this fingerprint, or None."""
    rows, embeddings, encoder = _shipped()
    row = rows.get(_digest(text)) if encoder == fingerprint else None
    return None if row is None else embeddings[row]


def packaged_texts() -> list[str]:
    """Return every named action and the texts that the prompt "best" makes of it, without duplicates."""
    names = list(dict.fromkeys([*known_aspects(), *published_descriptions()]))
    texts = [text for of_class in class_texts(names, BEST) for text in of_class.all_texts]
    return list(dict.fromkeys([*names, *texts]))


def write_packaged_embeddings(encoder: Any) -> Path:
    """Replace the file of this installation with embeddings of `packaged_texts`, and return its path.

    Args:
        encoder: the default `SentenceEncoder`.
    """
    texts = packaged_texts()
    file = Path(str(resources.files("zeroskel.resources") / FILE))
    digests = np.stack([np.frombuffer(_digest(text), dtype=np.uint8) for text in texts])
    with atomic_path(file) as temporary:
        content = {"digests": digests, "embeddings": encoder.embed(texts)}
        save_file(content, temporary, metadata={"encoder": encoder.fingerprint})
    return file


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()[:8]


@cache
def _shipped() -> tuple[dict[bytes, int], np.ndarray, str]:
    """Return the row of each text's digest, the embeddings (N, D), and the fingerprint of their encoder."""
    with resources.as_file(resources.files("zeroskel.resources") / FILE) as file:
        if not file.is_file():
            return {}, np.zeros((0, 0), np.float32), ""
        with safe_open(file, "numpy") as stored:
            rows = {digest.tobytes(): row for row, digest in enumerate(stored.get_tensor("digests"))}
            return rows, stored.get_tensor("embeddings"), stored.metadata()["encoder"]
