"""A variational method as an aligner: training, and a softmax classifier on latents sampled from candidates' texts."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from zeroskel.align.base import Aligner, EpochEnd, _matrix
from zeroskel.align.scaling import mean_and_scale
from zeroskel.align.variational import Annealing, Gaussian, LatentSpace
from zeroskel.core import InputError
from zeroskel.neural._seeding import seeded
from zeroskel.neural._training import History, index_batches, train


@dataclass(frozen=True)
class CandidateClassifier:
    """A softmax classifier on latents. `texts` (K, D_text) are the candidates in sorted order, one a row."""

    texts: np.ndarray
    weight: np.ndarray
    bias: np.ndarray


def distinct(class_embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different rows in sorted order, and which of them each row is: nothing depends on the order of candidates."""
    texts, rows = np.unique(class_embeddings, axis=0, return_inverse=True)
    return texts, rows.reshape(-1)


def fit_classifier(
    latent: Gaussian, *, samples: int, epochs: int, learning_rate: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression, by cross-entropy over all samples at once, on samples of each class's Gaussian.

    Args:
        latent: a row a class.
        samples: drawn a class, once.

    Returns:
        weight (K, L) and bias (K,).
    """
    count, width = latent.mean.shape
    with seeded(seed) as generator:
        drawn = torch.cat([latent.sample(generator) for _ in range(samples)])
        targets = torch.arange(count, device=drawn.device).repeat(samples)
        classifier = nn.Linear(width, count, device=drawn.device)
        nn.init.zeros_(classifier.weight)
        nn.init.zeros_(classifier.bias)
        train(
            classifier,
            lambda _, batch, epoch: {"loss": cross_entropy(drawn @ classifier.weight.T + classifier.bias, targets)},
            lambda: index_batches(len(drawn), len(drawn), None),
            epochs=epochs,
            learning_rate=learning_rate,
            schedule=lambda epoch: 1.0,
        )
    return classifier.weight.detach().cpu().numpy(), classifier.bias.detach().cpu().numpy()


class VariationalAligner(Aligner):
    """A method whose networks are a LatentSpace, whose scores are those of a classifier on latents of the candidates.

    Features and texts are centred and scaled by their overall deviation over the training sequences and the seen
    classes. A motion's latent is its mean. The classifier is that of `fit_candidates`; for other candidates one is
    fitted while scoring, from the seed of `fit`, and forgotten.
    """

    trained_by_epochs = True
    epochs: int
    stop_epoch: int | None
    batch_size: int
    learning_rate: float
    latent: int
    hidden: tuple[int, ...]
    samples: int
    classifier_epochs: int
    classifier_learning_rate: float
    device: str

    @abstractmethod
    def _network(self, feature_dim: int, text_dim: int) -> LatentSpace:
        """New networks of these widths."""

    def _check_options(self, text_dim: int) -> None:
        """Raise InputError for values that cannot be used."""
        for name in ("epochs", "batch_size", "latent", "samples", "classifier_epochs"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("learning_rate", "classifier_learning_rate"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected more than 0")
        if any(size < 1 for size in self.hidden):
            raise InputError(f"hidden is {self.hidden}; expected widths of at least 1")
        if self.stop_epoch is not None and not 1 <= self.stop_epoch <= self.epochs:
            raise InputError(f"stop_epoch is {self.stop_epoch}; expected 1 to {self.epochs}, the number of epochs")

    def _check_weights(self, *names: str) -> None:
        for name in names:
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 0")

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        self._check_options(class_embeddings.shape[1])
        self._candidates: CandidateClassifier | None = None
        self._seed = seed
        self._feature_mean, self._feature_scale = mean_and_scale(features)
        self._text_mean, self._text_scale = mean_and_scale(class_embeddings)
        motions = self._motions(features)
        texts = self._texts(class_embeddings)[torch.from_numpy(labels).to(self.device)]

        with seeded(seed) as generator:
            network = self._network(features.shape[1], class_embeddings.shape[1]).to(self.device)
            self.network_: LatentSpace = network
            self.history_: History = train(
                network,
                lambda _, batch, epoch: network.terms(motions[batch], texts[batch], epoch, generator),
                lambda: index_batches(len(motions), self.batch_size, generator),
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: 1.0,
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def fit_candidates(self, class_embeddings: np.ndarray, seed: int = 0) -> Self:
        """Fit the classifier that from now on scores exactly these candidates, in any order."""
        self._require_fitted()
        texts, _ = distinct(_matrix("class_embeddings", class_embeddings))
        self._check_widths(self.feature_dim_ or 0, texts.shape[1])
        self._candidates = self._classifier(texts, seed)
        return self

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        texts, columns = distinct(class_embeddings)
        candidates = self._candidates
        if candidates is None or not np.array_equal(candidates.texts, texts):
            candidates = self._classifier(texts, self._seed)
        with torch.inference_mode():
            latents = self.network_.motion(self._motions(features)).mean.cpu().numpy()
        return (latents @ candidates.weight.T + candidates.bias)[:, columns]

    def _classifier(self, texts: np.ndarray, seed: int) -> CandidateClassifier:
        """Of texts that `distinct` gave."""
        with torch.no_grad():
            latent = self.network_.text(self._texts(texts))
        weight, bias = fit_classifier(
            latent,
            samples=self.samples,
            epochs=self.classifier_epochs,
            learning_rate=self.classifier_learning_rate,
            seed=seed,
        )
        return CandidateClassifier(texts, weight, bias)

    def _motions(self, features: np.ndarray) -> Tensor:
        return torch.from_numpy((features - self._feature_mean) / self._feature_scale).to(self.device)

    def _texts(self, class_embeddings: np.ndarray) -> Tensor:
        return torch.from_numpy((class_embeddings - self._text_mean) / self._text_scale).to(self.device)

    def _state(self) -> dict[str, np.ndarray]:
        state = {f"network.{name}": value.cpu().numpy() for name, value in self.network_.state_dict().items()}
        state |= {
            "seed": np.array([self._seed]),
            "feature_mean": self._feature_mean,
            "feature_scale": self._feature_scale,
            "text_mean": self._text_mean,
            "text_scale": self._text_scale,
        }
        if self._candidates is not None:
            state |= {f"candidates.{name}": value for name, value in vars(self._candidates).items()}
        return state

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        assert self.feature_dim_ is not None and self.text_dim_ is not None
        self._seed = int(state["seed"][0])
        self._feature_mean, self._feature_scale = state["feature_mean"], state["feature_scale"]
        self._text_mean, self._text_scale = state["text_mean"], state["text_scale"]
        weights, candidates = (
            {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
            for prefix in ("network.", "candidates.")
        )
        self.network_ = self._network(self.feature_dim_, self.text_dim_).to(self.device)
        self.network_.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
        self._candidates = CandidateClassifier(**candidates) if candidates else None


class CyclicAligner(VariationalAligner):
    """A VariationalAligner whose weights follow `Annealing`."""

    cycles: int
    motion_weight: float
    text_weight: float
    cross_weight: float
    motion_start: float
    cross_start: float

    def _annealing(self) -> Annealing:
        return Annealing(
            self.epochs,
            self.cycles,
            self.motion_weight,
            self.text_weight,
            self.cross_weight,
            self.motion_start,
            self.cross_start,
        )

    def _check_options(self, text_dim: int) -> None:
        super()._check_options(text_dim)
        self._check_weights("motion_weight", "text_weight", "cross_weight")
        if not 1 <= self.cycles <= self.epochs:
            raise InputError(f"cycles is {self.cycles}; expected 1 to {self.epochs}, the number of epochs")
        for name in ("motion_start", "cross_start"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected a share from 0 to less than 1")
