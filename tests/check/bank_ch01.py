"""Right and wrong answers to the later exercises of chapter 01; see :mod:`tests.check.bank`."""

import torch
from torch.nn.functional import softplus
from torch.optim import SGD, Adam

from gancourse.check import LISTING
from tests.check.bank import right, wrong

# --- ex01_apart -------------------------------------------------------------------------------------------------------

for letter in ("b", " B ", "b)"):
    right("ex01_apart")(letter)

wrong("ex01_apart", "nearer is not seen", "a")
wrong("ex01_apart", "V does not rise either", "c")
wrong("ex01_apart", "where both are equal", "d")
wrong("ex01_apart", "none of the letters", "x")
wrong("ex01_apart", "none of the letters", "2 log 2")
wrong("ex01_apart", "given a float", 0.0)
wrong("ex01_apart", "given a list", ["b"])


# --- ex01_mend --------------------------------------------------------------------------------------------------------


def d_loss(D, x, fake):
    return softplus(-D(x)).mean() + softplus(D(fake)).mean()


def g_loss(D, fake):
    return softplus(-D(fake)).mean()


@right("ex01_mend", reference=True)
def hand_round(G, D, x, z):
    opt_G = SGD(G.parameters(), lr=0.1)
    opt_D = SGD(D.parameters(), lr=0.1)
    fake = G(z)
    opt_D.zero_grad()
    d_loss(D, x, fake.detach()).backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, fake).backward()
    opt_G.step()


@right("ex01_mend", reference=True)
def hand_round_cleared_at_the_end(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    d_loss(D, x, G(z).detach()).backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, G(z)).backward()
    opt_G.step()
    opt_D.zero_grad()


@right("ex01_mend")
def hand_round_by_inputs(G, D, x, z):
    fake = G(z)
    for player, loss in ((D, lambda: d_loss(D, x, fake.detach())), (G, lambda: g_loss(D, fake))):
        player.zero_grad()
        loss().backward(inputs=list(player.parameters()))
        SGD(player.parameters(), lr=0.1).step()


@right("ex01_mend")
def hand_round_that_keeps_the_graph(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z)
    opt_D.zero_grad()
    d_loss(D, x, fake).backward(retain_graph=True)
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, fake).backward()
    opt_G.step()


@wrong("ex01_mend", "missing detach")
def hand_round_as_it_stands(G, D, x, z):
    opt_G, opt_D = SGD(D.parameters(), lr=0.1), SGD(G.parameters(), lr=0.1)
    fake = G(z)
    d_loss(D, x, fake).backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, fake).backward()
    opt_G.step()


def hand(opt_G="G", opt_D="D", clear="GD", cut=True, swap=False, kind=SGD, steps="DG"):
    """A round by hand with something wrong in it."""

    def answer(G, D, x, z):
        own = {"G": list(G.parameters()), "D": list(D.parameters())}
        of_g, of_d = (kind([p for name in names for p in own[name]], lr=0.1) for names in (opt_G, opt_D))
        fake = G(z)
        if "D" in clear:
            of_d.zero_grad()
        still = fake.detach() if cut else fake
        (d_loss(D, still, x) if swap else d_loss(D, x, still)).backward(retain_graph=not cut)
        if "D" in steps:
            of_d.step()
        if "G" in clear:
            of_g.zero_grad()
        g_loss(D, fake).backward()
        if "G" in steps:
            of_g.step()

    return answer


wrong("ex01_mend", "opt_G holds D's weights", hand(opt_G="D"))
wrong("ex01_mend", "Faults left: 2.", hand(opt_G="D", opt_D="G", clear="G"))
wrong("ex01_mend", "opt_D holds G's weights", hand(opt_D="G"))
wrong("ex01_mend", "opt_G holds the weights of both", hand(opt_G="GD"))
wrong("ex01_mend", "opt_D holds the weights of both", hand(opt_D="GD", cut=False))
wrong("ex01_mend", "no opt_D.zero_grad()", hand(opt_D="GD", clear="G"))
wrong("ex01_mend", "no opt_D.zero_grad()", hand(clear="G"))
wrong("ex01_mend", "no opt_G.zero_grad()", hand(clear="D"))
wrong("ex01_mend", "real and fake are swapped", hand(swap=True))
wrong("ex01_mend", "it does something else now", hand(kind=Adam))
wrong("ex01_mend", "nobody has moved", hand(steps=""))
wrong("ex01_mend", "G never moves", hand(steps="D"))
wrong("ex01_mend", "D never moves", hand(steps="G"))
wrong("ex01_mend", "an optimizer holds no weights", hand(opt_D=""))


@wrong("ex01_mend", "between its forward and its backward")
def hand_round_with_both_losses_first(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z)
    for_d, for_g = d_loss(D, x, fake.detach()), g_loss(D, fake)
    opt_D.zero_grad()
    for_d.backward()
    opt_D.step()
    opt_G.zero_grad()
    for_g.backward()
    opt_G.step()


@wrong("ex01_mend", "stopped with an error")
def hand_round_cut_for_both(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z).detach()
    opt_D.zero_grad()
    d_loss(D, x, fake).backward()
    opt_D.step()
    for p in D.parameters():
        p.requires_grad_(False)
    g_loss(D, fake).backward()
    opt_G.step()


@wrong("ex01_mend", "zero_grad() stands between backward and step")
def hand_round_that_clears_too_late(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z)
    d_loss(D, x, fake.detach()).backward()
    opt_D.zero_grad()
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, fake).backward()
    opt_G.step()


@wrong("ex01_mend", "what D's loss left in G is not cleared before G's backward")
def hand_round_that_clears_both_first(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z)
    opt_D.zero_grad()
    opt_G.zero_grad()
    d_loss(D, x, fake).backward(retain_graph=True)
    opt_D.step()
    g_loss(D, fake).backward()
    opt_G.step()


@wrong("ex01_mend", "a detach too many")
def hand_round_with_a_cut_too_many(G, D, x, z):
    opt_G, opt_D = SGD(G.parameters(), lr=0.1), SGD(D.parameters(), lr=0.1)
    fake = G(z).detach()
    opt_D.zero_grad()
    d_loss(D, x, fake).backward()
    opt_D.step()
    opt_G.zero_grad()
    g_loss(D, fake).backward()
    opt_G.step()


# --- ex01_faults ------------------------------------------------------------------------------------------------------

for letters in ("aejlmn", "aijlmn", "A, E, I, J, K, L, M, N", list("aejlmn"), set("aijklmn")):
    right("ex01_faults")(letters)

wrong("ex01_faults", "a library is used that is not imported", "aejln")
wrong("ex01_faults", "a name is used that no line makes", "aejmn")
wrong("ex01_faults", "a method does not belong to its class", "aelmn")
wrong("ex01_faults", "different ranges", "ajlmn")
wrong("ex01_faults", "the sign of what should rise", "aejlm")
wrong("ex01_faults", "promises another network", "ejlmn")
wrong("ex01_faults", "Faults found: 2 of 6", "lm")
wrong("ex01_faults", "(o) can stay as it is", "aejlmno")
wrong("ex01_faults", "(b) can stay as it is", "b")
wrong("ex01_faults", "no line has the letter z", "aejlmz")
wrong("ex01_faults", "given an int", 6)
wrong("ex01_faults", "given a dict", LISTING)


# --- ex01_mix ---------------------------------------------------------------------------------------------------------

for knobs in ((0.5**0.5, 0.5**0.5), (0.71, 0.71), [0.7, 0.7], torch.tensor([0.707, 0.707])):
    right("ex01_mix")(knobs)

wrong("ex01_mix", "the middle of the straight line", (0.5, 0.5))
wrong("ex01_mix", "0.71 of the usual length", (0.5, 0.5))
wrong("ex01_mix", "too long", (1, 1))
wrong("ex01_mix", "too short", (0.6, 0.6))
wrong("ex01_mix", "nearer to one of the two", (0.6, 0.8))
wrong("ex01_mix", "nearer to one of the two", (1, 0))
wrong("ex01_mix", "a negative share", (-0.707, -0.707))
wrong("ex01_mix", "the check was given a float", 0.707)
wrong("ex01_mix", "1 number came, and 2 are asked for", (0.707,))
wrong("ex01_mix", "given a tensor of shape (2,)", (torch.ones(2), torch.ones(2)))
wrong("ex01_mix", "given a bool", (True, True))


# --- ex01_variety -----------------------------------------------------------------------------------------------------


@right("ex01_variety", reference=True)
def variety_by_cdist(pictures):
    flat = pictures.flatten(1)
    return torch.cdist(flat, flat).sum() / (len(flat) * (len(flat) - 1))


@right("ex01_variety", reference=True)
def variety_by_pairs(pictures):
    n = len(pictures)
    far = [(pictures[i] - pictures[j]).square().sum().sqrt() for i in range(n) for j in range(i)]
    return sum(far) / len(far)


right("ex01_variety")(lambda p: torch.nn.functional.pdist(p.flatten(1)).mean().item())
right("ex01_variety")(lambda p: torch.nn.functional.pdist(p.reshape(-1, 784)).mean())  # the side is in the task


@right("ex01_variety")
def variety_above_the_diagonal(pictures):
    flat = pictures.flatten(1)
    far = (flat[:, None] - flat).norm(dim=2)
    return far[torch.ones_like(far).triu(1) > 0].mean()


def variety(p, far=lambda p: torch.cdist(p.flatten(1), p.flatten(1)), put=lambda d: d.sum() / (len(d) * (len(d) - 1))):
    """The mean distance with something wrong in it."""
    return put(far(p))


def without_root(p):
    return (p.flatten(1)[:, None] - p.flatten(1)).square().sum(2)


wrong("ex01_variety", "also compared with itself", lambda p: variety(p, put=torch.mean))
wrong("ex01_variety", "a sum instead of a mean", lambda p: variety(p, put=torch.sum))
wrong("ex01_variety", "half of it", lambda p: variety(p, put=lambda d: d.triu().sum() / (len(d) * (len(d) - 1))))
wrong("ex01_variety", "twice too much", lambda p: variety(p, put=lambda d: 2 * d.sum() / (len(d) * (len(d) - 1))))
wrong("ex01_variety", "the root is missing", lambda p: variety(p, without_root))
wrong("ex01_variety", "the mean of all", lambda p: (p - p.mean(0)).flatten(1).norm(dim=1).mean())
wrong("ex01_variety", "with the next one only", lambda p: (p[1:] - p[:-1]).flatten(1).norm(dim=1).mean())
wrong(
    "ex01_variety",
    "of two heaps of copies",
    lambda p: variety(p, put=lambda d: (d + 1e9 * torch.eye(len(d))).min(1)[0].mean()),
)
wrong("ex01_variety", "the furthest other alone", lambda p: variety(p, put=lambda d: d.amax(1).mean()))
wrong("ex01_variety", "the standard deviation of each pixel", lambda p: p.std(0).mean())
wrong("ex01_variety", "the spread over all numbers", torch.std)
wrong("ex01_variety", "the spread inside each picture", lambda p: p.flatten(1).std(1).mean())
wrong("ex01_variety", "row against row", lambda p: torch.cdist(p, p).mean())
wrong(
    "ex01_variety",
    "the Euclidean distance is asked for",
    lambda p: variety(p, lambda p: torch.cdist(*2 * [p.flatten(1)], p=1)),
)
wrong("ex01_variety", "by the number of pixels", lambda p: variety_by_cdist(p) / p[0].numel())
wrong("ex01_variety", "the root of the number of pixels", lambda p: variety_by_cdist(p) / p[0].numel() ** 0.5)
wrong("ex01_variety", "are left out", lambda p: variety(p, put=lambda d: d[d > 0].mean()))
wrong("ex01_variety", "the absolute differences of all pixels", lambda p: (p[:, None] - p).abs().mean())
wrong("ex01_variety", "missing mean", lambda p: variety(p, put=lambda d: d.sum(1) / (len(d) - 1)))
wrong("ex01_variety", "infinity", lambda p: variety(p, put=lambda d: d.sum() / (d - d).sum()))
wrong("ex01_variety", "the numbers differ", lambda p: variety_by_cdist(p) + 1)
wrong("ex01_variety", "wrong type: a list", lambda p: [variety_by_cdist(p)])
