"""Aligner: the contract that every method fulfils."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from zeroskel.core import DivergedError, InputError, NotFittedError
from zeroskel.core._saved import save_model

OnEpoch = Callable[["Aligner", int], None]
EpochEnd = Callable[[int], None]


class Aligner(ABC):
    """Joins motion features and class texts of seen classes, then scores texts of classes never seen.

    A subclass stores its options in `__init__`, learns in `_fit` what its `_state` returns, and scores in `_score`.
    The public methods here validate. `fit` hands a method only the class embeddings that labels use, so that no method
    can learn from unseen ones.

    Attributes:
        method: its name.
        trained_by_epochs: whether it has the options `epochs` and `stop_epoch` and calls `on_epoch`.
        choices: option -> values that a benchmark which selects on validation classes tries, every combination of them;
            an option that the user sets is not tried.
    """

    method: ClassVar[str]
    trained_by_epochs: ClassVar[bool] = False
    choices: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    feature_dim_: int | None
    text_dim_: int | None

    def fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None = None,
        seed: int = 0,
        *,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Learn from seen classes.

        Args:
            features: (N, D).
            labels: (N,) class ids that index `class_embeddings`.
            class_embeddings: (K, D_text), L2-normalised; rows that no label uses are ignored.
            masked_features: (R, N, D) features of R masked views of the same sequences, for methods that use them.
            seed: of every random draw.
            on_epoch: called with the aligner and the 1-based number of each finished epoch, by methods that have any.

        Raises:
            InputError: shapes, label range, values not finite, or fewer than two classes.
        """
        features = _matrix("features", features)
        embeddings = np.asarray(class_embeddings, dtype=np.float32)
        labels = np.asarray(labels)
        if labels.shape != (len(features),) or labels.dtype.kind not in "iu":
            raise InputError(f"labels {labels.dtype}{labels.shape}; expected ({len(features)},) whole numbers")
        if embeddings.ndim != 2 or labels.min() < 0 or labels.max() >= len(embeddings):
            raise InputError(
                f"labels run from {labels.min()} to {labels.max()}, class embeddings are {embeddings.shape}; "
                "expected (K, D_text) with a row for each label"
            )
        used, compact = np.unique(labels, return_inverse=True)
        if len(used) < 2:
            raise InputError(f"labels name {len(used)} class; expected at least two seen classes")
        if masked_features is not None:
            masked_features = np.asarray(masked_features, dtype=np.float32)
            if masked_features.ndim != 3 or masked_features.shape[1:] != features.shape or not len(masked_features):
                raise InputError(f"masked_features {masked_features.shape}; expected (R, {len(features)}, D)")
            _matrix("masked_features", masked_features.reshape(-1, features.shape[1]))
        seen = _matrix("class_embeddings of seen classes", embeddings[used])
        widths = features.shape[1], embeddings.shape[1]

        def epoch_end(epoch: int) -> None:
            if on_epoch is not None:
                self.feature_dim_, self.text_dim_ = widths  # it can score by now
                on_epoch(self, epoch)

        self._fit(features, compact.astype(np.int64), seen, masked_features, seed, epoch_end)
        self.feature_dim_, self.text_dim_ = widths
        return self

    def score_classes(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """How well each motion fits each candidate text; higher is better.

        Args:
            features: (N, D).
            class_embeddings: (K, D_text) of the candidates, in any order.

        Returns:
            (N, K) float32.

        Raises:
            NotFittedError: before `fit`; InputError: other widths than in `fit`, or values not finite; DivergedError:
                the scores are not finite.
        """
        self._require_fitted()
        features = _matrix("features", features)
        embeddings = _matrix("class_embeddings", class_embeddings)
        self._check_widths(features.shape[1], embeddings.shape[1])
        scores = np.asarray(self._score(features, embeddings), dtype=np.float32)
        if not np.isfinite(scores).all():
            broken = int((~np.isfinite(scores)).sum())
            raise DivergedError(
                f"{self!r}: {broken} of {scores.size} scores are not finite; training diverged. Lower the learning rate"
            )
        return scores

    def fit_candidates(self, class_embeddings: np.ndarray, seed: int = 0) -> Self:
        """Take the candidates' texts before scoring; only generative methods do anything here."""
        return self

    @property
    def knows_candidates(self) -> bool:
        """Whether scores of a text depend on which others are candidates, as those of generative methods do."""
        return type(self).fit_candidates is not Aligner.fit_candidates

    def save(self, folder: str | PathLike[str]) -> None:
        """Write config.json and weights.safetensors; a folder that was there is replaced in one step."""
        self._require_fitted()
        widths = {"feature_dim": self.feature_dim_, "text_dim": self.text_dim_}
        save_model(folder, {"method": self.method, "options": self.options(), **widths}, self._state())

    @classmethod
    def _restore(cls, folder: Path, config: dict[str, Any], state: dict[str, np.ndarray]) -> Self:
        try:
            aligner = cls(**config["options"])
            aligner.feature_dim_, aligner.text_dim_ = config["feature_dim"], config["text_dim"]
            aligner._set_state(state)
        except (KeyError, TypeError, RuntimeError) as error:
            raise InputError(f"{folder}: not a saved {cls.method} aligner ({error})") from error
        return aligner

    def options(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        changed = [f"{k}={v!r}" for k, v in self.options().items() if v != defaults[k].default]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _check_widths(self, feature_dim: int, text_dim: int) -> None:
        if (feature_dim, text_dim) != (self.feature_dim_, self.text_dim_):
            raise InputError(
                f"features and texts of widths {feature_dim} and {text_dim}; fitted with {self.feature_dim_} and "
                f"{self.text_dim_}"
            )

    def _require_fitted(self) -> None:
        if not hasattr(self, "feature_dim_"):
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit first")

    @abstractmethod
    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        """Learn; labels are 0 to K-1 and every row of class_embeddings is used by one.

        Methods trained by epochs call `on_epoch` with the 1-based number of each finished epoch, when they can score.
        """

    @abstractmethod
    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """(N, K) scores of validated arrays."""

    @abstractmethod
    def _state(self) -> dict[str, np.ndarray]:
        """Everything learnt, by name."""

    @abstractmethod
    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        """The inverse of `_state`; widths are known by then."""


def _matrix(what: str, values: np.ndarray) -> np.ndarray:
    matrix = np.asarray(values, dtype=np.float32)
    if matrix.ndim != 2 or not matrix.size:
        raise InputError(f"{what} have shape {matrix.shape}; expected a matrix with at least one row and column")
    if not np.isfinite(matrix).all():
        row = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
        raise InputError(f"{what} are not finite in row {row}; expected numbers only")
    return matrix
