"""SynSE: a latent of motion whose two halves are aligned with the verb and the noun of the class."""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import mse_loss

from zeroskel.align._generative import AnnealedAligner
from zeroskel.align._variational import Decoder, Encoder, Gaussian
from zeroskel.core._options import option, refuse, with_options


class _SynSESpace(nn.Module):
    """Auto-encoders of motion, verb and noun. Without blocks the encoders of both words read the one text."""

    def __init__(
        self, feature_dim: int, text_dim: int, text_blocks: tuple[int, int] | None, latent: int, hidden: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.text_blocks = text_blocks
        self.half_width = latent // 2
        verb, noun = (text_dim, text_dim) if text_blocks is None else text_blocks
        self.motion_encoder = Encoder(feature_dim, latent, hidden)
        self.motion_decoder = Decoder(latent, feature_dim, hidden)
        self.verb_encoder = Encoder(verb, self.half_width, hidden)
        self.verb_decoder = Decoder(self.half_width, verb, hidden)
        self.noun_encoder = Encoder(noun, self.half_width, hidden)
        self.noun_decoder = Decoder(self.half_width, noun, hidden)

    def motion(self, features: Tensor) -> Gaussian:
        """Return the latent of each motion."""
        return self.motion_encoder(features)

    def text(self, texts: Tensor) -> Gaussian:
        """Return the latents of verb and noun of each text, joined."""
        verb, noun = self.words(texts)
        return self.verb_encoder(verb).join(self.noun_encoder(noun))

    def words(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Return the verb's and the noun's part of each text."""
        if self.text_blocks is None:
            return texts, texts
        verb, noun = texts.split(self.text_blocks, dim=1)
        return verb, noun

    def errors(self, for_motion: Tensor, for_words: Tensor, features: Tensor, texts: Tensor) -> Tensor:
        """Return the squared errors of motions decoded from one latent, and of the words from halves of another."""
        verb, noun = self.words(texts)
        return (
            mse_loss(self.motion_decoder(for_motion), features)
            + mse_loss(self.verb_decoder(for_words[:, : self.half_width]), verb)
            + mse_loss(self.noun_decoder(for_words[:, self.half_width :]), noun)
        )


@with_options
class SynSE(AnnealedAligner):
    """Variational auto-encoders of motion, verb and noun that decode each other.

        loss = MSE(v, D_v(z_v)) + MSE(b, D_b(z_b)) + MSE(n, D_n(z_n))
             + motion_weight * KL(z_v) + text_weight * (KL(z_b) + KL(z_n))
             + cross_weight * (MSE(v, D_v([z_b, z_n])) + MSE(b, D_b(first half of z_v)) + MSE(n, D_n(second half)))

    v: a motion; b and n: verb and noun of its class; z: samples of the Gaussians that the encoders return. KL sums over
    coordinates, MSE is their mean. The weights follow `AnnealedAligner`. Score of a text: the logit of a softmax
    classifier that is fitted on latents [z_b, z_n] sampled from the texts of the candidates.

    Source: Gupta, Sharma and Sarvadevabhatla, "Syntactically Guided Generative Embeddings for Zero-Shot Skeleton Action
    Recognition", ICIP 2021 (arXiv 2101.11530). Differences from the released code: noise is drawn for each coordinate,
    not once per row; encoders start from N(0, 1) for every input; decoders and classifier do not end in a ReLU, because
    features and texts are centred; a candidate of the seen classes is scored like the others, without the released
    gate, which is a separate classifier.

    Epochs, rate, latent and shares were chosen on validation classes of pool-1 to pool-3: mean per-class accuracy 0.40
    over four other seeds; ridge has 0.36. The published shares of a cycle, which align texts with motions in its last
    fifth only, gave 0.33.

    Args:
        text_blocks: Widths of the verb's and the noun's block of a class embedding; None uses one text for both.
        epochs: Length of the schedule (published: 17,000 steps; accuracy on validation classes was best after some
            400).
        cycles: Cycles of the schedule (published: 10; twenty epochs are too few for more than one).
        learning_rate: Rate of Adam (published: 1e-4, for more steps).
        batch_size: Sequences per step (published: 64).
        latent: Coordinates of the latent of motions, an even number.
        hidden: Widths of the hidden layers of the encoders, in reverse in the decoders (published: none).
        motion_weight, text_weight, cross_weight: Weights of the divergences and of cross-reconstruction at the end of a
            cycle (published: 0.1 * 700 / 3000 = 0.023, 0.1 * 300 / 3000 = 0.01 and 1).
        motion_start, cross_start: Shares of a cycle from which these terms count; see `AnnealedAligner` (published:
            1000 / 1700 = 0.59 and 1400 / 1700 = 0.82).
        samples, classifier_epochs, classifier_learning_rate: Latents drawn per candidate for the classifier, its epochs
            of full batches and its rate (published: 500, 300 and 1e-3).
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> from zeroskel.align import SynSE
        >>> SynSE(text_blocks=(384, 384))
        SynSE(text_blocks=(384, 384))
    """

    method = "synse"
    # The schedule is short, so that the rate decides how well the latents are aligned.
    choices: ClassVar = {"learning_rate": (1e-4, 3e-4, 1e-3)}

    epochs: int = option(20, at_least=1)
    latent: int = option(100, at_least=2)
    text_blocks: tuple[int, int] | None = option(None, at_least=1)

    def __attrs_post_init__(self) -> None:
        """Check options that depend on each other."""
        super().__attrs_post_init__()
        if self.latent % 2:
            refuse(self, "latent", self.latent, "an even number, a half each for verb and noun")

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        return _SynSESpace(feature_dim, text_dim, self.text_blocks, self.latent, self.hidden)
