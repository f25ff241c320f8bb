"""Chapter 01: another game's losses, and another round."""

import math

from assessment.variant import Explain, Sample, Test, Variant, distinct, numbers, one_of, tidy

TITLE = "GAN"


def critic_loss(rng) -> Variant:
    """A critic's loss that no chapter has, with its best score and the fakes weighted."""
    a = one_of(rng, [0.5, 1.5, 2, 3])
    b = one_of(rng, [0.4, 0.7, 1.8, 2.5])
    of_real, of_fake, formula, best = one_of(rng, [exponential, squared_hinge, tempered])(a, b)
    value = """
        def play(real, fake):
            return d_loss(torch.tensor(real), torch.tensor(fake)).tolist()
    """
    gradient = """
        def play(real, fake):
            real, fake = (torch.tensor(s, requires_grad=True) for s in (real, fake))
            loss = d_loss(real, fake)
            loss.backward()
            return [loss.tolist(), real.grad.tolist(), fake.grad.tolist()]
    """
    batches = [(numbers(rng, n, 1), numbers(rng, m, 1)) for n, m in ((3, 3), (4, 2), (2, 5))]
    return Variant(
        name="ch01-loss",
        title="A critic of another kind",
        text=tidy(rf"""
            This critic minimizes

            $${formula}$$

            where $s$ is what the critic answers and each $\mathbb{{E}}$ is a mean over its own batch. (Where $p$ and
            $p_g$ agree, the best answer is {best:.4f}.)

            Write `d_loss(real, fake)` for the critic's answers to real pictures and to fakes. One number comes back,
            and it has a gradient. The two batches may have different sizes.
        """),
        head='''
            def d_loss(real, fake):
                """real: (n, 1), fake: (m, 1), the critic's answers. Returns one number."""
        ''',
        solution=f"return {of_real}.mean() + {b} * {of_fake}.mean()",
        call="d_loss(real, fake)",
        form="loss_of(answer(torch.tensor([[0.3], [-1.0]]), torch.tensor([[0.8], [0.1], [0.5]])))",
        tests=(
            Test("its value, for batches of any sizes", 3, value, batches),
            Test("its gradient", 2, gradient, [(numbers(rng, 3, 1), numbers(rng, 2, 1)) for _ in range(2)]),
        ),
        others=(
            f"cost_real = {of_real}\ncost_fake = {b} * {of_fake}\nreturn torch.mean(cost_real) + torch.mean(cost_fake)",
            f"return {of_real}.sum() / len(real) + {b} * {of_fake}.sum() / len(fake)",
        ),
        wrong={
            "real and fake exchanged": f"real, fake = fake, real\nreturn {of_real}.mean() + {b} * {of_fake}.mean()",
            "the weight of the fakes is missing": f"return {of_real}.mean() + {of_fake}.mean()",
            "the weight is on the wrong term": f"return {b} * {of_real}.mean() + {of_fake}.mean()",
            "a sum instead of a mean": f"return {of_real}.sum() + {b} * {of_fake}.sum()",
            "the fakes are missing": f"return {of_real}.mean()",
            "subtracted": f"return {of_real}.mean() - {b} * {of_fake}.mean()",
            "of the means": f"real, fake = real.mean(), fake.mean()\nreturn {of_real} + {b} * {of_fake}",
            "no gradient": "real, fake = real.detach(), fake.detach()\n"
            f"return {of_real}.mean() + {b} * {of_fake}.mean()",
        },
    )


def exponential(a, b):
    formula = rf"\mathbb{{E}}_x\, e^{{-{a} s(x)}} + {b}\; \mathbb{{E}}_z\, e^{{{a} s(G(z))}}"
    return f"torch.exp(-{a} * real)", f"torch.exp({a} * fake)", formula, -math.log(b) / (2 * a)


def squared_hinge(a, b):
    formula = rf"\mathbb{{E}}_x \max(0,\, {a} - s(x))^2 + {b}\; \mathbb{{E}}_z \max(0,\, {a} + s(G(z)))^2"
    return f"relu({a} - real).square()", f"relu({a} + fake).square()", formula, a * (1 - b) / (1 + b)


def tempered(a, b):
    softplus = r"\operatorname{softplus}"
    formula = rf"\mathbb{{E}}_x\, {softplus}(-{a} s(x)) + {b}\; \mathbb{{E}}_z\, {softplus}({a} s(G(z)))"
    return f"softplus(-{a} * real)", f"softplus({a} * fake)", formula, -math.log(b) / a


GAME = """
class Player:
    def __init__(self, weight):
        self.weight = torch.tensor(weight, requires_grad=True)

    def __call__(self, z):
        return z * self.weight


class Game:
    def __init__(self):
        self.G, self.D, self.drawn, self.used, self.log = Player(1.0), Player(2.0), 0, set(), []

    def noise(self, n):
        self.drawn += n
        return torch.arange(self.drawn - n, self.drawn).float().view(n, 1)

    def d_loss(self, x, fake):
        return ["D", x.flatten().tolist(), fake]

    def g_loss(self, fake):
        return ["G", [], fake]

    def minimize(self, loss, *players):
        rows = loss[2].flatten().tolist()
        fresh = len(self.used & set(rows)) == 0 and len(set(rows)) == len(rows)
        self.used |= set(rows)
        moved = [p is self.G for p in players]
        self.log.append([loss[0], loss[1], len(rows), fresh, loss[2].requires_grad, moved])


def play(x, of_d):
    game = Game()
    round_of(game, torch.tensor(x))
    return [step for step in game.log if (step[0] == "D") == of_d] + [[step[0] for step in game.log]]
"""


def uneven_round(rng) -> Variant:
    """A round in which the players move a different number of times."""
    k, m = distinct(rng, 2, [2, 3, 4])
    batches = [numbers(rng, n * k, 1) for n in (1, 2, 3)]
    slices = (
        "for part in x.chunk({k}):\n    fake = game.G(game.noise(len(part)))\n"
        "    game.minimize(game.d_loss(part, {fake}), game.D)\n"
    )
    forger = "for _ in range({m}):\n    game.minimize(game.g_loss(game.G(game.noise({n}))), game.G)"

    def body(k=k, m=m, fake="fake.detach()", n="len(x)", swap=False):
        parts = [slices.format(k=k, fake=fake).strip(), forger.format(m=m, n=n)]
        return "\n".join(parts[::-1] if swap else parts)

    by_hand = f"""
        size = len(x) // {k}
        for i in range({k}):
            with torch.no_grad():
                fake = game.G(game.noise(size))
            game.minimize(game.d_loss(x[i * size : (i + 1) * size], fake), game.D)
        for i in range({m}):
            fake = game.G(game.noise(len(x)))
            game.minimize(game.g_loss(fake), game.G)
    """
    stale = f"fake = game.G(game.noise(len(x)))\nfor _ in range({m}):\n    game.minimize(game.g_loss(fake), game.G)"
    same_fakes = (
        f"fake = game.G(game.noise(len(x) // {k})).detach()\nfor part in x.chunk({k}):\n"
        f"    game.minimize(game.d_loss(part, fake), game.D)\n{forger.format(m=m, n='len(x)')}"
    )
    return Variant(
        name="ch01-round",
        title="An uneven round",
        text=tidy(f"""
            In this game a round goes as follows. `x` holds a number of pictures that {k} divides.

            1. The critic moves **{k} times**: once on each {ORDINAL[k]} of `x`, in order, each time against as many new
               fakes, which are **detached**.
            2. Then the generator moves **{m} times**, each time on new noise, for as many fakes as there are in all
               of `x`.

            Noise is never used twice. Write `round_of(game, x)` with the library's words: `game.noise(n)`, `game.G`,
            `game.D`, `game.d_loss(x, fake)`, `game.g_loss(fake)`, `game.minimize(loss, player)`. Nothing is returned.
        """),
        head='''
            def round_of(game, x):
                """game: has noise, G, D, d_loss, g_loss, minimize; x: (n, ...), real pictures. Plays one round."""
        ''',
        solution=body(),
        call="round_of(game, x)",
        form=tidy("""
            game = GAN(nn.Linear(2, 1), nn.Linear(1, 1))
            game.G.z_dim, game.minimize = 2, lambda loss, *players: loss_of(loss)
            answer(game, torch.zeros(24, 1), silent=True)
        """),
        tests=(
            Test("the critic's moves", 3, GAME, [(x, True) for x in batches]),
            Test("the generator's moves", 2, GAME, [(x, False) for x in batches]),
        ),
        others=(tidy(by_hand),),
        wrong={
            "each player moves once": body(k=1, m=1),
            "one move too few of the generator": body(m=m - 1),
            "the fakes are not detached": body(fake="fake"),
            "the generator moves first": body(swap=True),
            "too few fakes for the generator": body(n=f"len(x) // {k}"),
            "the generator's noise is used again": f"{slices.format(k=k, fake='fake.detach()')}{stale}",
            "the critic meets the same fakes again": same_fakes,
        },
        minutes=15,
    )


ORDINAL = {2: "half", 3: "third", 4: "quarter"}


def flat_loss(rng) -> Explain:
    value = one_of(rng, [0.02, 0.05, 1.37, 1.38])
    won = value < 1
    says = "the critic nearly always tells real from drawn" if won else "the critic can hardly tell real from drawn"
    open_ = (
        "the drawings may still be good, with one small flaw that the critic has found, or bad"
        if won
        else "the drawings may be good, or the critic may be too weak or too slow to see what is wrong with them"
    )
    return Explain(
        name="ch01-explain-loss",
        title="A loss that stands still",
        text=tidy(f"""
            For 500 rounds the critic's loss of chapter 1 has stood at about {value}. Someone says: "Good, the training
            is done." What does the number say, what does it leave open, and what would you look at next? Six sentences
            are enough.
        """),
        rubric=(
            (1, f"compares {value} with 2 log 2 = 1.386 (an undecided critic) and reads it: {says}"),
            (1, f"says what it leaves open: {open_}"),
            (1, "says why: each loss is measured against an opponent who learns, so it is no measure of quality"),
            (1, "names what to look at: samples from fixed noise, and a judge's numbers with controls"),
        ),
        samples=(
            Sample(
                4,
                f"An undecided critic scores 2 log 2 = 1.386, so at {value} {says}. But {open_}: the number only "
                "compares two players who both learn. I would look at samples from the same noise over the rounds, and "
                "let a judge that is not part of the game compare them with real pictures and with noise.",
                "all four",
            ),
            Sample(
                2,
                f"{value} is {'far below' if won else 'close to'} 2 log 2, so {says}. I would look at the samples.",
                "reads the number and looks; does not say what stays open, nor why a loss is no measure",
            ),
            Sample(
                0,
                "The loss does not change any more, so the optimizer is in a minimum and training is done.",
                "takes the game for a minimization",
            ),
        ),
    )


TASKS = (critic_loss, uneven_round)
QUESTIONS = (flat_loss,)
