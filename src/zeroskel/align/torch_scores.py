"""Fitted methods as torch modules that an ONNX graph can be made of."""

import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, normalize

from zeroskel.align.base import Aligner
from zeroskel.align.contrastive import Contrastive
from zeroskel.align.critic import AnyCritic, Critic
from zeroskel.align.hubness import nearest_count
from zeroskel.align.kernel_ridge import KernelRidge
from zeroskel.align.kite import PART, Kite
from zeroskel.align.ridge import Ridge
from zeroskel.align.smie import SMIE
from zeroskel.core import InputError


def torch_scores(aligner: Aligner) -> nn.Module:
    """A module of features (N, D) and texts (K, D_text), float32 -> (N, K) that equals `score_classes`.

    Raises:
        InputError: a method without such a module.
    """
    if isinstance(aligner, SMIE):
        return SMIEScores(aligner)
    if isinstance(aligner, Kite):
        return KiteScores(aligner)
    if isinstance(aligner, KernelRidge):
        return KernelRidgeScores(aligner)
    if isinstance(aligner, Contrastive):
        return ContrastiveScores(aligner)
    if isinstance(aligner, Ridge):
        return RidgeScores(aligner)
    raise InputError(
        f"method {aligner.method} cannot be exported; expected a bundle with smie, kite, kernel-ridge, contrastive or "
        "ridge"
    )


class RidgeScores(nn.Module):
    """`Ridge`."""

    mean: Tensor
    scale: Tensor
    text_mean: Tensor
    weight: Tensor

    def __init__(self, aligner: Ridge) -> None:
        super().__init__()
        _keep(self, aligner._state())

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        return (features - self.mean) / self.scale @ self.weight @ (texts - self.text_mean).T


class SMIEScores(nn.Module):
    """`SMIE`, with any of its critics."""

    def __init__(self, aligner: SMIE) -> None:
        super().__init__()
        self.normalised = aligner.inference == "layernorm"
        self.critic: AnyCritic = copy.deepcopy(aligner.critic_).cpu()

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        if self.normalised:
            features = layer_norm(features, features.shape[-1:])
        if not isinstance(self.critic, Critic):
            return self.critic.grid(features, texts)
        # its grid works in blocks, whose number depends on N and K
        return self.critic.of_pair(self.critic.of_motion(features)[:, None], self.critic.of_text(texts))


class ContrastiveScores(nn.Module):
    """`Contrastive`."""

    feature_mean: Tensor
    feature_scale: Tensor
    text_mean: Tensor
    text_scale: Tensor

    def __init__(self, aligner: Contrastive) -> None:
        super().__init__()
        _keep(self, aligner._statistics)
        self.network = copy.deepcopy(aligner._network).cpu().eval()

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        features = (features - self.feature_mean) / self.feature_scale
        texts = (texts - self.text_mean) / self.text_scale
        return torch.stack([v @ t.T for v, t in self.network.embedded(features, texts)]).mean(dim=0)


class KernelRidgeScores(nn.Module):
    """`KernelRidge`, its candidates' hubness from the K texts at hand."""

    mean: Tensor
    scale: Tensor
    text_mean: Tensor
    landmarks: Tensor
    width: Tensor
    weight: Tensor
    bias: Tensor
    blind: Tensor

    def __init__(self, aligner: KernelRidge) -> None:
        super().__init__()
        _keep(self, aligner._state())
        self.hubness = aligner.hubness
        self.nearest = nearest_count(len(aligner._blind))

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        x = (features - self.mean) / self.scale
        squares = x.square().sum(dim=1, keepdim=True) + self.landmarks.square().sum(dim=1)
        kernel = torch.exp(-self.width * (squares - 2 * x @ self.landmarks.T).clamp(min=0))
        predicted = normalize(kernel @ self.weight + self.bias, dim=1)
        texts = normalize(texts - self.text_mean, dim=1)
        advantage = (self.blind @ texts.T).topk(self.nearest, dim=0).values.mean(dim=0)
        return predicted @ texts.T - self.hubness * advantage


class KiteScores(nn.Module):
    """`Kite`: the scores of its parts, added."""

    def __init__(self, aligner: Kite) -> None:
        super().__init__()
        assert aligner.text_dim_ is not None
        own = aligner._texts(np.arange(aligner.text_dim_)[None])  # the columns of the networks and of the regression
        self.columns = [slice(int(part[0, 0]), int(part[0, -1]) + 1) for part in own]
        self.kernel = [name == PART for name in aligner._parts]
        self.parts = nn.ModuleList(torch_scores(part) for part in aligner._parts.values())
        shares = [aligner.kernel_weight if kernel else 1 / aligner.networks for kernel in self.kernel]
        self.weights = [float(w / d) for w, d in zip(shares, aligner._deviations, strict=True)]

    def forward(self, features: Tensor, texts: Tensor) -> Tensor:
        scores = [
            weight * part(features, texts[:, self.columns[kernel]])
            for part, kernel, weight in zip(self.parts, self.kernel, self.weights, strict=True)
        ]
        return torch.stack(scores).sum(dim=0)


def _keep(module: nn.Module, state: dict[str, np.ndarray]) -> None:
    for name, value in state.items():
        module.register_buffer(name, torch.tensor(value, dtype=torch.float32))
