"""ClassEmbeddings: embeddings of the classes of a dataset, and those of texts that come with the package."""

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from zeroskel.core import ClassText
from zeroskel.core._files import atomic_path, content_key
from zeroskel.text._aspects import aspects_fingerprint, known_aspects
from zeroskel.text._class_texts import BEST, block_widths, class_embeddings, class_texts
from zeroskel.text._descriptions import published_descriptions
from zeroskel.text._movement_texts import is_movement
from zeroskel.text._sentence_encoder import FILE, SentenceEncoder, digest


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
        movements = [text.numbers for text in texts if any(map(is_movement, text.numbers))]
        return content_key([text.all_texts for text in texts], *aspects, *movements)


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
    digests = np.stack([np.frombuffer(digest(text), dtype=np.uint8) for text in texts])
    with atomic_path(file) as temporary:
        content = {"digests": digests, "embeddings": encoder.embed(texts)}
        save_file(content, temporary, metadata={"encoder": encoder.fingerprint})
    return file
