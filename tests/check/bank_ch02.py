"""Right and wrong answers to the later exercises of chapter 02; see :mod:`tests.check.bank`."""

import torch
from torch import nn
from torch.nn.functional import one_hot

from gancourse.games.cgan import CGAN
from gancourse.networks.blocks import tell
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
wrong("ex02_mend", "G was given noise alone", lambda game, x, y: game.G(game.noise(len(x))))
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


@right("ex02_cheat")
def cheat_with_all_ten_digits(images, labels, asked):
    first = torch.stack([(labels == c).nonzero()[0, 0] for c in range(10)])
    return images[first[asked]]


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


# --- ex02_order -------------------------------------------------------------------------------------------------------

for order in ("ficdgbeha", "ficdbgeha", "ficdbegha", ["F", "I", "C", "D", "G", "B", "E", "H", "A"]):
    right("ex02_order")(order)

wrong("ex02_order", "the real pictures are judged under labels that were drawn anew", "ficbdgeha")
wrong("ex02_order", "the real pictures are judged under labels that were drawn anew", "fibcdgeha")
wrong("ex02_order", "y is drawn anew in line 4, and loss_D", "ficbdgeha")
wrong("ex02_order", "the new wishes come too late", "ficdgehab")
wrong("ex02_order", "made for one wish and judged under another", "ficdgebha")
wrong("ex02_order", "G moves before D", "ficdbehag")
wrong("ex02_order", "D has moved between loss_G and minimize(loss_G, G)", "ficdbehga")
wrong("ex02_order", "y is used before it is there", "bficdgeha")
wrong("ex02_order", "drawn is used before it is there", "ficdgbhea")
wrong("ex02_order", "missing: b", "ficdgeha")
wrong("ex02_order", "given a float", 1.0)


# --- ex02_planes ------------------------------------------------------------------------------------------------------


def critic(planes, join=lambda x, p: torch.cat([x, p], 1), channels=lambda k: 1 + k, end=lambda m: m):
    """A critic's class."""

    class MyCritic(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.classes = classes
            self.net = nn.Conv2d(channels(classes), 1, 4, stride=2, padding=1)

        def forward(self, x, y):
            return end(self.net(join(x, planes(x, y, self.classes))))

    return MyCritic


def hot(x, y, k):
    return one_hot(y, k).float()[:, :, None, None].expand(-1, -1, *x.shape[2:])


def as_a_number(x, y, k):
    return y[:, None, None, None].float().expand_as(x)


class CriticByTell(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.net = nn.Sequential(nn.Conv2d(1 + classes, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 1))

    def forward(self, x, y):
        return self.net(tell(x, y, self.classes))


class CriticByEmbedding(nn.Module):
    """A number of its own for each class, added everywhere: the same as planes, for a convolution of size 1."""

    def __init__(self, classes):
        super().__init__()
        self.net, self.wish = nn.Conv2d(1, 1, 4, 2, 1), nn.Embedding(classes, 1)

    def forward(self, x, y):
        return self.net(x) + self.wish(y)[:, :, None, None]


for right_critic in (critic(hot), critic(hot, join=lambda x, p: torch.cat([p, x], 1)), CriticByTell, CriticByEmbedding):
    right("ex02_planes")(right_critic)

wrong(
    "ex02_planes", "8 maps came back for 4 pictures", critic(as_a_number, lambda x, p: torch.cat([x, p]), lambda k: 1)
)
wrong(
    "ex02_planes",
    "on dimension 0, which holds the samples",
    critic(as_a_number, lambda x, p: torch.cat([x, p]), lambda k: 1),
)
wrong("ex02_planes", "on dimension 2", critic(as_a_number, lambda x, p: torch.cat([x, p], 2), lambda k: 1))
wrong("ex02_planes", "on dimension 3", critic(as_a_number, lambda x, p: torch.cat([x, p], 3), lambda k: 1))
wrong("ex02_planes", "the label is not one-hot", critic(as_a_number, channels=lambda k: 2))
wrong("ex02_planes", "the label is not one-hot", critic(as_a_number, lambda x, p: x + p, lambda k: 1))
wrong("ex02_planes", "the label has no say", critic(hot, lambda x, p: x, lambda k: 1))
wrong("ex02_planes", "the label has no say", critic(lambda x, y, k: torch.ones_like(hot(x, y, k))))
wrong("ex02_planes", "depends on the other pictures", critic(lambda x, y, k: hot(x, y.roll(1), k)))
wrong("ex02_planes", "depends on the other pictures", critic(lambda x, y, k: hot(x, torch.arange(len(y)) % k, k)))
wrong("ex02_planes", "two labels get the same verdict", critic(lambda x, y, k: hot(x, y.clamp(max=1), k)))
wrong("ex02_planes", "the picture has no say", critic(hot, lambda x, p: p, lambda k: k))
wrong("ex02_planes", "wrong shape", critic(hot, end=lambda m: m.mean((1, 2, 3))))
wrong("ex02_planes", "concatenated on dimension 0", critic(hot, lambda x, p: torch.cat([x, p])))
wrong("ex02_planes", "another number of channels than comes in", critic(hot, channels=lambda k: 1))
wrong("ex02_planes", "another number of channels than comes in", critic(hot, channels=lambda k: 11))
wrong("ex02_planes", "not its class", critic(hot)(3))
wrong("ex02_planes", "no network", lambda classes: 3)
wrong("ex02_planes", "MyCritic(3) is a tensor", lambda classes: torch.ones(classes))
wrong("ex02_planes", "takes (a, b), and the check calls it as MyCritic(classes)", lambda a, b: None)


# --- ex02_blend -------------------------------------------------------------------------------------------------------


@right("ex02_blend", reference=True)
def blend_by_shares(y, other, t, classes):
    return (1 - t) * one_hot(y, classes) + t * one_hot(other, classes)


@right("ex02_blend", reference=True)
def blend_by_lerp(y, other, t, classes):
    return torch.lerp(one_hot(y, classes).float(), one_hot(other, classes).float(), t)


@right("ex02_blend")
def blend_place_by_place(y, other, t, classes):
    code = torch.zeros(len(y), classes)
    for i in range(len(y)):
        code[i, y[i]] += 1 - t
        code[i, other[i]] += t
    return code


wrong("ex02_blend", "t is turned around", lambda y, o, t, k: blend_by_shares(o, y, t, k))
wrong("ex02_blend", "one_hot of the mean label", lambda y, o, t, k: one_hot(((1 - t) * y + t * o).long(), k).float())
wrong("ex02_blend", "one_hot of the mean label", lambda y, o, t, k: one_hot(((1 - t) * y + t * o).round().long(), k))
wrong("ex02_blend", "a switch", lambda y, o, t, k: one_hot(o if t > 0.5 else y, k).float())
wrong("ex02_blend", "both are asked for in full", lambda y, o, t, k: (one_hot(y, k) + one_hot(o, k)).float())
wrong("ex02_blend", "half and half", lambda y, o, t, k: blend_by_shares(y, o, 0.5, k))
wrong("ex02_blend", "y alone: the other has no part", lambda y, o, t, k: one_hot(y, k).float())
wrong("ex02_blend", "ever less of it", lambda y, o, t, k: (1 - t) * one_hot(y, k))
wrong("ex02_blend", "the other alone", lambda y, o, t, k: t * one_hot(o, k))
wrong("ex02_blend", "y stays in full", lambda y, o, t, k: one_hot(y, k) + t * one_hot(o, k))
wrong("ex02_blend", "the difference of the two", lambda y, o, t, k: (1 - t) * one_hot(y, k) - t * one_hot(o, k))
wrong("ex02_blend", "on the great circle", lambda y, o, t, k: (1 - t) ** 0.5 * one_hot(y, k) + t**0.5 * one_hot(o, k))
wrong("ex02_blend", "side by side", lambda y, o, t, k: torch.cat([(1 - t) * one_hot(y, k), t * one_hot(o, k)], 1))
wrong("ex02_blend", "side by side", lambda y, o, t, k: torch.cat([one_hot(y, k), one_hot(o, k)], 1).float())
wrong("ex02_blend", "wrong shape", lambda y, o, t, k: (1 - t) * y + t * o)
wrong("ex02_blend", "first one_hot(y, classes)", lambda y, o, t, k: (1 - t) * y + t * o)
wrong("ex02_blend", "wrong shape|the numbers differ", lambda y, o, t, k: blend_by_shares(y, o, t, k + 1))
wrong("ex02_blend", "one_hot takes integers", lambda y, o, t, k: one_hot((1 - t) * y + t * o, k))
wrong("ex02_blend", "wrong type: a list", lambda y, o, t, k: blend_by_shares(y, o, t, k).tolist())
wrong("ex02_blend", "the numbers differ", lambda y, o, t, k: blend_by_shares(y, o, t, k) ** 2 + 0.1)
