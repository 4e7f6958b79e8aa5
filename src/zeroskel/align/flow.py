"""Flow: a velocity field moves the smoothed text of a class to its motions; the text that is moved best wins."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, mse_loss

from zeroskel.align._variational import Gaussian
from zeroskel.align.mutual_information import _other_class
from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.align.tdsm import _TimeEmbedding
from zeroskel.core._options import option, with_options
from zeroskel.core._rows import unit_rows
from zeroskel.neural._tensors import in_blocks, zeros
from zeroskel.neural._training import warmup_cosine

_BLOCK_PAIRS = 8192  # motion and text pairs that are scored at once


@with_options
class Flow(NeuralAligner):
    """Flow matching from the latent of a smoothed text to the latents of its motions, after Flora.

    Texts are smoothed, s~ = s + (neighbour_weight / neighbours) * sum over the nearest seen texts n of cos(s, n) n.
    For the first `align_epochs`, a text and a motion encoder give normal distributions of latents z0 of s~ and z1 of
    the feature x, with decoders S and X:

        loss = mean of |X(z1) - x|^2, |S(z0) - s~|^2, |S(z1) - s~|^2, |X(z0) - x|^2
               + align_weight * (|mean0 - mean1|^2 + |log variance0 - log variance1|^2)

    Then the encoders are fixed, and flow matching without noise trains a velocity u(z_t, t) that knows no class, at
    z_t = (1 - t) z0 + t z1 with t the sigmoid of a normal draw. It is pushed away from the velocity of a pair of
    another class of the batch:

        loss = |u(z_t, t) - (z1 - z0)|^2 - contrast_weight * |u(z_t, t) - (z1' - z0')|^2

    All |.|^2 are means over coordinates. Score of a text: -|u(z_t, t) - (z1 - z0)|^2 at t = `time`, latents at their
    means.

    Source: Chen et al., "Learning by Neighbor-Aware Semantics, Deciding by Open-form Flows: Towards Robust Zero-Shot
    Skeleton Action Recognition", CVPR 2026 Findings (arXiv 2511.09388), from the abstract and the released code; other
    details of the paper are not verified. Differences from that code: neighbours are seen texts only (there, all
    classes, which shows the unseen texts to training); one latent per text instead of one per CLIP token, hence
    residual layers instead of a transformer block; latents at their means in scoring (there, drawn again); features and
    texts centred and scaled by their overall deviation; Adam without weight decay; no epoch is selected on the test
    classes.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, one seed: 0.31 (ridge 0.36, chance
    0.10). On the same classes, scaling each coordinate of the features separately gave 0.28.

    Args:
        epochs: Length of the schedule, both parts (published: 1,200 steps of 64).
        align_epochs: Number of epochs that align (published: 1,000 of the 1,200 steps); 0 trains the flow alone.
        learning_rate: Base rate of Adam (published: 1e-4, for wider layers).
        batch_size: Sequences per step (published: 64).
        align_weight: Weight of the distance of the distributions (published: 0.1).
        contrast_weight: Weight of the velocity of another class (published: 0.1).
        neighbours: Number of texts that smooth one (published: 2); 0 leaves texts unchanged.
        neighbour_weight: Weight of the neighbours (published: 1 for ZSL and 0.4 for GZSL).
        latent: Width of latents and hidden layers (published: 768).
        time: Time at which texts are scored (published: 0.5).
        warmup_epochs: Epochs in which the rate rises linearly from 0, before half a cosine (published: a constant
            rate).
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import Flow
        >>> fitted = Flow(epochs=2, align_epochs=1, latent=8).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> bool((fitted.score_classes(np.eye(4), np.eye(2)) <= 0).all())  # negative squared errors
        True
    """

    method = "flow"
    # The rate of the encoders decides how far they overfit the seen classes.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}
    _feature_prefix = ""

    epochs: int = option(40, at_least=1)
    batch_size: int = option(64, at_least=1)
    align_epochs: int = option(32, at_least=0)
    align_weight: float = option(0.1, at_least=0)
    contrast_weight: float = option(0.1, at_least=0)
    neighbours: int = option(2, at_least=0)
    neighbour_weight: float = option(1.0, at_least=0)
    latent: int = option(256, at_least=1)
    time: float = option(0.5, at_least=0, at_most=1)
    warmup_epochs: int = option(0, at_least=0)

    def __attrs_post_init__(self) -> None:
        """Check options that depend on each other."""
        super().__attrs_post_init__()
        self._check_at_most_epochs("align_epochs")

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        return _FlowNetwork(feature_dim, text_dim, self.latent)

    def _schedule(self, epoch: int) -> float:
        return warmup_cosine(epoch + 1, self.epochs + 1, self.warmup_epochs)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        texts = _smooth(class_embeddings, class_embeddings, self.neighbours, self.neighbour_weight)
        super()._prepare(features, texts, generator)
        self._arrays["seen"] = class_embeddings

    def _text_tensor(self, class_embeddings: np.ndarray) -> Tensor:
        texts = _smooth(class_embeddings, self._arrays["seen"], self.neighbours, self.neighbour_weight)
        return super()._text_tensor(texts)

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return noise of the latents of texts and of motions; after the aligning epochs, also times and negatives."""
        noise = [torch.randn(len(labels), self.latent, generator=generator) for _ in range(2)]
        if epoch < self.align_epochs:
            return tuple(noise)
        return *noise, torch.randn(len(labels), generator=generator).sigmoid(), *_other_class(labels, generator)

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        network, x, s = self.network_, batch.features, batch.text_of_each
        text_noise, motion_noise, *flow_draws = batch.draws
        of_text, of_motion = network.text(s), network.motion(x)
        z0, z1 = of_text.sample(text_noise), of_motion.sample(motion_noise)
        if not flow_draws:
            distance = mse_loss(of_text.mean, of_motion.mean) + mse_loss(of_text.log_variance, of_motion.log_variance)
            return {"loss": network.reconstruction(z0, z1, s, x) + self.align_weight * distance}
        z0, z1 = z0.detach(), z1.detach()
        t, rows, partners = flow_draws
        velocity = network.velocity(_between(z0, z1, t), t)
        return {"loss": _flow_matching(velocity, z1 - z0, rows, partners, self.contrast_weight)}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        z1, z0 = self.network_.motion(features).mean, self.network_.text(texts).mean
        return -in_blocks(self._errors, z1, z0, _BLOCK_PAIRS)

    def _errors(self, z1: Tensor, z0: Tensor) -> Tensor:
        """Return the mean squared errors (N, K) of the velocities from z0 (K, latent) to z1 (N, latent)."""
        start, end = z0.repeat(len(z1), 1), z1.repeat_interleave(len(z0), dim=0)
        t = torch.full((len(start),), self.time, device=z1.device)
        velocity = self.network_.velocity(_between(start, end, t), t)
        return ((velocity - (end - start)) ** 2).mean(dim=1).view(len(z1), len(z0))


class _GaussianEncoder(nn.Module):
    """Network from vectors (N, width) to a Gaussian of `latent` coordinates for each."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, latent), nn.ReLU(), nn.Linear(latent, latent))
        self.mean, self.log_variance = nn.Linear(latent, latent), nn.Linear(latent, latent)

    def forward(self, values: Tensor) -> Gaussian:
        """Return the Gaussian of each row."""
        hidden = self.layers(values)
        return Gaussian(self.mean(hidden), self.log_variance(hidden))


class _Velocity(nn.Module):
    """u(z_t, t): one residual block that time shifts, scales and gates; 0 everywhere before training."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.first = nn.Linear(latent, latent)
        self.time = nn.Sequential(_TimeEmbedding(latent), nn.SiLU(), zeros(nn.Linear(latent, 3 * latent)))
        self.layers = nn.Sequential(nn.Linear(latent, 4 * latent), nn.GELU(), nn.Linear(4 * latent, latent))
        self.last = zeros(nn.Linear(latent, latent))

    def forward(self, latents: Tensor, times: Tensor) -> Tensor:
        """Return the velocities (N, latent) at latents (N, latent) and times (N,)."""
        hidden = self.first(latents)
        shift, scale, gate = self.time(times).chunk(3, dim=1)
        return self.last(hidden + gate * self.layers(layer_norm(hidden, hidden.shape[-1:]) * (1 + scale) + shift))


class _FlowNetwork(nn.Module):
    """Encoders and decoders of motions and texts, and the velocity between their latents."""

    def __init__(self, feature_dim: int, text_dim: int, latent: int) -> None:
        super().__init__()
        self.motion, self.text = _GaussianEncoder(feature_dim, latent), _GaussianEncoder(text_dim, latent)
        self.to_motion, self.to_text = (
            nn.Sequential(nn.Linear(latent, latent), nn.ReLU(), nn.Linear(latent, width))
            for width in (feature_dim, text_dim)
        )
        self.velocity = _Velocity(latent)

    def reconstruction(self, z0: Tensor, z1: Tensor, texts: Tensor, features: Tensor) -> Tensor:
        """Return the mean of the squared errors of both sides, decoded from their latent and from the other one."""
        errors = [
            mse_loss(self.to_motion(z1), features),
            mse_loss(self.to_text(z0), texts),
            mse_loss(self.to_text(z1), texts),
            mse_loss(self.to_motion(z0), features),
        ]
        return torch.stack(errors).mean()


def _smooth(texts: np.ndarray, seen: np.ndarray, neighbours: int, weight: float) -> np.ndarray:
    """Return texts plus weight / neighbours times the sum of cosine times text over their nearest seen texts.

    A text that equals a seen one is not its neighbour: a seen text does not smooth itself. Texts are (K, D_text), seen
    texts (S, D_text), at least two. At most S - 1 texts smooth one.
    """
    if not neighbours or not weight:
        return texts
    cosines = unit_rows(texts) @ unit_rows(seen).T
    cosines[np.isclose(cosines, 1, atol=1e-6)] = -np.inf
    count = min(neighbours, len(seen) - 1)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    values = np.take_along_axis(cosines, nearest, axis=1)
    values[np.isneginf(values)] = 0  # if seen texts are equal there may be fewer neighbours
    return (texts + weight / count * (values[:, :, None] * seen[nearest]).sum(axis=1)).astype(np.float32)


def _between(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    """Return z_t = (1 - t) z0 + t z1 of latents (N, latent) and times (N,)."""
    return start + times[:, None] * (end - start)


def _flow_matching(velocity: Tensor, target: Tensor, rows: Tensor, partners: Tensor, contrast_weight: float) -> Tensor:
    """Return |u - target|^2 - contrast_weight |u - target'|^2; for `rows`, target' is the target of `partners`."""
    loss = mse_loss(velocity, target)
    if not contrast_weight or not len(rows):
        return loss
    return loss - contrast_weight * mse_loss(velocity[rows], target[partners])
