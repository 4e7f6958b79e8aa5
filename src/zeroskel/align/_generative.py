"""Base classes of generative methods: a classifier is fitted on latents that are sampled from the candidates' texts."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from zeroskel.align._variational import Gaussian, divergence, ramp
from zeroskel.align.base import _matrix
from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.core._options import option, with_options
from zeroskel.neural._tensors import with_prefix, without_prefix
from zeroskel.neural._training import seeded, train


@dataclass(frozen=True)
class CandidateClassifier:
    """Softmax classifier on latents.

    Attributes:
        texts: (K, D_text) candidates in sorted order.
        weight: (K, L).
        bias: (K,).
    """

    texts: np.ndarray
    weight: np.ndarray
    bias: np.ndarray


def distinct(class_embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows in sorted order, and the index of the distinct row that each row is.

    With sorted rows nothing depends on the order of the candidates.
    """
    texts, rows = np.unique(class_embeddings, axis=0, return_inverse=True)
    return texts, rows.reshape(-1)


def fit_classifier(
    latent: Gaussian, *, samples: int, epochs: int, learning_rate: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a softmax regression on samples of Gaussians, by cross-entropy over all samples at once.

    Args:
        latent: One Gaussian per class.
        samples: Samples drawn per class, once.
        epochs: Number of steps.
        learning_rate: Rate of Adam.
        seed: Seed of the samples.

    Returns:
        Weight (K, L) and bias (K,).
    """
    count, width = latent.mean.shape
    with seeded(seed) as generator:
        drawn = torch.cat([latent.sample(generator) for _ in range(samples)])
        targets = torch.arange(count, device=drawn.device).repeat(samples)
        classifier = nn.Linear(width, count, device=drawn.device)
        nn.init.zeros_(classifier.weight)
        nn.init.zeros_(classifier.bias)

        def step(_: nn.Module, batch: None, epoch: int) -> dict[str, Tensor]:
            return {"loss": cross_entropy(drawn @ classifier.weight.T + classifier.bias, targets)}

        train(
            classifier,
            step,
            lambda: [None],
            epochs=epochs,
            learning_rate=learning_rate,
            schedule=lambda epoch: 1.0,
        )
    return classifier.weight.detach().cpu().numpy(), classifier.bias.detach().cpu().numpy()


@with_options
class GenerativeAligner(NeuralAligner):
    """NeuralAligner whose network has latents of motions and texts, and whose scores are the logits of a classifier.

    The network has the methods `motion` and `text`, which return a `Gaussian` for each row. The classifier is fitted on
    latents sampled from the texts of the candidates, in `fit_candidates`. For other candidates one is fitted while
    scoring, from the seed of `fit`, and not stored. The latent of a motion is its mean.

    Args:
        latent: Coordinates of the common space.
        hidden: Widths of the hidden layers of the encoders.
        samples: Latents drawn per candidate for the classifier.
        classifier_epochs: Epochs of full batches of the classifier.
        classifier_learning_rate: Rate of Adam for the classifier.
    """

    learning_rate: float = option(3e-4, above=0)
    batch_size: int = option(64, at_least=1)
    latent: int = option(64, at_least=1)
    hidden: tuple[int, ...] = option((), at_least=1)
    samples: int = option(200, at_least=1)
    classifier_epochs: int = option(100, at_least=1)
    classifier_learning_rate: float = option(1e-2, above=0)

    def _schedule(self, epoch: int) -> float:
        return 1.0

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        super()._prepare(features, class_embeddings, generator)
        self._candidates: CandidateClassifier | None = None
        self._seed = generator.initial_seed()

    def fit_candidates(self, class_embeddings: np.ndarray, seed: int = 0) -> Self:
        """Fit the classifier that scores exactly these candidates from now on, in any order.

        Args:
            class_embeddings: (K, D_text) texts of the candidates.
            seed: Seed of the sampled latents.

        Raises:
            NotFittedError: The aligner is not fitted.
            InputError: The width differs from that in `fit`, or values are not finite.
        """
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
            latents = self.network_.motion(self._feature_tensor(features)).mean.cpu().numpy()
        return (latents @ candidates.weight.T + candidates.bias)[:, columns]

    def _classifier(self, texts: np.ndarray, seed: int) -> CandidateClassifier:
        """Fit the classifier of texts that `distinct` returned."""
        with torch.no_grad():
            latent = self.network_.text(self._text_tensor(texts))
        weight, bias = fit_classifier(
            latent,
            samples=self.samples,
            epochs=self.classifier_epochs,
            learning_rate=self.classifier_learning_rate,
            seed=seed,
        )
        return CandidateClassifier(texts, weight, bias)

    def _state(self) -> dict[str, np.ndarray]:
        state = super()._state() | {"seed": np.array([self._seed])}
        return state if self._candidates is None else state | with_prefix("candidates.", vars(self._candidates))

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        candidates = without_prefix("candidates.", state)
        self._candidates = CandidateClassifier(**candidates) if candidates else None
        self._seed = int(state["seed"][0])
        super()._set_state({n: v for n, v in state.items() if n != "seed" and not n.startswith("candidates.")})


@with_options
class AnnealedAligner(GenerativeAligner):
    """GenerativeAligner whose weights follow a cyclic schedule: auto-encoding first, then divergence and alignment.

    In each cycle the weight of the motion's divergence rises linearly from `motion_start` on, and cross-reconstruction
    counts in full from `cross_start` on. The weight of the text's divergence rises from `cross_start` on as well, but
    only from the third cycle on, or in the last one if there are fewer. The network has a method `errors` that returns
    the errors of motions decoded from one latent and of texts decoded from another.

    Args:
        cycles: Number of equal cycles of the schedule.
        motion_weight: Weight of the motion's divergence at the end of a cycle.
        text_weight: Weight of the text's divergence at the end of a cycle.
        cross_weight: Weight of cross-reconstruction.
        motion_start: Share of a cycle from which the motion's divergence rises.
        cross_start: Share of a cycle from which cross-reconstruction counts.
    """

    cycles: int = option(1, at_least=1)
    motion_weight: float = option(0.023, at_least=0)
    text_weight: float = option(0.01, at_least=0)
    cross_weight: float = option(1.0, at_least=0)
    motion_start: float = option(0.0, at_least=0, below=1)
    cross_start: float = option(0.0, at_least=0, below=1)

    def __attrs_post_init__(self) -> None:
        """Check options that depend on each other."""
        super().__attrs_post_init__()
        self._check_at_most_epochs("cycles")

    def _weights(self, epoch: int) -> tuple[float, float, float]:
        """Return the weights of motion divergence, text divergence and cross-reconstruction in a 0-based epoch."""
        cycle, progress = divmod(epoch * self.cycles / self.epochs, 1.0)
        text = ramp(progress, self.cross_start, 1.0) if cycle >= min(2, self.cycles - 1) else 0.0
        motion = ramp(progress, self.motion_start, 1.0)
        cross = 1.0 if progress >= self.cross_start else 0.0
        return self.motion_weight * motion, self.text_weight * text, self.cross_weight * cross

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        network, features, texts = self.network_, batch.features, batch.text_of_each
        of_motion, of_text = network.motion(features), network.text(texts)
        motion, text = of_motion.sample(batch.generator), of_text.sample(batch.generator)
        reconstruction = network.errors(motion, text, features, texts)
        cross = network.errors(text, motion, features, texts)
        motion_kl, text_kl = divergence(of_motion), divergence(of_text)
        motion_weight, text_weight, cross_weight = self._weights(batch.epoch)
        return {
            "loss": reconstruction + motion_weight * motion_kl + text_weight * text_kl + cross_weight * cross,
            "reconstruction": reconstruction,
            "motion_divergence": motion_kl,
            "text_divergence": text_kl,
            "cross_reconstruction": cross,
        }
