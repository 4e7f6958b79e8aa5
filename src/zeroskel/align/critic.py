"""The critics T(v, l): how well a motion and a text belong together.

Each first works on motions and on texts apart, `of_motion` and `of_text`, then on pairs, `of_pair`, so that what is in
many pairs is worked on once.
"""

import torch
from torch import Tensor, nn

AVX512 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
BLOCK_VALUES = 4_000_000  # first-layer activations held at once while scoring: 16 MB
MANY_TEXTS = 256  # from which on it pays to look for hidden units that a motion turns off
CRITICS = ("concatenation", "bilinear", "separable")


def new_critic(kind: str, feature_dim: int, text_dim: int, hidden: tuple[int, int]) -> "AnyCritic":
    """A critic with new weights.

    Args:
        kind: one of CRITICS.
        feature_dim, text_dim: D and D_text.
        hidden: widths of the hidden layers; "bilinear" has none.
    """
    if kind == "bilinear":
        return BilinearCritic(feature_dim, text_dim)
    if kind == "separable":
        return SeparableCritic(feature_dim, text_dim, hidden)
    return Critic(feature_dim + text_dim, hidden)


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + b of the last axis: (…, K) and (N, K) -> (…, N).

    Where there is AVX-512 it is written as a convolution over one place: convolutions are done by code that uses all of
    it, and products of matrices often are not (half as fast on AMD). Not in a graph that is exported.
    """
    plain = not AVX512 or torch.compiler.is_exporting() or x.device.type != "cpu" or x.dtype != torch.float32
    if plain or not x.numel():
        return nn.functional.linear(x, weight, bias)
    rows = x.reshape(1, -1, 1, x.shape[-1]).permute(0, 3, 1, 2)
    return nn.functional.conv2d(rows, weight[:, :, None, None], bias).permute(0, 2, 3, 1).reshape(*x.shape[:-1], -1)


class Critic(nn.Module):
    """Three linear layers with ReLU between them on the concatenation [v, l].

    Args:
        width: D + D_text.
        hidden: widths of the two hidden layers (SMIE: 1024 and 512).
    """

    def __init__(self, width: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Linear(width, hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.last = nn.Linear(hidden[1], 1)

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return self.of_pair(self.of_motion(features), self.of_text(texts))

    def of_motion(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, hidden): the motion's part of the first layer, which is linear."""
        of_motion = self.first.weight.split((features.shape[1], self.width - features.shape[1]), dim=1)[0]
        return linear(features, of_motion)

    def of_text(self, texts: Tensor) -> Tensor:
        """(N, D_text) -> (N, hidden): the text's part of the first layer."""
        of_text = self.first.weight.split((self.width - texts.shape[1], texts.shape[1]), dim=1)[1]
        return linear(texts, of_text, self.first.bias)

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Values T (…) of pairs of parts (…, hidden)."""
        hidden = linear(torch.relu_(motion + text), self.second.weight, self.second.bias)
        return nn.functional.linear(torch.relu_(hidden), self.last.weight, self.last.bias).squeeze(-1)

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs, in blocks of bounded memory."""
        motion, text = self.of_motion(features), self.of_text(texts)
        if len(text) >= MANY_TEXTS and not motion.requires_grad:
            return self._grid_of_active(motion, text)
        rows = max(1, BLOCK_VALUES // (len(text) * motion.shape[1]))
        blocks = [self.of_pair(block[:, None], text) for block in motion.split(rows)]
        return torch.cat(blocks)

    def _grid_of_active(self, motion: Tensor, text: Tensor) -> Tensor:
        """`grid` of the parts, one motion at a time, without the hidden units that are 0 whatever the text.

        A motion's part is larger than a text's, so that it alone turns about half of the units off.
        """
        most = text.max(dim=0).values
        rows = []
        for own in motion:
            active = (~(own + most <= 0)).nonzero().squeeze(1)  # what is not a number stays
            hidden = torch.relu_(text.index_select(1, active).add_(own[active]))
            values = linear(hidden, self.second.weight.index_select(1, active), self.second.bias)
            rows.append(self.last(torch.relu_(values)).squeeze(1))
        return torch.stack(rows) if rows else motion.new_empty(0, len(text))


class BilinearCritic(nn.Module):
    """T(v, l) = (W v + b) . l + c, as in Contrastive Predictive Coding (van den Oord et al., arXiv 1807.03748, eq. 3).

    Args:
        feature_dim, text_dim: D and D_text.
    """

    def __init__(self, feature_dim: int, text_dim: int) -> None:
        super().__init__()
        self.map = nn.Linear(feature_dim, text_dim)
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return self.of_pair(self.of_motion(features), self.of_text(texts))

    def of_motion(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, D_text)."""
        result: Tensor = self.map(features)
        return result

    def of_text(self, texts: Tensor) -> Tensor:
        """The texts as they are."""
        return texts

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Values T (N,) of pairs of parts."""
        return (motion * text).sum(dim=1) + self.offset

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs: one product of matrices."""
        return self.of_motion(features) @ texts.T + self.offset


class SeparableCritic(nn.Module):
    """T(v, l) = g(v) . h(l), two towers of two linear layers with a ReLU between them (Poole et al., ICML 2019,
    arXiv 1905.06922, section 2).

    Args:
        feature_dim, text_dim: D and D_text.
        hidden: width of the towers' hidden layers, and of the space they meet in.
    """

    def __init__(self, feature_dim: int, text_dim: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.motion = nn.Sequential(nn.Linear(feature_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))
        self.text = nn.Sequential(nn.Linear(text_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (N, D_text) -> (N,) values T of the pairs."""
        return self.of_pair(self.of_motion(features), self.of_text(texts))

    def of_motion(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, hidden)."""
        result: Tensor = self.motion(features)
        return result

    def of_text(self, texts: Tensor) -> Tensor:
        """(N, D_text) -> (N, hidden)."""
        result: Tensor = self.text(texts)
        return result

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Values T (N,) of pairs of parts."""
        return (motion * text).sum(dim=1)

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """(N, D) and (K, D_text) -> (N, K) values T of all pairs: each tower runs once a row."""
        return self.of_motion(features) @ self.of_text(texts).T


AnyCritic = Critic | BilinearCritic | SeparableCritic
