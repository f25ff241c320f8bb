"""Chapter 00: the pieces that every GAN is made of."""

import math

from assessment.variant import Explain, Sample, Test, Variant, distinct, numbers, one_of, tidy

TITLE = "Warm-up"


def best_score(rng) -> Variant:
    """The score that costs a critic least, place by place, for costs that are drawn."""
    a, b = distinct(rng, 2, [1, 2, 3, 4, 5])
    u, v = distinct(rng, 2, [-3, -2, 2, 3, 4])
    cost, solution, others, wrong = one_of(rng, [squares, exponentials])(a, b, u, v)
    example = f"`best_score(torch.tensor([0.2]), torch.tensor([0.4]))` is about {at(solution, 0.2, 0.4):.4f}"
    play = """
        def play(p, q):
            return best_score(torch.tensor(p), torch.tensor(q)).tolist()
    """
    densities = [tuple(numbers(rng, n, low=0.05, high=1) for _ in "pq") for n in (4, 7)]
    maps = [tuple(numbers(rng, 2, n, low=0.01, high=3) for _ in "pq") for n in (3, 5)]
    return Variant(
        name="ch00-best-score",
        title="The best score at a place",
        text=tidy(rf"""
            A critic gives each place a score $s$. There, real pictures have the density $p$ and drawn ones the
            density $q$. With this score the place costs it

            $$c(s) = {cost}$$

            Write `best_score(p, q)`: the score that costs least, for each place. `p` and `q` are tensors of one shape
            with positive numbers, and a tensor of that shape comes back.

            Example: {example}.
        """),
        head='''
            def best_score(p, q):
                """p, q: densities, of any one shape. Returns the best score at each place, of that shape."""
        ''',
        solution=solution,
        call="best_score(p, q)",
        form="finite(tensor_of(answer(torch.tensor([[0.5, 1.0]]), torch.tensor([[1.0, 0.2]])), (1, 2)),"
        ' "a division by 0?")',
        tests=(
            Test("the scores on a row of places", 3, play, densities),
            Test("the scores on a map of places", 1, play, maps),
        ),
        others=others,
        wrong=wrong | {"averaged over the places": f"{solution}.mean()", "p alone": "return p"},
    )


def squares(a, b, u, v):
    return (
        rf"{a}\, p\, (s {-u:+d})^2 + {b}\, q\, (s {-v:+d})^2",
        f"return ({a * u} * p + {b * v} * q) / ({a} * p + {b} * q)",
        (
            f"w = {a} * p / ({a} * p + {b} * q)\nreturn w * {u} + (1 - w) * {v}",
            f"return {u} + ({v - u}) * ({b} * q) / ({a} * p + {b} * q)",
        ),
        {
            "the weights are forgotten": f"return ({u} * p + {v} * q) / (p + q)",
            "targets exchanged": f"return ({a * v} * p + {b * u} * q) / ({a} * p + {b} * q)",
            "not divided by the weights": f"return ({a * u} * p + {b * v} * q) / (p + q)",
        },
    )


def exponentials(a, b, u, v):
    c, d = abs(u), abs(v) + 1
    return (
        rf"{a}\, p\, e^{{-{c} s}} + {b}\, q\, e^{{{d} s}}",
        f"return torch.log({a * c} * p / ({b * d} * q)) / {c + d}",
        (
            f"return (torch.log(p) - torch.log(q) + math.log({a * c} / {b * d})) / {c + d}",
            f"return torch.log(({a * c} * p / ({b * d} * q)) ** (1 / {c + d}))",
        ),
        {
            "the weights are forgotten": f"return torch.log({c} * p / ({d} * q)) / {c + d}",
            "not divided by the sum of the rates": f"return torch.log({a * c} * p / ({b * d} * q))",
            "upside down": f"return torch.log({b * d} * q / ({a * c} * p)) / {c + d}",
        },
    )


def at(solution: str, p: float, q: float) -> float:
    """The value of a body at one place."""
    import torch

    expression = solution.removeprefix("return ")
    return eval(expression, {"torch": torch, "math": math, "p": torch.tensor(p), "q": torch.tensor(q)}).item()


def bend(rng) -> Variant:
    """The same value, another gradient."""
    c = one_of(rng, [-3.0, -2.5, -1.5, -0.5, -0.25, 0.25, 0.4, 0.6, 1.5, 2.5])
    gradient = """
        def play(x, w):
            x = torch.tensor(x, requires_grad=True)
            y = bend(2 * x)
            (y * torch.tensor(w)).sum().backward()
            return [y.tolist(), x.grad.tolist()]
    """
    value = "def play(x):\n    return bend(torch.tensor(x, requires_grad=True) + 0).tolist()"
    return Variant(
        name="ch00-bend",
        title="The same value, another gradient",
        text=tidy(f"""
            Players are told things by gradients. Here is a way to change what they are told and nothing else (with a
            negative factor it is the gradient reversal of Ganin and Lempitsky 2015, arXiv:1409.7495).

            Write `bend(x)`: what comes back has the **values of `x`**, and where a gradient $g$ arrives at it, `x` gets
            **{c:g} g**.

            Example: for `y = bend(x)` and the loss `(5 * y).sum()`, each entry of `x` gets the gradient {5 * c:g}.
        """),
        head='''
            def bend(x):
                """x: a tensor of any shape. Returns a tensor of that shape."""
        ''',
        solution=f"return x.detach() + ({c}) * (x - x.detach())",
        call="bend(x)",
        form="finite(tensor_of(answer(torch.tensor([1.0, -2.0], requires_grad=True)), (2,)),"
        ' "there is no division here")',
        tests=(
            Test("the values", 1, value, [(numbers(rng, 3),), (numbers(rng, 2, 2),)]),
            Test("the gradient", 3, gradient, [(numbers(rng, n, 2), numbers(rng, n, 2)) for n in (2, 4)]),
        ),
        others=(
            f"return ({c}) * x + (1 - ({c})) * x.detach()",
            f"y = x.clone()\ny.register_hook(lambda g: ({c}) * g)\nreturn y",
        ),
        wrong={
            "the values are multiplied, too": f"return ({c}) * x",
            "nothing is bent": "return x",
            "the gradient has the other sign": f"return x.detach() - ({c}) * (x - x.detach())",
            "no gradient at all": "return x.detach()",
            "the part that is kept is cut": f"return ({c}) * x.detach() + (1 - ({c})) * x",
        },
    )


def one_verdict(rng) -> Explain:
    d = one_of(rng, [0.2, 0.25, 0.75, 0.8, 0.9])
    odds = d / (1 - d)
    more, fewer = ("real", "drawn") if odds > 1 else ("drawn", "real")
    ratio = f"{more} pictures are {max(odds, 1 / odds):g} times as dense as {fewer} ones there"
    return Explain(
        name="ch00-explain-verdict",
        title="What a verdict says",
        text=tidy(f"""
            At some place the best possible critic says $D^* = {d}$. What does this tell you about real and drawn
            pictures at that place, and what does it not tell you? Use the formula of $D^*$. Five sentences are enough.
        """),
        rubric=(
            (1, "states $D^* = p / (p + p_g)$, in symbols or in words"),
            (1, f"works out the ratio: {ratio}"),
            (1, "says that only the ratio is told: the place may be crowded or nearly empty"),
            (1, "says what follows: G should draw more (or less) there, or: D* = 1/2 would be agreement, not quality"),
        ),
        samples=(
            Sample(
                4,
                f"D* is p / (p + p_g), so p / p_g = D* / (1 - D*) = {odds:.3g}: {ratio}. It does not say how many of "
                "either there are: 0.001 and 0.1 can have the same ratio. G learns that it should draw "
                f"{'more' if odds > 1 else 'less'} there, whatever the pictures look like.",
                "formula, ratio, its limit and what follows",
            ),
            Sample(
                2,
                f"The critic thinks a picture from there is real with the probability {d}, since D* = p / (p + p_g). "
                f"So p_g is {'smaller' if odds > 1 else 'larger'} than p, by a factor of {max(odds, 1 / odds):.3g}.",
                "formula and ratio; nothing on what the ratio leaves open, nor on what follows",
            ),
            Sample(
                0,
                f"It means that {100 * d:.0f} % of the pictures are good and the GAN works {100 * d:.0f} %.",
                "takes the verdict for a measure of quality; no formula",
            ),
        ),
    )


TASKS = (best_score, bend)
QUESTIONS = (one_verdict,)
