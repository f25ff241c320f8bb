"""Random numbers for games, the same however many workers play."""

import torch
from torch import Tensor

from gancourse import workers


def normal(n: int, *shape: int, device: torch.device | str) -> Tensor:
    """Draw n rows of this shape from N(0, 1).

    Several workers draw for all of them at once, and each keeps its own rows, so that two with half a batch each play
    like one with the whole.
    """
    return workers.mine(torch.randn(n * workers.count(), *shape, device=device))


def tinted(pictures: Tensor, spread: float) -> Tensor:
    """Each channel of each picture stretched and shifted at random: times 1 + spread * a, plus spread * b, with a and b
    from N(0, 1). (n, c, h, w) -> the same shape. Without any spread, no random number is drawn.

    Who has learned from pictures in random colours reads those in real ones: Tobin et al. 2017 (arXiv:1703.06907).
    """
    if not spread:
        return pictures
    a, b = normal(len(pictures), 2 * pictures.shape[1], 1, 1, device=pictures.device).chunk(2, dim=1)  # (n, c, 1, 1)
    return pictures * (1 + spread * a) + spread * b


def noisy(pictures: Tensor, spread: float) -> Tensor:
    """Normal noise of this standard deviation added. Without any, no random number is drawn."""
    return pictures + spread * normal(*pictures.shape, device=pictures.device) if spread else pictures
