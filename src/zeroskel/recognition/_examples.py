"""Examples: features of recordings that were labelled by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zeroskel.core import InputError, MissingFileError


@dataclass(frozen=True, eq=False)
class Examples:
    """Features of example recordings and the action of each.

    Args:
        features: (n, D) features.
        labels: n names of actions.
    """

    features: np.ndarray
    labels: tuple[str, ...]

    def by_index(self, actions: Sequence[str]) -> dict[int, np.ndarray]:
        """Return the index of each action that has examples -> the features of these."""
        labels = np.array(self.labels)
        return {index: self.features[labels == name] for index, name in enumerate(actions) if name in self.labels}

    def extended(self, other: "Examples") -> "Examples":
        """Return these examples followed by others."""
        return Examples(np.concatenate([self.features, other.features]), (*self.labels, *other.labels))

    def save(self, file: Path) -> list[str]:
        """Write the features to a safetensors file and return the labels, which the caller must store."""
        save_file({"features": np.ascontiguousarray(self.features, dtype=np.float32)}, file)
        return list(self.labels)

    @classmethod
    def load(cls, file: Path, labels: Sequence[str]) -> "Examples":
        """Return the examples whose features `save` wrote. Raise MissingFileError or InputError for other files."""
        if not file.is_file():
            raise MissingFileError(f"{file}: no such file, but the bundle has examples. Train or adapt it again.")
        try:
            features = load_file(file)["features"]
        except (SafetensorError, KeyError) as error:
            raise InputError(f"{file}: not the examples of a bundle ({error}). Train or adapt it again.") from error
        if features.ndim != 2 or len(features) != len(labels):
            raise InputError(f"{file}: features {features.shape} for {len(labels)} labels. Train or adapt it again.")
        return cls(features, tuple(labels))
