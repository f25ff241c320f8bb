"""The textbook loops: the same games in plain PyTorch, in the order in which tutorials and the reference project play.

Each loop copies the players of a game of the library and takes its rates and weights of losses, so that both begin at
the same place and play by the same rule. From there on nothing of the library is used: ordinary Adam, losses against
tensors of ones and zeros, `zero_grad`, `backward`, `step`. `round` returns the losses under the library's names.
"""

import random
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, mse_loss
from torch.optim import Adam

from gancourse.game import Game


class Tutorial:
    """GAN, or cGAN if a label comes with the image: the loop of the usual PyTorch tutorial on digits.

    D's weights get a gradient in G's step, too, which the next `zero_grad` throws away. The losses are read in every
    round, as tutorials do to print or keep them.
    """

    def __init__(self, game: Game):
        self.G, self.D = deepcopy(game.G), deepcopy(game.D)
        self.opt_g, self.opt_d = adam(game, G=self.G), adam(game, D=self.D)

    def round(self, x: Tensor, *y: Tensor) -> dict[str, float]:  # x: (n, 1, 28, 28) in [-1, 1], y: (n,)
        self.opt_d.zero_grad()
        fake = self.G(torch.randn(len(x), self.G.z_dim, device=x.device), *y)
        loss_d = logistic(self.D(x, *y), 1.0) + logistic(self.D(fake.detach(), *y), 0.0)
        loss_d.backward()
        self.opt_d.step()
        self.opt_g.zero_grad()
        loss_g = logistic(self.D(fake, *y), 1.0)
        loss_g.backward()
        self.opt_g.step()
        return {"D": loss_d.item(), "G": loss_g.item()}


class TextbookPix2Pix:
    """pix2pix in the order of the reference project: G draws, D moves, D is judged again and G moves."""

    def __init__(self, game: Game):
        self.G, self.D, self.l1 = deepcopy(game.G), deepcopy(game.D), game.l1
        self.opt_g, self.opt_d = adam(game, G=self.G), adam(game, D=self.D)

    def round(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:  # (n, c, h, w) in [-1, 1]
        fake = self.G(x)
        learn(True, self.D)
        self.opt_d.zero_grad()
        on_fake = logistic(self.D(torch.cat([x, fake], 1).detach()), 0.0)
        on_real = logistic(self.D(torch.cat([x, y], 1)), 1.0)
        loss_d = 0.5 * (on_fake + on_real)
        loss_d.backward()
        self.opt_d.step()
        learn(False, self.D)
        self.opt_g.zero_grad()
        loss_g = logistic(self.D(torch.cat([x, fake], 1)), 1.0) + self.l1 * l1_loss(fake, y)
        loss_g.backward()
        self.opt_g.step()
        return {"D": loss_d.detach(), "G": loss_g.detach()}


class TextbookCycleGAN:
    """CycleGAN in the order of the reference project: all answers, then G and F, then one critic after the other."""

    def __init__(self, game: Game):
        self.G, self.F, self.D_X, self.D_Y = (deepcopy(net) for net in (game.G, game.F, game.D_X, game.D_Y))
        self.opt_g, self.opt_d = adam(game, G=self.G, F=self.F), adam(game, D_X=self.D_X, D_Y=self.D_Y)
        self.cycle, self.identity = game.cycle, game.cycle * game.identity
        self.pool_x, self.pool_y = Pool(game.pool_x.size), Pool(game.pool_y.size)

    def round(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:  # (n, c, h, w) in [-1, 1]
        fake_y, fake_x = self.G(x), self.F(y)
        home_x, home_y = self.F(fake_y), self.G(fake_x)
        learn(False, self.D_X, self.D_Y)
        self.opt_g.zero_grad()
        same = l1_loss(self.G(y), y) + l1_loss(self.F(x), x)
        fooled = least_squares(self.D_Y(fake_y), 1.0) + least_squares(self.D_X(fake_x), 1.0)
        home = l1_loss(home_x, x) + l1_loss(home_y, y)
        loss_g = fooled + self.cycle * home + self.identity * same
        loss_g.backward()
        self.opt_g.step()
        learn(True, self.D_X, self.D_Y)
        self.opt_d.zero_grad()
        loss_y = self.judge(self.D_Y, y, self.pool_y.query(fake_y))
        loss_x = self.judge(self.D_X, x, self.pool_x.query(fake_x))
        self.opt_d.step()
        return {"G+F": loss_g.detach(), "D_X+D_Y": loss_x + loss_y}

    def judge(self, D: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        loss = 0.5 * (least_squares(D(real), 1.0) + least_squares(D(fake), 0.0))
        loss.backward()
        return loss.detach()


class Pool:
    """Earlier fakes in a Python list; a picture is handed on, or by chance changes places with an old one."""

    def __init__(self, size: int):
        self.size, self.kept = size, []

    def query(self, pictures: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, c, h, w), without gradient."""
        return torch.cat([self.swap(picture) for picture in pictures.detach().split(1)])

    def swap(self, picture: Tensor) -> Tensor:
        if len(self.kept) < self.size:
            self.kept.append(picture)
            return picture
        if random.random() < 0.5:
            return picture
        i = random.randrange(self.size)
        old, self.kept[i] = self.kept[i], picture
        return old


def adam(game: Game, **players: nn.Module) -> Adam:
    """One ordinary Adam for these players, with the game's rates for them."""
    rates = {name: game.lr[name] if isinstance(game.lr, dict) else game.lr for name in players}
    groups = [{"params": net.parameters(), "lr": rates[name]} for name, net in players.items()]
    return Adam(groups, betas=game.betas)


def learn(does: bool, *players: nn.Module) -> None:
    for net in players:
        net.requires_grad_(does)


def logistic(logits: Tensor, target: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def least_squares(logits: Tensor, target: float) -> Tensor:
    return mse_loss(logits, torch.full_like(logits, target))


LOOPS = {"GAN": Tutorial, "cGAN": Tutorial, "pix2pix": TextbookPix2Pix, "CycleGAN": TextbookCycleGAN}
