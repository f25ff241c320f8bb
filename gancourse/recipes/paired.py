"""The settings of chapters 3 to 5: U-Net, PatchGAN, and pix2pix, the game with pairs."""

from gancourse import workers
from gancourse.data.pairs import Pairs, street_pairs
from gancourse.games.pix2pix import Pix2Pix
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet
from gancourse.scale import pick
from gancourse.schedules import Schedule, linear_decay

# px: halvings in the U-Net, layers of the critic (a receptive field of 16, 34, 70 px), pairs in a batch
PIX2PIX = {64: (6, 1, 8), 128: (7, 2, 4), 256: (8, 3, 1)}
PIX2PIX_LR = {"G": 2e-3, "D": 1e-3}  # for minutes of training; the paper has 2e-4 for both and takes hours


def width(size: int = 64) -> int:
    """Channels after the first layer of the networks of chapters 3 to 6; 64 in the papers."""
    return pick(smoke=8, laptop={64: 24, 128: 16, 256: 16}[size], colab=32, paper=64)


def unet(size: int = 64, *, in_channels: int = 3, out_channels: int = 3, skips: bool = True) -> UNet:
    """The generator for pictures of this size; ``skips=False`` is the encoder-decoder."""
    return UNet(in_channels, out_channels, base=width(size), downs=PIX2PIX[size][0], skips=skips)


def patchgan(size: int = 64, in_channels: int = 6, layers: int | None = None) -> PatchGAN:
    """The critic for pictures of this size."""
    return PatchGAN(in_channels, base=width(size), layers=layers or PIX2PIX[size][1])


def pix2pix(size: int = 64, rounds: int | None = None) -> Pix2Pix:
    """The game of chapter 5 for pictures of 64, 128 or 256 px; its learning rate falls over the second half of the
    rounds."""
    return Pix2Pix(unet(size), patchgan(size), lr=pix2pix_lr(), schedule=half_and_half(size, rounds))


def pix2pix_alone(size: int = 64) -> bool:
    """Whether pairs are played one by one. Then BatchNorm has learned to take mean and spread from one picture, and
    G should answer in the same way: ``batch_statistics=True``."""
    return PIX2PIX[size][2] == 1


def pix2pix_lr() -> float | dict[str, float]:
    return pick(smoke=PIX2PIX_LR, laptop=PIX2PIX_LR, paper=2e-4)


def half_and_half(size: int = 64, rounds: int | None = None) -> Schedule:
    """The learning rate stays for half of the rounds and falls over the other half."""
    rounds = rounds or pix2pix_rounds(size)
    return linear_decay(rounds - rounds // 2, rounds // 2)


def pix2pix_rounds(size: int = 64) -> int:
    """How many rounds for the scale in force: three to four minutes on two cores at 64 px and "laptop". The paper
    plays 200 epochs of 400 facades, one by one."""
    return pick(smoke=4, laptop={64: 1900, 128: 1500, 256: 1500}[size], colab=10_000, paper=80_000)


def pix2pix_size(data: str) -> int:
    """The size of pictures where none is asked for."""
    return 64 if data == "street" else pick(smoke=64, laptop=64, colab=128, paper=256)


def pix2pix_streets(direction: str = "BtoA", size: int = 64) -> tuple[Pairs, Pairs]:
    """Houses to train on and houses held out; A is the photo and B the label map."""
    x, y = ("photo", "labels") if direction == "AtoB" else ("labels", "photo")
    numbers = {"train": pick(smoke=16, laptop=3000, paper=6000), "test": pix2pix_held_out()}
    return tuple(street_pairs(n, size, part, x=x, y=y) for part, n in numbers.items())


def pix2pix_held_out() -> int:
    """How many held-out pairs are looked at, at most."""
    return pick(smoke=4, laptop=500)


def pix2pix_batches(train, size: int = 64, seed: int = 0):
    """Batches (x, y) of pairs (Pairs or a PairedFolder), mirrored by chance. From pictures that are larger than `size`
    a square is cut out at random, as in the paper (appendix 6.2). Of several workers each plays a batch of the recipe.
    """
    n = workers.whole(PIX2PIX[size][2], len(train))
    larger = train[:1].x.shape[-1] > size
    return train.batches(n, crop=size if larger else None, flip=True, seed=seed)
