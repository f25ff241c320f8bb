"""Exercises of chapter 05: learn the loss, too."""

import math
import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, l1_loss, smooth_l1_loss, softplus

from gancourse.check.ch01 import G_SLIPS, RoundGame, judge_moves
from gancourse.check.ch04 import PatchCritic, sketch
from gancourse.check.guess import judge_letter, numbers_of
from gancourse.check.mend import FIRST, Fault, expect_mended
from gancourse.check.order import Puzzle, Rule, Step, judge_order, minimize
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    kind,
    loss_of,
    overflow,
    same,
    same_gradient,
    show,
    tensor_of,
)


def wave(*shape: int, step: float = 1.7) -> Tensor:
    """Numbers between -1 and 1, no two alike."""
    return (torch.arange(1, 1 + math.prod(shape)) * step).sin().view(shape)


def pair(x: Tensor, y: Tensor, dim: int = 1) -> Tensor:
    return torch.cat([x, y], dim)


BEHIND = "torch.cat([x, y], dim=1): the channels of y behind those of x"
SHOWN_SLIPS = (
    Slip("y comes first, x second", "the critics of this course expect cat([x, y])", lambda x, y: pair(y, x)),
    Slip(
        "concatenated on dimension 0, which holds the houses: D would judge x and y as two pictures of their own",
        BEHIND,
        lambda x, y: pair(x, y, 0),
    ),
    Slip(
        "y stands below x: a small patch would see one or the other, and never both at one place",
        BEHIND,
        lambda x, y: pair(x, y, 2),
    ),
    Slip(
        "y stands beside x: a small patch would see one or the other, and never both at one place",
        BEHIND,
        lambda x, y: pair(x, y, 3),
    ),
    Slip(
        "stacked: this makes a new dimension, and D takes (n, c_x + c_y, h, w)",
        "cat joins along a dimension that is there: dim=1",
        lambda x, y: torch.stack([x, y], 1),
    ),
    Slip(
        "stacked: this makes a new dimension, and D takes (n, c_x + c_y, h, w)",
        "cat joins along a dimension that is there: dim=1",
        lambda x, y: torch.stack([x, y]),
    ),
    Slip("added: from a sum nobody can tell what was x and what was y", BEHIND, lambda x, y: x + y),
    Slip("the mean of both: nobody can tell what was x and what was y", BEHIND, lambda x, y: (x + y) / 2),
    Slip("subtracted: from a difference nobody can tell what was x and what was y", BEHIND, lambda x, y: y - x),
    Slip("multiplied: from a product nobody can tell what was x and what was y", BEHIND, lambda x, y: x * y),
    Slip(
        "y alone: D could not know which house was asked for, and a sharp picture of another one would pass",
        BEHIND,
        lambda x, y: y,
    ),
    Slip("x alone: there is nothing to judge", BEHIND, lambda x, y: x),
    Slip("x twice, and y is missing", BEHIND, lambda x, y: pair(x, x)),
    Slip("y twice, and x is missing", BEHIND, lambda x, y: pair(y, y)),
    Slip("each y stands behind the x of another house", "leave the order as it is", lambda x, y: pair(x, y.roll(1, 0))),
)


@exercise("shown(x, y), what the critic sees of a pair: one batch of (n, c_x + c_y, h, w)")
def ex05_shown(f):
    """f(x, y) -> cat([x, y], dim=1), with a gradient for whoever drew y."""
    answer = Answer(f, "shown(x, y)")
    for n, c_x, c_y, h, w in ((2, 2, 2, 1, 2), (4, 2, 3, 4, 2)):
        x = torch.arange(1.0, 1 + n * c_x * h * w).view(n, c_x, h, w)
        y = torch.arange(100.0, 100 + n * c_y * h * w).view(n, c_y, h, w).requires_grad_()
        right = pair(x, y)
        result = answer(x.clone(), y)
        if isinstance(result, tuple | list) and len(result) == 2 and all(isinstance(p, Tensor) for p in result):
            raise NotYet(f"wrong type: {kind(result)} came back, and the two pictures are still apart", hint=BEHIND)
        result = finite(tensor_of(result), "neither x nor y has a NaN")
        told = f"With x = 1, 2, ... of shape {tuple(x.shape)} and y = 100, 101, ... of shape {tuple(y.shape)},"
        compare(result, right, SHOWN_SLIPS, (x, y), told, hint=BEHIND)
        tensor_of(result, right.shape, BEHIND)
        same_gradient(result, right.sum(), [y], ["y"], "where y is G's picture, G learns through it: no detach here")
    return "A pixel of x and the pixel of y at its place lie in one column of channels: a patch sees both."


def adversarial(D: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return softplus(-D(pair(x, y))).mean()


def distance(change: Callable) -> Callable:
    """The loss with another distance between fake and y in it."""
    return lambda D, x, y, fake, l1: adversarial(D, x, fake) + l1 * change(fake, y)


def judged(see: Callable) -> Callable:
    """The loss with another pair shown to D."""
    return lambda D, x, y, fake, l1: adversarial(D, *see(x, y, fake)) + l1 * l1_loss(fake, y)


def weighed(weigh: Callable) -> Callable:
    """The loss with its two terms weighed in another way."""
    return lambda D, x, y, fake, l1: weigh(adversarial(D, x, fake), l1_loss(fake, y), l1)


NEAR = "(fake - y).abs().mean(): the mean over all pixels, channels and houses"
OWN = "the fake is an answer to x, so D judges cat([x, fake], dim=1)"
EQ4 = "two terms: the mean of softplus(-s) over the map s of D's logits, and l1 times a mean absolute difference"
WEIGHT = "l1 times the mean distance, and the critic's word once"
G_LOSS_SLIPS = (
    Slip(
        "the distance is taken to x, the question; near to y, the answer, is what the fake should be",
        NEAR,
        lambda D, x, y, fake, l1: adversarial(D, x, fake) + l1 * l1_loss(fake, x),
    ),
    Slip(
        "the distance of x and y: G has no part in it",
        NEAR,
        lambda D, x, y, fake, l1: adversarial(D, x, fake) + l1 * l1_loss(x, y),
    ),
    Slip(
        "L1 is a sum here: it would grow with the size of the pictures",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum()),
    ),
    Slip(
        "L1 is summed over the pixels of a house: it would grow with the size of the pictures",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum((1, 2, 3)).mean()),
    ),
    Slip(
        "L1 is summed over the pixels of each channel: it would grow with the size of the pictures",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum((2, 3)).mean()),
    ),
    Slip(
        "L1 is summed over the channels: pictures in colour would weigh three times as much as grey ones",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum(1).mean()),
    ),
    Slip(
        "L1 is summed over rows or columns: it would grow with the size of the pictures",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum(2).mean()),
    ),
    Slip(
        "L1 is summed over the houses: it would grow with the batch",
        NEAR,
        distance(lambda f, y: (f - y).abs().sum(0).mean()),
    ),
    Slip(
        "the channels are averaged before the absolute value: too much red pays for too little blue",
        "first .abs(), then .mean()",
        distance(lambda f, y: (f - y).mean(1).abs().mean()),
    ),
    Slip(
        "the length of each pixel's difference in colour, and L1 takes each channel by itself",
        NEAR,
        distance(lambda f, y: (f - y).norm(dim=1).mean()),
    ),
    Slip(
        "squared errors in place of L1: they ask for the mean of all answers, which blurs more",
        NEAR,
        distance(lambda f, y: (f - y).square().mean()),
    ),
    Slip("the root of the squared errors in place of L1", NEAR, distance(lambda f, y: (f - y).square().mean().sqrt())),
    Slip("the length of the difference in place of L1", NEAR, distance(lambda f, y: (f - y).norm())),
    Slip("smooth L1: near 0 it is a square", "l1_loss, or abs", distance(smooth_l1_loss)),
    Slip("no absolute value: too bright here pays for too dark there", NEAR, distance(lambda f, y: (f - y).mean())),
    Slip(
        "no absolute value, or one behind the mean: too bright here pays for too dark there",
        "first .abs(), then .mean()",
        distance(lambda f, y: (f - y).mean().abs()),
    ),
    Slip("the weight stands at the wrong term", WEIGHT, weighed(lambda gan, near, l1: l1 * gan + near)),
    Slip("the weight stands at both terms", WEIGHT, weighed(lambda gan, near, l1: l1 * (gan + near))),
    Slip("l1 is not used", WEIGHT, weighed(lambda gan, near, l1: gan + near)),
    Slip(
        "100 is written into the formula, and l1 is not used",
        "100 is what l1 is if nobody says otherwise",
        weighed(lambda gan, near, l1: gan + 100 * near),
    ),
    Slip("divided by the weight", WEIGHT, weighed(lambda gan, near, l1: gan + near / l1)),
    Slip(
        "the critic's word is missing: this is L1 alone",
        "add the mean of softplus(-s), where s is what D says of the fake beside x",
        weighed(lambda gan, near, l1: l1 * near),
    ),
    Slip(
        "L1 is missing: this is the cGAN alone",
        "add l1 times the mean absolute difference of the fake and the right answer",
        weighed(lambda gan, near, l1: gan),
    ),
    Slip(
        "L1 is subtracted, so G would gain by being far off",
        "both are costs: add them",
        weighed(lambda gan, near, l1: gan - l1 * near),
    ),
    Slip(
        "missing minus: both terms are costs, and an optimizer makes them small",
        "-log D(fake) is softplus(-s), and has its minus already",
        weighed(lambda gan, near, l1: -gan - l1 * near),
    ),
    Slip(
        "half the loss",
        "only the critic's loss is halved by the paper; nothing is halved here",
        weighed(lambda gan, near, l1: (gan + l1 * near) / 2),
    ),
    Slip("D is shown the real pair (x, y): G has no part in it", OWN, judged(lambda x, y, f: (x, y))),
    Slip(
        "D is shown (fake, y), the fake in the place of the question and y as its answer",
        OWN,
        judged(lambda x, y, f: (f, y)),
    ),
    Slip("D is shown (y, fake), the fake beside the answer, not beside x", OWN, judged(lambda x, y, f: (y, f))),
    Slip("D is shown (fake, x): x comes first", OWN, judged(lambda x, y, f: (f, x))),
    Slip("D is shown the fake twice, and never x", OWN, judged(lambda x, y, f: (f, f))),
    Slip("D is shown the fakes with the x of another house", OWN, judged(lambda x, y, f: (x.roll(1, 0), f))),
    Slip(
        "summed over the patches of a picture: the loss would grow with its size",
        "the mean over the whole map, .mean()",
        lambda D, x, y, fake, l1: softplus(-D(pair(x, fake))).sum((1, 2, 3)).mean() + l1 * l1_loss(fake, y),
    ),
    Slip(
        "the patches of a picture are averaged before softplus, as if D were an image D",
        "each patch gets a verdict of its own: first softplus, then .mean()",
        lambda D, x, y, fake, l1: softplus(-D(pair(x, fake)).mean((1, 2, 3))).mean() + l1 * l1_loss(fake, y),
    ),
    Slip(
        "a sum instead of a mean, in both terms",
        "use .mean() twice, so that neither size nor number of the pictures matters",
        lambda D, x, y, fake, l1: softplus(-D(pair(x, fake))).sum() + l1 * (fake - y).abs().sum(),
    ),
)


def colour(*means: float) -> Tensor:
    """One picture of three channels for each mean, no two of the channels alike: (n, 3, 4, 4)."""
    p = sketch(*means)
    return torch.cat([p, 0.3 - 0.8 * p.flip(2), 0.6 * p.mT + 0.1], 1)


@exercise(
    "g_loss(D, x, y, fake, l1), the forger's loss of eq. 4: non-saturating, on the pair (x, fake), plus l1 times L1"
)
def ex05_g_loss(f):
    """f(D, x, y, fake, l1) -> mean of softplus(-D(cat(x, fake))) + l1 * mean |fake - y|, with a gradient for G."""
    answer = Answer(f, "g_loss(D, x, y, fake, l1)")
    for l1, x, y, fake in (
        (10, colour(0.4, -0.3), colour(0.6, -0.5), colour(-0.4, 0.35).flip(2)),
        (0.5, colour(-0.1, 0.2, 0.5), colour(0.3, 0.1, -0.4).flip(3), colour(0.7, -0.6, 0.15)),
    ):
        D, fake = PatchCritic(3), fake.requires_grad_()
        loss = loss_of(answer(D, x.clone(), y.clone(), fake, l1))
        logits, near = D(pair(x, fake)), l1_loss(fake, y)
        told = (
            f"With l1 = {l1}, D(x, fake) = {show(logits.flatten(1))} (a row for each house)"
            f" and mean |fake - y| = {show(near)},"
        )
        gan = [Slip(s.name, s.hint, lambda *_, s=s, d=logits, e=l1 * near: s.formula(d) + e) for s in G_SLIPS]
        right = adversarial(D, x, fake) + l1 * near
        compare(loss, right, [*G_LOSS_SLIPS, *gan], (D, x, y, fake, l1), told, hint=EQ4)
        expect_both_teachers(loss, adversarial(D, x, fake), l1 * near, fake)
    return "Two teachers: L1 says where things belong, D says what cannot be true." + overflow(
        lambda: answer(PatchCritic(3), *(torch.full((1, 3, 4, 4), v) for v in (0.0, 0.0, -100.0)), 0), 200.0
    )


def expect_both_teachers(loss: Tensor, gan: Tensor, near: Tensor, fake: Tensor) -> None:
    """Hold the gradient that arrives at the fakes, of a loss whose value is right, to that of both terms."""
    hint = "G learns through its fakes, from both terms: no detach, no no_grad here"
    for term, what in ((near, "on its way to D"), (gan, "in L1")):
        (alone,) = torch.autograd.grad(term, fake, retain_graph=True)
        mine = torch.autograd.grad(loss.sum(), fake, retain_graph=True, allow_unused=True)[0] if loss.grad_fn else None
        if mine is not None and same(mine, alone):
            raise NotYet(
                f"the value is right, but the fake is cut off {what}, and G learns from the other term alone",
                f"The gradient at the fakes has length {show(mine.norm())}.",
                hint,
            )
    same_gradient(loss, gan + near, [fake], ["the fakes"], hint)


def cut(p: Tensor, crop: int, top: int, left: int, mirror: bool = False) -> Tensor:
    p = p[:, top : top + crop, left : left + crop]
    return p.flip(2) if mirror else p


PLACE = "p[:, top : top + crop, left : left + crop]"
TURN = "of (c, h, w) dimension 2 runs from left to right: flip(2)"
JITTER_SLIPS = (
    Slip(
        "not mirrored, though mirror is True",
        TURN + ". It returns a new picture, and leaves the old one as it is",
        lambda p, k, i, j, m: cut(p, k, i, j),
    ),
    Slip("mirrored, though mirror is False", "only if mirror is True", lambda p, k, i, j, m: cut(p, k, i, j, not m)),
    Slip("not cut: the whole picture came back", PLACE, lambda p, k, i, j, m: p.flip(2) if m else p),
    Slip("neither cut nor mirrored", PLACE, lambda p, k, i, j, m: p),
    Slip("top and left are swapped", "rows come before columns: " + PLACE, lambda p, k, i, j, m: cut(p, k, j, i, m)),
    Slip("mirrored upside down", TURN, lambda p, k, i, j, m: cut(p, k, i, j).flip(1)),
    Slip("turned by 180 degrees: flipped in both directions", TURN, lambda p, k, i, j, m: cut(p, k, i, j).flip(1, 2)),
    Slip("the channels are flipped, not the columns", TURN, lambda p, k, i, j, m: cut(p, k, i, j).flip(0)),
    Slip(
        "rows and columns are exchanged: a mirror along the diagonal",
        TURN,
        lambda p, k, i, j, m: cut(p, k, i, j).mT,
    ),
    Slip(
        "mirrored first, and then cut at a place that was meant for the picture as it was",
        "first cut, then mirror",
        lambda p, k, i, j, m: cut(p.flip(2) if m else p, k, i, j),
    ),
    Slip("off by one: rows and columns are counted from 0", PLACE, lambda p, k, i, j, m: cut(p, k, i + 1, j + 1, m)),
    Slip("off by one: rows and columns are counted from 0", PLACE, lambda p, k, i, j, m: cut(p, k, i - 1, j - 1, m)),
    Slip("one row and one column too many", "a slice leaves out its end", lambda p, k, i, j, m: cut(p, k + 1, i, j, m)),
    Slip(
        "one row and one column are missing",
        "a slice leaves out its end: no - 1",
        lambda p, k, i, j, m: cut(p, k - 1, i, j, m),
    ),
    Slip(
        "the slices end at crop, and should end at top + crop and left + crop",
        PLACE,
        lambda p, k, i, j, m: p[:, i:k, j:k].flip(2) if m else p[:, i:k, j:k],
    ),
    Slip("cut from the corner: top and left are not used", PLACE, lambda p, k, i, j, m: cut(p, k, 0, 0, m)),
    Slip(
        "cut from the middle: top and left are not used",
        PLACE,
        lambda p, k, i, j, m: cut(p, k, (p.shape[1] - k) // 2, (p.shape[2] - k) // 2, m),
    ),
    Slip("top is not used", PLACE, lambda p, k, i, j, m: cut(p, k, 0, j, m)),
    Slip("left is not used", PLACE, lambda p, k, i, j, m: cut(p, k, i, 0, m)),
    Slip(
        "cut along channels and rows",
        "the first dimension of (c, h, w) holds the channels: " + PLACE,
        lambda p, k, i, j, m: p[i : i + k, j : j + k].flip(2) if m else p[i : i + k, j : j + k],
    ),
)


@exercise("jitter(x, y, crop, top, left, mirror), the same square of both pictures, both mirrored if mirror is True")
def ex05_jitter(f):
    """f(x, y, crop, top, left, mirror), pictures (c, h, w) -> the pair cut (and flipped), each (c, crop, crop)."""
    answer = Answer(f, "jitter(x, y, crop, top, left, mirror)")
    for h, w, *how in ((8, 10, 4, 3, 1, True), (8, 10, 4, 1, 4, False), (6, 5, 3, 3, 0, True), (5, 7, 2, 0, 5, False)):
        x, y = places(h, w)
        rights = [cut(p, *how) for p in (x, y)]
        told = f"With crop, top, left, mirror = {', '.join(map(str, how))}"
        results = alike(lambda: both_of(answer(x.clone(), y.clone(), *how), rights), told)  # noqa: B023
        judge_both(results, rights, (x, y), how, told)
        left_alone(lambda *pair: answer(*pair, *how), x, y)  # noqa: B023
    return "Both pictures move alike, so each pixel of y still answers the pixel of x at its place."


def left_alone(play: Callable, x: Tensor, y: Tensor) -> None:
    """The pictures that are handed over must be as they were: they belong to the data."""
    handed = x.clone(), y.clone()
    play(*handed)
    changed = [name for name, was, now in zip("xy", (x, y), handed, strict=True) if not same(was, now)]
    if changed:
        raise NotYet(
            f"what comes back is right, but what was handed over was changed: {' and '.join(changed)}",
            "The next round would find its pictures changed already.",
            "slice and flip(2) make a picture; assigning to x[...] writes into the one that was handed over",
        )


def places(h: int, w: int) -> tuple[Tensor, Tensor]:
    """Two pictures, of two and of three channels, whose numbers tell channel, row and column."""
    place = 10.0 * torch.arange(h)[:, None] + torch.arange(w)
    return torch.stack([place, place + 100]), torch.stack([place + s for s in (200, 300, 400)])


CALLS = 20  # a fair coin falls on one side in all of them once in half a million times


DRAWN = "the lots were drawn before the call: let `mirror` decide, as in `if mirror:`, and draw nothing yourself"


def alike(play: Callable, told: str, hint: str = DRAWN) -> Sequence[Tensor]:
    """What the answer gives; called again with the same, it must give the same."""
    first, *others = (play() for _ in range(CALLS))
    odd = sum(not all(map(same, first, other)) for other in others)
    if odd:
        raise NotYet(
            "the answer is left to chance: called twice with the same, it gives two different pairs",
            f"{told.rstrip(',')}, {odd} of {CALLS} calls came out unlike the first.",
            hint,
        )
    return first


def judge_both(
    results: Sequence[Tensor], rights: Sequence[Tensor], pictures: Sequence[Tensor], how: Sequence, told: str
) -> None:
    """Hold both pictures to the right ones; if one of them is right, say so."""
    wrong = {}
    for name, result, right, p in zip("xy", results, rights, pictures, strict=True):
        size = f"{p.shape[1]} x {p.shape[2]}, whose first channel is {show(p[0, 0, 0])} + 10 row + column"
        try:
            judge_cut(result, right, (p, *how), f"{told} and {name} of {size},")
        except NotYet as slip:
            wrong[name] = slip
    if len(wrong) == 1:
        ((name, slip),) = wrong.items()
        what = f"{'y' if name == 'x' else 'x'} is right, {name} is not: {slip.what}"
        raise NotYet(what, slip.number, f"do the same to both; {slip.hint}")
    if wrong:
        raise wrong["x"]


def both_of(result: object, rights: Sequence[Tensor]) -> Sequence[Tensor]:
    """The two pictures from the answer."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet(f"wrong type: {kind(result)} came back, and the pair x, y is asked for", hint="return x, y")
    results = [finite(tensor_of(part), "there is no division here") for part in result]
    x, y = rights
    for what, others in (
        ("x and y are swapped", (y, x)),
        ("x came back twice", (x, x)),
        ("y came back twice", (y, y)),
    ):
        if all(map(same, results, others)):
            raise NotYet(what, hint="return x, y")
    return results


def judge_cut(result: Tensor, right: Tensor, inputs: tuple, told: str) -> None:
    """Hold one picture to the right one, row by row."""
    value, wanted, slips = result, right, JITTER_SLIPS
    if result.shape == right.shape:
        value, wanted = result.flatten(0, 1), right.flatten(0, 1)
        slips = [Slip(s.name, s.hint, lambda *a, s=s: s.formula(*a).flatten(0, 1)) for s in JITTER_SLIPS]
    compare(value, wanted, slips, inputs, told, hint=f"{PLACE}; then flip(2) if mirror")
    tensor_of(result, right.shape, PLACE)


def colours_of(p: Tensor, m: Tensor) -> Tensor:
    """The mean colour of each house's wall: (n, 3)."""
    return (p * m[:, None]).sum((2, 3)) / m[:, None].sum((2, 3))


SHARE = "sum the wall's pixels, divide by how many there are: (n, 3); then .std(0).mean()"
SPREAD_SLIPS = (
    Slip(
        "the mask is not used: these are colours of whole pictures, sky and windows and all",
        SHARE,
        lambda p, m: p.mean((2, 3)).std(0).mean(),
    ),
    Slip(
        "divided by all pixels of the picture: a house with less wall would count as darker",
        SHARE,
        lambda p, m: (p * m[:, None]).mean((2, 3)).std(0).mean(),
    ),
    Slip(
        "summed over the wall and not divided: a house with more wall would count for more",
        SHARE,
        lambda p, m: (p * m[:, None]).sum((2, 3)).std(0).mean(),
    ),
    Slip(
        "divided by the walls of all houses, not by each one's own",
        SHARE,
        lambda p, m: ((p * m[:, None]).sum((2, 3)) / m.sum()).std(0).mean(),
    ),
    Slip(
        "the mask is upside down: these are colours of all but the walls",
        "walls is True on the wall",
        lambda p, m: colours_of(p, ~m).std(0).mean(),
    ),
    Slip(
        "taken over the pixels of each wall: this is its texture, which a forger of one colour for all may have, too",
        "first the mean of each wall, then the standard deviation over the houses",
        lambda p, m: torch.stack([q[:, w].std(1) for q, w in zip(p, m, strict=True)]).mean(),
    ),
    Slip(
        "taken over all pixels of all walls at once: texture is mixed with what differs from house to house",
        "first the mean of each wall, then the standard deviation over the houses",
        lambda p, m: p.transpose(0, 1)[:, m].std(1).mean(),
    ),
    Slip(
        "taken pixel by pixel over the houses: this compares a wall with another house's window",
        "first the mean of each wall, then the standard deviation over the houses",
        lambda p, m: p.std(0).mean(),
    ),
    Slip(
        "taken over the channels: this is how far each wall is from grey",
        "dimension 0 holds the houses: .std(0)",
        lambda p, m: colours_of(p, m).std(1).mean(),
    ),
    Slip(
        "taken over houses and channels at once: walls of one and the same red would have a spread, too",
        ".std(0), then .mean()",
        lambda p, m: colours_of(p, m).std(),
    ),
    Slip(
        "the channels are averaged first: a red wall and a blue one may be equally bright",
        "first .std(0), then .mean()",
        lambda p, m: colours_of(p, m).mean(1).std(),
    ),
    Slip(
        "the variance: it lacks a square root",
        ".std(0) in place of .var(0)",
        lambda p, m: colours_of(p, m).var(0).mean(),
    ),
    Slip(
        "the root of the mean variance",
        "take the root in each channel, and then the mean",
        lambda p, m: colours_of(p, m).var(0).mean().sqrt(),
    ),
    Slip("summed over the channels", ".mean() over the three", lambda p, m: colours_of(p, m).std(0).sum()),
    Slip("one channel alone", ".mean() over all three", lambda p, m: colours_of(p, m).std(0)[0]),
    Slip(
        "the mean deviation, without squares",
        ".std(0) is asked for",
        lambda p, m: (colours_of(p, m) - colours_of(p, m).mean(0)).abs().mean(),
    ),
    Slip(
        "the range: it knows of two houses only",
        ".std(0) is asked for",
        lambda p, m: (colours_of(p, m).amax(0) - colours_of(p, m).amin(0)).mean(),
    ),
    Slip("the mean colour, and not its spread", ".std(0) over the houses", lambda p, m: colours_of(p, m).mean()),
)


@exercise("spread(pictures, walls), how much the mean colour of the walls differs from house to house")
def ex05_spread(f):
    """f(pictures (n, 3, h, w), walls (n, h, w) bool) -> std over houses of the mean wall colour, mean over channels."""
    answer = Answer(f, "spread(pictures, walls)")
    for n, h, w, step in ((4, 2, 5, 1.7), (6, 3, 2, 2.9)):
        walls = wave(n, h, w, step=0.9 * step) > -0.2
        tint = wave(n, 3, step=step + 0.4) * torch.tensor([0.3, 0.8, 0.1])
        pictures = 0.4 * wave(n, 3, h, w, step=step) + tint[:, :, None, None]
        try:
            result = answer(pictures.clone(), walls.clone())
        except NotYet as wrong:
            if re.search("size of tensor a|shape of the mask", wrong.number):
                what = f"the mask does not fit: it is {tuple(walls.shape)}, without channels, and the pictures have 3"
                raise NotYet(
                    what, wrong.number, "walls[:, None] is (n, 1, h, w), and goes with every channel"
                ) from None
            raise
        right = colours_of(pictures, walls).std(0).mean()
        told = f"With the mean wall colours {show(colours_of(pictures, walls))} (a row for each house),"
        how = judge_std(result, right, n, SPREAD_SLIPS, (pictures, walls), told, SHARE)
    return f"0 means one colour for all houses, which is what L1 alone comes near to. {how}"


def judge_std(result: object, right: Tensor, n: int, slips: Sequence[Slip], inputs: tuple, told: str, hint: str) -> str:
    """Hold a number to a mean of standard deviations over n values; a sentence on the divisor, which is free."""
    if type(result).__module__ == "numpy" or (isinstance(result, int | float) and not isinstance(result, bool)):
        result = torch.as_tensor(result)
    result = tensor_of(result)
    if result.numel() != 1:
        raise NotYet(f"missing mean: {kind(result)} came back, and one number is asked for", hint=hint)
    finite(result, "a division by 0, or a standard deviation of a single value? print the shapes before it")
    if compare(result, right, slips, inputs, told, factors=(1.0, math.sqrt(1 - 1 / n)), hint=hint) == 1:
        return "(Yours divides by n - 1, as torch does; n would be right, too.)"
    return "(Yours divides by n; torch's own std divides by n - 1, and both are right.)"


DRAWS = "answers.std(0) compares the draws pixel by pixel; then .mean() over all the rest"
FIXED_INPUT_SLIPS = (
    Slip(
        "taken over the houses: this is how much answers to different inputs differ, and here the input is fixed",
        "dimension 0 holds the draws: .std(0)",
        lambda a: a.std(1).mean(),
    ),
    Slip("taken over the channels: this is how colourful an answer is", DRAWS, lambda a: a.std(2).mean()),
    Slip("taken over the rows of a picture, not over the draws", DRAWS, lambda a: a.std(3).mean()),
    Slip("taken over the columns of a picture, not over the draws", DRAWS, lambda a: a.std(4).mean()),
    Slip("taken over everything at once: houses and pixels differ anyway", DRAWS, lambda a: a.std()),
    Slip("taken over draws and houses at once: different inputs differ anyway", DRAWS, lambda a: a.std((0, 1)).mean()),
    Slip("taken over the pixels of each picture, not over the draws", DRAWS, lambda a: a.std((2, 3, 4)).mean()),
    Slip(
        "each picture is averaged first: a window that moves would not count",
        "first .std(0), then .mean()",
        lambda a: a.mean((2, 3, 4)).std(0).mean(),
    ),
    Slip(
        "the houses are averaged first: where one gets brighter and another darker, nothing would be seen",
        "first .std(0), then .mean()",
        lambda a: a.mean(1).std(0).mean(),
    ),
    Slip(
        "each draw is averaged first: one number for each is too little to compare",
        "first .std(0), then .mean()",
        lambda a: a.flatten(1).mean(1).std(),
    ),
    Slip("the variance: it lacks a square root", ".std(0) in place of .var(0)", lambda a: a.var(0).mean()),
    Slip("the root of the mean variance", "take the root pixel by pixel", lambda a: a.var(0).mean().sqrt()),
    Slip("two draws alone are compared", DRAWS, lambda a: (a[0] - a[1]).abs().mean()),
    Slip("the mean deviation, without squares", ".std(0) is asked for", lambda a: (a - a.mean(0)).abs().mean()),
    Slip("the range: it knows of two draws only", ".std(0) is asked for", lambda a: (a.amax(0) - a.amin(0)).mean()),
    Slip("a sum instead of a mean: it would grow with the pictures", ".std(0), then .mean()", lambda a: a.std(0).sum()),
    Slip("the pixel that varies most", ".mean() over all the rest", lambda a: a.std(0).max()),
    Slip("the mean of the answers, and not how they vary", DRAWS, lambda a: a.mean()),
)


@exercise("variety(answers), how much the answers to fixed inputs vary from draw to draw")
def ex05_fixed_input(f):
    """f(answers (draws, n, c, h, w)) -> std over the draws, mean over all the rest."""
    answer = Answer(f, "variety(answers)")
    for draws, n, c, h, w, step in ((4, 3, 2, 2, 3, 1.7), (3, 2, 3, 4, 2, 2.9)):
        noise = (1 + wave(n, c, h, w, step=step + 0.7)) * wave(draws, n, c, h, w, step=step)
        answers = 0.3 * noise + 0.6 * wave(n, c, h, w, step=step + 0.4)
        told = (
            f"With {draws} draws of the answers to {n} inputs, where the first pixel is {show(answers[:, 0, 0, 0, 0])},"
        )
        right = answers.std(0).mean()
        how = judge_std(answer(answers.clone()), right, draws, FIXED_INPUT_SLIPS, (answers,), told, DRAWS)
    return f"0 means that the noise is ignored: one answer for each input, however often it is asked. {how}"


class PairForger(nn.Module):
    """Plans to houses, by known numbers: each pixel p becomes 0.7 p - 0.2; it notes what it was given."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.7, -0.2]))
        self.given: list[Tensor] = []

    def forward(self, x: Tensor, *more: Tensor) -> Tensor:
        if x is ...:
            raise StillOpen("G was given `...`.")
        if more or not isinstance(x, Tensor) or x.dim() != 4:
            given = f"{1 + len(more)} arguments" if more else kind(x)
            raise NotYet(f"G was given {given}", hint="G takes the plans alone: game.G(x)")
        self.given.append(x.detach().clone())
        return self.weight[0] * x + self.weight[1]


class PairGame(RoundGame):
    """A game of pairs with tiny players that writes down what is asked of it."""

    def __init__(self):
        super().__init__()
        self.G = PairForger()

    def d_loss(self, *args: Tensor) -> Tensor:
        self.takes("d_loss", args, ("x", "y", "fake"))
        return self.note("d", self._judged(args), args)

    def g_loss(self, *args: Tensor) -> Tensor:
        self.takes("g_loss", args, ("x", "y", "fake"))
        return self.note("g", self._judged(args), args)

    def takes(self, name: str, args: tuple, names: tuple) -> None:
        for one in args:
            if getattr(one, "__name__", "") == "detach" and callable(one):
                what = f"game.{name} was given the function detach itself, not what it returns"
                raise NotYet(what, hint="with brackets it is called: fake.detach()")
        super().takes(name, args, names)

    def _judged(self, pictures: tuple) -> Tensor:
        """A number that depends on D and on all that it was given: no loss, but it can be followed back."""
        return self.D.weight * sum(p.mean() for p in pictures)

    def name(self, p: Tensor, x: Tensor, y: Tensor) -> str:
        """What this is: x, y, a fake made from one of them, or "something else"."""
        for name, other in (("x", x), ("y", y), ("fake", self.fake(x)), ("G(y)", self.fake(y))):
            if same(p, other):
                return name
        return "something else"

    def fake(self, x: Tensor) -> Tensor:
        return self.G.weight[0].detach() * x + self.G.weight[1].detach()


ORDERS = {  # what a loss was given in place of (x, y, fake): what is wrong with it
    "g": {
        (
            "y",
            "x",
            "fake",
        ): "L1 on the wrong pair: the fake is pulled towards x, the plan, and D takes y for the plan",
        ("x", "fake", "y"): "y stands in the fake's place: D judges (x, y), and G learns from L1 alone",
        ("fake", "y", "x"): "L1 on the wrong pair: the distance is that of x and y, and G has no part in it",
        ("y", "fake", "x"): "L1 on the wrong pair: the fake is pulled towards x, the plan, and D judges x itself",
        ("x", "x", "fake"): "L1 on the wrong pair: the fake is pulled towards x, the plan",
    },
    "d": {
        ("x", "fake", "y"): "swapped labels: D is asked to call the fake real and the house y fake",
        ("y", "x", "fake"): "x and y are swapped: D would learn that a plan answers a house",
        ("x", "x", "fake"): "D never sees a real house: x stands in the place of y",
        ("x", "y", "y"): "D is shown the real house twice, and never the fake",
    },
}


def untouched(game: PairGame, x: Tensor, y: Tensor) -> bool:
    """Are all three faults of the exercise in it?"""
    d, g = ([move["args"] for move in game.moves if move["which"] == which] for which in "dg")
    drawn_from_y = game.G.given and all(same(given, y) for given in game.G.given)
    exchanged = any(same(args[0], y) and same(args[1], x) for args in g)
    return bool(drawn_from_y and exchanged and any(args[2].requires_grad for args in d))


@exercise("round(game, x, y), mended: one round of pix2pix, D first")
def ex05_mend(f):
    """f(game, x, y): fake = G(x); D on d_loss(x, y, fake.detach()), then G on g_loss(x, y, fake)."""
    answer, game = Answer(f, "round(game, x, y)"), PairGame()
    x, y = sketch(-0.1, 0.2), sketch(0.3, -0.4).flip(2)
    answer(game, x.clone(), y.clone(), silent=True)
    if untouched(game, x, y):
        raise NotYet("all its faults are still there", "Faults left: 3.", FIRST)
    if any(same(given, y) for given in game.G.given):
        what = "G is given y, the answer, and is to draw from x, the question"
        raise NotYet(what, "It would learn to copy, and have nothing to copy from later.", "fake = game.G(x)")
    for move in game.moves:
        judge_arguments(move, tuple(game.name(p, x, y) for p in move["args"]))
    if "".join(move["which"] for move in game.moves) == "gd":
        hint = "in this chapter D moves first, so that G answers a critic that has just learned"
        raise NotYet("G moves before D", hint=hint)
    judge_moves(game)
    for move in game.moves:
        fake = move["args"][2]
        if move["which"] == "d" and fake.requires_grad:
            number = "A plain backward() would run on into G: wasted work, or worse, G learns to help the critic."
            raise NotYet("missing detach: D's loss still hangs on G", number, "game.d_loss(x, y, fake.detach())")
        if move["which"] == "g" and not fake.requires_grad:
            number = "0 of the gradient arrives at G, so it could learn nothing."
            raise NotYet(
                "a detach too many: g_loss was given fakes that are cut off from G", number, "g_loss(x, y, fake)"
            )
        if move["which"] == "g" and not move["after_d"]:
            number = "torch would stop at the second minimize: D's weights, which its graph holds, have changed."
            raise NotYet("g_loss is computed before D has moved", number, "compute it after D's minimize")
    return "Question, answer, fake: three pictures of one size, and torch cannot tell if two of them change places."


def judge_arguments(move: dict, names: tuple[str, ...]) -> None:
    if names == ("x", "y", "fake"):
        return
    which = move["which"]
    fake = "fake.detach()" if which == "d" else "fake"
    what = ORDERS[which].get(names, f"{which}_loss was given other pictures than (x, y, fake)")
    raise NotYet(what, f"It was given ({', '.join(names)}).", f"game.{which}_loss(x, y, {fake})")


BYTES_FAULTS = (
    Fault(
        "what goes in lies in [0, 1], and G has learned from plans in [-1, 1]",
        "0 should become -1, and 255 should become 1: pixels / 127.5 - 1",
    ),
    Fault(
        "train mode: BatchNorm takes mean and spread from this batch, so a house depends on its neighbours",
        "G.eval()",
    ),
    Fault(
        "the darker half is cut off: G ends in tanh, and what lies between -1 and 0 becomes black",
        "-1 should become 0, and 1 should become 255: (houses + 1) * 127.5",
    ),
)


def house_painter() -> nn.Module:
    """Plans (n, 2, h, w) to houses (n, 3, h, w) in [-1, 1], by known numbers; its BatchNorm has gathered some, too."""
    conv, norm = nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3)
    with torch.no_grad():
        conv.weight.copy_(torch.tensor([[0.9, -0.4], [-0.5, 0.8], [0.3, 0.6]]).view(3, 2, 1, 1))
        conv.bias.copy_(torch.tensor([0.1, -0.2, 0.05]))
        norm.running_mean.copy_(torch.tensor([0.2, -0.1, 0.3]))
        norm.running_var.copy_(torch.tensor([0.4, 0.7, 0.5]))
    return nn.Sequential(conv, nn.LeakyReLU(0.2), norm, nn.Tanh())


def painted(pixels: Tensor) -> Callable[..., Tensor]:
    """G's answers as bytes, with a choice of BYTES_FAULTS on the way."""

    @torch.no_grad()
    def play(small_in: bool, train: bool, cut_off: bool) -> Tensor:
        x = pixels / 255 if small_in else pixels / 127.5 - 1
        houses = house_painter().train(train)(x)
        return houses.clamp(0, 1) * 255 if cut_off else (houses + 1) * 127.5

    return play


@exercise("answers(G, pixels), mended: plans as bytes, (n, c, h, w), to G's houses as bytes")
def ex05_bytes(f):
    """f(G, pixels) -> ((G.eval()(pixels / 127.5 - 1) + 1) * 127.5) as bytes, rounded or cut."""
    answer = Answer(f, "answers(G, pixels)")
    for n, h, w in ((2, 2, 3), (3, 2, 2)):
        pixels = ((wave(n, 2, h, w) + 1) * 127.5).round().to(torch.uint8)
        G, asked = house_painter().train(), []
        G.register_forward_pre_hook(lambda G, given: asked.append((given[:1], G.training)))  # noqa: B023
        result = finite(tensor_of(answer(G, pixels.clone())), "there is no division by 0 here")
        tensor_of(result, (n, 3, h, w), "as many houses as plans, each (3, h, w)")
        if result.dtype != torch.uint8:
            hint = "the last step is .to(torch.uint8), of numbers from 0 to 255"
            raise NotYet(f"wrong type: {result.dtype} came back, and bytes are asked for", hint=hint)
        judge_bytes(result.float(), pixels, asked)
    return (
        "Bytes to [-1, 1], eval mode, [-1, 1] to bytes: none of the three is seen in a shape, and all are in a picture."
    )


def judge_bytes(result: Tensor, pixels: Tensor, asked: Sequence[tuple[tuple, bool]]) -> None:
    """Hold bytes to the right ones, within 1.

    Args:
        asked: what G was given, and whether it was in train mode, call by call.
    """
    told = "The first house, its first row in each channel:"
    play = painted(pixels)
    right = play(False, False, False)
    number = f"{told} yours {show(result[0, :, 0])}, right {show(right[0, :, 0].round())}."

    def near_bytes(*present: bool) -> Tensor:  # where the student's is within 1 of it, the student's own number
        other = play(*present)
        return torch.where((result - other).abs() <= 1.01, result, other)

    hint = "three lines: into [-1, 1], G in eval mode, back into 0 to 255"
    try:
        expect_mended(result, near_bytes, BYTES_FAULTS, number, hint=hint, given=(True, True, True))
    except NotYet as wrong:
        if wrong.what.startswith("it does something else"):
            expect_ranges(result, right, pixels, asked, number)
        raise


def expect_ranges(
    result: Tensor, right: Tensor, pixels: Tensor, asked: Sequence[tuple[tuple, bool]], number: str
) -> None:
    """Which of the three lines is wrong, where the faults that stood there are mended, and not yet well."""
    batches = [one for given, _ in asked for one in given if isinstance(one, Tensor)]
    if {tuple(one.shape[1:]) for one in batches} != {tuple(pixels.shape[1:])}:
        return
    given = torch.cat(batches).float()
    if given.shape == pixels.shape and not torch.allclose(given, pixels / 127.5 - 1, atol=0.004):
        order = pixels.flatten().argsort()
        by_size, dark, light = given.flatten()[order], *pixels.flatten()[order[[0, -1]]].tolist()
        told = f"A byte of {dark} goes in as {show(by_size[0])}, one of {light} as {show(by_size[-1])}."
        if (by_size.diff()[pixels.flatten()[order].diff() > 0] < 0).any():
            what = "bytes have run over on the way in: among bytes, 0 - 1 is 255"
            raise NotYet(what, told, "divide first: pixels / 127.5 is a tensor of floats, and may become negative")
        hint = "0 should become -1, and 255 should become 1"
        raise NotYet("what goes in is not yet what G has learned from, plans in [-1, 1]", told, hint)
    if any(training for _, training in asked):
        raise NotYet(BYTES_FAULTS[1].name, number, BYTES_FAULTS[1].hint)
    if result.min() >= 127 > right.min():
        what = "what goes in is right, and on the way back the darker half is still cut off"
        raise NotYet(what, number, "G ends in tanh: what lies between -1 and 0 is a colour, too. Where is it clamped?")
    what = "what goes in is right, and the way back is not yet"
    raise NotYet(what, number, "-1 should become 0, and 1 should become 255")


RIGHT_ANSWERS = (-0.9, -0.8, -0.8, 0.3, 0.9)  # one pixel of five right houses
MIDDLES = ((-0.8, "the median"), (-0.26, "the mean"), (0.0, "the middle of the two ends"))


@exercise("(l1, squares), the one answer to five right ones that costs least by L1, and the one by squares")
def ex05_one(knobs):
    """(-0.8, -0.26): the median and the mean."""
    l1, squares = numbers_of(knobs, "(l1, squares)")
    if l1 == squares == 0:
        raise StillOpen("Both knobs stand at 0.", "Turn one of them, and run the cell again.")
    right = torch.tensor(RIGHT_ANSWERS)
    costs = float((right - l1).abs().mean()), float((right - squares).square().mean())
    least = (right + 0.8).abs().mean(), right.var(unbiased=False)
    number = f"Yours cost {costs[0]:.3f} and {costs[1]:.3f}; it can be done for {least[0]:.3f} and {least[1]:.3f}."
    if abs(l1 + 0.26) < 0.02 and abs(squares + 0.8) < 0.02:
        raise NotYet("the two are swapped", number, "which of the two middles does a single far value pull towards it?")
    for mine, best, name in ((l1, -0.8, "L1"), (squares, -0.26, "the squares")):
        if abs(mine - best) > 0.02:
            known = [what for value, what in MIDDLES if abs(mine - value) < 0.02]
            what = f"{known[0]}, {mine:g}, is not what {name} ask{'s' * (name == 'L1')} for" if known else ""
            hint = "turn the knob a little to both sides: where does the cost rise either way?"
            raise NotYet(what or f"{mine:g} does not cost least by {name}", number, hint)
    return "L1 asks for the median, squares ask for the mean. The mean is a colour that none of the five houses has."


@exercise("a letter: at which mean distance L1, times 100, costs as much as the word of an undecided critic")
def ex05_weight(letter):
    """ "c": log 2 / 100 = 0.007."""
    told = "An undecided critic costs G log 2 = 0.69; L1 costs 100 times the mean distance."
    others = {
        "a": ("there L1 costs 25, and the critic 0.69: this is about where our training is", told, "divide by 100"),
        "b": ("there L1 costs 7, ten times as much as the critic", told, "divide by 100"),
    }
    judge_letter(letter, "c", others)
    return "0.007, less than one of 255 shades. So G's loss is nearly all L1, and cannot show what the critic says."


PAIRS = Puzzle(
    lines={
        "a": Step("fooled = D(torch.cat([x, fake], dim=1))", ("fooled",), ("x", "fake"), by=("D",)),
        "b": minimize("loss_G", "G"),
        "c": Step(
            "forged = D(torch.cat([x, fake.detach()], dim=1))", ("forged",), ("x", "fake"), by=("D",), cut=("fake",)
        ),
        "d": Step("loss_D = 0.5 * d_logistic(real, forged)", ("loss_D",), ("real", "forged")),
        "e": Step("fake = G(x)", ("fake",), ("x",), by=("G",)),
        "f": Step("loss_G = g_nonsaturating(fooled) + 100 * l1_loss(fake, y)", ("loss_G",), ("fooled", "fake", "y")),
        "g": Step("real = D(torch.cat([x, y], dim=1))", ("real",), ("x", "y"), by=("D",)),
        "h": minimize("loss_D", "D"),
        "i": Step("x, y = next(batches)", ("x", "y"), fresh=True),
    },
    right="iecgdhafb",
    rules=(
        Rule(
            "h",
            "b",
            "G moves before D",
            "G moves in line {then}, D in line {first}. It would run; in this chapter D moves first.",
            "G should answer a critic that has just learned",
        ),
    ),
)


@exercise("the order of the nine lines: one round of pix2pix, D first; G answers the critic that has just moved")
def ex05_order(steps):
    """The letters of PAIRS, in any order that plays the round as "iecgdhafb" does."""
    judge_order(steps, PAIRS)
    return "One fake and three uses of it: cut off for D, whole for D's word to G, whole beside y."


ALONE_FAULTS = (
    Fault(
        "eval mode: the norms take what they gathered, and G has learned with the mean and spread of the one picture",
        "in which mode does BatchNorm take mean and spread from what it is given, as it did in training?",
    ),
    Fault(
        "all at once: mean and spread are those of the whole batch, so a house depends on its neighbours",
        "one picture at a time, as in training: for one in x.split(1)",
    ),
)


def trained_alone(x: Tensor) -> Callable[..., Tensor]:
    """The answers of a G that was trained with batches of one, with a choice of ALONE_FAULTS."""

    @torch.no_grad()
    def play(gathered: bool, together: bool) -> Tensor:
        G = house_painter().train(not gathered)
        return torch.cat([G(part) for part in x.split(len(x) if together else 1)])

    return play


@exercise("translate(G, x), mended: the answers of a G with BatchNorm that was trained with batches of one")
def ex05_alone(f):
    """f(G, x) -> each picture of x through G by itself, in train mode, (n, 3, h, w)."""
    answer = Answer(f, "translate(G, x)")
    for n, h, w in ((3, 2, 3), (2, 3, 2)):
        x = wave(n, 2, h, w)
        result = finite(tensor_of(answer(house_painter().eval(), x.clone())), "there is no division by 0 here")
        tensor_of(result, (n, 3, h, w), "as many houses as plans, each (3, h, w)")
        play = trained_alone(x)
        right = play(False, False)
        told = "The first house, its first row in each channel:"
        told += f" yours {show(result[0, :, 0])}, right {show(right[0, :, 0])}."
        if same(result, right):
            continue
        for fault, choice in zip(ALONE_FAULTS, ((True, False), (False, True)), strict=True):
            if same(result, play(*choice)):
                raise NotYet(fault.name, told, fault.hint)
        hint = "train mode, no gradient, one picture at a time"
        raise NotYet("it does something else now, and not yet the right thing", told, hint)
    return "Asked as it was trained: a batch of one, and its own mean and spread. So BatchNorm is an instance norm."


def reach(change: Tensor, where: Tensor) -> Tensor:
    """Means of the change, (n, c, h, w), over the pixels where, (n, h, w), and over the others."""
    by_pixel = change.mean(1)
    return torch.stack([by_pixel[where].mean(), by_pixel[~where].mean()])


def edits(x: Tensor, e: Tensor) -> Tensor:
    return (x != e).any(1)


REACH = "where the plans differ in any channel, and the mean change of the houses there; then everywhere else"
BOTH = "ask G for both houses, and compare these"
REACH_SLIPS = (
    Slip(
        "reversed: inside comes first",
        "return inside, outside",
        lambda G, x, e: reach((G(e) - G(x)).abs(), ~edits(x, e)),
    ),
    Slip(
        "the change of the plan, and that of the house is asked for",
        BOTH,
        lambda G, x, e: reach((e - x).abs(), edits(x, e)),
    ),
    Slip("the houses are compared with the plans", BOTH, lambda G, x, e: reach((G(e) - x).abs(), edits(x, e))),
    Slip("the houses are compared with the plans", BOTH, lambda G, x, e: reach((G(e) - e).abs(), edits(x, e))),
    Slip(
        "inside is where the houses differ, and where the plans differ is asked for",
        "which pixels were edited? The plans say it: x != edited",
        lambda G, x, e: reach((G(e) - G(x)).abs(), edits(G(x), G(e))),
    ),
    Slip(
        "outside is the whole picture here: what changed inside is in it, too",
        "~where takes all other pixels",
        lambda G, x, e: torch.stack([reach((G(e) - G(x)).abs(), edits(x, e))[0], (G(e) - G(x)).abs().mean()]),
    ),
    Slip(
        "channel by channel: a pixel has changed if any of its channels has",
        "(x != edited).any(1)",
        lambda G, x, e: torch.stack([(G(e) - G(x)).abs()[x != e].mean(), (G(e) - G(x)).abs()[x == e].mean()]),
    ),
    Slip(
        "only where all channels have changed: two classes may share a channel of their colours",
        "any in place of all",
        lambda G, x, e: reach((G(e) - G(x)).abs(), (x != e).all(1)),
    ),
    Slip(
        "divided by all pixels in both: a small edit would seem to change little",
        "the mean over the changed pixels alone, and over the others alone",
        lambda G, x, e: torch.stack([((G(e) - G(x)).abs().mean(1) * m).mean() for m in (edits(x, e), ~edits(x, e))]),
    ),
    Slip(
        "a mean for each house first: a house with a small edit would count as much as one with a large one",
        "all changed pixels of all houses together",
        lambda G, x, e: torch.stack(
            [reach((G(b) - G(a)).abs(), edits(a, b)) for a, b in zip(x.split(1), e.split(1), strict=True)]
        ).mean(0),
    ),
    Slip(
        "no absolute value: what gets brighter pays for what gets darker",
        "first .abs(), then the means",
        lambda G, x, e: reach(G(e) - G(x), edits(x, e)),
    ),
    Slip(
        "the channels are averaged before the absolute value: more red pays for less blue",
        "first .abs(), then .mean(1)",
        lambda G, x, e: reach((G(e) - G(x)).mean(1, keepdim=True).abs(), edits(x, e)),
    ),
    Slip(
        "squared differences",
        ".abs() in place of the square",
        lambda G, x, e: reach((G(e) - G(x)).square(), edits(x, e)),
    ),
    Slip(
        "summed over the channels: pictures in colour would count three times as much as grey ones",
        "the mean over the channels, too",
        lambda G, x, e: 3 * reach((G(e) - G(x)).abs(), edits(x, e)),
    ),
    Slip(
        "sums instead of means: the larger part would count for more",
        "divide each by the number of its pixels: .mean()",
        lambda G, x, e: torch.stack([(G(e) - G(x)).abs().mean(1)[m].sum() for m in (edits(x, e), ~edits(x, e))]),
    ),
)


def builder(x: Tensor) -> Tensor:
    """Plans (n, 3, h, w) to houses, by known numbers; a pixel of the house depends on its neighbours' plans, too."""
    if x is ...:
        raise StillOpen("G was given `...`.")
    if not isinstance(x, Tensor) or x.dim() != 4 or x.shape[1] != 3:
        raise NotYet(f"G was given {kind(x)}", hint="G takes plans, (n, 3, h, w): G(x) and G(edited)")
    around = avg_pool2d(x, 3, 1, 1)
    return torch.stack([x[:, 0] - around[:, 1], 2 * around[:, 2] + 0.3 * x[:, 1], -around[:, 0]], 1).tanh()


@exercise("reach(G, x, edited), how much the houses change where the plans were edited, and how much elsewhere")
def ex05_reach(f):
    """f(G, x, edited) -> mean |G(edited) - G(x)| over the pixels where x and edited differ, and over the others."""
    answer = Answer(f, "reach(G, x, edited)")
    for n, h, w in ((2, 5, 6), (3, 4, 5)):
        x = wave(n, 3, h, w)
        edited = x.clone()
        edited[0, 0, 1:3, 1:4], edited[1, :2, 0, 2:4], edited[-1, 1:, 2:, 0], edited[-1, :, -1, -1] = (
            0.9,
            -0.7,
            0.4,
            0.1,
        )
        inputs = (builder, x, edited)
        result = two_numbers(answer(builder, x.clone(), edited.clone()), "return inside, outside")
        pixels = int(edits(x, edited).sum())
        told = f"With {n} plans of {h} x {w}, of which {pixels} pixels were edited, (inside, outside):"
        compare(
            result, reach((builder(edited) - builder(x)).abs(), edits(x, edited)), REACH_SLIPS, inputs, told, hint=REACH
        )
    return "Outside should be small beside inside. It is not 0: every pixel of a U-Net has heard of the whole plan."


def two_numbers(result: object, hint: str) -> Tensor:
    """The two numbers from an answer."""
    if isinstance(result, Tensor) and result.numel() == 2 and result.dtype != torch.bool:
        return finite(tensor_of(result), "a mean over no pixel at all, or a division by 0?").flatten()
    if isinstance(result, Tensor) or type(result).__module__ == "numpy":
        shape = tuple(result.shape)
        raise NotYet(f"wrong shape: {shape} came back, and two numbers are asked for", hint=hint)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet(f"wrong type: {kind(result)} came back, and two numbers are asked for", hint=hint)
    return torch.stack([one_of_two(part) for part in result])


def one_of_two(part: object) -> Tensor:
    if type(part).__module__ == "numpy" or (isinstance(part, int | float) and not isinstance(part, bool)):
        part = torch.as_tensor(part)
    part = tensor_of(part)
    if part.numel() != 1:
        raise NotYet(
            f"missing mean: {kind(part)} came back, and two numbers are asked for", hint=".abs().mean(), twice"
        )
    return finite(part, "a mean over no pixel at all, or a division by 0?").double().reshape(())
