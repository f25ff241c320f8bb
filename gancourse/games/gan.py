"""The first game: Goodfellow et al. 2014, "Generative Adversarial Nets" (arXiv:1406.2661)."""

import torch
from torch import Tensor, nn

from gancourse.data.images import expect_images
from gancourse.game import Game
from gancourse.losses import d_logistic, g_nonsaturating
from gancourse.noise import normal
from gancourse.schedules import Schedule, constant


class GAN(Game):
    """Goodfellow et al. 2014, Algorithm 1: a forger G against a critic D.

    Differs from the paper: one z serves both steps of a round; G minimizes the non-saturating loss of sec. 3;
    k = 1 critic step; Adam instead of momentum.

    Args:
        G: noise (n, z_dim) to images; has an attribute ``z_dim``.
        D: images to logits. If it has an attribute ``shape``, batches are held to it.
        d_weight: factor on the critic's loss. Tutorials often halve it (0.5).
        schedule: factor on the learning rate by round, see :mod:`gancourse.schedules`.
        lr, betas: of Adam, see :class:`~gancourse.game.Game`.
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        *,
        d_weight: float = 1.0,
        schedule: Schedule = constant,
        lr=2e-4,
        betas=(0.5, 0.999),
    ):
        super().__init__(lr=lr, betas=betas, schedule=schedule)
        self.G, self.D = G, D
        self.d_weight = d_weight

    def round(self, x: Tensor) -> None:  # x: (n, c, h, w) in [-1, 1]
        fake = self.G(self.noise(len(x)))
        self.minimize(self.d_loss(x, fake.detach()), self.D)
        self.minimize(self.g_loss(fake), self.G)

    def d_loss(self, x: Tensor, fake: Tensor) -> Tensor:
        """Eq. 1, negated: D should call x real and fake fake."""
        return self.d_weight * d_logistic(self.D(x), self.D(fake))

    def g_loss(self, fake: Tensor) -> Tensor:
        """Sec. 3: D should call fake real."""
        return g_nonsaturating(self.D(fake))

    def noise(self, n: int) -> Tensor:
        """z: (n, z_dim) from N(0, 1), on the game's device."""
        return normal(n, self.G.z_dim, device=next(self.parameters()).device)

    @torch.no_grad()
    def sample(self, z: Tensor, *labels: Tensor) -> Tensor:
        """Images for this noise, z: (n, z_dim) -> (n, c, h, w) in [-1, 1].

        Drawn by G in eval mode, or by the running mean of G if the game keeps one.

        Args:
            labels: one tensor (n,) of classes if G takes them, nothing if not.
        """
        G = self.averaged("G")
        was_training = G.training
        G.eval()
        parts = zip(*[t.split(1000) for t in (z, *labels)], strict=True)
        images = torch.cat([G(*part) for part in parts])
        G.train(was_training)
        return images

    def expect(self, x: Tensor) -> None:
        """Raise ValueError unless x is a batch of images for these players."""
        if len(x) == 1 and any(isinstance(m, nn.BatchNorm1d) for m in self.modules()):
            raise ValueError("a batch of one image: BatchNorm needs at least two to take a mean and spread over")
        if hasattr(self.D, "shape"):
            expect_images(x, self.D.shape)
