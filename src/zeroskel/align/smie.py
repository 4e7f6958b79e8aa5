"""SMIE: maximise the mutual information of motion and text, and let it grow with the frames that are observed."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, relu

from zeroskel.align._critic import CRITICS, Critic, PairCritic
from zeroskel.align.mutual_information import _ESTIMATES, _other_class, _rolled_by_one, info_nce
from zeroskel.align.neural_aligner import Batch, NeuralAligner
from zeroskel.core import InputError
from zeroskel.core._options import option, with_options
from zeroskel.neural._tensors import ScoreModule, load_arrays
from zeroskel.neural._training import index_batches, warmup_cosine

_PUBLISHED_LAYERS = {"l0": "first", "l1": "second", "l2": "last"}


@with_options
class SMIE(NeuralAligner):
    """Maximise the mutual information of motion and text.

        loss = -I(v; l) + temporal_weight * max(0, margin - (I(v; l) - I(v_masked; l)))

    I is the Jensen-Shannon estimate of a critic T(v, l) with three linear layers on the concatenation; v is
    layer-normalised without affine terms. The second term asks that a sequence without its frames of most motion says
    less about the text, by a margin. Its marginal pairs are those of I. It is left out when `fit` gets no masked
    features. With R masked views, epoch e uses view e modulo R.

    Score of a text: T(v, l), which orders texts as the published -softplus(-T).

    Other estimates I and other critics T make the family of methods that maximise mutual information. The
    Jensen-Shannon estimate, the critic on the concatenation and the temporal term are published; the rest is ours.

    Source: Zhou et al., "Zero-shot Skeleton-based Action Recognition via Mutual Information Estimation and
    Maximization", ACM MM 2023 (arXiv 2308.03950).

    Args:
        epochs: Length of the schedule (published: 100).
        learning_rate: Base rate of Adam (published: 1e-5, which on datasets of a thousand sequences barely moves the
            critic; 1e-3 was chosen on validation classes of pool-1 to pool-3 and of UTD-MHAD's purls-5 and -9).
        batch_size: Sequences per step (published: 128).
        margin: Margin of the temporal term (published: 0.1).
        temporal_weight: Weight of the temporal term (published: 0.5); 0 leaves it out.
        estimator: "jsd" (published); "infonce" (a motion meets all texts of other classes in the batch), "dv", "nwj",
            "smile": see `zeroskel.align.mutual_information`. "smile" is trained as "jsd" except for the temporal term.
        critic: "concatenation" (published), "bilinear", or "separable": see `_critic.py`.
        warmup_epochs: Epochs in which the rate rises linearly from 0, before half a cosine (published: 15).
        negatives: "other-class" pairs a text with a sequence of another class; "published" rolls the batch by one,
            which makes false negatives when the neighbour has the same class.
        inference: "layernorm" normalises features as in training; "published" does not, as the published code does by
            mistake.
        hidden: Widths of the hidden layers of the critic (published: 1024 and 512); "bilinear" has none.
        shuffle: Draw a new order of the sequences in each epoch.
        warm_start: Continue from the weights of the last `fit` instead of new ones.
        stop_epoch, device: See `NeuralAligner`.

    Attributes:
        critic_: The fitted critic.
        history_: Loss, mutual_information and masked_mutual_information of each epoch, and the loss of each step.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import SMIE
        >>> smie = SMIE(epochs=2, hidden=(8, 4)).fit(np.eye(4), np.arange(4) % 2, np.eye(2))
        >>> smie.score_classes(np.eye(4), np.eye(2)).shape
        (4, 2)
    """

    method = "smie"
    # The rate decides how far a critic gets on datasets of a thousand sequences.
    choices: ClassVar = {"learning_rate": (3e-4, 1e-3, 3e-3)}
    uses_masked_features = True
    _network_prefix = ""

    epochs: int = option(100, at_least=1)
    batch_size: int = option(128, at_least=2)
    margin: float = option(0.1, at_least=0)
    temporal_weight: float = option(0.5, at_least=0)
    estimator: str = option("jsd", one_of=(*_ESTIMATES, "infonce"))
    critic: str = option("concatenation", one_of=tuple(CRITICS))
    warmup_epochs: int = option(15, at_least=0)
    negatives: str = option("other-class", one_of=("other-class", "published"))
    inference: str = option("layernorm", one_of=("layernorm", "published"))
    hidden: tuple[int, int] = option((1024, 512), at_least=1)
    shuffle: bool = option(True)
    warm_start: bool = option(False)

    @property
    def critic_(self) -> PairCritic:
        """The fitted critic."""
        return self.network_

    def _network(self, feature_dim: int, text_dim: int) -> nn.Module:
        if self.warm_start and hasattr(self, "network_"):
            return self.network_
        return CRITICS[self.critic](feature_dim, text_dim, self.hidden)

    def _loss(self, batch: Batch) -> dict[str, Tensor]:
        if batch.masked is None or not self.temporal_weight:
            (information,) = self._estimates(batch, [batch.features])
            return {"loss": -information, "mutual_information": information}
        information, masked_information = self._estimates(batch, [batch.features, batch.masked])
        gap = relu(self.margin - (information - masked_information))
        return {
            "loss": -information + self.temporal_weight * gap,
            "mutual_information": information,
            "masked_mutual_information": masked_information,
        }

    def _estimates(self, batch: Batch, views: list[Tensor]) -> list[Tensor]:
        """Return the estimate of each view (B, D) with its texts, against marginal pairs of the first view."""
        critic, count, texts = self.network_, len(batch.labels), batch.text_of_each
        motions, words = critic.of_motion(torch.cat(views)).split(count), critic.of_text(texts)
        if self.estimator == "infonce":
            grid, negative = critic.grid(views[0], texts), self._grid_negatives(batch.labels)
            return [info_nce(critic.of_pair(motion, words), grid, negative) for motion in motions]
        rows, partners = batch.draws
        values = critic.of_pair(
            torch.cat((*motions, motions[0].index_select(0, partners))),
            torch.cat((*(words for _ in views), words.index_select(0, rows))),
        )
        *joints, marginal = values.split((*(count for _ in views), len(rows)))
        marginal = marginal if len(rows) else values.new_zeros(1)
        return [_ESTIMATES[self.estimator](joint, marginal) for joint in joints]

    def _draw(self, labels: Tensor, classes: int, epoch: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return which texts of a batch meet which other sequences."""
        if self.estimator == "infonce":
            return ()
        if self.negatives == "published":
            return torch.arange(len(labels)), _rolled_by_one(len(labels))
        return _other_class(labels, generator)

    def _grid_negatives(self, classes: Tensor) -> Tensor:
        """Return a mask (B, B) of the texts that are negatives of each motion; "published" includes false ones."""
        if self.negatives == "published":
            return ~torch.eye(len(classes), dtype=torch.bool, device=classes.device)
        return classes[:, None] != classes

    def _schedule(self, epoch: int) -> float:
        return warmup_cosine(epoch, self.epochs, self.warmup_epochs)

    def _batches(self, count: int, generator: torch.Generator) -> Iterator[Tensor]:
        return index_batches(count, self.batch_size, generator if self.shuffle else None)

    def _prepare(self, features: np.ndarray, class_embeddings: np.ndarray, generator: torch.Generator) -> None:
        self._arrays = {}  # layer normalisation has no statistics

    def _feature_tensor(self, features: np.ndarray) -> Tensor:
        tensor = self._tensor(features)
        return layer_norm(tensor, tensor.shape[-1:])

    def _text_tensor(self, class_embeddings: np.ndarray) -> Tensor:
        return self._tensor(class_embeddings)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            v = self._tensor(features) if self.inference == "published" else self._feature_tensor(features)
            return self.network_.grid(v, self._tensor(class_embeddings)).cpu().numpy()

    def information(self, features: np.ndarray, text_of_each: np.ndarray) -> float | None:
        """Return `mutual_information` where the estimator is "jsd"; None for the other estimators."""
        if self.estimator != "jsd" or len(features) < 2:
            return None
        return self.mutual_information(features, text_of_each)

    def mutual_information(
        self, features: np.ndarray, text_of_each: np.ndarray, *, marginal_features: np.ndarray | None = None
    ) -> float:
        """Return the estimate of the mutual information of N pairs.

        The marginal pairs are the sequences rolled by one. "infonce" is the mean over blocks of `batch_size` pairs, in
        which motions meet all texts but their own.

        Args:
            features: (N, D), N at least 2.
            text_of_each: (N, D_text), the text of each feature.
            marginal_features: (N, D) features for the marginal pairs instead of `features`. SMIE's estimate of masked
                views takes its negatives from the views without mask.

        Returns:
            The estimate. "jsd" is at most 0, and -2 log 2 = -1.386 if motion and text say nothing about each other. The
            others are in nats and are 0 then; "infonce" is at most log batch_size.

        Raises:
            NotFittedError: The aligner is not fitted.
            InputError: Widths or lengths do not fit.
        """
        self._require_fitted()
        others = features if marginal_features is None else marginal_features
        if not len(features) == len(text_of_each) == len(others) >= 2:
            raise InputError(
                f"{len(features)} features, {len(text_of_each)} texts, {len(others)} marginal features; expected the "
                "same number of each, at least two"
            )
        self._check_widths(np.shape(features)[1], np.shape(text_of_each)[1])
        with torch.inference_mode():
            v, other = self._feature_tensor(features), self._feature_tensor(others)
            text = self._tensor(text_of_each)
            joint = self.network_(v, text)
            if self.estimator != "infonce":
                return float(_ESTIMATES[self.estimator](joint, self.network_(other[_rolled_by_one(len(v))], text)))
            classes = torch.unique(text, dim=0, return_inverse=True)[1]
            total = 0.0
            for block in torch.arange(len(v)).split(self.batch_size):
                grid = self.network_.grid(other[block], text[block])
                total += len(block) * float(info_nce(joint[block], grid, self._grid_negatives(classes[block])))
            return total / len(v)

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        if self.feature_dim_ is not None:
            super()._set_state(state)
        else:  # published weights do not say where the motion part of the first layer ends
            self.network_ = Critic(state["first.weight"].shape[1], self.hidden).to(self.device)
            self._arrays = {}
            load_arrays(self.network_, state)

    def _check_widths(self, feature_dim: int, text_dim: int) -> None:
        if self.feature_dim_ is None:
            width = self.network_.width
            if feature_dim + text_dim != width:
                raise InputError(
                    f"features and texts of widths {feature_dim} and {text_dim}; these weights take {width} in all"
                )
            self.feature_dim_, self.text_dim_ = feature_dim, text_dim
        super()._check_widths(feature_dim, text_dim)

    @classmethod
    def from_smie(cls, state_dict: Mapping[str, Any], **options: Any) -> Self:
        """Return the method with the weights of a published critic.

        The weights do not say where the motion part of the first layer ends. The widths of the first features and texts
        that are scored decide it.

        Args:
            state_dict: Tensors or NumPy arrays by published name (`global_D.l0.weight`, …; the prefix may be absent).
            options: Options of the method, as in the constructor.

        Returns:
            A fitted aligner.

        Raises:
            InputError: Names or shapes do not fit.
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

    def to_torch(self) -> nn.Module:
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        is_normalised = self.inference == "layernorm"

        def scores(fitted: Any, features: Tensor, texts: Tensor) -> Tensor:
            critic = fitted.network
            if is_normalised:
                features = layer_norm(features, features.shape[-1:])
            if not isinstance(critic, Critic):
                return critic.grid(features, texts)
            # The grid of this critic works in blocks, whose number depends on N and K.
            return critic.of_pair(critic.of_motion(features)[:, None], critic.of_text(texts))

        return ScoreModule(scores, {}, self.network_)
