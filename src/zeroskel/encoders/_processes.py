"""Training by one process or by many, on one machine or on many, through Accelerate.

`accelerate launch` (or torchrun) sets environment variables when it starts more than one process. Without them there is
one process, and this module imports neither accelerate nor torch.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np

from zeroskel.core._optional import import_optional

if TYPE_CHECKING:
    from accelerate import Accelerator

_LAUNCHED = ("WORLD_SIZE", "ACCELERATE_MIXED_PRECISION")


@cache
def launched_accelerator() -> "Accelerator | None":
    """Return the accelerator of the processes that a launcher started; None if this process was started alone.

    Raises:
        InputError: A launcher started this process, but accelerate is not installed.
    """
    if not any(name in os.environ for name in _LAUNCHED):
        return None
    accelerate = import_optional("accelerate", "Training with more than one process")
    return cast("Accelerator", accelerate.Accelerator())


def is_first_process() -> bool:
    """Return whether this process is the one that writes files and messages."""
    accelerator = launched_accelerator()
    return accelerator is None or bool(accelerator.is_main_process)


@contextmanager
def first_process_first() -> Iterator[bool]:
    """Run the body of the context in the first process while the others wait, then in the others.

    Yields:
        True in the first process.
    """
    accelerator, is_first = launched_accelerator(), is_first_process()
    if accelerator is not None and not is_first:
        accelerator.wait_for_everyone()
    yield is_first
    if accelerator is not None and is_first:
        accelerator.wait_for_everyone()


def share_of(count: int, accelerator: "Accelerator | None") -> np.ndarray:
    """Return which of the `count` rows of a batch this process trains on; each row belongs to one process."""
    if accelerator is None:
        return np.arange(count)
    return np.arange(accelerator.process_index, count, accelerator.num_processes)
