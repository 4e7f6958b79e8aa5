"""The recipe of the bundle that comes with the package."""

from zeroskel.recognition.training import TrainingConfig

BUNDLE_CONFIG = TrainingConfig(
    encoder="biomechanics",
    method="kite",
    prompt="aspects+best",
    masked_views=0,  # kite has no temporal term
    synthetic=6,
    augment=1,
    calibrate=True,
)
