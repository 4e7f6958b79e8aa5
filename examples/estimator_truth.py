"""Compare the Jensen-Shannon estimate with the true mutual information of correlated Gaussians."""

import math

import numpy as np

from zeroskel import align

for correlation in (0.0, 0.5, 0.8, 0.95):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4096, 4))
    y = correlation * x + math.sqrt(1 - correlation**2) * rng.normal(size=(4096, 4))
    smie = align.create(
        "smie", epochs=12, learning_rate=1e-3, warmup_epochs=1, batch_size=256, hidden=(128, 64), negatives="published"
    )
    smie.fit(x[:2048], np.arange(2048), y[:2048])  # every pair is a class of its own
    estimate = smie.mutual_information(x[2048:], y[2048:])
    true = 2 * math.log(1 / (1 - correlation**2))
    print(f"correlation {correlation:4.2f}   true {true:5.2f} nats   Jensen-Shannon estimate {estimate:6.3f}")
