"""One graph from joints and texts to scores, as an ONNX file."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from zeroskel.core import InputError
from zeroskel.core.optional import import_optional
from zeroskel.encoders.torch_preparing import resample

OPSET = 18
FEWEST_FRAMES = 3  # of an encoder's input: a twin of `measures.smooth` has inner frames


class Recognition(nn.Module):
    """Joints and texts -> scores, probabilities and, where it was fitted, the presence.

        p(a | one of the list) = softmax_a(score / temperature)
        p(one of the list)     = sigmoid(w . [1, max z, log mean exp z, log K])        z = score / temperature

    Args:
        encoder: (N, C, frames, V, M) -> (N, D).
        scores: (N, D), (K, D_text) -> (N, K).
        frames: that the encoder was fitted with.
        prepare: raw joints (N, M, T, V, C) -> (N, C, frames, V, M); None: the joints are prepared (N, C, T, V, M).
        temperature: of the probabilities; 1 leaves the scores as they are.
        presence: w; None where it was not fitted.
    """

    def __init__(
        self,
        encoder: nn.Module,
        scores: nn.Module,
        *,
        frames: int,
        prepare: nn.Module | None = None,
        temperature: float = 1.0,
        presence: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        if frames < FEWEST_FRAMES:
            raise InputError(f"the bundle's sequences have {frames} frames; a graph needs {FEWEST_FRAMES} or more")
        self.prepare, self.encoder, self.scores = prepare, encoder, scores
        self.frames, self.temperature, self.presence = frames, temperature, presence

    def forward(self, joints: Tensor, texts: Tensor) -> tuple[Tensor, ...]:
        if self.prepare is None:
            batch = resample(joints.transpose(1, 2), self.frames).transpose(1, 2)
        else:
            batch = self.prepare(joints)
        scores = self.scores(self.encoder(batch), texts)
        z = scores / self.temperature
        found = scores, torch.softmax(z, dim=1)
        if self.presence is None:
            return found
        offset, of_most, of_mean, of_count = self.presence
        count = torch.log(torch.ones_like(z[:1]).sum(dim=1))
        log_mean = torch.logsumexp(z, dim=1) - count
        strength = offset + of_most * z.amax(dim=1) + of_mean * log_mean + of_count * count
        return *found, torch.sigmoid(strength)


def write_onnx(
    recognition: Recognition, file: Path, *, joints: Sequence[int], text_dim: int, metadata: Mapping[str, str]
) -> dict[str, list[str | int]]:
    """Write the graph, its numbers inside, and check it.

    Args:
        recognition: what it computes.
        file: where to.
        joints: an example's shape, whose first axis N and axis of frames T are free in the graph.
        text_dim: D_text.
        metadata: kept in the file.

    Returns:
        Name of each input and output -> its axes: a number, or a letter for what is free.

    Raises:
        InputError: the extra zeroskel[export] is not installed.
    """
    onnx = import_optional("onnx", "Export to ONNX")
    import_optional("onnxscript", "Export to ONNX")  # torch.onnx needs it
    time = 2
    outputs = ["scores", "probabilities", "presence"][: 2 if recognition.presence is None else 3]
    axes: dict[str, list[str | int]] = {
        "joints": ["N", *joints[1:time], "T", *joints[time + 1 :]],
        "texts": ["K", text_dim],
        **{name: ["N", "K"] if name != "presence" else ["N"] for name in outputs},
    }
    free = torch.export.Dim.DYNAMIC
    example = torch.randn(2, *joints[1:], generator=torch.Generator().manual_seed(0)), torch.zeros(3, text_dim)
    with warnings.catch_warnings(), _silent("torch.onnx", "torch.export", "onnxscript", "onnx_ir"):
        warnings.simplefilter("ignore")  # of torch about itself
        program = torch.onnx.export(
            recognition.eval(),
            example,
            dynamo=True,
            opset_version=OPSET,
            input_names=["joints", "texts"],
            output_names=outputs,
            dynamic_shapes=({0: free, time: free}, {0: free}),
            verbose=False,
        )
    assert program is not None
    program.model.producer_name, program.model.producer_version = "zeroskel", metadata.get("version", "")
    program.model.metadata_props.update(metadata)
    program.save(str(file), external_data=False)
    onnx.checker.check_model(str(file), full_check=True)
    return axes


class _silent:
    """No messages below errors from these loggers."""

    def __init__(self, *names: str) -> None:
        self.loggers = [logging.getLogger(name) for name in names]

    def __enter__(self) -> None:
        self.levels = [logger.level for logger in self.loggers]
        for logger in self.loggers:
            logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        for logger, level in zip(self.loggers, self.levels, strict=True):
            logger.setLevel(level)
