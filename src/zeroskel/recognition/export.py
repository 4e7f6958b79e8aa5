"""Export of a bundle as one ONNX graph, with a JSON file that describes how to run it."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from zeroskel import __version__
from zeroskel.core import InputError, get_layout
from zeroskel.core._files import atomic_path
from zeroskel.encoders._onnx_graph import Recognition, write_onnx
from zeroskel.recognition._recognizer import ZeroShotRecognizer
from zeroskel.skeleton.transforms import _arrays

_FORMAT = 1


def export_onnx(
    recognizer: ZeroShotRecognizer, file: Path, *, actions: Sequence[str] = (), prepared: bool = False
) -> Path:
    """Export a recognizer as an ONNX graph, and write FILE.json that describes it: axes, joints, texts, training.

    Scores, probabilities and presence of the graph are those of `predict`. Its inputs are "joints", float32:

    - raw, (N, M, T, V, C): bodies, frames, joints of the bundle's layout in metres with y up (2-D layouts: any unit),
      NaN where a joint was not observed, M as in training, an absent body NaN throughout; a bundle whose preparation
      has a clock takes them as 30 frames a second; or
    - `prepared`, (N, C, T, V, M): results of `Preprocessing`; where T is not the bundle's number of frames they are
      resampled to it;

    and "texts", float32 (K, D_text), the class embeddings of the candidates. N, T and K are dynamic.

    Args:
        recognizer: recognizer whose encoder and method have `to_torch`.
        file: path of the graph; the graph and the JSON file are replaced once the export has succeeded.
        actions: actions whose class embeddings are written to the JSON file, because a graph has no sentence encoder.
        prepared: whether the input is prepared joints instead of raw joints.

    Returns:
        The path of the JSON file.

    Raises:
        InputError: the encoder or method cannot be exported, the recognizer has examples, an action is not valid,
            `file` is a folder, or the extra zeroskel[export] is not installed.

    Example:
        >>> from pathlib import Path
        >>> from zeroskel import ZeroShotRecognizer
        >>> from zeroskel.recognition import export_onnx
        >>> recognizer = ZeroShotRecognizer.load("default")  # doctest: +SKIP
        >>> export_onnx(recognizer, Path("kite.onnx"), actions=["squat", "jump"])  # doctest: +SKIP
        PosixPath('kite.onnx.json')
    """
    if recognizer.examples is not None:
        raise InputError(
            "The recognizer has examples, which a graph cannot use. Export the recognizer as it was before `adapt`."
        )
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
        background=recognizer.background,
    )
    channels, frames, joints, bodies = preprocessing.shape
    frames += 1  # the example must not have the size of a fixed axis
    raw_shape = (1, bodies, frames, joints, preprocessing.channels)  # the clock is a channel of prepared joints only
    shape = (1, channels, frames, joints, bodies) if prepared else raw_shape
    text_dim = recognizer.aligner.text_dim_
    assert text_dim is not None  # the aligner is fitted
    description = _description(recognizer, prepared)
    metadata = {
        **{name: description[name] for name in ("version", "layout", "notice")},
        "temperature": json.dumps(description["temperature"]),
    }
    json_file = file.with_name(f"{file.name}.json")
    with atomic_path(file) as temporary_graph, atomic_path(json_file) as temporary_json:
        axes = write_onnx(recognition, temporary_graph, joints=shape, text_dim=text_dim, metadata=metadata)
        description |= {
            "axes": axes,
            "actions": [] if candidates is None else list(candidates.actions),
            # numbers with the fewest digits that identify a float32
            "embeddings": []
            if candidates is None
            else [list(map(float, map(str, row))) for row in candidates.embeddings],
        }
        temporary_json.write_text(json.dumps(description), encoding="utf-8")
    return json_file


def _description(recognizer: ZeroShotRecognizer, prepared: bool) -> dict[str, Any]:
    """Return what a program must know to run the graph, as values that JSON can hold."""
    layout = get_layout(recognizer.preprocessing.layout)
    calibration = recognizer.calibration
    return {
        "format": _FORMAT,
        "version": __version__,
        "input": "prepared" if prepared else "raw",
        "layout": layout.name,
        "joints": list(layout.joints),
        "bones": [[layout.index(child), layout.index(parent)] for child, parent in layout.bones],
        "preprocessing": recognizer.preprocessing.to_config(),
        "encoder": recognizer.encoder.encoder,
        "method": recognizer.aligner.method,
        "text": recognizer.sentences.name,
        "text_fingerprint": recognizer.sentences.fingerprint,
        "prompt": recognizer.prompt,
        "temperature": None if calibration is None else calibration.temperature,
        "facts": recognizer.facts,
        "notice": recognizer.facts.get("notice", ""),
    }
