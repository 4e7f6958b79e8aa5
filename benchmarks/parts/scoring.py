"""Scoring many features against many texts with SMIE's critic."""

import numpy as np
import torch

from parts.rows import Row, duration_text, time_in_turn
from zeroskel import align
from zeroskel.align._critic import Critic

FEATURES, TEXTS, WIDTHS, BATCH = 10_000, 1_000, (256, 384), 128
SAMPLE = 512  # features that the yardstick scores; its cost is a multiple of that
CLOSE = 1e-5


def plain_critic(critic: Critic, features: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Return T of N pairs as published, with the first layer on the concatenation: (N, D), (N, D_text) -> (N,)."""
    pairs = torch.cat([features, texts], dim=1)
    hidden = torch.relu(critic.second(torch.relu(critic.first(pairs))))
    return critic.last(hidden).squeeze(1)


def scoring(rounds: int = 7) -> list[Row]:
    """Compare repeated and concatenated pairs with a first layer in two parts."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(FEATURES, WIDTHS[0])).astype(np.float32)
    texts = rng.normal(size=(TEXTS, WIDTHS[1])).astype(np.float32)
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    labels = np.arange(500) % 50
    smie = align.create("smie", epochs=2, warmup_epochs=0)
    smie.fit(features[:500], labels, texts[:50])
    critic = smie.critic_
    normalised = torch.nn.functional.layer_norm(torch.from_numpy(features), WIDTHS[:1])
    of_texts = torch.from_numpy(texts)

    @torch.inference_mode()
    def repeated(count: int) -> np.ndarray:
        """Score batches of the published size in which each sequence is repeated for every candidate."""
        parts = [
            plain_critic(critic, part.repeat_interleave(TEXTS, dim=0), of_texts.repeat(len(part), 1)).view(-1, TEXTS)
            for part in normalised[:count].split(BATCH)
        ]
        return torch.cat(parts).numpy()

    expected = repeated(SAMPLE)
    scores = smie.score_classes(features[:SAMPLE], texts)
    error = float(np.abs(scores - expected).max() / np.abs(expected).max())
    if error > CLOSE:
        raise SystemExit(f"the scores differ by {error:.1e}")
    seconds = time_in_turn(
        {"plain": lambda: repeated(SAMPLE), "ours": lambda: smie.score_classes(features[:SAMPLE], texts)}, rounds
    )
    times = FEATURES / SAMPLE
    return [
        Row(
            f"scoring {FEATURES:,} features against {TEXTS:,} texts (SMIE's critic)",
            f"repeat and concatenate, {duration_text(times * seconds['plain'])} ({SAMPLE} features, multiplied)",
            f"{duration_text(times * seconds['ours'])} (the same {SAMPLE}, multiplied)",
            figure=seconds["plain"] / seconds["ours"],
            unit="times as fast",
            target=8.0,
            note=f"at most {error:.0e} of the largest apart",
        )
    ]
