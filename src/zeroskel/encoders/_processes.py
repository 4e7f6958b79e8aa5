"""Training by one process or by many, on one machine or on many, through Accelerate.

`accelerate launch` (or torchrun) sets environment variables when it starts more than one process. Without them there is
one process, and this module imports neither accelerate nor torch.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, cast

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


def first_process_first() -> AbstractContextManager[None]:
    """Return a context whose body runs in the first process while the others wait, then in the others."""
    accelerator = launched_accelerator()
    return nullcontext() if accelerator is None else accelerator.main_process_first()


def share_of_process(accelerator: "Accelerator | None") -> slice:
    """Return the rows of a batch on which this process trains; each row belongs to one process."""
    return slice(None) if accelerator is None else slice(accelerator.process_index, None, accelerator.num_processes)
