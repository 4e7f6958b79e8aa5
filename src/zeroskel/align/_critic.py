"""The critics T(v, l): how well a motion and a text belong together.

Each critic first processes motions and texts apart (`of_motion`, `of_text`), then pairs (`of_pair`), so that a motion
or text that is in many pairs is processed once.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from zeroskel.neural._linear import linear
from zeroskel.neural._tensors import in_blocks

BLOCK_VALUES = 4_000_000  # first-layer activations in memory at once while scoring: 16 MB
MANY_TEXTS = 256  # number of texts from which on it pays to look for hidden units that a motion turns off


class PairCritic(nn.Module):
    """Base class of critics: a part of the motion, a part of the text, and a value of each pair of parts."""

    of_motion: Callable[[Tensor], Tensor]
    of_text: Callable[[Tensor], Tensor]

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the values T (N,) of pairs of features (N, D) and texts (N, D_text)."""
        return self.of_pair(self.of_motion(features), self.of_text(texts))

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Return the values T (N,) of pairs of parts (N, width)."""
        return (motion * text).sum(dim=1)

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the values T (N, K) of all pairs of features (N, D) and texts (K, D_text)."""
        return self.of_motion(features) @ self.of_text(texts).T


class Critic(PairCritic):
    """Three linear layers with ReLU between them on the concatenation [v, l].

    The width is D + D_text; SMIE has 1024 and 512 hidden units.
    """

    def __init__(self, width: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.width = width
        self.first = nn.Linear(width, hidden[0])
        self.second = nn.Linear(hidden[0], hidden[1])
        self.last = nn.Linear(hidden[1], 1)

    def of_motion(self, features: Tensor) -> Tensor:
        """Return the part of the motion in the first layer, which is linear: (N, D) -> (N, hidden)."""
        return linear(features, self.first.weight[:, : features.shape[1]])

    def of_text(self, texts: Tensor) -> Tensor:
        """Return the part of the text in the first layer: (N, D_text) -> (N, hidden)."""
        return linear(texts, self.first.weight[:, self.width - texts.shape[1] :], self.first.bias)

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Return the values T (…) of pairs of parts (…, hidden)."""
        hidden = linear(torch.relu_(motion + text), self.second.weight, self.second.bias)
        return nn.functional.linear(torch.relu_(hidden), self.last.weight, self.last.bias).squeeze(-1)

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the values T (N, K) of all pairs, in blocks of bounded memory."""
        motion, text = self.of_motion(features), self.of_text(texts)
        if len(text) >= MANY_TEXTS and not motion.requires_grad:
            return self._grid_of_active(motion, text)
        pairs = BLOCK_VALUES // motion.shape[1]
        return in_blocks(lambda block, texts: self.of_pair(block[:, None], texts), motion, text, pairs)

    def _grid_of_active(self, motion: Tensor, text: Tensor) -> Tensor:
        """Return `grid` of the parts, one motion at a time, without the hidden units that are 0 for every text.

        The part of a motion is larger than that of a text, so that it alone turns off about half of the units.
        """
        largest = text.max(dim=0).values
        rows = []
        for part in motion:
            active = (~(part + largest <= 0)).nonzero().squeeze(1)  # units that are not a number stay
            hidden = torch.relu_(text.index_select(1, active).add_(part[active]))
            values = linear(hidden, self.second.weight.index_select(1, active), self.second.bias)
            rows.append(self.last(torch.relu_(values)).squeeze(1))
        return torch.stack(rows) if rows else motion.new_empty(0, len(text))


class BilinearCritic(PairCritic):
    """T(v, l) = (W v + b) . l + c.

    Source: Contrastive Predictive Coding, van den Oord et al., arXiv 1807.03748, eq. 3.
    """

    def __init__(self, feature_dim: int, text_dim: int) -> None:
        super().__init__()
        self.map = nn.Linear(feature_dim, text_dim)
        self.offset = nn.Parameter(torch.zeros(()))

    def of_motion(self, features: Tensor) -> Tensor:
        """Map features (N, D) to text space (N, D_text)."""
        return self.map(features)

    def of_text(self, texts: Tensor) -> Tensor:
        """Return the texts unchanged."""
        return texts

    def of_pair(self, motion: Tensor, text: Tensor) -> Tensor:
        """Return the values T (N,) of pairs of parts."""
        return super().of_pair(motion, text) + self.offset

    def grid(self, features: Tensor, texts: Tensor) -> Tensor:
        """Return the values T (N, K) of all pairs."""
        return super().grid(features, texts) + self.offset


class SeparableCritic(PairCritic):
    """T(v, l) = g(v) . h(l), two towers of two linear layers with a ReLU between them.

    Source: Poole et al., ICML 2019, arXiv 1905.06922, section 2.
    """

    def __init__(self, feature_dim: int, text_dim: int, hidden: tuple[int, int] = (1024, 512)) -> None:
        super().__init__()
        self.motion = nn.Sequential(nn.Linear(feature_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))
        self.text = nn.Sequential(nn.Linear(text_dim, hidden[0]), nn.ReLU(), nn.Linear(*hidden))

    def of_motion(self, features: Tensor) -> Tensor:
        """Map features (N, D) to the common space (N, hidden)."""
        return self.motion(features)

    def of_text(self, texts: Tensor) -> Tensor:
        """Map texts (N, D_text) to the common space (N, hidden)."""
        return self.text(texts)


CRITICS: dict[str, Callable[[int, int, tuple[int, int]], PairCritic]] = {
    "concatenation": lambda feature_dim, text_dim, hidden: Critic(feature_dim + text_dim, hidden),
    "bilinear": lambda feature_dim, text_dim, hidden: BilinearCritic(feature_dim, text_dim),
    "separable": SeparableCritic,
}
