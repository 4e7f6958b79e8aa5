"""Estimates of mutual information from a critic's values, and the pairs they are made of.

T(v, l) is the critic; "joint" are its values of pairs that belong together, "marginal" those of pairs that do not.
Each estimate is a scalar to be maximised. `donsker_varadhan`, `nwj` and `info_nce` are lower bounds of the information
in nats when the marginal pairs come from the product of the marginals; leaving pairs of the same class out of them, as
the corrected negatives do, is no longer exactly that.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import softplus

NEGATIVES = ("other-class", "published")
ESTIMATORS = ("jsd", "infonce", "dv", "nwj", "smile")
SMILE_CLIP = 5.0  # Song and Ermon's tau


def estimate(estimator: str, joint: Tensor, marginal: Tensor) -> Tensor:
    """The estimate of that name from joint (N,) and marginal (N',) values; "infonce" needs a grid: see `info_nce`.

    "smile" has SMILE's value and the Jensen-Shannon estimate's gradient, as Song and Ermon train it: the clipped bound
    itself has no gradient that holds back what lies outside the clip.
    """
    if estimator == "jsd":
        return jensen_shannon(joint, marginal)
    if estimator == "dv":
        return donsker_varadhan(joint, marginal)
    if estimator == "nwj":
        return nwj(joint, marginal)
    trained = jensen_shannon(joint, marginal)
    return trained + (smile(joint, marginal) - trained).detach()


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


def donsker_varadhan(joint: Tensor, marginal: Tensor) -> Tensor:
    """The Donsker-Varadhan bound (Belghazi et al., "MINE", ICML 2018, arXiv 1801.04062).

        I >= E_joint[T(v, l)] - log E_marginal[exp T(v', l)]

    Joint (N,), marginal (N',) -> a scalar in nats; any constant added to T cancels. The gradient of the logarithm is
    that of the batch (MINE also offers a running mean, which is not done here).
    """
    return joint.mean() - log_mean_exp(marginal)


def nwj(joint: Tensor, marginal: Tensor) -> Tensor:
    """The bound of Nguyen, Wainwright and Jordan (IEEE Trans. Information Theory 2010, arXiv 0809.0853), MINE's f-form.

        I >= E_joint[T(v, l)] - E_marginal[exp(T(v', l) - 1)]

    Joint (N,), marginal (N',) -> a scalar in nats. It is at most the Donsker-Varadhan bound, and unlike that an
    unbiased estimate of its bound; its variance grows with the exponential of the information.
    """
    return joint.mean() - torch.exp(marginal - 1).mean()


def smile(joint: Tensor, marginal: Tensor, clip: float = SMILE_CLIP) -> Tensor:
    """SMILE (Song and Ermon, "Understanding the Limitations of Variational Mutual Information Estimators", ICLR 2020,
    arXiv 1910.06222): Donsker-Varadhan with the marginal's ratio clipped, which trades bias for variance.

        I = E_joint[T(v, l)] - log E_marginal[clip(exp T(v', l), exp(-clip), exp(clip))]

    Joint (N,), marginal (N',) -> a scalar in nats, not a bound.
    """
    return joint.mean() - log_mean_exp(marginal.clamp(-clip, clip))


def info_nce(joint: Tensor, grid: Tensor, negative: Tensor) -> Tensor:
    """InfoNCE (van den Oord et al., arXiv 1807.03748; Poole et al., ICML 2019, arXiv 1905.06922, eq. 10).

        I >= mean_i log( exp T(v_i, l_i) / ((exp T(v_i, l_i) + sum of exp T(v_i, l_j) over negatives j) / (1 + n_i)) )

    The negatives of a motion are other texts, because texts are what is compared when a motion is recognised.

    Args:
        joint: (B,) values T(v_i, l_i).
        grid: (B, B) values T(v_i, l_j).
        negative: (B, B) true where l_j is one of the n_i negatives of v_i; never on the diagonal.

    Returns:
        A scalar in nats, at most log(1 + the most negatives), so at most log B.
    """
    others = grid.masked_fill(~negative, -math.inf)
    total = torch.logsumexp(torch.cat((joint[:, None], others), dim=1), dim=1)
    return (joint - total + torch.log(1.0 + negative.sum(dim=1))).mean()


def log_mean_exp(values: Tensor) -> Tensor:
    """log mean exp of (N,), without overflow."""
    return torch.logsumexp(values, dim=0) - math.log(len(values))


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
