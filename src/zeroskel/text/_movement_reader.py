"""Reader of words: what a text says of each quantity of the movement vocabulary, and how surely it says it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from zeroskel.core import InputError
from zeroskel.core._vocabulary import vocabulary
from zeroskel.text._layers import attention, gelu, layer_norm, linear, softmax
from zeroskel.text._movement_memory import SimilarWordings
from zeroskel.text._movements import WrittenMovement, written_movements
from zeroskel.text._sentence_encoder import SentenceEncoder

HEADS = 4
LONGEST = 64
"""Tokens of a text that the network reads; the positions of later ones are unknown to it."""

NEAR = 2
"""Neighbours on each side that are read together with a token."""

_SWAPS = {"left": "right", "right": "left", "clockwise": "counterclockwise", "counterclockwise": "clockwise"}
_SIDED_WORD = re.compile(r"(?<![a-z])(?:counterclockwise|clockwise|right|left)(?=wards?\b|handed\b|\b)", re.IGNORECASE)
_COUNTERCLOCKWISE = re.compile(r"counter[- ]clockwise|anti-?clockwise", re.IGNORECASE)
_BOTH_SIDES = re.compile(
    r"\b(?:both )?(?:(?:the|his|her|their) )?(left|right)(?: (\w+))? and (?:(?:the|his|her|their) )?"
    r"(?!\1)(?:left|right) (arm|hand|fist|leg|foot|knee|elbow)\b"
)
_NORM_FLOOR = 1e-5


def read_movements(
    texts: Sequence[str], *, weights: Path | None = None, without: Collection[str] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Return what texts say of Q quantities.

    A wording that is written in the package, or whose mirror image is, has its written numbers. A network
    (`MovementNetwork`) and a memory of wordings (`SimilarWordings`) read all others.

    Args:
        texts: N texts.
        weights: file of a network's weights. None selects those of the package.
        without: texts; no written movement that has one of them, or its mirror image, among its wordings is used. To
            measure how words of others are read, pass weights that were trained without them.

    Returns:
        Values (N, Q) and certainties (N, Q) from 0 (open) to 1 (stated).

    Raises:
        InputError: if a text is empty.
    """
    if isinstance(texts, str):
        raise InputError(f"texts is one string; expected a list of texts, such as [{texts!r}]")
    withheld = _withheld(without)
    rows = [_read(normalised(text), weights, withheld) for text in texts]
    values, certainties = zip(*rows, strict=True) if rows else ((), ())
    shape = (len(rows), len(vocabulary()))
    return np.reshape(values, shape).astype(np.float64), np.reshape(certainties, shape).astype(np.float64)


def is_written(text: str, without: Collection[str] = ()) -> bool:
    """Return whether the numbers of a text, or of its mirror image, are written; `without` as in `read_movements`."""
    plain, written = normalised(text), _written_wordings(_withheld(without))
    return plain in written or mirrored_text(plain) in written


def normalised(text: str) -> str:
    """Return a text in lower case, with single spaces and without its final full stop."""
    return " ".join(text.lower().split()).rstrip(". ")


def mirrored_text(text: str) -> str:
    """Return a text with left and right, and clockwise and counterclockwise, exchanged."""
    text = _COUNTERCLOCKWISE.sub("counterclockwise", text)
    return _SIDED_WORD.sub(lambda match: _SWAPS[match.group().lower()], text)


def left_first(text: str) -> tuple[str, bool]:
    """Return a text, mirrored if it says right (or clockwise) first, and whether it is mirrored.

    The network reads all texts in this form, so that a text and its mirror image get exactly mirrored values.
    """
    text = _COUNTERCLOCKWISE.sub("counterclockwise", text)
    first = _SIDED_WORD.search(text)
    mirror = first is not None and first.group().lower() in ("right", "clockwise")
    return (mirrored_text(text) if mirror else text), mirror


def mirrored_values(values: np.ndarray) -> np.ndarray:
    """Return values (…, Q) of the mirrored movements."""
    return np.where(vocabulary().mirrored, -values, values)


@lru_cache(maxsize=4096)
def _read(text: str, weights: Path | None, without: frozenset[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (Q,) and certainties (Q,) of a normalised text."""
    if not text:
        raise InputError("A text is empty; expected words that describe an action")
    written = _written_wordings(without)
    if text in written:
        return written[text]
    mirrored = mirrored_text(text)
    if mirrored in written:
        values, certainties = written[mirrored]
        return mirrored_values(values), certainties
    written_left, mirror = left_first(_BOTH_SIDES.sub(_both_limbs, text))
    values, certainties = _reader(weights).read(token_states([written_left])[0])
    values, certainties = _without_unnamed_sides(written_left, values, certainties)
    return mirrored_values(values) if mirror else values, certainties


def _both_limbs(match: re.Match[str]) -> str:
    """Return "both hands" for "the left and the right hand" or "the left hand and the right hand"."""
    limb = match.group(3)
    if match.group(2) not in (None, limb):
        return match.group()
    return "both feet" if limb == "foot" else f"both {limb}s"


def _without_unnamed_sides(text: str, values: np.ndarray, certainties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return values (Q,) and certainties (Q,) of a text that leave open which side acts if the text names none.

    A text without left, right and clockwise is its own mirror image. It may state that a quantity with a side is 0, as
    "both hands" does, but neither sign: a value v becomes 0 with certainty c (1 - |v|).
    """
    words, sides = vocabulary(), {word.lower() for word in _SIDED_WORD.findall(text)}
    unnamed = words.mirrored.copy() if not sides else np.zeros(len(words), dtype=bool)
    if not sides & {"left", "right"}:
        unnamed[[words.index("arm_side"), words.index("leg_side")]] = True
    return np.where(unnamed, 0, values), np.where(unnamed, certainties * (1 - np.abs(values)), certainties)


def movements_without(texts: Collection[str]) -> list[WrittenMovement]:
    """Return the written movements that have none of these texts, or of their mirror images, as a wording."""
    if not texts:
        return list(written_movements())
    withheld = _withheld(texts)
    return [
        movement
        for movement in written_movements()
        if withheld.isdisjoint(left_first(normalised(text))[0] for text in movement.texts)
    ]


def _withheld(texts: Collection[str]) -> frozenset[str]:
    return frozenset(left_first(normalised(text))[0] for text in texts)


@cache
def _written_wordings(without: frozenset[str] = frozenset()) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each normalised wording of the package -> values and certainties. The first of equal wordings counts."""
    wordings: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for movement in movements_without(without):
        for text in movement.texts:
            wordings.setdefault(normalised(text), (movement.values, movement.certainties))
    return wordings


@cache
def _encoder() -> SentenceEncoder:
    return SentenceEncoder("minilm")


def token_states(texts: Sequence[str]) -> list[np.ndarray]:
    """Return (T, 768) of the T tokens of each text: embeddings before the first layer of MiniLM, and after the last."""
    return [states[:LONGEST] for states in _encoder().token_states(texts, layers=(0, -1))]


@cache
def _reader(weights: Path | None) -> "_Reader":
    if weights is None:
        with resources.as_file(resources.files("zeroskel.resources") / "movements" / "reader.safetensors") as file:
            return _reader(file)
    if not weights.is_file():
        raise InputError(f"{weights} is missing; train the reader of words with make reader")
    arrays = load_file(weights)
    memory = {name.removeprefix("memory."): array for name, array in arrays.items() if name.startswith("memory.")}
    return _Reader(MovementNetwork(arrays), SimilarWordings(memory))


@dataclass(frozen=True)
class _Reader:
    """Network, which says how sure a text is, and memory; both have a share in every value."""

    network: "MovementNetwork"
    memory: SimilarWordings

    def read(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values (Q,) and certainties (Q,) of a text with tokens (T, D)."""
        values, certainties = self.network.read(tokens)
        values = values + self.memory.share * (self.memory.read([tokens])[0] - values)
        return np.clip(values, np.where(vocabulary().signed, -1, 0), 1), certainties


class MovementNetwork:
    """Network from the tokens of a text to the quantities, in NumPy.

        y = norm(x W),  n = gelu(N [y of five neighbouring tokens])
        z = blocks(y + n + p)                                      transformer blocks, normalised before each part
        h = gelu(A norm([pool(x), pool(z), max(z), max(n)]))       pool: weighted means of the tokens, by learnt queries
        v, c = B h                                                 tanh for signed values, else logistic; logistic for c

    benchmarks/movement_reader.py trains it.

    Args:
        weights: name -> array, as the training writes them.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.weights = {name: array.astype(np.float32) for name, array in weights.items()}
        self.depth = sum(name.endswith("attention_in.weight") for name in weights)

    def read(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return values (Q,) and certainties (Q,) of a text with tokens (T, D)."""
        tokens = tokens.astype(np.float32)
        inputs = self._normalised("norm_input", self._linear("input", tokens))
        near = gelu(self._linear("near", _with_neighbours(inputs)))
        states = inputs + near + self.weights["positions"][: len(tokens)]
        for block in range(self.depth):
            states = self._block(f"blocks.{block}", states)
        means = [self._pooled("token_queries", tokens), self._pooled("state_queries", states)]
        pooled = np.concatenate([*means, states.max(axis=0), near.max(axis=0)])
        hidden = gelu(self._linear("hidden", self._normalised("norm", pooled)))
        values, certainties = np.split(self._linear("output", hidden), 2)
        return np.where(vocabulary().signed, np.tanh(values), _logistic(values)), _logistic(certainties)

    def _block(self, name: str, states: np.ndarray) -> np.ndarray:
        """Return states (T, W) after self-attention and a layer of units for each token."""
        mixed = self._linear(f"{name}.attention_in", self._normalised(f"{name}.norm_attention", states))
        attended = attention(np.split(mixed, 3, axis=1), HEADS)
        states = states + self._linear(f"{name}.attention_out", attended)
        units = gelu(self._linear(f"{name}.units_in", self._normalised(f"{name}.norm_units", states)))
        return states + self._linear(f"{name}.units_out", units)

    def _pooled(self, name: str, tokens: np.ndarray) -> np.ndarray:
        """Return the weighted means of tokens (T, D) by each query, one after the other."""
        return np.ravel(softmax(self._linear(name, tokens), axis=0).T @ tokens)

    def _linear(self, name: str, inputs: np.ndarray) -> np.ndarray:
        return linear(inputs, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normalised(self, name: str, inputs: np.ndarray) -> np.ndarray:
        return layer_norm(inputs, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], _NORM_FLOOR)


def _with_neighbours(states: np.ndarray) -> np.ndarray:
    """Return (T, 5 W): of each token the states (T, W) of the two tokens before it, its own, and of two after it."""
    padded = np.pad(states, ((NEAR, NEAR), (0, 0)))
    return np.concatenate([padded[step : step + len(states)] for step in range(2 * NEAR + 1)], axis=1)


def _logistic(inputs: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-inputs))
