"""Encoder that measures the movement vocabulary, followed by biomechanics."""

from collections.abc import Mapping

import attrs

from zeroskel.core import get_layout
from zeroskel.encoders._movement import movement_quantities
from zeroskel.encoders._series import Array, array_namespace
from zeroskel.encoders.biomechanics import Biomechanics

_FRAME = 1 / 30  # seconds from frame to frame in batches without a clock


@attrs.define(slots=False, eq=False)
class Movement(Biomechanics):
    """Encoder of what texts say of a movement, such as which arm acts, how high, how fast and in which posture.

    Its features are the Q values of the movement vocabulary, measured by formula on the first body and 0 where they are
    unknown; Q flags, 1 for a known value and 0 for an unknown one; then the components of `Biomechanics`. A quantity is
    unknown if it has no formula or if its joints were not observed (0 throughout).

    A fourth channel of a batch is the time of each frame in seconds (`Preprocessing(clock=True)`). Without it a frame
    takes 1/30 of a second.

    Args:
        layout: as in `Biomechanics`.
        embed_dim: number of components D; the features have 2 * Q + D numbers.
        moments: as in `Biomechanics`.
        frequencies: as in `Biomechanics`.
        whiten: as in `Biomechanics`.
        clip: as in `Biomechanics`.

    Raises:
        InputError: an option is out of bounds.
        LayoutError: the layout is unknown.

    Example:
        >>> from zeroskel.datasets import synthetic_dataset
        >>> from zeroskel.encoders import Movement
        >>> from zeroskel.skeleton import Preprocessing, SequenceBatches
        >>> data = synthetic_dataset(subjects=1, repetitions=1)
        >>> batches = SequenceBatches(data, Preprocessing("ntu-25", clock=True))
        >>> encoder = Movement("ntu-25", embed_dim=8).fit(batches, data.labels)
        >>> encoder.encode(batches[:3]).shape  # 96 values, 96 flags, 8 components
        (3, 200)
    """

    encoder = "movement"
    batch_frames = 96
    batch_clock = True

    def _measures(self, batch: Array) -> dict[str, Array]:
        return super()._measures(batch[:, :3])

    def _features(self, batch: Array, arrays: Mapping[str, Array]) -> Array:
        xp = array_namespace(batch)
        components = super()._features(batch, arrays)
        joints = xp.permute_dims(batch[:, :3, ..., 0], (0, 2, 3, 1))
        values, known = movement_quantities(joints, _seconds(batch), get_layout(self.layout))
        return xp.concat([values, known, components], axis=1)


def _seconds(batch: Array) -> Array:
    """Return the seconds (N,) from one frame to the next of a batch (N, C, T, V, M)."""
    xp = array_namespace(batch)
    assumed = xp.zeros_like(batch[:, 0, 0, 0, 0]) + _FRAME
    frames = batch.shape[2]
    if batch.shape[1] < 4 or frames < 2:
        return assumed
    clock = batch[:, 3, :, 0, 0]
    measured = (clock[:, -1] - clock[:, 0]) / (frames - 1)
    return xp.where(measured > 0, measured, assumed)
