"""The bookkeeper of `check.order` agrees with torch: Right exactly when the lines, really played, end alike."""

import json
import random
from itertools import permutations
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss, leaky_relu, max_pool2d, softplus

from gancourse import check
from gancourse.check import ch00, ch01, ch02, ch03, ch04, ch05, ch06
from gancourse.losses import d_least_squares, d_logistic, g_least_squares, g_nonsaturating

PUZZLES = {
    "ex00_order": ch00.BY_HAND,
    "ex01_order": ch01.ROUND,
    "ex02_order": ch02.WISHES,
    "ex03_order": ch03.PATH,
    "ex04_order": ch04.PATCHES,
    "ex05_order": ch05.PAIRS,
    "ex06_order": ch06.TIED,
}
CODE = {
    name: {letter: compile(line.text, letter, "exec") for letter, line in puzzle.lines.items()}
    for name, puzzle in PUZZLES.items()
}


def perceptron(a, b):
    return nn.Sequential(nn.Linear(a, 3), nn.Tanh(), nn.Linear(3, b))


def convolutional(a, b):
    return nn.Sequential(nn.Conv2d(a, 2, 1), nn.Tanh(), nn.Conv2d(2, b, 1))


def minimize_of(players, space):
    """`minimize` for these players, by plain gradient descent."""

    def minimize(loss, *given):
        weights = [p for player in given for p in player.parameters()]
        optimizer = torch.optim.SGD(weights, lr=0.1)
        optimizer.zero_grad()
        loss.backward(inputs=weights, retain_graph=True)
        optimizer.step()

    return space | players | {"minimize": minimize}


def by_hand():
    def step(weight):
        with torch.no_grad():
            weight -= 0.1 * weight.grad

    w, v = (torch.tensor(number, requires_grad=True) for number in (0.7, -0.4))
    return {"w": w, "v": v, "x": torch.tensor(1.3), "z": torch.tensor(0.6), "step": step, "softplus": softplus}, [w, v]


def of_gan():
    G, D = perceptron(100, 2), perceptron(2, 1)
    space = {"G": G, "D": D, "torch": torch, "batches": iter(torch.linspace(-1, 2, 256).view(2, 64, 2))}
    space["opt_G"], space["opt_D"] = (torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D))
    space["d_loss"] = lambda D, x, fake: softplus(-D(x)).mean() + softplus(D(fake)).mean()
    space["g_loss"] = lambda D, fake: softplus(-D(fake)).mean()
    return space, [*G.parameters(), *D.parameters()]


class Told(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.net = perceptron(a + 1, b)

    def forward(self, x, y):
        return self.net(torch.cat([x, y[:, None].cos()], 1))


def of_cgan():
    G, D = Told(64, 2), Told(2, 1)
    pictures, labels = torch.linspace(-1, 2, 32).view(2, 8, 2), torch.arange(16).view(2, 8)
    space = {"torch": torch, "batches": iter(zip(pictures, labels, strict=True))}
    space["d_loss"] = lambda D, x, fake, y: softplus(-D(x, y)).mean() + softplus(D(fake, y)).mean()
    space["g_loss"] = lambda D, fake, y: softplus(-D(fake, y)).mean()
    return minimize_of({"G": G, "D": D}, space), [*G.parameters(), *D.parameters()]


def of_unet():
    sizes = {"look_1": (1, 8), "look_2": (8, 16), "bottom": (16, 32), "back_2": (32, 16), "back_1": (16, 8)}
    boxes = {name: nn.Conv2d(*size, 3, padding=1) for name, size in (sizes | {"out": (8, 2)}).items()}
    boxes |= {f"double_{i}": nn.ConvTranspose2d(2 * 8 * i, 8 * i, 2, stride=2) for i in (1, 2)}
    return boxes | {"torch": torch, "x": torch.randn(1, 1, 16, 16), "halve": lambda x: max_pool2d(x, 2)}, ["x"]


def of_patches():
    forger, first, last = nn.Conv2d(3, 3, 1), nn.Conv2d(6, 32, 4, 2, 1), nn.Conv2d(32, 1, 4, 2, 1)
    x, z = torch.randn(2, 2, 3, 8, 8)
    space = {"torch": torch, "softplus": softplus, "leaky_relu": leaky_relu, "x": x, "t": forger(z)}
    return space | {"first": first, "last": last}, ["t", forger.weight, first.weight, last.weight]


def of_pairs():
    G, D = convolutional(1, 1), convolutional(2, 1)
    space = {"torch": torch, "batches": iter(torch.randn(2, 2, 3, 1, 2, 2)), "l1_loss": l1_loss}
    space |= {"d_logistic": d_logistic, "g_nonsaturating": g_nonsaturating}
    return minimize_of({"G": G, "D": D}, space), [*G.parameters(), *D.parameters()]


class Pool:
    """Hands on a mixture of what comes and what came before."""

    def __init__(self):
        self.before = 0.5

    def __call__(self, p):
        now, self.before = (p.detach() + self.before) / 2, p.detach()
        return now


def of_cyclegan():
    players = {name: convolutional(1, 1) for name in ("G", "F", "D_X", "D_Y")}
    space = {"batches": iter(torch.randn(2, 2, 3, 1, 2, 2)), "l1_loss": l1_loss, "pool_x": Pool(), "pool_y": Pool()}
    space |= {"d_least_squares": d_least_squares, "g_least_squares": g_least_squares}
    return minimize_of(players, space), [p for net in players.values() for p in net.parameters()]


WORLDS = dict(zip(PUZZLES, (by_hand, of_gan, of_cgan, of_unet, of_patches, of_pairs, of_cyclegan), strict=True))


def play(exercise, order):
    """What counts in the end, or None if torch or Python stops."""
    torch.manual_seed(0)
    space, results = WORLDS[exercise]()
    try:
        for round in range(PUZZLES[exercise].rounds):
            for letter in order:
                torch.manual_seed(100 * round + ord(letter))  # what a line draws does not depend on its place
                exec(CODE[exercise][letter], space)
        found = [space[one] if isinstance(one, str) else one for one in results]
        if exercise == "ex04_order":  # the loss, and what each player learns from it
            found[1:] = torch.autograd.grad(found[0].sum(), found[1:], materialize_grads=True, allow_unused=True)
    except (NameError, RuntimeError, TypeError):
        return None
    return [one.detach().clone() for one in found]


def alike(mine, true):
    pairs = zip(mine or [], true, strict=True) if mine else []
    return mine is not None and all(a.shape == b.shape and torch.allclose(a, b, atol=1e-7) for a, b in pairs)


def near_the_solution(right, n):
    """Orders that differ from the solution by a few moves of one line."""
    pick = random.Random(0)
    for _ in range(n):
        order = list(right)
        for _ in range(pick.randint(1, 4)):
            order.insert(pick.randrange(len(right)), order.pop(pick.randrange(len(right))))
        yield "".join(order)


@pytest.mark.parametrize("exercise", PUZZLES)
def test_the_verdict_is_that_of_a_real_play(capsys, exercise):
    right = PUZZLES[exercise].right
    true = play(exercise, right)
    found = {True: 0, False: 0}
    for order in near_the_solution(right, 250):
        good = alike(play(exercise, order), true)
        assert getattr(check, exercise)(order) is good, (order, capsys.readouterr().out[-500:])
        found[good] += 1
    assert found[False] > 20 and found[True] > (0 if exercise == "ex03_order" else 5), found


@pytest.mark.parametrize("exercise", PUZZLES)
def test_every_wrong_order_has_a_name(capsys, exercise):
    puzzle = PUZZLES[exercise]
    orders = ("".join(o) for o in permutations(puzzle.right)) if len(puzzle.right) < 8 else []
    for order in (*orders, *near_the_solution(puzzle.right, 500)):
        getattr(check, exercise)(order)
    assert "does something else" not in capsys.readouterr().out


@pytest.mark.parametrize("exercise", PUZZLES)
def test_an_order_with_gaps_is_open(capsys, exercise):
    for answer in (..., "", [], ["a", ...]):
        getattr(check, exercise)(answer)
        assert capsys.readouterr().out.startswith("Still open: ")


@pytest.mark.parametrize("exercise", PUZZLES)
def test_the_lines_themselves_are_as_good_as_their_letters(exercise):
    puzzle = PUZZLES[exercise]
    assert getattr(check, exercise)([puzzle.lines[letter].text for letter in puzzle.right]) is True


@pytest.mark.parametrize("exercise", [name for name in PUZZLES if name != "ex01_order"])
def test_the_notebook_shows_the_lines_of_the_library(exercise):
    (path,) = (Path(__file__).parents[2] / "notebooks").glob(f"{exercise[2:4]}_*.ipynb")
    texts = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    (text,) = [text for text in texts if f":label: ex-{exercise[2:4]}-order" in text]
    shown = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    assert shown == [f"{letter}  {line.text}" for letter, line in PUZZLES[exercise].lines.items()]
