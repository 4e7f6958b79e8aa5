"""Embeddings of the classes of one dataset, computed once for each sentence encoder and prompt."""

from collections.abc import Mapping, Sequence

import numpy as np

from zeroskel.core import ClassText
from zeroskel.core._files import content_key
from zeroskel.text import SentenceEncoder, block_widths, class_embeddings
from zeroskel.text._aspects import aspects_fingerprint


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
