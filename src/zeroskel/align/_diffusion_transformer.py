"""The diffusion transformer of TDSM: a feature and its texts attend to each other, conditioned on time and text."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, scaled_dot_product_attention

_FREQUENCIES = 64


class TimeEmbedding(nn.Module):
    """Embedding of times (N,) as vectors (N, width): sines and cosines of falling frequency, then two linear layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, times: Tensor) -> Tensor:
        """Embed the times."""
        frequencies = torch.exp(-math.log(10000) * torch.arange(_FREQUENCIES, device=times.device) / _FREQUENCIES)
        angles = times[:, None] * frequencies
        return self.layers(torch.cat((angles.cos(), angles.sin()), dim=1))


class Stream(nn.Module):
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
        projected = self.query_key_value(modulated(tokens, shift, scale)).chunk(3, dim=2)
        return [part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in projected]

    def update(self, tokens: Tensor, attended: Tensor, modulation: Tensor) -> Tensor:
        """Return the tokens after the attention and the two layers."""
        gate, shift, scale, last_gate = modulation[:, :, 2:6].unbind(dim=2)
        tokens = tokens + gate * self.attended(attended)
        return tokens + last_gate * self.layers(modulated(tokens, shift, scale))


class Block(nn.Module):
    """A stream for the feature and one for the texts, joined by the attention over all tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.motion = Stream(width, heads)
        self.text = Stream(width, heads)

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


class DiffusionTransformer(nn.Module):
    """Network that predicts the noise of a noised feature, given its step and a text; a new one predicts 0.

    Source: Do and Kim, ICCV 2025, after the two-stream transformer of Esser et al., "Scaling Rectified Flow
    Transformers", ICML 2024.

    Args:
        feature_dim: D.
        text_blocks: Widths of the texts that a class embedding concatenates; each becomes a token.
        width: Width of the tokens.
        depth: Number of blocks.
        heads: Heads of the attention; divides `width`.
    """

    def __init__(self, feature_dim: int, text_blocks: list[int], width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.text_blocks = text_blocks
        self.feature = nn.Linear(feature_dim, width)
        self.tokens = nn.ModuleList(nn.Linear(block, width) for block in text_blocks)
        self.whole = nn.Sequential(nn.Linear(sum(text_blocks), width), nn.SiLU(), nn.Linear(width, width))
        self.time = TimeEmbedding(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
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
        return self.last(modulated(motion, shift, scale))[:, 0]


def modulated(tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return normalised tokens (N, M, width), shifted and scaled by (N, 1, width) each."""
    return layer_norm(tokens, tokens.shape[-1:], eps=1e-6) * (1 + scale) + shift


def zeros(layer: nn.Linear) -> nn.Linear:
    """Set all weights of the layer to 0 and return it."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
