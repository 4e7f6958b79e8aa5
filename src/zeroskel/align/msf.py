"""MSF: variational auto-encoders of motion and of fused texts that decode each other."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from zeroskel.align._generative import AnnealedAligner
from zeroskel.align._variational import AutoEncoders, Gaussian
from zeroskel.core._options import option, with_options


def _fused(texts: Tensor, widths: tuple[int, ...]) -> Tensor:
    """Return [u_1, ..., u_B] / sqrt(B) (N, D_text), of length one, with u_b the text of block b at length one."""
    blocks = [normalize(block, dim=1) for block in texts.split(widths, dim=1)]
    return torch.cat(blocks, dim=1) / len(widths) ** 0.5


class _FusedSpace(AutoEncoders):
    """Auto-encoders of motion and of the fused texts."""

    def __init__(self, feature_dim: int, widths: tuple[int, ...], latent: int, hidden: tuple[int, ...]) -> None:
        super().__init__(feature_dim, sum(widths), latent, hidden)
        self.widths = widths

    def scaled(self, texts: Tensor) -> Tensor:
        """Return the fused texts at unit mean square, as features are."""
        return _fused(texts, self.widths) * texts.shape[1] ** 0.5

    def text(self, texts: Tensor) -> Gaussian:
        return super().text(self.scaled(texts))

    def errors(self, for_motion: Tensor, for_text: Tensor, features: Tensor, texts: Tensor) -> Tensor:
        return super().errors(for_motion, for_text, features, self.scaled(texts))


@with_options
class MSF(AnnealedAligner):
    """Variational auto-encoders of motion and of the fused texts of a class that decode each other.

        loss = MSE(v, D_v(z_v)) + MSE(t, D_t(z_t)) + motion_weight * KL(z_v) + text_weight * KL(z_t)
             + cross_weight * (MSE(v, D_v(z_t)) + MSE(t, D_t(z_v)))

    v: a motion; t: the texts of its class (label, description of the action, description of the motion), fused by
    concatenation; z: samples of the Gaussians that the encoders return. KL sums over coordinates, MSE is their mean.
    Cross-reconstruction alone aligns the two spaces: the released code has no distance of distributions. The weights
    follow `AnnealedAligner`. Score of a text: the logit of a softmax classifier that is fitted on latents sampled from
    the texts of the candidates.

    The gain of the method is the fusion of texts; with text_blocks None it is an auto-encoder of one text.

    Source: Li et al., "Multi-Semantic Fusion Model for Generalized Zero-Shot Skeleton-Based Action Recognition", ICIG
    2023 (arXiv 2309.09592). Differences from the released code: each text has length one in the concatenation (there,
    the CLIP vectors are unchanged, and the whole has length one); features and texts are centred and scaled; cycle and
    classifier are not selected on the unseen test classes. The released gate between seen and unseen classes is a
    separate classifier and left out. The released training script was compared; its network file was not, so that
    details of the layers and of the scale of KL are not verified.

    Args:
        text_blocks: Widths of the texts that a class embedding concatenates; None for one text.
        epochs: Length of the schedule (published: 17,000 steps).
        cycles: Cycles of the schedule (published: 10; two of the published shape gave 24 % instead of 30 %, both with
            100 coordinates).
        learning_rate: Rate of Adam (published: 1e-4).
        batch_size: Sequences per step (published: 64).
        latent: Coordinates of the common space (published: 100 for NTU-60, 200 for NTU-120; on validation classes of
            pool-1 to pool-3 100 gave 30 % instead of 37 %).
        hidden: Widths of the hidden layers of the encoders, in reverse in the decoders (published: none).
        motion_weight, text_weight, cross_weight: Weights of the divergences and of cross-reconstruction at the end of a
            cycle (published: 0.1 * 700 / 3000 = 0.023, 0.1 * 300 / 3000 = 0.01 and 1; the first two gave 24 % instead
            of 30 %, both with 100 coordinates).
        motion_start, cross_start: Shares of a cycle from which these terms count; see `AnnealedAligner` (published:
            1000 / 1700 = 0.59 and 1400 / 1700 = 0.82).
        samples, classifier_epochs, classifier_learning_rate: Latents drawn per candidate for the classifier, its epochs
            of full batches and its rate (published: 500, 300 and 1e-3; more epochs are equally exact but too
            slow if every epoch is scored).
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> from zeroskel.align import MSF
        >>> MSF(text_blocks=(384, 384, 384))
        MSF(text_blocks=(384, 384, 384))
    """

    method = "msf"
    # The schedule is short, so that the rate decides how well the latents are aligned.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}

    epochs: int = option(25, at_least=1)
    learning_rate: float = option(1e-3, above=0)
    latent: int = option(32, at_least=1)
    motion_weight: float = option(0.1, at_least=0)
    text_weight: float = option(0.1, at_least=0)
    classifier_epochs: int = option(25, at_least=1)
    text_blocks: tuple[int, ...] | None = option(None, at_least=1)

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        return _FusedSpace(feature_dim, self.text_blocks or (text_dim,), self.latent, self.hidden)
