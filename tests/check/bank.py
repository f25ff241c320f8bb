"""Right and wrong answers to every exercise, as students write them.

A right answer is a function under `@right(exercise)`; a wrong one comes with a part of the message that it should get.
Mutants are made from the right ones that are marked as references.
"""

import itertools
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid, one_hot, softplus

from gancourse.check import STEPS
from gancourse.games.gan import GAN
from gancourse.losses import d_logistic, g_nonsaturating
from gancourse.networks.blocks import tell

RIGHT, WRONG, REFERENCES = [], [], []  # (exercise, answer), (exercise, answer, fragment), (exercise, answer)


def right(exercise, reference=False):
    def keep(f):
        RIGHT.append((exercise, f))
        if reference:
            REFERENCES.append((exercise, f))
        return f

    return keep


def wrong(exercise, fragment, answer=None):
    if answer is not None:
        WRONG.append((exercise, answer, fragment))
        return answer
    return lambda f: wrong(exercise, fragment, f)


bce_logits = binary_cross_entropy_with_logits


# --- ex00_bce ---------------------------------------------------------------------------------------------------------


@right("ex00_bce", reference=True)
def bce_by_softplus(logit, target):
    return (softplus(logit) - target * logit).mean()


@right("ex00_bce", reference=True)
def bce_by_logsigmoid(logit, target):
    return -(target * logsigmoid(logit) + (1 - target) * logsigmoid(-logit)).mean()


@right("ex00_bce", reference=True)
def bce_by_hand(logit, target):
    return torch.mean(logit.clamp(min=0) - target * logit + torch.log1p(torch.exp(-logit.abs())))


right("ex00_bce")(binary_cross_entropy_with_logits)
right("ex00_bce")(nn.BCEWithLogitsLoss())

wrong("ex00_bce", "BCE without logits", functional.binary_cross_entropy)
wrong("ex00_bce", "breaks down for large logits", lambda s, t: functional.binary_cross_entropy(s.sigmoid(), t))
wrong("ex00_bce", "breaks down", lambda s, t: -(t * s.sigmoid().log() + (1 - t) * (1 - s.sigmoid()).log()).mean())
wrong("ex00_bce", "sigmoid twice", lambda s, t: bce_logits(s.sigmoid(), t))
wrong("ex00_bce", "sum instead of a mean", lambda s, t: (softplus(s) - t * s).sum())
wrong("ex00_bce", "swapped labels", lambda s, t: bce_logits(s, 1 - t))
wrong("ex00_bce", "missing minus", lambda s, t: (t * logsigmoid(s) + (1 - t) * logsigmoid(-s)).mean())
wrong("ex00_bce", "missing mean", lambda s, t: softplus(s) - t * s)
wrong("ex00_bce", "missing mean", lambda s, t: (softplus(s) - t * s).mean(dim=0, keepdim=True) * torch.ones(2))
wrong("ex00_bce", "NaN", lambda s, t: -(t * s.log() + (1 - t) * (1 - s).log()).mean())
wrong("ex00_bce", "targets 0 is missing", lambda s, t: -(t * logsigmoid(s)).mean())
wrong("ex00_bce", "targets 1 is missing", lambda s, t: -((1 - t) * logsigmoid(-s)).mean())
wrong("ex00_bce", "target and logit are swapped", lambda s, t: bce_logits(t, s))
wrong("ex00_bce", "every target is treated as 0", lambda s, t: softplus(s).mean())
wrong("ex00_bce", "squared error", lambda s, t: functional.mse_loss(s.sigmoid(), t))
wrong("ex00_bce", "without its logarithm", lambda s, t: -(t * s.sigmoid() + (1 - t) * (1 - s.sigmoid())).mean())
wrong(
    "ex00_bce", "for logits of shape (2, 3) the result has shape (3,)", lambda s, t: sum(softplus(s) - t * s) / len(s)
)
wrong("ex00_bce", "rounded to one of them", lambda s, t: torch.where(t > 0.5, softplus(-s), softplus(s)).mean())
wrong("ex00_bce", "inside of the softplus", lambda s, t: softplus(-(2 * t - 1) * s).mean())
wrong("ex00_bce", "exp(200) to infinity", lambda s, t: (torch.log(1 + torch.exp(s)) - t * s).mean())
wrong("ex00_bce", "where Python takes a single one", lambda s, t: (softplus(-s) if t == 1 else softplus(s)).mean())
wrong("ex00_bce", "where Python takes a single one", lambda s, t: math.log(1 + math.exp(s)) - t * s)
wrong("ex00_bce", "wrong sign", lambda s, t: (softplus(s) + t * s).mean())
wrong("ex00_bce", "base 2", lambda s, t: -(t * s.sigmoid().log2() + (1 - t) * (-s).sigmoid().log2()).mean())
wrong("ex00_bce", "plain number", lambda s, t: bce_logits(s, t).item())
wrong("ex00_bce", "no gradient flows", lambda s, t: bce_logits(s.detach(), t))


# --- ex00_best_critic -------------------------------------------------------------------------------------------------


@right("ex00_best_critic", reference=True)
def best_by_share(p, p_g):
    return p / (p + p_g)


@right("ex00_best_critic", reference=True)
def best_by_ratio(p, p_g):
    return 1 / (1 + p_g / p)


@right("ex00_best_critic", reference=True)
def best_by_sigmoid(p, p_g):
    return torch.sigmoid(torch.log(p) - torch.log(p_g))


right("ex00_best_critic")(lambda p, p_g: np.asarray(p) / (np.asarray(p) + np.asarray(p_g)))
right("ex00_best_critic")(lambda p, p_g: torch.stack([a / (a + b) for a, b in zip(p, p_g, strict=True)]))

wrong("ex00_best_critic", "probability of being fake", lambda p, q: q / (p + q))
wrong("ex00_best_critic", "grows without bound", lambda p, q: p / q)
wrong("ex00_best_critic", "upside down", lambda p, q: q / p)
wrong("ex00_best_critic", "difference is no probability", lambda p, q: p - q)
wrong("ex00_best_critic", "between -1 and 1", lambda p, q: (p - q) / (p + q))
wrong("ex00_best_critic", "the logit of D*", lambda p, q: torch.log(p / q))
wrong("ex00_best_critic", "sigmoid of the ratio", lambda p, q: torch.sigmoid(p / q))
wrong("ex00_best_critic", "sigmoid of the difference", lambda p, q: torch.sigmoid(p - q))
wrong("ex00_best_critic", "missing brackets", lambda p, q: p / p + q)
wrong("ex00_best_critic", "p alone", lambda p, q: p)
wrong("ex00_best_critic", "sum over all places", lambda p, q: p / (p + q).sum())
wrong("ex00_best_critic", "1/2 everywhere", lambda p, q: 0.5 * torch.ones(len(p)))
wrong("ex00_best_critic", "wrong type: a float", lambda p, q: 0.5)
wrong("ex00_best_critic", "wrong shape", lambda p, q: (p / (p + q)).mean())
wrong("ex00_best_critic", "the numbers differ", lambda p, q: p / (p + q) ** 2)


# --- ex00_transposed_size ---------------------------------------------------------------------------------------------


@right("ex00_transposed_size", reference=True)
def size_by_formula(n, kernel, stride, padding):
    return (n - 1) * stride - 2 * padding + kernel


@right("ex00_transposed_size", reference=True)
def size_as_in_pytorch(n, kernel, stride, padding):
    return (n - 1) * stride - 2 * padding + (kernel - 1) + 1


@right("ex00_transposed_size")
def size_by_trying(n, kernel, stride, padding):
    return nn.ConvTranspose2d(1, 1, kernel, stride, padding)(torch.zeros(1, 1, n, n)).shape[-1]


right("ex00_transposed_size")(lambda n, k, s, p: torch.tensor(float((n - 1) * s + k - 2 * p)))

wrong("ex00_transposed_size", "ordinary convolution", lambda n, k, s, p: (n + 2 * p - k) // s + 1)
wrong("ex00_transposed_size", "n stride holds only", lambda n, k, s, p: n * s)
wrong("ex00_transposed_size", "off by one step", lambda n, k, s, p: n * s - 2 * p + k)
wrong("ex00_transposed_size", "padding is added", lambda n, k, s, p: (n - 1) * s + 2 * p + k)
wrong("ex00_transposed_size", "one side only", lambda n, k, s, p: (n - 1) * s - p + k)
wrong("ex00_transposed_size", "padding is missing", lambda n, k, s, p: (n - 1) * s + k)
wrong("ex00_transposed_size", "kernel is missing", lambda n, k, s, p: (n - 1) * s - 2 * p)
wrong("ex00_transposed_size", "kernel - 1", lambda n, k, s, p: (n - 1) * s - 2 * p + k - 1)
wrong("ex00_transposed_size", "kernel and stride are swapped", lambda n, k, s, p: (n - 1) * k - 2 * p + s)
wrong("ex00_transposed_size", "wrong type: a tuple", lambda n, k, s, p: ((n - 1) * s - 2 * p + k,) * 2)
wrong(
    "ex00_transposed_size",
    "wrong type: a Size",
    lambda n, k, s, p: nn.ConvTranspose2d(1, 1, k, s, p)(torch.zeros(1, 1, n, n)).shape,
)
wrong("ex00_transposed_size", "the numbers differ", lambda n, k, s, p: 2 * n)


# --- ex00_stop_gradient -----------------------------------------------------------------------------------------------


@right("ex00_stop_gradient", reference=True)
def stop_by_detach(G, D, z):
    fake = G(z).detach()
    return D(fake)


@right("ex00_stop_gradient")
def stop_by_no_grad(G, D, z):
    with torch.no_grad():
        fake = G(z)
    return D(fake)


@right("ex00_stop_gradient")
def stop_by_freezing_for_a_moment(G, D, z):
    G.requires_grad_(False)
    fake = G(z)
    G.requires_grad_(True)
    return D(fake)


right("ex00_stop_gradient")(lambda G, D, z: D(G(z).data))
right("ex00_stop_gradient")(lambda G, D, z: D(G(z).detach()).squeeze(1))


@wrong("ex00_stop_gradient", "no gradient reaches D")
def no_grad_around_both(G, D, z):
    with torch.no_grad():
        return D(G(z))


@wrong("ex00_stop_gradient", "frozen for good")
def frozen(G, D, z):
    G.requires_grad_(False)
    return D(G(z))


@wrong("ex00_stop_gradient", "eval() does not stop")
def evaluated(G, D, z):
    G.eval()
    return D(G(z))


@wrong("ex00_stop_gradient", "missing detach")
def zeroed(G, D, z):
    G.zero_grad()
    return D(G(z))


wrong("ex00_stop_gradient", "missing detach", lambda G, D, z: D(G(z)))
wrong("ex00_stop_gradient", "missing detach", lambda G, D, z: D(G(z.detach())))
wrong("ex00_stop_gradient", "missing detach", lambda G, D, z: D(G(z).clone()))
wrong("ex00_stop_gradient", "the cut is too late", lambda G, D, z: D(G(z)).detach())
wrong("ex00_stop_gradient", "probabilities", lambda G, D, z: torch.sigmoid(D(G(z).detach())))
wrong("ex00_stop_gradient", "D has not seen them", lambda G, D, z: G(z).detach())
wrong("ex00_stop_gradient", "given the noise", lambda G, D, z: D(z))
wrong("ex00_stop_gradient", "averaged", lambda G, D, z: D(G(z).detach()).mean())


# --- ex01_d_loss ------------------------------------------------------------------------------------------------------


@right("ex01_d_loss", reference=True)
def d_by_softplus(D, x, fake):
    return softplus(-D(x)).mean() + softplus(D(fake)).mean()


@right("ex01_d_loss", reference=True)
def d_by_bce(D, x, fake):
    real, fake = D(x), D(fake.detach())
    return bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(fake))


@right("ex01_d_loss", reference=True)
def d_by_logsigmoid(D, x, fake):
    return -logsigmoid(D(x)).mean() - logsigmoid(-D(fake)).mean()


@right("ex01_d_loss", reference=True)
def d_halved(D, x, fake):
    return 0.5 * (softplus(-D(x)).mean() + softplus(D(fake)).mean())


@right("ex01_d_loss")
def d_by_one_cross_entropy(D, x, fake):
    labels = torch.cat([torch.ones(len(x), 1), torch.zeros(len(fake), 1)])
    return nn.BCEWithLogitsLoss()(torch.cat([D(x), D(fake)]), labels)


right("ex01_d_loss")(
    lambda D, x, fake: -(D(x).sigmoid().log() + (1 - D(fake).sigmoid()).log()).mean()
)  # eq. 1 as printed
right("ex01_d_loss")(lambda D, x, fake: (softplus(-D(x)) + softplus(D(fake))).mean(0))

wrong("ex01_d_loss", "swapped labels", lambda D, x, fake: softplus(D(x)).mean() + softplus(-D(fake)).mean())
wrong("ex01_d_loss", "swapped labels", lambda D, x, fake: (softplus(D(x)).mean() + softplus(-D(fake)).mean()) / 2)
wrong("ex01_d_loss", "missing minus", lambda D, x, fake: logsigmoid(D(x)).mean() + logsigmoid(-D(fake)).mean())
wrong("ex01_d_loss", "both are called real", lambda D, x, fake: softplus(-D(x)).mean() + softplus(-D(fake)).mean())
wrong("ex01_d_loss", "both are called fake", lambda D, x, fake: softplus(D(x)).mean() + softplus(D(fake)).mean())
wrong("ex01_d_loss", "the fakes are missing", lambda D, x, fake: softplus(-D(x)).mean())
wrong("ex01_d_loss", "the real images are missing", lambda D, x, fake: softplus(D(fake)).mean())
wrong(
    "ex01_d_loss", "the real images are used twice", lambda D, x, fake: softplus(-D(x)).mean() + softplus(D(x)).mean()
)
wrong("ex01_d_loss", "the fakes are used twice", lambda D, x, f: softplus(-D(f)).mean() + softplus(D(f)).mean())
wrong("ex01_d_loss", "subtracted", lambda D, x, fake: softplus(-D(x)).mean() - softplus(D(fake)).mean())
wrong("ex01_d_loss", "the first term only", lambda D, x, fake: -softplus(-D(x)).mean() + softplus(D(fake)).mean())
wrong("ex01_d_loss", "sum instead of a mean", lambda D, x, fake: softplus(-D(x)).sum() + softplus(D(fake)).sum())
wrong("ex01_d_loss", "missing mean", lambda D, x, fake: softplus(-D(x)) + softplus(D(fake)))
wrong(
    "ex01_d_loss",
    "sigmoid twice",
    lambda D, x, f: (
        bce_logits(D(x).sigmoid(), torch.ones(len(x), 1)) + bce_logits(D(f).sigmoid(), torch.zeros(len(x), 1))
    ),
)
wrong("ex01_d_loss", "BCE without logits", lambda D, x, f: functional.binary_cross_entropy(D(x), torch.ones(len(x), 1)))
wrong("ex01_d_loss", "labels have another shape", lambda D, x, f: bce_logits(D(x), torch.ones(len(x))))
wrong("ex01_d_loss", "NaN", lambda D, x, fake: -(D(x).log() + (1 - D(fake)).log()).mean())
wrong(
    "ex01_d_loss",
    "logarithm is taken of the mean",
    lambda D, x, f: -D(x).sigmoid().mean().log() - (1 - D(f).sigmoid().mean()).log(),
)
wrong("ex01_d_loss", "softplus of the mean", lambda D, x, fake: softplus(-D(x).mean()) + softplus(D(fake).mean()))
wrong("ex01_d_loss", "without their logarithms", lambda D, x, fake: (D(fake).sigmoid() - D(x).sigmoid()).mean())
wrong("ex01_d_loss", "without their logarithms", lambda D, x, fake: (1 - D(x).sigmoid() + D(fake).sigmoid()).mean())
wrong("ex01_d_loss", "Wasserstein", lambda D, x, fake: D(fake).mean() - D(x).mean())
wrong("ex01_d_loss", "hinge", lambda D, x, fake: (1 - D(x)).relu().mean() + (1 + D(fake)).relu().mean())
wrong("ex01_d_loss", "least-squares", lambda D, x, fake: ((D(x) - 1) ** 2 + D(fake) ** 2).mean())
wrong(
    "ex01_d_loss",
    "gradient with respect to D.weight",
    lambda D, x, f: (softplus(-D(x)) + softplus(D(f).detach())).mean(),
)
wrong("ex01_d_loss", "no gradient flows", lambda D, x, f: (softplus(-D(x)) + softplus(D(f))).mean().detach())
wrong("ex01_d_loss", "plain number", lambda D, x, f: (softplus(-D(x)) + softplus(D(f))).mean().item())
wrong("ex01_d_loss", "swapped labels", lambda D, x, fake: softplus(-D(fake)).mean() + softplus(D(x)).mean())
wrong(
    "ex01_d_loss",
    "logits and labels are swapped",
    lambda D, x, f: bce_logits(torch.ones(len(x), 1), D(x)) + bce_logits(torch.zeros(len(f), 1), D(f)),
)
wrong("ex01_d_loss", "a plain number", lambda D, x, f: bce_logits(D(x), 1) + bce_logits(D(f), 0))


# --- ex01_g_loss ------------------------------------------------------------------------------------------------------


@right("ex01_g_loss", reference=True)
def g_by_softplus(D, fake):
    return softplus(-D(fake)).mean()


@right("ex01_g_loss", reference=True)
def g_by_bce(D, fake):
    s = D(fake)
    return bce_logits(s, torch.ones_like(s))


@right("ex01_g_loss", reference=True)
def g_by_logsigmoid(D, fake):
    return -logsigmoid(D(fake)).mean()


right("ex01_g_loss")(lambda D, fake: g_nonsaturating(D(fake)))
right("ex01_g_loss")(lambda D, fake: -torch.log(torch.sigmoid(D(fake))).mean())

wrong("ex01_g_loss", "saturating loss", lambda D, fake: -softplus(D(fake)).mean())
wrong("ex01_g_loss", "saturating loss", lambda D, fake: torch.log(1 - D(fake).sigmoid()).mean())
wrong("ex01_g_loss", "label of the fakes is 0", lambda D, fake: bce_logits(D(fake), torch.zeros_like(D(fake))))
wrong("ex01_g_loss", "missing minus", lambda D, fake: logsigmoid(D(fake)).mean())
wrong("ex01_g_loss", "sum instead of a mean", lambda D, fake: softplus(-D(fake)).sum())
wrong("ex01_g_loss", "missing mean", lambda D, fake: softplus(-D(fake)))
wrong("ex01_g_loss", "sigmoid twice", lambda D, fake: bce_logits(D(fake).sigmoid(), torch.ones(len(fake), 1)))
wrong("ex01_g_loss", "BCE without logits", lambda D, fake: nn.BCELoss()(D(fake), torch.ones(len(fake), 1)))
wrong("ex01_g_loss", "gradient with respect to the fakes", lambda D, fake: softplus(-D(fake.detach())).mean())
wrong("ex01_g_loss", "no gradient flows", lambda D, fake: softplus(-D(fake)).mean().detach())
wrong("ex01_g_loss", "half the loss", lambda D, fake: 0.5 * softplus(-D(fake)).mean())
wrong("ex01_g_loss", "without its logarithm", lambda D, fake: -D(fake).sigmoid().mean())
wrong("ex01_g_loss", "without its logarithm", lambda D, fake: 1 - D(fake).sigmoid().mean())
wrong("ex01_g_loss", "NaN", lambda D, fake: -D(fake).log().mean())
wrong("ex01_g_loss", "logarithm is taken of the mean", lambda D, fake: -D(fake).sigmoid().mean().log())
wrong("ex01_g_loss", "softplus of the mean", lambda D, fake: softplus(-D(fake).mean()))
wrong("ex01_g_loss", "Wasserstein", lambda D, fake: -D(fake).mean())
wrong("ex01_g_loss", "least-squares", lambda D, fake: ((D(fake) - 1) ** 2).mean())
wrong("ex01_g_loss", "takes (D, x, fake)", lambda D, x, fake: softplus(-D(fake)).mean())


# --- ex01_order -------------------------------------------------------------------------------------------------------

for order in (
    "fbidcgejha",
    ["f", "b", "i", "d", "c", "g", "e", "j", "h", "a"],
    "b f d j i c g e h a",  # both zero_grad early
    "B, F, I, D, C, G, E, H, A, J",  # G's zero_grad at the end
    "fbicgejhad",  # D's zero_grad at the end, after loss_G.backward()
    [STEPS[letter] for letter in "fbidcgejha"],  # the lines themselves
):
    right("ex01_order")(order)

wrong("ex01_order", "fake is used before it is there", "fidcgbejha")
wrong("ex01_order", "x is used before it is there", "bidcgejhaf")
wrong("ex01_order", "loss_D is used before it is there", "fbdcigejha")
wrong("ex01_order", "loss_G is used before it is there", "fbidcgjhea")
wrong("ex01_order", "loss_D.backward() comes later", "fbidgcejha")
wrong("ex01_order", "opt_D.zero_grad() has just wiped it away", "fbicdgejha")  # zero_grad between backward and step
wrong("ex01_order", "opt_G.zero_grad() has just wiped it away", "fbidcgehja")
wrong("ex01_order", "opt_G.step() finds no gradient", "fbidcgejah")
wrong("ex01_order", "gradient of loss_G is still in D", "fbicgdejha")  # D's zero_grad right after its step
wrong("ex01_order", "gradient of loss_G is still in D", "fbidcejhga")  # all backwards first
wrong("ex01_order", "G moves before D", "fbejhaidcg")
wrong("ex01_order", "D has moved between loss_G and loss_G.backward()", "fbidcegjha")
wrong("ex01_order", "answers the old critic", "fbejhidcga")
wrong("ex01_order", "missing: a, h, j", "fbidcge")
wrong("ex01_order", "given twice: f", "ffbidcgejha")
wrong("ex01_order", "no line has the letter k", "fbidcgejhk")
wrong("ex01_order", "given an int", 12)
wrong("ex01_order", "given a dict", STEPS)


# --- ex01_round -------------------------------------------------------------------------------------------------------


@right("ex01_round", reference=True)
def round_as_in_the_course(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(fake), game.G)


@right("ex01_round", reference=True)
def round_with_names(game, x):
    z = game.noise(x.shape[0])
    fake = game.G(z)
    loss_D = game.d_loss(x, fake.detach())
    game.minimize(loss_D, game.D)
    loss_G = game.g_loss(fake)
    game.minimize(loss_G, game.G)


@right("ex01_round")
def round_with_two_noises(game, x):  # the paper's Algorithm 1 to the letter
    with torch.no_grad():
        fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake), game.D)
    game.minimize(game.g_loss(game.G(game.noise(len(x)))), game.G)


right("ex01_round")(GAN.round)


@wrong("ex01_round", "missing detach")
def round_without_detach(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake), game.D)
    game.minimize(game.g_loss(fake), game.G)


@wrong("ex01_round", "a detach too many")
def round_cut_for_both(game, x):
    fake = game.G(game.noise(len(x))).detach()
    game.minimize(game.d_loss(x, fake), game.D)
    game.minimize(game.g_loss(fake), game.G)


@wrong("ex01_round", "real and fake are swapped")
def round_with_swapped_arguments(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(fake.detach(), x), game.D)
    game.minimize(game.g_loss(fake), game.G)


@wrong("ex01_round", "G moves before D")
def round_with_g_first(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.g_loss(fake), game.G)
    game.minimize(game.d_loss(x, fake.detach()), game.D)


@wrong("ex01_round", "on the critic's loss D alone should move; named for it: G.")
def round_with_swapped_players(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()), game.G)
    game.minimize(game.g_loss(fake), game.D)


@wrong("ex01_round", "named for it: G and D.")
def round_with_both_players(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(fake), game.G, game.D)


@wrong("ex01_round", "named for it: nobody.")
def round_without_players(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()))
    game.minimize(game.g_loss(fake))


@wrong("ex01_round", "G never moves")
def round_of_one_move(game, x):
    game.minimize(game.d_loss(x, game.G(game.noise(len(x))).detach()), game.D)


@wrong("ex01_round", "D never moves: d_loss is computed, but not minimized")
def round_without_minimize(game, x):
    fake = game.G(game.noise(len(x)))
    game.d_loss(x, fake.detach()).backward()
    game.g_loss(fake).backward()


@wrong("ex01_round", "noise for 64 fakes beside 3 real images")
def round_with_a_fixed_batch_size(game, x):
    fake = game.G(game.noise(64))
    game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(fake), game.G)


@wrong("ex01_round", "answers the old critic")
def round_with_both_losses_first(game, x):
    fake = game.G(game.noise(len(x)))
    loss_D, loss_G = game.d_loss(x, fake.detach()), game.g_loss(fake)
    game.minimize(loss_D, game.D)
    game.minimize(loss_G, game.G)


@wrong("ex01_round", "g_loss was given the real images")
def round_with_real_images_for_g(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(x), game.G)


@wrong("ex01_round", "the game knows its players")
def round_with_the_critic_handed_over(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(game.D, x, fake.detach()), game.D)


@wrong("ex01_round", "G was given a tensor of shape (3, 1, 1, 2)")
def round_that_feeds_images_to_g(game, x):
    fake = game.G(x)
    game.minimize(game.d_loss(x, fake.detach()), game.D)


@wrong("ex01_round", "D moves 2 times")
def round_of_three_moves(game, x):
    fake = game.G(game.noise(len(x)))
    for _ in range(2):
        game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(fake), game.G)


@wrong("ex01_round", "g_loss was given something that G did not return")
def round_with_changed_fakes(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, fake.detach()), game.D)
    game.minimize(game.g_loss(fake.clamp(0, 1)), game.G)


@wrong("ex01_round", "d_loss was given something that G did not return")
def round_with_noise_for_fakes(game, x):
    fake = game.G(game.noise(len(x)))
    game.minimize(game.d_loss(x, torch.randn_like(x)), game.D)
    game.minimize(game.g_loss(fake), game.G)


# --- ex02_tell --------------------------------------------------------------------------------------------------------


@right("ex02_tell", reference=True)
def tell_by_one_hot(z, y, classes):
    return torch.cat([z, one_hot(y, classes)], dim=1)


@right("ex02_tell", reference=True)
def tell_by_eye(z, y, classes):
    return torch.hstack((z, torch.eye(classes)[y]))


@right("ex02_tell", reference=True)
def tell_by_comparison(z, y, classes):
    code = (y[:, None] == torch.arange(classes)).float()
    return torch.cat((z, code), 1)


@right("ex02_tell")
def tell_by_scatter(z, y, classes):
    return torch.cat([z, torch.zeros(len(y), classes).scatter_(1, y.unsqueeze(1), 1.0)], dim=-1)


@right("ex02_tell")
def tell_by_a_loop(z, y, classes):
    out = torch.zeros(len(z), z.shape[1] + classes)
    out[:, : z.shape[1]] = z
    for i, label in enumerate(y.tolist()):
        out[i, z.shape[1] + label] = 1
    return out


right("ex02_tell")(tell)

wrong("ex02_tell", "dimension 0", lambda z, y, k: torch.cat([z, one_hot(y, k)]))
wrong("ex02_tell", "dimension 0", lambda z, y, k: torch.cat([z, one_hot(y, k)], dim=0))
wrong("ex02_tell", "the label comes first", lambda z, y, k: torch.cat([one_hot(y, k), z], 1))
wrong("ex02_tell", "not one-hot", lambda z, y, k: torch.cat([z, y], 1))
wrong("ex02_tell", "not one-hot", lambda z, y, k: torch.cat([z, y[:, None]], 1))
wrong("ex02_tell", "number of classes is missing", lambda z, y, k: torch.cat([z, one_hot(y)], 1))
wrong("ex02_tell", "two shapes do not fit", lambda z, y, k: z + one_hot(y, k))
wrong("ex02_tell", "one_hot takes integers", lambda z, y, k: torch.cat([z, one_hot(y.float(), k)], 1))
wrong("ex02_tell", "off by one", lambda z, y, k: torch.cat([z, torch.eye(k)[y - 1]], 1))
wrong("ex02_tell", "off by one", lambda z, y, k: torch.cat([z, one_hot((y + 1) % k, k)], 1))
wrong("ex02_tell", "the label is not told", lambda z, y, k: z)
wrong("ex02_tell", "the noise is gone", lambda z, y, k: one_hot(y, k).float())
wrong("ex02_tell", "row numbers", lambda z, y, k: torch.cat([z, torch.eye(k)[: len(y)]], 1))
wrong("ex02_tell", "every class is asked for", lambda z, y, k: torch.cat([z, torch.ones(len(y), k)], 1))
wrong("ex02_tell", "no class is asked for", lambda z, y, k: torch.cat([z, torch.zeros(len(y), k)], 1))
wrong("ex02_tell", "into its code", lambda z, y, k: torch.cat([z, y[:, None] * one_hot(y, k)], 1))
wrong("ex02_tell", "upside down", lambda z, y, k: torch.cat([z, 1 - one_hot(y, k)], 1))
wrong("ex02_tell", "the first one", lambda z, y, k: torch.cat([z, one_hot(y[0], k).expand(len(z), -1)], 1))
wrong("ex02_tell", "type torch.int64|the numbers differ", lambda z, y, k: torch.cat([z.long(), one_hot(y, k)], 1))
wrong("ex02_tell", "wrong shape", lambda z, y, k: torch.cat([z, one_hot(y, k + 1)], 1))
wrong("ex02_tell", "wrong type: a tuple", lambda z, y, k: (z, one_hot(y, k)))
wrong("ex02_tell", "take one list of tensors", lambda z, y, k: torch.cat(z, one_hot(y, k), dim=1))
wrong("ex02_tell", "takes equal shapes only", lambda z, y, k: torch.stack([z, one_hot(y, k)], dim=1))
wrong("ex02_tell", "torch takes a tensor in this place", lambda z, y, k: torch.cat([z, one_hot(k, y)], dim=1))
wrong("ex02_tell", "a name after a dot is not known", lambda z, y, k: torch.cat([z, one_hot(y, k).floats()], dim=1))


# --- ex02_d_loss ------------------------------------------------------------------------------------------------------


@right("ex02_d_loss", reference=True)
def labelled_by_softplus(D, x, fake, y):
    return softplus(-D(x, y)).mean() + softplus(D(fake, y)).mean()


@right("ex02_d_loss", reference=True)
def labelled_by_bce(D, x, fake, y):
    real, fake = D(x, y), D(fake, y)
    return (bce_logits(real, torch.ones_like(real)) + bce_logits(fake, torch.zeros_like(fake))) / 2


@right("ex02_d_loss", reference=True)
def labelled_by_logsigmoid(D, x, fake, y):
    return -(logsigmoid(D(x, y)) + logsigmoid(-D(fake, y))).mean()


right("ex02_d_loss")(lambda D, x, fake, y: d_logistic(D(x, y), D(fake, y)))

wrong("ex02_d_loss", "without the label", lambda D, x, f, y: softplus(-D(x)).mean() + softplus(D(f)).mean())
wrong("ex02_d_loss", "without the label", lambda D, x, f, y: softplus(-D(x, y)).mean() + softplus(D(f)).mean())
wrong("ex02_d_loss", "label 0", lambda D, x, f, y: (softplus(-D(x, y)) + softplus(D(f, 0 * y))).mean())
wrong(
    "ex02_d_loss",
    "both are judged under label 0",
    lambda D, x, f, y: (softplus(-D(x, 0 * y)) + softplus(D(f, 0 * y))).mean(),
)
wrong("ex02_d_loss", "fakes are shuffled", lambda D, x, f, y: (softplus(-D(x, y)) + softplus(D(f, y.flip(0)))).mean())
wrong(
    "ex02_d_loss",
    "real images are shuffled",
    lambda D, x, f, y: (softplus(-D(x, y.roll(1))) + softplus(D(f, y))).mean(),
)
wrong("ex02_d_loss", "missing the real pair", lambda D, x, f, y: (softplus(D(x, y.roll(1))) + softplus(D(f, y))).mean())
wrong("ex02_d_loss", "image and label are swapped", lambda D, x, f, y: (softplus(-D(y, x)) + softplus(D(y, f))).mean())
wrong("ex02_d_loss", "as labels of", lambda D, x, f, y: softplus(-D(x, one_hot(y, 3))).mean())
wrong("ex02_d_loss", "swapped labels", lambda D, x, f, y: (softplus(D(x, y)) + softplus(-D(f, y))).mean())
wrong("ex02_d_loss", "missing minus", lambda D, x, f, y: (logsigmoid(D(x, y)) + logsigmoid(-D(f, y))).mean())
wrong("ex02_d_loss", "both are called real", lambda D, x, f, y: (softplus(-D(x, y)) + softplus(-D(f, y))).mean())
wrong("ex02_d_loss", "the fakes are missing", lambda D, x, f, y: softplus(-D(x, y)).mean())
wrong("ex02_d_loss", "sum instead of a mean", lambda D, x, f, y: (softplus(-D(x, y)) + softplus(D(f, y))).sum())
wrong("ex02_d_loss", "takes (D, x, fake)", lambda D, x, fake: softplus(-D(x)).mean())
wrong(
    "ex02_d_loss",
    "labels other than y",
    lambda D, x, f, y: softplus(-D(x, y)).mean() + softplus(D(f, y + 7)).mean(),
)
wrong("ex02_d_loss", "not one-hot", lambda D, x, f, y: (softplus(-D(torch.cat([x, y], 1)))).mean())
wrong(
    "ex02_d_loss",
    "sigmoid twice",
    lambda D, x, f, y: (softplus(-D(x, y).sigmoid()) + softplus(D(f, y).sigmoid())).mean(),
)


# --- ex02_grid --------------------------------------------------------------------------------------------------------


@right("ex02_grid", reference=True)
def grid_by_repeating(classes, noises):
    z = noises.repeat(classes, 1)
    y = torch.arange(classes).repeat_interleave(len(noises))
    return z, y


@right("ex02_grid", reference=True)
def grid_by_expanding(classes, noises):
    k, d = noises.shape
    z = noises[None].expand(classes, k, d).reshape(-1, d)
    y = torch.arange(classes)[:, None].expand(classes, k).reshape(-1)
    return z, y


@right("ex02_grid")
def grid_by_a_loop(classes, noises):
    cells = [(z, label) for label in range(classes) for z in noises]
    return torch.stack([z for z, _ in cells]), torch.tensor([label for _, label in cells])


@right("ex02_grid")
def grid_by_product(classes, noises):
    y, i = map(torch.tensor, zip(*itertools.product(range(classes), range(len(noises))), strict=True))
    return [noises[i], y]


def arange_held(c, n):
    return torch.arange(c).repeat_interleave(len(n))


wrong(
    "ex02_grid",
    "rows and columns are swapped",
    lambda c, n: (n.repeat_interleave(c, 0), torch.arange(c).repeat(len(n))),
)
wrong("ex02_grid", "repeat for both", lambda c, n: (n.repeat(c, 1), torch.arange(c).repeat(len(n))))
wrong("ex02_grid", "repeat_interleave for both", lambda c, n: (n.repeat_interleave(c, 0), arange_held(c, n)))
wrong("ex02_grid", "new noise was drawn", lambda c, n: (torch.randn(c * len(n), n.shape[1]), arange_held(c, n)))
wrong("ex02_grid", "one noise everywhere", lambda c, n: (n[:1].repeat(c * len(n), 1), arange_held(c, n)))
wrong("ex02_grid", "counted from 1", lambda c, n: (n.repeat(c, 1), 1 + arange_held(c, n)))
wrong("ex02_grid", "one label everywhere", lambda c, n: (n.repeat(c, 1), torch.full((c * len(n),), 0)))
wrong("ex02_grid", "z and y are swapped", lambda c, n: (arange_held(c, n), n.repeat(c, 1)))
wrong("ex02_grid", "y is one-hot", lambda c, n: (n.repeat(c, 1), one_hot(arange_held(c, n), c)))
wrong("ex02_grid", "wrong shape", lambda c, n: (n.expand(c, *n.shape), arange_held(c, n)))
wrong("ex02_grid", "stopped with an error", lambda c, n: (n.repeat(c), arange_held(c, n)))
wrong("ex02_grid", "wrong shape", lambda c, n: (n, torch.arange(c)))
wrong("ex02_grid", "wrong shape", lambda c, n: (n.repeat(c, 1), arange_held(c, n)[:, None]))
wrong("ex02_grid", "labels have the type torch.float32", lambda c, n: (n.repeat(c, 1), arange_held(c, n).float()))
wrong("ex02_grid", "pair z, y is asked for", lambda c, n: n.repeat(c, 1))


# --- ex02_accuracy ----------------------------------------------------------------------------------------------------


@right("ex02_accuracy", reference=True)
def accuracy_by_mean(logits, asked):
    return (logits.argmax(1) == asked).float().mean()


@right("ex02_accuracy", reference=True)
def accuracy_by_count(logits, asked):
    return (logits.argmax(dim=1) == asked).sum().item() / len(asked)


@right("ex02_accuracy", reference=True)
def accuracy_by_probabilities(logits, asked):
    seen = logits.softmax(dim=1).max(dim=1).indices
    return torch.mean((seen == asked).double())


right("ex02_accuracy")(lambda s, y: np.mean(s.numpy().argmax(1) == y.numpy()))
right("ex02_accuracy")(lambda s, y: sum(int(row.argmax()) == int(a) for row, a in zip(s, y, strict=True)) / len(y))

wrong("ex02_accuracy", "count instead of a share", lambda s, y: (s.argmax(1) == y).sum())
wrong("ex02_accuracy", "share of errors", lambda s, y: (s.argmax(1) != y).float().mean())
wrong("ex02_accuracy", "percentage", lambda s, y: 100 * (s.argmax(1) == y).float().mean())
wrong("ex02_accuracy", "mean confidence", lambda s, y: s.softmax(1).max(1).values.mean())
wrong("ex02_accuracy", "mean probability of the asked class", lambda s, y: s.softmax(1)[range(len(y)), y].mean())
wrong("ex02_accuracy", "mean logit", lambda s, y: s[range(len(y)), y].mean())
wrong("ex02_accuracy", "order of the batch", lambda s, y: (s.argmax(1) == torch.arange(len(s))).float().mean())
wrong("ex02_accuracy", "missing mean", lambda s, y: s.argmax(1) == y)
wrong("ex02_accuracy", "means of floats only", lambda s, y: (s.argmax(1) == y).mean())
wrong("ex02_accuracy", "two shapes do not fit", lambda s, y: (s.argmax(0) == y).float().mean())
wrong("ex02_accuracy", "softmax over the batch", lambda s, y: (s.softmax(0).argmax(1) == y).float().mean())
wrong("ex02_accuracy", "least likely", lambda s, y: (s.argmin(1) == y).float().mean())
wrong("ex02_accuracy", "all or nothing", lambda s, y: torch.equal(s.argmax(1), y))
wrong("ex02_accuracy", "above 0", lambda s, y: (s[range(len(y)), y] > 0).float().mean())
wrong("ex02_accuracy", "not its place", lambda s, y: (s.max(1).values == y).float().mean())
wrong("ex02_accuracy", "number of classes, not of samples", lambda s, y: (s.argmax(1) == y).sum() / s.shape[1])
wrong("ex02_accuracy", "whole-number division", lambda s, y: (s.argmax(1) == y).sum().item() // len(y))
wrong("ex02_accuracy", "argmax() over all rows", lambda s, y: (s.argmax() == y).float().mean())
wrong("ex02_accuracy", "all()", lambda s, y: (s.argmax(1) == y).all())
wrong("ex02_accuracy", "a plain number", lambda s, y: (s.max(1) == y).float().mean())
wrong("ex02_accuracy", "NaN", lambda s, y: math.nan)


# The later chapters fill the same bank.
from tests.check import bank_ch00, bank_ch01, bank_ch02, bank_ch03, bank_ch04, bank_ch05, bank_ch06  # noqa: E402, F401
