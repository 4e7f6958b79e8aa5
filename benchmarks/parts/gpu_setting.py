"""Sizes and time limits of the benchmark of a GPU."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from parts.stgcn import CASES


@dataclass(frozen=True)
class Setting:
    """Device, sizes, and the time that is left for a part.

    Attributes:
        device: The GPU, or the CPU for a trial.
        cases: Layouts and numbers of bodies.
        step: Sequences of a training step.
        frames: Frames of a sequence.
        sequences: Sequences that train.
        epochs: Epochs of SMIE.
        batch: Sequences of a batch of inference.
        rounds: Timed rounds of each comparison at most.
        deadline: Time of `time.perf_counter` at which the part should end.
    """

    device: torch.device
    cases: tuple[tuple[str, int], ...] = CASES
    step: int = 128
    frames: int = 50
    sequences: int = 8_000
    epochs: int = 100
    batch: int = 1024
    rounds: int = 30
    deadline: float = 0.0

    @classmethod
    def of(cls, device: str, *, quick: bool) -> "Setting":
        """Return the published sizes, or sizes for a trial of a minute on a CPU."""
        there = torch.device(device, 0) if device == "cuda" else torch.device(device)
        if not quick:
            return cls(there)
        return cls(there, CASES[1:], step=8, frames=12, sequences=40, epochs=6, batch=16, rounds=1)

    def with_limit(self, seconds: float) -> "Setting":
        """Return the setting of a part that begins now."""
        return replace(self, deadline=time.perf_counter() + seconds)

    def seconds_left(self) -> float:
        """Return the time until the deadline, at least one second."""
        return max(1.0, self.deadline - time.perf_counter())

    @property
    def wait(self) -> Callable[[], object]:
        """Return a function that waits for the device."""
        return torch.cuda.synchronize if self.device.type == "cuda" else lambda: None

    def of_50(self, frames: int) -> int:
        """Return this number of 50 frames in proportion to the frames of a sequence."""
        return max(1, frames * self.frames // 50)
