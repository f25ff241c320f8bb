"""The settings of chapters 1 and 2: games of digits."""

from torch import nn

from gancourse.data.digits import ImageSet, load
from gancourse.games.cgan import CGAN
from gancourse.games.gan import GAN
from gancourse.networks.dcgan import DCDiscriminator, DCGenerator
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.scale import pick

BATCH = 64
LR = 5e-4  # of the convolutional pair; the perceptrons keep the tutorials' 2e-4


def digit_sets(name: str = "mnist", download: bool | None = None) -> tuple[ImageSet, ImageSet]:
    """Training and test images for the scale in force; a smoke run makes do with a few of each."""
    some = pick(smoke=slice(1800), laptop=slice(None))
    train, test = [load(name, train=part, download=download) for part in (True, False)]
    if test.name != train.name:  # one part of MNIST is here, the other is not: judge and players share one world
        train, test = [load("digits", train=part) for part in (True, False)]
    return train[some], test[some]


def players(kind: str, classes: int) -> tuple[nn.Module, nn.Module]:
    """G and D: "mlp", the pair of the tutorials, or "conv", after DCGAN."""
    if kind == "mlp":
        return MLPGenerator(classes=classes), MLPDiscriminator(classes=classes)
    return DCGenerator(classes=classes), DCDiscriminator(classes=classes)


def gan(kind: str = "conv") -> GAN:
    """The game of chapter 1, with a running mean of G."""
    game = GAN(*players(kind, classes=0), lr=LR if kind == "conv" else 2e-4)
    game.average("G")
    return game


def cgan(kind: str = "conv") -> CGAN:
    """The game of chapter 2, with a running mean of G."""
    game = CGAN(*players(kind, classes=10), lr=LR if kind == "conv" else 2e-4)
    game.average("G")
    return game


def rounds() -> int:
    """How many rounds of 64 images for the scale in force: about three minutes on two cores at "laptop"."""
    return pick(smoke=20, laptop=3000, colab=20_000, paper=50_000)
