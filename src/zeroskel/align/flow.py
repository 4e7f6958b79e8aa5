"""Flow: a velocity field carries a class's smoothed text to its motions; the text that is carried best wins."""

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, mse_loss

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.diffusion_transformer import TimeEmbedding, zeros
from zeroskel.align.mutual_information import other_class
from zeroskel.align.scaling import mean_and_scale, unit_rows
from zeroskel.core import InputError
from zeroskel.neural._seeding import seeded
from zeroskel.neural._training import History, index_batches, train, warmup_cosine

BLOCK_PAIRS = 8192  # motion and text pairs that are scored at once


class Flow(Aligner):
    """After Flora: Chen et al., "Learning by Neighbor-Aware Semantics, Deciding by Open-form Flows: Towards Robust
    Zero-Shot Skeleton Action Recognition", CVPR 2026 Findings (arXiv 2511.09388).

    Texts are smoothed, s~ = s + (neighbour_weight / neighbours) * sum over the nearest seen texts n of cos(s, n) n.
    For the first `align_epochs`, a text and a motion encoder give normal distributions of latents z0 of s~ and z1 of
    the feature x, with decoders S and X:

        loss = mean of |X(z1) - x|^2, |S(z0) - s~|^2, |S(z1) - s~|^2, |X(z0) - x|^2
               + align_weight * (|mean0 - mean1|^2 + |log variance0 - log variance1|^2)

    Then, encoders fixed, flow matching without noise: z_t = (1 - t) z0 + t z1 at t = sigmoid of a normal draw, and a
    velocity u(z_t, t) that knows no class, pushed from the velocity of a pair of another class of the batch:

        loss = |u(z_t, t) - (z1 - z0)|^2 - contrast_weight * |u(z_t, t) - (z1' - z0')|^2

    All |.|^2 are means over coordinates. Score of a text: -|u(z_t, t) - (z1 - z0)|^2 at t = `time`, latents at their
    means.

    Read from the paper's abstract and the released code; the paper's other details are not verified. Different from
    that code: neighbours are seen texts only (it takes them among all classes, which shows the unseen texts to
    training); one latent a text instead of one a CLIP token, hence residual layers in place of a transformer block;
    latents at their means in scoring (there drawn anew); features and texts centred and scaled by their overall
    deviation; Adam without weight decay; no epoch is picked on the test classes.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, one seed: 0.31 (ridge 0.36, chance
    0.10). On the same classes, scaling each coordinate of the features for itself gave 0.28.

    Args:
        epochs: length of the schedule, both parts (published: 1,200 steps of 64).
        align_epochs: how many of them align (published: 1,000 of the 1,200 steps); 0 trains the flow alone.
        learning_rate: Adam's base rate (published: 1e-4, for wider layers).
        batch_size: published: 64.
        align_weight: published: 0.1.
        contrast_weight: published: 0.1.
        neighbours: how many texts smooth one (published: 2); 0 leaves texts as they are.
        neighbour_weight: published: 1 for ZSL and 0.4 for GZSL.
        latent: width of latents and hidden layers (published: 768).
        time: at which texts are scored (published: 0.5).
        warmup_epochs: linear from 0, then half a cosine down (published: a constant rate).
        stop_epoch: train only so many epochs of the schedule; None trains all.
        device: where to train.

    Attributes:
        network_: the fitted encoders, decoders and velocity.
        history_: epochs with loss, and each step's loss.
    """

    method = "flow"
    trained_by_epochs = True
    # The encoders' rate decides how much of the seen classes they learn by heart.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}

    def __init__(
        self,
        *,
        epochs: int = 40,
        align_epochs: int = 32,
        learning_rate: float = 1e-3,
        batch_size: int = 64,
        align_weight: float = 0.1,
        contrast_weight: float = 0.1,
        neighbours: int = 2,
        neighbour_weight: float = 1.0,
        latent: int = 256,
        time: float = 0.5,
        warmup_epochs: int = 0,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.align_epochs = align_epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.align_weight = align_weight
        self.contrast_weight = contrast_weight
        self.neighbours = neighbours
        self.neighbour_weight = neighbour_weight
        self.latent = latent
        self.time = time
        self.warmup_epochs = warmup_epochs
        self.stop_epoch = stop_epoch
        self.device = device

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
        self._mean, self._scale = mean_and_scale(features)
        self._seen = class_embeddings
        smoothed = smooth(class_embeddings, class_embeddings, self.neighbours, self.neighbour_weight)
        self._text_mean, self._text_scale = mean_and_scale(smoothed)
        motions, classes = self._normalise(features), torch.from_numpy(labels)
        texts = self._normalise_texts(class_embeddings)[classes]
        with seeded(seed) as generator:
            self.network_ = FlowNetwork(features.shape[1], texts.shape[1], self.latent).to(self.device)
            network = self.network_

            def step(_: nn.Module, batch: Tensor, epoch: int) -> dict[str, Tensor]:
                x, s = motions[batch], texts[batch]
                (mean0, log_variance0), (mean1, log_variance1) = network.text(s), network.motion(x)
                z0, z1 = (
                    mean + torch.exp(log_variance / 2) * torch.randn(mean.shape, generator=generator).to(self.device)
                    for mean, log_variance in ((mean0, log_variance0), (mean1, log_variance1))
                )
                if epoch < self.align_epochs:
                    apart = mse_loss(mean0, mean1) + mse_loss(log_variance0, log_variance1)
                    return {"loss": network.reconstruction(z0, z1, s, x) + self.align_weight * apart}
                z0, z1 = z0.detach(), z1.detach()
                t = torch.randn(len(batch), generator=generator).sigmoid().to(self.device)
                velocity = network.velocity(between(z0, z1, t), t)
                rows, partners = other_class(classes[batch], generator)
                return {"loss": flow_matching(velocity, z1 - z0, rows, partners, self.contrast_weight)}

            self.history_: History = train(
                network,
                step,
                lambda: index_batches(len(motions), self.batch_size, generator),
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: warmup_cosine(epoch + 1, self.epochs + 1, self.warmup_epochs),
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            z1, _ = self.network_.motion(self._normalise(features))
            z0, _ = self.network_.text(self._normalise_texts(class_embeddings))
            errors = [
                torch.cat([self._errors(rows, some) for rows in z1.split(max(1, BLOCK_PAIRS // len(some)))])
                for some in z0.split(BLOCK_PAIRS)
            ]
            return -torch.cat(errors, dim=1).cpu().numpy()

    def _errors(self, z1: Tensor, z0: Tensor) -> Tensor:
        """(N, latent) and (K, latent) -> (N, K) mean squared errors of the velocities."""
        start, end = z0.repeat(len(z1), 1), z1.repeat_interleave(len(z0), dim=0)
        t = torch.full((len(start),), self.time, device=z1.device)
        velocity = self.network_.velocity(between(start, end, t), t)
        return ((velocity - (end - start)) ** 2).mean(dim=1).view(len(z1), len(z0))

    def _normalise(self, features: np.ndarray) -> Tensor:
        return torch.tensor((features - self._mean) / self._scale, device=self.device)

    def _normalise_texts(self, texts: np.ndarray) -> Tensor:
        smoothed = smooth(texts, self._seen, self.neighbours, self.neighbour_weight)
        return torch.tensor((smoothed - self._text_mean) / self._text_scale, device=self.device)

    def _state(self) -> dict[str, np.ndarray]:
        return {
            "mean": self._mean,
            "scale": self._scale,
            "seen": self._seen,
            "text_mean": self._text_mean,
            "text_scale": self._text_scale,
            **{f"network.{name}": value.cpu().numpy() for name, value in self.network_.state_dict().items()},
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale, self._seen = state["mean"], state["scale"], state["seen"]
        self._text_mean, self._text_scale = state["text_mean"], state["text_scale"]
        self.network_ = FlowNetwork(len(self._mean), len(self._text_mean), self.latent).to(self.device)
        weights = {name: torch.tensor(state[f"network.{name}"]) for name in self.network_.state_dict()}
        self.network_.load_state_dict(weights)

    def _check_options(self) -> None:
        for name in ("epochs", "batch_size", "latent"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 1")
        for name in ("align_weight", "contrast_weight", "neighbours", "neighbour_weight", "warmup_epochs"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 0")
        if self.learning_rate <= 0:
            raise InputError(f"learning_rate is {self.learning_rate}; expected more than 0")
        if not 0 <= self.align_epochs <= self.epochs:
            raise InputError(f"align_epochs is {self.align_epochs}; expected 0 to {self.epochs}, the number of epochs")
        if not 0 <= self.time <= 1:
            raise InputError(f"time is {self.time}; expected 0 to 1")
        if self.stop_epoch is not None and not 1 <= self.stop_epoch <= self.epochs:
            raise InputError(f"stop_epoch is {self.stop_epoch}; expected 1 to {self.epochs}, the number of epochs")


class Gaussian(nn.Module):
    """(N, width) -> mean and log variance, (N, latent) each."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, latent), nn.ReLU(), nn.Linear(latent, latent))
        self.mean, self.log_variance = nn.Linear(latent, latent), nn.Linear(latent, latent)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.layers(values)
        return self.mean(hidden), self.log_variance(hidden)


class Velocity(nn.Module):
    """u(z_t, t): one residual block that time shifts, scales and gates; 0 everywhere before training."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.first = nn.Linear(latent, latent)
        self.time = nn.Sequential(TimeEmbedding(latent), nn.SiLU(), zeros(nn.Linear(latent, 3 * latent)))
        self.layers = nn.Sequential(nn.Linear(latent, 4 * latent), nn.GELU(), nn.Linear(4 * latent, latent))
        self.last = zeros(nn.Linear(latent, latent))

    def forward(self, latents: Tensor, times: Tensor) -> Tensor:
        hidden = self.first(latents)
        shift, scale, gate = self.time(times).chunk(3, dim=1)
        return self.last(hidden + gate * self.layers(layer_norm(hidden, hidden.shape[-1:]) * (1 + scale) + shift))


class FlowNetwork(nn.Module):
    """Encoders and decoders of motions and texts, and the velocity between their latents."""

    def __init__(self, feature_dim: int, text_dim: int, latent: int) -> None:
        super().__init__()
        self.motion, self.text = Gaussian(feature_dim, latent), Gaussian(text_dim, latent)
        self.to_motion, self.to_text = (
            nn.Sequential(nn.Linear(latent, latent), nn.ReLU(), nn.Linear(latent, width))
            for width in (feature_dim, text_dim)
        )
        self.velocity = Velocity(latent)

    def reconstruction(self, z0: Tensor, z1: Tensor, texts: Tensor, features: Tensor) -> Tensor:
        """Mean of the squared errors of both sides, each decoded from its own latent and from the other's."""
        made = (self.to_motion(z1), features), (self.to_text(z0), texts)
        crossed = (self.to_text(z1), texts), (self.to_motion(z0), features)
        return torch.stack([mse_loss(value, target) for value, target in (*made, *crossed)]).mean()


def smooth(texts: np.ndarray, seen: np.ndarray, neighbours: int, weight: float) -> np.ndarray:
    """(K, D_text) texts, each plus weight / neighbours times the sum of cosine times text over its nearest seen texts.

    A text equal to a seen one is not its neighbour: a seen text does not smooth itself.

    Args:
        texts: (K, D_text).
        seen: (S, D_text), at least two.
        neighbours: how many smooth one; at most S - 1 do.
        weight: of their mean.
    """
    if not neighbours or not weight:
        return texts
    cosines = unit_rows(texts) @ unit_rows(seen).T
    cosines[np.isclose(cosines, 1, atol=1e-6)] = -np.inf
    count = min(neighbours, len(seen) - 1)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    values = np.take_along_axis(cosines, nearest, axis=1)
    values[np.isneginf(values)] = 0  # where seen texts are equal there may be fewer neighbours
    return (texts + weight / count * (values[:, :, None] * seen[nearest]).sum(axis=1)).astype(np.float32)


def between(start: Tensor, end: Tensor, times: Tensor) -> Tensor:
    """z_t = (1 - t) z0 + t z1 of (N, latent) and (N,)."""
    return start + times[:, None] * (end - start)


def flow_matching(velocity: Tensor, target: Tensor, rows: Tensor, partners: Tensor, contrast_weight: float) -> Tensor:
    """|u - target|^2 - contrast_weight |u - target'|^2; of `rows`, target' is the target of `partners`."""
    loss = mse_loss(velocity, target)
    if not contrast_weight or not len(rows):
        return loss
    return loss - contrast_weight * mse_loss(velocity[rows], target[partners])
