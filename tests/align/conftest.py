import numpy as np
import pytest
import torch

from zeroskel.align import Batch


@pytest.fixture(scope="session")
def toy() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features (96, 24), noisy linear images of their texts; labels; texts (8, 6), of which 6 are used."""
    rng = np.random.default_rng(0)
    texts = rng.normal(size=(8, 6))
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    labels = np.repeat(np.arange(6), 16)
    features = texts[labels] @ rng.normal(size=(6, 24)) + 0.1 * rng.normal(size=(96, 24))
    order = rng.permutation(96)
    return features[order].astype(np.float32), labels[order], texts.astype(np.float32)


@pytest.fixture(scope="session")
def batch_of():
    """Return a function that makes a batch of a method: features and the text of each, at an epoch."""

    def batch(aligner, features, texts, epoch=0):
        labels = torch.arange(len(features))
        draws = aligner._draw(labels, len(texts), epoch, torch.Generator().manual_seed(0))
        return Batch(torch.tensor(features), torch.tensor(texts), labels, None, draws)

    return batch
