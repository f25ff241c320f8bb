"""Chapter 01: another game's losses, and another round."""

import math
import textwrap

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


def play(x, of):
    game = Game()
    round_of(game, torch.tensor(x))
    return [step for step in game.log if step[0] == of] if of else [step[0] for step in game.log]
"""


def uneven_round(rng) -> Variant:
    """A round in which the players move a different number of times."""
    k, m = distinct(rng, 2, [2, 3, 4])
    turn, other_turn = distinct(rng, 2, ["after", "before", "inside"])
    (n, fakes), (other_n, _) = distinct(rng, 2, counts(k))
    first_to_last = bool(rng.integers(2))
    batches = [numbers(rng, size * k, 1) for size in (1, 2, 3)]
    draw = "fake = game.G(game.noise(len(part)))\n"

    def body(k=k, m=m, turn=turn, n=n, rising=first_to_last, draw=draw, fake="fake.detach()", stale=False):
        parts = f"x.chunk({k})" if rising else f"reversed(x.chunk({k}))"
        critic = f"{draw}game.minimize(game.d_loss(part, {fake}), game.D)"
        new, moves = f"game.G(game.noise({n}))", f"for _ in range({m}):\n    game.minimize(game.g_loss(NEW), game.G)"
        forger = f"forged = {new}\n{moves.replace('NEW', 'forged')}" if stale else moves.replace("NEW", new)
        return in_turn(turn, f"for part in {parts}:", critic, forger)

    places = f"range({k})" if first_to_last else f"reversed(range({k}))"
    part = f"x[i * len(x) // {k} : (i + 1) * len(x) // {k}]"
    by_hand = in_turn(
        turn,
        f"for i in {places}:",
        f"part = {part}\nwith torch.no_grad():\n    {draw}game.minimize(game.d_loss(part, fake), game.D)",
        f"for _ in range({m}):\n    fake = game.G(game.noise({n}))\n    game.minimize(game.g_loss(fake), game.G)",
    )
    return Variant(
        name="ch01-round",
        title="An uneven round",
        text="\n".join(
            [
                f"In this game a round goes as follows. `x` holds a number of pictures that {k} divides.\n",
                *said(turn, k, m, fakes, "from the first to the last" if first_to_last else "the last one first"),
                "\nNoise is never used twice. Write `round_of(game, x)` with the library's words: `game.noise(n)`, "
                "`game.G`, `game.D`, `game.d_loss(x, fake)`, `game.g_loss(fake)`, `game.minimize(loss, player)`. "
                "Nothing is returned.",
            ]
        ),
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
            Test("the critic's moves", 2, GAME, [(x, "D") for x in batches]),
            Test("the generator's moves", 2, GAME, [(x, "G") for x in batches]),
            Test("whose turn it is", 1, GAME, [(x, "") for x in batches]),
        ),
        others=(by_hand,),
        wrong={
            "each player moves once": body(k=1, m=1),
            "one move too few of the generator": body(m=m - 1),
            "the fakes are not detached": body(fake="fake"),
            "the players move in another order": body(turn=other_turn),
            "the parts are taken from the other end": body(rising=not first_to_last),
            "another number of fakes for the generator": body(n=other_n),
            "the generator's noise is used again": body(stale=True),
            "the critic meets the same fakes again": draw.replace("part", f"x.chunk({k})[0]") + body(draw=""),
        },
        minutes=15,
    )


def counts(k: int) -> list[tuple[str, str]]:
    """How many fakes the generator may be asked for: in code and in words."""
    return [
        ("len(x)", "as many fakes as there are pictures in all of `x`"),
        (f"len(x) // {k}", f"as many fakes as there are pictures in one {ORDINAL[k]} of `x`"),
        ("2 * len(x)", "twice as many fakes as there are pictures in all of `x`"),
    ]


def in_turn(turn: str, each: str, critic: str, forger: str) -> str:
    """The critic's move in a loop, and the generator's moves after the loop, before it, or inside."""
    inside = f"{critic}\n{forger}" if turn == "inside" else critic
    loop = f"{each}\n{textwrap.indent(inside, '    ')}"
    return {"after": f"{loop}\n{forger}", "before": f"{forger}\n{loop}", "inside": loop}[turn]


def said(turn: str, k: int, m: int, fakes: str, order: str) -> list[str]:
    """The rules of the round, as a numbered list."""
    critic = (
        f"the critic moves **{k} times**: once on each {ORDINAL[k]} of `x`, {order}, each time against as many new "
        "fakes, which are **detached**."
    )
    forger = f"the generator moves **{m} times**, each time on new noise, for {fakes}."
    first, then = {
        "after": (critic, f"Then {forger}"),
        "before": (forger, f"Then {critic}"),
        "inside": (critic, f"**After each of these moves** {forger}"),
    }[turn]
    return [f"1. {first[0].upper()}{first[1:]}", f"2. {then}"]


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
