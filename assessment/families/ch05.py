"""Chapter 05: other distances, and what they make of many right answers."""

from assessment.variant import Explain, Sample, Test, Variant, distinct, numbers, one_of, tidy

TITLE = "pix2pix"


def forger_loss(rng) -> Variant:
    """The forger's loss with another distance in place of L1."""
    weight = one_of(rng, [5, 20, 50])
    says, distance, other, wrong = one_of(rng, [charbonnier, slopes, coarse])(rng)

    def body(adversarial="softplus(-logits).mean()", weight=weight, distance=distance):
        return f"d = fake - y\nreturn {adversarial} + {weight} * {distance}"

    value = "def play(logits, fake, y):\n    return g_loss(*map(torch.tensor, (logits, fake, y))).tolist()"
    gradient = """
        def play(logits, fake, y):
            logits, fake = (torch.tensor(one, requires_grad=True) for one in (logits, fake))
            g_loss(logits, fake, torch.tensor(y)).backward()
            return [logits.grad.tolist(), fake.grad.tolist()]
    """

    def case(n, h, w):
        return (
            numbers(rng, n, 1, 2, 2),
            numbers(rng, n, 2, h, w, low=-1, high=1),
            numbers(rng, n, 2, h, w, low=-1, high=1),
        )

    return Variant(
        name="ch05-loss",
        title="Another distance beside the critic",
        text=tidy(rf"""
            The forger of this chapter minimizes $-\mathbb{{E}} \log D$ and 100 times an L1 distance. Here it is
            **{weight} times another distance**: {says}

            Write `g_loss(logits, fake, y)`: the critic's logits for the fakes, the fakes, and the right answers. One
            number comes back.
        """),
        head='''
            def g_loss(logits, fake, y):
                """logits: (n, 1, a, b); fake, y: (n, c, h, w), h and w multiples of 4. Returns one number."""
        ''',
        solution=body(),
        call="g_loss(logits, fake, y)",
        form="loss_of(answer(torch.zeros(2, 1, 3, 3), torch.linspace(-1, 1, 96).view(2, 3, 4, 4), "
        "torch.zeros(2, 3, 4, 4)))",
        tests=(
            Test("its value", 3, value, [case(1, 4, 4), case(2, 4, 8)]),
            Test("its gradient", 2, gradient, [case(1, 4, 4)]),
        ),
        others=(
            body(distance=other),
            body(adversarial="nn.functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))"),
        ),
        wrong={name: body(distance=one) for name, one in wrong.items()}
        | {
            "L1, as in the chapter": body(distance="d.abs().mean()"),
            "the weight is missing": body(weight=1),
            "the fakes should be called fake": body(adversarial="softplus(logits).mean()"),
            "the critic is missing": body(adversarial="0 * logits.mean()"),
            "the weight is on the critic": body(adversarial=f"{weight} * softplus(-logits).mean()", weight=1),
        },
    )


def charbonnier(rng):
    e = one_of(rng, [0.1, 0.3, 0.5])
    return (
        rf"the mean of $\sqrt{{d^2 + {e}^2}}$ over all pixels and channels, where $d$ is the difference of fake "
        rf"and answer. "
        "(Near 0 it is round, far away it is L1.)",
        f"(d.square() + {e * e:.2f}).sqrt().mean()",
        f"torch.hypot(d, torch.tensor({e})).mean()",
        {
            "the root of the mean": f"(d.square().mean() + {e * e:.2f}).sqrt()",
            "not squared inside": f"(d.abs() + {e}).mean()",
            "e in place of its square": f"(d.square() + {e}).sqrt().mean()",
            "no root": f"(d.square() + {e * e:.2f}).mean()",
        },
    )


def slopes(rng):
    return (
        "the mean absolute error of the **slopes**. The slopes of a picture are the differences of each pixel to "
        "its right "
        "neighbour and to its lower one; take the mean over the first kind, the mean over the second, and add the two.",
        "(d.diff(dim=3).abs().mean() + d.diff(dim=2).abs().mean())",
        "((d[..., 1:] - d[..., :-1]).abs().mean() + (d[:, :, 1:] - d[:, :, :-1]).abs().mean())",
        {
            "rows only": "d.diff(dim=3).abs().mean()",
            "columns only": "d.diff(dim=2).abs().mean()",
            "squared": "(d.diff(dim=3).square().mean() + d.diff(dim=2).square().mean())",
            "along the channels": "(d.diff(dim=1).abs().mean() + d.diff(dim=2).abs().mean())",
            "the slopes of the absolute error": "(d.abs().diff(dim=3).abs().mean() + d.abs().diff(dim=2).abs().mean())",
        },
    )


def coarse(rng):
    k = one_of(rng, [2, 4])
    return (
        f"the mean absolute error of the pictures made coarse, each {k} × {k} square replaced by its mean. "
        "(Detail is left "
        "to the critic.)",
        f"avg_pool2d(d, {k}).abs().mean()",
        f"(avg_pool2d(fake, {k}) - avg_pool2d(y, {k})).abs().mean()",
        {
            "the error is made coarse after its absolute value": f"avg_pool2d(d.abs(), {k}).mean()",
            "every second pixel": f"d[..., ::{k}, ::{k}].abs().mean()",
            "other squares": f"avg_pool2d(d, {6 - k}).abs().mean()",
            "squared": f"avg_pool2d(d, {k}).square().mean()",
        },
    )


def best_answer(rng) -> Variant:
    """One answer for many right ones, under a distance that is not even-handed."""
    a, b = distinct(rng, 2, [2, 3, 4, 5])
    play = "def play(values):\n    return best_answer(torch.tensor(values)).tolist()"
    rank = f"math.ceil(len(values) * {a} / {a + b})"
    by_cost = f"""
        over = values[:, None] - values
        cost = ({b} * relu(over) + {a} * relu(-over)).sum(1)
        return values.gather(0, cost.argmin(0, keepdim=True))[0]
    """
    return Variant(
        name="ch05-best-answer",
        title="One answer for many right ones",
        text=tidy(f"""
            Houses with one and the same label map have walls of many colours. At one pixel the right answers are n
            numbers, each as likely as the others. A forger that cannot know which one is asked for must answer with one
            number $f$. For each right answer $v$ this costs **{a} (v - f)** if $f$ is too low and **{b} (f - v)** if
            it is too high.

            Write `best_answer(values)`: of the n values, the one that costs least in sum, for each pixel by itself.
            (n is 11, 13 or 17; then there is only one.) If both cost alike, it would be the median.
        """),
        head='''
            def best_answer(values):
                """values: (n, ...), n right answers for each pixel. Returns the best answer for each: (...)."""
        ''',
        solution=f"rank = {rank}\nreturn values.sort(dim=0).values[rank - 1]",
        call="best_answer(values)",
        form="finite(tensor_of(answer(torch.linspace(-1, 1, 66).view(11, 2, 3)), (2, 3), "
        '"one answer for each pixel: the values are in dimension 0"), "there is no division by 0 here")',
        tests=(
            Test("one pixel", 2, play, [(numbers(rng, n),) for n in (11, 13, 17)]),
            Test("every pixel of a picture", 2, play, [(numbers(rng, n, 2, 3),) for n in (11, 13)]),
        ),
        others=(f"return values.kthvalue({rank}, dim=0).values", tidy(by_cost)),
        wrong={
            "the median": "return values.median(dim=0).values",
            "the mean": "return values.mean(dim=0)",
            "the costs exchanged": f"rank = math.ceil(len(values) * {b} / {a + b})\n"
            "return values.sort(dim=0).values[rank - 1]",
            "off by one": f"rank = {rank}\nreturn values.sort(dim=0).values[rank % len(values)]",
            "one answer for the whole picture": f"rank = {rank}\n"
            "return values.sort(dim=0).values[rank - 1].mean().expand(values.shape[1:])"
            if a < b
            else "return values.mean().expand(values.shape[1:])",
        },
        minutes=15,
    )


def grey_walls(rng) -> Explain:
    share = one_of(rng, [60, 70, 80])
    return Explain(
        name="ch05-explain-walls",
        title="Red houses and blue ones",
        text=tidy(f"""
            In a town {share} % of the houses are red and the others blue, and a label map does not tell which. Three
            networks learn to paint houses from label maps: with squared errors alone, with L1 alone, and with L1 and a
            patch critic. What colour does each of them paint, and why? Six sentences are enough.
        """),
        rubric=(
            (1, f"squared errors: the mean, {share} % red and {100 - share} % blue, a purple that no house has"),
            (1, "L1: the median, and so the more frequent colour, red, on every house"),
            (1, "with the critic: a colour that real houses have, since purple would be found out"),
            (
                1,
                "the reason for the third: the critic judges what is plausible, not what is near to one answer; "
                "or: without noise it may still paint all houses in one colour",
            ),
        ),
        samples=(
            Sample(
                4,
                f"Squared errors are smallest at the mean, so all houses get a purple of {share} % red. L1 is "
                "smallest at "
                "the median; more than half are red, so all are red. The critic has never seen a purple house and "
                "calls it fake, so with it houses are red or blue, though without noise perhaps all of one colour.",
                "all four",
            ),
            Sample(
                2, "L2 gives the mean, a purple, and L1 gives the median, red.", "two distances; no word on the critic"
            ),
            Sample(
                0,
                "All three paint red or blue, as they have learned from the pictures.",
                "no reason, two of three wrong",
            ),
        ),
    )


TASKS = (forger_loss, best_answer)
QUESTIONS = (grey_walls,)
