"""Random changes of training batches that leave the action recognisable."""

import numpy as np

LARGEST_ROTATION = np.deg2rad(30.0)  # about the vertical axis, to either side
SCALE = 0.15  # largest relative change of size
CROP = 0.75  # shortest share of the frames that a crop leaves
JITTER = 0.01  # standard deviation of joint noise, in torso lengths


def augment(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of a batch in which each sequence is rotated, scaled, cropped in time and jittered at random.

    The crop is resampled to T frames, so the tempo changes with it. Joints that were not observed stay 0.

    Args:
        batch: (N, C, T, V, M) float32.
        rng: Generator of the random draws.

    Returns:
        (N, C, T, V, M) float32.
    """
    result = _crop(batch, rng)
    n, channels = result.shape[:2]
    if channels == 3:
        angle = (LARGEST_ROTATION * (2 * rng.random((n, 1, 1, 1)) - 1)).astype(np.float32)
        cos, sin = np.cos(angle), np.sin(angle)
        x, z = result[:, 0].copy(), result[:, 2].copy()
        result[:, 0], result[:, 2] = cos * x + sin * z, cos * z - sin * x
    result *= rng.uniform(1 - SCALE, 1 + SCALE, (n, 1, 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(result.shape, dtype=np.float32) * np.float32(JITTER)
    return result + np.where(batch == 0, 0, noise).astype(np.float32)


def _crop(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random window of each sequence, resampled linearly to the number of frames of the batch."""
    n, t = batch.shape[0], batch.shape[2]
    share = CROP + (1 - CROP) * rng.random((n, 1))
    start = (1 - share) * rng.random((n, 1))
    positions = (start + share * np.linspace(0, 1, t)) * (t - 1)
    before = np.floor(positions).astype(int)
    after = np.minimum(before + 1, t - 1)
    weight = (positions - before).astype(np.float32)[:, None, :, None, None]
    rows = np.arange(n)[:, None]
    frames = batch.transpose(0, 2, 1, 3, 4)
    first = frames[rows, before].transpose(0, 2, 1, 3, 4)
    second = frames[rows, after].transpose(0, 2, 1, 3, 4)
    return first * (1 - weight) + second * weight
