"""The bookkeeper of `ex01_order` agrees with torch: Right exactly when two real rounds end as they should."""

import random

import torch
from torch import nn
from torch.nn.functional import softplus

from gancourse.check import STEPS, ex01_order

SOLUTION = "fbidcgejha"
LINES = {letter: compile(line, letter, "exec") for letter, line in STEPS.items()}


def networks():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(100, 3), nn.Tanh(), nn.Linear(3, 2))
    return G, nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


def play(order: str) -> list[torch.Tensor] | None:
    """The weights after two real rounds, or None if torch or Python stops."""
    G, D = networks()
    space = {"G": G, "D": D, "torch": torch, "batches": iter(torch.linspace(-1, 2, 256).view(2, 64, 2))}
    space["opt_G"], space["opt_D"] = (torch.optim.SGD(net.parameters(), lr=0.1) for net in (G, D))
    space["d_loss"] = lambda D, x, fake: softplus(-D(x)).mean() + softplus(D(fake)).mean()
    space["g_loss"] = lambda D, fake: softplus(-D(fake)).mean()
    torch.manual_seed(1)
    try:
        for letter in 2 * order:
            exec(LINES[letter], space)
    except (NameError, RuntimeError):
        return None
    return [p.detach().clone() for p in (*G.parameters(), *D.parameters())]


def near_the_solution(n: int):
    """Orders that differ from the solution by a few moves of one line."""
    pick = random.Random(0)
    for _ in range(n):
        order = list(SOLUTION)
        for _ in range(pick.randint(1, 4)):
            order.insert(pick.randrange(10), order.pop(pick.randrange(10)))
        yield "".join(order)


def test_the_verdict_is_that_of_two_real_rounds(capsys):
    true = play(SOLUTION)
    found = {True: 0, False: 0}
    for order in near_the_solution(300):
        weights = play(order)
        good = weights is not None and all(torch.equal(a, b) for a, b in zip(weights, true, strict=True))
        assert ex01_order(order) is good, (order, capsys.readouterr().out[-500:])
        found[good] += 1
    assert min(found.values()) > 20, found
