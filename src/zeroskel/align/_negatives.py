"""Marginal pairs: which text of a batch meets which other sequence."""

import torch
from torch import Tensor


def rolled_by_one(count: int) -> Tensor:
    """Return the published negatives (N,): each text meets the next sequence of the batch, the last one the first.

    A neighbour of the same class makes a false negative.
    """
    return torch.arange(1, count + 1) % count


def other_class(labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the corrected negatives: each text meets a random sequence of the batch that has another class.

    Args:
        labels: (N,) class ids of the batch, on the device of the generator.
        generator: Draws the partners.

    Returns:
        Rows and partners, both (N',): the texts of the rows meet the sequences of the partners. Rows whose batch holds
        no other class are left out, so that N' may be smaller than N.
    """
    differs = labels[:, None] != labels[None, :]
    rows = differs.any(dim=1).nonzero().squeeze(1)
    if not len(rows):
        return rows, rows
    partners = torch.multinomial(differs[rows].double(), 1, generator=generator).squeeze(1)
    return rows, partners
