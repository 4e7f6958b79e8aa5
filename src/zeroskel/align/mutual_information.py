"""Estimates of mutual information from the values of a critic.

T(v, l) is the critic. "Joint" values are those of pairs that belong together, "marginal" values those of pairs that do
not. Each estimate is a scalar to be maximised. `donsker_varadhan`, `nwj` and `info_nce` are lower bounds of the
information in nats if the marginal pairs come from the product of the marginals. This is not exactly the case when
pairs of the same class are left out, as the corrected negatives do.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

_SMILE_CLIP = 5.0  # tau of Song and Ermon


def jensen_shannon(joint: Tensor, marginal: Tensor) -> Tensor:
    """Return the Jensen-Shannon lower bound that SMIE maximises.

        I = E_joint[-softplus(-T(v, l))] - E_marginal[softplus(T(v', l))]

    It rises monotonically with the Jensen-Shannon divergence of the two distributions and is not in nats.

    Sources: Hjelm et al., ICLR 2019, eq. 4; SMIE, eq. 3.

    Args:
        joint: (N,) critic values T of pairs that belong together.
        marginal: (N',) critic values of pairs that do not.

    Returns:
        A scalar, at most 0; -2 log 2 for a critic that knows nothing (T = 0).

    Example:
        >>> import torch
        >>> from zeroskel.align import jensen_shannon
        >>> round(float(jensen_shannon(torch.zeros(4), torch.zeros(4))), 4)
        -1.3863
    """
    return -softplus(-joint).mean() - softplus(marginal).mean()


def donsker_varadhan(joint: Tensor, marginal: Tensor) -> Tensor:
    """Return the Donsker-Varadhan bound.

        I >= E_joint[T(v, l)] - log E_marginal[exp T(v', l)]

    Any constant that is added to T cancels. The gradient of the logarithm is that of the batch; MINE also offers a
    running mean, which is not implemented here.

    Source: Belghazi et al., "MINE", ICML 2018, arXiv 1801.04062.

    Args:
        joint: (N,) critic values of pairs that belong together.
        marginal: (N',) critic values of pairs that do not.

    Returns:
        A scalar in nats, a lower bound of the information.

    Example:
        >>> from torch import ones
        >>> from zeroskel.align import donsker_varadhan
        >>> float(donsker_varadhan(ones(4), ones(3)))
        0.0
    """
    return joint.mean() - _log_mean_exp(marginal)


def nwj(joint: Tensor, marginal: Tensor) -> Tensor:
    """Return the bound of Nguyen, Wainwright and Jordan, the f-form of MINE.

        I >= E_joint[T(v, l)] - E_marginal[exp(T(v', l) - 1)]

    Unlike the Donsker-Varadhan bound it is an unbiased estimate of its bound. Its variance grows with the exponential
    of the information.

    Source: IEEE Trans. Information Theory 2010, arXiv 0809.0853.

    Args:
        joint: (N,) critic values of pairs that belong together.
        marginal: (N',) critic values of pairs that do not.

    Returns:
        A scalar in nats, at most the Donsker-Varadhan bound.

    Example:
        >>> from torch import ones
        >>> from zeroskel.align import nwj
        >>> float(nwj(ones(4), ones(3)))
        0.0
    """
    return joint.mean() - torch.exp(marginal - 1).mean()


def smile(joint: Tensor, marginal: Tensor, clip: float = _SMILE_CLIP) -> Tensor:
    """Return the Donsker-Varadhan estimate with a clipped ratio, which has more bias and less variance.

        I = E_joint[T(v, l)] - log E_marginal[clip(exp T(v', l), exp(-clip), exp(clip))]

    Source: Song and Ermon, "Understanding the Limitations of Variational Mutual Information Estimators", ICLR 2020,
    arXiv 1910.06222.

    Args:
        joint: (N,) critic values of pairs that belong together.
        marginal: (N',) critic values of pairs that do not.
        clip: Largest absolute value of T in marginal pairs.

    Returns:
        A scalar in nats, not a bound.

    Example:
        >>> import torch
        >>> from zeroskel.align import smile
        >>> float(smile(torch.zeros(2), torch.full((2,), 100.0)))
        -5.0
    """
    return joint.mean() - _log_mean_exp(marginal.clamp(-clip, clip))


def info_nce(joint: Tensor, grid: Tensor, negative: Tensor) -> Tensor:
    """Return the InfoNCE bound.

        I >= mean_i log( exp T(v_i, l_i) / ((exp T(v_i, l_i) + sum of exp T(v_i, l_j) over negatives j) / (1 + n_i)) )

    The negatives of a motion are other texts, because texts are compared when a motion is recognised.

    Sources: van den Oord et al., arXiv 1807.03748; Poole et al., ICML 2019, arXiv 1905.06922, eq. 10.

    Args:
        joint: (B,) values T(v_i, l_i).
        grid: (B, B) values T(v_i, l_j).
        negative: (B, B) true where l_j is one of the n_i negatives of v_i; never on the diagonal.

    Returns:
        A scalar in nats, at most log(1 + the largest number of negatives), and so at most log B.

    Example:
        >>> import torch
        >>> from zeroskel.align import info_nce
        >>> values = torch.tensor([[50.0, 0.0], [0.0, 50.0]])
        >>> round(float(info_nce(values.diagonal(), values, ~torch.eye(2, dtype=torch.bool))), 4)  # log 2
        0.6931
    """
    others = grid.masked_fill(~negative, -math.inf)
    total = torch.logsumexp(torch.cat((joint[:, None], others), dim=1), dim=1)
    return (joint - total + torch.log(1.0 + negative.sum(dim=1))).mean()


def _smile_with_gradient(joint: Tensor, marginal: Tensor) -> Tensor:
    """Return the value of `smile` with the gradient of `jensen_shannon`, as Song and Ermon train it.

    The clipped estimate itself has no gradient that holds back values outside the clip.
    """
    trained = jensen_shannon(joint, marginal)
    return trained + (smile(joint, marginal) - trained).detach()


def _log_mean_exp(values: Tensor) -> Tensor:
    """Return log mean exp of values (N,), without overflow."""
    return torch.logsumexp(values, dim=0) - math.log(len(values))


def _rolled_by_one(count: int) -> Tensor:
    """Return the published negatives (N,): each text meets the next sequence of the batch, the last one the first.

    A neighbour of the same class makes a false negative.
    """
    return torch.arange(1, count + 1) % count


def _other_class(labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the corrected negatives: each text meets a random sequence of the batch that has another class.

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


# Estimates from joint and marginal values, by the names of SMIE's option `estimator`. "infonce" needs a grid.
_ESTIMATES = {"jsd": jensen_shannon, "dv": donsker_varadhan, "nwj": nwj, "smile": _smile_with_gradient}
