"""Right and wrong answers to the exercises of chapter 06; see :mod:`tests.check.bank`."""

import random

import numpy as np
import torch
from torch import nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    l1_loss,
    mse_loss,
    pairwise_distance,
    smooth_l1_loss,
    softplus,
)

from gancourse.games.cyclegan import CycleGAN
from gancourse.losses import d_least_squares
from tests.check.bank import right, wrong

# --- ex06_cycle -------------------------------------------------------------------------------------------------------


@right("ex06_cycle", reference=True)
def cycle_by_hand(G, F, x, y):
    return (F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean()


@right("ex06_cycle", reference=True)
def cycle_by_l1_loss(G, F, x, y):
    fake_y, fake_x = G(x), F(y)
    home_x, home_y = F(fake_y), G(fake_x)
    return l1_loss(home_x, x) + l1_loss(home_y, y)


@right("ex06_cycle")
def cycle_with_each_player_asked_twice_in_one_go(G, F, x, y):
    """G draws from x and from F's fakes at once, so the fakes are taken out of a batch of four."""
    fake_x = F(y)
    fake_y, home_y = G(torch.cat([x, fake_x])).split([len(x), len(y)])
    return torch.mean(abs(F(fake_y) - x)) + torch.mean(abs(home_y - y))


@right("ex06_cycle")
def cycle_picture_by_picture(G, F, x, y):
    of_x = [nn.L1Loss()(F(G(p[None])), p[None]) for p in x]
    of_y = [nn.L1Loss()(G(F(p[None])), p[None]) for p in y]
    return sum(of_x) / len(x) + sum(of_y) / len(y)


@right("ex06_cycle")
def cycle_through_a_norm(G, F, x, y):
    ways = ((F(G(x)), x.detach()), (G(F(y)), y.detach()))
    return sum(torch.linalg.vector_norm(a - b, ord=1) / b.numel() for a, b in ways).reshape(1)


def game(G, F):
    return CycleGAN(G, F, nn.Identity(), nn.Identity())


right("ex06_cycle")(lambda G, F, x, y: game(G, F).forward_cycle(x, G(x)) + game(G, F).backward_cycle(y, F(y)))


def ways(first=lambda G, F, x, y: (F(G(x)), x), second=lambda G, F, x, y: (G(F(y)), y), far=l1_loss, put=torch.add):
    """A loss of two ways with something wrong in it."""
    return lambda G, F, x, y: put(far(*first(G, F, x, y)), far(*second(G, F, x, y)))


wrong("ex06_cycle", "the way of y is missing: F", lambda G, F, x, y: l1_loss(F(G(x)), x))
wrong("ex06_cycle", "the way of x is missing: G", lambda G, F, x, y: l1_loss(G(F(y)), y))
wrong("ex06_cycle", "are swapped: G(F(x))", lambda G, F, x, y: cycle_by_hand(F, G, x, y))
wrong("ex06_cycle", "are swapped: G(F(x))", lambda G, F, x, y: l1_loss(G(F(x)), x) + l1_loss(F(G(y)), y))
wrong("ex06_cycle", "swapped in the second way", ways(second=lambda G, F, x, y: (F(G(y)), y)))
wrong("ex06_cycle", "swapped in the first way", ways(first=lambda G, F, x, y: (G(F(x)), x)))
wrong("ex06_cycle", "both ways begin with x", ways(second=lambda G, F, x, y: (G(F(x)), x)))
wrong("ex06_cycle", "is taken twice", ways(second=lambda G, F, x, y: (F(G(x)), x)))
wrong(
    "ex06_cycle",
    "compared with the other domain",
    ways(lambda G, F, x, y: (F(G(x)), y), lambda G, F, x, y: (G(F(y)), x)),
)
wrong("ex06_cycle", "as if they were a pair", ways(lambda G, F, x, y: (G(x), y), lambda G, F, x, y: (F(y), x)))
wrong("ex06_cycle", "best to change nothing", ways(lambda G, F, x, y: (G(x), x), lambda G, F, x, y: (F(y), y)))
wrong("ex06_cycle", "this is the identity loss", ways(lambda G, F, x, y: (G(y), y), lambda G, F, x, y: (F(x), x)))
wrong("ex06_cycle", "the same player twice", ways(lambda G, F, x, y: (G(G(x)), x), lambda G, F, x, y: (F(F(y)), y)))
wrong("ex06_cycle", "half of the loss", lambda *a: cycle_by_hand(*a) / 2)
wrong("ex06_cycle", "the terms are subtracted", ways(put=torch.sub))
wrong("ex06_cycle", "the terms are subtracted", ways(put=lambda a, b: b - a))
wrong("ex06_cycle", "the terms are multiplied", ways(put=torch.mul))
wrong("ex06_cycle", "a minus too many", lambda *a: -cycle_by_hand(*a))
wrong("ex06_cycle", "a weight is in it", lambda *a: 10 * cycle_by_hand(*a))
wrong("ex06_cycle", "a weight is in it", lambda *a: 5 * cycle_by_hand(*a))
wrong("ex06_cycle", "squared errors", ways(far=mse_loss))
wrong("ex06_cycle", "root of the squared errors", ways(far=lambda a, b: mse_loss(a, b).sqrt()))
wrong("ex06_cycle", "a sum instead of a mean", ways(far=lambda a, b: l1_loss(a, b, reduction="sum")))
wrong(
    "ex06_cycle",
    "over the pixels of a picture",
    ways(far=lambda a, b: pairwise_distance(a.flatten(1), b.flatten(1), 1, 0).mean()),
)
wrong("ex06_cycle", "smooth L1", ways(far=smooth_l1_loss))
wrong("ex06_cycle", "no absolute value", ways(far=lambda a, b: (a - b).mean()))
wrong("ex06_cycle", "no absolute value", ways(far=lambda a, b: (b - a).mean()))
wrong("ex06_cycle", "or one behind the mean", ways(far=lambda a, b: abs(a.mean() - b.mean())))
wrong(
    "ex06_cycle",
    "one mean over x and y together",
    lambda G, F, x, y: 2 * l1_loss(torch.cat([F(G(x)), G(F(y))]), torch.cat([x, y])),
)
wrong("ex06_cycle", "3 of x and 2 of y", lambda G, F, x, y: ((F(G(x)) - x).abs() + (G(F(y)) - y).abs()).mean())
wrong(
    "ex06_cycle",
    "the fakes are detached",
    lambda G, F, x, y: l1_loss(F(G(x).detach()), x) + l1_loss(G(F(y).detach()), y),
)
wrong("ex06_cycle", "G(x) is detached", ways(first=lambda G, F, x, y: (F(G(x).detach()), x)))
wrong("ex06_cycle", "F(y) is detached", ways(second=lambda G, F, x, y: (G(F(y).detach()), y)))
wrong("ex06_cycle", "no gradient flows", lambda *a: cycle_by_hand(*a).detach())
wrong("ex06_cycle", "the gradient with respect to", ways(second=lambda G, F, x, y: (G(F(y)).detach(), y)))
wrong("ex06_cycle", "a plain number", lambda *a: cycle_by_hand(*a).item())
wrong("ex06_cycle", "missing mean", ways(far=lambda a, b: (a - b).abs().mean((1, 2, 3))[:2]))
wrong("ex06_cycle", "not torch.nn.functional", lambda G, F, x, y: F.l1_loss(F(G(x)), x) + F.l1_loss(G(F(y)), y))
wrong("ex06_cycle", "F was given 2 arguments", lambda G, F, x, y: l1_loss(F(G(x), x), x))
wrong("ex06_cycle", "joined as channels", lambda G, F, x, y: l1_loss(F(torch.cat([x, G(x)], 1)), x))
wrong("ex06_cycle", "G was given a tensor of shape (1, 2, 3)", lambda G, F, x, y: F(G(x[0])).mean())
wrong("ex06_cycle", "the numbers differ", lambda *a: cycle_by_hand(*a) + 1)
wrong("ex06_cycle", "takes (G, F, x)", lambda G, F, x: l1_loss(F(G(x)), x))


@wrong("ex06_cycle", "the fakes are detached")
def cycle_with_fakes_drawn_under_no_grad(G, F, x, y):
    with torch.no_grad():
        fake_x, fake_y = F(y), G(x)
    return l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y)


# --- ex06_d_loss ------------------------------------------------------------------------------------------------------


@right("ex06_d_loss", reference=True)
def critic_by_hand(D, y, fake):
    real, fooled = D(y), D(fake.detach())
    return ((real - 1) ** 2).mean() / 2 + (fooled**2).mean() / 2


@right("ex06_d_loss", reference=True)
def critic_by_mse(D, y, fake):
    real, fooled = D(y), D(fake.detach())
    return 0.5 * (mse_loss(real, torch.ones_like(real)) + mse_loss(fooled, torch.zeros_like(fooled)))


@right("ex06_d_loss")
def critic_of_one_batch(D, y, fake):
    """The mean over both halves of one batch is half of the sum of their means."""
    with torch.no_grad():
        shown = torch.cat([y, fake])
    target = torch.cat([torch.ones(len(y)), torch.zeros(len(fake))]).view(-1, 1, 1, 1)
    return (D(shown) - target).square().mean()


class Sure(nn.Module):
    """A critic who calls everything real, which costs 0.5."""

    def forward(self, p):
        return torch.ones(len(p))


right("ex06_d_loss")(lambda D, y, fake: 0.5 * d_least_squares(D(y), D(fake.data)))
right("ex06_d_loss")(lambda D, y, fake: ((1 - D(y)) ** 2 + D(fake.clone().detach()) ** 2).mean().reshape(1) / 2)
right("ex06_d_loss")(
    lambda D, y, fake: CycleGAN(nn.Identity(), nn.Identity(), Sure(), D).d_loss(y, y, y, fake.detach()) - 0.5
)


def critic(real=lambda r: (r - 1).square().mean(), fooled=lambda f: f.square().mean(), see=lambda m: m, put=torch.add):
    """The critic's loss, not yet halved, with something wrong in it."""
    return lambda D, y, fake: put(real(see(D(y))), fooled(see(D(fake.detach()))))


def half(loss):
    return lambda D, y, fake: loss(D, y, fake) / 2


wrong("ex06_d_loss", "not halved", critic())
wrong("ex06_d_loss", "halved twice", half(half(critic())))
wrong("ex06_d_loss", "one term is halved", critic(real=lambda r: (r - 1).square().mean() / 2))
wrong("ex06_d_loss", "one term is halved", critic(fooled=lambda f: f.square().mean() / 2))
for whole, fragment in (
    (critic(real=lambda r: r.square().mean(), fooled=lambda f: (f - 1).square().mean()), "the targets are exchanged"),
    (critic(fooled=lambda f: (f - 1).square().mean()), "both targets are 1"),
    (critic(real=lambda r: r.square().mean()), "both targets are 0"),
    (critic(fooled=lambda f: (f + 1).square().mean()), "the target -1"),
    (critic(real=lambda r: softplus(-r).mean(), fooled=lambda f: softplus(f).mean()), "the cross-entropy"),
    (critic(see=torch.sigmoid), "a sigmoid before the squares"),
    (critic(real=lambda r: (r - 1).mean(), fooled=lambda f: f.mean()), "no squares"),
    (critic(real=lambda r: (r - 1).abs().mean(), fooled=lambda f: f.abs().mean()), "absolute errors"),
    (
        critic(real=lambda r: (r - 1).square().mean().sqrt(), fooled=lambda f: f.square().mean().sqrt()),
        "the root of the squared errors",
    ),
    (critic(fooled=lambda f: 0 * f.sum()), "the fakes are missing"),
    (critic(real=lambda r: 0 * r.sum()), "the real pictures are missing"),
    (lambda D, y, fake: (D(fake) - 1).square().mean(), "this is the forger's loss"),
    (lambda D, y, fake: d_least_squares(D(fake.detach()), D(fake.detach())), "the fakes are used twice"),
    (lambda D, y, fake: d_least_squares(D(y), D(y)), "the real pictures are used twice"),
    (critic(put=torch.sub), "the two terms are subtracted"),
    (lambda D, y, fake: -critic()(D, y, fake), "a minus too many"),
    (critic(real=lambda r: (r - 1).square().sum(), fooled=lambda f: f.square().sum()), "a sum instead of a mean"),
    (
        critic(
            real=lambda r: (r - 1).square().sum((1, 2, 3)).mean(), fooled=lambda f: f.square().sum((1, 2, 3)).mean()
        ),
        "summed over the patches",
    ),
    (critic(see=lambda m: m.mean((1, 2, 3))), "averaged before the square"),
    (critic(see=torch.mean), "the square of the mean"),
    (critic(real=lambda r: -r.mean(), fooled=lambda f: f.mean()), "Wasserstein"),
    (critic(real=lambda r: (1 - r).relu().mean(), fooled=lambda f: (1 + f).relu().mean()), "the hinge loss"),
):
    wrong("ex06_d_loss", fragment, half(whole))
    wrong("ex06_d_loss", fragment, whole)
wrong(
    "ex06_d_loss",
    "the cross-entropy",
    half(critic(*(lambda s, t=t: binary_cross_entropy_with_logits(s, torch.full_like(s, t)) for t in (1.0, 0.0)))),
)
wrong("ex06_d_loss", "runs on into the forger", lambda D, y, fake: d_least_squares(D(y), D(fake)) / 2)
wrong("ex06_d_loss", "what it says of the fakes is cut off", lambda D, y, f: d_least_squares(D(y), D(f).detach()) / 2)
wrong("ex06_d_loss", "the gradient with respect to", lambda D, y, f: d_least_squares(D(y).detach(), D(f.detach())) / 2)
wrong("ex06_d_loss", "no gradient flows", lambda D, y, f: (d_least_squares(D(y), D(f)) / 2).detach())
wrong("ex06_d_loss", "joined as channels", lambda D, y, fake: D(torch.cat([y, fake.detach()], 1)).square().mean())
wrong("ex06_d_loss", "D was given 2 arguments", lambda D, y, fake: D(y, fake).square().mean())
wrong("ex06_d_loss", "missing mean", lambda D, y, fake: ((D(y) - 1) ** 2 + D(fake.detach()) ** 2) / 2)
wrong("ex06_d_loss", "^ is no power", lambda D, y, fake: ((D(y) - 1) ^ 2).mean())
wrong("ex06_d_loss", "wants a tensor of targets", lambda D, y, fake: mse_loss(D(y), 1) + mse_loss(D(fake), 0))
wrong("ex06_d_loss", "a plain number", lambda D, y, fake: critic_by_hand(D, y, fake).item())
wrong("ex06_d_loss", "the numbers differ", lambda D, y, fake: critic_by_hand(D, y, fake) + 1)


@wrong("ex06_d_loss", "what it says of the fakes is cut off")
def critic_with_no_grad_around_its_answer(D, y, fake):
    with torch.no_grad():
        fooled = D(fake)
    return d_least_squares(D(y), fooled) / 2


# --- ex06_pool --------------------------------------------------------------------------------------------------------


@right("ex06_pool", reference=True)
def swap_in_place(stored, size, picture, keep, i):
    picture = picture.detach()
    if len(stored) < size:
        return picture, torch.cat([stored, picture[None]])
    if not keep:
        return picture, stored
    old = stored[i].clone()
    stored[i] = picture
    return old, stored


@right("ex06_pool", reference=True)
def swap_by_pieces(stored, size, picture, keep, i):
    picture = picture.detach()[None]
    if len(stored) < size:
        return picture[0], torch.cat([stored, picture])
    if keep:
        return stored[i], torch.cat([stored[:i], picture, stored[i + 1 :]])
    return picture[0], stored


@right("ex06_pool")
def swap_by_a_mask(stored, size, picture, keep, i):
    """The picture is put behind the pool, and what is not to stay is taken out."""
    with torch.no_grad():
        everything = torch.cat([stored, picture[None]])
        if len(everything) <= size:
            return everything[-1], everything
        places = list(range(size))
        if keep:
            places[i] = size
        (out,) = set(range(size + 1)) - set(places)
        return everything[out], everything[places]


@right("ex06_pool")
def swap_with_a_list(stored, size, picture, keep, i):
    picture, pictures = picture.data, list(stored)
    if len(pictures) < size:
        pictures.append(picture)
    elif keep:
        picture, pictures[i] = pictures[i], picture
    return [picture, pictures]


def pool(filling=None, passing=None, swapping=None):
    """The rule with something wrong in one of its cases."""

    def answer(stored, size, picture, keep, i):
        picture = picture.detach()
        case = filling if len(stored) < size else swapping if keep else passing
        return case(stored, picture, i) if case else swap_in_place(stored, size, picture, keep, i)

    return answer


def put(stored, picture, i):
    return torch.stack([picture if k == i else p for k, p in enumerate(stored)])


def more(stored, picture):
    return torch.cat([stored, picture[None]])


wrong("ex06_pool", "not stored, though there is room", pool(filling=lambda s, p, i: (p, s)))
wrong("ex06_pool", "though the pool is not full yet", pool(filling=lambda s, p, i: (s[i], put(s, p, i))))
wrong("ex06_pool", "though the pool is not full yet", pool(filling=lambda s, p, i: (s[i], more(s, p))))
wrong("ex06_pool", "though the pool is not full yet", pool(filling=lambda s, p, i: (s[i], s)))
wrong("ex06_pool", "takes the place of another", pool(filling=lambda s, p, i: (p, put(s, p, i))))
wrong("ex06_pool", "stored before are lost", pool(filling=lambda s, p, i: (p, p[None])))
wrong("ex06_pool", "in front of the others", pool(filling=lambda s, p, i: (p, torch.cat([p[None], s]))))
wrong("ex06_pool", "is stored, though keep is False", pool(passing=lambda s, p, i: (p, put(s, p, i))))
wrong("ex06_pool", "handed on, though keep is False", pool(passing=lambda s, p, i: (s[i], put(s, p, i))))
wrong("ex06_pool", "handed on, though keep is False", pool(passing=lambda s, p, i: (s[i], s)))
wrong("ex06_pool", "grows beyond its size", pool(passing=lambda s, p, i: (p, more(s, p))))
wrong("ex06_pool", "makes room, though keep is False", pool(passing=lambda s, p, i: (p, more(s[1:], p))))
wrong("ex06_pool", "nobody sees that one again", pool(swapping=lambda s, p, i: (p, put(s, p, i))))
wrong("ex06_pool", "nothing is exchanged", pool(swapping=lambda s, p, i: (p, s)))
wrong("ex06_pool", "the new one is not stored", pool(swapping=lambda s, p, i: (s[i], s)))
wrong("ex06_pool", "grows beyond its size", pool(swapping=lambda s, p, i: (s[i], more(s, p))))
wrong("ex06_pool", "grows beyond its size", pool(swapping=lambda s, p, i: (p, more(s, p))))
wrong("ex06_pool", "stands at the end", pool(swapping=lambda s, p, i: (s[i], torch.cat([s[:i], s[i + 1 :], p[None]]))))
wrong("ex06_pool", "the pool shrinks", pool(swapping=lambda s, p, i: (s[i], torch.cat([s[:i], s[i + 1 :]]))))
wrong("ex06_pool", "off by one", pool(swapping=lambda s, p, i: (s[i - 1], put(s, p, i - 1))))
wrong("ex06_pool", "the oldest picture makes room: chance", pool(swapping=lambda s, p, i: (s[0], more(s[1:], p))))
wrong("ex06_pool", "the first picture is exchanged", pool(swapping=lambda s, p, i: (s[0], put(s, p, 0))))
wrong("ex06_pool", "the last picture is exchanged", pool(swapping=lambda s, p, i: (s[-1], put(s, p, len(s) - 1))))
wrong("ex06_pool", "not the right pictures", pool(swapping=lambda s, p, i: (s[0], put(s, p, i))))
wrong("ex06_pool", "keep is False", lambda s, size, p, keep, i: swap_in_place(s, size, p, not keep, i))
wrong("ex06_pool", "not full yet", lambda s, size, p, keep, i: swap_in_place(s, len(s) if keep else size, p, keep, i))
wrong("ex06_pool", "wrong order", lambda *a: swap_in_place(*a)[::-1])
wrong("ex06_pool", "wrong shape: handed_on is (1, 1, 2, 2)", lambda *a: (swap_in_place(*a)[0][None], a[0]))
wrong("ex06_pool", "wrong shape: stored is (1, 2, 2)", pool(filling=lambda s, p, i: (p, p)))
wrong(
    "ex06_pool",
    "wrong shape: stored is (2, 1, 4, 2)",
    pool(filling=lambda s, p, i: (p, torch.cat([s, p.expand(2, 1, 2, 2)], 2))),
)
wrong("ex06_pool", "wrong type: a tensor of shape", lambda *a: swap_in_place(*a)[0])
wrong("ex06_pool", "wrong type: a list", lambda s, size, p, keep, i: (p.detach(), [1, 2]))
wrong("ex06_pool", "NaN", lambda *a: [part / 0 * 0 for part in swap_in_place(*a)])
wrong("ex06_pool", "not known to what stands before it", lambda s, size, p, keep, i: (p, s.append(p)))
wrong("ex06_pool", "does not join a batch", lambda s, size, p, keep, i: (p.detach(), torch.cat([s, p.detach()])))
wrong("ex06_pool", "left to chance", lambda s, n, p, keep, i: swap_in_place(s, n, p, random.random() < 0.5, i))
wrong("ex06_pool", "(first pixels as names), ", lambda s, n, p, _, i: swap_in_place(s, n, p, random.random() < 0.5, i))
wrong("ex06_pool", "left to chance", lambda s, n, p, keep, i: swap_in_place(s, n, p, keep, int(torch.randint(n, ()))))


@wrong("ex06_pool", "stored[i] only looks into the pool")
def swap_without_a_clone(stored, size, picture, keep, i):
    picture = picture.detach()
    if len(stored) < size:
        return picture, torch.cat([stored, picture[None]])
    if not keep:
        return picture, stored
    old = stored[i]
    stored[i] = picture
    return old, stored


@wrong("ex06_pool", "stored[i] only looks into the pool")
def swap_that_replaces_first(stored, size, picture, keep, i):
    picture = picture.detach()
    if len(stored) < size:
        return picture, torch.cat([stored, picture[None]])
    if keep:
        stored[i] = picture
    return (stored[i] if keep else picture), stored


@wrong("ex06_pool", "is stored, though keep is False")
def swap_that_always_stores(stored, size, picture, keep, i):
    picture = picture.detach()
    if len(stored) < size:
        return picture, torch.cat([stored, picture[None]])
    old = stored[i].clone()
    stored[i] = picture
    return (old if keep else picture), stored


@wrong("ex06_pool", "the pool keeps a graph")
def swap_with_a_graph(stored, size, picture, keep, i):
    if len(stored) < size:
        return picture.detach(), torch.cat([stored, picture[None]])
    return swap_in_place(stored, size, picture, keep, i)


@wrong("ex06_pool", "hangs on the forger")
def swap_that_detaches_what_it_stores(stored, size, picture, keep, i):
    handed, stored = swap_in_place(stored, size, picture, keep, i)
    return (picture if len(stored) < size or not keep else handed), stored


@wrong("ex06_pool", "hangs on the forger")
def swap_that_forgets_the_graph_when_full(stored, size, picture, keep, i):
    handed, stored = swap_in_place(stored, size, picture, keep, i)
    return (picture if len(stored) == 4 and not keep else handed), stored


# --- ex06_identity ----------------------------------------------------------------------------------------------------


@right("ex06_identity", reference=True)
def identity_by_hand(G, F, x, y):
    return (G(y) - y).abs().mean() + (F(x) - x).abs().mean()


@right("ex06_identity", reference=True)
def identity_by_l1_loss(G, F, x, y):
    same_y, same_x = G(y), F(x)
    return l1_loss(same_x, x) + l1_loss(same_y, y)


@right("ex06_identity")
def identity_player_by_player(G, F, x, y):
    loss = torch.zeros(())
    for player, own in ((G, y), (F, x)):
        loss = loss + torch.stack([(player(p[None]) - p).abs().mean() for p in own]).mean()
    return loss


right("ex06_identity")(lambda G, F, x, y: game(G, F).identity_loss(x, F(x)) + game(G, F).identity_loss(y, G(y)))
right("ex06_identity")(lambda G, F, x, y: nn.L1Loss()(x, F(x)) + nn.L1Loss()(y, G(y)))


def alone(first=lambda G, F, x, y: (G(y), y), second=lambda G, F, x, y: (F(x), x), far=l1_loss, put=torch.add):
    """The identity loss with something wrong in it."""
    return ways(first, second, far, put)


wrong("ex06_identity", "F is given y: those", alone(lambda G, F, x, y: (G(x), x), lambda G, F, x, y: (F(y), y)))
wrong("ex06_identity", "F is given y: those", lambda G, F, x, y: identity_by_hand(F, G, x, y))
wrong("ex06_identity", "F's half is missing", lambda G, F, x, y: l1_loss(G(y), y))
wrong("ex06_identity", "G's half is missing", lambda G, F, x, y: l1_loss(F(x), x))
wrong("ex06_identity", "as if they were a pair", alone(lambda G, F, x, y: (G(x), y), lambda G, F, x, y: (F(y), x)))
wrong("ex06_identity", "it was y that went in", alone(lambda G, F, x, y: (G(y), x), lambda G, F, x, y: (F(x), y)))
wrong("ex06_identity", "this is the cycle loss", cycle_by_hand)
wrong("ex06_identity", "F is given y, too", alone(second=lambda G, F, x, y: (F(y), y)))
wrong("ex06_identity", "G is given x, too", alone(first=lambda G, F, x, y: (G(x), x)))
wrong("ex06_identity", "half of the loss", lambda *a: identity_by_hand(*a) / 2)
wrong("ex06_identity", "the terms are subtracted", alone(put=torch.sub))
wrong("ex06_identity", "the terms are subtracted", alone(put=lambda a, b: b - a))
wrong("ex06_identity", "the terms are multiplied", alone(put=torch.mul))
wrong("ex06_identity", "a minus too many", lambda *a: -identity_by_hand(*a))
wrong("ex06_identity", "a weight is in it", lambda *a: 5 * identity_by_hand(*a))
wrong("ex06_identity", "squared errors", alone(far=mse_loss))
wrong("ex06_identity", "root of the squared errors", alone(far=lambda a, b: mse_loss(a, b).sqrt()))
wrong("ex06_identity", "a sum instead of a mean", alone(far=lambda a, b: (a - b).abs().sum()))
wrong("ex06_identity", "over the pixels of a picture", alone(far=lambda a, b: (a - b).abs().flatten(1).sum(1).mean()))
wrong("ex06_identity", "smooth L1", alone(far=smooth_l1_loss))
wrong("ex06_identity", "no absolute value", alone(far=lambda a, b: (a - b).mean()))
wrong("ex06_identity", "or one behind the mean", alone(far=lambda a, b: (a - b).mean().abs()))
wrong(
    "ex06_identity",
    "one mean over x and y together",
    lambda G, F, x, y: 2 * torch.cat([F(x) - x, G(y) - y]).abs().mean(),
)
wrong("ex06_identity", "3 of x and 2 of y", lambda G, F, x, y: ((F(x) - x).abs() + (G(y) - y).abs()).mean())
wrong("ex06_identity", "G(y) is detached", alone(first=lambda G, F, x, y: (G(y).detach(), y)))
wrong("ex06_identity", "F(x) is detached", alone(second=lambda G, F, x, y: (F(x).detach(), x)))
wrong("ex06_identity", "no gradient flows", lambda *a: identity_by_hand(*a).detach())
wrong("ex06_identity", "not torch.nn.functional", lambda G, F, x, y: F.l1_loss(G(y), y) + F.l1_loss(F(x), x))
wrong("ex06_identity", "a plain number", lambda *a: identity_by_hand(*a).item())
wrong("ex06_identity", "the numbers differ", lambda *a: identity_by_hand(*a) + 1)


# --- ex06_message -----------------------------------------------------------------------------------------------------


@right("ex06_message", reference=True)
def message_by_hand(F, g, x, destroy):
    with_message = (F(g) - x).abs().mean()
    without = (F(destroy(g)) - x).abs().mean()
    return with_message, without


@right("ex06_message", reference=True)
def message_in_numbers(F, g, x, destroy):
    read, guessed = F(g), F(destroy(g))
    return l1_loss(read, x).item(), l1_loss(guessed, x).item()


@right("ex06_message")
def message_in_one_batch(F, g, x, destroy):
    home = F(torch.cat([g, destroy(g)])).view(2, *x.shape)
    return (home - x).abs().mean((1, 2, 3, 4))


right("ex06_message")(lambda F, g, x, d: [np.abs(F(p).numpy() - x.numpy()).mean() for p in (g, d(g))])
right("ex06_message")(
    lambda F, g, x, d: tuple(l1_loss(x, F(p), reduction="none").mean((2, 3)).mean() for p in (g, d(g)))
)


def message(first=lambda F, g, x, d: (F(g), x), second=lambda F, g, x, d: (F(d(g)), x), far=l1_loss):
    """The two errors with something wrong in them."""
    return lambda F, g, x, destroy: (far(*first(F, g, x, destroy)), far(*second(F, g, x, destroy)))


wrong("ex06_message", "reversed", lambda *a: message_by_hand(*a)[::-1])
wrong("ex06_message", "x is destroyed, not g", message(second=lambda F, g, x, d: (F(g), d(x))))
wrong("ex06_message", "destroyed too late", message(second=lambda F, g, x, d: (d(F(g)), x)))
wrong("ex06_message", "both destroyed", message(second=lambda F, g, x, d: (F(d(g)), d(x))))
wrong("ex06_message", "F is given x", message(second=lambda F, g, x, d: (F(d(x)), x)))
wrong("ex06_message", "F is given x", lambda F, g, x, d: message_by_hand(F, x, x, d))
wrong("ex06_message", "nothing is destroyed", message(second=lambda F, g, x, d: (F(g), x)))
wrong("ex06_message", "those without the message", message(first=lambda F, g, x, d: (F(d(g)), x)))
wrong("ex06_message", "F is missing", lambda F, g, x, d: message_by_hand(lambda p: p, g, x, d))
wrong("ex06_message", "compared with g", lambda F, g, x, d: message_by_hand(F, g, g, d))
wrong("ex06_message", "compared with g", message(lambda F, g, x, d: (F(g), g), lambda F, g, x, d: (F(d(g)), d(g))))
wrong("ex06_message", "compared with F(g)", message(second=lambda F, g, x, d: (F(d(g)), F(g))))
wrong("ex06_message", "changes in g itself", message(second=lambda F, g, x, d: (g, d(g))))
wrong(
    "ex06_message",
    "how much the error grows",
    lambda F, g, x, d: (l1_loss(F(g), x), l1_loss(F(d(g)), x) - l1_loss(F(g), x)),
)
wrong("ex06_message", "squared errors", message(far=mse_loss))
wrong("ex06_message", "root of the squared errors", message(far=lambda a, b: mse_loss(a, b) ** 0.5))
wrong("ex06_message", "a sum instead of a mean", message(far=lambda a, b: (a - b).abs().sum()))
wrong("ex06_message", "over the pixels of a picture", message(far=lambda a, b: (a - b).abs().sum((1, 2, 3)).mean()))
wrong("ex06_message", "smooth L1", message(far=smooth_l1_loss))
wrong("ex06_message", "no absolute value", message(far=lambda a, b: (a - b).mean()))
wrong("ex06_message", "or one behind the mean", message(far=lambda a, b: (a - b).mean().abs()))
wrong("ex06_message", "the numbers differ", message(second=lambda F, g, x, d: (F((4 * d(g)).round() / 4 + 0.01), x)))
wrong(
    "ex06_message", "the numbers differ", message(second=lambda F, g, x, d: (F((4 * g).round() / 4), x))
)  # its own destroy
wrong("ex06_message", "missing mean", message(far=lambda a, b: (a - b).abs()))
wrong("ex06_message", "wrong shape: (2, 3)", lambda F, g, x, d: torch.ones(2, 3))
wrong("ex06_message", "wrong type: a float", lambda F, g, x, d: l1_loss(F(d(g)), x).item())
wrong("ex06_message", "wrong type: a bool", message(far=lambda a, b: bool((a != b).any())))
wrong("ex06_message", "NaN", message(far=lambda a, b: l1_loss(a, b) * torch.nan))
wrong("ex06_message", "not torch.nn.functional", lambda F, g, x, d: (F.l1_loss(F(g), x), F.l1_loss(F(d(g)), x)))
wrong("ex06_message", "F was given 2 arguments", lambda F, g, x, d: (l1_loss(F(g, x), x), 0))


# --- ex06_claims ------------------------------------------------------------------------------------------------------

for letters in ("acdf", "FDCA", ["a", "c", "d", "f"], {"f", "d", "c", "a"}, "a, c, d, f"):
    right("ex06_claims")(letters)

wrong("ex06_claims", "(a) is true and missing", "cdf")
wrong("ex06_claims", "judged by the critic of the domain that it draws from", "cdf")
wrong("ex06_claims", "(b) is not true", "abcdf")
wrong("ex06_claims", "Hint: let G and F both turn a picture into its negative", "abcdf")
wrong("ex06_claims", "Hint: count for three domains", "acf")
wrong("ex06_claims", "Any two maps that undo each other", "abcdf")
wrong("ex06_claims", "(c) is true and missing", ("a", "d", "f"))
wrong("ex06_claims", "(d) is true and missing", "acf")
wrong("ex06_claims", "grows like a square", "acf")
wrong("ex06_claims", "(e) is not true", {"a", "c", "d", "e", "f"})
wrong("ex06_claims", "a message hidden in the labels", "acdef")
wrong("ex06_claims", "(f) is true and missing", ["a", "c", "d"])
wrong("ex06_claims", "no claim has the letter x", "acdfx")
wrong("ex06_claims", "the check was given an int", 6)


# --- ex06_order -------------------------------------------------------------------------------------------------------

for order in ("jehcfidbag", "jefhcibdag", "jfechibadg", list("jehcfibadg")):
    right("ex06_order")(order)

wrong("ex06_order", "the forgers are judged by fakes out of the pool", "jecbhfidag")
wrong("ex06_order", "fakes out of the pool are led home", "jehbcfidag")
wrong("ex06_order", "The pools are asked in line 4, and home comes in line 5.", "jehbcfidag")
wrong("ex06_order", "the pools are asked too late", "jehcfidabg")
wrong("ex06_order", "the pools are asked too late", "jehcfidagb")
wrong("ex06_order", "the critics move before the forgers", "jefbagchid")
wrong("ex06_order", "D_X has moved between loss_GF and minimize(loss_GF, G, F)", "jehcfbagid")
wrong("ex06_order", "fake_x is used before it is there", "jhecfidbag")
wrong("ex06_order", "same is used before it is there", "jehcifdbag")
wrong("ex06_order", "x is used before it is there", "ehcfidbagj")
wrong("ex06_order", "missing: b", "jehcfidag")
wrong("ex06_order", "given an int", 10)


# --- ex06_age ---------------------------------------------------------------------------------------------------------

for letter in ("c", "C", "(c)"):
    right("ex06_age")(letter)

wrong("ex06_age", "nobody chooses the older half", "a")
wrong("ex06_age", "if every new fake took the place", "b")
wrong("ex06_age", "with 0 rounds, that never get in", "b")
wrong("ex06_age", "hardly ever does", "d")
wrong("ex06_age", "1/2 (an old one is handed on) times 1/50", "b")
wrong("ex06_age", "none of the letters", "e")
wrong("ex06_age", "given an int, and one letter", 100)
wrong("ex06_age", "given a list", ["c"])


# --- ex06_mend --------------------------------------------------------------------------------------------------------


@right("ex06_mend", reference=True)
def forgers_mended(G, F, D_X, D_Y, x, y):
    fake_y, fake_x = G(x), F(y)
    fooled = (D_Y(fake_y) - 1).square().mean() + (D_X(fake_x) - 1).square().mean()
    home = l1_loss(F(fake_y), x) + l1_loss(G(fake_x), y)
    return fooled + 10 * home


@right("ex06_mend", reference=True)
def forgers_by_mse(G, F, D_X, D_Y, x, y):
    on_y, on_x = D_Y(G(x)), D_X(F(y))
    fooled = mse_loss(on_y, torch.ones_like(on_y)) + mse_loss(on_x, torch.ones_like(on_x))
    return fooled + 10 * ((F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean())


@right("ex06_mend")
def forgers_with_players_in_tables(G, F, D_X, D_Y, x, y):
    ways, loss = ((G, F, D_Y, x), (F, G, D_X, y)), 0
    for there, back, critic_there, start in ways:
        fake = there(start)
        loss = loss + ((1 - critic_there(fake)) ** 2).mean() + 10 * abs(back(fake) - start).mean()
    return loss.reshape(1)


right("ex06_mend")(lambda G, F, D_X, D_Y, x, y: sum(CycleGAN(G, F, D_X, D_Y, identity=0).g_losses(x, y, [])))


@wrong("ex06_mend", "all its faults are still there")
def forgers_as_they_stand(G, F, D_X, D_Y, x, y):
    fake_y, fake_x = G(x), F(y)
    fooled = (D_X(fake_y) - 1).square().mean() + (D_Y(fake_x) - 1).square().mean()
    home = l1_loss(F(x), x) + l1_loss(G(F(x)), x)
    return fooled + 10 * home


def forgers(first=lambda G, F, x, y: (F(G(x)), x), second=lambda G, F, x, y: (G(F(y)), y), swap=False, cycle=10):
    """The forgers' loss with something wrong in it."""

    def answer(G, F, D_X, D_Y, x, y):
        on_y, on_x = (D_X, D_Y) if swap else (D_Y, D_X)
        fooled = (on_y(G(x)) - 1).square().mean() + (on_x(F(y)) - 1).square().mean()
        return fooled + cycle * (l1_loss(*first(G, F, x, y)) + l1_loss(*second(G, F, x, y)))

    return answer


wrong("ex06_mend", "Faults left: 3.", forgers_as_they_stand)
wrong("ex06_mend", "the critics are exchanged", forgers(swap=True))
wrong("ex06_mend", "F is applied to the wrong domain: F(x)", forgers(lambda G, F, x, y: (F(x), x)))
wrong("ex06_mend", "the way of x is G(F(x))", forgers(lambda G, F, x, y: (G(F(x)), x)))
wrong("ex06_mend", "the printed formula", forgers(second=lambda G, F, x, y: (G(F(x)), x)))
wrong("ex06_mend", "G is applied to the wrong domain", forgers(second=lambda G, F, x, y: (G(y), y)))
wrong("ex06_mend", "the way of y is F(G(y))", forgers(second=lambda G, F, x, y: (F(G(y)), y)))
wrong("ex06_mend", "the weight 10 of the cycle is missing", forgers(cycle=1))
wrong("ex06_mend", "Faults left: 2.", forgers(lambda G, F, x, y: (F(x), x), lambda G, F, x, y: (G(F(x)), x)))
wrong("ex06_mend", "Faults left: 2.", forgers(lambda G, F, x, y: (F(x), x), swap=True))
wrong("ex06_mend", "begins with x: G(F(x)) near y", forgers(second=lambda G, F, x, y: (G(F(x)), y)))
wrong("ex06_mend", "D_Y judges both", lambda G, F, D_X, D_Y, x, y: forgers_mended(G, F, D_Y, D_Y, x, y))
wrong("ex06_mend", "D_X judges both", lambda G, F, D_X, D_Y, x, y: forgers_mended(G, F, D_X, D_X, x, y))
wrong("ex06_mend", "the loss and its slopes by these four numbers: yours [", forgers(swap=True))
wrong("ex06_mend", "something else", forgers(cycle=5))
wrong("ex06_mend", "something else", forgers(lambda G, F, x, y: (F(G(x).detach()), x)))
wrong("ex06_mend", "something else", lambda *a: forgers_mended(*a) / 2)
wrong("ex06_mend", "no gradient flows", lambda *a: forgers_mended(*a).detach())
wrong("ex06_mend", "a plain number", lambda *a: forgers_mended(*a).item())
wrong("ex06_mend", "missing mean", lambda G, F, D_X, D_Y, x, y: (D_Y(G(x)) - 1) ** 2)
wrong("ex06_mend", "not torch.nn.functional", lambda G, F, D_X, D_Y, x, y: F.l1_loss(F(G(x)), x))
wrong("ex06_mend", "takes (G, F, x, y)", lambda G, F, x, y: None)


# --- ex06_weight ------------------------------------------------------------------------------------------------------

MEASURED = {0: (0.098, 0.183), 10: (0.036, 0.037), 100: (0.044, 0.037)}
right("ex06_weight")(MEASURED)
right("ex06_weight")({w: list(pair) for w, pair in (MEASURED | {1.0: (0.077, 0.108)}).items()})
right("ex06_weight")({w: (torch.tensor(a), np.float64(b)) for w, (a, b) in MEASURED.items()})

wrong("ex06_weight", "the weight 0 is missing", {1: (0.08, 0.1), 10: (0.04, 0.04), 100: (0.05, 0.04)})
wrong("ex06_weight", "what is the cycle good for", {10: (0.04, 0.04)})
wrong("ex06_weight", "the weight 10 is missing", {0: (0.1, 0.2), 1: (0.04, 0.04), 100: (0.05, 0.04)})
wrong("ex06_weight", "two weights make no curve", {0: (0.1, 0.2), 10: (0.04, 0.04)})
wrong("ex06_weight", "further away than the grey digits", MEASURED | {1: (0.5, 0.1)})
wrong("ex06_weight", "are no measured distances", MEASURED | {1: (0, 0)})
wrong("ex06_weight", "come out of the loop in this cell", MEASURED | {1: (0, 0)})
wrong("ex06_weight", "are no measured distances", MEASURED | {1: (-0.1, 0.2)})
wrong("ex06_weight", "one and the same distance", MEASURED | {1: (0.036, 0.2)})
wrong("ex06_weight", "the check was given a float", MEASURED | {1: 0.04})
wrong("ex06_weight", "nan is not a number", MEASURED | {1: (float("nan"), 0.1)})
wrong("ex06_weight", "3 numbers came", MEASURED | {1: (0.1, 0.1, 0.1)})
wrong("ex06_weight", "given a str, and one number for each weight", MEASURED | {"one": (0.1, 0.1)})
wrong("ex06_weight", "hand over a dict", [(0.1, 0.2)] * 3)
