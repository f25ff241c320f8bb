"""Chapter 04: other squares, and another way to count them."""

from assessment.variant import Explain, Sample, Test, Variant, numbers, one_of, tidy

TITLE = "PatchGAN"


def two_logits(rng) -> Variant:
    """What two logits see together, with dilation, and with the layers' numbers in another order."""
    order = [["kernel", "stride", "dilation"][i] for i in rng.permutation(3)]
    asked, says, result = one_of(rng, ASKED)
    names = ", ".join(order)

    def body(
        grow="dilation * (kernel - 1) * step", after="step *= stride", names=names, result=result, layers="layers"
    ):
        return f"side, step = 1, 1\nfor {names} in {layers}:\n    side += {grow}\n    {after}\nreturn {result}"

    pixels = f"""
        def seen(i):
            places = {{i}}
            for {names} in reversed(layers):
                places = {{stride * p + dilation * k for p in places for k in range(kernel)}}
            return range(min(places), max(places) + 1)

        a, b = set(seen(0)), set(seen(apart))
        {COUNTED[asked]}
    """
    layers = [[layer(rng, order) for _ in range(n)] for n in (1, 2, 3, 4)]
    near = [(one, int(rng.integers(1, 3))) for one in layers]
    far = [(one, apart) for one in layers for apart in (0, 9)]
    play = "def play(layers, apart):\n    return int(pixels(layers, apart))"
    return Variant(
        name="ch04-two-logits",
        title="What two logits see",
        text=tidy(f"""
            A critic is a chain of convolutions, and each logit of its map sees a square of pixels. `layers` lists them
            from the picture to the map, each as **({names})**. (With the dilation $d$ a kernel of size $k$ looks at
            every $d$-th place, so it spans $d (k - 1) + 1$.)

            Take two logits in one row of the map, `apart` places apart. Write `pixels(layers, apart)`: **{says}**.
            Forget the padding: the picture goes on for ever.
        """),
        head='''
            def pixels(layers, apart):
                """layers: a list of triples, from the first to the last; apart: 0, 1, 2, ... Returns a whole number."""
        ''',
        solution=body(),
        call="pixels(layers, apart)",
        form=f"whole(answer([{layer(rng, order)}, {layer(rng, order)}], 1), 'a number of pixels')",
        tests=(
            Test("logits that are near one another", 3, play, near),
            Test("one logit twice, and logits far apart", 2, play, far),
        ),
        others=(tidy(pixels),),
        wrong={
            "dilation is ignored": body(grow="(kernel - 1) * step"),
            "the strides are ignored": body(after="pass"),
            "from the last layer to the first": body(layers="reversed(layers)"),
            "a whole kernel is added": body(grow="dilation * kernel * step"),
            "the triples are read in another order": body(names=", ".join([order[1], order[0], order[2]])),
            "one logit alone": body(result="side"),
            "no care for logits that are far apart": body(result=RASH[asked]),
        },
        minutes=15,
    )


ASKED = (
    ("shared", "how many pixels of a row both of them see", "max(0, side - apart * step)"),
    ("either", "how many pixels of a row at least one of them sees", "side + min(side, apart * step)"),
    ("between", "how many pixels of a row lie between their squares, seen by neither", "max(0, apart * step - side)"),
)
RASH = {"shared": "side - apart * step", "either": "side + apart * step", "between": "apart * step - side"}
COUNTED = {
    "shared": "return len(a & b)",
    "either": "return len(a | b)",
    "between": "return len(set(range(min(a), max(b))) - a - b)",
}


def layer(rng, order: list[str]) -> tuple[int, ...]:
    """Numbers that tell kernel, stride and dilation apart."""
    made = {"kernel": int(rng.integers(4, 6)), "stride": int(rng.integers(2, 4)), "dilation": int(rng.integers(2, 4))}
    return tuple(made[name] for name in order)


def patch_loss(rng) -> Variant:
    """A critic's loss on maps that does not count all patches alike."""
    m = one_of(rng, [0.5, 1.5, 2.0])
    says, chosen, other, wrong = one_of(rng, [inner, hardest])(rng)

    def body(real=f"relu({m} - real)", fake=f"relu({m} + fake)", chosen=chosen):
        return f"real, fake = {real}, {fake}\nreturn sum({chosen} for cost in (real, fake))"

    value = "def play(real, fake):\n    return patch_loss(torch.tensor(real), torch.tensor(fake)).tolist()"
    gradient = """
        def play(real, fake):
            real, fake = (torch.tensor(s, requires_grad=True) for s in (real, fake))
            patch_loss(real, fake).backward()
            return [real.grad.tolist(), fake.grad.tolist()]
    """

    def maps(n, h, w):
        return numbers(rng, n, 1, h, w), numbers(rng, n, 1, h, w)

    sure = numbers(rng, 2, 1, 5, 6, low=m - 0.1, high=m + 3), numbers(rng, 2, 1, 5, 6, low=-m - 3, high=-m + 0.1)

    return Variant(
        name="ch04-patch-loss",
        title="Not all patches alike",
        text=tidy(rf"""
            A patch critic answers with a map of scores. A real patch with the score $s$ costs $\max(0, {m:g} - s)$, a
            patch of a fake costs $\max(0, {m:g} + s)$. {says}

            Write `patch_loss(real, fake)`, given the maps of real pictures and of fakes: the mean cost of the real
            patches that count, plus the mean cost of the fake ones that count. One number comes back.
        """),
        head='''
            def patch_loss(real, fake):
                """real, fake: maps of scores, (n, 1, h, w), h and w at least 5. Returns one number."""
        ''',
        solution=body(),
        call="patch_loss(real, fake)",
        form="loss_of(answer(torch.linspace(-1, 1, 60).view(2, 1, 6, 5), torch.zeros(2, 1, 6, 5)))",
        tests=(
            Test("its value", 3, value, [maps(1, 5, 5), maps(2, 6, 7), sure]),
            Test("its gradient", 2, gradient, [maps(2, 6, 5)]),
        ),
        others=(body(chosen=other), body(real=f"({m} - real).clamp(min=0)", fake=f"({m} + fake).clamp(min=0)")),
        wrong={name: body(chosen=one) for name, one in wrong.items()}
        | {
            "every patch counts": body(chosen="cost.mean()"),
            "real and fake exchanged": body(real=f"relu({m} + real)", fake=f"relu({m} - fake)"),
            "no hinge": body(real=f"({m} - real)", fake=f"({m} + fake)"),
            "another margin": body(real="relu(1 - real)", fake="relu(1 + fake)"),
        },
    )


def inner(rng):
    r = int(rng.integers(1, 3))
    rim = "the outermost rows and columns" if r == 1 else "the two outermost rows and columns on each side"
    return (
        f"Patches at the rim look into the padding, so {rim} of the map **do not count**.",
        f"cost[:, :, {r}:-{r}, {r}:-{r}].mean()",
        f"cost[..., {r} : cost.shape[2] - {r}, {r} : cost.shape[3] - {r}].flatten(1).mean(1).mean()",
        {
            "the rim alone counts": f"(cost.sum() - cost[:, :, {r}:-{r}, {r}:-{r}].sum()) / cost.numel()",
            "divided by the whole map": f"cost[:, :, {r}:-{r}, {r}:-{r}].sum() / cost.numel()",
            "rows only": f"cost[:, :, {r}:-{r}].mean()",
            "cut at one side only": f"cost[:, :, {r}:, {r}:].mean()",
        },
    )


def hardest(rng):
    k = int(rng.integers(2, 6))
    return (
        f"Easy patches teach little, so of each picture **only the {k} patches that cost most** count.",
        f"cost.flatten(1).topk({k}, dim=1).values.mean()",
        f"cost.flatten(1).sort(dim=1, descending=True).values[:, :{k}].mean()",
        {
            "the easiest ones": f"cost.flatten(1).topk({k}, dim=1, largest=False).values.mean()",
            "of the batch, not of each picture": f"cost.flatten().topk({k}).values.mean()",
            "one patch too many": f"cost.flatten(1).topk({k + 1}, dim=1).values.mean()",
            "a sum": f"cost.flatten(1).topk({k}, dim=1).values.sum(1).mean()",
        },
    )


def blind_spot(rng) -> Explain:
    field = one_of(rng, [16, 34, 70])
    fault = one_of(rng, ["a house with a red wing and a blue one", "a house with two front doors"])
    return Explain(
        name="ch04-explain-blind-spot",
        title="What a patch critic cannot see",
        text=tidy(f"""
            Pictures are 256 pixels wide, and each logit of a critic sees {field} × {field} of them. The generator draws
            {fault}, one at the left edge of the picture and one at the right edge; each looks perfect by itself. Can
            this critic object? What could be changed, and what does each change cost? Six sentences are enough.
        """),
        rubric=(
            (1, f"no logit sees both parts: they are more than {field} pixels apart"),
            (1, "the loss is a mean over logits that judge alone, so nothing compares two patches"),
            (
                1,
                "a change that helps: a larger field (more layers or strides), a second critic on a smaller "
                "picture, or L1",
            ),
            (1, "its price: more parameters and pixels per verdict, fewer logits a picture, weaker on fine texture"),
        ),
        samples=(
            Sample(
                4,
                f"No: each logit sees {field} pixels and the parts are farther apart, and the loss only averages "
                "logits, "
                "so nobody compares the two. One more strided layer about doubles the field, or a second critic could "
                "look at the picture at half its size. A larger critic has more parameters, fewer verdicts from each "
                "picture, and less of an eye for texture.",
                "all four",
            ),
            Sample(
                2, f"No, because it only sees {field} pixels. A bigger field would help.", "seen and mended; no price"
            ),
            Sample(0, "Yes, since the map of logits covers the whole picture.", "covering is not comparing"),
        ),
    )


TASKS = (two_logits, patch_loss)
QUESTIONS = (blind_spot,)
