"""Base classes of generative methods: a classifier is fitted on latents that are sampled from the candidates' texts."""

from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from zeroskel.align._matrices import finite_matrix
from zeroskel.align._variational import Gaussian, divergence, ramp
from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.core._options import option, with_options
from zeroskel.core._saved import with_prefix, without_prefix
from zeroskel.neural._tensors import arrays_of, zeros
from zeroskel.neural._training import seeded, train


def fit_classifier(
    latent: Gaussian, *, samples: int, epochs: int, learning_rate: float, seed: int
) -> dict[str, np.ndarray]:
    """Fit a softmax regression on samples of one Gaussian per class, and return "weight" (K, L) and "bias" (K,).

    The samples of each class are drawn once, from the seed. Adam minimises the cross-entropy over all of them at once,
    in as many steps as there are epochs.
    """
    count, width = latent.mean.shape
    with seeded(seed) as generator:
        noise = torch.cat([torch.randn(count, width, generator=generator) for _ in range(samples)])
        drawn = Gaussian(latent.mean.repeat(samples, 1), latent.log_variance.repeat(samples, 1)).sample(
            noise.to(latent.mean.device)
        )
        targets = torch.arange(count, device=drawn.device).repeat(samples)
        classifier = zeros(nn.Linear(width, count, device=drawn.device))

        def step(_: nn.Module) -> dict[str, Tensor]:
            return {"loss": cross_entropy(drawn @ classifier.weight.T + classifier.bias, targets)}

        train(classifier, step, lambda _: [()], epochs=epochs, learning_rate=learning_rate, schedule=lambda _: 1.0)
    return arrays_of(classifier)


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
        self._arrays["seed"] = np.array([generator.initial_seed()])

    def fit_candidates(self, class_embeddings: np.ndarray, seed: int = 0) -> Self:
        """Fit the classifier that scores exactly these candidates from now on, in any order: see `Aligner`.

        Raises:
            NotFittedError: The aligner is not fitted.
            InputError: The width differs from that in `fit`, or values are not finite.
        """
        self._require_fitted()
        texts = np.unique(finite_matrix("class_embeddings", class_embeddings), axis=0)
        self._check_widths(self.feature_dim_ or 0, texts.shape[1])
        self._arrays |= with_prefix("candidates.", self._classifier(texts, seed))
        return self

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        texts, columns = np.unique(class_embeddings, axis=0, return_inverse=True)
        candidates = without_prefix("candidates.", self._arrays)
        if not candidates or not np.array_equal(candidates["texts"], texts):
            candidates = self._classifier(texts, int(self._arrays["seed"][0]))
        with torch.inference_mode():
            latents = self.network_.motion(self._feature_tensor(features)).mean.cpu().numpy()
        return (latents @ candidates["weight"].T + candidates["bias"])[:, columns.reshape(-1)]

    def _classifier(self, texts: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """Return the distinct texts in sorted order, so that their order does not count, and their classifier."""
        with torch.no_grad():
            latent = self.network_.text(self._text_tensor(texts))
        epochs, learning_rate = self.classifier_epochs, self.classifier_learning_rate
        classifier = fit_classifier(latent, samples=self.samples, epochs=epochs, learning_rate=learning_rate, seed=seed)
        return {"texts": texts, **classifier}


@with_options
class AnnealedAligner(GenerativeAligner):
    """GenerativeAligner whose weights follow a cyclic schedule: auto-encoding first, then divergence and alignment.

    In each cycle the weight of the motion's divergence rises linearly from `motion_start` on, and cross-reconstruction
    counts in full from `cross_start` on. The weight of the text's divergence rises from `cross_start` on as well, but
    only from the third cycle on, or in the last one if there are fewer. The network has a method `errors` that returns
    the errors of motions decoded from one latent and of texts decoded from another.

    Args:
        cycles: Number of equal cycles of the schedule.
        motion_weight, text_weight, cross_weight: Weights at the end of a cycle.
        motion_start, cross_start: Shares of a cycle.
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

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return the weights of `_terms`, and noise of the latents of motions and of texts."""
        noise = [torch.randn(len(labels), self.latent, generator=generator) for _ in range(2)]
        return torch.tensor(self._weights(epoch)), *noise

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        network, features, texts = self.network_, batch.features, batch.text_of_each
        weights, motion_noise, text_noise = batch.draws
        of_motion, of_text = network.motion(features), network.text(texts)
        motion, text = of_motion.sample(motion_noise), of_text.sample(text_noise)
        reconstruction = network.errors(motion, text, features, texts)
        cross = network.errors(text, motion, features, texts)
        motion_kl, text_kl = divergence(of_motion), divergence(of_text)
        return self._terms(weights, reconstruction, motion_kl, text_kl, cross)

    def _terms(
        self, weights: Tensor, reconstruction: Tensor, motion_kl: Tensor, text_kl: Tensor, cross: Tensor
    ) -> dict[str, Tensor]:
        """Return the terms of the loss by name, and their weighted sum."""
        motion_weight, text_weight, cross_weight = weights
        return {
            "loss": reconstruction + motion_weight * motion_kl + text_weight * text_kl + cross_weight * cross,
            "reconstruction": reconstruction,
            "motion_divergence": motion_kl,
            "text_divergence": text_kl,
            "cross_reconstruction": cross,
        }
