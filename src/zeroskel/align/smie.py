"""SMIE: maximise the mutual information of motion and text, and let it grow with the frames observed."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, relu

from zeroskel.align.base import Aligner, EpochEnd
from zeroskel.align.critic import CRITICS, Critic, new_critic
from zeroskel.align.mutual_information import (
    ESTIMATORS,
    NEGATIVES,
    estimate,
    info_nce,
    other_class,
    rolled_by_one,
)
from zeroskel.core import InputError
from zeroskel.neural._seeding import seeded
from zeroskel.neural._training import History, index_batches, train, warmup_cosine

INFERENCE = ("layernorm", "published")
_PUBLISHED_LAYERS = {"l0": "first", "l1": "second", "l2": "last"}


class SMIE(Aligner):
    """Zhou et al., "Zero-shot Skeleton-based Action Recognition via Mutual Information Estimation and Maximization",
    ACM MM 2023 (arXiv 2308.03950).

        loss = -I(v; l) + temporal_weight * max(0, margin - (I(v; l) - I(v_masked; l)))

    with I the Jensen-Shannon estimate of a critic T(v, l) (three linear layers on the concatenation; v is
    layer-normalised without affine terms). The second term asks that a sequence whose frames of most motion were
    dropped tells less about the text, by a margin (its marginal pairs are those of I); it is left out when `fit` gets
    no masked features. With R masked views, epoch e uses view e modulo R.

    Score of a text: T(v, l), whose order is that of the published -softplus(-T).

    Other estimates I and other critics T make the family of methods that maximise mutual information. What is published
    is the Jensen-Shannon estimate, the critic on the concatenation and the temporal term; the rest are ours.

    Args:
        epochs: length of the schedule (published: 100).
        learning_rate: Adam's base rate (published: 1e-5, which on sets of a thousand sequences barely moves the critic;
            1e-3 was fixed on validation classes of pool-1 to pool-3 and of UTD-MHAD's purls-5 and -9).
        batch_size: published: 128.
        margin: published: 0.1.
        temporal_weight: published: 0.5; 0 leaves the temporal term out.
        estimator: "jsd" (published); "infonce" (a motion meets all texts of other classes in the batch), "dv", "nwj",
            "smile": see mutual_information.py. "smile" is trained as "jsd" but for the temporal term.
        critic: "concatenation" (published), "bilinear", or "separable": see critic.py.
        warmup_epochs: linear from 0, then half a cosine down (published: 15).
        negatives: "other-class" pairs a text with a sequence of another class; "published" rolls the batch by one,
            which makes false negatives when the neighbour has the same class.
        inference: "layernorm" normalises features as in training; "published" leaves them raw, as the published code
            does by an oversight.
        stop_epoch: train only so many epochs of the schedule; None trains all.
        hidden: widths of the critic's hidden layers (published: 1024 and 512); "bilinear" has none.
        shuffle: a new order each epoch.
        warm_start: go on from the weights that are there instead of new ones.
        device: where to train.

    Attributes:
        critic_: the fitted critic.
        history_: epochs with loss, mutual_information, masked_mutual_information, and each step's loss.
    """

    method = "smie"
    trained_by_epochs = True
    # The rate decides how far a critic gets on sets of a thousand sequences.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}

    def __init__(
        self,
        *,
        epochs: int = 100,
        learning_rate: float = 1e-3,
        batch_size: int = 128,
        margin: float = 0.1,
        temporal_weight: float = 0.5,
        estimator: str = "jsd",
        critic: str = "concatenation",
        warmup_epochs: int = 15,
        negatives: str = "other-class",
        inference: str = "layernorm",
        stop_epoch: int | None = None,
        hidden: tuple[int, int] = (1024, 512),
        shuffle: bool = True,
        warm_start: bool = False,
        device: str = "cpu",
    ) -> None:
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.margin = margin
        self.temporal_weight = temporal_weight
        self.estimator = estimator
        self.critic = critic
        self.warmup_epochs = warmup_epochs
        self.negatives = negatives
        self.inference = inference
        self.stop_epoch = stop_epoch
        self.hidden = hidden
        self.shuffle = shuffle
        self.warm_start = warm_start
        self.device = device

    def _fit(
        self,
        features: np.ndarray,
        labels: np.ndarray,
        class_embeddings: np.ndarray,
        masked_features: np.ndarray | None,
        seed: int,
        on_epoch: EpochEnd,
    ) -> None:
        self._check_options()
        visual, classes = self._normalise(self._tensor(features)), torch.from_numpy(labels).to(self.device)
        texts = self._tensor(class_embeddings)[classes]
        masked = None if masked_features is None else self._normalise(self._tensor(masked_features))
        with seeded(seed) as generator:
            if not (self.warm_start and hasattr(self, "critic_")):
                widths = features.shape[1], class_embeddings.shape[1]
                self.critic_ = new_critic(self.critic, *widths, self.hidden).to(self.device)
            critic = self.critic_

            def step(_: nn.Module, batch: Tensor, epoch: int) -> dict[str, Tensor]:
                views = [visual[batch]]
                if masked is not None and self.temporal_weight:
                    views.append(masked[epoch % len(masked)][batch])
                information, *less = self._estimates(views, texts[batch], classes[batch], generator)
                if not less:
                    return {"loss": -information, "mutual_information": information}
                gap = relu(self.margin - (information - less[0]))
                return {
                    "loss": -information + self.temporal_weight * gap,
                    "mutual_information": information,
                    "masked_mutual_information": less[0],
                }

            self.history_: History = train(
                critic,
                step,
                lambda: index_batches(len(visual), self.batch_size, generator if self.shuffle else None),
                epochs=self.epochs if self.stop_epoch is None else self.stop_epoch,
                learning_rate=self.learning_rate,
                schedule=lambda epoch: warmup_cosine(epoch, self.epochs, self.warmup_epochs),
                on_epoch=lambda record: on_epoch(int(record["epoch"])),
            )

    def _estimates(
        self, views: list[Tensor], text: Tensor, classes: Tensor, generator: torch.Generator
    ) -> list[Tensor]:
        """The estimate of each view (B, D) of a batch with its texts, against marginal pairs of the first view."""
        critic, count = self.critic_, len(text)
        motions, told = critic.of_motion(torch.cat(views)).split(count), critic.of_text(text)
        if self.estimator == "infonce":
            grid, negative = critic.grid(views[0], text), self._grid_negatives(classes)
            return [info_nce(critic.of_pair(motion, told), grid, negative) for motion in motions]
        rows, partners = (places.to(text.device) for places in self._negatives(classes.cpu(), generator))
        values = critic.of_pair(
            torch.cat((*motions, motions[0].index_select(0, partners))),
            torch.cat((*(told for _ in views), told.index_select(0, rows))),
        )
        *joints, marginal = values.split((*(count for _ in views), len(rows)))
        marginal = marginal if len(rows) else values.new_zeros(1)
        return [estimate(self.estimator, joint, marginal) for joint in joints]

    def _negatives(self, classes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Which texts of a batch meet which other sequences."""
        if self.negatives == "published":
            return torch.arange(len(classes)), rolled_by_one(len(classes))
        return other_class(classes, generator)

    def _grid_negatives(self, classes: Tensor) -> Tensor:
        """(B, B) which motions of a batch meet which other texts; "published" means all of them, false ones too."""
        if self.negatives == "published":
            return ~torch.eye(len(classes), dtype=torch.bool, device=classes.device)
        return classes[:, None] != classes

    def mutual_information(
        self, features: np.ndarray, text_of_each: np.ndarray, *, marginal_features: np.ndarray | None = None
    ) -> float:
        """The estimate ("jsd": Jensen-Shannon) of N pairs; the marginal pairs are the batch rolled by one.

        "infonce" is the mean over blocks of `batch_size` pairs, in which motions meet all texts but their own.

        Args:
            features: (N, D), N at least 2.
            text_of_each: (N, D_text), the text of each feature.
            marginal_features: (N, D) features for the marginal pairs instead of `features`: SMIE's estimate of masked
                views takes its negatives from the unmasked ones.

        Returns:
            "jsd": at most 0; -2 log 2 = -1.386 where motion and text tell nothing of each other. The others are in
            nats and say 0 there; "infonce" says at most log batch_size.

        Raises:
            NotFittedError: before `fit`; InputError: widths or lengths that do not fit.
        """
        self._require_fitted()
        others = features if marginal_features is None else marginal_features
        if not len(features) == len(text_of_each) == len(others) >= 2:
            raise InputError(
                f"{len(features)} features, {len(text_of_each)} texts, {len(others)} marginal features; expected the "
                "same number of each, at least two"
            )
        with torch.inference_mode():
            v, text, other = (self._tensor(values) for values in (features, text_of_each, others))
            self._check_widths(v.shape[1], text.shape[1])
            v, other = self._normalise(v), self._normalise(other)
            joint = self.critic_(v, text)
            if self.estimator != "infonce":
                return float(estimate(self.estimator, joint, self.critic_(other[rolled_by_one(len(v))], text)))
            classes = torch.unique(text, dim=0, return_inverse=True)[1]
            total = 0.0
            for block in torch.arange(len(v)).split(self.batch_size):
                grid = self.critic_.grid(other[block], text[block])
                negative = self._grid_negatives(classes[block])
                total += len(block) * float(info_nce(joint[block], grid, negative))
            return total / len(v)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            v = self._tensor(features)
            if self.inference == "layernorm":
                v = self._normalise(v)
            return self.critic_.grid(v, self._tensor(class_embeddings)).cpu().numpy()

    def _normalise(self, features: Tensor) -> Tensor:
        return layer_norm(features, features.shape[-1:])

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.tensor(np.asarray(values, dtype=np.float32), device=self.device)

    def _state(self) -> dict[str, np.ndarray]:
        return {name: value.cpu().numpy() for name, value in self.critic_.state_dict().items()}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        if self.critic == "concatenation":  # the published weights say only the sum of the two widths
            self.critic_ = Critic(len(state["first.weight"][0]), self.hidden).to(self.device)
        else:
            assert self.feature_dim_ is not None and self.text_dim_ is not None
            self.critic_ = new_critic(self.critic, self.feature_dim_, self.text_dim_, self.hidden).to(self.device)
        self.critic_.load_state_dict({name: torch.tensor(value) for name, value in state.items()})

    def _check_widths(self, feature_dim: int, text_dim: int) -> None:
        if self.feature_dim_ is None and isinstance(self.critic_, Critic):
            width = self.critic_.first.in_features
            if feature_dim + text_dim != width:
                raise InputError(
                    f"features and texts of widths {feature_dim} and {text_dim}; these weights take {width} in all"
                )
            self.feature_dim_, self.text_dim_ = feature_dim, text_dim
        super()._check_widths(feature_dim, text_dim)

    def _check_options(self) -> None:
        allowed_values = {
            "negatives": NEGATIVES,
            "inference": INFERENCE,
            "estimator": ESTIMATORS,
            "critic": CRITICS,
        }
        for name, allowed in allowed_values.items():
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} is {getattr(self, name)!r}; expected {' or '.join(map(repr, allowed))}")
        if self.epochs < 1 or self.batch_size < 2 or self.learning_rate <= 0 or self.warmup_epochs < 0:
            raise InputError(
                f"epochs {self.epochs}, batch_size {self.batch_size}, learning_rate {self.learning_rate}, "
                f"warmup_epochs {self.warmup_epochs}; expected at least 1, at least 2, more than 0 and at least 0"
            )
        if self.margin < 0 or self.temporal_weight < 0 or min(self.hidden) < 1:
            raise InputError(
                f"margin {self.margin}, temporal_weight {self.temporal_weight}, hidden {self.hidden}; expected at "
                "least 0, at least 0 and widths of at least 1"
            )
        if self.stop_epoch is not None and not 1 <= self.stop_epoch <= self.epochs:
            raise InputError(f"stop_epoch is {self.stop_epoch}; expected 1 to {self.epochs}, the number of epochs")

    @classmethod
    def from_smie(cls, state_dict: Mapping[str, Any], **options: Any) -> Self:
        """The method with the published critic's weights (`global_D.l0.weight`, …; the prefix may be absent).

        The weights do not say where the motion part of the first layer ends: the first features and texts that come do.

        Args:
            state_dict: tensors or NumPy arrays by published name.
            options: as in the constructor.

        Raises:
            InputError: names or shapes do not fit.
        """
        state = {}
        for name, value in state_dict.items():
            layer, _, kind = name.removeprefix("global_D.").partition(".")
            state[f"{_PUBLISHED_LAYERS.get(layer, layer)}.{kind}"] = np.asarray(value)
        try:
            hidden = len(state["first.bias"]), len(state["second.bias"])
            aligner = cls(**{"hidden": hidden, **options})
            if aligner.critic != "concatenation":
                raise InputError(f"critic is {aligner.critic!r}; published weights are those of 'concatenation'")
            aligner.feature_dim_ = aligner.text_dim_ = None
            aligner._set_state(state)
        except (KeyError, RuntimeError, TypeError) as error:
            raise InputError(f"these are not the weights of a published SMIE critic: {error}") from error
        return aligner
