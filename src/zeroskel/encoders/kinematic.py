"""Encoder that measures how a body stands and moves."""

from collections.abc import Mapping

import numpy as np

from zeroskel.core import get_layout
from zeroskel.encoders._measured import MeasuredEncoder, by_recording, each_body, principal_components
from zeroskel.encoders._series import Array, array_namespace, at_moments, deviation, length, low_frequencies, select


class Kinematic(MeasuredEncoder):
    """Encoder of hand-made kinematics.

    The measures of each body, with joints relative to the pelvis of their frame, are: the pose at fixed moments; the
    spread of each joint (standard deviation over time); the low temporal frequencies of each joint (magnitudes, so a
    repeated movement looks the same whenever it begins); the mean speed of each joint; the path of the pelvis. Each
    group is scaled to the same total variance on the training set, then projected on its principal components.

    Args:
        layout: joint layout of the batches, by name or as a Layout.
        embed_dim: number of features D, at least 1 (fewer when there are fewer training sequences).
        moments: number of poses, at least 2.
        frequencies: number of frequencies above 0, in cycles a recording, at least 1.
        whiten: exponent with which a component's standard deviation divides it, from 0 to 1: 0 does not scale, 1 gives
            all components the same deviation.

    Raises:
        InputError: an option is out of bounds.
        LayoutError: the layout is unknown.

    Example:
        >>> import numpy as np
        >>> from zeroskel.encoders import Kinematic
        >>> batch = np.random.default_rng(0).normal(size=(6, 3, 50, 20, 1)).astype(np.float32)
        >>> encoder = Kinematic("kinect-20", embed_dim=4).fit(batch, np.array([0, 0, 0, 1, 1, 1]))
        >>> encoder.encode(batch).shape
        (6, 4)
    """

    encoder = "kinematic"
    _ARRAYS = ("mean", "scale", "components")

    def _measures(self, batch: Array) -> dict[str, Array]:
        xp = array_namespace(batch)
        layout = get_layout(self.layout)
        joints = each_body(batch)
        path = xp.mean(select(joints, layout.indices(layout.pelvis), axis=2), axis=2)
        relative = joints - path[:, :, None]
        frames = relative.shape[1]
        speed = length(relative[:, 1:] - relative[:, :-1]) if frames > 1 else xp.zeros_like(relative[..., 0])
        groups = {
            "poses": at_moments(relative, self.moments),
            "spread": deviation(relative),
            "frequencies": low_frequencies(relative, self.frequencies),
            "speed": xp.mean(speed, axis=1),
            "path": at_moments(path, self.moments),
        }
        return by_recording(groups, batch)

    def _learn(self, groups: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        values = np.concatenate([*groups.values()], axis=1)
        scales = [max(float(np.sqrt(group.var(axis=0).sum())), 1e-6) for group in groups.values()]
        widths = [group.shape[1] for group in groups.values()]
        mean, scale = values.mean(axis=0), np.repeat(scales, widths).astype(np.float32)
        components = principal_components((values - mean) / scale, self.embed_dim, self.whiten)
        return {"mean": mean, "scale": scale, "components": components}

    def _project(self, values: Array, arrays: Mapping[str, Array]) -> Array:
        return (values - arrays["mean"]) / arrays["scale"] @ arrays["components"].T
