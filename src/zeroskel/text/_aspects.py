"""Aspects: numbers that say what the body does in an action, written for known names and predicted for other texts."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Protocol

import numpy as np

from zeroskel.core import ClassText
from zeroskel.core._files import content_key
from zeroskel.core._rows import unit_rows
from zeroskel.text._descriptions import Description, published_descriptions

ARMS = {"none": 0.0, "one": 0.5, "both": 1.0, "alternating": 1.0}
"""Which arms act -> the share of the arms that act."""

DEVIATION_FLOOR = 0.1  # added to each aspect's deviation, so that a rare aspect does not outweigh the others
FIRST_FILE = "kinect-pool.toml"  # its numbers fit several datasets, so they win where two datasets share a name
PENALTY, GAMMA = 0.1, 1.0  # of the kernel ridge regression; chosen by predicting named actions from the others


class TextEncoder(Protocol):
    """Encoder that turns N texts into (N, D) L2-normalised float32."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...

    def __hash__(self) -> int: ...


@cache
def aspect_names() -> tuple[str, ...]:
    """Return the names of the A aspects, in the order of every vector of aspects.

    Returns:
        "arms_none", "arms_one", "arms_both" and "arms_alternating", then the words of the movement vocabulary.

    Example:
        >>> from zeroskel.text import aspect_names
        >>> aspect_names()[:3]
        ('arms_none', 'arms_one', 'arms_both')
    """
    return (*(f"arms_{which}" for which in ARMS), *_vocabulary())


@cache
def known_aspects() -> dict[str, np.ndarray]:
    """Return the aspects of every action whose movement is written down in the package.

    Returns:
        Class name -> (A,) float64 from 0 to 1, in the order of `aspect_names`.

    Example:
        >>> from zeroskel.text import aspect_names, known_aspects
        >>> float(known_aspects()["clap hands"][aspect_names().index("arms_both")])
        1.0
    """
    aspects: dict[str, np.ndarray] = {}
    folder = resources.files("zeroskel.resources") / "aspects"
    files = [file for file in folder.iterdir() if file.name.endswith(".toml") and file.name != "vocabulary.toml"]
    for file in sorted(files, key=lambda file: (file.name != FIRST_FILE, file.name)):
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            aspects.setdefault(name, _numbers(table))
    return aspects


def aspect_text(name: str, description: Description | None = None) -> ClassText:
    """Return the aspects of an action as a class text of one block.

    Args:
        name: name of the action; case, spaces and a final full stop are ignored where no name is spelt exactly so.
        description: sentences about the action, from which unknown aspects will be predicted.

    Returns:
        The known aspects with a text that lists them; else empty numbers with the name, followed by the sentences.
    """
    values = known_aspects().get(name)
    if values is None:
        values = _aspects_by_spelling().get(_plain_spelling(name))
    if values is not None:
        listed = ", ".join(f"{aspect} {value:g}" for aspect, value in zip(aspect_names(), values, strict=True) if value)
        return ClassText(name, ((f"{name}: {listed}",),), (tuple(values.tolist()),))
    sentences = description or ""
    if isinstance(description, Mapping):
        sentences = description.get("sentence", "")
    elif description is not None:
        sentences = " ".join(description)
    return ClassText(name, ((f"{name}: {sentences}" if sentences else name,),), ((),))


def aspect_embeddings(encoder: TextEncoder, classes: Sequence[ClassText], block: int = 0) -> np.ndarray:
    """Return one embedding for each class, made of the aspects in one block.

        e = (a - m) / (s + 0.1), then scaled to length one

    with m and s the mean and standard deviation of each aspect over all named actions. Where the aspects a are not
    known, `predict_aspects` predicts them from the block's text.

    Args:
        encoder: sentence encoder for the texts whose aspects are not known; unused where all are known.
        classes: K class texts.
        block: index of the block with the aspects.

    Returns:
        (K, A) float32 with rows of length one.
    """
    rows = np.zeros((len(classes), len(aspect_names())))
    unknown: dict[bool, list[int]] = {False: [], True: []}
    for row, text in enumerate(classes):
        values = text.numbers[block]
        if values:
            rows[row] = values
        else:
            described = text.texts[block][0] != text.name
            unknown[described].append(row)
    for described, selected in unknown.items():
        if selected:
            texts = [classes[row].texts[block][0] for row in selected]
            rows[selected] = predict_aspects(encoder, texts, described=described)
    mean, deviation = _mean_and_deviation()
    return unit_rows((rows - mean) / deviation).astype(np.float32)


def predict_aspects(
    encoder: TextEncoder, texts: Sequence[str], *, described: bool = False, without: Sequence[str] = ()
) -> np.ndarray:
    """Predict aspects from texts alone, by kernel ridge regression on sentence embeddings.

        a = m + k(t)^T (K + p I)^-1 (A - m)        k(t, t') = exp(-c |t - t'|^2)

    The regression is fitted on the names of all actions whose aspects A are known, in all datasets. It maps words to
    kinematics; no recorded motion enters.

    Args:
        encoder: sentence encoder.
        texts: N texts.
        described: fit on the sentences of the known actions, too. Slower, and better for texts that are more than
            names.
        without: names of actions to leave out of the fit.

    Returns:
        (N, A) float64 from 0 to 1, in the order of `aspect_names`.

    Example:
        >>> from zeroskel.text import SentenceEncoder, predict_aspects
        >>> predict_aspects(SentenceEncoder(), ["sit down", "clap hands"]).shape
        (2, 51)
    """
    model = _fitted_regression(encoder, tuple(without), described)
    mean, deviation = _mean_and_deviation()
    return np.clip(model.predict(encoder.encode(texts).astype(np.float64)) * deviation + mean, 0.0, 1.0)


@cache
def aspects_fingerprint() -> str:
    """Return a key that changes when the aspects of any known action change; every embedding depends on all of them."""
    return content_key(aspect_names(), {name: values.tolist() for name, values in known_aspects().items()})


@lru_cache(maxsize=8)
def _fitted_regression(encoder: TextEncoder, without: tuple[str, ...], described: bool) -> Any:
    from sklearn.kernel_ridge import KernelRidge  # takes a second to import; known names do not need it

    texts, values = _training_texts(without, described)
    mean, deviation = _mean_and_deviation()
    model = KernelRidge(alpha=PENALTY, kernel="rbf", gamma=GAMMA)
    return model.fit(encoder.encode(texts).astype(np.float64), (values - mean) / deviation)


@cache
def _training_texts(without: tuple[str, ...], described: bool) -> tuple[list[str], np.ndarray]:
    """Return N texts, each known action by its name and by its sentence, and their aspects (N, A)."""
    descriptions = published_descriptions() if described else {}
    texts, values = [], []
    for name, aspects in known_aspects().items():
        if name in without:
            continue
        description = descriptions.get(name)
        texts.append(name)
        values.append(aspects)
        if isinstance(description, Mapping) and "sentence" in description:
            texts.append(f"{name}: {description['sentence']}")
            values.append(aspects)
    return texts, np.stack(values)


@cache
def _mean_and_deviation() -> tuple[np.ndarray, np.ndarray]:
    """Return (A,) mean and standard deviation over all named actions, the latter with its floor added."""
    values = np.stack(list(known_aspects().values()))
    return values.mean(axis=0), values.std(axis=0) + DEVIATION_FLOOR


@cache
def _vocabulary() -> tuple[str, ...]:
    file = resources.files("zeroskel.resources") / "aspects" / "vocabulary.toml"
    return tuple(tomllib.loads(file.read_text(encoding="utf-8")))


@cache
def _aspects_by_spelling() -> dict[str, np.ndarray]:
    """Return the known aspects by plainly spelt names."""
    aspects: dict[str, np.ndarray] = {}
    for name, values in known_aspects().items():
        aspects.setdefault(_plain_spelling(name), values)
    return aspects


def _plain_spelling(name: str) -> str:
    return " ".join(name.lower().rstrip(". ").split())


def _numbers(table: Mapping[str, Any]) -> np.ndarray:
    """Return (A,) aspects of a table of the resource files; words that it leaves out are 0."""
    arms = [float(table["arms"] == which) for which in ARMS]
    rest = [ARMS[table["arms"]] if word == "arms" else float(table.get(word, 0.0)) for word in _vocabulary()]
    return np.array([*arms, *rest])
