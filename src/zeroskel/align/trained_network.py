"""Methods whose one network learns from batches of motions and the texts of all seen classes."""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.scaling import mean_and_scale, unit_rows
from zeroskel.core import InputError
from zeroskel.neural._seeding import seeded
from zeroskel.neural._training import History, index_batches, train, warmup_cosine


class TrainedNetwork(Aligner):
    """A subclass says which network it trains, what a batch costs and how the network scores.

    Features, first brought to length one where `unit_length` asks for it, are centred and divided by their overall
    deviation in training; texts likewise by those of seen classes. Scoring takes the same path. Adam's rate falls from
    `learning_rate` along half a cosine; each epoch has a new order.

    Attributes:
        network_: the fitted network.
        history_: epochs with the named terms of the loss, and each step's loss.
    """

    trained_by_epochs = True
    network_: nn.Module
    epochs: int
    stop_epoch: int | None
    batch_size: int
    learning_rate: float
    device: str
    unit_length: bool

    @abstractmethod
    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        """A new network, its weights drawn from torch's generator."""

    @abstractmethod
    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Named scalars of a batch; "loss" is minimised.

        Args:
            features: (B, D), normalised.
            labels: (B,) class ids that index `texts`.
            texts: (K, D_text) of all seen classes.
            generator: of random draws.
        """

    @abstractmethod
    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) normalised features and (K, D_text) candidates -> (N, K)."""

    def _check_options(self) -> None:
        """Raises InputError; a subclass adds its own."""
        if self.epochs < 1 or self.batch_size < 1 or self.learning_rate <= 0:
            raise InputError(
                f"epochs {self.epochs}, batch_size {self.batch_size}, learning_rate {self.learning_rate}; expected at "
                "least 1, at least 1 and more than 0"
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
        self._mean, self._scale = mean_and_scale(self._directions(features))
        self._text_mean, self._text_scale = mean_and_scale(class_embeddings)
        motions, texts = self._normalise(features), self._normalise_texts(class_embeddings)
        classes = torch.from_numpy(labels).to(self.device)

        with seeded(seed) as generator:
            self.network_ = self._network(features.shape[1], class_embeddings.shape[1]).to(self.device)
            self.history_: History = train(
                self.network_,
                lambda _, batch, epoch: self._terms(motions[batch], classes[batch], texts, generator),
                lambda: index_batches(len(motions), self.batch_size, generator),
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: warmup_cosine(epoch, self.epochs, 0),
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return self._scores(self._normalise(features), self._normalise_texts(class_embeddings)).cpu().numpy()

    def _normalise(self, features: np.ndarray) -> Tensor:
        return self._tensor((self._directions(features) - self._mean) / self._scale)

    def _directions(self, features: np.ndarray) -> np.ndarray:
        """The features, of length one where that is asked for."""
        return unit_rows(features) if self.unit_length else features

    def _normalise_texts(self, class_embeddings: np.ndarray) -> Tensor:
        return self._tensor((class_embeddings - self._text_mean) / self._text_scale)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(np.asarray(values, dtype=np.float32), device=self.device)

    def _state(self) -> dict[str, np.ndarray]:
        weights = {f"network.{name}": value.cpu().numpy() for name, value in self.network_.state_dict().items()}
        return {
            "mean": self._mean,
            "scale": self._scale,
            "text_mean": self._text_mean,
            "text_scale": self._text_scale,
            **weights,
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        assert self.feature_dim_ is not None and self.text_dim_ is not None
        self._mean, self._scale = state["mean"], state["scale"]
        self._text_mean, self._text_scale = state["text_mean"], state["text_scale"]
        weights = {
            name.removeprefix("network."): torch.tensor(v) for name, v in state.items() if name[:8] == "network."
        }
        with seeded(0):
            self.network_ = self._network(self.feature_dim_, self.text_dim_).to(self.device)
        self.network_.load_state_dict(weights)
