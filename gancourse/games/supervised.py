"""One player and a teacher: what a network learns from pairs alone."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gancourse.data.images import expect_images
from gancourse.game import Game
from gancourse.schedules import Schedule, constant


class Supervised(Game):
    """A game for one: G is told the right answer and pays for the distance to it.

    With :func:`torch.nn.functional.l1_loss` this is the "L1" row of Isola et al. 2017, table 1; with
    :func:`torch.nn.functional.cross_entropy` it trains a segmenter.

    Args:
        G: inputs (n, c, h, w) to answers.
        loss: ``loss(answer, y)``, one number.
        schedule: factor on the learning rate by round, see :mod:`gancourse.schedules`.
        lr, betas: of Adam, see :class:`~gancourse.game.Game`.
    """

    def __init__(
        self,
        G: nn.Module,
        loss: Callable[[Tensor, Tensor], Tensor] = l1_loss,
        *,
        schedule: Schedule = constant,
        lr=2e-4,
        betas=(0.5, 0.999),
    ):
        super().__init__(lr=lr, betas=betas, schedule=schedule)
        self.G = G
        self.loss = loss

    def round(self, x: Tensor, y: Tensor) -> None:  # x: (n, c, h, w), y: the answers
        self.minimize(self.loss(self.G(x), y), self.G)

    def expect(self, x: Tensor, y: Tensor) -> None:
        """Raise ValueError unless x is a batch of pictures, and y as many answers."""
        expect_images(x, x.shape[1:])
        if len(x) != len(y):
            raise ValueError(f"{len(x)} pictures and {len(y)} answers: each picture needs its own")
