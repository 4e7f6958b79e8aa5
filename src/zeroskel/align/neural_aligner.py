"""NeuralAligner: the base class of all methods that train a network by epochs."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.align.base import Aligner, _EpochEnd
from zeroskel.core._options import option, refuse, with_options
from zeroskel.core._rows import mean_and_scale
from zeroskel.core._saved import with_prefix, without_prefix
from zeroskel.neural import _cuda_graphs
from zeroskel.neural._tensors import arrays_of, expected_device, load_arrays, moved_together
from zeroskel.neural._training import History, index_batches, one_ahead, seeded, train, warmup_cosine


@dataclass(frozen=True)
class Batch:
    """Training sequences of one step, on the device of the method.

    `_loss` may depend on nothing else that changes between steps, because a GPU repeats a recorded step.

    Attributes:
        features: (B, D) standardised features.
        texts: (K, D_text) standardised texts of all seen classes.
        labels: (B,) class ids that index `texts`.
        masked: (B, D) standardised features of the masked view of this epoch; None if there is none.
        draws: What `_draw` of the method returned for this step: random numbers and weights of the epoch.

    Example:
        >>> import torch
        >>> from zeroskel.align import Batch
        >>> batch = Batch(torch.zeros(2, 3), torch.eye(2), torch.tensor([1, 1]), None, ())
        >>> batch.text_of_each.tolist()
        [[0.0, 1.0], [0.0, 1.0]]
    """

    features: Tensor
    texts: Tensor
    labels: Tensor
    masked: Tensor | None
    draws: tuple[Tensor, ...]

    @property
    def text_of_each(self) -> Tensor:
        """(B, D_text) text of the class of each sequence."""
        return self.texts[self.labels]


@with_options
class NeuralAligner(Aligner):
    """Base class of methods that train a network on batches of motions and the texts of all seen classes.

    A subclass consists of its options, its network (`_network`), the loss of a batch (`_loss`), the random numbers of
    the loss (`_draw`, where it needs any) and the scores of the network (`_scores`). This class standardises, trains,
    scores, saves and loads. Features and texts are centred and divided by their overall deviation over the training
    sequences and the seen classes; scoring does the same.

    Args:
        epochs: Length of the schedule.
        learning_rate: Base rate of Adam.
        batch_size: Sequences per step.
        stop_epoch: Number of epochs of the schedule to train; None trains all.
        device: Device to train on.

    Attributes:
        network_: The fitted network.
        history_: Terms of the loss in each epoch, and the loss of each step.

    Example:
        >>> import numpy as np
        >>> from torch import nn
        >>> from torch.nn.functional import cross_entropy
        >>> from zeroskel.align import NeuralAligner, option, with_options
        >>> @with_options
        ... class Bilinear(NeuralAligner):
        ...     temperature: float = option(1.0, above=0)
        ...     def _network(self, feature_dim, text_dim):
        ...         return nn.Linear(feature_dim, text_dim)
        ...     def _loss(self, batch):
        ...         scores = self._scores(batch.features, batch.texts)
        ...         return {"loss": cross_entropy(scores / self.temperature, batch.labels)}
        ...     def _scores(self, features, texts):
        ...         return self.network_(features) @ texts.T
        >>> fitted = Bilinear(epochs=3, temperature=0.5).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> fitted.score_classes(np.eye(4), np.eye(2)).shape
        (4, 2)
    """

    trained_by_epochs = True
    uses_masked_features: ClassVar[bool] = False
    _feature_prefix: ClassVar[str] = "feature_"  # names of arrays in saved files
    _network_prefix: ClassVar[str] = "network."

    epochs: int = option(30, at_least=1)
    learning_rate: float = option(1e-3, above=0)
    batch_size: int = option(128, at_least=1)
    stop_epoch: int | None = option(None, at_least=1)
    device: str = option("cpu", check=expected_device)

    def __attrs_post_init__(self) -> None:
        """Check options that depend on each other."""
        self._check_at_most_epochs("stop_epoch")

    def _check_at_most_epochs(self, name: str) -> None:
        value = getattr(self, name)
        if value is not None and value > self.epochs:
            refuse(self, name, value, f"at most {self.epochs}, the number of epochs")

    @abstractmethod
    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        """Return a new network, with weights from the global generator of torch.

        Args:
            feature_dim: D.
            text_dim: D_text.
        """

    @abstractmethod
    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        """Return named scalars of a batch; "loss" is minimised and all of them are recorded."""

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return what `_loss` needs as `Batch.draws`, by default nothing.

        The steps of an epoch draw in their order before the epoch begins, and their draws move to the device at once.

        Args:
            labels: (B,) class ids of the batch, on the CPU.
            classes: K, the number of seen classes.
            epoch: The epoch, 0-based.
            generator: The generator of all draws, on the CPU.

        Returns:
            Tensors on the CPU, as many in each step of an epoch.
        """
        return ()

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the scores (N, K) of standardised features (N, D) and texts (K, D_text).

        A method whose scores need more than the network overrides `_score` instead, as the generative methods do.
        """
        raise NotImplementedError(f"{type(self).__name__} defines neither _scores nor _score")

    def _schedule(self, epoch: int) -> float:
        """Return the share of the base learning rate in a 0-based epoch."""
        return warmup_cosine(epoch, self.epochs)

    def _batches(self, count: int, generator: torch.Generator) -> Iterator[Tensor]:
        """Yield the index batches of an epoch over `count` sequences."""
        return index_batches(count, self.batch_size, generator)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        """Learn the arrays that are not trained, by default the statistics of features and texts."""
        mean, scale = mean_and_scale(features)
        self._arrays = {f"{self._feature_prefix}mean": mean, f"{self._feature_prefix}scale": scale}
        self._arrays["text_mean"], self._arrays["text_scale"] = mean_and_scale(class_embeddings)

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: _EpochEnd,
    ) -> None:
        with seeded(seed) as generator:
            self._prepare(features, class_embeddings, generator)
            motions, texts = self._feature_tensor(features), self._text_tensor(class_embeddings)
            classes = torch.from_numpy(labels)
            classes_on_device = classes.to(self.device)
            views: Any = [] if masked_features is None or not self.uses_masked_features else masked_features
            masked = motions.new_empty(len(views), *motions.shape)
            for row, view in zip(masked, views, strict=True):
                row.copy_(self._feature_tensor(view))
            masked_rows = masked.flatten(0, 1)
            self.network_: Any = self._network(features.shape[1], class_embeddings.shape[1]).to(self.device)

            def draw(epoch: int) -> list[tuple[Tensor, ...]]:
                first = epoch % len(views) * len(motions) if len(views) else 0
                return [
                    (rows, rows + first, *self._draw(classes[rows], len(texts), epoch, generator))
                    for rows in self._batches(len(motions), generator)
                ]

            def step(_: nn.Module, rows: Tensor, of_view: Tensor, *draws: Tensor) -> dict[str, Tensor]:
                view = masked_rows[of_view] if len(views) else None
                return self._loss(Batch(motions[rows], texts, classes_on_device[rows], view, draws))

            inputs = draw
            if _cuda_graphs.is_gpu(motions.device):
                drawn = one_ahead(draw)
                inputs = lambda epoch: moved_together(drawn(epoch), motions.device)  # noqa: E731
            self.history_: History = train(
                self.network_,
                step,
                inputs,
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=self._schedule,
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        self.network_.eval()
        with torch.inference_mode():
            return self._scores(self._feature_tensor(features), self._text_tensor(class_embeddings)).cpu().numpy()

    def _feature_tensor(self, features: np.ndarray) -> Tensor:
        """Return standardised features on the device."""
        return self._tensor(self._standardised(self._feature_prefix, features))

    def _text_tensor(self, class_embeddings: np.ndarray) -> Tensor:
        """Return standardised texts on the device."""
        return self._tensor(self._standardised("text_", class_embeddings))

    def _standardised(self, prefix: str, rows: np.ndarray) -> np.ndarray:
        return (rows - self._arrays[f"{prefix}mean"]) / self._arrays[f"{prefix}scale"]

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(np.asarray(values, dtype=np.float32), device=self.device)

    def _state(self) -> dict[str, np.ndarray]:
        return {**self._arrays, **with_prefix(self._network_prefix, arrays_of(self.network_))}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        assert self.feature_dim_ is not None and self.text_dim_ is not None
        weights = without_prefix(self._network_prefix, state)
        self._arrays = {name: value for name, value in state.items() if not name.startswith(self._network_prefix)}
        with seeded(0):
            self.network_ = self._network(self.feature_dim_, self.text_dim_).to(self.device)
        load_arrays(self.network_, weights)
