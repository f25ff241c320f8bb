"""Right and wrong answers to the later exercises of chapter 02; see :mod:`tests.check.bank`."""

import torch

from gancourse.games.cgan import CGAN
from tests.check.bank import right, wrong

# --- ex02_mend --------------------------------------------------------------------------------------------------------


@right("ex02_mend", reference=True)
def labelled_round(game, x, y):
    fake = game.G(game.noise(len(x)), y)
    game.minimize(game.d_loss(x, fake.detach(), y), game.D)
    game.minimize(game.g_loss(fake, y), game.G)


@right("ex02_mend")
def labelled_round_with_new_fakes_for_g(game, x, y):
    with torch.no_grad():
        fake = game.G(game.noise(len(x)), y)
    game.minimize(game.d_loss(x, fake, y), game.D)
    wanted = y.flip(0)
    game.minimize(game.g_loss(game.G(game.noise(len(x)), wanted), wanted), game.G)


right("ex02_mend")(CGAN.round)


@wrong("ex02_mend", "missing detach")
def labelled_round_as_it_stands(game, x, y):
    wanted = torch.randint(10, y.shape)
    fake = game.G(game.noise(len(x)), wanted)
    game.minimize(game.d_loss(x, fake, y), game.D)
    game.minimize(game.g_loss(fake, y), game.G)


def labelled(made=lambda y: y, told_d=lambda y: y, told_g=lambda y: y, cut=lambda f: f.detach(), players="DG"):
    """A round with something wrong in it."""

    def answer(game, x, y):
        fake = game.G(game.noise(len(x)), made(y))
        game.minimize(game.d_loss(x, cut(fake), told_d(y)), getattr(game, players[0]))
        game.minimize(game.g_loss(fake, told_g(y)), getattr(game, players[1]))

    return answer


def other(y):
    return y.roll(1)


wrong("ex02_mend", "in d_loss the fakes are judged under other labels", labelled(made=other))
wrong("ex02_mend", "They were made for [1, 2, 0], and d_loss was told [2, 0, 1]", labelled(made=other))
wrong("ex02_mend", "in d_loss the fakes are judged under other labels", labelled(made=other, told_g=other))
wrong("ex02_mend", "in g_loss the fakes are judged under other labels", labelled(told_g=other))
wrong("ex02_mend", "under labels that are not theirs", labelled(made=other, told_d=other, told_g=other))
wrong("ex02_mend", "under labels that are not theirs", labelled(told_d=other))
wrong("ex02_mend", "missing detach", labelled(cut=lambda f: f))
wrong("ex02_mend", "D alone should move", labelled(players="GD"))
wrong("ex02_mend", "D alone should move; named for it: G", labelled(players="GG"))
wrong("ex02_mend", "G takes noise and labels", lambda game, x, y: game.G(game.noise(len(x))))
wrong("ex02_mend", "as labels of 3 images", lambda game, x, y: game.G(game.noise(len(x)), y.float()))
wrong("ex02_mend", "as labels of 64 images", lambda game, x, y: game.G(game.noise(64), y))
wrong("ex02_mend", "G never moves", lambda g, x, y: g.minimize(g.d_loss(x, g.G(g.noise(3), y).detach(), y), g.D))
wrong("ex02_mend", "D never moves", lambda g, x, y: g.minimize(g.g_loss(g.G(g.noise(3), y), y), g.G))
wrong("ex02_mend", "hint|game.d_loss was given", lambda g, x, y: g.d_loss(x, g.G(g.noise(3), y)))


@wrong("ex02_mend", "in g_loss the fakes are judged under other labels")
def labelled_round_with_a_new_wish(game, x, y):
    fake = game.G(game.noise(len(x)), y)
    game.minimize(game.d_loss(x, fake.detach(), y), game.D)
    game.minimize(game.g_loss(game.G(game.noise(len(x)), y.flip(0)), y), game.G)


@wrong("ex02_mend", "d_loss was given something that G did not return")
def labelled_round_with_changed_fakes(game, x, y):
    fake = game.G(game.noise(len(x)), y)
    game.minimize(game.d_loss(x, fake.detach() + 1, y), game.D)
    game.minimize(game.g_loss(fake, y), game.G)


# --- ex02_listens -----------------------------------------------------------------------------------------------------

for letter in ("b", "B", "(b)"):
    right("ex02_listens")(letter)

wrong("ex02_listens", "as frequent among real ones as among fakes", "a")
wrong("ex02_listens", "D cannot be sure", "c")
wrong("ex02_listens", "the share of drawings that are right", "d")
wrong("ex02_listens", "none of the letters", "10/11")
wrong("ex02_listens", "given a float", 0.91)
wrong("ex02_listens", "given a list", ["b"])
wrong("ex02_listens", "p / (p + p_g), of pairs", "C")


# --- ex02_cheat -------------------------------------------------------------------------------------------------------


@right("ex02_cheat", reference=True)
def cheat_with_the_first(images, labels, asked):
    places = torch.stack([(labels == c).nonzero()[0, 0] for c in asked])
    return images[places]


@right("ex02_cheat", reference=True)
def cheat_by_argmax(images, labels, asked):
    return images[(labels[None] == asked[:, None]).float().argmax(dim=1)]


@right("ex02_cheat")
def cheat_with_the_last(images, labels, asked):
    last = {int(c): image for c, image in zip(labels, images, strict=True)}
    return torch.stack([last[c] for c in asked.tolist()])


@wrong("ex02_cheat", "this is honest")
def honest(images, labels, asked):
    seen, places = {}, []
    for c in asked.tolist():
        own = (labels == c).nonzero().flatten()
        places.append(own[seen.get(c, 0) % len(own)])
        seen[c] = seen.get(c, 0) + 1
    return images[torch.stack(places)]


wrong("ex02_cheat", "the pictures as they come", lambda i, y, a: i[torch.arange(len(a)) % len(i)])
wrong("ex02_cheat", "the label is used as a place", lambda i, y, a: i[a])
wrong("ex02_cheat", "one picture for all labels", lambda i, y, a: i[:1].expand(len(a), -1, -1, -1))
wrong("ex02_cheat", "none of the images", lambda i, y, a: torch.stack([i[y == c].mean(0) for c in a]))
wrong(
    "ex02_cheat", "not all of it is what was asked for", lambda i, y, a: i[[int((y == c).nonzero()[0]) for c in 2 - a]]
)
wrong("ex02_cheat", "wrong shape", lambda i, y, a: i)
wrong("ex02_cheat", "wrong shape", lambda i, y, a: torch.stack([i[y == c][0] for c in a.unique()]))
wrong("ex02_cheat", "wrong type: a list", lambda i, y, a: [i[y == c][0] for c in a])
wrong("ex02_cheat", "wrong shape", lambda i, y, a: a)
