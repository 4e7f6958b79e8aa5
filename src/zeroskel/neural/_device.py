"""Names of devices."""

import torch


def expected_device(device: str) -> str | None:
    """Return a text of what is expected if torch cannot use the device, else None."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):  # an unknown name; a device that this build or machine does not have
        return "a device that torch can use here, such as 'cpu', 'cuda' or 'cuda:1'"
    return None
