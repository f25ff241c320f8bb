"""Chapter 03: another U-Net."""

import textwrap

from assessment.variant import Explain, Sample, Test, Variant, distinct, numbers, one_of, tidy

TITLE = "U-Net"

LOOKS = """
def play({arguments}):
    log = []

    def look_of(j):
        def look(x):
            log.append([j, *x.shape[1:]])
            w = torch.sin((j + 1.0) * torch.arange(1, 1 + 2 * x.shape[1])).view(2, -1)
            return torch.einsum("oc,nchw->nohw", w, x).tanh()

        return look

    looks = [look_of(j) for j in range({count})]
    x = unet({given}, looks, lambda x: avg_pool2d(x, 2), lambda x: interpolate(x, scale_factor=2))
    return {result}
"""


def unet(rng) -> Variant:
    """Another number of halvings, one skip left out, another way to join."""
    depth = int(rng.integers(2, 5))
    without = int(rng.integers(0, depth))
    joins = {
        "what was seen first, then what was drawn": "torch.cat([seen[{i}], x], dim=1)",
        "what was drawn first, then what was seen": "torch.cat([x, seen[{i}]], dim=1)",
        "as the mean of the two": "(seen[{i}] + x) / 2",
    }
    how, other, _ = distinct(rng, 3, list(joins))
    join, other_join = joins[how], joins[other]

    def body(join=join, rule=f"i != {without}", keep="seen.append(x)\n    x = halve(x)", last="2 * {depth} - i"):
        return (
            f"seen = []\nfor i in range({depth}):\n    x = look[i](x)\n    {keep}\nx = look[{depth}](x)\n"
            f"for i in reversed(range({depth})):\n    x = double(x)\n    if {rule}:\n        x = {join.format(i='i')}\n"
            f"    x = look[{last.format(depth=depth)}](x)\nreturn x"
        )

    recursive = f"""
        def below(i, x):
            if i == {depth}:
                return look[i](x)
            old = look[i](x)
            seen[i] = old
            x = double(below(i + 1, halve(old)))
            return look[{2 * depth} - i]({join.format(i="i")} if i != {without} else x)

        seen = {{}}
        return below(0, x)
    """
    side = 2**depth
    path = LOOKS.format(arguments="h, w", count=2 * depth + 1, given="torch.ones(1, 1, h, w)", result="log")
    value = LOOKS.format(arguments="x", count=2 * depth + 1, given="torch.tensor(x)", result="x.flatten().tolist()")
    level = "the largest" if without == 0 else f"the one after {without} halving{'s' * (without > 1)}"
    return Variant(
        name="ch03-unet",
        title="A U-Net with a gap",
        text=tidy(f"""
            This U-Net halves **{depth} times**. `look` is a list of {2 * depth + 1} networks that keep height and
            width: `look[0]` to `look[{depth - 1}]` on the way down (each before a halving), `look[{depth}]` at the
            bottom, `look[{depth + 1}]` to `look[{2 * depth}]` on the way up (each after a doubling and its skip).

            - A skip hands on what `look[i]` saw on the way down to the way up at the same size.
            - The two are joined **{how}**{"" if "mean" in how else ", in the channels"}.
            - One size has **no skip**: {level}.

            Write `unet(x, look, halve, double)`; `halve` and `double` are functions of a batch of pictures.
        """),
        head='''
            def unet(x, look, halve, double):
                """x: (n, c, h, w); look: networks, in order of use; halve, double: functions. Returns a batch of
                pictures."""
        ''',
        solution=body(),
        call="unet(x, look, halve, double)",
        form=f"tensor_of(answer(torch.ones(1, 1, {side}, {2 * side}), "
        f"[lambda x: x[:, :1]] * {2 * depth + 1}, lambda x: avg_pool2d(x, 2), lambda x: interpolate(x, "
        "scale_factor=2)), "
        f"(1, 1, {side}, {2 * side}))",
        tests=(
            Test("who looks at what size and how many channels", 2, path, [(side, side), (2 * side, 3 * side)]),
            Test("the pictures that come out", 3, value, [(numbers(rng, 2, 1, side, side),)]),
        ),
        others=(tidy(recursive),),
        wrong={
            "every size has a skip": body(rule="True"),
            "no skip at all": body(rule="False"),
            "another size has no skip": body(rule=f"i != {(without + 1) % depth}"),
            "joined in another way": body(join=other_join),
            "the skip is taken after the halving": body(keep="x = halve(x)\n    seen.append(x)"),
            "the way up goes through the networks of the way down": body(last="i"),
        },
        minutes=20,
    )


def side(rng) -> Variant:
    """How large is what an unpadded U-Net gives back?"""
    kernel = one_of(rng, [3, 5])
    convs = int(rng.integers(2, 5))
    depth = int(rng.integers(2, 4))
    lost = convs * (kernel - 1)

    def body(lost=lost, bottom=lost, up=lost, check="n <= 0 or n % 2", end="n <= 0"):
        return (
            f"for _ in range({depth}):\n    n = n - {lost}\n    if {check}:\n        return 0\n    n = n // 2\n"
            f"n = n - {bottom}\nif {end}:\n    return 0\nfor _ in range({depth}):\n    n = 2 * n - {up}\n"
            "    if n <= 0:\n        return 0\nreturn n"
        )

    recursive = f"""
        def through(n, level):
            n -= {lost}
            if level == 0 or n <= 0:
                return n
            if n % 2:
                return 0
            n = through(n // 2, level - 1)
            return 2 * n - {lost} if n > 0 else 0

        return max(0, through(n, {depth}))
    """
    answer = function(body())
    fitting = [n for n in range(8, 1000) if answer(n) > 0]
    odd = [n for n in range(8, 1000) if answer(n) == 0]
    some = [int(n) for n in rng.choice(fitting, 6, replace=False)]
    mixed = [int(n) for n in rng.choice(odd, 6, replace=False)] + [min(fitting), fitting[1], max(odd)]
    play = "def play(n):\n    return int(out_side(n))"
    return Variant(
        name="ch03-side",
        title="What comes back from an unpadded U-Net",
        text=tidy(f"""
            An unpadded U-Net halves {depth} times. At every size, on the way down, at the bottom and on the way
            up, there are **{convs} convolutions of {kernel} × {kernel}** without padding. Doubling doubles the side;
            the skips are cut to fit.

            Write `out_side(n)`: the side of what comes back for a square of side `n`. Return 0 where it does not work:
            where an odd side would have to be halved, or nothing is left of the picture on the way.

            Example: `out_side({fitting[2]})` is {answer(fitting[2])}.
        """),
        head='''
            def out_side(n):
                """n: a whole number, the side of the input. Returns a whole number."""
        ''',
        solution=body(),
        call="out_side(n)",
        form=f"whole(answer({fitting[2]}), 'the side of a square')",
        tests=(
            Test("sides that work", 3, play, [(n,) for n in some]),
            Test("sides that do not work, among some that do", 1, play, [(n,) for n in mixed]),
        ),
        others=(tidy(recursive),),
        wrong={
            "an odd side is halved": body(check="n <= 0"),
            "the bottom has no convolutions": body(bottom=0),
            "the way up has no convolutions": body(up=0),
            "one convolution too many at each size": body(lost + kernel - 1, lost + kernel - 1, lost + kernel - 1),
            "each convolution takes a whole kernel": body(
                lost=convs * kernel, bottom=convs * kernel, up=convs * kernel
            ),
            "always 0": "return 0",
        },
        minutes=15,
    )


def function(body: str):
    space: dict = {}
    exec(f"def f(n):\n{textwrap.indent(body, '    ')}", space)
    return space["f"]


def lost_skip(rng) -> Explain:
    finest = bool(rng.integers(2))
    which = "the largest size" if finest else "the smallest size above the bottom"
    loses = "where exactly edges run: thin lines get blurred or shifted" if finest else "hardly anything"
    return Explain(
        name="ch03-explain-skip",
        title="A skip less",
        text=tidy(f"""
            You take the skip at **{which}** out of a U-Net that halves five times, train it anew on membranes, and
            compare. What do you expect to see in the answers, and why? Say also how you would find out whether you are
            right. Six sentences are enough.
        """),
        rubric=(
            (1, "says what a skip carries: detail of its size, past the bottleneck"),
            (1, f"says what is lost without this one: {loses}"),
            (
                1,
                "gives the reason: the way through the other sizes keeps place only to within a few pixels"
                if finest
                else "gives the reason: skips of larger sizes hold finer detail, and the bottom holds the rest",
            ),
            (1, "names an experiment with a number: the same seeds, IoU (also near the edges), over several seeds"),
        ),
        samples=(
            Sample(
                4,
                f"A skip carries detail of its size past the bottleneck. Without the one at {which} I expect to lose "
                f"{loses}, because "
                + (
                    "what comes from below has been halved at least once and knows places only to two pixels or worse. "
                    if finest
                    else "the skips of the larger sizes carry finer detail and the bottom sees the whole. "
                )
                + "I would train both with the same three seeds and compare the IoU, also in a band around the edges.",
                "all four",
            ),
            Sample(2, f"Skips carry detail, so without it one loses {loses}.", "carries and loses; no reason, no test"),
            Sample(
                0, "It has fewer parameters, so it is faster and overfits less.", "says nothing of what a skip does"
            ),
        ),
    )


TASKS = (unet, side)
QUESTIONS = (lost_skip,)
