"""The core games as `gancourse.recipes` makes them, at the scale in force, with batches and data to play them with."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from benchmarks.plain_data import PairSet, TutorialSet, UnpairedSet, loader
from gancourse import recipes
from gancourse.data.batches import Batches
from gancourse.data.digits import ImageSet
from gancourse.data.pairs import street_pairs
from gancourse.data.procedural_digits import ProceduralDigits
from gancourse.data.unpaired import street_unpaired
from gancourse.game import Game
from gancourse.scale import device, pick

LONG = 10**6  # rounds that the recipes are told of, so that the learning rates stay where they begin


class Case(NamedTuple):
    """A game, random tensors of the shapes of its batches, and the same data for the library and for the textbook."""

    make: Callable[[], Game]
    random: Callable[[], list[Tensor]]
    data: Callable[[], tuple[Batches, DataLoader]]


def size() -> int:
    """Of pictures, pixels."""
    return pick(smoke=64, laptop=64, paper=256)


def larger() -> int:
    """Of pictures in the data: the papers cut 256 px out of 286."""
    return pick(smoke=64, laptop=64, paper=286)


def random_digits(labels: bool) -> list[Tensor]:
    images, classes = torch.rand(recipes.BATCH, 1, 28, 28) * 2 - 1, torch.randint(10, (recipes.BATCH,))
    return [images, classes] if labels else [images]


def random_pictures(n: int) -> list[Tensor]:
    return [torch.rand(n, 3, size(), size()) * 2 - 1 for _ in "xy"]


def digits(labels: bool) -> tuple[Batches, DataLoader]:
    images = ImageSet("digits", *ProceduralDigits().batch(range(pick(smoke=2, laptop=32) * recipes.BATCH)))
    batches = images.to(device()).batches(recipes.BATCH, labels=labels)
    return batches, loader(TutorialSet(images), recipes.BATCH)


def paired() -> tuple[Batches, DataLoader]:
    n = recipes.PIX2PIX[size()][2]
    some = street_pairs(pick(smoke=1, laptop=8) * n, larger())
    return recipes.pix2pix_batches(some.to(device()), size()), loader(PairSet(some.x, some.y, size()), n)


def unpaired() -> tuple[Batches, DataLoader]:
    n = recipes.CYCLEGAN[size()][2]
    some = street_unpaired(pick(smoke=1, laptop=8) * n, larger(), "photo", "dusk")
    return recipes.cyclegan_batches(some.to(device()), size()), loader(UnpairedSet(some.x, some.y, size()), n)


CASES = {
    "GAN": Case(recipes.gan, lambda: random_digits(False), lambda: digits(False)),
    "cGAN": Case(recipes.cgan, lambda: random_digits(True), lambda: digits(True)),
    "pix2pix": Case(
        lambda: recipes.pix2pix(size(), LONG), lambda: random_pictures(recipes.PIX2PIX[size()][2]), paired
    ),
    "CycleGAN": Case(
        lambda: recipes.cyclegan(size(), LONG), lambda: random_pictures(recipes.CYCLEGAN[size()][2]), unpaired
    ),
}  # fmt: skip


def game_of(name: str) -> Game:
    """The game on the device, from the same weights at every call; without running means: the textbook keeps none."""
    torch.manual_seed(0)
    game = CASES[name].make().to(device())
    game.averages, game.decays = nn.ModuleDict(), {}
    return game


def batch_of(name: str) -> list[Tensor]:
    """Random tensors on the device, the same at every call."""
    torch.manual_seed(1)
    return [part.to(device()) for part in CASES[name].random()]
