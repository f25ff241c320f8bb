"""Adversarial losses on logits, the equation above each.

D ends in a logit s, so in the logistic losses D(x) = sigmoid(s). With softplus(s) = log(1 + exp(s)),

    -log D = softplus(-s)        -log(1 - D) = softplus(s)

neither of which overflows. Every loss is a mean over all logits given, of whatever shape, and is to be minimized.
"""

from torch import Tensor
from torch.nn.functional import softplus


def d_logistic(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss: -E[log D(x)] - E[log(1 - D(G(z)))].

    Goodfellow et al. 2014 (arXiv:1406.2661), eq. 1, negated, because we minimize. An undecided critic (logit 0
    everywhere) scores 2 log 2 = 1.386.

    Args:
        real, fake: logits of any shape.
    """
    return softplus(-real).mean() + softplus(fake).mean()


def g_nonsaturating(fake: Tensor) -> Tensor:
    """The forger's loss in practice: -E[log D(G(z))].

    Goodfellow et al. 2014, end of sec. 3. Its gradient is strong where the critic is sure of the fake.
    """
    return softplus(-fake).mean()


def g_saturating(fake: Tensor) -> Tensor:
    """The forger's loss in theory: E[log(1 - D(G(z)))].

    Goodfellow et al. 2014, eq. 1. Its gradient fades where the critic is sure of the fake.
    """
    return -softplus(fake).mean()


def d_least_squares(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's loss by least squares: E[(D(x) - 1)^2] + E[D(G(z))^2], where D is the logit itself.

    Mao et al. 2017 (arXiv:1611.04076), eq. 9 with a = 0, b = c = 1, without its factor 1/2. An undecided critic
    (0.5 everywhere) scores 0.5.

    Args:
        real, fake: logits of any shape.
    """
    return (real - 1).square().mean() + fake.square().mean()


def g_least_squares(fake: Tensor) -> Tensor:
    """The forger's loss by least squares: E[(D(G(z)) - 1)^2].

    Mao et al. 2017, eq. 9, without its factor 1/2. An undecided critic gives 0.25.
    """
    return (fake - 1).square().mean()


def planes_cross_entropy(planes: Tensor, right: Tensor) -> Tensor:
    """-E[log p of the right class], p = (plane + 1) / 2: how far label maps are from the right ones.

    Between planes an absolute difference teaches little, since of fourteen numbers at a pixel thirteen are right if
    none is chosen; a logarithm asks for the one.

    Args:
        planes: what is answered, (n, classes, h, w) in [-1, 1], as :class:`~gancourse.networks.planes.Planes` gives.
        right: 1 on the right class and -1 elsewhere, of the same shape.
    """
    chosen = right > 0
    return -(((planes + 1) / 2).clamp(min=1e-6).log() * chosen).sum() / chosen.sum()
