"""The settings of chapter 6: CycleGAN, the game without pairs, and pix2pix as its like with pairs."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from gancourse import workers
from gancourse.data.street_plan import CLASSES
from gancourse.data.unpaired import Truth, Unpaired, coloured_digits, digits_truth, street_truth, street_unpaired
from gancourse.games.cyclegan import CycleGAN
from gancourse.games.pix2pix import Pix2Pix
from gancourse.games.supervised import Supervised
from gancourse.losses import planes_cross_entropy
from gancourse.networks.instance_noise import InstanceNoise
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.planes import Planes
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from gancourse.recipes.digits import digit_sets
from gancourse.recipes.paired import half_and_half
from gancourse.scale import pick

# px: residual blocks, layers of the critics (a receptive field of 34 or 70 px), pictures of each domain in a batch
CYCLEGAN = {32: (3, 2, 4), 64: (3, 2, 1), 128: (6, 3, 1), 256: (9, 3, 1)}
CYCLEGAN_LR = {"G": 1e-3, "F": 1e-3, "D_X": 5e-4, "D_Y": 5e-4}  # for minutes of training; the paper has 2e-4 for all
NOISE = 0.3  # on planes, where a critic sees them or a way home begins with them
TINT = 0.3  # of forged photos on their way home
PICTURE, PLANES = 3, len(CLASSES)  # channels: a picture's, and those of a label map with a plane for each class


def forger(size: int, into: int = PICTURE, out: int = PICTURE) -> nn.Module:
    """A generator for games without pairs: the paper's residual one, with a softmax where planes are asked for.

    For pictures, where there are minutes only, a U-Net of five halvings: what its skips carry need not be learned.
    """
    base = pick(smoke=8, laptop=16, colab=32, paper=64)
    if out == PICTURE and pick(smoke=True, laptop=True, paper=False):
        return UNet(into, out, base=base, downs=5, norm=nn.InstanceNorm2d, dropout=0.0)
    G = ResNetGenerator(into, out, base=base, blocks=CYCLEGAN[size][0])
    if out == PLANES:
        G.decoder[-1] = Planes()
    return G


def shallow_forger(size: int, into: int = PICTURE, out: int = PICTURE) -> nn.Module:
    """A U-Net of two halvings, which draws each place from a few pixels around it: where light changes and shapes
    stay, such as at dusk, it has less to go wrong with."""
    return UNet(into, out, base=pick(smoke=8, laptop=24), downs=2, norm=nn.InstanceNorm2d, dropout=0.0)


def critic(size: int, channels: int = PICTURE) -> nn.Module:
    """A critic for games without pairs; one of planes sees them under noise."""
    D = PatchGAN(channels, pick(smoke=8, laptop=32, paper=64), CYCLEGAN[size][1], nn.InstanceNorm2d)
    return nn.Sequential(InstanceNoise(NOISE), D) if channels == PLANES else D


def cyclegan(
    size: int = 64,
    rounds: int | None = None,
    kind: type[CycleGAN] = CycleGAN,
    *,
    x: int = PICTURE,
    y: int = PICTURE,
    forger: Callable[..., nn.Module] = forger,
    **options,
) -> CycleGAN:
    """The game of chapter 6 for pictures of 32, 64, 128 or 256 px; its learning rate falls over the second half of the
    rounds.

    Args:
        size, rounds: of the pictures, and to be played.
        kind: of the game.
        x, y: channels of the domains; y may be label maps in planes, see :func:`with_planes`.
        forger: how G and F are made, from the size and their channels.
        options: of the game.
    """
    options = {"lr": cyclegan_lr()} | (with_planes() if y == PLANES else between_pictures()) | options
    players = forger(size, x, y), forger(size, y, x), critic(size, x), critic(size, y)
    return kind(*players, schedule=half_and_half(size, rounds or cyclegan_rounds(size)), **options)


def between_pictures() -> dict[str, float]:
    """Weights. The paper's 10 for the cycle holds on to what is there; with 4, pictures change in minutes. The identity
    loss keeps its weight of 5."""
    return {"cycle": pick(smoke=4.0, laptop=4.0, paper=10.0), "identity": pick(smoke=1.25, laptop=1.25, paper=0.5)}


def dusk_recipe() -> dict:
    """Options for day and dusk, where there are minutes only. A lamp that is lit has forgotten the glass, so day over
    dusk to day weighs little. Dusk over day to dusk weighs much: it teaches G where the lamps are, since F's day has to
    tell, in what is left of it under noise. The identity loss keeps its weight of 5. With five halvings, at 64 px, a
    bottleneck of 2 x 2 under InstanceNorm left its mark in the middle of every house, so there are two; and such
    forgers can learn at twice the rate."""
    minutes = {"cycle": 8.0, "near_x": an_eighth, "noise_x": 0.1, "identity": 0.625}
    minutes |= {"forger": shallow_forger, "lr": {name: 2 * lr for name, lr in CYCLEGAN_LR.items()}}
    return pick(smoke=minutes, laptop=minutes, paper={})


def an_eighth(one: Tensor, other: Tensor) -> Tensor:
    """Of the mean absolute difference."""
    return l1_loss(one, other) / 8


def with_planes() -> dict:
    """Options for label maps: home is where the right class is likely, and no message gets there through the noise.
    A photo is no label map: no identity.

    The heavier the cycle, the less the critics have to say; and home is reached, too, by who calls windows walls and
    walls windows. G reads houses in more colours than F paints them in, since F's are tinted at random on the way home.
    What both are worth stands in the rows of ``experiments.cyclegan``.
    """
    noise = {"noise_x": 0.1, "noise_y": NOISE, "tint_x": TINT}
    return {"cycle": 0.5, "near_y": planes_cross_entropy, "identity": 0.0} | noise


def cyclegan_lr() -> float | dict[str, float]:
    return pick(smoke=CYCLEGAN_LR, laptop=CYCLEGAN_LR, paper=2e-4)


def pix2pix_of_cyclegan(rounds: int, size: int = 64) -> Pix2Pix:
    """With pairs, the forger of CycleGAN, from photo to planes: to be compared with."""
    lr = {"G": CYCLEGAN_LR["G"], "D": CYCLEGAN_LR["D_Y"]}
    D = nn.Sequential(InstanceNoise(NOISE), critic(size, PICTURE + PLANES))
    G, schedule = forger(size, PICTURE, PLANES), half_and_half(size, rounds)
    return Pix2PixOfPlanes(G, D, l1=10.0, lr=lr, schedule=schedule)


def supervised_of_dusk(rounds: int, size: int = 64) -> Supervised:
    """With pairs, the forger of dusk, from day to dusk: to be compared with."""
    recipe = {"forger": forger, "lr": cyclegan_lr()} | dusk_recipe()
    return Supervised(recipe["forger"](size), lr=recipe["lr"], schedule=half_and_half(size, rounds))


class Pix2PixOfPlanes(Pix2Pix):
    """The teacher of a label map asks for the right class: with L1 in its place G learns hardly a class."""

    def g_loss(self, x, y, fake):
        return self.g_adversarial(self.D(self.shown(x, fake))) + self.l1 * planes_cross_entropy(fake, y)


def cyclegan_rounds(size: int = 64, per_epoch: int = 1334) -> int:
    """How many rounds for the scale in force. The paper plays 200 epochs.

    Args:
        per_epoch: rounds in an epoch; those of horse2zebra, unless told.
    """
    return pick(smoke=4, laptop={32: 900, 64: 3000, 128: 900, 256: 900}[size], paper=200 * per_epoch)


def cyclegan_size(data: str) -> int:
    """The size of pictures where none is asked for."""
    return {"street": 64, "dusk": 64, "digits": 32}.get(data) or pick(smoke=64, laptop=64, colab=128, paper=256)


def cyclegan_streets(x: str = "photo", y: str = "planes", size: int = 64) -> tuple[Unpaired, Truth]:
    """Houses to train on, other ones in each view, and houses held out with their truth; x is A and y is B."""
    n = pick(smoke=8, laptop=1500, paper=3000)
    return street_unpaired(n, size, x, y), street_truth(cyclegan_held_out(), size, x, y)


def cyclegan_digits(name: str = "mnist", turn: int = 90) -> tuple[Unpaired, Truth]:
    """Digits and the coloured, turned cousins of other digits; and digits held out with their truth."""
    train, test = digit_sets(name)
    n = pick(smoke=16, laptop=20_000)
    return coloured_digits(train[:n], turn), digits_truth(test[: cyclegan_held_out()], turn)


def cyclegan_held_out() -> int:
    """How many held-out pictures of each domain are looked at, at most."""
    return pick(smoke=4, laptop=200)


def cyclegan_batches(train: Unpaired, size: int = 64, seed: int = 0, flip: bool = True):
    """Batches (x, y), mirrored by chance (a digit should not be). From pictures that are larger than `size` a square is
    cut out at random, as in the reference implementation. Of several workers each plays a batch of the recipe."""
    larger = min(*train.x.shape[2:], *train.y.shape[2:]) > size
    n = workers.whole(CYCLEGAN[size][2], len(train))
    return train.batches(n, crop=size if larger else None, flip=flip, seed=seed)
