"""Image to image without pairs: Zhu et al. 2017, "Unpaired Image-to-Image Translation using Cycle-Consistent
Adversarial Networks" (arXiv:1703.10593)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gancourse.data.images import expect_images
from gancourse.game import Game
from gancourse.games.pix2pix import answer
from gancourse.losses import d_least_squares, g_least_squares
from gancourse.networks.pool import ImagePool
from gancourse.networks.together import together
from gancourse.noise import noisy, tinted
from gancourse.schedules import Schedule, constant


class CycleGAN(Game):
    """Zhu et al. 2017, eq. 3: two games tied by a cycle. G draws y from x, F draws x from y.

        L(G, F, D_X, D_Y) = L_GAN(G, D_Y, X, Y) + L_GAN(F, D_X, Y, X) + cycle * L_cyc(G, F)

    Differs from the paper: as in the reference implementation, identity loss is half of the cycle's weight by default
    (the paper uses it for paintings only), and G and F move first.

    Args:
        G, F: pictures of one domain to pictures of the other.
        D_X, D_Y: critics of the domains, pictures to logits of any shape.
        cycle: weight of the way there and back (eq. 2). 0: two GANs that have nothing to do with one another.
        near_x, near_y: distances between pictures of X, and of Y, that were led home and those they come from.
        noise_x, noise_y: standard deviation of normal noise that is added to fakes of X, and of Y, before they are led
            home, so that nothing faint can be hidden in them: Bashkirova et al. 2019 (arXiv:1908.01517), sec. 4.1.
        tint_x: spread of a random tint that fakes of X are given before they are led home, see
            :func:`gancourse.noise.tinted`. F knows few of X's colours; so G learns to do without.
        identity: weight of the identity loss (sec. 5.2), as a share of `cycle`. 0: none.
        pool: earlier fakes that each critic is shown, see :class:`~gancourse.networks.pool.ImagePool`.
        d_weight: factor on each critic's loss (appendix 7.1).
        d_adversarial, g_adversarial: the losses on logits.
        schedule: factor on the learning rate by round, see :mod:`gancourse.schedules`.
        lr, betas: of Adam, see :class:`~gancourse.game.Game`.
    """

    def __init__(
        self,
        G: nn.Module,
        F: nn.Module,
        D_X: nn.Module,
        D_Y: nn.Module,
        *,
        cycle: float = 10.0,
        near_x=l1_loss,
        near_y=l1_loss,
        noise_x: float = 0.0,
        noise_y: float = 0.0,
        tint_x: float = 0.0,
        identity: float = 0.5,
        pool: int = 50,
        d_weight: float = 0.5,
        d_adversarial=d_least_squares,
        g_adversarial=g_least_squares,
        schedule: Schedule = constant,
        lr=2e-4,
        betas=(0.5, 0.999),
    ):
        super().__init__(lr=lr, betas=betas, schedule=schedule)
        self.G, self.F, self.D_X, self.D_Y = G, F, D_X, D_Y
        self.pool_x, self.pool_y = ImagePool(pool), ImagePool(pool)
        self.cycle, self.identity, self.d_weight = cycle, identity, d_weight
        self.near_x, self.near_y, self.noise_x, self.noise_y = near_x, near_y, noise_x, noise_y
        self.tint_x = tint_x
        self.d_adversarial, self.g_adversarial = d_adversarial, g_adversarial

    def round(self, x: Tensor, y: Tensor) -> None:  # x: (n, c_x, h, w), y: (m, c_y, h', w'), both in [-1, 1]
        fakes = []
        self.minimize(self.g_losses(x, y, fakes), self.G, self.F)
        fake_y, fake_x = fakes
        self.minimize(self.d_loss(x, y, self.pool_x(fake_x), self.pool_y(fake_y)), self.D_X, self.D_Y)

    def g_losses(self, x: Tensor, y: Tensor, fakes: list[Tensor]) -> Iterator[Tensor]:
        """The forgers' loss in two parts that share no computation, so that there need be memory for one of them only:
        of x -> G(x) -> F(G(x)), and of y -> F(y) -> G(F(y)). Appends G(x) and F(y) to `fakes`."""
        yield self.g_loss(self.G, self.D_Y, x, y, self.forward_cycle, fakes)
        yield self.g_loss(self.F, self.D_X, y, x, self.backward_cycle, fakes)

    def g_loss(self, G: nn.Module, D: nn.Module, x: Tensor, y: Tensor, home: Callable, fakes: list[Tensor]) -> Tensor:
        """One way over: what G draws from x should fool the critic of y's domain, and lead home."""
        fake, *same = self.drawn(G, x, y)
        fakes.append(fake.detach())
        loss = self.g_adversarial(D(fake))
        if self.cycle:
            loss = loss + self.cycle * home(x, fake)
        if same:
            loss = loss + self.cycle * self.identity * self.identity_loss(y, *same)
        return loss

    def drawn(self, G: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
        """G(x), which should look like y; and G(y), which should be y, if the identity loss asks for it."""
        return together(G, x, y) if self.cycle and self.identity else (G(x),)

    def forward_cycle(self, x: Tensor, fake_y: Tensor) -> Tensor:
        """Half of eq. 2: x -> G(x) -> F(G(x)), which should be x."""
        return self.near_x(self.F(noisy(fake_y, self.noise_y)), x)

    def backward_cycle(self, y: Tensor, fake_x: Tensor) -> Tensor:
        """The other half: y -> F(y) -> G(F(y)), which should be y."""
        return self.near_y(self.G(noisy(tinted(fake_x, self.tint_x), self.noise_x)), y)

    def identity_loss(self, y: Tensor, same_y: Tensor) -> Tensor:
        """Sec. 5.2: what is in the right domain already should be left alone: G(y) should be y; and F(x), x. Needs as
        many channels in X as in Y."""
        return l1_loss(same_y, y)

    def d_loss(self, x: Tensor, y: Tensor, fake_x: Tensor, fake_y: Tensor) -> Tensor:
        """Each critic on its own domain, halved; the fakes come from the pools."""
        on_x = self.d_adversarial(*together(self.D_X, x, fake_x))
        on_y = self.d_adversarial(*together(self.D_Y, y, fake_y))
        return self.d_weight * (on_x + on_y)

    def translate(self, x: Tensor) -> Tensor:
        """x to y, (n, c_x, h, w) in [-1, 1] -> (n, c_y, h, w), by G or its running mean, in eval mode."""
        return torch.cat([answer(self.averaged("G"), one) for one in x.split(1)])

    def back(self, y: Tensor) -> Tensor:
        """y to x, by F or its running mean."""
        return torch.cat([answer(self.averaged("F"), one) for one in y.split(1)])

    def expect(self, x: Tensor, y: Tensor) -> None:
        """Raise ValueError unless x and y are batches of pictures that these players take."""
        for pictures in (x, y):
            expect_images(pictures, pictures.shape[1:])
        if self.cycle and self.identity and x.shape[1] != y.shape[1]:
            raise ValueError(f"identity loss between {x.shape[1]} and {y.shape[1]} channels: set identity=0")


class ForwardCycle(CycleGAN):
    """Only x -> y -> x must lead home: "GAN + forward cycle" of sec. 5.1.4."""

    def backward_cycle(self, y: Tensor, fake_x: Tensor) -> Tensor:
        return y.new_zeros(())


class BackwardCycle(CycleGAN):
    """Only y -> x -> y must lead home: "GAN + backward cycle" of sec. 5.1.4."""

    def forward_cycle(self, x: Tensor, fake_y: Tensor) -> Tensor:
        return x.new_zeros(())


class CycleAlone(CycleGAN):
    """Nobody asks whether a picture belongs to its domain: "cycle alone" of sec. 5.1.4. The critics rest."""

    def round(self, x: Tensor, y: Tensor) -> None:
        fake_x, fake_y = self.F(y), self.G(x)
        loss = self.cycle * (self.forward_cycle(x, fake_y) + self.backward_cycle(y, fake_x))
        self.minimize(loss, self.G, self.F)
