"""Evidence: what a motion shows of what a text says, quantity by quantity."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from array_api_compat import array_namespace

from zeroskel.align._kernel_regression import KernelRegression, predict_tensor
from zeroskel.align._quantity_model import QuantityModel
from zeroskel.align.base import Group, _OneStepAligner
from zeroskel.align.kernel_ridge import KernelRidge, _hub_advantage, _nearest_count
from zeroskel.core._options import option, option_of, with_options
from zeroskel.core._saved import with_prefix, without_prefix
from zeroskel.core._vocabulary import vocabulary

if TYPE_CHECKING:
    from torch import Tensor, nn

    from zeroskel.align.kite import Kite

_PAIRS_AT_ONCE = 4096  # pairs of a motion and a text whose quantities are compared at once
_TEXTS_REMEMBERED = 10_000  # whose hub advantages are stored: 10 MB
_LEAST_EVENT = 0.01  # value of an event from which on its rate and direction count

Array = Any  # numpy.ndarray or torch.Tensor
_MEASURED, _REGRESSED, _FURTHER = "measured_", "regressed_", "further_"  # prefixes of saved arrays


class _Estimate(NamedTuple):
    """Quantities (N, Q) of N motions, 1 where they are known, their model, and the weight of their evidence."""

    model: QuantityModel
    values: np.ndarray
    known: np.ndarray
    weight: float

    def of_rows(self, rows: np.ndarray) -> "_Estimate":
        """Return the estimate of some of the motions."""
        return self._replace(values=self.values[rows], known=self.known[rows])

    def log_ratios(self, stated: tuple[np.ndarray, np.ndarray], floor: float) -> np.ndarray:
        """Return the evidence (N, K, Q) for what K texts state, with its weight."""
        ratios = self.model.log_ratios(self.values, self.known, *stated, floor)
        return ratios if self.weight == 1 else np.float32(self.weight) * ratios


@with_options
class Evidence(_OneStepAligner):
    """Sum of the log-likelihood ratios of quantities under a text and under any text (ours, 2026).

        score(x, s) = sum over q of log((1 - f) p(m_q | s) / p(m_q) + f)
        p(m | s) = N(m; c + d a, d^2 v + w)        p(m) = N(m; c + d b, d^2 u + w)

    m_q: quantity q of the motion x; a, v: mean and variance of what the text s says of it; b, u: mean and variance over
    all written actions. A quantity that the text leaves open has a = b and v = u and does not change the score. The
    floor f bounds what one quantity can take away, so that none has a veto. Summed over quantities, and but for f, this
    is the pointwise mutual information of motion and text under the model.

    The quantities are estimated twice, and both estimates are summed: by the formulas of the encoder "movement", where
    the features come from it, and by a kernel ridge regression from all features (`KernelRidge`). A measured rate or
    direction counts only where its event takes place: without steps, the step rate is unknown, not 0. Slope d, offset c
    and noise w of each quantity are fitted on the training classes, for the regression on predictions for classes that
    it was not fitted on. The variance v of the texts explains a part of the errors, and w is fitted to the rest by
    maximum likelihood. All classes count alike. The predictions also correct for hubs, as in `KernelRidge`: a share of
    the evidence, without the floor, that a candidate has on average over the seen motions nearest to it is subtracted.

    Texts are made by the prompt "movement", alone or as the first of several. Any other text is regressed as it is,
    each of its dimensions as a quantity that is stated exactly; b and u are then those of the training classes. The
    texts after the movement, as in the prompt "movement+aspects+best", are scored by `Kite`, and its weighted score is
    added. Those of other datasets are no guide to the texts of a dataset that was not trained on: there, the prompt
    "movement" alone is more accurate.

    Args:
        floor: f, from 0 to below 1.
        regressed: weight of the regressed quantities beside the measured ones; 0 leaves them out where quantities are
            measured.
        hubness: Share of the hub advantage that is subtracted from the regressed evidence; 0 applies no correction.
        further: Weight of the score of `Kite` for the texts after the movement; 0 ignores them.
        penalty, bandwidth, landmarks: Options of `KernelRidge`.
        text_blocks: Widths of the texts that a class embedding concatenates; None for one text.

    Example:
        >>> import numpy as np
        >>> from zeroskel.align import Evidence
        >>> features, texts = np.eye(6), np.eye(3)
        >>> fitted = Evidence().fit(features, np.arange(6) % 3, texts)
        >>> fitted.score_classes(features, texts).shape
        (6, 3)
    """

    method = "evidence"
    choices: ClassVar = {"penalty": (0.3, 1.0), "regressed": (0.5, 1.0)}

    floor: float = option(0.06, at_least=0, below=1)
    regressed: float = option(1.0, at_least=0)
    hubness: float = option(0.3, at_least=0)
    further: float = option(5.0, at_least=0)
    penalty: float = option_of(KernelRidge, "penalty")
    bandwidth: float = option_of(KernelRidge, "bandwidth")
    landmarks: int = option_of(KernelRidge, "landmarks")
    text_blocks: tuple[int, ...] | None = option(None, at_least=1)

    def _learn(self, features: np.ndarray, labels: np.ndarray, class_embeddings: np.ndarray, seed: int) -> None:
        means, variances = self._stated(class_embeddings)
        is_movement, words = self._is_movement(class_embeddings), vocabulary()
        usual = (words.usual, words.deviations**2) if is_movement else (means.mean(axis=0), means.var(axis=0))
        self._measured = None
        values, known = features[:, : len(words)], features[:, len(words) : 2 * len(words)]
        if is_movement and known.shape[1] == len(words) and np.isin(known, (0, 1)).all():
            known = _known(features)
            self._measured = QuantityModel.fitted(values, known, labels, means, variances, usual)
        regression, blind, blind_labels = KernelRegression.fitted(
            features,
            labels,
            means.astype(np.float64),
            penalty=self.penalty,
            bandwidth=self.bandwidth,
            most=self.landmarks,
        )
        self._regression, self._blind = regression, blind if self.hubness else None
        self._advantages: dict[bytes, float] = {}
        self._regressed = QuantityModel.fitted(blind, np.ones_like(blind), blind_labels, means, variances, usual)
        self._kite = self._new_kite()
        if self._kite is not None:
            self._kite.fit(features, labels, class_embeddings[:, 2 * len(vocabulary()) :], seed=seed)

    def _score(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray:
        stated = self._stated(class_embeddings)
        parts = _parts(features, class_embeddings)
        scores = np.concatenate([self._evidence(self._estimates(part), stated).sum(axis=2) for part in parts])
        if self._blind is not None:
            scores -= self._regressed_weight * self.hubness * self._hub_advantages(class_embeddings)
        if self._kite is not None:
            scores += self.further * self._kite.score_classes(features, class_embeddings[:, 2 * len(vocabulary()) :])
        return scores

    def _score_groups(
        self, features: np.ndarray, class_embeddings: np.ndarray, groups: Sequence[Group]
    ) -> list[np.ndarray]:
        if self._kite is not None:
            return super()._score_groups(features, class_embeddings, groups)
        estimates, (means, variances) = self._estimates(features), self._stated(class_embeddings)
        weight = 0.0 if self._blind is None else self._regressed_weight * self.hubness
        hubs = (
            weight * self._hub_advantages(class_embeddings) if weight else np.zeros(len(class_embeddings), np.float32)
        )
        return [
            self._evidence([each.of_rows(rows) for each in estimates], (means[texts], variances[texts])).sum(axis=2)
            - hubs[texts]
            for rows, texts in groups
        ]

    def evidence(self, features: np.ndarray, class_embeddings: np.ndarray) -> np.ndarray | None:
        """Return the part of each quantity in the scores; see `Aligner.evidence`. Memory grows with N times K."""
        if not self._is_movement(class_embeddings) or self._kite is not None:
            return None
        embeddings = np.asarray(class_embeddings, np.float32)
        total = self._evidence(self._estimates(np.asarray(features, np.float32)), self._stated(embeddings))
        if self._blind is not None:
            total -= self._regressed_weight * self.hubness * self._hub_quantities(embeddings)
        return total

    def _hub_advantages(self, class_embeddings: np.ndarray) -> np.ndarray:
        """Return the hub advantage (K,) of each text, which does not depend on motion and is computed once a text."""
        assert self._blind is not None
        keys = [row.tobytes() for row in class_embeddings]
        known = self._advantages if len(self._advantages) < _TEXTS_REMEMBERED else {}
        new = {key: row for row, key in enumerate(keys) if key not in known}
        if new:
            seen = self._regressed.sums(self._blind, *self._stated(class_embeddings[[*new.values()]]))
            known = known | dict(zip(new, _hub_advantage(seen), strict=True))
            self._advantages = known
        return np.array([known[key] for key in keys], dtype=np.float32)

    def _hub_quantities(self, class_embeddings: np.ndarray) -> np.ndarray:
        """Return the part (K, Q) of each quantity in the hub advantages of K texts."""
        assert self._blind is not None
        means, variances = self._stated(class_embeddings)
        sums = self._regressed.sums(self._blind, means, variances)
        count = _nearest_count(len(sums))
        nearest = np.argpartition(sums, len(sums) - count, axis=0)[-count:]
        return self._regressed.ratios(self._blind[nearest], means, variances).mean(axis=0)

    @property
    def _regressed_weight(self) -> float:
        return self.regressed if self._measured is not None else 1.0

    def _new_kite(self) -> "Kite | None":
        """Return the method for the texts after the movement; None where there are none."""
        blocks = self.text_blocks or ()
        if len(blocks) < 2 or blocks[0] != 2 * len(vocabulary()) or not self.further:
            return None
        from zeroskel.align.kite import Kite  # imports torch, which takes a second

        return Kite(penalty=self.penalty, bandwidth=self.bandwidth, landmarks=self.landmarks, text_blocks=blocks[1:])

    def _estimates(self, features: np.ndarray) -> list[_Estimate]:
        """Return the quantities as they were measured and as they are regressed, without those that do not count."""
        estimates = []
        if self._measured is not None:
            estimates.append(_Estimate(self._measured, features[:, : len(vocabulary())], _known(features), 1.0))
        if self._regressed_weight:
            values = self._regression.predict(features)
            estimates.append(_Estimate(self._regressed, values, np.ones_like(values), self._regressed_weight))
        return estimates

    def _evidence(self, estimates: Sequence[_Estimate], stated: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Return the evidence (N, K, Q) of all estimates for what K texts state, means and variances (K, Q)."""
        ratios = [each.log_ratios(stated, self.floor) for each in estimates]
        return sum(ratios[1:], ratios[0])

    def to_torch(self) -> "nn.Module":
        """Return the fitted method as a torch module: see `Aligner.to_torch`."""
        from zeroskel.neural._tensors import ScoreModule

        count, floor, has_measures = len(vocabulary()), self.floor, self._measured is not None
        has_blind, nearest = self._blind is not None, 0 if self._blind is None else _nearest_count(len(self._blind))

        def model(fitted: Any, prefix: str) -> QuantityModel:
            return QuantityModel.of_arrays({field.name: getattr(fitted, prefix + field.name) for field in _ARRAYS})

        def scores(fitted: Any, features: "Tensor", texts: "Tensor") -> "Tensor":
            means, variances = self._stated(texts)
            values, regressed = predict_tensor(fitted, features), model(fitted, _REGRESSED)
            total = regressed.log_ratios(values, values**0, means, variances, floor).sum(dim=2)
            if has_blind:
                seen = regressed.sums(fitted.blind, means, variances).topk(nearest, dim=0).values
                total = total - self.hubness * seen.mean(dim=0)
            if has_measures:
                values, known = features[:, :count], _known(features)
                measured = model(fitted, _MEASURED).log_ratios(values, known, means, variances, floor)
                total = measured.sum(dim=2) + self.regressed * total
            if fitted.network is not None:
                total = total + self.further * fitted.network(features, texts[:, 2 * count :])
            return total

        return ScoreModule(scores, self._state(networks=False), None if self._kite is None else self._kite.to_torch())

    def _stated(self, class_embeddings: Array) -> tuple[Array, Array]:
        """Return means and variances (K, Q) of what the texts state."""
        if not self._is_movement(class_embeddings):
            return class_embeddings, class_embeddings * 0
        blocks = 1 if self.text_blocks is None else len(self.text_blocks)
        words = vocabulary()
        xp, count = array_namespace(class_embeddings), len(words)
        scale, usual = (xp.asarray(values, dtype=class_embeddings.dtype) for values in (words.scale, words.usual))
        stated = class_embeddings[:, : 2 * count] * scale * blocks**0.5
        return stated[:, :count] + usual, stated[:, count:] ** 2

    def _is_movement(self, class_embeddings: Array) -> bool:
        """Return whether the first block is that of the prompt "movement"."""
        first = class_embeddings.shape[1] if self.text_blocks is None else self.text_blocks[0]
        return first == 2 * len(vocabulary())

    def _state(self, *, networks: bool = True) -> dict[str, np.ndarray]:
        state = self._regression.arrays() | with_prefix(_REGRESSED, self._regressed.arrays())
        if self._blind is not None:
            state["blind"] = self._blind
        if self._measured is not None:
            state |= with_prefix(_MEASURED, self._measured.arrays())
        if self._kite is not None and networks:
            state |= with_prefix(_FURTHER, self._kite._state())
        return state

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._regression = KernelRegression.of_arrays(state)
        self._regressed = QuantityModel.of_arrays(without_prefix(_REGRESSED, state))
        measured = without_prefix(_MEASURED, state)
        self._measured = QuantityModel.of_arrays(measured) if measured else None
        self._blind, self._advantages = state.get("blind"), {}
        self._kite = self._new_kite()
        if self._kite is not None:
            self._kite.feature_dim_, self._kite.text_dim_ = self.feature_dim_, sum(self._kite.text_blocks or ())
            self._kite._set_state(without_prefix(_FURTHER, state))


_ARRAYS = fields(QuantityModel)


def _known(features: Array) -> Array:
    """Return 1 (N, Q) where a value of the encoder "movement" is known: observed, and of an event that took place."""
    count, xp = len(vocabulary()), array_namespace(features)
    takes_place = features[:, vocabulary().conditions] > _LEAST_EVENT
    return features[:, count : 2 * count] * xp.astype(takes_place, features.dtype)


def _parts(rows: np.ndarray, class_embeddings: np.ndarray) -> list[np.ndarray]:
    """Return the rows in parts that can be compared with all texts at once."""
    block = max(1, _PAIRS_AT_ONCE // len(class_embeddings))
    return np.split(rows, range(block, len(rows), block))
