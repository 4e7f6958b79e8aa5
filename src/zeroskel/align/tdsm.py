"""TDSM: a diffusion transformer that predicts the noise of a feature only when it is given the right text."""

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, scaled_dot_product_attention

from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.core._options import option, refuse, with_options
from zeroskel.neural._tensors import in_blocks, zeros
from zeroskel.neural._training import warmup_cosine

_FREQUENCIES = 64  # of the embedding of times
_BLOCK_PAIRS = 4096  # motion and text pairs that are scored at once


@with_options
class TDSM(NeuralAligner):
    """Diffusion transformer that predicts the noise of a feature, given a text.

        x_t = sqrt(a_t) x + sqrt(1 - a_t) e        error(x, e, t, l) = mean of (e - e_hat(x_t, t, l))^2 over D
        loss = error(x, e, t, l) + triplet_weight * max(0, error(x, e, t, l) - error(x, e, t, l_wrong) + margin)

    x is a feature, standardised per coordinate; e is normal noise; t is drawn from the steps of the schedule, and a_t
    is the share of the variance of the feature that remains after it; l is the text of the class and l_wrong that of a
    random seen class (without triplet term if it is the same). e_hat is the diffusion transformer, conditioned on the
    whole text and the step, with the text blocks as tokens.

    Score of a text: -error at the step `step`, mean over `noises` noises that are drawn once, in `fit`.

    Source: Do and Kim, "Bridging the Skeleton-Text Modality Gap: Diffusion-Powered Modality Alignment for Zero-shot
    Skeleton-based Action Recognition", ICCV 2025 (arXiv 2411.10745). Differences from the released code: one token per
    text block instead of the 35 tokens of a CLIP encoder; texts less the mean of the seen ones, at unit overall
    deviation; features standardised; Adam without weight decay; noises belong to the fitted method; no epoch is
    selected on the test classes.

    Mean accuracy per class on ten validation classes each of pool-1 to pool-3, one seed: 0.22 (ridge 0.36, chance
    0.10). Half the epochs, features scaled by their overall deviation, a smaller transformer and wider noise were no
    better. The method was designed for tens of thousands of sequences.

    Args:
        epochs: Length of the schedule (published: 50,000 steps of 256).
        learning_rate: Base rate of Adam (published: 1e-4).
        batch_size: Sequences per step (published: 256).
        margin: Margin of the triplet term (published: 1).
        triplet_weight: Weight of the triplet term (published: 1).
        hidden: Width of the transformer (published: 768).
        depth: Number of blocks (published: 12).
        heads: Heads of the attention (published: 12).
        steps: Steps of the noise schedule (published: 50).
        betas: First and last beta of the schedule, whose square roots are equally spaced (published: those of Stable
            Diffusion 2.1, 0.00085 and 0.012, which leave most of the feature even at the last of 50 steps).
        step: Step at which texts are scored, 0-based (published: 25).
        noises: Number of noises in the mean of a score (published: 3).
        warmup_epochs: Epochs in which the rate rises linearly from 0, before half a cosine (published: 100 steps).
        text_blocks: Widths of the texts that a class embedding concatenates, each a token; None for one text.
        stop_epoch, device: See `NeuralAligner`.

    Example:
        >>> from zeroskel.align import TDSM
        >>> TDSM(hidden=30)
        Traceback (most recent call last):
        zeroskel.core.errors.InputError: method tdsm: hidden is 30; expected a multiple of 4, the number of heads
    """

    method = "tdsm"
    # On a short schedule the rate decides how well the transformer learns to predict the noise.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}
    _feature_prefix = ""

    epochs: int = option(60, at_least=1)
    batch_size: int = option(256, at_least=1)
    margin: float = option(1.0, at_least=0)
    triplet_weight: float = option(1.0, at_least=0)
    hidden: int = option(128, at_least=1)
    depth: int = option(2, at_least=1)
    heads: int = option(4, at_least=1)
    steps: int = option(50, at_least=1)
    betas: tuple[float, float] = option((0.00085, 0.012), above=0, below=1)
    step: int = option(25, at_least=0)
    noises: int = option(3, at_least=1)
    warmup_epochs: int = option(2, at_least=0)
    text_blocks: tuple[int, ...] | None = option(None, at_least=1)

    def __attrs_post_init__(self) -> None:
        """Check options that depend on each other."""
        super().__attrs_post_init__()
        if self.hidden % self.heads:
            refuse(self, "hidden", self.hidden, f"a multiple of {self.heads}, the number of heads")
        if self.step >= self.steps:
            refuse(self, "step", self.step, f"at most {self.steps - 1}, the last step of the schedule")
        if self.betas[0] > self.betas[1]:
            refuse(self, "betas", self.betas, "the smaller one first")

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        blocks = list(self.text_blocks or (text_dim,))
        return _DiffusionTransformer(feature_dim, blocks, self.hidden, self.depth, self.heads)

    def _schedule(self, epoch: int) -> float:
        return warmup_cosine(epoch + 1, self.epochs + 1, self.warmup_epochs)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        super()._prepare(features, class_embeddings, generator)
        self._arrays["scale"] = features.std(axis=0) + np.float32(1e-6)
        self._arrays["noises"] = torch.randn(self.noises, features.shape[1], generator=generator).numpy()

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return noise, its times, the share of the signal at these, and wrong texts."""
        count = len(labels)
        noise = torch.randn(count, len(self._arrays["scale"]), generator=generator)
        times = torch.randint(self.steps, (count,), generator=generator)
        wrong = torch.randint(classes, (count,), generator=generator)
        return noise, times, _signal_share(self.steps, self.betas)[times], wrong

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        x, count = batch.features, len(batch.labels)
        noise, times, share, wrong = batch.draws
        noised = _add_noise(x, noise, share)
        texts = batch.texts[torch.cat((batch.labels, wrong))]
        predicted = self.network_(torch.cat((noised, noised)), torch.cat((times, times)), texts)
        right_error, wrong_error = _noise_error(predicted, torch.cat((noise, noise))).split(count)
        diffusion, triplet = _triplet_diffusion(right_error, wrong_error, batch.labels != wrong, self.margin)
        return {"loss": diffusion + self.triplet_weight * triplet, "diffusion": diffusion, "triplet": triplet}

    def _scores(self, features: Tensor, texts: Tensor) -> Tensor:
        return -in_blocks(self._errors, features, texts, _BLOCK_PAIRS)

    def _errors(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the mean over the noises of the errors (N, K) of features (N, D) and texts (K, D_text)."""
        noises, pairs = self._tensor(self._arrays["noises"]), len(features) * len(texts)
        share = _signal_share(self.steps, self.betas)[self.step].to(features.device).expand(pairs)
        times = torch.full((pairs,), self.step, device=features.device)
        x, text_of_each = features.repeat_interleave(len(texts), dim=0), texts.repeat(len(features), 1)
        errors = torch.zeros(pairs, device=features.device)
        for noise in noises:
            errors += _noise_error(self.network_(_add_noise(x, noise, share), times, text_of_each), noise)
        return errors.view(len(features), len(texts)) / len(noises)


class _TimeEmbedding(nn.Module):
    """Embedding of times (N,) as vectors (N, width): sines and cosines of falling frequency, then two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, times: Tensor) -> Tensor:
        """Embed the times."""
        frequencies = torch.exp(-math.log(10000) * torch.arange(_FREQUENCIES, device=times.device) / _FREQUENCIES)
        angles = times[:, None] * frequencies
        return self.layers(torch.cat((angles.cos(), angles.sin()), dim=1))


class _Stream(nn.Module):
    """One kind of token in a block: its part of the attention, and two layers.

    A condition shifts and scales the normalised tokens and gates what is added. Gates start at 0, so that a new block
    is the identity (Peebles and Xie, "Scalable Diffusion Models with Transformers", ICCV 2023, adaLN-Zero).
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.layers = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        self.modulation = nn.Sequential(nn.SiLU(), zeros(nn.Linear(width, 6 * width)))

    def attention_inputs(self, tokens: Tensor, modulation: Tensor) -> list[Tensor]:
        """Return query, key and value, each (N, heads, tokens, width / heads)."""
        shift, scale = modulation[:, :, 0:2].unbind(dim=2)
        projected = self.query_key_value(_modulated(tokens, shift, scale)).chunk(3, dim=2)
        return [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in projected]

    def update(self, tokens: Tensor, attended: Tensor, modulation: Tensor) -> Tensor:
        """Return the tokens after the attention and the two layers."""
        gate, shift, scale, last_gate = modulation[:, :, 2:6].unbind(dim=2)
        tokens = tokens + gate * self.attended(attended)
        return tokens + last_gate * self.layers(_modulated(tokens, shift, scale))


class _Block(nn.Module):
    """A stream for the feature and one for the texts, joined by the attention over all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.motion = _Stream(width, heads)
        self.text = _Stream(width, heads)

    def forward(self, motion: Tensor, text: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return new tokens of the motion (N, 1, width) and of the texts (N, blocks, width).

        The condition is (N, width).
        """
        of_motion, of_text = (
            stream.modulation(condition).unflatten(1, (1, 6, -1)) for stream in (self.motion, self.text)
        )
        inputs = zip(
            self.motion.attention_inputs(motion, of_motion), self.text.attention_inputs(text, of_text), strict=True
        )
        query, key, value = (torch.cat(parts, dim=2) for parts in inputs)
        attended = scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        to_motion, to_text = attended.split((motion.shape[1], text.shape[1]), dim=1)
        return self.motion.update(motion, to_motion, of_motion), self.text.update(text, to_text, of_text)


class _DiffusionTransformer(nn.Module):
    """Network that predicts the noise of a noised feature, given its step and a text; a new one predicts 0.

    Source: Do and Kim, ICCV 2025, after the two-stream transformer of Esser et al., "Scaling Rectified Flow
    Transformers", ICML 2024.

    Each of the texts that a class embedding concatenates becomes a token of this width.
    """

    def __init__(self, feature_dim: int, text_blocks: list[int], width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.text_blocks = text_blocks
        self.feature = nn.Linear(feature_dim, width)
        self.tokens = nn.ModuleList(nn.Linear(block, width) for block in text_blocks)
        self.whole = nn.Sequential(nn.Linear(sum(text_blocks), width), nn.SiLU(), nn.Linear(width, width))
        self.time = _TimeEmbedding(width)
        self.blocks = nn.ModuleList(_Block(width, heads) for _ in range(depth))
        self.last_modulation = nn.Sequential(nn.SiLU(), zeros(nn.Linear(width, 2 * width)))
        self.last = zeros(nn.Linear(width, feature_dim))

    def forward(self, noised: Tensor, times: Tensor, texts: Tensor) -> Tensor:
        """Return the noise (N, D) of features (N, D) at times (N,) with texts (N, D_text)."""
        motion = self.feature(noised)[:, None]
        parts = texts.split(self.text_blocks, dim=1)
        text = torch.stack([layer(part) for layer, part in zip(self.tokens, parts, strict=True)], dim=1)
        condition = self.time(times) + self.whole(texts)
        for block in self.blocks:
            motion, text = block(motion, text, condition)
        shift, scale = self.last_modulation(condition).unflatten(1, (2, 1, -1)).unbind(dim=1)
        return self.last(_modulated(motion, shift, scale))[:, 0]


def _modulated(tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return normalised tokens (N, M, width), shifted and scaled by (N, 1, width) each."""
    return layer_norm(tokens, tokens.shape[-1:], eps=1e-6) * (1 + scale) + shift


def _signal_share(steps: int, betas: tuple[float, float]) -> Tensor:
    """Return a_t (steps,), the share of the variance of the feature after step t: the product of 1 - beta up to t."""
    roots = torch.linspace(betas[0] ** 0.5, betas[1] ** 0.5, steps, dtype=torch.float64)
    return torch.cumprod(1 - roots**2, dim=0).float()


def _add_noise(features: Tensor, noise: Tensor, share: Tensor) -> Tensor:
    """Return x_t of features (N, D), noise (N, D) or (D,), and a_t (N,)."""
    share = share[:, None]
    return share.sqrt() * features + (1 - share).sqrt() * noise


def _noise_error(predicted: Tensor, noise: Tensor) -> Tensor:
    """Return the mean squared errors (N,) of noises (N, D)."""
    return ((predicted - noise) ** 2).mean(dim=1)


def _triplet_diffusion(right: Tensor, wrong: Tensor, differs: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """Return the mean of the noise errors given the right text, and that of max(0, right - wrong + margin).

    `wrong` are the errors given a random text. Where it does not differ, the second term is 0 and counts in the mean.
    """
    return right.mean(), (torch.relu(right - wrong + margin) * differs).mean()
