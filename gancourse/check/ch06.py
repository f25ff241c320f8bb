"""Exercises of chapter 06: no pairs, but a way back."""

import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.functional import avg_pool2d, l1_loss, smooth_l1_loss, softplus

from gancourse.check.ch04 import sketch
from gancourse.check.ch05 import alike, two_numbers, wave
from gancourse.check.guess import judge_letter, number_of, numbers_of
from gancourse.check.mend import Fault, expect_mended, with_gradients
from gancourse.check.order import Puzzle, Rule, Step, judge_order, minimize
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    judge_claims,
    kind,
    loss_of,
    same,
    same_gradient,
    show,
    tensor_of,
)

Parts = Callable[..., tuple[tuple[Tensor, Tensor], ...]]  # inputs to pairs that should be near one another


def expect_pictures(name: str, given: tuple) -> Tensor:
    """The one batch of pictures (n, 1, h, w) that a player was given."""
    if any(one is ... for one in given):
        raise StillOpen(f"{name} was given `...`.")
    if len(given) != 1:
        raise NotYet(f"{name} was given {len(given)} arguments", hint=f"{name} takes one batch of pictures")
    (p,) = given
    if isinstance(p, Tensor) and p.dim() == 4 and p.shape[1] == 2:
        what = f"{name} was given two pictures joined as channels, and it takes them one by one"
        raise NotYet(what, f"{kind(p)[0].upper()}{kind(p)[1:]} came.", "pairs were chapter 5's; here nobody has one")
    if not isinstance(p, Tensor) or p.dim() != 4 or p.shape[1] != 1:
        raise NotYet(f"{name} was given {kind(p)}", hint=f"{name} takes a batch of pictures, here (n, 1, h, w)")
    return p


class Painter(nn.Module):
    """A player with known numbers: each pixel p becomes weight * p + bias, (n, 1, h, w) -> (n, 1, h, w)."""

    def __init__(self, name: str, weight: float, bias: float):
        super().__init__()
        self.name, self.formula = name, f"{weight:g} p {'-' if bias < 0 else '+'} {abs(bias):g}"
        self.weight, self.bias = nn.Parameter(torch.tensor(weight)), nn.Parameter(torch.tensor(bias))

    def forward(self, *given: Tensor) -> Tensor:
        return self.weight * expect_pictures(self.name, given) + self.bias

    def __getattr__(self, name: str):
        if not name.startswith("_") and callable(getattr(functional, name, None)):
            what = f"{self.name}.{name}: {self.name} is a player here, and not torch.nn.functional"
            raise NotYet(what, hint=f"from torch.nn.functional import {name}, or (a - b).abs().mean()")
        return super().__getattr__(name)


def near(a: Tensor, b: Tensor) -> Tensor:
    """The mean absolute difference; NaN, which is no answer's, where the shapes differ."""
    return l1_loss(a, b) if a.shape == b.shape else torch.tensor(torch.nan)


ABS = "(a - b).abs().mean(): the mean over all pixels and pictures"
DISTANCES = (  # (name, hint, what stands in place of the mean absolute difference)
    ("squared errors in place of absolute ones", ABS, lambda a, b: (a - b).square().mean()),
    ("the root of the squared errors in place of absolute ones", ABS, lambda a, b: (a - b).square().mean().sqrt()),
    ("a sum instead of a mean: it would grow with the pictures", ABS, lambda a, b: (a - b).abs().sum()),
    (
        "summed over the pixels of a picture: it would grow with the picture's size",
        ABS,
        lambda a, b: (a - b).abs().sum((1, 2, 3)).mean(),
    ),
    ("smooth L1: near 0 it is a square", ABS, smooth_l1_loss),
    ("no absolute value: too bright here pays for too dark there", ABS, lambda a, b: (a - b).mean()),
    (
        "no absolute value, or one behind the mean: too bright here pays for too dark there",
        "first .abs(), then .mean()",
        lambda a, b: (b - a).mean(),
    ),
    (
        "no absolute value, or one behind the mean: too bright here pays for too dark there",
        "first .abs(), then .mean()",
        lambda a, b: (a - b).mean().abs(),
    ),
)


def distance_slips(parts: Parts, join: Callable) -> tuple[Slip, ...]:
    """Other distances between the right things."""
    return tuple(Slip(name, hint, lambda *a, d=d: join([d(*p) for p in parts(*a)])) for name, hint, d in DISTANCES)


def sum_slips(parts: Parts, hint: str) -> tuple[Slip, ...]:
    """The two right distances, put together wrongly."""

    def put(join: Callable) -> Callable:
        return lambda *a: join(*(near(*p) for p in parts(*a)))

    def at_once(*inputs) -> Tensor:
        return 2 * torch.cat([(a - b).abs().flatten() for a, b in parts(*inputs)]).mean()

    return (
        Slip("half of the loss: the two terms are added, not averaged", hint, put(lambda a, b: (a + b) / 2)),
        Slip("the terms are subtracted: an error in one would pay for one in the other", hint, put(lambda a, b: a - b)),
        Slip("the terms are subtracted: an error in one would pay for one in the other", hint, put(lambda a, b: b - a)),
        Slip("missing plus: the terms are multiplied", hint, put(lambda a, b: a * b)),
        Slip("a minus too many: large errors would be good", hint, put(lambda a, b: -a - b)),
        Slip("a weight is in it: the game puts it on later", hint, put(lambda a, b: 5 * (a + b))),
        Slip("a weight is in it: the game puts it on later", hint, put(lambda a, b: 10 * (a + b))),
        Slip(
            "one mean over x and y together: where there are more of one, it would count for more",
            "take the mean of each by itself, and add the two means",
            at_once,
        ),
        *distance_slips(parts, sum),
    )


def there_and_back(G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> tuple:
    return (F(G(x)), x), (G(F(y)), y)


HOME = "F(G(x)) should be x, and G(F(y)) should be y: add the mean absolute differences of both ways"
CYCLE_SLIPS = (
    Slip("the way of y is missing: F could draw the same x for every y", HOME, lambda G, F, x, y: near(F(G(x)), x)),
    Slip("the way of x is missing: G could draw the same y for every x", HOME, lambda G, F, x, y: near(G(F(y)), y)),
    Slip(
        "the players are swapped: G(F(x)) gives F a picture of x, and F draws from pictures of y",
        HOME,
        lambda G, F, x, y: near(G(F(x)), x) + near(F(G(y)), y),
    ),
    Slip(
        "the players are swapped in the second way: G is given y, and draws from pictures of x",
        HOME,
        lambda G, F, x, y: near(F(G(x)), x) + near(F(G(y)), y),
    ),
    Slip(
        "the players are swapped in the first way: F is given x, and draws from pictures of y",
        HOME,
        lambda G, F, x, y: near(G(F(x)), x) + near(G(F(y)), y),
    ),
    Slip(
        "both ways begin with x, and the way of y is missing",
        HOME,
        lambda G, F, x, y: near(F(G(x)), x) + near(G(F(x)), x),
    ),
    Slip("the way of x is taken twice, and that of y is missing", HOME, lambda G, F, x, y: 2 * near(F(G(x)), x)),
    Slip(
        "what comes home is compared with the other domain: x with y, and nobody knows which y",
        HOME,
        lambda G, F, x, y: near(F(G(x)), y) + near(G(F(y)), x),
    ),
    Slip(
        "half way only: G(x) is compared with y, as if they were a pair",
        HOME,
        lambda G, F, x, y: near(G(x), y) + near(F(y), x),
    ),
    Slip(
        "half way only: G(x) is compared with x, so G would do best to change nothing",
        HOME,
        lambda G, F, x, y: near(G(x), x) + near(F(y), y),
    ),
    Slip(
        "half way only: this is the identity loss, G(y) near y and F(x) near x",
        HOME,
        lambda G, F, x, y: near(G(y), y) + near(F(x), x),
    ),
    Slip(
        "the same player twice: the way back is the other one's",
        HOME,
        lambda G, F, x, y: near(G(G(x)), x) + near(F(F(y)), y),
    ),
    *sum_slips(there_and_back, HOME),
)
FAKES = "no detach: the fake is what one player says to the other, and both should learn from how it ends"
CYCLE_CUT_SLIPS = (
    Slip(
        "the value is right, but the fakes are detached: each player learns the way back, and nobody the way there",
        FAKES,
        lambda G, F, x, y: near(F(G(x).detach()), x) + near(G(F(y).detach()), y),
    ),
    Slip(
        "the value is right, but G(x) is detached: G does not learn to draw what F can read",
        FAKES,
        lambda G, F, x, y: near(F(G(x).detach()), x) + near(G(F(y)), y),
    ),
    Slip(
        "the value is right, but F(y) is detached: F does not learn to draw what G can read",
        FAKES,
        lambda G, F, x, y: near(F(G(x)), x) + near(G(F(y).detach()), y),
    ),
)
PLAYERS = (  # of G, of F, how many pictures of x, of y
    ((0.5, 0.3), (1.4, -0.5), 2, 2),
    ((-0.8, 0.2), (-0.9, 0.1), 3, 2),
)


def judge_both(answer: Answer, parts: Parts, names: Sequence[str], slips: Sequence, cuts: Sequence, hint: str) -> None:
    """Hold a loss on both domains to the sum of two means, in value and in what the players learn from it."""
    for of_g, of_f, n, m in PLAYERS:
        G, F = Painter("G", *of_g), Painter("F", *of_f)
        inputs = (G, F, wave(n, 1, 2, 3), wave(m, 1, 2, 3, step=2.9))
        loss = loss_of(unpaired(answer, inputs))
        distances = [near(*part) for part in parts(*inputs)]
        told = ", ".join(f"mean |{name}| = {show(d)}" for name, d in zip(names, distances, strict=True))
        told = f"With G(p) = {G.formula} and F(p) = {F.formula} at each pixel p, and so {told},"
        compare(loss, sum(distances), slips, inputs, told, hint=hint)
        expect_learning(loss, parts, inputs, cuts)


def unpaired(answer: Answer, inputs: tuple) -> object:
    """The answer, where there may be more pictures of x than of y."""
    *_, x, y = inputs
    try:
        return answer(*inputs[:2], x.clone(), y.clone())
    except NotYet as wrong:
        if len(x) != len(y) and re.search("size of tensor a", wrong.number):
            what = f"pictures of x meet pictures of y: here are {len(x)} of x and {len(y)} of y, and no pairs"
            raise NotYet(what, wrong.number, "take the mean of each by itself, and add the two means") from None
        raise


def expect_learning(loss: Tensor, parts: Parts, inputs: tuple, cuts: Sequence[Slip]) -> None:
    """Hold the gradients of a loss, whose value is right, to the right ones; what is cut off is looked up."""
    named = {f"{player.name}.{name}": p for player in inputs[:2] for name, p in player.named_parameters()}
    for cut in cuts if loss.requires_grad else ():
        mine, gone = (all_gradients(a, list(named.values())) for a in (loss.sum(), cut.formula(*inputs)))
        if all(map(same, mine, gone)):
            raise NotYet(cut.name, hint=cut.hint)
    right = sum(near(*part) for part in parts(*inputs))
    same_gradient(
        loss, right, list(named.values()), list(named), "G and F both learn from it: no detach, no no_grad here"
    )


def all_gradients(loss: Tensor, inputs: list[Tensor]) -> tuple[Tensor, ...]:
    """Zeros where the loss does not depend on an input."""
    return torch.autograd.grad(loss, inputs, retain_graph=True, allow_unused=True, materialize_grads=True)


@exercise("cycle_loss(G, F, x, y), eq. 2: how far from home the way there and back ends, from x and from y")
def ex06_cycle(f):
    """f(G, F, x, y) -> mean |F(G(x)) - x| + mean |G(F(y)) - y|, with a gradient for both players."""
    answer = Answer(f, "cycle_loss(G, F, x, y)")
    judge_both(answer, there_and_back, ("F(G(x)) - x", "G(F(y)) - y"), CYCLE_SLIPS, CYCLE_CUT_SLIPS, HOME)
    return "0 says that each undoes the other. It does not say that what lies between is right."


class MapCritic(nn.Module):
    """A critic with known numbers, one logit for each quarter of a picture: (n, 1, 4, 4) -> (n, 1, 2, 2).

    A quarter's logit is 1.5 times its mean, and 0.3.
    """

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.tensor(1.5)), nn.Parameter(torch.tensor(0.3))

    def forward(self, *given: Tensor) -> Tensor:
        return self.weight * avg_pool2d(expect_pictures("D", given), 2) + self.bias


def squares(logits: Tensor, target: float) -> Tensor:
    return (logits - target).square().mean()


def both_squares(r: Tensor, f: Tensor) -> Tensor:
    """Without the half."""
    return squares(r, 1) + squares(f, 0)


LSGAN = "((D(y) - 1)**2).mean() and (D(fake)**2).mean(): add them, and halve the sum"
HALF_SLIPS = (
    Slip("not halved: this is the sum of both terms", "the paper divides the critic's loss by 2", both_squares),
    Slip("halved twice", "one half of the sum of two means", lambda r, f: both_squares(r, f) / 4),
    Slip("one term is halved, the other is not", LSGAN, lambda r, f: squares(r, 1) / 2 + squares(f, 0)),
    Slip("one term is halved, the other is not", LSGAN, lambda r, f: squares(r, 1) + squares(f, 0) / 2),
)
D_LOSS_SLIPS = (  # without the half
    Slip(
        "the targets are exchanged: D is asked to call real pictures 0 and fakes 1",
        "real pictures have the target 1, fakes the target 0",
        lambda r, f: squares(r, 0) + squares(f, 1),
    ),
    Slip("both targets are 1", "fakes have the target 0", lambda r, f: squares(r, 1) + squares(f, 1)),
    Slip("both targets are 0", "real pictures have the target 1", lambda r, f: squares(r, 0) + squares(f, 0)),
    Slip("the fakes have the target -1", "the targets are 1 and 0", lambda r, f: squares(r, 1) + squares(f, -1)),
    Slip(
        "the cross-entropy: the loss of chapters 1 to 5",
        "squared errors are asked for, with no softplus",
        lambda r, f: softplus(-r).mean() + softplus(f).mean(),
    ),
    Slip(
        "a sigmoid before the squares: least squares take what D returns as it is",
        LSGAN,
        lambda r, f: both_squares(r.sigmoid(), f.sigmoid()),
    ),
    Slip(
        "no squares: too much in one place pays for too little in another",
        "the square of each difference, and then the mean",
        lambda r, f: (r - 1).mean() + f.mean(),
    ),
    Slip("absolute errors in place of squared ones", LSGAN, lambda r, f: (r - 1).abs().mean() + f.abs().mean()),
    Slip("the root of the squared errors", LSGAN, lambda r, f: squares(r, 1).sqrt() + squares(f, 0).sqrt()),
    Slip("the fakes are missing: a D that answers 1 to everything would win", LSGAN, lambda r, f: squares(r, 1)),
    Slip(
        "the real pictures are missing: a D that answers 0 to everything would win", LSGAN, lambda r, f: squares(f, 0)
    ),
    Slip("this is the forger's loss, (D(fake) - 1)**2", LSGAN, lambda r, f: squares(f, 1)),
    Slip("the fakes are used twice, the real pictures never", LSGAN, lambda r, f: both_squares(f, f)),
    Slip("the real pictures are used twice, the fakes never", LSGAN, lambda r, f: both_squares(r, r)),
    Slip(
        "the two terms are subtracted, so D gains by failing on the fakes",
        "both are costs: add them",
        lambda r, f: squares(r, 1) - squares(f, 0),
    ),
    Slip(
        "a minus too many: both terms are costs, and an optimizer makes them small",
        LSGAN,
        lambda r, f: -both_squares(r, f),
    ),
    Slip(
        "a sum instead of a mean",
        "use .mean(), so that neither size nor number of the pictures matters",
        lambda r, f: r.numel() * both_squares(r, f),
    ),
    Slip(
        "summed over the patches of a picture: the loss would grow with its size",
        "the mean over the whole map, .mean()",
        lambda r, f: r[0].numel() * both_squares(r, f),
    ),
    Slip(
        "the patches of a picture are averaged before the square, as if D were an image D",
        "each patch gets a verdict of its own: first the square, then .mean()",
        lambda r, f: both_squares(r.mean((1, 2, 3)), f.mean((1, 2, 3))),
    ),
    Slip(
        "the square of the mean; the mean of the squares is asked for",
        "first the square, then .mean()",
        lambda r, f: both_squares(r.mean(), f.mean()),
    ),
    Slip("raw logits: this is the loss of a Wasserstein critic", LSGAN, lambda r, f: f.mean() - r.mean()),
    Slip(
        "the hinge loss: a good one, and another game's",
        LSGAN,
        lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(),
    ),
)


@exercise("d_loss(D, y, fake), a critic's loss by least squares, halved; D returns a map of logits")
def ex06_d_loss(f):
    """f(D, y, fake) -> half of mean (D(y) - 1)^2 + mean D(fake)^2, with a gradient for D and none for the forger."""
    answer = Answer(f, "d_loss(D, y, fake)")
    halved = [Slip(s.name, s.hint, lambda *a, s=s: s.formula(*a) / 2) for s in D_LOSS_SLIPS]
    for y, drawn in (
        (sketch(0.3, 0.1, -0.4), sketch(0.7, -0.6, 0.15)),
        (sketch(0.6, -0.5), sketch(-0.2, 0.35).flip(2)),
    ):
        D, forger = MapCritic(), torch.ones((), requires_grad=True)
        loss = loss_of(answer(D, y.clone(), forger * drawn))
        real, fake = D(y), D(drawn)
        told = f"With D(y) = {show(real.flatten(1))} and D(fake) = {show(fake.flatten(1))} (a row for each picture),"
        slips = (*HALF_SLIPS, *halved, *D_LOSS_SLIPS)
        compare(loss, both_squares(real, fake) / 2, slips, (real, fake), told, hint=LSGAN)
        expect_critic_alone(loss, real, fake, D, forger)
    return "A map of 0.5 everywhere, an undecided critic's, scores 0.25. From this loss D alone learns."


def expect_critic_alone(loss: Tensor, real: Tensor, fake: Tensor, D: nn.Module, forger: Tensor) -> None:
    """No gradient for the forger, and the right one for D; the value is right."""
    weights = dict(D.named_parameters())
    if loss.requires_grad:
        if (reached := all_gradients(loss.sum(), [forger])[0]).any():
            number = f"A gradient of {show(reached)} arrives there: wasted work, or worse, G learns to help the critic."
            raise NotYet("the gradient runs on into the forger", number, "D(fake.detach())")
        mine, blind = (all_gradients(a, list(weights.values())) for a in (loss.sum(), squares(real, 1) / 2))
        if all(map(same, mine, blind)):
            what = "the value is right, but D learns from the real pictures alone: what it says of the fakes is cut off"
            raise NotYet(what, hint="detach the fake, not D's answer: D(fake.detach()), not D(fake).detach()")
    hint = "D learns from both terms: detach pictures, but never what D returns"
    same_gradient(loss, both_squares(real, fake) / 2, list(weights.values()), [f"D.{name}" for name in weights], hint)


Swapped = tuple[Tensor, Tensor]  # what is handed on, (c, h, w), and what is stored afterwards, (k, c, h, w)


def put(stored: Tensor, picture: Tensor, i: int) -> Tensor:
    stored = stored.clone()
    stored[i] = picture
    return stored


def more(stored: Tensor, picture: Tensor) -> Tensor:
    return torch.cat([stored, picture[None]])


def swapped(stored: Tensor, size: int, picture: Tensor, keep: bool, i: int) -> Swapped:
    if len(stored) < size:
        return picture, more(stored, picture)
    return (stored[i], put(stored, picture, i)) if keep else (picture, stored)


FILL = "while len(stored) < size, whatever keep and i are: add the picture at the end, and hand it on"
PASS = "keep is False: hand on the picture, and leave the pool as it is"
SWAP = "old = stored[i].clone(), then stored[i] = picture, then return old, stored"
EARLY = "an old picture is handed on, though the pool is not full yet"
NOT_KEPT = "an old picture is handed on, though keep is False"
GROWS = "the pool grows beyond its size"
FILLING_SLIPS = (  # while there is room; each formula takes stored, picture, i
    Slip("the picture is not stored, though there is room", FILL, lambda s, p, i: (p, s)),
    Slip(EARLY, FILL, lambda s, p, i: (s[i], put(s, p, i))),
    Slip(EARLY, FILL, lambda s, p, i: (s[i], more(s, p))),
    Slip(EARLY, FILL, lambda s, p, i: (s[i], s)),
    Slip("the picture takes the place of another, though there is room", FILL, lambda s, p, i: (p, put(s, p, i))),
    Slip("the pictures stored before are lost", FILL, lambda s, p, i: (p, p[None])),
    Slip(
        "the picture stands in front of the others, not behind them", FILL, lambda s, p, i: (p, torch.cat([p[None], s]))
    ),
)
PASSING_SLIPS = (  # the pool is full, and keep is False
    Slip("the picture is stored, though keep is False", PASS, lambda s, p, i: (p, put(s, p, i))),
    Slip(NOT_KEPT, PASS, lambda s, p, i: (s[i], put(s, p, i))),
    Slip(NOT_KEPT, PASS, lambda s, p, i: (s[i], s)),
    Slip(GROWS, PASS, lambda s, p, i: (p, more(s, p))),
    Slip("the oldest picture makes room, though keep is False", PASS, lambda s, p, i: (p, more(s[1:], p))),
)
SWAPPING_SLIPS = (  # the pool is full, and keep is True
    Slip(
        "the new picture is handed on, though it has taken the place of an old one: nobody sees that one again",
        SWAP,
        lambda s, p, i: (p, put(s, p, i)),
    ),
    Slip("nothing is exchanged, though keep is True", SWAP, lambda s, p, i: (p, s)),
    Slip("the old picture is handed on, but the new one is not stored", SWAP, lambda s, p, i: (s[i], s)),
    Slip(GROWS, SWAP, lambda s, p, i: (s[i], more(s, p))),
    Slip(GROWS, SWAP, lambda s, p, i: (p, more(s, p))),
    Slip(
        "the new picture stands at the end, not at place i",
        SWAP,
        lambda s, p, i: (s[i], torch.cat([s[:i], s[i + 1 :], p[None]])),
    ),
    Slip(
        "the old picture is taken out, and the new one is not stored: the pool shrinks",
        SWAP,
        lambda s, p, i: (s[i], torch.cat([s[:i], s[i + 1 :]])),
    ),
    Slip("off by one: places are counted from 0", SWAP, lambda s, p, i: (s[i - 1], put(s, p, i - 1))),
    Slip(
        "the oldest picture makes room: chance, the argument i, should say which",
        SWAP,
        lambda s, p, i: (s[0], more(s[1:], p)),
    ),
    Slip("i is not used: the first picture is exchanged", SWAP, lambda s, p, i: (s[0], put(s, p, 0))),
    Slip("i is not used: the last picture is exchanged", SWAP, lambda s, p, i: (s[-1], put(s, p, -1))),
)
POOLS = (  # stored, size, keep, i; the picture is 90
    ([10, 20], 3, False, 0),
    ([10, 20], 3, True, 1),
    ([], 2, True, 0),
    ([10, 20, 30, 40], 4, False, 1),
    ([10, 20, 30, 40], 4, True, 2),
    ([10], 1, True, 0),
)


def numbered(*numbers: float) -> Tensor:
    """One picture for each number, which is its first pixel: (k, 1, 2, 2)."""
    return torch.tensor(numbers).view(-1, 1, 1, 1) + torch.tensor([[0.0, 1.0], [2.0, 3.0]])


@exercise("swap(stored, size, picture, keep, i), the image pool's rule for one picture, as the pair handed_on, stored")
def ex06_pool(f):
    """f(stored (k, c, h, w), size, picture (c, h, w), keep, i) -> what is handed on, what is stored; no graph."""
    answer = Answer(f, "swap(stored, size, picture, keep, i)")
    for stored, size, keep, i in POOLS:
        drawn = numbered(90)[0]
        inputs = (numbered(*stored), size, drawn, keep, i)
        told = f"With stored = {stored}, size = {size}, picture = 90, keep = {keep}, i = {i} (first pixels as names),"
        forger = torch.ones((), requires_grad=True)

        def play(stored=inputs[0], size=size, drawn=forger * drawn, keep=keep, i=i) -> Swapped:
            return swap_of(joined(answer, stored.clone(), size, drawn, keep, i))

        result = alike(play, told, "the toss and the draw are made for you: `keep` and `i` say how they fell")
        judge_swap(result, swapped(*inputs), inputs, told)
        expect_no_graph(*result)
    return "The critic sees what G draws now beside what it drew before, so G cannot win by turning in circles."


def joined(answer: Answer, *inputs: object) -> object:
    """The answer, where a picture may have been joined to the pool as it is."""
    try:
        return answer(*inputs)
    except NotYet as wrong:
        if "same number of dimensions" in wrong.number:
            what = "a picture, (c, h, w), does not join a batch, (k, c, h, w): one dimension is missing"
            raise NotYet(what, wrong.number, "picture[None] is (1, c, h, w)") from None
        raise


def swap_of(result: object) -> Swapped:
    """The two tensors from the answer."""
    hint = "return handed_on, stored"
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet(f"wrong type: {kind(result)} came back, and the pair handed_on, stored is asked for", hint=hint)
    result = [torch.stack(list(p)) if is_pictures(p) else p for p in result]
    handed, stored = (finite(tensor_of(part, hint=hint), "there is no division here") for part in result)
    if handed.dim() == 4 and stored.dim() == 3:
        raise NotYet("the two are in the wrong order: what is handed on comes first", hint=hint)
    if handed.shape != (1, 2, 2):
        what = f"wrong shape: handed_on is {tuple(handed.shape)}, and a picture (c, h, w) is asked for, here (1, 2, 2)"
        raise NotYet(what, hint="one picture comes in, and one goes out")
    if stored.dim() != 4 or stored.shape[1:] != (1, 2, 2):
        what = f"wrong shape: stored is {tuple(stored.shape)}, and (k, c, h, w) is asked for, here (k, 1, 2, 2)"
        raise NotYet(what, hint="picture[None] is (1, c, h, w), and cat puts it behind the others")
    return handed, stored


def is_pictures(part: object) -> bool:
    return isinstance(part, list | tuple) and len(part) > 0 and all(isinstance(p, Tensor) for p in part)


def judge_swap(result: Swapped, right: Swapped, inputs: tuple, told: str) -> None:
    """Hold both to the right ones; a wrong pair is looked up among the slips of its case."""
    if all(map(same_pictures, result, right)):
        return
    stored, size, picture, keep, i = inputs
    number = f"{told} yours {in_words(result)}; the right one {in_words(right)}."
    full = SWAPPING_SLIPS if keep else PASSING_SLIPS
    slips = full if len(stored) == size else FILLING_SLIPS
    if slips is SWAPPING_SLIPS and same(result[0], picture) and one_memory(*result):
        what = "the old picture is overwritten before it is handed on: stored[i] only looks into the pool"
        raise NotYet(what, number, SWAP)
    for slip in slips if len(stored) else slips[:1]:  # of an empty pool no place is to be had
        if all(map(same_pictures, result, slip.formula(stored, picture, i))):
            raise NotYet(slip.name, number, slip.hint)
    raise NotYet("these are not the right pictures", number, slips[0].hint)


def same_pictures(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and same(a, b)


def in_words(pair: Swapped) -> str:
    """Both by their first pixels: "hands on 90 and keeps [10, 20]"."""
    handed, stored = pair
    return f"hands on {show(handed.flatten()[0])} and keeps {show(stored[:, 0, 0, 0])}"


def one_memory(a: Tensor, b: Tensor) -> bool:
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def expect_no_graph(handed: Tensor, stored: Tensor) -> None:
    hint = "picture = picture.detach(), in the first line"
    if stored.requires_grad:
        raise NotYet(
            "the pool keeps a graph: all that G computed for a picture would stay in memory with it", hint=hint
        )
    if handed.requires_grad:
        raise NotYet("what is handed on hangs on the forger: the critic's loss would run on into G", hint=hint)


def left_alone(G: nn.Module, F: nn.Module, x: Tensor, y: Tensor) -> tuple:
    return (G(y), y), (F(x), x)


STAY = "give each player what it should draw anyway: G(y) should be y, and F(x) should be x"
IDENTITY_SLIPS = (
    Slip(
        "G is given x and F is given y: those are what they should change",
        STAY,
        lambda G, F, x, y: near(G(x), x) + near(F(y), y),
    ),
    Slip("F's half is missing: F(x) should be x", STAY, lambda G, F, x, y: near(G(y), y)),
    Slip("G's half is missing: G(y) should be y", STAY, lambda G, F, x, y: near(F(x), x)),
    Slip("G(x) is compared with y, as if they were a pair", STAY, lambda G, F, x, y: near(G(x), y) + near(F(y), x)),
    Slip("G(y) is compared with x: it was y that went in", STAY, lambda G, F, x, y: near(G(y), x) + near(F(x), y)),
    Slip(
        "this is the cycle loss: here each player is asked once, and nobody goes back",
        STAY,
        lambda G, F, x, y: near(F(G(x)), x) + near(G(F(y)), y),
    ),
    Slip(
        "F is given y, too: that is what F should change, and x is what it should leave alone",
        STAY,
        lambda G, F, x, y: near(G(y), y) + near(F(y), y),
    ),
    Slip(
        "G is given x, too: that is what G should change, and y is what it should leave alone",
        STAY,
        lambda G, F, x, y: near(G(x), x) + near(F(x), x),
    ),
    *sum_slips(left_alone, STAY),
)
OUT = "no detach, no no_grad: what a player draws is how it learns"
IDENTITY_CUT_SLIPS = (
    Slip(
        "the value is right, but G(y) is detached, and F alone learns",
        OUT,
        lambda G, F, x, y: near(G(y).detach(), y) + near(F(x), x),
    ),
    Slip(
        "the value is right, but F(x) is detached, and G alone learns",
        OUT,
        lambda G, F, x, y: near(G(y), y) + near(F(x).detach(), x),
    ),
)


@exercise("identity_loss(G, F, x, y): what is in the right domain already should be left alone")
def ex06_identity(f):
    """f(G, F, x, y) -> mean |G(y) - y| + mean |F(x) - x|, with a gradient for both players."""
    answer = Answer(f, "identity_loss(G, F, x, y)")
    judge_both(answer, left_alone, ("G(y) - y", "F(x) - x"), IDENTITY_SLIPS, IDENTITY_CUT_SLIPS, STAY)
    return "G may change what makes an x an x. A y has nothing of that, so G should leave it alone, its colours too."


class Reader(Painter):
    """Draws x from the message in a picture g: its colours are quarters, and what is left over counts tenfold."""

    def __init__(self):
        super().__init__("F", 10.0, 0.0)
        self.requires_grad_(False)

    def forward(self, *given: Tensor) -> Tensor:
        g = expect_pictures("F", given)
        return quarters(g) + self.weight * (g - quarters(g))


def quarters(p: Tensor) -> Tensor:
    return (4 * p).round() / 4


def blur(p: Tensor) -> Tensor:
    return avg_pool2d(p, 3, 1, 1, count_include_pad=False)


def ends(F: Callable, g: Tensor, x: Tensor, destroy: Callable) -> tuple:
    return (F(g), x), (F(destroy(g)), x)


def errors(*parts: tuple[Tensor, Tensor]) -> Tensor:
    return torch.stack([near(a, b) for a, b in parts])


TWICE = "the distance of F(g) and x first, then that of F(destroy(g)) and x"
MESSAGE_SLIPS = (
    Slip("reversed: the error with the message comes first", TWICE, lambda F, g, x, d: errors((F(d(g)), x), (F(g), x))),
    Slip(
        "x is destroyed, not g: the message is in the picture that F reads",
        TWICE,
        lambda F, g, x, d: errors((F(g), x), (F(g), d(x))),
    ),
    Slip(
        "destroyed too late: F has read the message before",
        "first destroy, then F",
        lambda F, g, x, d: errors((F(g), x), (d(F(g)), x)),
    ),
    Slip(
        "g and x are both destroyed: x is the true one, and stays as it is",
        TWICE,
        lambda F, g, x, d: errors((F(g), x), (F(d(g)), d(x))),
    ),
    Slip(
        "F is given x: it draws from g, which carries the message",
        TWICE,
        lambda F, g, x, d: errors((F(g), x), (F(d(x)), x)),
    ),
    Slip(
        "F is given x: it draws from g, which carries the message",
        TWICE,
        lambda F, g, x, d: errors((F(x), x), (F(d(x)), x)),
    ),
    Slip(
        "nothing is destroyed: both errors are those with the message",
        TWICE,
        lambda F, g, x, d: errors((F(g), x), (F(g), x)),
    ),
    Slip("both errors are those without the message", TWICE, lambda F, g, x, d: errors((F(d(g)), x), (F(d(g)), x))),
    Slip(
        "F is missing: this is how far g is from x, not how far from home the way back ends",
        TWICE,
        lambda F, g, x, d: errors((g, x), (d(g), x)),
    ),
    Slip("compared with g: the way back should end at x", TWICE, lambda F, g, x, d: errors((F(g), g), (F(d(g)), g))),
    Slip("compared with g: the way back should end at x", TWICE, lambda F, g, x, d: errors((F(g), g), (F(d(g)), d(g)))),
    Slip("the second is compared with F(g), not with x", TWICE, lambda F, g, x, d: errors((F(g), x), (F(d(g)), F(g)))),
    Slip("the second is what destroying changes in g itself", TWICE, lambda F, g, x, d: errors((F(g), x), (d(g), g))),
    Slip(
        "the second is by how much the error grows, and the error itself is asked for",
        TWICE,
        lambda F, g, x, d: errors((F(g), x), (F(d(g)), x)) - torch.stack([torch.zeros(()), near(F(g), x)]),
    ),
    *distance_slips(ends, torch.stack),
)


@exercise("message(F, g, x, destroy), the cycle error of g = G(x) with its message, and after the message is destroyed")
def ex06_message(f):
    """f(F, g, x, destroy) -> (mean |F(g) - x|, mean |F(destroy(g)) - x|), as numbers or tensors."""
    answer = Answer(f, "message(F, g, x, destroy)")
    for n, h, w, destroy in ((2, 3, 4, quarters), (3, 2, 5, blur)):
        colours, hidden = quarters(wave(n, 1, h, w)), 0.04 * wave(n, 1, h, w, step=2.9)
        F, g, x = Reader(), colours + hidden, colours + 10 * hidden + 0.05 * wave(n, 1, h, w, step=0.9)
        inputs = (F, g, x, destroy)
        result = two_numbers(answer(F, g.clone(), x.clone(), destroy), "return with_message, without")
        told = f"With {n} pictures of {h} x {w}, (with, without) the message:"
        compare(result, errors(*ends(*inputs)), MESSAGE_SLIPS, inputs, told, hint=TWICE)
    return "If the second is far larger, F read x in what was destroyed. If it is not, x is in what is left."


CLAIMS = {
    "a": "The adversarial loss of the second game, from Y to X, is L_GAN(F, D_X, Y, X).",
    "b": "Cycle consistency guarantees that G(x) is the right answer to x.",
    "c": "Neither G nor F is ever told which y belongs to which x.",
    "d": "For all translations among k domains, one CycleGAN for each two of them takes k (k - 1) generators in all.",
    "e": "If the cycle error from photos to labels and back is low, the labels are right.",
    "f": "The identity loss needs as many channels in X as in Y.",
}
ABOUT = {  # letter: (is it true, why)
    "a": (
        True,
        "F draws pictures of X from those of Y, and D_X judges them; where articles print (G, D_X, X, Y), G would be"
        " judged by the critic of the domain that it draws from",
    ),
    "b": (
        False,
        "any two maps that undo each other have a cycle error of 0: both may turn black into white, or mirror what"
        " they are given",
    ),
    "c": (True, "pictures of both are drawn apart from one another, and no loss compares G(x) with a y"),
    "d": (
        True,
        "there are k (k - 1) / 2 ways to choose two domains, and each CycleGAN has two generators: 12 for 4 domains,"
        " which grows like a square and not exponentially",
    ),
    "e": (
        False,
        "what F needs for the way back may be a message hidden in the labels, too faint for the eye, under colours"
        " that are wrong",
    ),
    "f": (True, "G takes pictures of X; the identity loss gives it one of Y"),
}


TRIED = {  # how to find out
    "a": "who draws in the second game, and which pictures?",
    "b": "let G and F both turn a picture into its negative, and compute the cycle error",
    "c": "go through the losses: in which of them does G(x) meet a y?",
    "d": "count for three domains, with pen and paper",
    "e": "what else in a picture of labels can lead F home?",
    "f": "what goes into G in each of the losses?",
}


@exercise('the letters of all true claims about CycleGAN, as in "ab"')
def ex06_claims(chosen):
    """The letters of the true ones among CLAIMS, in any order."""
    judge_claims(chosen, CLAIMS, ABOUT, TRIED)
    return "The cycle rules out that anything is lost on the way. Which way is taken, it leaves to the critics."


TIED = Puzzle(
    lines={
        "a": Step(
            "loss_D = d_least_squares(D_X(x), D_X(fake_x)) + d_least_squares(D_Y(y), D_Y(fake_y))",
            ("loss_D",),
            ("x", "y", "fake_x", "fake_y"),
            by=("D_X", "D_Y"),
        ),
        "b": Step(
            "fake_x, fake_y = pool_x(fake_x), pool_y(fake_y)",
            ("fake_x", "fake_y"),
            ("fake_x", "fake_y"),
            cut=("fake_x", "fake_y"),
            fresh=True,
        ),
        "c": Step(
            "home = l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y)",
            ("home",),
            ("x", "y", "fake_x", "fake_y"),
            by=("G", "F"),
        ),
        "d": minimize("loss_GF", "G", "F"),
        "e": Step("fake_y, fake_x = G(x), F(y)", ("fake_y", "fake_x"), ("x", "y"), by=("G", "F")),
        "f": Step("same = l1_loss(G(y), y) + l1_loss(F(x), x)", ("same",), ("x", "y"), by=("G", "F")),
        "g": minimize("loss_D", "D_X", "D_Y"),
        "h": Step(
            "fooled = g_least_squares(D_Y(fake_y)) + g_least_squares(D_X(fake_x))",
            ("fooled",),
            ("fake_x", "fake_y"),
            by=("D_X", "D_Y"),
        ),
        "i": Step("loss_GF = fooled + 10 * home + 5 * same", ("loss_GF",), ("fooled", "home", "same")),
        "j": Step("x, y = next(batches)", ("x", "y"), fresh=True),
    },
    right="jehcfidbag",
    rules=(
        Rule(
            "d",
            "g",
            "the critics move before the forgers",
            "The critics move in line {then}, G and F in line {first}. It would run; here the forgers are first.",
            "the round of this chapter: draw, move G and F, ask the pools, move the critics",
        ),
        Rule(
            "h",
            "b",
            "the forgers are judged by fakes out of the pool: old ones, and none of them leads back to a forger",
            "The pools are asked in line {then}, and fooled comes in line {first}.",
            "the pool is for the critics' move; G and F are judged by what they have just drawn",
        ),
        Rule(
            "c",
            "b",
            "fakes out of the pool are led home: an old fake of one picture does not lead to another one",
            "The pools are asked in line {then}, and home comes in line {first}.",
            "the pool is for the critics' move; what is led home is what has just been drawn from x and y",
        ),
        Rule(
            "b",
            "a",
            "the pools are asked too late: the critics are shown the newest fakes alone",
            "loss_D comes in line {then}, the pools in line {first}.",
            "first the pools, then the critics' loss",
        ),
    ),
)


@exercise("the order of the ten lines: one round of CycleGAN, G and F first, and then the critics, by way of the pools")
def ex06_order(steps):
    """The letters of TIED, in any order that plays the round as "jehcfidbag" does."""
    judge_order(steps, TIED)
    return "Each fake is drawn once and used three times: to fool a critic, to be led home, and for the pool."


@exercise("a letter: for how many rounds, on average, a fake stays in a full pool of fifty")
def ex06_age(letter):
    """ "c": each round it goes with a chance of 1/2 times 1/50, so 100."""
    told = "A stored one has to go in a round with a chance of 1/2 (an old one is handed on) times 1/50 (this one)."
    hint = "what has a chance of 1 in n in each round happens after n rounds, on average"
    others = {
        "a": ("nobody chooses the older half: each place is drawn equally often", told, hint),
        "b": (
            "this would be right if every new fake took the place of an old one; or if those were counted, too, with 0"
            " rounds, that never get in",
            told,
            hint,
        ),
        "d": ("it may stay for very long, but hardly ever does", told, hint),
    }
    judge_letter(letter, "c", others)
    return "1 / (1/2 * 1/50) = 100. Half of what a critic sees is new, and the other half is 100 rounds old on average."


def critics() -> tuple[nn.Module, nn.Module]:
    """D_X and D_Y, with unlike numbers."""
    D_X, D_Y = MapCritic(), MapCritic()
    with torch.no_grad():
        D_Y.weight.copy_(torch.tensor(-0.8)), D_Y.bias.copy_(torch.tensor(0.1))
    return D_X.requires_grad_(False), D_Y.requires_grad_(False)


TIES = "the way of x ends near x, that of y near y, each by way of the other domain"
TIED_GIVEN = (True, True, False, True, False, False, False)
TIED_FAULTS = (
    Fault(
        "the critics are exchanged: D_X judges pictures of Y, and D_Y judges pictures of X",
        "G draws pictures of Y, so D_Y judges what it draws: L_GAN(G, D_Y, X, Y) and L_GAN(F, D_X, Y, X)",
    ),
    Fault(
        "F is applied to the wrong domain: F(x) where F(G(x)) is meant. F draws from pictures of Y",
        "the way of x goes over G: F(fake_y)",
    ),
    Fault(
        "the way of x is G(F(x)): both players get pictures of the domain that they should draw",
        "the way of x goes over G: F(fake_y)",
    ),
    Fault(
        "the printed formula, G(F(x)) near x: it should be G(F(y)) near y, since F draws from pictures of Y",
        "the way of y goes over F: G(fake_x) near y",
    ),
    Fault(
        "G is applied to the wrong domain: G(y) where G(F(y)) is meant. G draws from pictures of X",
        "the way of y goes over F: G(fake_x)",
    ),
    Fault(
        "the way of y is F(G(y)): both players get pictures of the domain that they should draw",
        "the way of y goes over F: G(fake_x)",
    ),
    Fault("the weight 10 of the cycle is missing", "fooled + 10 * home"),
)


def tied(G: nn.Module, F: nn.Module, D_X: nn.Module, D_Y: nn.Module, x: Tensor, y: Tensor) -> Callable[..., Tensor]:
    """The forgers' loss and its gradients, with a choice of TIED_FAULTS in it."""
    fake_y, fake_x = G(x), F(y)
    ways_x = (near(F(fake_y), x), near(F(x), x), near(G(F(x)), x))
    ways_y = (near(G(fake_x), y), near(G(F(x)), x), near(G(y), y), near(F(G(y)), y))
    learners = [*G.parameters(), *F.parameters()]

    def rest(loss: Tensor) -> Tensor:
        gradients = torch.autograd.grad(loss, learners, retain_graph=True, materialize_grads=True, allow_unused=True)
        return torch.cat([loss.detach().flatten(), *(g.flatten() for g in gradients)])

    def play(exchanged: bool, f_x: bool, gf_x: bool, printed: bool, g_y: bool, fg_y: bool, light: bool) -> Tensor:
        on_y, on_x = (D_X, D_Y) if exchanged else (D_Y, D_X)
        fooled = (on_y(fake_y) - 1).square().mean() + (on_x(fake_x) - 1).square().mean()
        home = ways_x[1 if f_x else 2 if gf_x else 0] + ways_y[1 if printed else 2 if g_y else 3 if fg_y else 0]
        return rest(fooled + (1 if light else 10) * home)

    return play


def expect_no_other_tie(value: Tensor, right: Tensor, players: tuple, x: Tensor, y: Tensor, told: str) -> None:
    """What comes out on the way from the faults to the right code, if one thing is changed too few or too many."""
    G, F, D_X, D_Y = players

    def loss(on_y: nn.Module, on_x: nn.Module, way_y: Tensor) -> Tensor:
        fooled = (on_y(G(x)) - 1).square().mean() + (on_x(F(y)) - 1).square().mean()
        return fooled + 10 * (near(F(G(x)), x) + near(way_y, y))

    for name, hint, other in (
        ("the way of y begins with x: G(F(x)) near y", "it begins with y: G(fake_x)", loss(D_Y, D_X, G(F(x)))),
        ("D_Y judges both: what F draws are pictures of X", "D_X(fake_x)", loss(D_Y, D_Y, G(F(y)))),
        ("D_X judges both: what G draws are pictures of Y", "D_Y(fake_y)", loss(D_X, D_X, G(F(y)))),
    ):
        if same(value, with_gradients(other, [*G.parameters(), *F.parameters()])):
            raise NotYet(name, f"Faults left: 1. {told} yours {show(value)}, right {show(right)}.", hint)


@exercise("g_loss(G, F, D_X, D_Y, x, y), mended: both critics fooled, by least squares, and 10 times both ways home")
def ex06_mend(f):
    """f(G, F, D_X, D_Y, x, y) -> (D_Y(G(x)) - 1)^2 + (D_X(F(y)) - 1)^2 + 10 (|F(G(x)) - x| + |G(F(y)) - y|), means."""
    answer = Answer(f, "g_loss(G, F, D_X, D_Y, x, y)")
    for of_g, of_f, n, m in PLAYERS:
        G, F = Painter("G", *of_g), Painter("F", *of_f)
        players = (G, F, *critics())
        x, y = wave(n, 1, 4, 4), wave(m, 1, 4, 4, step=2.9)
        loss = loss_of(answer(*players, x.clone(), y.clone()))
        value = with_gradients(loss, [*G.parameters(), *F.parameters()])
        play = tied(*players, x, y)
        right = play(*[False] * len(TIED_FAULTS))
        told = f"With G(p) = {G.formula} and F(p) = {F.formula}, the loss and its slopes by these four numbers:"
        expect_no_other_tie(value, right, players, x, y, told)
        hint = f"{TIES}; and who judges what G draws?"
        expect_mended(value, play, TIED_FAULTS, told, hint=hint, given=TIED_GIVEN)
    return (
        "All four letters stand where their domains want them. With pictures of one size torch would never have said."
    )


UNTOUCHED = 0.32  # the distance of a grey digit to its cousin


@exercise("figures, {weight: (distance to the true cousin, cycle error)} for the weights 0, 10 and one of your own")
def ex06_weight(figures):
    """A dict of at least three weights, 0 and 10 among them, each with two measured numbers."""
    figures = measured(figures)
    for needed, why in ((0, "the control: what is the cycle good for at all?"), (10, "the chapter's own")):
        if needed not in figures:
            number = f"There are {', '.join(f'{w:g}' for w in figures)}."
            raise NotYet(f"the weight {needed} is missing", number, why)
    if len(figures) < 3:
        raise NotYet(
            "two weights make no curve", "There are 0 and 10.", "add one of your own, far from both: 1, or 100"
        )
    for weight, (distance, error) in figures.items():
        if distance < 0 or error < 0 or distance == error == 0:
            what = f"{distance:g} and {error:g} are no measured distances"
            raise NotYet(what, hint="they come out of the loop in this cell, with no figure put in by hand")
        if distance > UNTOUCHED:
            what = f"with the weight {weight:g} the drawings are further away than the grey digits themselves"
            number = f"{distance:.2f}; untouched digits have {UNTOUCHED}."
            raise NotYet(what, number, "is it the distance that comes first? Were there enough rounds (200)?")
    if len({distance for distance, _ in figures.values()}) < len(figures):
        raise NotYet("two weights with one and the same distance", hint="was each of them played?")
    best = min(figures, key=lambda weight: figures[weight][0])
    told = ", ".join(f"{w:g}: {figures[w][0]:.3f}" for w in sorted(figures))
    return f"Distances by weight: {told}. The least is at {best:g}. Now say why; then compare with the solution."


def measured(figures: object) -> dict[float, tuple[float, float]]:
    """The student's figures as numbers."""
    form = "{0: (0.1, 0.2), 10: ...}"
    if not isinstance(figures, dict):
        raise NotYet(f"the check was given {kind(figures)}", hint=f"hand over a dict, {form}")
    if not figures:
        raise StillOpen("No weight was played.", "Put some into the list of weights, and run the cell again.")
    if any(one is ... for one in (*figures, *figures.values())):
        raise StillOpen
    found = {}
    for weight, pair in figures.items():
        distance, error = numbers_of(pair, "(distance, cycle error)")
        found[number_of(weight, "one number for each weight")] = (distance, error)
    return found
