"""A bundle as one ONNX graph, for places without Python, and what must be known to run it."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel import __version__
from zeroskel.core import InputError, get_layout
from zeroskel.core._files import atomic_path
from zeroskel.encoders._onnx_graph import Recognition, write_onnx
from zeroskel.recognition._recognizer import ZeroShotRecognizer
from zeroskel.skeleton.transforms import _arrays

FORMAT = 1


def export_onnx(
    recognizer: ZeroShotRecognizer, file: Path, *, actions: Sequence[str] = (), prepared: bool = False
) -> Path:
    """Write a recognizer as an ONNX graph, and beside it FILE.json: axes, joints, texts, what it was trained on.

    The graph's scores, probabilities and presence are those of `predict`. Its inputs are "joints", float32:

    - raw, (N, M, T, V, C): bodies, frames, joints of the bundle's layout in metres with y up (2-D layouts: any unit),
      NaN where a joint was not observed, M as in training, an absent body NaN throughout; or
    - `prepared`, (N, C, T, V, M): what `Preprocessing` gives; where T is not the bundle's number of frames they are
      resampled to it;

    and "texts", float32 (K, D_text), the class embeddings of the candidates. N, T and K are free.

    Args:
        recognizer: with an encoder and a method that can be exported (`torch_encoder`, `Aligner.to_torch`).
        file: of the graph; replaced, as the JSON file is, when the export has worked.
        actions: whose embeddings come with the graph, since it has no sentence encoder.
        prepared: as above.

    Returns:
        The JSON file.

    Raises:
        InputError: an encoder or method that cannot be exported, a bundle with examples, bad actions, a `file` that is
            a folder, or the extra zeroskel[export] is not installed.
    """
    if recognizer.examples is not None:
        raise InputError("the recognizer has examples, which a graph cannot weigh; export it as it was before `adapt`")
    if file.is_dir():
        raise InputError(f"{file}: a folder; expected the name of a file, such as {file / 'zeroskel.onnx'}")
    candidates = recognizer.candidates(list(actions)) if actions else None
    preprocessing, calibration = recognizer.preprocessing, recognizer.calibration
    recognition = Recognition(
        partial(_arrays.resample, frames=preprocessing.frames) if prepared else preprocessing.prepare,
        recognizer.encoder.to_torch(),
        recognizer.aligner.to_torch(),
        temperature=1.0 if calibration is None else calibration.temperature,
        presence=None if calibration is None else calibration.presence,
    )
    channels, frames, joints, bodies = preprocessing.shape
    frames += 1  # a number that no fixed axis has
    shape = (1, channels, frames, joints, bodies) if prepared else (1, bodies, frames, joints, channels)
    text_dim = recognizer.aligner.text_dim_
    assert text_dim is not None  # it is fitted
    layout = get_layout(preprocessing.layout)
    about: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "input": "prepared" if prepared else "raw",
        "layout": layout.name,
        "joints": list(layout.joints),
        "bones": [[layout.index(child), layout.index(parent)] for child, parent in layout.bones],
        "preprocessing": preprocessing.to_config(),
        "encoder": recognizer.encoder.encoder,
        "method": recognizer.aligner.method,
        "text": recognizer.sentences.name,
        "text_fingerprint": recognizer.sentences.fingerprint,
        "prompt": recognizer.prompt,
        "temperature": None if calibration is None else calibration.temperature,
        "facts": recognizer.facts,
        "notice": recognizer.facts.get("notice", ""),
    }
    known = {
        "version": __version__,
        "layout": layout.name,
        "temperature": json.dumps(about["temperature"]),
        "notice": about["notice"],
    }
    beside = file.with_name(f"{file.name}.json")
    with atomic_path(file) as graph, atomic_path(beside) as description:
        about["axes"] = write_onnx(recognition, graph, joints=shape, text_dim=text_dim, metadata=known)
        about["actions"] = [] if candidates is None else list(candidates.actions)
        about["embeddings"] = [] if candidates is None else _shortest(candidates.embeddings)
        description.write_text(json.dumps(about), encoding="utf-8")
    return beside


def _shortest(rows: np.ndarray) -> list[list[float]]:
    """Rows (K, D_text) float32 as numbers of the fewest digits that still are them."""
    return [[float(str(value)) for value in row] for row in rows]
