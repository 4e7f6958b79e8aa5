"""Encoder that measures what limbs, joints and bodies do to each other."""

from collections.abc import Mapping

import attrs
import numpy as np

from zeroskel.core import InputError, get_layout
from zeroskel.core._options import option
from zeroskel.encoders._measured import MeasuredEncoder, by_recording, each_body, principal_components
from zeroskel.encoders._measures import body_measures, relation_measures
from zeroskel.encoders._series import Array, array_namespace, farthest

_ONE_UNIT = ("poses", "spread", "frequencies", "speed")  # groups whose numbers share a unit and are not scaled apart
_FLOOR = 1e-3  # share of a group's overall deviation added to each number's: numbers that hardly vary stay small
_CONSTANT = 1e-6  # a smaller deviation is rounding


@attrs.define(slots=False, eq=False)
class Biomechanics(MeasuredEncoder):
    """Encoder of hand-made biomechanics.

    The measures of each body are: those of `Kinematic` (poses, spread, low frequencies, speeds, path of the pelvis);
    path and extent of each joint; vectors and distances of hands, feet and head; angles of elbows, knees, hips and
    shoulders; lean and twist of the trunk; heights above the lower foot; rhythm (autocorrelation); how often the right
    hand turns back and what area its path encloses. Two bodies are also measured by their distances and by how they
    face each other. Series of frames are summarised by nine statistics over time. Some measures cover the right side
    only.

    Numbers of different units are divided by their standard deviation and clipped, each group is scaled to the same
    total variance on the training set, then all are projected on their principal components. All numbers of an absent
    body (0 throughout) are 0, and so are those of the relation to it.

    Args:
        layout: joint layout of the batches, by name or as a Layout. Measures whose joints it lacks are left out.
        embed_dim: as in `Kinematic`.
        moments: as in `Kinematic`.
        frequencies: as in `Kinematic`.
        whiten: as in `Kinematic`.
        clip: bound of numbers of different units, in standard deviations, above 0.

    Raises:
        InputError: an option is out of bounds.
        LayoutError: the layout is unknown.

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> from zeroskel.encoders import Biomechanics
        >>> from zeroskel.skeleton import Preprocessing, SequenceBatches
        >>> data = synthetic_dataset(subjects=1, repetitions=1)
        >>> batches = SequenceBatches(data, Preprocessing("ntu-25"))
        >>> encoder = Biomechanics("ntu-25", embed_dim=8).fit(batches, data.labels)
        >>> encoder.encode(batches[:3]).shape
        (3, 8)
    """

    encoder = "biomechanics"
    _ARRAYS = ("mean", "weight", "limit", "centre", "components")

    frequencies: int = option(6, at_least=1)
    clip: float = option(4.0, above=0.0)

    def _measures(self, batch: Array) -> dict[str, Array]:
        if batch.shape[1] != 3:
            raise InputError(f"batch has {batch.shape[1]} channels; expected x, y and z (0 for 2-D)")
        xp = array_namespace(batch)
        layout = get_layout(self.layout)
        joints = each_body(batch)
        present = xp.astype(xp.max(farthest(joints), axis=1) > 0, batch.dtype)[:, None]
        measured = body_measures(joints, layout, moments=self.moments, frequencies=self.frequencies)
        groups = by_recording({name: group * present for name, group in measured.items()}, batch)
        if batch.shape[4] == 2:
            both_present = xp.min(xp.reshape(present, (batch.shape[0], 2)), axis=1, keepdims=True)
            pairs = xp.reshape(joints, (batch.shape[0], 2, *joints.shape[1:]))
            groups["relation"] = relation_measures(pairs, layout) * both_present
        return groups

    def _learn(self, groups: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        scalings = [self._scaling(group, name in _ONE_UNIT) for name, group in groups.items()]
        arrays = {name: np.concatenate([scaling[name] for scaling in scalings]) for name in scalings[0]}
        scaled = _scaled(np.concatenate([*groups.values()], axis=1), arrays)
        arrays["centre"] = scaled.mean(axis=0)
        arrays["components"] = principal_components(scaled - arrays["centre"], self.embed_dim, self.whiten)
        return arrays

    def _project(self, values: Array, arrays: Mapping[str, Array]) -> Array:
        return (_scaled(values, arrays) - arrays["centre"]) @ arrays["components"].T

    def _scaling(self, group: np.ndarray, one_unit: bool) -> dict[str, np.ndarray]:
        """Return mean, weight and limit (K,) of each column of a group (N, K) that give it a total variance of 1."""
        mean, deviation = group.mean(axis=0), group.std(axis=0)
        weight, limit = (deviation > _CONSTANT).astype(np.float32), np.full_like(mean, np.inf)
        if not one_unit:
            weight /= deviation + _FLOOR * np.sqrt((deviation**2).mean()) + _CONSTANT
            limit[:] = self.clip
        total = np.sqrt(np.clip((group - mean) * weight, -limit, limit).var(axis=0).sum())
        scale = total if total > 0 else np.float32(1)  # a group without any variance has only weights of 0
        return {"mean": mean, "weight": weight / scale, "limit": limit / scale}


def _scaled(values: Array, arrays: Mapping[str, Array]) -> Array:
    xp = array_namespace(values)
    weighted = (values - arrays["mean"]) * arrays["weight"]
    return xp.minimum(xp.maximum(weighted, -arrays["limit"]), arrays["limit"])
