"""Do the library and the textbook loop compute the same numbers? A ratio of two different games would mean nothing.

Two checks of three rounds each, from the same weights on the same batch. In float64 losses and weights must agree:
there Adam's first steps, which go by the sign of the gradient, do not turn rounding into motion. And as they are timed,
by way of `train`, the losses must agree as far as the precision lets them.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from benchmarks.cases import batch_of, game_of
from benchmarks.plain import LOOPS
from gancourse.game import Game, train

ROUNDS = 3
EXACT = 1e-6  # met by three orders of magnitude


class Played(Game):
    """A textbook loop as a game, so that `train` seeds its rounds as it seeds the library's."""

    def __init__(self, loop):
        super().__init__()
        self.loop = loop
        self.players = nn.ModuleList(net for net in vars(loop).values() if isinstance(net, nn.Module))

    def round(self, *batch: Tensor) -> None:
        self.losses = {name: torch.as_tensor(loss) for name, loss in self.loop.round(*batch).items()}


def exact(name: str) -> float:
    """In float64: the largest share by which losses differ, or weights, as part of the way that they have come."""
    with doubles():
        game = in_double(game_of(name))
        loop, start, batch = LOOPS[name](game), players(game), [in_double(part) for part in small(name, batch_of(name))]
        shares = []
        for i in range(ROUNDS):
            torch.manual_seed(i)
            game.round(*batch)
            torch.manual_seed(i)
            shares += [share(game.losses[key], loss) for key, loss in loop.round(*batch).items()]
    ours, theirs = players(game), players(loop)
    return worst(shares + [share(ours[key] - start[key], theirs[key] - start[key]) for key in start])


def as_timed(name: str, how: dict, plainly: dict) -> float:
    """The largest share by which the losses differ when `train` is called with `how`, and in plain float32."""
    batch = batch_of(name)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        ours = train(game_of(name), [batch], ROUNDS, progress=False, **how)
        theirs = train(Played(LOOPS[name](game_of(name))), [batch], ROUNDS, progress=False, **plainly)
    return worst(share(torch.tensor(ours[key]), torch.tensor(theirs[key])) for key in theirs)


def with_itself(name: str, how: dict, otherwise: dict, rounds: int) -> float:
    """The same between `train` called with `how`, and with something of that otherwise, over so many rounds."""
    batch = batch_of(name)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        ours, theirs = (train(game_of(name), [batch], rounds, progress=False, **one) for one in (how, how | otherwise))
    return worst(share(torch.tensor(ours[key]), torch.tensor(theirs[key])) for key in theirs)


def small(name: str, batch: list[Tensor]) -> list[Tensor]:
    """Pictures of 64 px where the players take any size, since float64 is slow."""
    return [part[..., :64, :64] for part in batch] if name == "CycleGAN" else batch


def players(of) -> dict[str, Tensor]:
    """All parameters of each player of a game or loop, in one row, on the CPU."""
    letters = [name for name in ("G", "F", "D", "D_X", "D_Y") if hasattr(of, name)]
    return {name: nn.utils.parameters_to_vector(getattr(of, name).parameters()).detach().cpu() for name in letters}


def share(a: Tensor | float, b: Tensor | float) -> float:
    """|a - b| over |b|."""
    a, b = (torch.as_tensor(one, dtype=torch.float64).cpu() for one in (a, b))
    return ((a - b).norm() / b.norm()).item()


def worst(shares) -> float:
    """The largest; infinite if one is NaN."""
    return max(math.inf if math.isnan(one) else one for one in shares)


def in_double(one):
    """A game or a tensor of floats in float64, where the device has it (Apple's has not: the CPU then)."""
    one = one.cpu() if torch.backends.mps.is_available() else one
    return one.double() if isinstance(one, nn.Module) or one.is_floating_point() else one


@contextmanager
def doubles() -> Iterator[None]:
    """What is drawn in here without a type, such as noise, is float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
