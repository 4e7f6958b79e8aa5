"""The one training loop of encoders and aligners: seeding, schedules, checkpoints, and tensors as NumPy arrays.

The package is internal: people reach it through `zeroskel.encoders` and `zeroskel.align`.
"""
