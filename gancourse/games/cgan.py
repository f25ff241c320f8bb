"""The game with a wish: Mirza & Osindero 2014, "Conditional Generative Adversarial Nets" (arXiv:1411.1784)."""

import torch
from torch import Tensor

from gancourse.games.gan import GAN
from gancourse.losses import d_logistic, g_nonsaturating


class CGAN(GAN):
    """Mirza & Osindero 2014, eq. 2: both players are told the label y.

    Differs from its parent: y goes into G beside the noise and into D beside the image. A fake is judged under the
    label it was made for.

    Args:
        G: (z, y) to images; has attributes ``z_dim`` and ``classes``.
        D: (x, y) to logits.
        d_weight, schedule, lr, betas: as in :class:`~gancourse.games.gan.GAN`.
    """

    def round(self, x: Tensor, y: Tensor) -> None:  # x: (n, c, h, w) in [-1, 1], y: (n,) in 0 .. classes - 1
        fake = self.G(self.noise(len(x)), y)
        self.minimize(self.d_loss(x, fake.detach(), y), self.D)
        self.minimize(self.g_loss(fake, y), self.G)

    def d_loss(self, x: Tensor, fake: Tensor, y: Tensor) -> Tensor:
        """Eq. 2, negated: D should call (x, y) real and (fake, y) fake."""
        return self.d_weight * d_logistic(self.D(x, y), self.D(fake, y))

    def g_loss(self, fake: Tensor, y: Tensor) -> Tensor:
        """D should call (fake, y) real."""
        return g_nonsaturating(self.D(fake, y))

    def expect(self, x: Tensor, y: Tensor) -> None:
        """Raise ValueError unless x is a batch of images for these players and y their classes."""
        super().expect(x)
        if y.dtype != torch.long or y.shape != x.shape[:1]:
            told = f"labels of shape {tuple(y.shape)} and type {y.dtype}"
            raise ValueError(f"{told}: one integer for each image is needed, (n,), as y.long() gives it")
        if y.min() < 0 or y.max() >= self.G.classes:
            raise ValueError(f"labels from {y.min()} to {y.max()}, but G was made with {self.G.classes} classes")
