"""Right and wrong answers to the exercises of chapter 05; see :mod:`tests.check.bank`."""

import random

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce_logits
from torch.nn.functional import l1_loss, logsigmoid, mse_loss, smooth_l1_loss, softplus
from torchvision.transforms import functional as vision

from gancourse.games.pix2pix import Pix2Pix, answer
from gancourse.losses import g_nonsaturating
from tests.check.bank import right, wrong

# --- ex05_shown -------------------------------------------------------------------------------------------------------


@right("ex05_shown", reference=True)
def shown_by_cat(x, y):
    return torch.cat([x, y], dim=1)


@right("ex05_shown", reference=True)
def shown_by_hand(x, y):
    seen = torch.empty(len(x), x.shape[1] + y.shape[1], *x.shape[2:])
    seen[:, : x.shape[1]] = x
    seen[:, x.shape[1] :] = y
    return seen


right("ex05_shown")(lambda x, y: torch.concatenate((x, y), axis=-3))
right("ex05_shown")(lambda x, y: torch.stack([torch.cat(two) for two in zip(x, y, strict=True)]))
right("ex05_shown")(lambda x, y: Pix2Pix(torch.nn.Identity(), torch.nn.Identity()).shown(x, y))

wrong("ex05_shown", "y comes first", lambda x, y: torch.cat([y, x], 1))
wrong("ex05_shown", "dimension 0, which holds the houses", lambda x, y: torch.cat([x, y]))
wrong("ex05_shown", "y stands below x", lambda x, y: torch.cat([x, y], 2))
wrong("ex05_shown", "y stands beside x", lambda x, y: torch.cat([x, y], -1))
wrong("ex05_shown", "stacked", lambda x, y: torch.stack([x, y], 1))
wrong("ex05_shown", "stacked", lambda x, y: torch.stack([x, y]))
wrong("ex05_shown", "added", lambda x, y: x + y)
wrong("ex05_shown", "the mean of both", lambda x, y: (x + y) / 2)
wrong("ex05_shown", "subtracted", lambda x, y: y - x)
wrong("ex05_shown", "multiplied", lambda x, y: x * y)
wrong("ex05_shown", "y alone", lambda x, y: y)
wrong("ex05_shown", "x alone", lambda x, y: x)
wrong("ex05_shown", "x twice", lambda x, y: torch.cat([x, x], 1))
wrong("ex05_shown", "y twice", lambda x, y: torch.cat([y, y], 1))
wrong("ex05_shown", "the x of another house", lambda x, y: torch.cat([x, y.roll(1, 0)], 1))
wrong("ex05_shown", "the x of another house", lambda x, y: torch.cat([x.flip(0), y], 1).flip(0))
wrong("ex05_shown", "no gradient flows", lambda x, y: torch.cat([x, y.detach()], 1))
wrong("ex05_shown", "the numbers differ", lambda x, y: torch.cat([x, -y], 1))
wrong("ex05_shown", "wrong type: a tuple", lambda x, y: (x, y))
wrong("ex05_shown", "wrong shape: (1, 2, 4, 1, 2)", lambda x, y: torch.cat([x, y], 1)[None])
wrong("ex05_shown", "your function returned None", lambda x, y: print(end=""))
wrong("ex05_shown", "take one list of tensors", lambda x, y: torch.cat(x, y))
wrong("ex05_shown", "still apart", lambda x, y: [x, y])
wrong("ex05_shown", "numpy function: it knows nothing of gradients", lambda x, y: np.concatenate([x, y], 1))


# --- ex05_g_loss ------------------------------------------------------------------------------------------------------


@right("ex05_g_loss", reference=True)
def g_loss_by_softplus(D, x, y, fake, l1=100):
    return softplus(-D(torch.cat([x, fake], 1))).mean() + l1 * (fake - y).abs().mean()


@right("ex05_g_loss", reference=True)
def g_loss_by_bce(D, x, y, fake, l1=100.0):
    s = D(torch.cat([x, fake], 1))
    gan = bce_logits(s, torch.ones_like(s))
    return gan + l1 * l1_loss(fake, y)


@right("ex05_g_loss", reference=True)
def g_loss_by_logsigmoid(D, x, y, fake, l1):
    near = (y - fake).abs().mean()
    return l1 * near - logsigmoid(D(torch.cat((x, fake), dim=1))).mean()


@right("ex05_g_loss")
def g_loss_with_a_frozen_y(D, x, y, fake, l1=100):
    return g_nonsaturating(D(torch.cat([x.detach(), fake], 1))) + l1 * torch.mean(abs(fake - y.detach()))


right("ex05_g_loss")(lambda D, x, y, f, l1: Pix2Pix(torch.nn.Identity(), D, l1=l1).g_loss(x, y, f))


def g_loss(
    see=lambda x, y, f: (x, f),
    gan=lambda s: softplus(-s).mean(),
    near=lambda x, y, f: (f - y).abs().mean(),
    weigh=lambda a, b, l1: a + l1 * b,
):
    """The loss with something wrong in it."""
    return lambda D, x, y, fake, l1=100: weigh(gan(D(torch.cat(see(x, y, fake), 1))), near(x, y, fake), l1)


wrong("ex05_g_loss", "taken to x", g_loss(near=lambda x, y, f: l1_loss(f, x)))
wrong("ex05_g_loss", "distance of x and y", g_loss(near=lambda x, y, f: l1_loss(x, y)))
wrong("ex05_g_loss", "L1 is a sum", g_loss(near=lambda x, y, f: l1_loss(f, y, reduction="sum")))
wrong("ex05_g_loss", "over the pixels of a house", g_loss(near=lambda x, y, f: (f - y).abs().flatten(1).sum(1).mean()))
wrong("ex05_g_loss", "pixels of each channel", g_loss(near=lambda x, y, f: (f - y).abs().sum((2, 3)).mean()))
wrong("ex05_g_loss", "summed over the channels", g_loss(near=lambda x, y, f: (f - y).abs().sum(1).mean()))
wrong("ex05_g_loss", "summed over the channels", g_loss(near=lambda x, y, f: 3 * l1_loss(f, y)))
wrong("ex05_g_loss", "over rows or columns", g_loss(near=lambda x, y, f: (f - y).abs().sum(2).mean()))
wrong("ex05_g_loss", "over rows or columns", g_loss(near=lambda x, y, f: (f - y).abs().sum(-1).mean()))
wrong("ex05_g_loss", "summed over the houses", g_loss(near=lambda x, y, f: (f - y).abs().sum(0).mean()))
wrong("ex05_g_loss", "channels are averaged before", g_loss(near=lambda x, y, f: (f - y).mean(1).abs().mean()))
wrong("ex05_g_loss", "difference in colour", g_loss(near=lambda x, y, f: (f - y).norm(dim=1).mean()))
wrong("ex05_g_loss", "the numbers differ", g_loss(near=lambda x, y, f: (f - y).abs().amax(1).mean()))
wrong("ex05_g_loss", "the numbers differ", g_loss(near=lambda x, y, f: l1_loss(f[:, :1], y[:, :1])))
wrong("ex05_g_loss", "squared errors", g_loss(near=lambda x, y, f: mse_loss(f, y)))
wrong("ex05_g_loss", "root of the squared errors", g_loss(near=lambda x, y, f: mse_loss(f, y).sqrt()))
wrong("ex05_g_loss", "the length of the difference", g_loss(near=lambda x, y, f: torch.norm(f - y)))
wrong("ex05_g_loss", "smooth L1", g_loss(near=lambda x, y, f: smooth_l1_loss(f, y)))
wrong("ex05_g_loss", "no absolute value", g_loss(near=lambda x, y, f: (f - y).mean()))
wrong("ex05_g_loss", "or one behind the mean", g_loss(near=lambda x, y, f: (f - y).mean().abs()))
wrong("ex05_g_loss", "no absolute value", g_loss(near=lambda x, y, f: (y - f).mean()))
wrong("ex05_g_loss", "Hint: both are costs: add them.", g_loss(weigh=lambda a, b, l1: a - l1 * b))
wrong("ex05_g_loss", "Hint: add l1 times the mean absolute difference", g_loss(weigh=lambda a, b, l1: a))
wrong("ex05_g_loss", "at the wrong term", g_loss(weigh=lambda a, b, l1: l1 * a + b))
wrong("ex05_g_loss", "at both terms", g_loss(weigh=lambda a, b, l1: l1 * (a + b)))
wrong("ex05_g_loss", "l1 is not used", g_loss(weigh=lambda a, b, l1: a + b))
wrong("ex05_g_loss", "100 is written", g_loss(weigh=lambda a, b, l1: a + 100 * b))
wrong("ex05_g_loss", "divided by the weight", g_loss(weigh=lambda a, b, l1: a + b / l1))
wrong("ex05_g_loss", "L1 alone", g_loss(weigh=lambda a, b, l1: l1 * b))
wrong("ex05_g_loss", "the cGAN alone", g_loss(weigh=lambda a, b, l1: a))
wrong("ex05_g_loss", "L1 is subtracted", g_loss(weigh=lambda a, b, l1: a - l1 * b))
wrong("ex05_g_loss", "missing minus: both terms", g_loss(weigh=lambda a, b, l1: -(a + l1 * b)))
wrong("ex05_g_loss", "half the loss", g_loss(weigh=lambda a, b, l1: 0.5 * (a + l1 * b)))
wrong("ex05_g_loss", "shown the real pair", g_loss(see=lambda x, y, f: (x, y)))
wrong("ex05_g_loss", "shown (fake, y)", g_loss(see=lambda x, y, f: (f, y)))
wrong("ex05_g_loss", "shown (y, fake)", g_loss(see=lambda x, y, f: (y, f)))
wrong("ex05_g_loss", "x comes first", g_loss(see=lambda x, y, f: (f, x)))
wrong("ex05_g_loss", "the fake twice", g_loss(see=lambda x, y, f: (f, f)))
wrong("ex05_g_loss", "the x of another house", g_loss(see=lambda x, y, f: (x.roll(1, 0), f)))
wrong("ex05_g_loss", "summed over the patches", g_loss(gan=lambda s: softplus(-s).sum((1, 2, 3)).mean()))
wrong("ex05_g_loss", "averaged before softplus", g_loss(gan=lambda s: softplus(-s.mean((1, 2, 3))).mean()))
wrong("ex05_g_loss", "softplus of the mean", g_loss(gan=lambda s: softplus(-s.mean())))
wrong("ex05_g_loss", "the saturating loss", g_loss(gan=lambda s: -softplus(s).mean()))
wrong("ex05_g_loss", "the critic's wish", g_loss(gan=lambda s: softplus(s).mean()))
wrong("ex05_g_loss", "missing minus: log D(fake)", g_loss(gan=lambda s: logsigmoid(s).mean()))
wrong("ex05_g_loss", "sigmoid twice", g_loss(gan=lambda s: softplus(-s.sigmoid()).mean()))
wrong("ex05_g_loss", "a sum instead of a mean", g_loss(gan=lambda s: softplus(-s).sum()))
wrong("ex05_g_loss", "without its logarithm", g_loss(gan=lambda s: 1 - s.sigmoid().mean()))
wrong("ex05_g_loss", "Wasserstein", g_loss(gan=lambda s: -s.mean()))
wrong("ex05_g_loss", "least-squares", g_loss(gan=lambda s: (s - 1).square().mean()))
wrong(
    "ex05_g_loss", "in both terms", g_loss(gan=lambda s: softplus(-s).sum(), near=lambda x, y, f: (f - y).abs().sum())
)
wrong("ex05_g_loss", "on its way to D", g_loss(see=lambda x, y, f: (x, f.detach())))
wrong("ex05_g_loss", "cut off in L1", g_loss(near=lambda x, y, f: (f.detach() - y).abs().mean()))
wrong("ex05_g_loss", "no gradient flows", lambda D, x, y, f, l1: g_loss()(D, x, y, f.detach(), l1).detach())
wrong("ex05_g_loss", "the numbers differ", g_loss(weigh=lambda a, b, l1: a + (l1 + 1) * b))
wrong("ex05_g_loss", "a plain number", lambda D, x, y, f, l1: g_loss()(D, x, y, f, l1).item())
wrong("ex05_g_loss", "missing mean", g_loss(gan=lambda s: softplus(-s)))
wrong("ex05_g_loss", "missing mean", g_loss(near=lambda x, y, f: (f - y).abs()))
wrong("ex05_g_loss", "given 2 arguments", lambda D, x, y, f, l1: softplus(-D(x, f)).mean() + l1 * l1_loss(f, y))
wrong("ex05_g_loss", "single pictures", lambda D, x, y, f, l1: softplus(-D(f)).mean() + l1 * l1_loss(f, y))
wrong("ex05_g_loss", "single pictures", lambda D, x, y, f, l1: softplus(-D(torch.cat([x, f]))).mean())
wrong("ex05_g_loss", "(n, c_x + c_y, h, w)", lambda D, x, y, f, l1: softplus(-D(torch.cat([x, f], 2))).mean())
wrong("ex05_g_loss", "takes (D, x, fake)", lambda D, x, fake: softplus(-D(torch.cat([x, fake], 1))).mean())


# --- ex05_jitter ------------------------------------------------------------------------------------------------------


@right("ex05_jitter", reference=True)
def jitter_one_by_one(x, y, crop, top, left, mirror):
    x = x[:, top : top + crop, left : left + crop]
    y = y[:, top : top + crop, left : left + crop]
    if mirror:
        x, y = x.flip(2), y.flip(2)
    return x, y


@right("ex05_jitter", reference=True)
def jitter_together(x, y, crop, top, left, mirror):
    both = torch.cat([x, y])
    both = both[:, top : top + crop, left : left + crop]
    if mirror:
        both = both.flip(2)
    return both[: len(x)], both[len(x) :]


@right("ex05_jitter")
def jitter_by_narrow(x, y, crop, top, left, mirror):
    both = [p.narrow(1, top, crop).narrow(2, left, crop) for p in (x, y)]
    return [p.flip(-1) for p in both] if mirror else both


@right("ex05_jitter")
def jitter_by_torchvision(x, y, crop, top, left, mirror):
    x, y = (vision.crop(p, top, left, crop, crop) for p in (x, y))
    return (vision.hflip(x), vision.hflip(y)) if mirror else (x, y)


@right("ex05_jitter")
def jitter_mirrors_first(x, y, crop, top, left, mirror):
    if mirror:
        x, y, left = x.flip(2), y.flip(2), x.shape[2] - crop - left
    return tuple(p[:, top : top + crop, left : left + crop] for p in (x, y))


@right("ex05_jitter")
def jitter_by_numbers(x, y, crop, top, left, mirror):
    columns = list(range(left, left + crop))[:: -1 if mirror else 1]
    return x[:, top : top + crop][:, :, columns], y[:, top : top + crop][:, :, columns]


def square(p, crop, top, left, mirror=False):
    p = p[:, top : top + crop, left : left + crop]
    return p.flip(2) if mirror else p


def alike(change):
    """The same fault in both pictures."""
    return lambda x, y, crop, top, left, mirror: tuple(change(p, crop, top, left, mirror) for p in (x, y))


def by_chance(draw):
    """Mirrored if a draw says so."""
    return lambda x, y, k, i, j, m: tuple(square(p, k, i, j, turn) for turn in [draw(m)] for p in (x, y))


for draw in (
    lambda m: torch.rand(()) < 0.5,
    lambda m: random.random() < 0.5,
    lambda m: np.random.default_rng().random() < 0.5,
    lambda m: m and torch.rand(()) < 0.5,
    lambda m: m or random.random() < 0.5,
):
    wrong("ex05_jitter", "left to chance", by_chance(draw))
wrong("ex05_jitter", "left to chance", alike(lambda p, k, i, j, m: square(p, k, i, j, torch.rand(()) < 0.5)))
wrong("ex05_jitter", "mirrored, though mirror is", by_chance(lambda m: torch.manual_seed(0) and torch.rand(()) < 0.5))
wrong("ex05_jitter", "not mirrored, though mirror is True", by_chance(lambda m: m < 0.5))  # as if it were a number
wrong("ex05_jitter", "Not yet: not mirrored", alike(lambda p, k, i, j, m: square(p, k, i, j)))
wrong("ex05_jitter", "It returns a new picture", alike(lambda p, k, i, j, m: (square(p, k, i, j), p.flip(2))[0]))
wrong("ex05_jitter", "negative step", alike(lambda p, k, i, j, m: square(p, k, i, j)[:, :, ::-1]))
wrong("ex05_jitter", "does every way through yours end in one?", lambda *a: jitter_one_by_one(*a) if a[-1] else None)
wrong("ex05_jitter", "mirrored, though mirror is False", alike(lambda p, k, i, j, m: square(p, k, i, j, True)))
wrong("ex05_jitter", "Not yet: not cut", alike(lambda p, k, i, j, m: p.flip(2) if m else p))


def jitter_in_place(x, y, crop, top, left, mirror):
    for p in (x, y):
        if mirror:
            p[:, top : top + crop, left : left + crop] = square(p, crop, top, left, True).clone()
    return square(x, crop, top, left), square(y, crop, top, left)


wrong("ex05_jitter", "what was handed over was changed: x and y", jitter_in_place)
wrong("ex05_jitter", "neither cut nor mirrored", lambda x, y, k, i, j, m: (x, y))
wrong("ex05_jitter", "top and left are swapped", alike(lambda p, k, i, j, m: square(p, k, j, i, m)))
wrong(
    "ex05_jitter", "upside down", alike(lambda p, k, i, j, m: square(p, k, i, j).flip(1) if m else square(p, k, i, j))
)
wrong("ex05_jitter", "by 180 degrees", alike(lambda p, k, i, j, m: square(p, k, i, j).flip(1, 2)))
wrong("ex05_jitter", "the channels are flipped", alike(lambda p, k, i, j, m: square(p, k, i, j).flip(0)))
wrong("ex05_jitter", "along the diagonal", alike(lambda p, k, i, j, m: square(p, k, i, j).transpose(1, 2)))
wrong("ex05_jitter", "mirrored first", alike(lambda p, k, i, j, m: square(p.flip(2) if m else p, k, i, j)))
wrong("ex05_jitter", "off by one", alike(lambda p, k, i, j, m: square(p, k, i + 1, j + 1, m)))
wrong("ex05_jitter", "off by one", alike(lambda p, k, i, j, m: square(p, k, i - 1, j - 1, m)))
wrong("ex05_jitter", "one column too many", alike(lambda p, k, i, j, m: square(p, k + 1, i, j, m)))
wrong("ex05_jitter", "one column are missing", alike(lambda p, k, i, j, m: square(p, k - 1, i, j, m)))
wrong("ex05_jitter", "end at crop", alike(lambda p, k, i, j, m: square(p[:, :k, :k], k, i, j, m)))
wrong("ex05_jitter", "from the corner", alike(lambda p, k, i, j, m: square(p, k, 0, 0, m)))
wrong("ex05_jitter", "from the middle", alike(lambda p, k, i, j, m: square(vision.center_crop(p, k), k, 0, 0, m)))
wrong("ex05_jitter", "top is not used", alike(lambda p, k, i, j, m: square(p, k, 0, j, m)))
wrong("ex05_jitter", "left is not used", alike(lambda p, k, i, j, m: square(p, k, i, 0, m)))
wrong(
    "ex05_jitter",
    "along channels and rows",
    alike(lambda p, k, i, j, m: p[i : i + k, j : j + k].flip(2) if m else p[i : i + k, j : j + k]),
)
wrong("ex05_jitter", "x is right, y is not: neither cut", lambda x, y, k, i, j, m: (square(x, k, i, j, m), y))
wrong("ex05_jitter", "y is right, x is not: neither cut", lambda x, y, k, i, j, m: (x, square(y, k, i, j, m)))
wrong(
    "ex05_jitter",
    "x is right, y is not: not mirrored",
    lambda x, y, k, i, j, m: (square(x, k, i, j, m), square(y, k, i, j)),
)
wrong(
    "ex05_jitter",
    "y is right, x is not: top and left",
    lambda x, y, k, i, j, m: (square(x, k, j, i, m), square(y, k, i, j, m)),
)
wrong(
    "ex05_jitter",
    "x and y are swapped",
    lambda x, y, k, i, j, m: (square(y, k, i, j, m), square(x, k, i, j, m)),
)
wrong("ex05_jitter", "x came back twice", lambda x, y, k, i, j, m: (square(x, k, i, j, m),) * 2)
wrong("ex05_jitter", "y came back twice", lambda x, y, k, i, j, m: (square(y, k, i, j, m),) * 2)
wrong("ex05_jitter", "wrong type: a tensor", lambda x, y, k, i, j, m: square(torch.cat([x, y]), k, i, j, m))
wrong("ex05_jitter", "wrong shape", alike(lambda p, k, i, j, m: square(p, k, i, j, m)[None]))
wrong("ex05_jitter", "wrong type: a ndarray|wrong type: an ndarray", alike(lambda p, *how: square(p, *how).numpy()))
wrong("ex05_jitter", "the numbers differ", alike(lambda p, *how: 2 * square(p, *how)))
wrong("ex05_jitter", "NaN", alike(lambda p, *how: square(p, *how) / 0 * 0))


# --- ex05_spread ------------------------------------------------------------------------------------------------------


@right("ex05_spread", reference=True)
def spread_by_a_mask(pictures, walls):
    m = walls[:, None].float()
    colours = (pictures * m).sum((2, 3)) / m.sum((2, 3))
    return colours.std(0).mean()


@right("ex05_spread", reference=True)
def spread_house_by_house(pictures, walls):
    colours = torch.stack([p[:, m].mean(1) for p, m in zip(pictures, walls, strict=True)])
    return colours.std(0).mean()


@right("ex05_spread", reference=True)
def spread_as_of_a_population(pictures, walls):
    colours = torch.einsum("nchw,nhw->nc", pictures, walls.float()) / walls.sum((1, 2))[:, None]
    return colours.std(0, unbiased=False).mean()


right("ex05_spread")(lambda p, m: np.ma.array(p, mask=~m[:, None].expand_as(p)).mean((2, 3)).std(0).mean())
right("ex05_spread")(lambda p, m: p.masked_fill(~m[:, None], torch.nan).nanmean((2, 3)).std(0).mean().item())


def colours_of(p, m):
    return (p * m[:, None]).sum((2, 3)) / m[:, None].sum((2, 3))


wrong("ex05_spread", "the mask is not used", lambda p, m: p.mean((2, 3)).std(0).mean())
wrong("ex05_spread", "divided by all pixels", lambda p, m: (p * m[:, None]).mean((2, 3)).std(0).mean())
wrong("ex05_spread", "not divided", lambda p, m: (p * m[:, None]).sum((2, 3)).std(0).mean())
wrong("ex05_spread", "the walls of all houses", lambda p, m: ((p * m[:, None]).sum((2, 3)) / m.sum()).std(0).mean())
wrong("ex05_spread", "the mask is upside down", lambda p, m: colours_of(p, ~m).std(0).mean())
wrong("ex05_spread", "its texture", lambda p, m: sum(a[:, b].std(1).mean() for a, b in zip(p, m, strict=True)) / len(p))
wrong("ex05_spread", "all walls at once", lambda p, m: p.permute(1, 0, 2, 3)[:, m].std(1).mean())
wrong("ex05_spread", "pixel by pixel", lambda p, m: p.std(0).mean())
wrong("ex05_spread", "over the channels", lambda p, m: colours_of(p, m).std(1).mean())
wrong("ex05_spread", "houses and channels at once", lambda p, m: colours_of(p, m).std())
wrong("ex05_spread", "channels are averaged first", lambda p, m: colours_of(p, m).mean(1).std())
wrong("ex05_spread", "the variance", lambda p, m: colours_of(p, m).var(0).mean())
wrong("ex05_spread", "root of the mean variance", lambda p, m: colours_of(p, m).var(0).mean().sqrt())
wrong("ex05_spread", "summed over the channels", lambda p, m: colours_of(p, m).std(0).sum())
wrong("ex05_spread", "one channel alone", lambda p, m: colours_of(p, m)[:, 0].std())
wrong("ex05_spread", "the mean deviation", lambda p, m: (colours_of(p, m) - colours_of(p, m).mean(0)).abs().mean())
wrong("ex05_spread", "the range", lambda p, m: (colours_of(p, m).amax(0) - colours_of(p, m).amin(0)).mean())
wrong("ex05_spread", "and not its spread", lambda p, m: colours_of(p, m).mean())
wrong("ex05_spread", "missing mean", lambda p, m: colours_of(p, m).std(0))
wrong("ex05_spread", "the mask does not fit", lambda p, m: (p * m).sum((2, 3)).std(0).mean())
wrong("ex05_spread", "the mask does not fit", lambda p, m: p[m].std(0).mean())
wrong("ex05_spread", "the numbers differ", lambda p, m: 2 * colours_of(p, m).std(0).mean())
wrong("ex05_spread", "NaN", lambda p, m: (colours_of(p, m) * torch.nan).std())
wrong("ex05_spread", "wrong type: a bool", lambda p, m: True)
wrong("ex05_spread", "your function returned None", lambda p, m: print(end=""))


# --- ex05_fixed_input -------------------------------------------------------------------------------------------------


@right("ex05_fixed_input", reference=True)
def variety_by_std(answers):
    return answers.std(0).mean()


@right("ex05_fixed_input", reference=True)
def variety_by_hand(answers):
    away = answers - answers.mean(dim=0)
    return (away.square().sum(dim=0) / (len(answers) - 1)).sqrt().mean()


@right("ex05_fixed_input", reference=True)
def variety_of_a_population(answers):
    return answers.var(dim=0, unbiased=False).sqrt().mean()


right("ex05_fixed_input")(lambda a: np.std(a.numpy(), axis=0).mean())
right("ex05_fixed_input")(lambda a: a.flatten(1).std(0).mean().item())
right("ex05_fixed_input")(lambda a: sum(a[:, i].std(0).mean() for i in range(a.shape[1])) / a.shape[1])

wrong("ex05_fixed_input", "over the houses", lambda a: a.std(1).mean())
wrong("ex05_fixed_input", "over the channels", lambda a: a.std(2).mean())
wrong("ex05_fixed_input", "over the rows", lambda a: a.std(3).mean())
wrong("ex05_fixed_input", "over the columns", lambda a: a.std(-1).mean())
wrong("ex05_fixed_input", "over everything at once", lambda a: a.std())
wrong("ex05_fixed_input", "draws and houses at once", lambda a: a.flatten(0, 1).std(0).mean())
wrong("ex05_fixed_input", "over the pixels of each picture", lambda a: a.flatten(2).std(2).mean())
wrong("ex05_fixed_input", "each picture is averaged first", lambda a: a.mean((2, 3, 4)).std(0).mean())
wrong("ex05_fixed_input", "the houses are averaged first", lambda a: a.mean(1).std(0).mean())
wrong("ex05_fixed_input", "each draw is averaged first", lambda a: a.mean((1, 2, 3, 4)).std())
wrong("ex05_fixed_input", "the variance", lambda a: a.var(0).mean())
wrong("ex05_fixed_input", "root of the mean variance", lambda a: a.var(0).mean().sqrt())
wrong("ex05_fixed_input", "two draws alone", lambda a: (a[1] - a[0]).abs().mean())
wrong("ex05_fixed_input", "the mean deviation", lambda a: (a - a.mean(0)).abs().mean())
wrong("ex05_fixed_input", "the range", lambda a: (a.amax(0) - a.amin(0)).mean())
wrong("ex05_fixed_input", "a sum instead of a mean", lambda a: a.std(0).sum())
wrong("ex05_fixed_input", "varies most", lambda a: a.std(0).max())
wrong("ex05_fixed_input", "and not how they vary", lambda a: a.mean())
wrong("ex05_fixed_input", "missing mean", lambda a: a.std(0))
wrong("ex05_fixed_input", "the numbers differ", lambda a: 2 * a.std(0).mean())
wrong("ex05_fixed_input", "NaN", lambda a: (a / 0 * 0).std(0).mean())
wrong("ex05_fixed_input", "wrong type: a bool", lambda a: bool((a.std(0) > 0).any()))


# --- ex05_mend --------------------------------------------------------------------------------------------------------


@right("ex05_mend", reference=True)
def round_of_pairs(game, x, y):
    fake = game.G(x)
    game.minimize(game.d_loss(x, y, fake.detach()), game.D)
    game.minimize(game.g_loss(x, y, fake), game.G)


@right("ex05_mend")
def round_of_pairs_drawn_twice(game, x, y):
    with torch.no_grad():
        fake = game.G(x)
    loss = game.d_loss(x, y, fake)
    game.minimize(loss, game.D)
    game.minimize(game.g_loss(x, y, game.G(x)), game.G)


@wrong("ex05_mend", "G is given y, the answer")
def round_of_pairs_with_two_faults_left(game, x, y):
    fake = game.G(y)
    game.minimize(game.d_loss(x, y, fake.detach()), game.D)
    game.minimize(game.g_loss(y, x, fake), game.G)


@wrong("ex05_mend", "in this chapter D moves first")
def round_of_pairs_with_g_first(game, x, y):
    fake = game.G(x)
    game.minimize(game.g_loss(x, y, fake), game.G)
    game.minimize(game.d_loss(x, y, fake.detach()), game.D)


@wrong("ex05_mend", "all its faults are still there. Faults left: 3.")
def round_of_pairs_as_it_stands(game, x, y):
    fake = game.G(y)
    game.minimize(game.d_loss(x, y, fake), game.D)
    game.minimize(game.g_loss(y, x, fake), game.G)


def pairs(d=lambda x, y, f: (x, y, f), g=lambda x, y, f: (x, y, f), cut=lambda f: f.detach(), players="DG"):
    """A round with something wrong in it."""

    def answer(game, x, y):
        fake = game.G(x)
        game.minimize(game.d_loss(*d(x, y, cut(fake))), getattr(game, players[0]))
        game.minimize(game.g_loss(*g(x, y, fake)), getattr(game, players[1]))

    return answer


wrong("ex05_mend", "D takes y for the plan", pairs(g=lambda x, y, f: (y, x, f)))
wrong("ex05_mend", "It was given (y, x, fake).", pairs(g=lambda x, y, f: (y, x, f)))
wrong("ex05_mend", "G learns from L1 alone", pairs(g=lambda x, y, f: (x, f, y)))
wrong("ex05_mend", "the distance is that of x and y", pairs(g=lambda x, y, f: (f, y, x)))
wrong("ex05_mend", "D judges x itself", pairs(g=lambda x, y, f: (y, f, x)))
wrong("ex05_mend", "the fake is pulled towards x", pairs(g=lambda x, y, f: (x, x, f)))
wrong("ex05_mend", "given other pictures", pairs(g=lambda x, y, f: (f, x, y)))
wrong("ex05_mend", "swapped labels", pairs(d=lambda x, y, f: (x, f, y)))
wrong("ex05_mend", "a plan answers a house", pairs(d=lambda x, y, f: (y, x, f)))
wrong("ex05_mend", "D never sees a real house", pairs(d=lambda x, y, f: (x, x, f)))
wrong("ex05_mend", "the real house twice", pairs(d=lambda x, y, f: (x, y, y)))
wrong("ex05_mend", "given other pictures", pairs(d=lambda x, y, f: (x, y, -f)))
wrong("ex05_mend", "missing detach", pairs(cut=lambda f: f))
wrong("ex05_mend", "the function detach itself", pairs(cut=lambda f: f.detach))
wrong("ex05_mend", "a detach too many", pairs(g=lambda x, y, f: (x, y, f.detach())))
wrong("ex05_mend", "D alone should move; named for it: G", pairs(players="GD"))
wrong("ex05_mend", "G never moves", lambda game, x, y: game.minimize(game.d_loss(x, y, game.G(x).detach()), game.D))
wrong("ex05_mend", "G was given 2 arguments", lambda game, x, y: game.G(x, y))
wrong("ex05_mend", "game.d_loss was given", lambda game, x, y: game.d_loss(x, y))


@wrong("ex05_mend", "g_loss is computed before D has moved")
def round_of_pairs_with_both_losses_first(game, x, y):
    fake = game.G(x)
    for_d, for_g = game.d_loss(x, y, fake.detach()), game.g_loss(x, y, fake)
    game.minimize(for_d, game.D)
    game.minimize(for_g, game.G)


# --- ex05_bytes -------------------------------------------------------------------------------------------------------


@right("ex05_bytes", reference=True)
def bytes_by_halves(G, pixels):
    x = pixels / 127.5 - 1
    with torch.no_grad():
        houses = G.eval()(x)
    return ((houses + 1) * 127.5).round().to(torch.uint8)


@right("ex05_bytes", reference=True)
def bytes_by_a_unit(G, pixels):
    houses = G.eval()(2 * (pixels / 255) - 1)
    return (255 * (houses + 1) / 2).to(torch.uint8)


right("ex05_bytes")(lambda G, pixels: ((answer(G, pixels / 127.5 - 1) + 1) * 127.5).byte())


@wrong("ex05_bytes", "all its faults are still there")
def bytes_as_they_stand(G, pixels):
    x = pixels / 255
    houses = G.train()(x)
    return (houses.clamp(0, 1) * 255).to(torch.uint8)


def in_bytes(into=lambda p: p / 127.5 - 1, mode=lambda G: G.eval(), back=lambda h: (h + 1) * 127.5):
    """The way of the bytes with something wrong in it."""
    return lambda G, pixels: back(mode(G)(into(pixels)).detach()).to(torch.uint8)


wrong("ex05_bytes", "Faults left: 3.", bytes_as_they_stand)
wrong("ex05_bytes", "what goes in lies in [0, 1]", in_bytes(into=lambda p: p / 255))
wrong("ex05_bytes", "train mode", in_bytes(mode=lambda G: G.train()))
wrong("ex05_bytes", "train mode", in_bytes(mode=lambda G: G))
wrong("ex05_bytes", "the darker half is cut off", in_bytes(back=lambda h: h.clamp(0, 1) * 255))
wrong("ex05_bytes", "Faults left: 2.", in_bytes(mode=lambda G: G, back=lambda h: h.clamp(min=0) * 255))
wrong("ex05_bytes", "is not yet what G has learned from", in_bytes(into=lambda p: p.float()))
wrong("ex05_bytes", "is not yet what G has learned from", in_bytes(into=lambda p: p / 127.5 + 1))
wrong("ex05_bytes", "A byte of 4 goes in as -0.9843, one of 255 as 0.", in_bytes(into=lambda p: p / 255 - 1))
wrong("ex05_bytes", "is not yet what G has learned from", in_bytes(into=lambda p: (p.float() - 128) / 128))
wrong("ex05_bytes", "bytes have run over", in_bytes(into=lambda p: (p - 127) / 127))
wrong("ex05_bytes", "the darker half is still cut off", in_bytes(back=lambda h: (h.clamp(0, 1) + 1) * 127.5))
wrong("ex05_bytes", "the way back is not yet", in_bytes(back=lambda h: h.clamp(-1, 1) * 127.5))
wrong("ex05_bytes", "the way back is not yet", in_bytes(back=lambda h: (h + 1) / 2))
wrong("ex05_bytes", "train mode", lambda G, p: torch.cat([in_bytes(mode=lambda G: G)(G, one) for one in p.split(1)]))
wrong("ex05_bytes", "it does something else now", lambda G, p: torch.zeros(len(p), 3, *p.shape[2:]).byte())
wrong("ex05_bytes", "bytes are asked for", lambda G, pixels: G.eval()(pixels / 127.5 - 1).detach())
wrong("ex05_bytes", "wrong type: torch.float32", lambda G, pixels: (G.eval()(pixels / 127.5 - 1) + 1) * 127.5)
wrong("ex05_bytes", "wrong shape", lambda G, pixels: bytes_by_halves(G, pixels)[0])
wrong("ex05_bytes", "wrong type: a list", lambda G, pixels: bytes_by_halves(G, pixels).tolist())


# --- ex05_one ---------------------------------------------------------------------------------------------------------

for knobs in ((-0.8, -0.26), [-0.79, -0.27], torch.tensor([-0.8, -0.26]), np.array([-0.8, -0.26])):
    right("ex05_one")(knobs)

wrong("ex05_one", "the two are swapped", (-0.26, -0.8))
wrong("ex05_one", "the mean, -0.26, is not what L1 asks for", (-0.26, -0.26))
wrong("ex05_one", "the median, -0.8, is not what the squares ask for", (-0.8, -0.8))
wrong("ex05_one", "the middle of the two ends", (0.0, -0.26))
wrong("ex05_one", "-0.5 does not cost least by L1", (-0.5, -0.26))
wrong("ex05_one", "-0.3 does not cost least by the squares", (-0.8, -0.3))
wrong("ex05_one", "it can be done for 0.580 and 0.530", (0, 0.1))
wrong("ex05_one", "1 number came, and 2 are asked for", (-0.8,))
wrong("ex05_one", "given a float", -0.8)
wrong("ex05_one", "3 numbers came, and 2 are asked for", (1, 2, 3))


# --- ex05_weight ------------------------------------------------------------------------------------------------------

for letter in ("c", "C", "(c)"):
    right("ex05_weight")(letter)

wrong("ex05_weight", "there L1 costs 25", "a")
wrong("ex05_weight", "there L1 costs 7", "b")
wrong("ex05_weight", "none of the letters", "d")
wrong("ex05_weight", "none of the letters", "0.007")
wrong("ex05_weight", "given a float", 0.007)
wrong("ex05_weight", "given a list", ["c"])
wrong("ex05_weight", "divide by 100", "B")


# --- ex05_order -------------------------------------------------------------------------------------------------------

for order in ("iecgdhafb", "iegcdhafb", "igecdhafb", "igecdhAFB", list("igecdhafb")):
    right("ex05_order")(order)

wrong("ex05_order", "G moves before D", "ieafbcgdh")
wrong("ex05_order", "G moves in line 5, D in line 9", "ieafbcgdh")
wrong("ex05_order", "D has moved between loss_G and minimize(loss_G, G)", "iecgdafhb")
wrong("ex05_order", "torch would stop: the weights in the graph were changed by minimize(loss_D, D)", "iecgdahfb")
wrong("ex05_order", "fake is used before it is there", "icegdhafb")
wrong("ex05_order", "x is used before it is there", "eicgdhafb")
wrong("ex05_order", "real is used before it is there", "iecdghafb")
wrong("ex05_order", "fooled is used before it is there", "iecgdhfab")
wrong("ex05_order", "missing: g", "iecdhafb")
wrong("ex05_order", "no line has the letter z", "iecgdhafz")


# --- ex05_alone -------------------------------------------------------------------------------------------------------


@right("ex05_alone", reference=True)
def alone_one_by_one(G, x):
    with torch.no_grad():
        return torch.cat([G.train()(one) for one in x.split(1)])


@right("ex05_alone", reference=True)
def alone_by_a_loop(G, x):
    G.train()
    houses = [G(x[i : i + 1])[0] for i in range(len(x))]
    return torch.stack(houses).detach()


right("ex05_alone")(lambda G, x: torch.cat([answer(G, one, batch_statistics=True) for one in x.split(1)]))


@wrong("ex05_alone", "eval mode: the norms take what they gathered")
def alone_as_it_stands(G, x):
    with torch.no_grad():
        return G.eval()(x)


wrong("ex05_alone", "eval mode", lambda G, x: torch.cat([G.eval()(one) for one in x.split(1)]))
wrong("ex05_alone", "eval mode", lambda G, x: G(x))  # in the mode in which it came
wrong("ex05_alone", "all at once", lambda G, x: G.train()(x))
wrong("ex05_alone", "something else", lambda G, x: torch.cat([G.train()(x[[0, i]])[1:] for i in range(len(x))]))
wrong("ex05_alone", "something else", lambda G, x: alone_one_by_one(G, x.flip(0)))
wrong("ex05_alone", "wrong shape", lambda G, x: G.train()(x[:1]))
wrong("ex05_alone", "wrong type: a list", lambda G, x: [G.train()(one) for one in x.split(1)])
wrong("ex05_alone", "without a batch around it", lambda G, x: torch.stack([G.train()(one) for one in x]))


# --- ex05_reach -------------------------------------------------------------------------------------------------------


@right("ex05_reach", reference=True)
def reach_by_mask(G, x, edited):
    change = (G(edited) - G(x)).abs().mean(1)
    where = (x != edited).any(1)
    return change[where].mean(), change[~where].mean()


@right("ex05_reach", reference=True)
def reach_by_weights(G, x, edited):
    inside = (x - edited).abs().sum(dim=1, keepdim=True).gt(0).float()
    change = (G(x) - G(edited)).abs() / 3
    return (change * inside).sum() / inside.sum(), (change * (1 - inside)).sum() / (1 - inside).sum()


@right("ex05_reach")
def reach_pixel_by_pixel(G, x, edited):
    change, parts = l1_loss(G(x), G(edited), reduction="none"), {True: [], False: []}
    for i, j, k in np.ndindex(*change[:, 0].shape):
        parts[bool((x[i, :, j, k] != edited[i, :, j, k]).any())].append(change[i, :, j, k].mean().item())
    return [sum(parts[side]) / len(parts[side]) for side in (True, False)]


def reaching(
    far=lambda G, x, e: (G(e) - G(x)).abs(), at=lambda x, e: (x != e).any(1), put=lambda c, m: c.mean(1)[m].mean()
):
    """The two numbers with something wrong in them."""
    return lambda G, x, e: (put(far(G, x, e), at(x, e)), put(far(G, x, e), ~at(x, e)))


def both_where_houses_differ(a, b):
    change, where = (a - b).abs().mean(1), (a != b).any(1)
    return change[where].mean(), change[~where].mean()


wrong("ex05_reach", "reversed", lambda *a: reach_by_mask(*a)[::-1])
wrong(
    "ex05_reach",
    "where the plans differ is asked for",
    lambda G, x, e: torch.stack(both_where_houses_differ(G(x), G(e))),
)
wrong("ex05_reach", "the mask, or index, has other dimensions", reaching(at=lambda x, e: (x != e).any(-1)))
wrong(
    "ex05_reach", "a mask of floats", reaching(at=lambda x, e: (x != e).any(1), put=lambda c, m: c.mean(1)[m.float()])
)
wrong("ex05_reach", "for True and False entry by entry", reaching(put=lambda c, m: c.mean(1)[not m].mean()))
wrong("ex05_reach", "the change of the plan", reaching(lambda G, x, e: (e - x).abs()))
wrong("ex05_reach", "compared with the plans", reaching(lambda G, x, e: (G(e) - x).abs()))
wrong("ex05_reach", "compared with the plans", reaching(lambda G, x, e: (G(e) - e).abs()))
wrong(
    "ex05_reach",
    "outside is the whole picture here",
    lambda G, x, e: (reach_by_mask(G, x, e)[0], l1_loss(G(e), G(x))),
)
wrong("ex05_reach", "channel by channel", reaching(at=lambda x, e: x != e, put=lambda c, m: c[m].mean()))
wrong("ex05_reach", "only where all channels have changed", reaching(at=lambda x, e: (x != e).all(1)))
wrong("ex05_reach", "divided by all pixels in both", reaching(put=lambda c, m: (c.mean(1) * m).mean()))
wrong(
    "ex05_reach",
    "a mean for each house first",
    reaching(put=lambda c, m: torch.stack([p.mean(0)[w].mean() for p, w in zip(c, m, strict=True)]).mean()),
)
wrong("ex05_reach", "no absolute value", reaching(lambda G, x, e: G(e) - G(x)))
wrong("ex05_reach", "before the absolute value", reaching(lambda G, x, e: (G(e) - G(x)).mean(1, keepdim=True).abs()))
wrong("ex05_reach", "squared differences", reaching(lambda G, x, e: (G(e) - G(x)) ** 2))
wrong("ex05_reach", "summed over the channels", reaching(put=lambda c, m: c.sum(1)[m].mean()))
wrong("ex05_reach", "sums instead of means", reaching(put=lambda c, m: c.mean(1)[m].sum()))
wrong("ex05_reach", "missing mean", reaching(put=lambda c, m: c.mean(1)[m]))
wrong("ex05_reach", "wrong type: a float", lambda G, x, e: l1_loss(G(x), G(e)).item())
wrong("ex05_reach", "G was given a tensor of shape (3, 5, 6)", lambda G, x, e: G(x[0]))
wrong("ex05_reach", "NaN", reaching(put=lambda c, m: c.mean(1)[m & ~m].mean()))
wrong("ex05_reach", "the numbers differ", lambda *a: (reach_by_mask(*a)[0], 0.0))
