"""An encoder without a network: how the body stands and moves, in numbers, then principal components."""

from pathlib import Path

import numpy as np

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.base import BatchSource, OnEpoch, SkeletonEncoder
from zeroskel.encoders.components import principal_components, read_groups
from zeroskel.encoders.measures import moment_frames


class Kinematic(SkeletonEncoder):
    """Hand-made kinematics.

    Of each body, with joints relative to the pelvis of their frame: the pose at fixed moments; the spread of each joint
    (standard deviation over time); the low temporal frequencies of each joint (magnitudes, so that a repeated movement
    looks the same whenever it begins); the mean speed of each joint; the path of the pelvis. Each group is scaled to
    the same total variance on the training part, then principal components are kept.

    Args:
        layout: joint layout of the batches.
        embed_dim: D, the number of principal components (fewer when there are fewer training sequences).
        moments: how many poses.
        frequencies: how many frequencies above 0, in cycles a recording.
        whiten: exponent with which a component's standard deviation divides it: 0 keeps, 1 makes all alike.
    """

    encoder = "kinematic"

    def __init__(
        self,
        layout: str | Layout = "kinect-20",
        embed_dim: int = 256,
        *,
        moments: int = 13,
        frequencies: int = 5,
        whiten: float = 0.25,
    ) -> None:
        self.layout = get_layout(layout).name
        self.embed_dim = embed_dim
        self.moments = moments
        self.frequencies = frequencies
        self.whiten = whiten

    def _fit(
        self,
        batches: BatchSource,
        labels: np.ndarray,
        subjects: np.ndarray | None,
        seed: int,
        on_epoch: OnEpoch | None,
        checkpoint: Path | None,
    ) -> None:
        if self.embed_dim < 1 or self.moments < 2 or self.frequencies < 1:
            raise InputError(
                f"embed_dim {self.embed_dim}, moments {self.moments}, frequencies {self.frequencies}; expected at "
                "least 1, 2 and 1"
            )
        groups = read_groups(batches, self._kinematics, seed)
        self._mean = np.concatenate([group.mean(axis=0) for group in groups.values()])
        scales = [max(float(np.sqrt(group.var(axis=0).sum())), 1e-6) for group in groups.values()]
        self._scale = np.repeat(scales, [group.shape[1] for group in groups.values()]).astype(np.float32)
        values = (np.concatenate([*groups.values()], axis=1) - self._mean) / self._scale
        self._components = principal_components(values, self.embed_dim, self.whiten)

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        values = np.concatenate([*self._kinematics(batch).values()], axis=1)
        return (values - self._mean) / self._scale @ self._components.T

    def _kinematics(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """Group -> (N, …) numbers."""
        layout = get_layout(self.layout)
        joints = np.asarray(batch, dtype=np.float32).transpose(0, 4, 2, 3, 1)  # N, M, T, V, C
        n, t = joints.shape[0], joints.shape[2]
        path = joints[:, :, :, layout.indices(layout.pelvis)].mean(axis=3)
        relative = joints - path[:, :, :, None]
        moments = moment_frames(t, self.moments)
        waves = np.fft.rfft(relative - relative.mean(axis=2, keepdims=True), axis=2)[:, :, 1 : self.frequencies + 1]
        frequencies = np.zeros((*relative.shape[:2], self.frequencies, *relative.shape[3:]), np.float32)
        frequencies[:, :, : waves.shape[2]] = np.abs(waves) / t
        speed = np.linalg.norm(np.diff(relative, axis=2), axis=-1) if t > 1 else np.zeros_like(relative[..., 0])
        groups = {
            "poses": relative[:, :, moments],
            "spread": relative.std(axis=2),
            "frequencies": frequencies,
            "speed": speed.mean(axis=2),
            "path": path[:, :, moments],
        }
        return {name: group.reshape(n, -1) for name, group in groups.items()}

    def _state(self) -> dict[str, np.ndarray]:
        return {"mean": self._mean, "scale": self._scale, "components": self._components}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale, self._components = state["mean"], state["scale"], state["components"]
