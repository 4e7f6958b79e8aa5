"""An encoder without a network: how the body stands and moves, in numbers, then principal components."""

import numpy as np

from zeroskel.core import InputError, Layout, get_layout
from zeroskel.encoders.base import BatchSource, OnEpoch, SkeletonEncoder

FIT_SEQUENCES = 8192  # the most training sequences that the components are fitted on, so that memory is bounded
READ_AT_ONCE = 256


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
    ) -> None:
        if self.embed_dim < 1 or self.moments < 2 or self.frequencies < 1:
            raise InputError(
                f"embed_dim {self.embed_dim}, moments {self.moments}, frequencies {self.frequencies}; expected at "
                "least 1, 2 and 1"
            )
        rows = np.arange(len(batches))
        if len(rows) > FIT_SEQUENCES:
            rows = np.sort(np.random.default_rng(seed).choice(rows, FIT_SEQUENCES, replace=False))
        parts = [
            self._kinematics(batches[part]) for part in np.split(rows, range(READ_AT_ONCE, len(rows), READ_AT_ONCE))
        ]
        groups = [np.concatenate(group) for group in zip(*parts, strict=True)]
        self._mean = np.concatenate([group.mean(axis=0) for group in groups])
        scales = [max(float(np.sqrt(group.var(axis=0).sum())), 1e-6) for group in groups]
        self._scale = np.repeat(scales, [group.shape[1] for group in groups]).astype(np.float32)
        values = (np.concatenate(groups, axis=1) - self._mean) / self._scale
        _, singular, directions = np.linalg.svd(values, full_matrices=False)
        deviations = singular / np.sqrt(len(values))
        kept = min(self.embed_dim, int((deviations > 1e-5 * deviations[0]).sum()))
        signs = np.sign(directions[np.arange(kept), np.abs(directions[:kept]).argmax(axis=1)])
        self._components = (directions[:kept] * (signs / deviations[:kept] ** self.whiten)[:, None]).astype(np.float32)

    def _encode(self, batch: np.ndarray) -> np.ndarray:
        values = np.concatenate(self._kinematics(batch), axis=1)
        return (values - self._mean) / self._scale @ self._components.T

    def _kinematics(self, batch: np.ndarray) -> list[np.ndarray]:
        """The groups of numbers: (N, …) each."""
        layout = get_layout(self.layout)
        joints = np.asarray(batch, dtype=np.float32).transpose(0, 4, 2, 3, 1)  # N, M, T, V, C
        n, t = joints.shape[0], joints.shape[2]
        path = joints[:, :, :, layout.indices(layout.pelvis)].mean(axis=3)
        relative = joints - path[:, :, :, None]
        moments = np.rint(np.linspace(0, t - 1, self.moments)).astype(int)
        waves = np.fft.rfft(relative - relative.mean(axis=2, keepdims=True), axis=2)[:, :, 1 : self.frequencies + 1]
        frequencies = np.zeros((*relative.shape[:2], self.frequencies, *relative.shape[3:]), np.float32)
        frequencies[:, :, : waves.shape[2]] = np.abs(waves) / t
        speed = np.linalg.norm(np.diff(relative, axis=2), axis=-1) if t > 1 else np.zeros_like(relative[..., 0])
        groups = [relative[:, :, moments], relative.std(axis=2), frequencies, speed.mean(axis=2), path[:, :, moments]]
        return [group.reshape(n, -1) for group in groups]

    def _state(self) -> dict[str, np.ndarray]:
        return {"mean": self._mean, "scale": self._scale, "components": self._components}

    def _set_state(self, state: dict[str, np.ndarray]) -> None:
        self._mean, self._scale, self._components = state["mean"], state["scale"], state["components"]
