"""Building blocks of variational methods: Gaussian latents and their networks."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from zeroskel.neural._tensors import zeros


@dataclass(frozen=True)
class Gaussian:
    """Diagonal Gaussians, one per row.

    Attributes:
        mean: (N, L).
        log_variance: (N, L).
    """

    mean: Tensor
    log_variance: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """Return samples (N, L), mean + deviation * noise, through which gradients flow; the noise is N(0, 1).

        Source: Kingma and Welling, ICLR 2014.
        """
        return self.mean + torch.exp(0.5 * self.log_variance) * noise

    def split(self, width: int) -> tuple["Gaussian", "Gaussian"]:
        """Return the first `width` coordinates and the others."""
        first = Gaussian(self.mean[:, :width], self.log_variance[:, :width])
        return first, Gaussian(self.mean[:, width:], self.log_variance[:, width:])

    def join(self, other: "Gaussian") -> "Gaussian":
        """Return the coordinates of both."""
        mean = torch.cat((self.mean, other.mean), dim=1)
        return Gaussian(mean, torch.cat((self.log_variance, other.log_variance), dim=1))


def divergence(latent: Gaussian) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)), mean over the batch.

    KL = 0.5 sum (mean^2 + variance - 1 - log variance)
    """
    terms = latent.mean**2 + latent.log_variance.exp() - 1.0 - latent.log_variance
    return 0.5 * terms.sum(dim=1).mean()


def ramp(progress: float, start: float, end: float) -> float:
    """Return 0 until `start`, a linear rise to 1 at `end`, then 1; all are shares of a schedule."""
    if progress >= end:
        return 1.0
    return max(0.0, (progress - start) / (end - start))


def _layers(width: int, hidden: tuple[int, ...]) -> tuple[nn.Sequential, int]:
    """Return linear layers with ReLU after each, and the width of their output."""
    modules: list[nn.Module] = []
    for size in hidden:
        modules += [nn.Linear(width, size), nn.ReLU()]
        width = size
    return nn.Sequential(*modules), width


class Encoder(nn.Module):
    """Network from vectors (N, width) to a Gaussian of `latent` coordinates for each; linear without hidden layers.

    It starts from N(0, 1) for every row. With random first weights (published: Xavier) the part of a text that no seen
    text shares would pass through a random map that nothing trains, into the latent of an unseen class.
    """

    def __init__(self, width: int, latent: int, hidden: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.body, width = _layers(width, hidden)
        self.mean, self.log_variance = zeros(nn.Linear(width, latent)), zeros(nn.Linear(width, latent))

    def forward(self, values: Tensor) -> Gaussian:
        """Return the Gaussian of each row."""
        inner = self.body(values)
        return Gaussian(self.mean(inner), self.log_variance(inner))


class Decoder(nn.Module):
    """Network from latents (N, latent) to vectors (N, width); its hidden layers are those of the encoder in reverse."""

    def __init__(self, latent: int, width: int, hidden: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.body, inner = _layers(latent, hidden[::-1])
        self.out = nn.Linear(inner, width)

    def forward(self, latent: Tensor) -> Tensor:
        """Decode the latents."""
        return self.out(self.body(latent))


class AutoEncoders(nn.Module):
    """Variational auto-encoders of motions and of texts, whose latents share a space.

    The latent of motions has `residual` coordinates beyond the common space.
    """

    def __init__(
        self, feature_dim: int, text_dim: int, latent: int, hidden: tuple[int, ...], residual: int = 0
    ) -> None:
        super().__init__()
        self.motion_encoder = Encoder(feature_dim, latent + residual, hidden)
        self.motion_decoder = Decoder(latent + residual, feature_dim, hidden)
        self.text_encoder = Encoder(text_dim, latent, hidden)
        self.text_decoder = Decoder(latent, text_dim, hidden)

    def motion(self, features: Tensor) -> Gaussian:
        """Return the latent of each motion that texts are compared with."""
        return self.motion_encoder(features)

    def text(self, texts: Tensor) -> Gaussian:
        """Return the latent of each text, in the same space."""
        return self.text_encoder(texts)

    def errors(self, for_motion: Tensor, for_text: Tensor, features: Tensor, texts: Tensor) -> Tensor:
        """Return the squared errors of motions decoded from one latent and of texts decoded from another."""
        return mse_loss(self.motion_decoder(for_motion), features) + mse_loss(self.text_decoder(for_text), texts)
