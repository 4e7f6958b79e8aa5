"""The Jensen-Shannon estimate of mutual information and the pairs it is made of."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

NEGATIVES = ("other-class", "published")


def jensen_shannon(joint: Tensor, marginal: Tensor) -> Tensor:
    """The Jensen-Shannon lower bound that SMIE maximises (Hjelm et al., ICLR 2019, eq. 4; SMIE eq. 3).

        I = E_joint[-softplus(-T(v, l))] - E_marginal[softplus(T(v', l))]

    Args:
        joint: (N,) critic values T of pairs that belong together.
        marginal: (N',) critic values of pairs that do not.

    Returns:
        A scalar. It is at most 0; a critic that knows nothing (T = 0) gives -2 log 2, and the estimate rises
        monotonically with the Jensen-Shannon divergence of the two distributions, not in nats of information.
    """
    return -softplus(-joint).mean() - softplus(marginal).mean()


def rolled_by_one(count: int) -> Tensor:
    """(N,) the published negatives: each text meets the next sequence of the batch, the last one the first.

    A neighbour of the same class makes a false negative.
    """
    return torch.arange(1, count + 1) % count


def other_class(labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The corrected negatives: each text meets a random sequence of the batch that has another class.

    Args:
        labels: (N,) class ids of the batch.
        generator: draws the partners.

    Returns:
        (rows, partners), both (N',): texts of `rows` meet sequences `partners`. Rows whose batch holds no other class
        are left out, so N' may be less than N.
    """
    differs = labels[:, None] != labels[None, :]
    rows = differs.any(dim=1).nonzero().squeeze(1)
    if not len(rows):
        return rows, rows
    partners = torch.multinomial(differs[rows].double(), 1, generator=generator).squeeze(1)
    return rows, partners
