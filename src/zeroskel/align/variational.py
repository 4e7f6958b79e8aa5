"""What variational methods are made of: Gaussian latents, their networks, and weights that change over a schedule."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Gaussian:
    """Diagonal Gaussians, one a row: mean and log of the variance, both (N, L)."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """(N, L) mean + deviation * noise, through which gradients flow (Kingma and Welling, ICLR 2014)."""
        noise = torch.randn(self.mean.shape, generator=generator).to(self.mean.device)
        return self.mean + torch.exp(0.5 * self.log_variance) * noise

    def split(self, width: int) -> tuple["Gaussian", "Gaussian"]:
        """The first `width` coordinates and the others."""
        (first_mean, mean), (first_log, log) = (
            (values[:, :width], values[:, width:]) for values in (self.mean, self.log_variance)
        )
        return Gaussian(first_mean, first_log), Gaussian(mean, log)

    def join(self, other: "Gaussian") -> "Gaussian":
        """The coordinates of both."""
        return Gaussian(
            torch.cat((self.mean, other.mean), dim=1), torch.cat((self.log_variance, other.log_variance), dim=1)
        )


def divergence(latent: Gaussian) -> Tensor:
    """KL(N(mean, variance) || N(0, 1)) = 0.5 sum (mean^2 + variance - 1 - log variance), mean over the batch."""
    terms = latent.mean**2 + latent.log_variance.exp() - 1.0 - latent.log_variance
    return 0.5 * terms.sum(dim=1).mean()


def ramp(progress: float, start: float, end: float) -> float:
    """0 until `start`, linear to 1 at `end`, then 1; all are shares of a schedule."""
    if progress >= end:
        return 1.0
    return max(0.0, (progress - start) / (end - start))


@dataclass(frozen=True)
class Annealing:
    """Cyclic weights of SynSE and SA-DVAE: in each cycle first auto-encoding, then divergence, then alignment.

    Attributes:
        epochs, cycles: of the schedule, cut into equal cycles.
        motion_weight, text_weight, cross_weight: of the divergences and of cross-reconstruction, at a cycle's end.
        motion_start: share of a cycle from which the motion's divergence rises, linearly.
        cross_start: share from which cross-reconstruction counts in full and the text's divergence rises; the latter
            only from the third cycle on, or in the last one where there are fewer.
    """

    epochs: int
    cycles: int
    motion_weight: float
    text_weight: float
    cross_weight: float
    motion_start: float
    cross_start: float

    def at(self, epoch: int) -> tuple[float, float, float]:
        """Weights of motion divergence, text divergence and cross-reconstruction in a 0-based epoch."""
        cycle, progress = divmod(epoch * self.cycles / self.epochs, 1.0)
        text = ramp(progress, self.cross_start, 1.0) if cycle >= min(2, self.cycles - 1) else 0.0
        motion = ramp(progress, self.motion_start, 1.0)
        cross = 1.0 if progress >= self.cross_start else 0.0
        return self.motion_weight * motion, self.text_weight * text, self.cross_weight * cross


def layers(width: int, hidden: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """Linear layers with ReLU after each, and the width they end in."""
    modules: list[nn.Module] = []
    for size in hidden:
        modules += [nn.Linear(width, size), nn.ReLU()]
        width = size
    return nn.Sequential(*modules), width


class Encoder(nn.Module):
    """(N, width) -> a Gaussian of `latent` coordinates for each row; linear without hidden layers.

    It starts from N(0, 1) for every row. With random first weights (published: Xavier) the part of a text that no seen
    text shares goes through a random map that nothing trains, into the latent of an unseen class.
    """

    def __init__(self, width: int, latent: int, hidden: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.body, width = layers(width, hidden)
        self.mean = nn.Linear(width, latent)
        self.log_variance = nn.Linear(width, latent)
        for parameter in (*self.mean.parameters(), *self.log_variance.parameters()):
            nn.init.zeros_(parameter)

    def forward(self, values: Tensor) -> Gaussian:
        inner = self.body(values)
        return Gaussian(self.mean(inner), self.log_variance(inner))


class Decoder(nn.Module):
    """(N, latent) -> (N, width); the hidden layers are the encoder's in reverse."""

    def __init__(self, latent: int, width: int, hidden: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.body, inner = layers(latent, hidden[::-1])
        self.out = nn.Linear(inner, width)

    def forward(self, latent: Tensor) -> Tensor:
        decoded: Tensor = self.out(self.body(latent))
        return decoded


class LatentSpace(nn.Module):
    """The networks of a method: where they put motion and text, and what a batch of pairs costs."""

    @abstractmethod
    def motion(self, features: Tensor) -> Gaussian:
        """The latent of each motion that texts are compared with."""

    @abstractmethod
    def text(self, texts: Tensor) -> Gaussian:
        """The latent of each text, in the same space."""

    @abstractmethod
    def terms(self, features: Tensor, texts: Tensor, epoch: int, generator: torch.Generator) -> dict[str, Tensor]:
        """ "loss" and its parts for motions and the texts of their classes, in a 0-based epoch of the schedule."""
