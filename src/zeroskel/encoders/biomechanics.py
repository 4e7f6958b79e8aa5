"""An encoder without a network: what limbs, joints and bodies do to each other, then principal components."""

from pathlib import Path

import numpy as np

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.base import BatchSource, OnEpoch, SkeletonEncoder
from zeroskel.encoders.components import principal_components, read_groups
from zeroskel.encoders.measures import body_measures, relation_measures

AS_THEY_ARE = ("poses", "spread", "frequencies", "speed")  # groups whose numbers share a unit and need no scaling
FLOOR = 1e-3  # of a group's overall deviation, added to each number's, so that what hardly varies stays small
CONSTANT = 1e-6  # what deviates less is rounding


class Biomechanics(SkeletonEncoder):
    """Hand-made biomechanics.

    What `kinematic` measures of each body (poses, spread, low frequencies, speeds, path of the pelvis); path and extent
    of each joint; vectors and distances of hands, feet and head; angles of elbows, knees, hips and shoulders; lean and
    twist of the trunk; heights above the lower foot; rhythm (autocorrelation); how often the right hand turns back and
    what area it goes around. Where M is 2 also how near the two bodies are and how they face each other. Series of
    frames become statistics (`measures.statistics`). Some measures are of the right side alone.

    Numbers of unlike units are divided by their deviation and clipped, each group is scaled to the same total variance
    on the training part, then principal components are kept. A body that is absent (0 throughout) has 0 for all its
    numbers, and so has the relation to it.

    Args:
        layout: joint layout of the batches; joints are found by name, what a layout lacks is left out.
        embed_dim: D, the number of principal components (fewer when there are fewer training sequences).
        moments: how many poses.
        frequencies: how many frequencies above 0, in cycles a recording.
        whiten: exponent with which a component's standard deviation divides it: 0 keeps, 1 makes all alike.
        clip: bound, in standard deviations, of numbers of unlike units.
    """

    encoder = "biomechanics"

    def __init__(
        self,
        layout: str | Layout = "kinect-20",
        embed_dim: int = 256,
        *,
        moments: int = 13,
        frequencies: int = 6,
        whiten: float = 0.25,
        clip: float = 4.0,
    ) -> None:
        self.layout = get_layout(layout).name
        self.embed_dim = embed_dim
        self.moments = moments
        self.frequencies = frequencies
        self.whiten = whiten
        self.clip = clip

    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: OnEpoch | None,
        checkpoint: Path | None,
    ) -> None:
        counts = (self.embed_dim, self.moments, self.frequencies)
        if not (self.embed_dim >= 1 and self.moments >= 2 and self.frequencies >= 1):
            raise InputError("embed_dim {}, moments {}, frequencies {}; expected at least 1, 2 and 1".format(*counts))
        if not (0 <= self.whiten <= 1 and self.clip > 0):
            raise InputError(f"whiten {self.whiten}, clip {self.clip}; expected 0 to 1, and more than 0")
        groups = read_groups(batches, self._measures, seed)
        scalings = [self._scaling(group, name not in AS_THEY_ARE) for name, group in groups.items()]
        self._mean, self._weight, self._limit = (np.concatenate(part) for part in zip(*scalings, strict=True))
        values = self._scaled(groups)
        self._centre = values.mean(axis=0)
        self._components = principal_components(values - self._centre, self.embed_dim, self.whiten)

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        groups = self._measures(batch)
        columns = sum(group.shape[1] for group in groups.values())
        if columns != len(self._mean):
            raise InputError(
                f"batch has {batch.shape[4]} bodies and gives {columns} measures; expected {len(self._mean)}, from as "
                "many bodies as in training"
            )
        return (self._scaled(groups) - self._centre) @ self._components.T

    def _measures(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Group -> (N, …) numbers of all bodies."""
        if batch.shape[1] != 3:
            raise InputError(f"batch has {batch.shape[1]} channels; expected x, y and z (0 for 2-D)")
        layout = get_layout(self.layout)
        joints = np.asarray(batch, dtype=np.float32).transpose(0, 4, 2, 3, 1)  # N, M, T, V, C
        n, bodies = joints.shape[:2]
        present = np.any(joints, axis=(2, 3, 4))
        measured = body_measures(
            joints.reshape(n * bodies, *joints.shape[2:]), layout, moments=self.moments, frequencies=self.frequencies
        )
        groups = {name: (group * present.reshape(-1, 1)).reshape(n, -1) for name, group in measured.items()}
        if bodies == 2:
            groups["relation"] = relation_measures(joints, layout) * np.all(present, axis=1, keepdims=True)
        return groups

    def _scaling(self, group: np.ndarray, unlike: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean, weight and limit of each column of a group (N, K), so that the group's total variance becomes 1."""
        mean, deviation = group.mean(axis=0), group.std(axis=0)
        weight, limit = (deviation > CONSTANT).astype(np.float32), np.full_like(mean, np.inf)
        if unlike:
            weight /= deviation + FLOOR * np.sqrt((deviation**2).mean()) + CONSTANT
            limit[:] = self.clip
        total = np.sqrt(np.clip((group - mean) * weight, -limit, limit).var(axis=0).sum())
        scale = total if total > 0 else np.float32(1)  # a group without any variance has only weights of 0
        return mean, weight / scale, limit / scale

    def _scaled(self, groups: dict[str, np.ndarray]) -> np.ndarray:
        return np.clip(
            (np.concatenate([*groups.values()], axis=1) - self._mean) * self._weight, -self._limit, self._limit
        )

    def _state(self) -> dict[str, np.ndarray]:
        return {
            "mean": self._mean,
            "weight": self._weight,
            "limit": self._limit,
            "centre": self._centre,
            "components": self._components,
        }

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._weight, self._limit = state["mean"], state["weight"], state["limit"]
        self._centre, self._components = state["centre"], state["components"]
