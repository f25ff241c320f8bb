"""Noise on what a critic sees: Sønderby et al. 2016 (arXiv:1610.04490); Arjovsky & Bottou 2017 (arXiv:1701.04862),
sec. 3."""

from torch import Tensor, nn

from gancourse.noise import noisy


class InstanceNoise(nn.Module):
    """Adds normal noise to real and forged pictures alike, in training only.

    Where real pictures lie on a few points, such as planes of nothing but -1 and 1, a critic tells them from any
    forgery by that alone, and what stands where is never judged. Under noise it has to look at what is drawn.

    Args:
        spread: standard deviation, in the units of pictures in [-1, 1].
    """

    def __init__(self, spread: float):
        super().__init__()
        self.spread = spread

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, h, w)."""
        return noisy(x, self.spread) if self.training else x

    def extra_repr(self) -> str:
        return f"spread={self.spread}"
