"""Texts of actions: each text is read once, each action embedded once, in a bounded memory."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from zeroskel.text import SentenceEncoder, class_embeddings, class_texts, published_descriptions
from zeroskel.text._class_texts import MOVEMENT
from zeroskel.text._descriptions import Description
from zeroskel.text._movement_reader import is_written, read_movements

_SIZE = 4096  # texts, and actions

UnreadText = tuple[str, str]  # prompt and text
Value = TypeVar("Value")


class _Remembered(Generic[Value]):
    """Memory of the values that were used last. Several threads may use it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[object, Value] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: object) -> bool:
        with self._lock:
            return key in self._values

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        """Return the value of a key; make it where it is unknown."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


class ActionTexts:
    """Embeddings of single actions, as a prompt makes them.

    Args:
        sentences: sentence encoder.
        prompt: prompt of `zeroskel.text.class_texts`.
    """

    def __init__(self, sentences: SentenceEncoder, prompt: str) -> None:
        self._sentences, self._prompt = sentences, prompt
        self._rows: _Remembered[np.ndarray] = _Remembered(_SIZE)
        self._texts: _Remembered[np.ndarray] = _Remembered(_SIZE)

    def embedding(self, name: str, texts: Sequence[str] = ()) -> np.ndarray:
        """Return the embedding (D_text,) of an action with further texts."""

        def embed() -> np.ndarray:
            class_text = class_texts([name], self._prompt, self._descriptions(name, texts))
            return np.asarray(class_embeddings(self, class_text)[0])

        return self._rows.get((name, *texts), embed)

    def unread(self, name: str, texts: Sequence[str] = ()) -> list[UnreadText]:
        """Return the texts of an action that a network has still to read; `read` reads one of them."""
        if (name, *texts) in self._rows:
            return []
        prompts = self._prompt.split("+")
        unread = []
        if MOVEMENT in prompts:
            unread = [(MOVEMENT, text) for text in (name, *texts) if not is_written(text)]
        others = "+".join(prompt for prompt in prompts if prompt != MOVEMENT)
        if others:
            (class_text,) = class_texts([name], others, self._descriptions(name, texts))
            unread += [(others, text) for text in class_text.all_texts]
        return [each for each in unread if each not in self._texts]

    def read(self, unread: UnreadText) -> None:
        """Read one text, so that `embedding` does not have to."""
        prompt, text = unread
        if prompt == MOVEMENT:
            self._texts.get(unread, lambda: read_movements([text])[0])  # the reader remembers the rest
        else:
            self._texts.get(unread, lambda: self.encode([text])[0])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the sentence embeddings (N, D) of N texts; each text is embedded once."""
        return np.stack([self._texts.get(text, partial(self._encode, text)) for text in texts])

    def _encode(self, text: str) -> np.ndarray:
        return np.asarray(self._sentences.encode([text])[0])

    def _descriptions(self, name: str, texts: Sequence[str]) -> dict[str, Description]:
        return {**published_descriptions(), **({name: list(texts)} if texts else {})}
