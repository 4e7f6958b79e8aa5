"""Aligner: the contract that every method fulfils."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from zeroskel.align._matrices import finite_matrix, finite_scores
from zeroskel.core import InputError, NotFittedError
from zeroskel.core._options import refuse
from zeroskel.core._saved import save_model

if TYPE_CHECKING:
    from torch import nn

AlignerCallback = Callable[["Aligner", int], None]
_EpochEnd = Callable[[int], None]
Group = tuple[np.ndarray, np.ndarray]  # rows of features, and rows of class embeddings to score them against


class Aligner(ABC):
    """Base class of all methods: learn from motions and texts of seen classes, then score texts of unseen ones.

    A subclass learns in `_fit` the arrays that its `_state` returns, and scores in `_score`. The public methods here
    validate. `fit` hands a method only the class embeddings that labels use, so that no method can learn from unseen
    ones.

    Attributes:
        method: The name of the method.
        trained_by_epochs: Whether it has the options `epochs` and `stop_epoch` and calls `on_epoch`.
        choices: Values of options that a benchmark which selects on validation classes compares, in every combination.
            An option that the user sets is not varied.
        feature_dim_: D of the features in `fit`.
        text_dim_: D_text of the class embeddings in `fit`.

    Example:
        >>> import numpy as np
        >>> from zeroskel import align
        >>> class Nearest(align.Aligner):
        ...     def _fit(self, features, labels, class_embeddings, masked_features, seed, on_epoch):
        ...         self._mean = features.mean(axis=0)
        ...     def _score(self, features, class_embeddings):
        ...         return (features - self._mean) @ class_embeddings.T
        ...     def _state(self):
        ...         return {"mean": self._mean}
        ...     def _set_state(self, state):
        ...         self._mean = state["mean"]
        >>> Nearest().fit(np.eye(2), np.array([0, 1]), np.eye(2)).score_classes(np.eye(2), np.eye(2)).tolist()
        [[0.5, -0.5], [-0.5, 0.5]]
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
        on_epoch: AlignerCallback | None = None,
    ) -> Self:
        """Learn from seen classes.

        Args:
            features: (N, D) features of the training sequences.
            labels: (N,) class ids that index `class_embeddings`.
            class_embeddings: (K, D_text), L2-normalised. Rows that no label uses are ignored.
            masked_features: (R, N, D) features of R masked views of the same sequences, for methods that use them.
            seed: Seed of every random draw.
            on_epoch: Called with the aligner and the 1-based number of each finished epoch, by methods that are trained
                by epochs.

        Returns:
            The aligner itself.

        Raises:
            InputError: Shapes or label range are wrong, values are not finite, or there are fewer than two classes.
        """
        features = finite_matrix("features", features)
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
            finite_matrix("masked_features", masked_features.reshape(-1, features.shape[1]))
        seen = finite_matrix("class_embeddings of seen classes", embeddings[used])
        widths = features.shape[1], embeddings.shape[1]
        self.check_text_dim(widths[1])

        def epoch_end(epoch: int) -> None:
            if on_epoch is not None:
                self.feature_dim_, self.text_dim_ = widths  # the callback may score
                on_epoch(self, epoch)

        self._fit(features, compact.astype(np.int64), seen, masked_features, seed, epoch_end)
        self.feature_dim_, self.text_dim_ = widths
        return self

    def score_classes(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """Score how well each motion fits each candidate text.

        Args:
            features: (N, D) features.
            class_embeddings: (K, D_text) texts of the candidates, in any order.

        Returns:
            (N, K) float32 scores; higher is better.

        Raises:
            NotFittedError: The aligner is not fitted.
            InputError: The widths differ from those in `fit`, or values are not finite.
            DivergedError: The scores are not finite.
        """
        return finite_scores(self._score(*self._matrices(features, class_embeddings)), of=self)

    def score_groups(
        self, features: np.ndarray, class_embeddings: np.ndarray, groups: Sequence[Group]
    ) -> list[np.ndarray]:
        """Score groups of motions, each against its own candidate texts.

        Args:
            features: (N, D) features.
            class_embeddings: (K, D_text) texts of all groups.
            groups: rows of `features` and of `class_embeddings`, for each group.

        Returns:
            The scores of each group, as `score_classes` returns them.
        """
        matrices = self._matrices(features, class_embeddings)
        return [finite_scores(scores, of=self) for scores in self._score_groups(*matrices, groups)]

    def fit_candidates(self, class_embeddings: np.ndarray, seed: int = 0) -> Self:
        """Prepare for candidates before scoring them; only generative methods do anything here.

        Args:
            class_embeddings: (K, D_text) texts of the candidates.
            seed: Seed of every random draw.

        Returns:
            The aligner itself.
        """
        return self

    @property
    def knows_candidates(self) -> bool:
        """Return whether the scores of a text depend on the other candidates, as with generative methods."""
        return type(self).fit_candidates is not Aligner.fit_candidates

    def information(self, features: np.ndarray, text_of_each: np.ndarray) -> float | None:
        """Return the estimate of the mutual information of N pairs, on the Jensen-Shannon scale of SMIE.

        Args:
            features: (N, D).
            text_of_each: (N, D_text), the text of each feature.

        Returns:
            The estimate; None for a method without one, and for fewer than two pairs.
        """
        return None

    def evidence(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray | None:
        """Return the part of each quantity of the movement vocabulary in the scores.

        Args:
            features: (N, D) features.
            class_embeddings: (K, D_text) texts of the candidates.

        Returns:
            (N, K, Q), whose sum over Q is `score_classes`; None for a method that does not compare quantities.
        """
        return None

    def check_text_dim(self, text_dim: int) -> None:
        """Check that the option `text_blocks`, if the method has it, fits class embeddings.

        Args:
            text_dim: Width D_text of the class embeddings.

        Raises:
            InputError: The widths of the blocks do not sum to D_text.
        """
        blocks = getattr(self, "text_blocks", None)
        if blocks is not None and sum(blocks) != text_dim:
            expected = f"widths that sum to {text_dim}, the width of the class embeddings"
            refuse(self, "text_blocks", blocks, expected)

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module that can be exported as an ONNX graph.

        Returns:
            A module of features (N, D) and texts (K, D_text), both float32, that returns the scores (N, K) of
            `score_classes`. It is a copy on the CPU.

        Raises:
            InputError: The method has no such module.
        """
        from zeroskel import align

        able = (name for name in align.available() if align.method_class(name).to_torch is not Aligner.to_torch)
        raise InputError(
            f"method {self.method} cannot be exported; expected a bundle with one of the methods {', '.join(able)}"
        )

    def save(self, folder: str | PathLike[str]) -> None:
        """Write config.json and weights.safetensors.

        Args:
            folder: Folder to write; an existing one is replaced in one step.

        Raises:
            NotFittedError: The aligner is not fitted.
        """
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
        """Return the arguments of the constructor, by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        changed = [f"{k}={v!r}" for k, v in self.options().items() if v != defaults[k].default]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _matrices(self, features: np.ndarray, class_embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return features and texts as matrices of the right widths."""
        self._require_fitted()
        matrices = finite_matrix("features", features), finite_matrix("class_embeddings", class_embeddings)
        self._check_widths(matrices[0].shape[1], matrices[1].shape[1])
        return matrices

    def _score_groups(
        self, features: np.ndarray, class_embeddings: np.ndarray, groups: Sequence[Group]
    ) -> list[np.ndarray]:
        """Return the scores of each group; a method that can leave out the other pairs overrides this."""
        scores = self._score(features, class_embeddings)
        return [scores[np.ix_(rows, texts)] for rows, texts in groups]

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
        on_epoch: _EpochEnd,
    ) -> None:
        """Learn from validated arrays.

        Labels are 0 to K-1 and every row of `class_embeddings` is used by one. Methods that are trained by epochs call
        `on_epoch` with the 1-based number of each finished epoch, once they can score.
        """

    @abstractmethod
    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        """Return the scores (N, K) of validated arrays."""

    @abstractmethod
    def _state(self) -> dict[str, np.ndarray]:
        """Return everything that was learnt, by name."""

    @abstractmethod
    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        """Load what `_state` returned; the widths are known by then."""


class _OneStepAligner(Aligner):
    """Aligner that learns in one step, without epochs and masked views.

    A subclass names in `_learnt` the arrays that `_learn` computes; each is an attribute with an underscore before it.
    """

    _learnt: ClassVar[tuple[str, ...]]
    _mean: np.ndarray
    _scale: np.ndarray
    _text_mean: np.ndarray
    _weight: np.ndarray

    @abstractmethod
    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        """Learn from validated arrays, as `_fit`."""

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: _EpochEnd,
    ) -> None:
        self._learn(features, labels, class_embeddings, seed)

    def _standardised(self, features: np.ndarray) -> np.ndarray:
        return (features - self._mean) / self._scale

    def _state(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, f"_{name}") for name in self._learnt}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        for name, value in state.items():
            setattr(self, f"_{name}", value)
