"""Class texts and their embeddings, computed once for each encoder and prompt."""

from collections.abc import Mapping

import numpy as np

from zeroskel.text import SentenceEncoder, block_widths, class_embeddings


class ClassTexts:
    """The texts of one data set's classes, by prompt, and their embeddings."""

    def __init__(self, encoders: Mapping[str, SentenceEncoder], prompts: Mapping[str, list[list[str]]]) -> None:
        self.encoders = encoders
        self.prompts = prompts
        self._embeddings: dict[tuple[str, str], np.ndarray] = {}

    def embeddings(self, text: str, prompt: str) -> np.ndarray:
        """(K, D_text) of one encoder and prompt."""
        if (text, prompt) not in self._embeddings:
            self._embeddings[text, prompt] = class_embeddings(self.encoders[text], self.prompts[prompt])
        return self._embeddings[text, prompt]

    def blocks(self, text: str, prompt: str) -> list[int]:
        """Widths of the parts of these embeddings; none where the prompt has but one."""
        return block_widths(self.encoders[text], self.prompts[prompt])
