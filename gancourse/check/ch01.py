"""Exercises of chapter 01: the two losses, and who moves when."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import SGD

from gancourse.check.guess import judge_letter, numbers_of
from gancourse.check.mend import Fault, expect_mended
from gancourse.check.order import Puzzle, Rule, Step, judge_order
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    kind,
    letters_among,
    loss_of,
    overflow,
    same,
    same_gradient,
    show,
    tensor_of,
)


class Critic(nn.Module):
    """A critic with known numbers: the logit of an image is 2 (mean of its pixels) + 0.5, shape (n, 1)."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        expect_images(x)
        return self.weight * x.flatten(1).mean(1, keepdim=True) + self.bias


def expect_images(x: object) -> None:
    if x is ...:
        raise StillOpen("D was given `...`.")
    if not isinstance(x, Tensor) or x.dim() != 4:
        raise NotYet(f"D was given {kind(x)}", hint="D takes a batch of images, (n, c, h, w)")


def images(*means: float) -> Tensor:
    """One 2 x 2 image for each mean, its pixels spread about it: (n, 1, 2, 2)."""
    return torch.tensor(means).view(-1, 1, 1, 1) + torch.tensor([[0.3, -0.1], [0.2, -0.4]])


D_SLIPS = (
    Slip(
        "swapped labels: D is asked to call real images fake and fakes real",
        "real images cost -log D(x) = softplus(-s), fakes cost -log(1 - D) = softplus(s)",
        lambda r, f: softplus(r).mean() + softplus(-f).mean(),
    ),
    Slip(
        "missing minus: this is the value that D should make large, and an optimizer makes losses small",
        "minimize the negative of eq. 1",
        lambda r, f: softplus(-r).mean().neg() - softplus(f).mean(),
    ),
    Slip(
        "both are called real: the label of the fakes is 1",
        "to D, fakes have the label 0: softplus(s)",
        lambda r, f: softplus(-r).mean() + softplus(-f).mean(),
    ),
    Slip(
        "both are called fake: the label of the real images is 0",
        "to D, real images have the label 1: softplus(-s)",
        lambda r, f: softplus(r).mean() + softplus(f).mean(),
    ),
    Slip(
        "the fakes are missing: a D that calls everything real would win",
        "add softplus(D(fake)).mean()",
        lambda r, f: softplus(-r).mean(),
    ),
    Slip(
        "the real images are missing: a D that calls everything fake would win",
        "add softplus(-D(x)).mean()",
        lambda r, f: softplus(f).mean(),
    ),
    Slip(
        "the real images are used twice, the fakes never",
        "the second term takes D(fake)",
        lambda r, f: softplus(-r).mean() + softplus(r).mean(),
    ),
    Slip(
        "the fakes are used twice, the real images never",
        "the first term takes D(x)",
        lambda r, f: softplus(-f).mean() + softplus(f).mean(),
    ),
    Slip(
        "the two terms are subtracted, so D gains by failing on the fakes",
        "both are costs: add them",
        lambda r, f: softplus(-r).mean() - softplus(f).mean(),
    ),
    Slip(
        "the minus stands before the first term only",
        "-(log D(x) + log(1 - D(fake))), with brackets",
        lambda r, f: softplus(f).mean() - softplus(-r).mean(),
    ),
    Slip(
        "a sum instead of a mean",
        "use .mean(), so that the batch size does not matter",
        lambda r, f: (softplus(-r) + softplus(f)).sum(),
    ),
    Slip(
        "sigmoid twice: the cross-entropy on logits takes its own sigmoid, so D can hardly ever be sure",
        "give it the logits as they are",
        lambda r, f: softplus(-r.sigmoid()).mean() + softplus(f.sigmoid()).mean(),
    ),
    Slip(
        "the logarithm is taken of the mean; the mean of the logarithms is asked for",
        "first softplus, then .mean()",
        lambda r, f: -r.sigmoid().mean().log() - (1 - f.sigmoid().mean()).log(),
    ),
    Slip(
        "softplus of the mean; the mean of softplus is asked for",
        "first softplus, then .mean()",
        lambda r, f: softplus(-r.mean()) + softplus(f.mean()),
    ),
    Slip(
        "probabilities without their logarithms",
        "the cost is -log D(x), not -D(x)",
        lambda r, f: f.sigmoid().mean() - r.sigmoid().mean(),
    ),
    Slip(
        "probabilities without their logarithms",
        "the cost is -log D(x), not 1 - D(x)",
        lambda r, f: 1 - r.sigmoid().mean() + f.sigmoid().mean(),
    ),
    Slip(
        "raw logits: this is the loss of a Wasserstein critic",
        "put softplus around each logit",
        lambda r, f: f.mean() - r.mean(),
    ),
    Slip(
        "the hinge loss: a good one, and another game's",
        "softplus in place of relu(1 + ...)",
        lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(),
    ),
    Slip(
        "squared errors: the loss of the least-squares GAN",
        "the cross-entropy is asked for: softplus",
        lambda r, f: (r - 1).square().mean() + f.square().mean(),
    ),
    Slip(
        "logits and labels are swapped: the cross-entropy takes the logits first",
        "binary_cross_entropy_with_logits(logits, labels)",
        lambda r, f: softplus(torch.tensor(1.0)) - r.mean() + softplus(torch.tensor(0.0)),
    ),
)


@exercise("d_loss(D, x, fake), the critic's loss; D returns logits")
def ex01_d_loss(f):
    """f(D, x, fake) -> mean of softplus(-D(x)) + mean of softplus(D(fake)), or half of it."""
    answer = Answer(f, "d_loss(D, x, fake)")
    for x, fake in ((images(0.75, -0.75, 0.1), images(-1.0, 0.4, -0.35)), (images(-0.2, 1.1), images(0.9, 0.3))):
        D = Critic()
        judge_d_loss(answer(D, x.clone(), fake.clone()), D, D(x), D(fake))
    return "An undecided D (every logit 0) scores 2 log 2 = 1.386, or half of it." + overflow(
        lambda: answer(Critic(), images(-100.25), images(49.75)), 300.0
    )


def judge_d_loss(result: object, D: nn.Module, real: Tensor, fake: Tensor, more: Sequence[Slip] = ()) -> None:
    """Hold a critic's loss to the one for these logits, in value and in what D learns from it."""
    loss, right = loss_of(result), softplus(-real).mean() + softplus(fake).mean()
    told = f"With D(x) = {show(real.flatten())} and D(fake) = {show(fake.flatten())}"
    hint = "-log D(x) is softplus(-D(x)), -log(1 - D(fake)) is softplus(D(fake)); each with its mean"
    k = compare(loss, right, (*D_SLIPS, *more), (real, fake), told, factors=(1.0, 0.5), hint=hint)
    hint = "D learns from both terms: detach images if you like, but never what D returns"
    same_gradient(loss, k * right, list(D.parameters()), [f"D.{name}" for name, _ in D.named_parameters()], hint)


G_SLIPS = (
    Slip(
        "this is the saturating loss, log(1 - D(fake)): its gradient fades just where D is sure of the fake",
        "the non-saturating one is -log D(fake) = softplus(-s)",
        lambda s: -softplus(s).mean(),
    ),
    Slip(
        "the label of the fakes is 0: this is the critic's wish, and G would help D",
        "G wants its fakes called real, label 1: softplus(-s)",
        lambda s: softplus(s).mean(),
    ),
    Slip(
        "missing minus: log D(fake) is what G should make large, and an optimizer makes losses small",
        "minimize -log D(fake)",
        lambda s: -softplus(-s).mean(),
    ),
    Slip(
        "a sum instead of a mean", "use .mean(), so that the batch size does not matter", lambda s: softplus(-s).sum()
    ),
    Slip(
        "sigmoid twice: the cross-entropy on logits takes its own sigmoid",
        "give it the logits as they are",
        lambda s: softplus(-s.sigmoid()).mean(),
    ),
    Slip(
        "half the loss",
        "only the critic's loss is halved by some; nothing is halved here",
        lambda s: softplus(-s).mean() / 2,
    ),
    Slip("the probability without its logarithm", "-log D(fake), not -D(fake)", lambda s: -s.sigmoid().mean()),
    Slip("the probability without its logarithm", "-log D(fake), not 1 - D(fake)", lambda s: 1 - s.sigmoid().mean()),
    Slip(
        "the logarithm is taken of the mean; the mean of the logarithms is asked for",
        "first softplus, then .mean()",
        lambda s: -s.sigmoid().mean().log(),
    ),
    Slip(
        "softplus of the mean; the mean of softplus is asked for",
        "first softplus, then .mean()",
        lambda s: softplus(-s.mean()),
    ),
    Slip("raw logits: this is the loss of a Wasserstein game", "put softplus around each logit", lambda s: -s.mean()),
    Slip(
        "squared errors: the loss of the least-squares GAN",
        "softplus(-s) is asked for",
        lambda s: (s - 1).square().mean(),
    ),
)


@exercise("g_loss(D, fake), the forger's non-saturating loss; D returns logits")
def ex01_g_loss(f):
    """f(D, fake) -> mean of softplus(-D(fake)), with a gradient for whoever made the fakes."""
    answer = Answer(f, "g_loss(D, fake)")
    for fake in (images(-1.0, 0.4, -0.35), images(0.9, 0.3)):
        D, fake = Critic(), fake.requires_grad_()
        loss, right = loss_of(answer(D, fake)), softplus(-D(fake)).mean()
        told = f"With D(fake) = {show(D(fake).flatten())}"
        compare(loss, right, G_SLIPS, (D(fake),), told, hint="-log D(fake) is softplus(-D(fake))")
        same_gradient(
            loss, right, [fake], ["the fakes"], "G learns through D from its fakes: no detach, no no_grad here"
        )
    return (
        "The loss is large, and so is its gradient, where D is sure of the fake: there G has most to learn."
        + overflow(lambda: answer(Critic(), images(-100.25)), 200.0)
    )


def cleared(player: str) -> Step:
    return Step(f"opt_{player}.zero_grad()", clears=(player,))


def stepped(player: str) -> Step:
    return Step(f"opt_{player}.step()", moves=(player,), on=f"loss_{player}")


def walked(loss: str) -> Step:
    return Step(f"{loss}.backward()", needs=(loss,), back=loss)


ROUND = Puzzle(
    lines={
        "a": stepped("G"),
        "b": Step("fake = G(torch.randn(64, 100))", ("fake",), by=("G",), fresh=True),
        "c": walked("loss_D"),
        "d": cleared("D"),
        "e": Step("loss_G = g_loss(D, fake)", ("loss_G",), ("fake",), by=("D",)),
        "f": Step("x = next(batches)", ("x",), fresh=True),
        "g": stepped("D"),
        "h": walked("loss_G"),
        "i": Step("loss_D = d_loss(D, x, fake.detach())", ("loss_D",), ("x", "fake"), by=("D",), cut=("fake",)),
        "j": cleared("G"),
    },
    right="fbidcgejha",
    rules=(
        Rule(
            "g",
            "a",
            "G moves before D",
            "G steps in line {then}, D in line {first}. It would run; Algorithm 1 lets D move first.",
            "G should answer a critic that has just learned",
        ),
        Rule(
            "g",
            "e",
            "G answers the old critic: loss_G is computed before D has moved",
            "loss_G comes in line {then}, opt_D.step() in line {first}.",
            "let D finish its move first",
        ),
    ),
)
STEPS = {letter: line.text for letter, line in ROUND.lines.items()}


@exercise("the order of the ten lines in check.STEPS: one round of Algorithm 1, the critic first")
def ex01_order(steps):
    """steps: the letters of STEPS, as a list or a string. Every order that plays the round of Algorithm 1 is right."""
    judge_order(steps, ROUND)
    return "Every gradient is fresh when its player steps, and G answers a critic that has just learned."


class RoundGame:
    """A game with tiny players that writes down what is asked of it."""

    def __init__(self):
        self.G, self.D = Forger(), Critic()
        self.noises: list[int] = []
        self.losses: list[dict] = []  # in order: which, the tensor, its arguments, whether D had moved before
        self.moves: list[dict] = []  # in order: which loss, whose move

    def noise(self, n: int) -> Tensor:
        if isinstance(n, Tensor) and n.dim():
            raise NotYet(f"game.noise was given {kind(n)}", hint="it takes a number, len(x)")
        self.noises.append(int(n))
        return torch.linspace(-1, 1, 2 * int(n)).view(int(n), 2) + 0.1 * len(self.noises)

    def d_loss(self, *args: Tensor) -> Tensor:
        self.takes("d_loss", args, ("x", "fake"))
        x, fake = args
        return self.note("d", softplus(-self.D(x)).mean() + softplus(self.D(fake)).mean(), args)

    def g_loss(self, *args: Tensor) -> Tensor:
        self.takes("g_loss", args, ("fake",))
        return self.note("g", softplus(-self.D(args[0])).mean(), args)

    def takes(self, name: str, args: tuple, names: tuple) -> None:
        if any(a is ... for a in args):
            raise StillOpen(f"game.{name} was given `...`.")
        if len(args) != len(names) or not all(isinstance(a, Tensor) for a in args):
            given = ", ".join(map(kind, args)) or "nothing"
            raise NotYet(
                f"game.{name} was given {given}", hint=f"game.{name}({', '.join(names)}): the game knows its players"
            )

    def note(self, which: str, loss: Tensor, args: tuple) -> Tensor:
        after_d = any(move["which"] == "d" for move in self.moves)
        self.losses.append({"which": which, "loss": loss, "args": args, "after_d": after_d})
        return loss

    def minimize(self, loss: Tensor, *players: nn.Module) -> None:
        if loss is ... or ... in players:
            raise StillOpen("game.minimize was given `...`.")
        names = "".join("G" if p is self.G else "D" if p is self.D else "?" for p in players)
        found = [entry for entry in self.losses if entry["loss"] is loss]
        if not found:
            raise NotYet(
                f"game.minimize was given {kind(loss)} that neither d_loss nor g_loss returned",
                hint="game.minimize(game.d_loss(...), game.D)",
            )
        self.moves.append({**found[0], "players": names})


class Forger(nn.Module):
    """Noise (n, 2) to images (n, 1, 1, 2), by known numbers."""

    z_dim = 2

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.7, -1.3]))
        self.made: list[Tensor] = []

    def forward(self, z: Tensor) -> Tensor:
        if z is ...:
            raise StillOpen("G was given `...`.")
        if not isinstance(z, Tensor) or z.dim() != 2:
            raise NotYet(f"G was given {kind(z)}", hint="G takes noise, (n, z_dim): game.noise(len(x))")
        self.made.append((self.weight * z)[:, None, None, :])
        return self.made[-1]


@exercise("round(game, x), one round: D moves on detached fakes, then G")
def ex01_round(f):
    """f(game, x) plays one round with game.noise, G, d_loss, g_loss and minimize; it returns nothing."""
    answer, game = Answer(f, "round(game, x)"), RoundGame()
    x = torch.tensor([0.9, -0.2, 0.4]).view(3, 1, 1, 1) * torch.ones(1, 1, 2)
    answer(game, x, silent=True)
    judge_moves(game)
    for move in game.moves:
        judge_d_move(move, x) if move["which"] == "d" else judge_g_move(move, x)
        if not any(same(move["args"][-1], fake) for fake in game.G.made):
            raise NotYet(
                f"{move['which']}_loss was given something that G did not return",
                hint="fake = game.G(game.noise(len(x))), and both losses see it as it is",
            )
    for n in game.noises:
        if n != len(x):
            raise NotYet(f"noise for {n} fakes beside {len(x)} real images", hint="game.noise(len(x))")
    return "D moves on detached fakes, then G on fakes that still know where they came from."


def judge_moves(game: RoundGame) -> None:
    """Who moved, on which loss, in which order."""
    for move in game.moves:
        wanted, whose = ("D", "the critic's loss") if move["which"] == "d" else ("G", "the forger's loss")
        if move["players"] != wanted:
            moved = {"": "nobody", "?": "something that is no player"}.get(
                move["players"], " and ".join(move["players"])
            )
            hint = f"game.minimize(game.{move['which']}_loss(...), game.{wanted})"
            raise NotYet(f"on {whose} {wanted} alone should move; named for it: {moved}", hint=hint)
    order = "".join(move["which"] for move in game.moves)
    if order == "dg":
        return
    hint = "one minimize for D, then one for G"
    if order == "gd":
        raise NotYet(
            "G moves before D",
            hint="Algorithm 1 lets the critic move first, so that G answers a critic that has just learned",
        )
    for which, name in (("d", "D"), ("g", "G")):
        if order.count(which) > 1:
            raise NotYet(f"{name} moves {order.count(which)} times in one round", hint=hint)
        if which not in order:
            computed = any(entry["which"] == which for entry in game.losses)
            text = f": {which}_loss is computed, but not minimized" if computed else ""
            raise NotYet(f"{name} never moves{text}", hint=hint)


def judge_d_move(move: dict, x: Tensor) -> None:
    real, fake = move["args"]
    if same(fake, x) and not same(real, x):
        raise NotYet("real and fake are swapped in d_loss", hint="game.d_loss(x, fake.detach()): the real ones first")
    if not same(real, x):
        raise NotYet("d_loss was not given the real images", hint="game.d_loss(x, fake.detach())")
    if same(fake, x):
        raise NotYet("d_loss was given the real images twice", hint="game.d_loss(x, fake.detach())")
    if fake.requires_grad:
        raise NotYet(
            "missing detach: D's loss still hangs on G",
            "A plain backward() would run on into G: wasted work, or worse, G learns to help the critic.",
            "game.d_loss(x, fake.detach())",
        )


def judge_g_move(move: dict, x: Tensor) -> None:
    (fake,) = move["args"]
    if same(fake, x):
        raise NotYet("g_loss was given the real images", hint="G is judged by its fakes: game.g_loss(fake)")
    if not fake.requires_grad:
        raise NotYet(
            "a detach too many: g_loss was given fakes that are cut off from G",
            "0 of the gradient arrives at G, so it could learn nothing.",
            "detach for D's move only: game.g_loss(fake)",
        )
    if not move["after_d"]:
        raise NotYet(
            "G answers the old critic: g_loss is computed before D has moved",
            "torch would stop at the second minimize: D's weights, which its graph holds, have changed.",
            "compute g_loss after D's minimize",
        )


@exercise("a letter: what V(D*, G) does while fakes that overlap with no real picture come nearer")
def ex01_apart(letter):
    """ "b": where nothing overlaps, 2 JSD - 2 log 2 is 0, near or far."""
    told = "Where nothing overlaps D* is 1 on every real picture and 0 on every fake, so V = log 1 + log 1 = 0."
    others = {
        "a": ("nearer is not seen: D* tells the two apart without a mistake at any distance", told, "what is D*?"),
        "c": ("V does not rise either: it is as large as it can be already", told, "what is D* at a real picture?"),
        "d": ("-2 log 2 is what is reached in the end, where both are equal", told, "what is D* at a real picture?"),
    }
    judge_letter(letter, "b", others)
    return (
        "V is 0 near and far. So against the best critic G is not told which way to go, until fakes and data overlap."
    )


def plain_d(D: nn.Module, x: Tensor, fake: Tensor) -> Tensor:
    return softplus(-D(x)).mean() + softplus(D(fake)).mean()


ROUNDS = tuple(  # x and z of two rounds
    (images(*means), torch.tensor(z))
    for means, z in (
        ((0.75, -0.75, 0.1), [[0.3, 0.8], [-0.6, 0.2], [0.9, -0.4]]),
        ((-0.2, 1.1), [[0.5, -0.7], [-0.1, 0.6]]),
    )
)
HOLDS = (
    "each optimizer is made with the weights of its own player: opt_G with G.parameters(), opt_D with D.parameters()"
)
ROUND_FAULTS = (
    Fault("opt_G holds D's weights: G's loss moves D, to be fooled more easily", HOLDS, "exchanged"),
    Fault(
        "D never moves: opt_D holds G's weights, or its zero_grad() stands between backward and step",
        "opt_D is made with D.parameters(); then zero_grad, loss, backward, step",
        "exchanged",
    ),
    Fault("opt_G holds the weights of both: on its own loss D is moved to be fooled", HOLDS),
    Fault(
        "with no detach D's loss moves G, too: opt_D holds the weights of both, or what D's loss left in G is not "
        "cleared before G's backward",
        "d_loss(D, x, fake.detach()); opt_D with D.parameters(); opt_G.zero_grad() right before G's backward",
    ),
    Fault(
        "no opt_D.zero_grad(): what G's loss has left in D is still there when D steps in the next round",
        "opt_D.zero_grad() before the backward of D's loss",
    ),
    Fault(
        "no opt_G.zero_grad(): G's gradients of all rounds add up",
        "opt_G.zero_grad() before the backward of G's loss",
    ),
    Fault("real and fake are swapped in d_loss", "d_loss(D, x, fake): the real pictures first"),
    Fault(
        "G never moves: a detach too many, or opt_G.zero_grad() stands between backward and step",
        "detach for D's loss only; g_loss(D, fake) needs the way back into G; then zero_grad, loss, backward, step",
    ),
)


def two_rounds(
    g_other: bool, d_other: bool, g_both: bool, d_both: bool, d_left: bool, g_left: bool, swapped: bool, g_still: bool
) -> Tensor:
    """All weights after two rounds, with a choice of ROUND_FAULTS."""
    G, D = Forger(), Critic()
    own, other = list(G.parameters()), list(D.parameters())
    opt_G = SGD(own if g_still else own + other if g_both else other if g_other else own, lr=0.1)
    opt_D = SGD(own + other if d_both else own if d_other else other, lr=0.1)
    for x, z in ROUNDS:
        fake = G(z)
        if not d_left:
            opt_D.zero_grad()
        still = fake if d_both else fake.detach()
        loss = plain_d(D, still, x) if swapped else plain_d(D, x, still)
        loss.backward(retain_graph=d_both)
        opt_D.step()
        if not g_left:
            opt_G.zero_grad()
        softplus(-D(fake)).mean().backward()
        if not g_still:
            opt_G.step()
    return weights_of(G, D)


def weights_of(*players: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for player in players for p in player.parameters()])


ROUND_ERRORS = (  # what torch says of a broken round: what it is called, hint
    (
        "second time",
        "missing detach: D's loss ran back through G, and used up the graph that G's loss needs",
        "d_loss(D, x, fake.detach())",
    ),
    (
        "modified by an inplace operation",
        "a player has moved between its forward and its backward",
        "compute G's loss after D's step, from D's new weights",
    ),
    ("optimizer got an empty parameter list", "an optimizer holds no weights", HOLDS),
)


@exercise("round(G, D, x, z), mended: one round by hand, D's step first")
def ex01_mend(f):
    """f(G, D, x, z) plays a round by SGD with lr=0.1; two of them must move all weights as Algorithm 1 does."""
    answer = Answer(f, "round(G, D, x, z)")
    G, D = Forger(), Critic()
    before, times = weights_of(G, D), Visits(G)
    for x, z in ROUNDS:
        try:
            answer(G, D, x.clone(), z.clone(), silent=True)
        except NotYet as wrong:
            for pattern, what, hint in ROUND_ERRORS:
                if pattern in wrong.number:
                    raise NotYet(what, wrong.number, hint) from None
            raise
    if same(weights_of(G, D), before):
        raise NotYet("nobody has moved", "All weights are as before.", "opt_D.step() and opt_G.step()")
    told = "After two rounds, the weights of G (2) and of D (2):"
    hint = "for each player: zero_grad, loss, backward, step; lr=0.1 as it was; D first"
    expect_mended(weights_of(G, D), two_rounds, ROUND_FAULTS, told, hint=hint)
    return "Each optimizer moves one player, from a gradient of this round and of its own loss." + times.remark()


class Visits:
    """Counts how often a gradient arrives at G: once a round is enough."""

    def __init__(self, G: nn.Module):
        self.count = 0
        G.weight.register_hook(self.add)

    def add(self, gradient: Tensor) -> None:
        self.count += 1

    def remark(self) -> str:
        if self.count <= len(ROUNDS):
            return ""
        return " One thing more: D's loss still runs back through G, work for nothing. fake.detach() spares it."


LISTING = {
    "a": "# A DCGAN that draws digits",
    "b": "import torch",
    "c": "from torch import nn",
    "d": "from torchvision import datasets, transforms",
    "e": "digits = datasets.MNIST('data', transform=transforms.ToTensor())  # float pictures",
    "f": "class Generator(nn.Module):",
    "g": "    def __init__(self):",
    "h": "        super().__init__()",
    "i": "        self.net = nn.Sequential(nn.Linear(100, 784), nn.Tanh())",
    "j": "def forward(self, z):",
    "k": "    return self.net(z)",
    "l": "G = Generator().to(device)",
    "m": "z = torch.tensor(np.random.randn(64, 100)).float().to(device)",
    "n": "loss_D = D(real).log().mean() + (1 - D(G(z).detach())).log().mean()",
    "o": "opt_D.zero_grad(); loss_D.backward(); opt_D.step()",
}
FAULTY = (  # the lines, one of which is enough, or two where the fault lies between them; what is not found yet, a hint
    ("m", "a library is used that is not imported", "follow each name to the line that makes it"),
    ("l", "a name is used that no line makes", "follow each name to the line that makes it"),
    ("j", "a method does not belong to its class", "where does the class end?"),
    ("ei", "real and drawn pictures have different ranges", "ToTensor gives numbers from 0 to 1; what does G give?"),
    (
        "n",
        "a loss has the sign of what should rise, and an optimizer makes losses small",
        "what would D learn from it?",
    ),
    ("a", "a comment promises another network than the one below", "a DCGAN is made of what kind of layers?"),
)
FINE = {  # why a line can stay
    "b": "torch is used, and is imported here.",
    "c": "nn is used, and is imported here.",
    "d": "Both are used in the next line.",
    "f": "A network is a class that inherits from nn.Module.",
    "g": "A method of the class, indented as it should be.",
    "h": "nn.Module must be set up before layers are put into it.",
    "o": "Clear, backward, step: the right order. The fault is in what is minimized.",
}


@exercise("the letters of the faulty lines in check.LISTING: six faults")
def ex01_faults(chosen):
    """The letters of a line of each fault in FAULTY, and of none in FINE."""
    letters = letters_among(chosen, LISTING, "line")
    found = [lines for lines, *_ in FAULTY if letters & set(lines)]
    number = f"Faults found: {len(found)} of {len(FAULTY)}."
    for letter in sorted(letters & set(FINE)):
        raise NotYet(f"({letter}) can stay as it is", f"{FINE[letter]} {number}", "a line that runs and does its part")
    for lines, what, hint in FAULTY:
        if lines not in found:
            raise NotYet(f"not found yet: {what}", number, hint)
    return "Three of them stop Python. The other three run without complaint, and those are the ones to fear."


@exercise("(a, b), so that a first + b second is noise of the usual length, half-way between two noise vectors")
def ex01_mix(knobs):
    """(a, b), equal, with a**2 + b**2 = 1 to within 2 %: 0.707 each."""
    a, b = numbers_of(knobs, "(a, b)")
    length = (a * a + b * b) ** 0.5
    told = f"Independent noise adds up like the sides of a right angle: this mix has {length:.2f} of the usual length."
    if a < 0 or b < 0:
        raise NotYet("a negative share points away from its noise", told, "half-way lies between the two")
    if abs(a - b) > 0.02:
        raise NotYet("the mix is nearer to one of the two than to the other", told, "half-way: equal shares")
    if abs(a - 0.5) < 0.01:
        what = "too short: this is the middle of the straight line, where G has met hardly any noise"
        raise NotYet(what, told, "which two equal numbers have squares that add up to 1?")
    if abs(length - 1) > 0.02:
        what = "too short" if length < 1 else "too long"
        raise NotYet(what, told, "which two equal numbers have squares that add up to 1?")
    return "0.71 each, since the squares add up to 1. This is the middle of the great circle, the walk further above."


def pairwise(p: Tensor) -> Tensor:
    """The distance of each two pictures, (n, n), 0 on the diagonal."""
    flat = p.double().flatten(1)
    return (flat[:, None] - flat[None]).square().sum(2).sqrt()


def apart(p: Tensor) -> Tensor:
    return pairwise(p).sum() / (len(p) * (len(p) - 1))


EACH_TWO = "n (n - 1) ordered pairs of two different pictures: sum over all distances, divide by their number"
EUCLID = "of two pictures: the root of the sum of the squared differences of all pixels"
VARIETY_SLIPS = (
    Slip(
        "each picture is also compared with itself: n of the n * n distances are 0",
        EACH_TWO,
        lambda p: pairwise(p).mean(),
    ),
    Slip("a sum instead of a mean: it would grow with the number of pictures", EACH_TWO, lambda p: pairwise(p).sum()),
    Slip("half of it: each pair is counted once, and divided by twice their number", EACH_TWO, lambda p: apart(p) / 2),
    Slip("twice too much: each pair is counted twice, and divided as if once", EACH_TWO, lambda p: 2 * apart(p)),
    Slip(
        "squared distances: the root is missing",
        "torch.cdist, or .square().sum().sqrt()",
        lambda p: pairwise(p).square().sum() / (len(p) * (len(p) - 1)),
    ),
    Slip(
        "each picture is compared with the mean of all, and not with the others",
        EACH_TWO,
        lambda p: (p - p.mean(0)).flatten(1).norm(dim=1).mean(),
    ),
    Slip(
        "each picture is compared with the next one only: alike ones may stand further apart",
        EACH_TWO,
        lambda p: (p[1:] - p[:-1]).flatten(1).norm(dim=1).mean(),
    ),
    Slip(
        "the nearest other alone: of two heaps of copies it sees none",
        EACH_TWO,
        lambda p: pairwise(p).fill_diagonal_(torch.inf).min(1).values.mean(),
    ),
    Slip("the furthest other alone", EACH_TWO, lambda p: pairwise(p).max(1).values.mean()),
    Slip(
        "the standard deviation of each pixel over the pictures, which is no distance of two pictures",
        EACH_TWO,
        lambda p: p.std(0).mean(),
    ),
    Slip(
        "the spread over all numbers: one picture, repeated, has that too",
        EACH_TWO,
        lambda p: p.std(),
    ),
    Slip(
        "the spread inside each picture: one picture, repeated, has that too",
        EACH_TWO,
        lambda p: p.flatten(1).std(1).mean(),
    ),
    Slip(
        "row against row: the pictures were not laid flat, so cdist compares their rows",
        "p.flatten(1) is (n, pixels)",
        lambda p: torch.cdist(p, p).mean(),
    ),
    Slip(
        "absolute differences: the Euclidean distance is asked for",
        "torch.cdist, or .square().sum().sqrt()",
        lambda p: torch.cdist(p.flatten(1), p.flatten(1), p=1).sum() / (len(p) * (len(p) - 1)),
    ),
    Slip(
        "the mean of the absolute differences of all pixels: the Euclidean distance is asked for",
        EUCLID,
        lambda p: (p[:, None] - p[None]).abs().mean(),
    ),
    Slip(
        "pictures that are alike are left out: their distance is 0, and it counts as any other",
        "leave out a picture's distance to itself only: the diagonal",
        lambda p: pairwise(p)[pairwise(p) > 0].mean(),
    ),
    Slip(
        "divided by the number of pixels, too",
        "the distance of two pictures adds up their pixels",
        lambda p: apart(p) / p[0].numel(),
    ),
    Slip(
        "divided by the root of the number of pixels, too",
        "the distance of two pictures adds up their pixels",
        lambda p: apart(p) / p[0].numel() ** 0.5,
    ),
)


@exercise("variety(pictures), the mean distance of two different pictures; pictures is (n, 1, h, w)")
def ex01_variety(f):
    """f(pictures) -> sum of all Euclidean distances over the n (n - 1) ordered pairs."""
    answer = Answer(f, "variety(pictures)")
    for n, copies in ((4, 0), (3, 0), (5, 2)):
        h = w = 28
        p = (1.7 * torch.arange(1.0, 1 + n * h * w)).sin().view(n, 1, h, w)
        p[1 : 1 + copies] = p[0]
        result = answer(p.clone())
        if type(result).__module__ == "numpy" or (isinstance(result, int | float) and not isinstance(result, bool)):
            result = torch.as_tensor(result)
        result = tensor_of(result)
        if result.numel() != 1:
            raise NotYet(f"missing mean: {kind(result)} came back, and one number is asked for", hint=EACH_TWO)
        finite(result, "a division by 0? between two different pictures no distance is 0")
        told = f"With {n} pictures of {h} x {w}{', three of them alike,' if copies else ''}"
        compare(result, apart(p), VARIETY_SLIPS, (p,), told, hint=f"the distance {EUCLID}; then their mean")
    return "0 says that all are one picture. Beside the same figure of real ones it tells how much variety is left."
