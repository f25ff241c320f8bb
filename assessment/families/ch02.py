"""Chapter 02: other ways to say what is wanted."""

import math

from assessment.variant import Explain, Sample, Test, Variant, numbers, one_of, tidy

TITLE = "cGAN"


def tell(rng) -> Variant:
    """A label in another code than one-hot."""
    classes = int(rng.integers(4, 8))
    says, code, other, wrong, width = one_of(rng, [thermometer, circle, softened])(rng, classes)
    before = bool(rng.integers(2))
    join = "torch.cat([code, z], dim=1)" if before else "torch.cat([z, code], dim=1)"
    swapped = "torch.cat([z, code], dim=1)" if before else "torch.cat([code, z], dim=1)"
    play = "def play(z, y):\n    return tell(torch.tensor(z), torch.tensor(y)).tolist()"

    def batch(n, d):
        return numbers(rng, n, d), rng.integers(0, classes, n).tolist()

    return Variant(
        name="ch02-tell",
        title="A label in another code",
        text=tidy(rf"""
            There are {classes} classes, $y = 0, \dots, {classes - 1}$. {says}

            Write `tell(z, y)`: the noise `z` and the code of `y`, joined, **the code {"before" if before else "behind"}
            the noise**. `z` is (n, d), `y` holds n labels, and (n, d + {width}) comes back.
        """),
        head='''
            def tell(z, y):
                """z: (n, d) floats, y: (n,) integers. Returns noise and code of each sample, joined."""
        ''',
        solution=f"{code}\nreturn {join}",
        call="tell(z, y)",
        form=f"finite(tensor_of(answer(torch.zeros(2, 3), torch.tensor([0, {classes - 1}])), "
        f'(2, {3 + width}), "the code of each sample has {width} numbers"), "neither noise nor code has a NaN")',
        tests=(
            Test("noise and code of many samples", 3, play, [batch(6, 2), batch(9, 1)]),
            Test("every class, one by one", 1, play, [([[0.5, -0.5]], [y]) for y in range(classes)]),
        ),
        others=(f"{other}\nreturn {join}",),
        wrong={name: f"{body}\nreturn {join}" for name, body in wrong.items()}
        | {
            "noise and code are swapped": f"{code}\nreturn {swapped}",
            "one-hot, as in the chapter": f"code = one_hot(y, {classes}).float()\nreturn {join}",
            "the code alone": f"{code}\nreturn code",
        },
    )


def thermometer(rng, classes):
    says = (
        f"They have an order (ages, sizes), so the code is a thermometer: {classes - 1} numbers, of which the "
        "first $y$ "
        "are 1 and the others 0."
    )
    return (
        says,
        f"code = (torch.arange({classes - 1}) < y[:, None]).float()",
        f"rows = [[1.0] * int(k) + [0.0] * ({classes - 1} - int(k)) for k in y]\ncode = torch.tensor(rows)",
        {
            "one too many": f"code = (torch.arange({classes - 1}) <= y[:, None]).float()",
            "upside down": f"code = (torch.arange({classes - 1}) >= y[:, None]).float()",
        },
        classes - 1,
    )


def circle(rng, classes):
    r = one_of(rng, [0.5, 1.5, 2, 3])
    angle = f"{math.tau / classes!r} * y"
    says = (
        f"They go round (hours, months), so the code is a point on a circle: {r} times the cosine and {r} times "
        "the sine "
        rf"(in this order) of the angle $2 \pi y / {classes}$."
    )
    return (
        says,
        f"angle = {angle}\ncode = {r} * torch.stack([angle.cos(), angle.sin()], dim=1)",
        f"points = [({r} * math.cos({math.tau / classes!r} * int(k)), {r} * math.sin({math.tau / classes!r} * int(k)))"
        " for k in y]\ncode = torch.tensor(points)",
        {
            "sine first": f"angle = {angle}\ncode = {r} * torch.stack([angle.sin(), angle.cos()], dim=1)",
            "the radius is missing": f"angle = {angle}\ncode = torch.stack([angle.cos(), angle.sin()], dim=1)",
            "the last class meets the first": f"angle = {math.tau / (classes - 1)!r} * y\n"
            f"code = {r} * torch.stack([angle.cos(), angle.sin()], dim=1)",
        },
        2,
    )


def softened(rng, classes):
    e = one_of(rng, [0.1, 0.2, 0.3])
    rest = f"{e} / {classes - 1}"
    says = (
        f"Some labels are wrong, so the code is a softened one-hot: {1 - e:g} at the label's place, and the "
        f"remaining {e} "
        f"shared equally by the {classes - 1} others."
    )
    return (
        says,
        f"hot = one_hot(y, {classes}).float()\ncode = (1 - {e}) * hot + {rest} * (1 - hot)",
        f"code = torch.full((len(y), {classes}), {rest})\ncode[torch.arange(len(y)), y] = 1 - {e}",
        {
            "shared by all classes": f"hot = one_hot(y, {classes}).float()\ncode = (1 - {e}) * hot + {e} / {classes}",
            "not shared": f"hot = one_hot(y, {classes}).float()\ncode = (1 - {e}) * hot + {e} * (1 - hot)",
            "nothing for the others": f"code = (1 - {e}) * one_hot(y, {classes}).float()",
        },
        classes,
    )


def projection(rng) -> Variant:
    """A critic that compares features with the label, in place of concatenating."""
    c = one_of(rng, [0.5, 1.5, 2, 3])
    cosine = bool(rng.integers(2))
    wish = "E[y] / E[y].norm(dim=1, keepdim=True)" if cosine else "E[y]"
    formula = r"\frac{e_y}{\lVert e_y \rVert}" if cosine else "e_y"
    value = "def play(h, y, w, E):\n    return logit(*map(torch.tensor, (h, y, w, E))).tolist()"
    gradient = """
        def play(h, y, w, E):
            h, w, E = (torch.tensor(one, requires_grad=True) for one in (h, w, E))
            logit(h, torch.tensor(y), w, E).square().sum().backward()
            return [h.grad.tolist(), w.grad.tolist(), E.grad.tolist()]
    """

    def case(n, d, classes):
        y = rng.integers(0, classes, n).tolist()
        return numbers(rng, n, d), y, numbers(rng, d), numbers(rng, classes, d, low=0.2, high=2)

    return Variant(
        name="ch02-projection",
        title="A critic that compares",
        text=tidy(rf"""
            A critic need not concatenate the label. It may compare what it has seen with a vector for each class
            (Miyato and Koyama 2018, arXiv:1802.05637, in another form). Let $h$ be the features of a picture, $w$ a
            vector of weights, and $e_y$ row $y$ of the table $E$. The logit is

            $$s(h, y) = w \cdot h + {c}\; {formula} \cdot h$$

            Write `logit(h, y, w, E)` for a batch: one logit for each sample. {NORM if cosine else ""}
        """),
        head='''
            def logit(h, y, w, E):
                """h: (n, d), y: (n,) integers, w: (d,), E: (classes, d). Returns (n,)."""
        ''',
        solution=f"wish = {wish}\nreturn h @ w + {c} * (wish * h).sum(1)",
        call="logit(h, y, w, E)",
        form="finite(tensor_of(answer(torch.ones(2, 3), torch.tensor([0, 3]), torch.ones(3), "
        'torch.ones(4, 3)), (2,), "sum over the features: one logit for each sample"), "a division by 0?")',
        tests=(
            Test("the logits", 3, value, [case(3, 2, 4), case(5, 4, 3)]),
            Test("what h, w and E learn from them", 1, gradient, [case(3, 2, 4)]),
        ),
        others=(
            "wish = one_hot(y, len(E)).float() @ E\n"
            + ("wish = nn.functional.normalize(wish, dim=1)\n" if cosine else "")
            + f"return torch.einsum('nd,nd->n', h, w + {c} * wish)",
        ),
        wrong={
            "the factor is missing": f"wish = {wish}\nreturn h @ w + (wish * h).sum(1)",
            "the label is not used": f"wish = {wish.replace('[y]', '[0 * y]')}\nreturn h @ w + {c} * (wish * h).sum(1)",
            "a mean in place of the dot product": f"wish = {wish}\nreturn h @ w + {c} * (wish * h).mean(1)",
            "the other norm": "wish = E[y]\n"
            + ("" if cosine else "wish = wish / wish.norm(dim=1, keepdim=True)\n")
            + f"return h @ w + {c} * (wish * h).sum(1)",
            "one label for all": f"wish = {wish.replace('[y]', '[y[:1]]')}\nreturn h @ w + {c} * (wish * h).sum(1)",
            "the first term is missing": f"wish = {wish}\nreturn {c} * (wish * h).sum(1)",
        },
    )


NORM = r"($\lVert e \rVert$ is the length of a vector, `e.norm()`.)"


def ignored(rng) -> Explain:
    digit = one_of(rng, [0, 1, 2, 3, 4, 6, 7, 9])
    blind = one_of(rng, ["the critic is not shown the label", "the critic is shown a label drawn by lot"])
    return Explain(
        name="ch02-explain-ignored",
        title="A wish that is not heard",
        text=tidy(f"""
            In someone's cGAN the generator is given the label, but {blind}. It draws fine digits; asked for a {digit}
            it draws any. Explain why nothing in this game makes the generator listen, and what has to be changed. Six
            sentences are enough.
        """),
        rubric=(
            (1, "G learns only what the critic's answer tells it"),
            (1, f"this critic answers a good 5 under the label {digit} as it answers a {digit}"),
            (1, "so the loss does not fall by listening: ignoring the label costs nothing"),
            (1, "mend: D judges pairs, (x, y) with its true label and (G(z, y), y) with the one asked for"),
        ),
        samples=(
            Sample(
                4,
                f"G only learns from D's answer. Here {blind}, so a good 5 scores as well as a {digit} when a "
                f"{digit} was "
                "wanted, and the loss is the same whether G listens or not. D must judge the picture together with "
                "its label: real pictures with their own, fakes with the one that G was asked for.",
                "all four",
            ),
            Sample(
                2,
                "D does not know which digit was wanted, so G is not punished for a wrong one.",
                "the reason, in short; no word on how the gradient carries it, no mend",
            ),
            Sample(0, "G needs more training until it learns the labels.", "more of a game that does not ask for it"),
        ),
    )


TASKS = (tell, projection)
QUESTIONS = (ignored,)
