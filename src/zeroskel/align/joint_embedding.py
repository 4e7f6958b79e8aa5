"""Methods that project features and texts into shared spaces: the projections, the training, what is kept."""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import glu, normalize

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.scaling import mean_and_scale
from zeroskel.core import InputError
from zeroskel.neural._seeding import seeded
from zeroskel.neural._training import History, index_batches, train, warmup_cosine

PROJECTIONS = ("two-layer", "gated", "linear")


class Projection(nn.Module):
    """(N, width) -> (N, out) vectors of length one.

    Args:
        width: of the input.
        out: of the output.
        kind: "two-layer", linear layers with ReLU between them; "gated", a linear layer times a sigmoid gate that a
            second one makes of its output (context gating); or "linear".
        hidden: width between the two layers.
        dropout: share of the input, and of the hidden values, left out in training.
    """

    def __init__(self, width: int, out: int, kind: str, *, hidden: int = 256, dropout: float = 0.0) -> None:
        super().__init__()
        if kind not in PROJECTIONS:
            raise InputError(f"projection is {kind!r}; expected one of {', '.join(map(repr, PROJECTIONS))}")
        self.first = nn.Linear(width, hidden if kind == "two-layer" else out)
        self.second = None if kind == "linear" else nn.Linear(self.first.out_features, out)
        self.gated = kind == "gated"
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor) -> Tensor:
        first = self.first(self.dropout(values))
        if self.second is None:
            return normalize(first, dim=-1)
        if self.gated:
            return normalize(glu(torch.cat((first, self.second(first)), dim=-1), dim=-1), dim=-1)
        return normalize(self.second(self.dropout(torch.relu(first))), dim=-1)


def block_widths(text_blocks: tuple[int, ...] | None, text_dim: int, count: int | None = None) -> list[int]:
    """Widths of the blocks of a class embedding.

    Args:
        text_blocks: as in the options of methods; None for one text.
        text_dim: width of the class embedding.
        count: how many blocks the method needs; None for any.

    Raises:
        InputError: widths below 1, of another sum, or not as many as needed.
    """
    if text_blocks is None:
        return [text_dim]
    widths = [int(width) for width in text_blocks]
    if not widths or min(widths) < 1 or sum(widths) != text_dim or len(widths) != (count or len(widths)):
        needed = "" if count is None else f"{count} "
        raise InputError(
            f"text_blocks {tuple(widths)} of class embeddings of width {text_dim}; expected {needed}widths of at least "
            f"1 that sum to {text_dim}"
        )
    return widths


class JointEmbedding(Aligner):
    """A method that trains one network on batches of features and the texts of all seen classes.

    Features and texts are centred and scaled by their overall deviation over the training sequences and the seen
    classes. The learning rate rises linearly over `warmup_epochs`, then falls by half a cosine.

    Attributes:
        history_: epochs with the terms of the loss, and each step's loss.
    """

    trained_by_epochs = True
    epochs: int
    stop_epoch: int | None
    batch_size: int
    learning_rate: float
    warmup_epochs: int
    hidden: int
    embed_dim: int
    dropout: float
    device: str
    _network: nn.Module

    @abstractmethod
    def _new_network(self, feature_dim: int, text_dim: int) -> nn.Module:
        """Networks of these widths, with weights drawn from the world's generator."""

    @abstractmethod
    def _terms(self, features: Tensor, texts: Tensor, labels: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """ "loss" and its parts for a batch of features, the texts (K, D_text) of all seen classes, and labels (N,)."""

    @abstractmethod
    def _similarity(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, K) scores of features (N, D) and texts (K, D_text)."""

    def _check_options(self) -> None:
        """Raise InputError for values that cannot be used."""
        if self.epochs < 1 or self.batch_size < 2 or self.learning_rate <= 0 or self.warmup_epochs < 0:
            raise InputError(
                f"epochs {self.epochs}, batch_size {self.batch_size}, learning_rate {self.learning_rate}, "
                f"warmup_epochs {self.warmup_epochs}; expected at least 1, at least 2, more than 0 and at least 0"
            )
        if self.hidden < 1 or self.embed_dim < 1 or not 0 <= self.dropout < 1:
            raise InputError(
                f"hidden {self.hidden}, embed_dim {self.embed_dim}, dropout {self.dropout}; expected at least 1, at "
                "least 1 and 0 to below 1"
            )
        if self.stop_epoch is not None and not 1 <= self.stop_epoch <= self.epochs:
            raise InputError(f"stop_epoch is {self.stop_epoch}; expected 1 to {self.epochs}, the number of epochs")

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        self._check_options()
        self._statistics = {
            f"{name}_{what}": value
            for name, values in (("feature", features), ("text", class_embeddings))
            for what, value in zip(("mean", "scale"), mean_and_scale(values), strict=True)
        }
        visual, texts = self._normalise("feature", features), self._normalise("text", class_embeddings)
        classes = torch.from_numpy(labels).to(self.device)

        with seeded(seed) as generator:
            self._network = self._new_network(features.shape[1], class_embeddings.shape[1]).to(self.device)

            def step(_: nn.Module, batch: Tensor, epoch: int) -> dict[str, Tensor]:
                return self._terms(visual[batch], texts, classes[batch], generator)

            self.history_: History = train(
                self._network,
                step,
                lambda: index_batches(len(visual), self.batch_size, generator),
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: warmup_cosine(epoch + 1, self.epochs + 1, self.warmup_epochs + 1),
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        self._network.eval()
        with torch.inference_mode():
            visual, texts = self._normalise("feature", features), self._normalise("text", class_embeddings)
            scores: np.ndarray = self._similarity(visual, texts).cpu().numpy()
        return scores

    def _normalise(self, name: str, values: np.ndarray) -> Tensor:
        mean, scale = self._statistics[f"{name}_mean"], self._statistics[f"{name}_scale"]
        return torch.tensor((values - mean) / scale, device=self.device)

    def _state(self) -> dict[str, np.ndarray]:
        weights = {f"network.{name}": value.cpu().numpy() for name, value in self._network.state_dict().items()}
        return {**self._statistics, **weights}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        prefix = "network."
        self._statistics = {name: value for name, value in state.items() if not name.startswith(prefix)}
        weights = {name.removeprefix(prefix): torch.tensor(v) for name, v in state.items() if name.startswith(prefix)}
        with seeded(0):
            network = self._new_network(len(state["feature_mean"]), len(state["text_mean"])).to(self.device)
        network.load_state_dict(weights)
        self._network = network
