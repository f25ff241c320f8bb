"""Image to image with pairs: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks"
(arXiv:1611.07004)."""

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import l1_loss

from gancourse.data.images import expect_images
from gancourse.game import Game
from gancourse.losses import d_logistic, g_nonsaturating
from gancourse.noise import normal
from gancourse.schedules import Schedule, constant


class Pix2Pix(Game):
    """Isola et al. 2017, eq. 4: a forger G of pictures y for given x, a critic D of pairs, and a teacher.

        G* = arg min_G max_D  L_cGAN(G, D) + l1 * L_L1(G)

    Differs from the paper: as in the reference PyTorch implementation, D is judged again with its new weights for
    G's step; the learning rate falls only if a schedule says so.

    Args:
        G: x, or x with planes of noise, to y; pictures (n, c, h, w).
        D: pairs (n, c_x + c_y, h, w) to logits of any shape, such as a map of them.
        l1: weight of the distance to the right answer. 0: the critic alone.
        d_weight: factor on the critic's loss; the paper halves it to slow D down (sec. 3.3).
        d_adversarial, g_adversarial: the losses on logits; d_least_squares and g_least_squares make it an LSGAN.
        z_dim: numbers of noise, handed to G as that many constant planes beside x. The paper found that G learns to
            ignore them (sec. 3.1) and uses dropout instead.
        schedule: factor on the learning rate by round, see :mod:`gancourse.schedules`.
        lr, betas: of Adam, see :class:`~gancourse.game.Game`.
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        *,
        l1: float = 100.0,
        d_weight: float = 0.5,
        d_adversarial=d_logistic,
        g_adversarial=g_nonsaturating,
        z_dim: int = 0,
        schedule: Schedule = constant,
        lr=2e-4,
        betas=(0.5, 0.999),
    ):
        super().__init__(lr=lr, betas=betas, schedule=schedule)
        self.G, self.D = G, D
        self.l1, self.d_weight, self.z_dim = l1, d_weight, z_dim
        self.d_adversarial, self.g_adversarial = d_adversarial, g_adversarial

    def round(self, x: Tensor, y: Tensor) -> None:  # x: (n, c_x, h, w), y: (n, c_y, h, w), both in [-1, 1]
        fake = self.G(self.with_noise(x))
        self.minimize(self.d_loss(x, y, fake.detach()), self.D)
        self.minimize(self.g_loss(x, y, fake), self.G)

    def d_loss(self, x: Tensor, y: Tensor, fake: Tensor) -> Tensor:
        """Eq. 1, negated and halved: D should call (x, y) real and (x, fake) fake, patch by patch."""
        fooled, sure = self.D(self.shown(x, fake)), self.D(self.shown(x, y))
        return self.d_weight * self.d_adversarial(sure, fooled)

    def g_loss(self, x: Tensor, y: Tensor, fake: Tensor) -> Tensor:
        """Eq. 4: D should call (x, fake) real, and fake should be near y (eq. 3)."""
        return self.g_adversarial(self.D(self.shown(x, fake))) + self.l1 * l1_loss(fake, y)

    def shown(self, x: Tensor, y: Tensor) -> Tensor:
        """What D sees: the pair, (n, c_x + c_y, h, w)."""
        return torch.cat([x, y], dim=1)

    def with_noise(self, x: Tensor) -> Tensor:
        """x: (n, c, h, w) -> (n, c + z_dim, h, w), with one number of z from N(0, 1) on each further plane."""
        z = normal(len(x), self.z_dim, 1, 1, device=x.device)
        return torch.cat([x, z.expand(-1, -1, *x.shape[2:])], dim=1) if self.z_dim else x

    def translate(self, x: Tensor, *, dropout: bool = False, batch_statistics: bool = False) -> Tensor:
        """G's answers to x: (n, c_x, h, w) in [-1, 1] -> (n, c_y, h, w) in [-1, 1], each picture on its own.

        Drawn by the running mean of G if the game keeps one. Where z_dim > 0 every call draws new noise.

        Args:
            dropout, batch_statistics: see :func:`answer`.

        Raises:
            ValueError: there is no picture.
        """
        if len(x) == 0:
            raise ValueError("no picture to translate: x is empty")
        return torch.cat(
            [answer(self.averaged("G"), self.with_noise(one), dropout, batch_statistics) for one in x.split(1)]
        )

    def expect(self, x: Tensor, y: Tensor) -> None:
        """Raise ValueError unless x and y are batches of pictures that these players take."""
        if len(x) != len(y) or x.shape[2:] != y.shape[2:]:
            raise ValueError(f"x is {tuple(x.shape)} and y {tuple(y.shape)}: a pair must agree in number and size")
        for pictures in (x, y):
            expect_images(pictures, pictures.shape[1:])
        given = {"G": x.shape[1] + self.z_dim, "D": self.shown(x[:1], y[:1]).shape[1]}
        for name, channels in given.items():
            if (takes := channels_of(getattr(self, name))) not in (None, channels):
                raise ValueError(f"{name} was made for {takes} channels, and these batches give it {channels}")


class UnconditionalPix2Pix(Pix2Pix):
    """The rows "GAN" and "L1 + GAN" of Isola et al. 2017, table 1 and sec. 3.1: D sees y and never x."""

    def shown(self, x: Tensor, y: Tensor) -> Tensor:
        return y


def channels_of(net: nn.Module) -> int | None:
    """Channels of the pictures that a network takes, by its first convolution; None if it has none."""
    return next((m.in_channels for m in net.modules() if isinstance(m, nn.Conv2d)), None)


@torch.no_grad()
def answer(G: nn.Module, x: Tensor, dropout: bool = False, batch_statistics: bool = False) -> Tensor:
    """G's answers in eval mode, with what of train mode is asked for. G is left as it was.

    Args:
        x: (n, c, h, w) in [-1, 1].
        dropout: keep it on; the paper does, for what randomness it gives (sec. 3.1).
        batch_statistics: BatchNorm takes mean and spread from x instead of those gathered in training. The paper does
            so with batches of one picture, which makes it an instance norm (sec. 3.3).
    """
    modes = {module: module.training for module in G.modules()}
    G.eval()
    for module in modes:
        if isinstance(module, nn.Dropout):
            module.train(dropout)
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.train(batch_statistics)
    try:
        buffers = {name: buffer.clone() for name, buffer in G.named_buffers()}  # looking must change nothing
        return functional_call(G, buffers, x)
    finally:
        for module, mode in modes.items():
            module.training = mode
