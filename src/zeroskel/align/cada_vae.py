"""CADA-VAE: two aligned variational auto-encoders, one of motion and one of text."""

from typing import ClassVar

import torch
from torch import Tensor, nn

from zeroskel.align._generative import GenerativeAligner
from zeroskel.align._variational import AutoEncoders, Gaussian, divergence, ramp
from zeroskel.align.neural_aligner import Batch
from zeroskel.core._options import option, with_options

_DIVERGENCE_RAMP = (0.0, 0.93)  # published: epochs 0 to 93 of 100
_CROSS_RAMP = (0.21, 0.75)
_DISTANCE_RAMP = (0.06, 0.22)


def _reconstruction(values: Tensor, decoded: Tensor) -> Tensor:
    """Return the absolute error, summed over coordinates, mean over the batch."""
    return (values - decoded).abs().sum(dim=1).mean()


def _wasserstein(first: Gaussian, second: Gaussian) -> Tensor:
    """Return the 2-Wasserstein distance of diagonal Gaussians (eq. 7), mean over the batch.

    W = sqrt(|mean_1 - mean_2|^2 + |deviation_1 - deviation_2|^2)
    """
    deviations = torch.exp(0.5 * first.log_variance) - torch.exp(0.5 * second.log_variance)
    squares = ((first.mean - second.mean) ** 2 + deviations**2).sum(dim=1)
    return squares.clamp_min(1e-12).sqrt().mean()


@with_options
class CADAVAE(GenerativeAligner):
    """Variational auto-encoders of motion and text that decode each other and whose latents have the same distribution.

        loss = |v - D_v(z_v)| + |t - D_t(z_t)| + divergence_weight * (KL(z_v) + KL(z_t))
             + cross_weight * (|v - D_v(z_t)| + |t - D_t(z_v)|) + distance_weight * W(z_v, z_t)

    v: a motion; t: the text of its class; z: samples of the Gaussians that the encoders return; W: their 2-Wasserstein
    distance. The weights rise linearly, over the published shares of the schedule. Score of a text: the logit of a
    softmax classifier that is fitted on latents sampled from the texts of the candidates.

    Source: Schönfeld et al., "Generalized Zero- and Few-Shot Learning via Aligned Variational Autoencoders", CVPR 2019
    (arXiv 1812.01784). Differences from the released code: noise is drawn for each coordinate, not once per row; the
    deviation of a sample is that of its Gaussian (there, the variance); encoders start from N(0, 1) for every input;
    Adam is plain (there, AMSGrad); seen candidates are sampled from their texts like the others, not from features, so
    that GZSL results differ.

    Epochs, rate and hidden layers were chosen on validation classes of pool-1 to pool-3: mean per-class accuracy 0.41
    over four other seeds, and 0.38 over three seeds when measured again; ridge has 0.36.

    Args:
        epochs: Length of the schedule (published: 100, on larger datasets; here accuracy on validation classes was best
            after some 25).
        learning_rate: Rate of Adam (published: 1.5e-4, for 100 epochs).
        batch_size: Sequences per step (published: 50).
        latent: Coordinates of the common space (published: 64).
        hidden: Widths of the hidden layers of the encoders, in reverse in the decoders (published: 1560 and 1660 for
            features, 1450 and 665 for texts; one layer of 256 gave an accuracy of 0.36 instead of 0.40 on validation
            classes).
        divergence_weight, cross_weight, distance_weight: Weights at the end of their ramps (published: 0.25, 2.37,
            8.13).
        samples, classifier_epochs, classifier_learning_rate: Latents drawn per candidate for the classifier, its epochs
            of full batches and its rate (published: 200, 22 to 99 epochs of batches of 32, 1e-3).
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import CADAVAE
        >>> fitted = CADAVAE(epochs=3, hidden=(8, 4)).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> [record["epoch"] for record in fitted.history_.epochs]
        [1, 2, 3]
    """

    method = "cada-vae"
    # The schedule is short, so that the rate decides how well the latents are aligned.
    choices: ClassVar = {"learning_rate": (1e-4, 3e-4, 1e-3)}

    divergence_weight: float = option(0.25, at_least=0)
    cross_weight: float = option(2.37, at_least=0)
    distance_weight: float = option(8.13, at_least=0)

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        return AutoEncoders(feature_dim, text_dim, self.latent, self.hidden)

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return the weights beta, gamma and delta, and noise of the latents of motions and of texts."""
        progress = epoch / self.epochs
        beta = self.divergence_weight * ramp(progress, *_DIVERGENCE_RAMP)
        gamma = self.cross_weight * ramp(progress, *_CROSS_RAMP)
        delta = self.distance_weight * ramp(progress, *_DISTANCE_RAMP)
        noise = [torch.randn(len(labels), self.latent, generator=generator) for _ in range(2)]
        return torch.tensor([beta, gamma, delta]), *noise

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        network, features, texts = self.network_, batch.features, batch.text_of_each
        weights, motion_noise, text_noise = batch.draws
        of_motion, of_text = network.motion(features), network.text(texts)
        motion, text = of_motion.sample(motion_noise), of_text.sample(text_noise)

        def errors(for_motion: Tensor, for_text: Tensor) -> Tensor:
            error = _reconstruction(features, network.motion_decoder(for_motion))
            return error + _reconstruction(texts, network.text_decoder(for_text))

        reconstruction, cross = errors(motion, text), errors(text, motion)
        kl, distance = divergence(of_motion) + divergence(of_text), _wasserstein(of_motion, of_text)
        beta, gamma, delta = weights
        loss = reconstruction + beta * kl + gamma * cross + delta * distance
        errors_by_name = {"reconstruction": reconstruction, "cross_reconstruction": cross}
        return {"loss": loss, **errors_by_name, "divergence": kl, "distance": distance}
