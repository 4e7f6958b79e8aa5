"""ReViSE: auto-encoders of motion and text whose latents follow one distribution and meet class by class."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, normalize, relu

from zeroskel.align.trained_network import TrainedNetwork
from zeroskel.core import InputError


class ReViSE(TrainedNetwork):
    """Doc."""

    method = "revise"

    def __init__(
        self,
        *,
        epochs: int = 100,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        latent: int = 100,
        joint: int = 50,
        margin: float = 0.3,
        kernel: float = 32.0,
        reconstruction_weight: float = 1.0,
        discrepancy_weight: float = 1.0,
        contraction: float = 1e-4,
        text_penalty: float = 1e-3,
        stop_epoch: int | None = None,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.latent = latent
        self.joint = joint
        self.margin = margin
        self.kernel = kernel
        self.reconstruction_weight = reconstruction_weight
        self.discrepancy_weight = discrepancy_weight
        self.contraction = contraction
        self.text_penalty = text_penalty
        self.stop_epoch = stop_epoch
        self.device = device

    def _network(self, feature_dim: int, text_dim: int) -> nn.ModuleDict:
        return nn.ModuleDict(
            {
                "motion": AutoEncoder(feature_dim, self.latent, self.joint),
                "text": AutoEncoder(text_dim, self.latent, self.joint),
            }
        )

    def _terms(self, features: Tensor, labels: Tensor, texts: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        motion, text = self.network_["motion"], self.network_["text"]
        of_motion, of_text = motion.encode(features), text.encode(texts)
        reconstruction = mse_loss(motion.decode(of_motion), features) + mse_loss(text.decode(of_text), texts)
        contraction = jacobian_square(of_motion, motion.encoder.weight)
        discrepancy = maximum_mean_discrepancy(of_motion, of_text[labels], self.kernel)
        association = multi_class_hinge(motion.place(of_motion) @ text.place(of_text).T, labels, self.margin)
        penalty = sum(p.square().sum() for p in text.parameters())
        return {
            "loss": association
            + self.reconstruction_weight * reconstruction
            + self.discrepancy_weight * discrepancy
            + self.contraction * contraction
            + self.text_penalty / 2 * penalty,
            "association": association,
            "reconstruction": reconstruction,
            "discrepancy": discrepancy,
            "contraction": contraction,
        }

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        motion, text = self.network_["motion"], self.network_["text"]
        return motion.place(motion.encode(features)) @ text.place(text.encode(texts)).T


class AutoEncoder(nn.Module):
    def __init__(self, width: int, latent: int, joint: int) -> None:
        super().__init__()
        self.encoder = nn.Linear(width, latent)
        self.decoder = nn.Linear(latent, width)
        self.transformation = nn.Linear(latent, joint)

    def encode(self, values: Tensor) -> Tensor:
        return relu(self.encoder(values))

    def decode(self, latent: Tensor) -> Tensor:
        return self.decoder(latent)

    def place(self, latent: Tensor) -> Tensor:
        return torch.tanh(self.transformation(latent))


def maximum_mean_discrepancy(first: Tensor, second: Tensor, kernel: float) -> Tensor:
    def k(a, b):
        return torch.exp(-kernel * torch.cdist(a, b).square()).mean()
    return k(first, first) + k(second, second) - 2 * k(first, second)


def jacobian_square(latent: Tensor, weight: Tensor) -> Tensor:
    return ((latent > 0).to(weight.dtype) @ weight.square().sum(dim=1)).mean()


def multi_class_hinge(scores: Tensor, labels: Tensor, margin: float) -> Tensor:
    own = scores.gather(1, labels[:, None])
    return relu(margin - own + scores).scatter(1, labels[:, None], 0.0).sum(1).mean()
