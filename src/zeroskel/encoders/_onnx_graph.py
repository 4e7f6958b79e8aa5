"""ONNX export: one graph from joints and texts to scores."""

import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.core._optional import import_optional

OPSET = 18
TIME = 2  # axis of the frames, in raw joints (N, M, T, V, C) and in prepared joints (N, C, T, V, M)


class Recognition(nn.Module):
    """Module from joints and texts to scores, probabilities and, if it was fitted, the presence.

        p(a | one of the candidates) = softmax_a(score / temperature)
        p(one of the candidates)     = sigmoid(w . [1, max z, log mean exp z, log K, log mean exp y])

    z and y are the scores of the candidates and of the background, divided by the temperature. Without a background the
    last input is missing.

    Args:
        prepare: function from the joints of the graph's input to batches (N, C, frames, V, M).
        encoder: module from batches (N, C, frames, V, M) to features (N, D).
        scores: module from features (N, D) and texts (K, D_text) to scores (N, K).
        temperature: temperature of the probabilities; 1 does not scale the scores.
        presence: weights w; None if the presence was not fitted.
        background: (B, D_text) texts of the background; None without one.
    """

    background: Tensor | None

    def __init__(
        self,
        prepare: Callable[[Tensor], Tensor],
        encoder: nn.Module,
        scores: nn.Module,
        *,
        temperature: float = 1.0,
        presence: Sequence[float] | None = None,
        background: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        self.register_buffer("background", None if background is None else torch.as_tensor(background))
        self.prepare, self.encoder, self.scores = prepare, encoder, scores
        self.temperature, self.presence = temperature, presence

    def forward(self, joints: Tensor, texts: Tensor) -> tuple[Tensor, ...]:
        """Return scores (N, K), probabilities (N, K) and, if it was fitted, the presence (N,)."""
        count = texts.shape[0]
        if self.background is not None:
            texts = torch.cat([texts, self.background])
        scores = self.scores(self.encoder(self.prepare(joints)), texts)
        scores, background = scores[:, :count], scores[:, count:] / self.temperature
        z = scores / self.temperature
        probabilities = torch.softmax(z, dim=1)
        if self.presence is None:
            return scores, probabilities
        bias, of_maximum, of_mean, of_count, *of_background = self.presence
        log_count = torch.log(torch.ones_like(z[:1]).sum(dim=1))
        log_mean = torch.logsumexp(z, dim=1) - log_count
        logit = bias + of_maximum * z.amax(dim=1) + of_mean * log_mean + of_count * log_count
        if self.background is not None:
            logit = logit + of_background[0] * (torch.logsumexp(background, dim=1) - math.log(len(self.background)))
        return scores, probabilities, torch.sigmoid(logit)


def write_onnx(
    recognition: Recognition, file: Path, *, joints: Sequence[int], text_dim: int, metadata: Mapping[str, str]
) -> dict[str, list[str | int]]:
    """Write the graph with its weights to one file, and check it.

    Args:
        recognition: module to export.
        file: path of the graph.
        joints: shape of an example of the joints; its first axis N and its time axis T are dynamic in the graph.
        text_dim: length D_text of a class embedding.
        metadata: entries stored in the file.

    Returns:
        Name of each input and output to its axes: a number, or a letter for a dynamic axis.

    Raises:
        InputError: the extra zeroskel[export] is not installed.
    """
    onnx = import_optional("onnx", "Export to ONNX")
    import_optional("onnxscript", "Export to ONNX")  # torch.onnx and `_stable_sort` need it
    outputs = ["scores", "probabilities"] + ([] if recognition.presence is None else ["presence"])
    axes: dict[str, list[str | int]] = {
        "joints": ["N", *joints[1:TIME], "T", *joints[TIME + 1 :]],
        "texts": ["K", text_dim],
        **{name: ["N", "K"] if name != "presence" else ["N"] for name in outputs},
    }
    dynamic = torch.export.Dim.DYNAMIC
    example = torch.randn(2, *joints[1:], generator=torch.Generator().manual_seed(0)), torch.zeros(3, text_dim)
    with warnings.catch_warnings(), _errors_only("torch.onnx", "torch.export", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")  # torch warns about its own code
        program = torch.onnx.export(
            recognition.eval(),
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=["joints", "texts"],
            output_names=outputs,
            dynamic_shapes=({0: dynamic, TIME: dynamic}, {0: dynamic}),
            custom_translation_table={torch.ops.aten.sort.stable: _stable_sort},
            verbose=False,
        )
    assert program is not None
    program.model.producer_name, program.model.producer_version = "zeroskel", metadata.get("version", "")
    program.model.metadata_props.update(metadata)
    program.save(str(file), external_data=False)
    onnx.checker.check_model(str(file), full_check=True)
    return axes


def _stable_sort(values: Any, *, stable: bool, dim: int = -1, descending: bool = False) -> Any:
    """Translate the sort of the array API, for which torch.onnx has no translation; TopK keeps the order of equals."""
    from onnxscript import opset18 as op

    size = op.Shape(values, start=dim % len(values.shape), end=dim % len(values.shape) + 1)
    return op.TopK(values, size, axis=dim, largest=int(descending), sorted=1)


@contextmanager
def _errors_only(*names: str) -> Iterator[None]:
    """Silence messages below errors of these loggers."""
    levels = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in levels:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
