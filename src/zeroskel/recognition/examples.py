"""A few labelled recordings that help words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zeroskel.core import InputError, MissingFileError


@dataclass(frozen=True, eq=False)
class Examples:
    """Features (n, D) of recordings and the action that each one shows."""

    features: np.ndarray
    labels: tuple[str, ...]

    def of(self, actions: Sequence[str]) -> dict[int, np.ndarray]:
        """Place of an action -> features of its examples, for actions that have any."""
        labels = np.array(self.labels)
        return {place: self.features[labels == name] for place, name in enumerate(actions) if name in self.labels}

    def and_also(self, more: "Examples") -> "Examples":
        """These and more."""
        return Examples(np.concatenate([self.features, more.features]), (*self.labels, *more.labels))

    def save(self, file: Path) -> list[str]:
        """Write the features to a safetensors file; the labels, to be kept beside it, are returned."""
        save_file({"features": np.ascontiguousarray(self.features, dtype=np.float32)}, file)
        return list(self.labels)

    @classmethod
    def load(cls, file: Path, labels: Sequence[str]) -> "Examples":
        """The inverse of `save`. Raises MissingFileError or InputError for a file that is not one of `save`."""
        if not file.is_file():
            raise MissingFileError(f"{file}: not there, but the bundle says that it has examples; train or adapt again")
        try:
            features = load_file(file)["features"]
        except (SafetensorError, KeyError) as error:
            raise InputError(f"{file}: no examples of a bundle ({error}); train or adapt again") from error
        if features.ndim != 2 or len(features) != len(labels):
            raise InputError(f"{file}: features {features.shape} for {len(labels)} labels; train or adapt again")
        return cls(features, tuple(labels))
