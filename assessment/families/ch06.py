"""Chapter 06: a long cycle, and a pool with another rule."""

from assessment.variant import Explain, Sample, Test, Variant, distinct, numbers, one_of, tidy

TITLE = "CycleGAN"

PLAYERS = """
def play(numbers, x, y, z):
    players = [[torch.tensor(n, requires_grad=True) for n in pair] for pair in numbers]
    moves = [(lambda p, w=w, b=b: torch.sin(w * p) + b) for w, b in players]
    loss = cycle_loss(*moves, *map(torch.tensor, (x, y, z)))
    {result}
"""
LEARNED = """loss.backward()
    return [n.grad.tolist() for pair in players for n in pair]"""

DISTANCES = [  # in words, and in code
    ("is the **mean absolute difference**", "(({}) - {}).abs().mean()"),
    ("is the **mean squared difference**", "(({}) - {}).square().mean()"),
    (
        r"is the **mean** of $\sqrt{\Delta^2 + 0.01}$ over all differences $\Delta$",
        "((({}) - {}).square() + 0.01).sqrt().mean()",
    ),
]
RING = {
    "players": "GHK",
    "rule": "$H$ noon into night, $K$ night into dawn. Whoever goes once round, through all three players, should come "
    "home, wherever they start:",
    "right": ("GHK", "HKG", "KGH"),
    "turned": ("KHG", "GKH", "HGK"),
    "short": ("GH", "HK", "KG"),
}
ROAD = {
    "players": "GHKL",
    "rule": "$H$ noon into night; and back, $K$ turns night into noon, $L$ noon into dawn. Whoever goes from dawn to "
    "night, or from night to dawn, and all the way back should come home; and so should whoever goes from noon to dawn "
    "and back:",
    "right": ("GHKL", "LG", "KLGH"),
    "turned": ("LKHG", "GL", "HGLK"),
    "short": ("GL", "LG", "KH"),
}


def long_cycle(rng) -> Variant:
    """Three domains, in a ring or along a road."""
    a, b, c = weights = distinct(rng, 3, [1, 2, 3, 5, 10])
    (what, near), (_, other_near) = distinct(rng, 2, DISTANCES)
    world = one_of(rng, [RING, ROAD])
    players = ", ".join(world["players"])
    call = f"cycle_loss({players}, x, y, z)"

    def body(weights=weights, paths=world["right"], near=near, after_first=""):
        ways = zip(weights, paths, "xyz", strict=True)
        return "return " + " + ".join(
            f"{weight} * {near.format(nested(path, start, after_first), start)}"
            for weight, path, start in ways
            if weight
        )

    steps = ", ".join(
        f"({weight}, ({', '.join(path)}), {start})"
        for weight, path, start in zip(weights, world["right"], "xyz", strict=True)
    )
    loop = f"""
        loss = 0
        for weight, path, start in ({steps}):
            end = start
            for player in path:
                end = player(end)
            loss = loss + weight * {near.format("end", "start")}
        return loss
    """

    def case(n, m, k):
        drawn = numbers(rng, len(world["players"]), 2, low=0.3, high=1.5)
        return (drawn, *(numbers(rng, size, 1, 2, 2, low=-1, high=1) for size in (n, m, k)))

    return Variant(
        name="ch06-long-cycle",
        title="A long cycle",
        text=tidy(rf"""
            There are three domains: dawn $X$, noon $Y$, night $Z$. $G$ turns dawn into noon, {world["rule"]}

            $${a}\, d(\text{{home}}(x), x) + {b}\, d(\text{{home}}(y), y) + {c}\, d(\text{{home}}(z), z)$$

            where $d$ {what}, and home is what comes of a picture on its way. Write `{call}`. All players learn from
            it; there may be more pictures of one domain than of another.
        """),
        head=f'''
            def {call}:
                """{players}: players; x, y, z: pictures of dawn, noon and night, (n, c, h, w). Returns one number."""
        ''',
        solution=body(),
        call=call,
        form=f"loss_of(answer(*[nn.Conv2d(1, 1, 1) for _ in '{world['players']}'], torch.ones(2, 1, 2, 2), "
        "torch.ones(3, 1, 2, 2), torch.zeros(1, 1, 2, 2)))",
        tests=(
            Test("its value", 3, PLAYERS.format(result="return loss.tolist()"), [case(2, 2, 2), case(1, 3, 2)]),
            Test("what the players learn from it", 2, PLAYERS.format(result=LEARNED), [case(1, 2, 1)]),
        ),
        others=(tidy(loop),),
        wrong={
            "the players in the wrong order": body(paths=world["turned"]),
            "not all the way": body(paths=world["short"]),
            "x alone": body(weights=(a, 0, 0)),
            "the weights are missing": body(weights=(1, 1, 1)),
            "the weights are swapped": body(weights=(b, a, c)),
            "another distance": body(near=other_near),
            "sums": body(near=near.replace("mean", "sum")),
            "the first step is detached": body(after_first=".detach()"),
        },
        minutes=15,
    )


def nested(path: str, start: str, after_first: str = "") -> str:
    """The code of a way: ("GHK", "x") -> "K(H(G(x)))"."""
    code = start
    for i, player in enumerate(path):
        code = f"{player}({code}){'' if i else after_first}"
    return code


POOL = """
def play(start, size, pictures, lots, places):
    stored, out = torch.tensor(start).view(-1, 1, 1, 2), []
    for picture, lot, i in zip(pictures, lots, places):
        handed, after = pool(stored.clone(), size, torch.tensor(picture).view(1, 1, 2), lot, i)
        out.append({out})
        stored = after if len(stored) < size else stored
    return out
"""


def pool(rng) -> Variant:
    """A memory of fakes with another rule."""
    t = one_of(rng, [0.3, 0.4, 0.6, 0.7])
    says, full, other, wrong = one_of(rng, [oldest, blended, stored_always])(rng, t)
    fill = "if len(stored) < size:\n    return picture, torch.cat([stored, picture[None]])\n"
    both, handed_on, kept = (
        POOL.format(out=out)
        for out in ("[handed.flatten().tolist(), after.flatten().tolist()]", "handed.tolist()", "after.tolist()")
    )

    def case(size, start, n):
        lots = [float(f"{v:.2f}") for v in rng.permutation([t - 0.2, t - 0.1, t + 0.1, t + 0.2] * n)[:n]]
        return numbers(rng, start, 2), size, numbers(rng, n, 2), lots, rng.integers(0, size, n).tolist()

    return Variant(
        name="ch06-pool",
        title="A pool with another rule",
        text=tidy("""
            A pool hands on new fakes or old ones, one picture at a time. **While it is not full**, the new picture is
            stored behind the others and handed on. **When it is full**, a lot decides, a number from 0 to 1:

            RULE

            Write `pool(stored, size, picture, lot, i)`. It returns two things: the picture handed on, (c, h, w), and
            what is stored now, (k, c, h, w).
        """).replace("RULE", says),
        head='''
            def pool(stored, size, picture, lot, i):
                """stored: (k, c, h, w), oldest first; picture: (c, h, w); i: a place, 0 to size - 1. Returns both."""
        ''',
        solution=fill + full,
        call="pool(stored, size, picture, lot, i)",
        form=tidy("""
            parts = answer(torch.zeros(1, 1, 2, 2), 2, torch.ones(1, 2, 2), 0.5, 0)
            if not isinstance(parts, tuple) or len(parts) != 2:
                raise NotYet(f"{kind(parts)} came back, and two things are asked for", hint="return picture, stored")
            tensor_of(parts[0], (1, 2, 2), "the first thing is the picture handed on, (c, h, w)")
            tensor_of(parts[1], (2, 1, 2, 2), "the second thing is what is stored, (k, c, h, w)")
        """),
        tests=(
            Test("while it is not full", 1, both, [case(4, 0, 4), case(3, 1, 2)]),
            Test("what is handed on when it is full", 2, handed_on, [case(3, 3, 8), case(2, 2, 6)]),
            Test("what is stored when it is full", 2, kept, [case(3, 3, 8), case(2, 2, 6)]),
        ),
        others=(fill + other,),
        wrong={name: fill + one for name, one in wrong.items()}
        | {"never full": "return picture, torch.cat([stored, picture[None]])", "no memory": "return picture, stored"},
        minutes=15,
    )


def oldest(rng, t):
    take = "return stored[0], torch.cat([stored[1:], picture[None]])\n"
    return (
        f"- below {t}: the **oldest** picture is handed on and forgotten; the new one is stored behind the others;\n"
        "- otherwise: the new one is handed on, and what is stored stays as it is. (`i` is not needed.)",
        f"if lot < {t}:\n    {take}return picture, stored",
        f"if lot >= {t}:\n    return picture, stored\nold = stored[0].clone()\nstored = stored.roll(-1, 0)\n"
        "stored[-1] = picture\nreturn old, stored",
        {
            "the newest is handed on": f"if lot < {t}:\n"
            "    return stored[-1], torch.cat([stored[:-1], picture[None]])\nreturn picture, stored",
            "stored before the others": f"if lot < {t}:\n    return stored[0], torch.cat([picture[None], stored[1:]])\n"
            "return picture, stored",
            "the lot is upside down": f"if lot >= {t}:\n    {take}return picture, stored",
            "at a place by chance": f"if lot < {t}:\n    old = stored[i].clone()\n    stored[i] = picture\n"
            "    return old, stored\nreturn picture, stored",
            "always an old one": take.strip(),
        },
    )


def blended(rng, t):
    w = one_of(rng, [0.2, 0.3, 0.7, 0.8])
    mix = f"{w} * stored[i] + (1 - {w}) * picture"
    return (
        f"- below {t}: the picture at place `i` is handed on, and in its place stays a **blend**: {w} of the old "
        f"one and {1 - w:.1f} of the new one;\n"
        "- otherwise: the new one is handed on, and what is stored stays as it is.",
        f"if lot < {t}:\n    old = stored[i].clone()\n    stored[i] = {mix}\n    return old, stored\n"
        "return picture, stored",
        f"if lot >= {t}:\n    return picture, stored\nplace = (torch.arange(size) == i).float().view(-1, 1, 1, 1)\n"
        f"return stored[i], stored + {1 - w:.1f} * place * (picture - stored)",
        {
            "the blend is handed on": f"if lot < {t}:\n    stored[i] = {mix}\n    return stored[i], stored\n"
            "return picture, stored",
            "weights exchanged": f"if lot < {t}:\n    old = stored[i].clone()\n"
            f"    stored[i] = (1 - {w}) * stored[i] + {w} * picture\n    return old, stored\nreturn picture, stored",
            "not blended": f"if lot < {t}:\n    old = stored[i].clone()\n    stored[i] = picture\n"
            "    return old, stored\nreturn picture, stored",
            "the lot is upside down": f"if lot >= {t}:\n    old = stored[i].clone()\n    stored[i] = {mix}\n"
            "    return old, stored\nreturn picture, stored",
        },
    )


def stored_always(rng, t):
    return (
        f"The new picture **always** takes place `i`. Handed on is\n\n- below {t}: the picture that stood there;\n"
        "- otherwise: the new one.",
        f"old = stored[i].clone()\nstored[i] = picture\nreturn (old if lot < {t} else picture), stored",
        f"after = torch.cat([stored[:i], picture[None], stored[i + 1 :]])\n"
        f"if lot < {t}:\n    return stored[i], after\nreturn picture, after",
        {
            "stored only if the old one is handed on": f"if lot < {t}:\n    old = stored[i].clone()\n"
            "    stored[i] = picture\n    return old, stored\nreturn picture, stored",
            "the old one is not copied": "old = stored[i]\nstored[i] = picture\n"
            f"return (old if lot < {t} else picture), stored",
            "the lot is upside down": "old = stored[i].clone()\nstored[i] = picture\n"
            f"return (old if lot >= {t} else picture), stored",
            "always the old one": "old = stored[i].clone()\nstored[i] = picture\nreturn old, stored",
        },
    )


def home_again(rng) -> Explain:
    what, back = one_of(
        rng,
        [
            ("draws each house at dusk as in a mirror", "mirrors it back"),
            ("draws the dusk picture of another house, for each house always of the same one", "knows whose it is"),
            ("hides the day picture in the lowest bits of some dusk picture", "reads it there"),
        ],
    )
    return Explain(
        name="ch06-explain-home",
        title="Home again",
        text=tidy(f"""
            The cycle loss of a CycleGAN between day and dusk is 0 on all pictures. Someone looks closer: $G$ {what},
            and $F$ {back}. What does a cycle loss of 0 prove, and what not? What can the critics say to this, and what
            the identity loss? Name a check from outside the game, and what it would find. Six sentences are enough.
        """),
        rubric=(
            (1, "it proves that F undoes G (and G undoes F) on these pictures"),
            (1, "it does not prove that what lies between shows the same house: any rule that can be undone passes"),
            (
                1,
                "the critics compare with the other domain as a whole: they object only if the result looks "
                "unlike dusk; the identity loss is about pictures that are dusk already",
            ),
            (
                1,
                "a check that looks at what lies between, and what it finds: a hidden truth beside it (another "
                "picture than the right one), or small noise on it before the way back (a hidden message)",
            ),
        ),
        samples=(
            Sample(
                4,
                f"It proves that F undoes G. It does not prove that G keeps the house: here G {what}, F {back}, "
                "and the loss "
                "is 0. The critic sees only whether the result could be a dusk picture, not whether it belongs to this "
                "day picture. The identity loss says only what happens to pictures that are dusk already. Where the "
                "true dusk picture is known, comparing shows that this is another; a few levels of noise before the "
                "way back show whether a message is hidden.",
                "all four",
            ),
            Sample(
                2,
                "It proves F(G(x)) = x. It does not prove that G(x) is right.",
                "what it proves and what not; no word on critics, identity loss or a check",
            ),
            Sample(0, "A loss of 0 means that the translation is perfect.", "takes home for the way"),
        ),
    )


TASKS = (long_cycle, pool)
QUESTIONS = (home_again,)
