"""Aspects: what the body does in an action, in numbers of one vocabulary; written for known names, else guessed."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Protocol

import numpy as np

from zeroskel.core.files import content_key
from zeroskel.text.descriptions import Description, published_descriptions

ARMS = {"none": 0.0, "one": 0.5, "both": 1.0, "alternating": 1.0}
"""Which arms act -> how many do, as a share."""

FLOOR = 0.1  # added to an aspect's deviation, so that what hardly any action has does not outweigh the rest
FIRST = "kinect-pool.toml"  # where two sets name an action alike, the numbers that fit several sets
PENALTY, SHARPNESS = 0.1, 1.0  # of the guess; chosen by guessing named actions from the others


class Encoder(Protocol):
    """Anything that turns N texts into (N, D) L2-normalised float32."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def __hash__(self) -> int: ...


class AspectText(str):
    """The text of an action that may know its aspects.

    Attributes:
        values: (A,) numbers of `aspect_names`, or None where they have to be guessed from the text.
        described: whether the text says more than a name.
    """

    values: np.ndarray | None
    described: bool

    def __new__(cls, text: str, values: np.ndarray | None = None, *, described: bool = False) -> "AspectText":
        made = super().__new__(cls, text)
        made.values = values
        made.described = described
        return made


@cache
def aspect_names() -> tuple[str, ...]:
    """Names of the A numbers, in order: which arms act, how many, then the other words of the vocabulary."""
    return (*(f"arms_{which}" for which in ARMS), *_vocabulary())


@cache
def known_aspects() -> dict[str, np.ndarray]:
    """Aspects of all actions that were described so: class name -> (A,) numbers from 0 to 1."""
    found: dict[str, np.ndarray] = {}
    files = [f for f in _folder().iterdir() if f.name.endswith(".toml") and f.name != "vocabulary.toml"]
    for file in sorted(files, key=lambda f: (f.name != FIRST, f.name)):
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found.setdefault(name, _numbers(table))
    return found


def aspect_text(name: str, description: Description | None = None) -> AspectText:
    """What stands for an action: its aspects in words where they are known, else its name and sentences.

    Args:
        name: of the action.
        description: of the action, or None.
    """
    values = known_aspects().get(name)
    if values is None:
        values = _by_spelling().get(_plain(name))
    if values is not None:
        said = ", ".join(f"{aspect} {value:g}" for aspect, value in zip(aspect_names(), values, strict=True) if value)
        return AspectText(f"{name}: {said}", values)
    if description is None:
        return AspectText(name)
    told = description.get("sentence", "") if isinstance(description, Mapping) else " ".join(description)
    return AspectText(f"{name}: {told}", described=True) if told else AspectText(name)


def aspect_embeddings(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """Aspects as class embeddings.

        e = (a - m) / (s + 0.1), then of length one

    with m and s the mean and deviation of each aspect over all named actions. Where the aspects are not known, a is

        a = m + k(t)^T (K + p I)^-1 (A - m)        k(t, t') = exp(-c |t - t'|^2)

    kernel ridge regression from sentence embeddings t to aspects, learnt from the names of all actions whose aspects
    are known (A), whichever data set they are of, and for a text that says more than a name from their sentences too: a
    map from words to kinematics that no motion enters.

    Args:
        encoder: of the texts whose aspects are not known; not used where all are.
        texts: N texts, AspectTexts or plain ones.

    Returns:
        (N, A) float32 of length one.
    """
    rows = np.stack([_values(text) for text in texts])
    unknown = np.flatnonzero(np.isnan(rows[:, 0]))
    described = np.array([getattr(texts[int(i)], "described", False) for i in unknown], dtype=bool)
    for sentences in (False, True):
        asked = unknown[described == sentences]
        if len(asked):
            rows[asked] = guessed_aspects(encoder, [str(texts[int(i)]) for i in asked], sentences=sentences)
    mean, deviation = _mean_and_deviation()
    standard = (rows - mean) / deviation
    return (standard / np.maximum(np.linalg.norm(standard, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def guessed_aspects(
    encoder: Encoder, texts: Sequence[str], *, sentences: bool = False, without: Sequence[str] = ()
) -> np.ndarray:
    """(N, A) aspects told from texts alone, by the map that `aspect_embeddings` describes.

    Args:
        encoder: of the texts.
        texts: N texts.
        sentences: learn from what the known actions are described as, too; slower, and better for texts of that kind.
        without: names that the map is not learnt from.
    """
    library, weight = _map(encoder, tuple(without), sentences)
    mean, deviation = _mean_and_deviation()
    guess = np.exp(-SHARPNESS * _squared_distances(encoder.encode(texts).astype(np.float64), library)) @ weight
    return np.clip(guess * deviation + mean, 0.0, 1.0)


@lru_cache(maxsize=8)
def _map(encoder: Encoder, without: tuple[str, ...], sentences: bool) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (N, D) of what guesses are learnt from, and weights (N, A) of the regression."""
    told, values = _library(without, sentences)
    library = encoder.encode(told).astype(np.float64)
    mean, deviation = _mean_and_deviation()
    kernel = np.exp(-SHARPNESS * _squared_distances(library, library))
    return library, np.linalg.solve(kernel + PENALTY * np.eye(len(told)), (values - mean) / deviation)


def _squared_distances(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, M) of rows of length one."""
    distances: np.ndarray = np.maximum(2.0 - 2.0 * rows @ others.T, 0.0)
    return distances


@cache
def _vocabulary() -> tuple[str, ...]:
    return tuple(tomllib.loads(_folder().joinpath("vocabulary.toml").read_text(encoding="utf-8")))


def _folder() -> Any:
    return resources.files("zeroskel.resources") / "aspects"


@cache
def _by_spelling() -> dict[str, np.ndarray]:
    """Known aspects by names whose spelling is plain."""
    found: dict[str, np.ndarray] = {}
    for name, values in known_aspects().items():
        found.setdefault(_plain(name), values)
    return found


def _plain(name: str) -> str:
    return " ".join(name.lower().rstrip(". ").split())


def _numbers(table: Mapping[str, Any]) -> np.ndarray:
    arms = [float(table["arms"] == which) for which in ARMS]
    rest = [ARMS[table["arms"]] if word == "arms" else float(table.get(word, 0.0)) for word in _vocabulary()]
    return np.array([*arms, *rest])


def _values(text: str) -> np.ndarray:
    values = getattr(text, "values", None)
    return np.full(len(aspect_names()), np.nan) if values is None else np.asarray(values, dtype=np.float64)


@cache
def _mean_and_deviation() -> tuple[np.ndarray, np.ndarray]:
    """(A,) each over all named actions, the deviation with its floor."""
    values = np.stack(list(known_aspects().values()))
    return values.mean(axis=0), values.std(axis=0) + FLOOR


@cache
def _library(without: tuple[str, ...], sentences: bool) -> tuple[list[str], np.ndarray]:
    """Texts and (N, A) aspects that guesses are learnt from: each action by its name, and by its sentence."""
    descriptions = published_descriptions() if sentences else {}
    told, values = [], []
    for name, aspects in known_aspects().items():
        if name in without:
            continue
        description = descriptions.get(name)
        texts = [name]
        if isinstance(description, Mapping) and "sentence" in description:
            texts.append(f"{name}: {description['sentence']}")
        told += texts
        values += [aspects] * len(texts)
    return told, np.stack(values)


@cache
def aspects_fingerprint() -> str:
    """Equal for equal aspects of all known actions, which every embedding and guess depends on."""
    return content_key(aspect_names(), {name: values.tolist() for name, values in known_aspects().items()})
