"""Exercises of chapter 00: the pieces that every GAN is made of."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.check.guess import judge_letter, numbers_of, whole
from gancourse.check.mend import Fault, expect_mended, with_gradients
from gancourse.check.order import Puzzle, Rule, Step, judge_order
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
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


def cross_entropy(s: Tensor, t: Tensor) -> Tensor:
    """softplus(s) - t s, each entry of its own."""
    return softplus(s) - t * s


BCE_SLIPS = (
    Slip("swapped labels: 1 is treated as 0", "t = 1 should cost -log D = softplus(-s)", lambda s, t: bce(s, 1 - t)),
    Slip(
        "missing minus: this is the likelihood, which grows as D gets better",
        "a loss is its negative, so that small is good",
        lambda s, t: -bce(s, t),
    ),
    Slip(
        "a sum instead of a mean",
        "use .mean(), so that the batch size does not matter",
        lambda s, t: len(s.flatten()) * bce(s, t),
    ),
    Slip(
        "sigmoid twice: the cross-entropy on logits takes its own sigmoid",
        "give it the logits as they are",
        lambda s, t: bce(s.sigmoid(), t),
    ),
    Slip(
        "the term t s is missing: every target is treated as 0",
        "subtract t s from softplus(s)",
        lambda s, t: softplus(s).mean(),
    ),
    Slip(
        "only the targets 1 count: the term of the targets 0 is missing",
        "add (1 - t) softplus(s)",
        lambda s, t: (t * softplus(-s)).mean(),
    ),
    Slip(
        "only the targets 0 count: the term of the targets 1 is missing",
        "add t softplus(-s)",
        lambda s, t: ((1 - t) * softplus(s)).mean(),
    ),
    Slip(
        "the term t s has the wrong sign", "subtract it: softplus(s) - t s", lambda s, t: (softplus(s) + t * s).mean()
    ),
    Slip("target and logit are swapped", "the logit comes first, then the target", lambda s, t: bce(t, s)),
    Slip(
        "squared error: a distance of probabilities, not a cross-entropy",
        "the cross-entropy is -log of the probability given to the target",
        lambda s, t: (s.sigmoid() - t).square().mean(),
    ),
    Slip(
        "the probability itself, without its logarithm",
        "the cross-entropy is -log of the probability given to the target",
        lambda s, t: -(t * s.sigmoid() + (1 - t) * (-s).sigmoid()).mean(),
    ),
    Slip("logarithm to the base 2", "use the natural logarithm, torch.log", lambda s, t: bce(s, t) / 0.6931472),
    Slip(
        "right for the targets 0 and 1, and every other target is rounded to one of them",
        "the target is a weight: t of the price for real, 1 - t of the price for a fake",
        lambda s, t: bce(s, (t > 0.5).to(s)),
    ),
    Slip(
        "right for the targets 0 and 1, and not between: the target stands inside of the softplus",
        "the target is a weight: t of the price for real, 1 - t of the price for a fake",
        lambda s, t: softplus((1 - 2 * t) * s).mean(),
    ),
)


def bce(s: Tensor, t: Tensor) -> Tensor:
    return cross_entropy(s, t).mean()


@exercise("bce(logit, target), the mean binary cross-entropy, computed from logits")
def ex00_bce(f):
    """f(logit, target) -> mean of softplus(s) - t s; must hold for a logit of 200, too."""
    answer = Answer(f, "bce(logit, target)")
    for s, t in (
        ([2.0, -1.0, 0.5, -3.0], [1.0, 0.0, 0.0, 1.0]),
        ([[0.3, -1.2, 2.5], [1.0, -0.4, 0.7]], [[0.0, 1, 1], [1, 0, 1]]),
        ([1.5, -0.8, 2.0], [0.9, 0.3, 0.6]),
    ):
        s, t = torch.tensor(s, requires_grad=True), torch.tensor(t)
        result = answer(s, t.clone())
        if isinstance(result, Tensor) and result.numel() != 1:
            shapes = f"for logits of shape {tuple(s.shape)} the result has shape {tuple(result.shape)}"
            raise NotYet(f"missing mean: {shapes}, and a loss is one number", hint="the mean over all entries, .mean()")
        loss = loss_of(result)
        told = f"With logits {show(s)} and targets {show(t)}"
        compare(loss, bce(s, t), BCE_SLIPS, (s, t), told, hint="-log D for a target 1, -log(1 - D) for a target 0")
        same_gradient(loss, bce(s, t), [s], ["the logits"], "stay with torch functions, which know their derivative")
    s, t = torch.tensor([200.0, -200.0]), torch.tensor([0.0, 1.0])
    big = answer(s, t)
    if not same(big, bce(s, t)):
        raise NotYet(
            "the formula is right, but it breaks down for large logits",
            f"For a logit of 200 and target 0 the loss is 200; yours is {show(big)}: sigmoid(200) is rounded to 1, "
            "and exp(200) to infinity.",
            "go neither through the sigmoid nor through exp: softplus(s) is log(1 + exp(s)) and never overflows",
        )
    return "The cross-entropy of a logit s is softplus(s) - t s, exact even for a logit of 200."


CRITIC_SLIPS = (
    Slip(
        "swapped: this is the probability of being fake",
        "D* is the share of the real density",
        lambda p, q: q / (p + q),
    ),
    Slip(
        "the ratio p / p_g grows without bound, and D* is a probability",
        "divide by the sum, p + p_g",
        lambda p, q: p / q,
    ),
    Slip("the ratio upside down", "the share of p in the sum p + p_g", lambda p, q: q / p),
    Slip("a difference is no probability", "divide p by the sum, p + p_g", lambda p, q: p - q),
    Slip(
        "the difference over the sum lies between -1 and 1",
        "only p stands above the line",
        lambda p, q: (p - q) / (p + q),
    ),
    Slip("this is the logit of D*", "sigmoid(log p - log p_g) is D* itself", lambda p, q: (p / q).log()),
    Slip("the sigmoid of the ratio", "the logit of D* is the logarithm of the ratio", lambda p, q: (p / q).sigmoid()),
    Slip("the sigmoid of the difference", "the logit of D* is log p - log p_g", lambda p, q: (p - q).sigmoid()),
    Slip("missing brackets: p / p + p_g is 1 + p_g", "p / (p + p_g)", lambda p, q: 1 + q),
    Slip("p alone is a density, not a verdict", "compare it with p_g: p / (p + p_g)", lambda p, q: p),
    Slip("divided by the sum over all places", "each place has its own sum, p + p_g", lambda p, q: p / (p + q).sum()),
    Slip(
        "1/2 everywhere: so says D* only once p_g equals p",
        "before that it depends on the place: p / (p + p_g)",
        lambda p, q: torch.full_like(p, 0.5),
    ),
)


@exercise("best_critic(p, p_g), the best possible D at places where the densities are p and p_g")
def ex00_best_critic(f):
    """f(p, p_g) -> p / (p + p_g), entry by entry."""
    answer = Answer(f, "best_critic(p, p_g)")
    for p, q in (([0.1, 0.4, 0.3, 0.7], [0.3, 0.1, 0.3, 0.2]), ([2.0, 0.01], [0.5, 0.9])):
        p, q = torch.tensor(p), torch.tensor(q)
        result = answer(p.clone(), q.clone())
        result = torch.as_tensor(result) if type(result).__module__ == "numpy" else result
        result = tensor_of(
            result, p.shape, "D* has one value for each place: compute entry by entry, without mean or sum"
        )
        told = f"With p = {show(p)} and p_g = {show(q)}"
        compare(
            finite(result, "a division by 0?"),
            p / (p + q),
            CRITIC_SLIPS,
            (p, q),
            told,
            hint="a share: p out of p + p_g",
        )
    return "D* = p / (p + p_g): 1/2 where both densities agree, near 1 where only real data lie."


SIZE_SLIPS = (
    Slip(
        "this is the formula of the ordinary convolution, which shrinks",
        "turn it around: solve n = (out + 2 padding - kernel) / stride + 1 for out",
        lambda n, k, s, p: (n + 2 * p - k) // s + 1,
    ),
    Slip(
        "n stride holds only where kernel - stride = 2 padding",
        "n pixels have n - 1 steps between them",
        lambda n, k, s, p: n * s,
    ),
    Slip(
        "off by one step: n pixels have n - 1 steps between them",
        "start from (n - 1) stride",
        lambda n, k, s, p: n * s - 2 * p + k,
    ),
    Slip(
        "padding is added, but a transposed convolution cuts it off",
        "subtract 2 padding",
        lambda n, k, s, p: (n - 1) * s + 2 * p + k,
    ),
    Slip(
        "padding is cut on one side only", "it is cut on both sides: 2 padding", lambda n, k, s, p: (n - 1) * s - p + k
    ),
    Slip("padding is missing", "cut off padding on both sides: - 2 padding", lambda n, k, s, p: (n - 1) * s + k),
    Slip(
        "the kernel is missing: the last pixel, too, writes a whole kernel",
        "add one whole kernel to the steps",
        lambda n, k, s, p: (n - 1) * s - 2 * p,
    ),
    Slip(
        "off by one: kernel - 1 instead of kernel",
        "PyTorch's formula has a + 1 at its end",
        lambda n, k, s, p: (n - 1) * s - 2 * p + k - 1,
    ),
    Slip(
        "kernel and stride are swapped",
        "the pixels stand stride apart, and each writes a kernel",
        lambda n, k, s, p: (n - 1) * k - 2 * p + s,
    ),
)


@exercise("transposed_size(n, kernel, stride, padding), the side of a transposed convolution's output")
def ex00_transposed_size(f):
    """f(n, kernel, stride, padding) -> (n - 1) stride - 2 padding + kernel."""
    answer = Answer(f, "transposed_size(n, kernel, stride, padding)")
    for case in ((5, 6, 3, 2), (7, 4, 2, 1), (9, 3, 1, 0), (4, 7, 3, 2)):
        n, k, s, p = case
        side = answer(*case)
        if isinstance(side, bool | str | tuple | list | torch.Size | nn.Module) or not hasattr(side, "__int__"):
            raise NotYet(
                f"wrong type: {kind(side)} came back, and one whole number is asked for", hint="the side of a square"
            )
        if isinstance(side, Tensor) and side.numel() != 1:
            raise NotYet(f"wrong shape: {tuple(side.shape)}, and one number is asked for", hint="its side is shape[-1]")
        told = f"With n = {n}, kernel = {k}, stride = {s}, padding = {p}"
        right = torch.tensor((n - 1) * s - 2 * p + k)
        side = finite(tensor_of(torch.as_tensor(side)), "a division by 0?")
        compare(side, right, SIZE_SLIPS, case, told, hint="(n - 1) steps, then one kernel, less what padding cuts off")
    return (
        "(n - 1) stride - 2 padding + kernel. With kernel 4, stride 2, padding 1 it is 2 n: the doubling used in DCGAN."
    )


class Line(nn.Module):
    """A tiny network: a linear map with known numbers."""

    def __init__(self, weight: list, bias: list):
        super().__init__()
        self.net = nn.Linear(len(weight[0]), len(weight))
        self.net.weight = nn.Parameter(torch.tensor(weight))
        self.net.bias = nn.Parameter(torch.tensor(bias))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


@exercise("critic_on_fakes(G, D, z), D's logits for G's fakes, with a gradient for D and none for G")
def ex00_stop_gradient(f):
    """f(G, D, z) -> D(G(z).detach())"""
    answer = Answer(f, "critic_on_fakes(G, D, z)")
    G, D = Line([[1.0, -0.5], [0.3, 2.0]], [0.1, -0.2]), Line([[0.7, -1.1]], [0.4])
    z = torch.tensor([[1.0, 2.0], [-0.5, 0.3], [0.2, -1.5]])
    logits = finite(tensor_of(answer(G, D, z.clone())), "D(G(z)) has no division and no logarithm")
    told = f"For G(z) = {show(G(z))}"
    compare(
        logits, D(G(z)), STOP_SLIPS, (G, D, z), told, hint="z goes into G, the fakes into D, and nothing else is done"
    )
    held_still(G, D, logits)
    return "detach() cuts the graph between the players: D learns from the fake, and G does not notice."


STOP_SLIPS = (
    Slip(
        "these are probabilities, and logits are asked for",
        "return what D returns, without a sigmoid",
        lambda G, D, z: D(G(z)).sigmoid(),
    ),
    Slip("these are the fakes, and D has not seen them", "give them to D and return its logits", lambda G, D, z: G(z)),
    Slip("D was given the noise, not the fakes", "let G turn z into fakes first: D(G(z))", lambda G, D, z: D(z)),
    Slip("the logits were averaged", "return one logit for each fake", lambda G, D, z: D(G(z)).mean()),
)


def held_still(G: nn.Module, D: nn.Module, logits: Tensor) -> None:
    """No gradient reaches G, all of it reaches D, and both can still learn afterwards."""
    for name, player in (("G", G), ("D", D)):
        if not all(p.requires_grad for p in player.parameters()):
            raise NotYet(
                f"{name} is frozen for good: it can learn nothing any more", hint="cut the graph instead: .detach()"
            )
    to_g = reaches(logits, G)
    if to_g and not G.training:
        raise NotYet(
            "eval() does not stop gradients: it only switches dropout and BatchNorm",
            f"{to_g:.3g} arrived at G.",
            "use .detach() on the fakes",
        )
    if to_g:
        raise NotYet(
            "missing detach: the gradient runs through D into G",
            f"The gradient that arrived at G sums to {to_g:.3g}, and nothing should.",
            "where do the fakes leave G? Cut there, with .detach()",
        )
    if not reaches(logits, D):
        raise NotYet(
            "no gradient reaches D either: the cut is too late, or no_grad spans both players",
            "0 arrived at D, so it could learn nothing.",
            "cut between the players: detach what G returns, not what D returns",
        )


def reaches(logits: Tensor, player: nn.Module) -> float:
    """How much gradient arrives at the player: the sum of its sizes."""
    if not logits.requires_grad:
        return 0.0
    weights = torch.tensor([[1.0], [2.0], [4.0]])
    grads = torch.autograd.grad(
        (weights * logits.view(3, 1)).sum(), list(player.parameters()), allow_unused=True, retain_graph=True
    )
    return sum(float(g.abs().sum()) for g in grads if g is not None)


SURE_FAULTS = (
    Fault(
        "sigmoid twice, for the real samples: the cross-entropy on logits takes its own",
        "give it D(x) as it is, a logit",
    ),
    Fault("sigmoid twice, for the fakes: the cross-entropy on logits takes its own", "give it D's answer as it is"),
    Fault("the fakes are called real: their target is 1", "to the critic a fake has the target 0: torch.zeros_like"),
    Fault("the real samples are called fake: their target is 0", "to the critic they have the target 1"),
    Fault(
        "the cut is behind D: D itself cannot learn from the fakes",
        "detach what goes into D, not what comes out: D(fake.detach())",
    ),
)


def sure(D: nn.Module, x: Tensor, fake: Tensor) -> Callable[..., Tensor]:
    """The critic's loss and its gradients, with a choice of SURE_FAULTS in it."""

    def play(soft_real: bool, soft_fake: bool, real_ones: bool, fake_zeros: bool, cut: bool) -> Tensor:
        real, fooled = D(x), D(fake).detach() if cut else D(fake)
        real, fooled = real.sigmoid() if soft_real else real, fooled.sigmoid() if soft_fake else fooled
        loss = bce(real, torch.full_like(real, not fake_zeros)) + bce(fooled, torch.full_like(fooled, real_ones))
        return with_gradients(loss, list(D.parameters()))

    return play


@exercise(
    "critic_loss(D, x, fake), mended: the cross-entropy of real samples and of fakes, for a D that returns logits"
)
def ex00_mend(f):
    """f(D, x, fake) -> bce(D(x), 1) + bce(D(fake), 0), or half of it, with a gradient for D from both."""
    answer = Answer(f, "critic_loss(D, x, fake)")
    for x, fake in (
        ([[1.0, 2.0], [-0.5, 0.3], [0.2, -1.5]], [[0.4, 0.1], [1.2, -0.7], [-1.0, 0.6]]),
        ([[0.3, -0.9], [1.5, 0.2]], [[-0.8, 1.1], [0.5, 0.9]]),
    ):
        D, x, fake = Line([[0.7, -1.1]], [0.4]), torch.tensor(x), torch.tensor(fake)
        loss = loss_of(answer(D, x.clone(), fake.clone()))
        told = f"For D(x) = {show(D(x).flatten())} and D(fake) = {show(D(fake).flatten())}, the loss and D's gradients:"
        hint = "one mean cross-entropy for the real samples, one for the fakes; add them"
        value = with_gradients(loss, list(D.parameters()))
        given = (True, True, True, False, True)
        expect_mended(value, sure(D, x, fake), SURE_FAULTS, told, factors=(1.0, 0.5), hint=hint, given=given)
    return (
        "Through a sigmoid too many a logit of 200 counts as 1: such a critic can never be sure, and hardly learns."
        + (
            overflow(lambda: answer(Fixed(), torch.tensor([[-200.0]]), torch.tensor([[100.0]])), 300.0)
            or runs_on(answer)
        )
    )


class Fixed(nn.Module):
    """A critic whose logit is what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def runs_on(answer: Answer) -> str:
    """A remark if the loss hangs on whoever made the fakes."""
    fake = torch.tensor([[0.4, 0.1], [1.2, -0.7]], requires_grad=True)
    try:
        loss = answer(Line([[0.7, -1.1]], [0.4]), torch.tensor([[1.0, 2.0], [-0.5, 0.3]]), fake)
        (gradient,) = torch.autograd.grad(loss.sum(), [fake], allow_unused=True)
    except Exception:
        return ""
    if gradient is None or not gradient.any():
        return ""
    return " One thing more: a gradient runs on into whoever made the fakes; D(fake.detach()) keeps it out."


def stamps(kernel: int, stride: int) -> list[int]:
    """How often the places inside are stamped, along one direction: the least and the most."""
    counts = [len(range(phase, kernel, stride)) for phase in range(stride)]
    return [min(counts), max(counts)]


@exercise(
    "(kernel, stride, padding) of a transposed convolution that makes pictures three times as large, with no grid"
)
def ex00_even(knobs):
    """(kernel, stride, padding): stride 3, kernel 3 + 2 padding, a multiple of 3 and larger than 3."""
    kernel, stride, padding = whole(numbers_of(knobs, "(kernel, stride, padding)"))
    if kernel < 1 or stride < 1 or padding < 0:
        raise NotYet("a kernel or a stride below 1, or a padding below 0", hint="none of the three is negative")
    sides = [(n - 1) * stride - 2 * padding + kernel for n in (6, 10)]
    told = f"Sides of 6 and 10 become {sides[0]} and {sides[1]}, and should become 18 and 30."
    if stride != 3:
        hint = "one pixel more below is how many pixels more above?"
        raise NotYet("the stride is not 3: it says how many times larger pictures become", told, hint)
    if sides != [18, 30]:
        hint = "(n - 1) stride - 2 padding + kernel should be 3 n, so kernel = 3 + 2 padding"
        raise NotYet("the side is not exactly three times as large", told, hint)
    least, most = stamps(kernel, stride)
    if least != most:
        what = f"a grid: {kernel} is not a multiple of the stride 3, and some places get more stamps than others"
        raise NotYet(what, f"Along one direction a place inside gets {least} or {most} stamps.", "3, 6, 9, ...")
    if kernel == stride:
        what = "no grid in the counts, but no two stamps overlap: each pixel below draws a block of its own"
        raise NotYet(what, "Each place gets 1 stamp.", "the next kernel that is a multiple of 3 and is 3 + 2 padding")
    return f"Each place inside gets {most} stamps along each direction: {kernel} is a multiple of the stride."


@exercise("a letter: how many times steeper the non-saturating loss is than the saturating one, at a logit of -4")
def ex00_slopes(letter):
    """ "c": sigmoid(4) / sigmoid(-4) = e**4, about 55."""
    told = "The slopes are sigmoid(4) = 0.982 and sigmoid(-4) = 0.018."
    others = {
        "a": ("both losses fall as D(fake) rises, but not equally fast", told, "look at the first panel above"),
        "b": ("the logit is 4, but slopes are sigmoids of it", told, "what is the derivative of softplus?"),
        "d": ("the saturating loss is nearly flat there, and not quite", told, "divide one slope by the other"),
    }
    judge_letter(letter, "c", others)
    return "0.982 / 0.018 = e**4, about 55. At a logit of -8 it is nearly 3000: the surer D, the larger the difference."


BY_HAND = Puzzle(
    lines={
        "a": Step("step(v)", moves=("v",), on="loss_D"),
        "b": Step("fake = w * z", ("fake",), ("z",), by=("w",)),
        "c": Step("loss_G.backward()", needs=("loss_G",), back="loss_G"),
        "d": Step("w.grad = v.grad = None", clears=("w", "v")),
        "e": Step(
            "loss_D = softplus(-(v * x)) + softplus(v * fake.detach())",
            ("loss_D",),
            ("x", "fake"),
            by=("v",),
            cut=("fake",),
        ),
        "f": Step("step(w)", moves=("w",), on="loss_G"),
        "g": Step("loss_D.backward()", needs=("loss_D",), back="loss_D"),
        "h": Step("loss_G = softplus(-(v * fake))", ("loss_G",), ("fake",), by=("v",)),
    },
    right="dbegahcf",
    given={"x": (), "z": ()},
    rules=(
        Rule(
            "a",
            "f",
            "the forger moves before the critic",
            "step(w) is line {then}, step(v) is line {first}. It would run; here the critic moves first.",
            "the forger should answer a critic that has just learned",
        ),
        Rule(
            "a",
            "h",
            "the forger answers the old critic: loss_G is computed before v has moved",
            "loss_G comes in line {then}, step(v) in line {first}.",
            "let the critic finish its move first",
        ),
    ),
)


@exercise("the order of the eight lines: one round by hand, the critic's weight v first, then the forger's weight w")
def ex00_order(steps):
    """The letters of BY_HAND, in any order that moves both weights as "dbegahcf" does."""
    judge_order(steps, BY_HAND)
    return "Both weights move along a gradient of their own loss alone: one line clears both, at the right moment."


def ratio(s: Tensor) -> Tensor:
    return s.flatten().softmax(0)


def shared(w: Tensor) -> Tensor:
    return (w / w.sum()).flatten()


ODDS = "solve D = p / (p + p_g) for p / p_g, with D = sigmoid(logit); then divide by the sum over all fakes"
WEIGHTS_SLIPS = (
    Slip(
        "not divided by their sum: these are the ratios themselves, and shares are asked for",
        "divide by the sum over all fakes",
        lambda s: s.exp(),
    ),
    Slip(
        "they add up to n, and should add up to 1",
        "divide by the sum over all fakes, not by the mean",
        lambda s: len(s) * ratio(s),
    ),
    Slip("upside down: what looks most like a fake weighs most", ODDS, lambda s: ratio(-s)),
    Slip("weighed by D itself: D is p / (p + p_g), and p / p_g is asked for", ODDS, lambda s: shared(s.sigmoid())),
    Slip("D itself, and not divided by the sum", ODDS, lambda s: s.sigmoid()),
    Slip(
        "a sigmoid before the softmax: no weight could be more than e times another",
        "softmax takes the logits as they are",
        lambda s: ratio(s.sigmoid()),
    ),
    Slip("the logits as weights: a weight is no logit, and not negative", ODDS, lambda s: shared(s)),
    Slip("the logits, moved up until none is negative: the ratio is exp(logit)", ODDS, lambda s: shared(s - s.min())),
    Slip("weighed by softplus, which is a cost and no ratio", ODDS, lambda s: shared(softplus(s))),
    Slip(
        "along dimension 1, where each logit is alone: every weight is 1",
        "the fakes are dimension 0: softmax(0)",
        lambda s: torch.ones_like(s),
    ),
    Slip("all alike: the critic has no say", ODDS, lambda s: torch.full_like(s, 1 / len(s))),
    Slip("the logarithms of the weights", "softmax in place of log_softmax", lambda s: ratio(s).log()),
    Slip("squared ratios", ODDS, lambda s: ratio(2 * s)),
    Slip("the best fake alone", "every fake has its weight, the good ones more", lambda s: (s == s.max()).double()),
)


@exercise("weights(logits), the shares with which fakes are drawn again, so that they come to lie as real data do")
def ex00_weights(f):
    """f(logits (n, 1)) -> softmax over the n fakes, (n,) or (n, 1); must hold for a logit of 200, too."""
    answer = Answer(f, "weights(logits)")
    for s in ([[0.4], [-1.0], [1.5], [-0.3], [0.1]], [[-2.0], [0.7], [0.9]]):
        s = torch.tensor(s)
        told = f"With logits {show(s.flatten())}"
        result = finite(weights_of(answer(s.clone()), len(s)), "a logarithm of a logit, or a division by 0?")
        compare(result, ratio(s), WEIGHTS_SLIPS, (s,), told, hint=ODDS)
    s = torch.tensor([[200.0], [199.0], [-200.0]])
    big = weights_of(answer(s.clone()), 3)
    if not same(big, ratio(s)):
        what = "the formula is right, but it breaks down for large logits"
        number = f"For logits 200, 199 and -200 right is {show(ratio(s))}; yours is {show(big)}."
        raise NotYet(what, number, "exp(200) is infinite; softmax(0) does not overflow")
    return "What the critic has learned can be put to use: drawn again with these shares, fakes come nearer to p."


def weights_of(result: object, n: int) -> Tensor:
    """One number for each of n fakes."""
    result = torch.as_tensor(result) if type(result).__module__ == "numpy" else result
    result = tensor_of(result)
    if result.shape not in ((n,), (n, 1)):
        raise NotYet(f"wrong shape: {tuple(result.shape)} came back, and ({n},) is asked for", hint="one for each fake")
    return result.detach().flatten()
