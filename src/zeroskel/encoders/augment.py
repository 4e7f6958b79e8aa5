"""Random changes of training batches that leave the action what it is."""

import numpy as np

TURN = np.deg2rad(30.0)  # largest yaw to either side
SCALE = 0.15  # largest relative change of size
CROP = 0.75  # shortest share of the frames that a crop keeps
JITTER = 0.01  # standard deviation of joint noise, in torso lengths


def augment(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A randomly turned, scaled, cropped in time and jittered copy of (N, C, T, V, M), each sequence by itself.

    Cropping resamples to T frames, so that the tempo changes with it.
    """
    result = _crop(batch, rng)
    n, channels = result.shape[:2]
    if channels == 3:
        turn = (TURN * (2 * rng.random((n, 1, 1, 1)) - 1)).astype(np.float32)
        cos, sin = np.cos(turn), np.sin(turn)
        x, z = result[:, 0].copy(), result[:, 2].copy()
        result[:, 0], result[:, 2] = cos * x + sin * z, cos * z - sin * x
    result *= rng.uniform(1 - SCALE, 1 + SCALE, (n, 1, 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(result.shape, dtype=np.float32) * np.float32(JITTER)
    return result + np.where(batch == 0, 0, noise).astype(np.float32)


def _crop(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    n, t = batch.shape[0], batch.shape[2]
    share = CROP + (1 - CROP) * rng.random((n, 1))
    start = (1 - share) * rng.random((n, 1))
    moments = (start + share * np.linspace(0, 1, t)) * (t - 1)
    before = np.floor(moments).astype(int)
    after = np.minimum(before + 1, t - 1)
    weight = (moments - before).astype(np.float32)[:, None, :, None, None]
    rows = np.arange(n)[:, None]
    frames = batch.transpose(0, 2, 1, 3, 4)
    first, second = (frames[rows, at].transpose(0, 2, 1, 3, 4) for at in (before, after))
    return first * (1 - weight) + second * weight
