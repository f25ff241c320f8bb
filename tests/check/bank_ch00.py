"""Right and wrong answers to the later exercises of chapter 00; see :mod:`tests.check.bank`."""

import numpy as np
import torch
from torch.nn import functional
from torch.nn.functional import binary_cross_entropy_with_logits as bce_logits
from torch.nn.functional import softplus

from tests.check.bank import right, wrong

# --- ex00_mend --------------------------------------------------------------------------------------------------------


@right("ex00_mend", reference=True)
def critic_loss_in_place(D, x, fake):
    real, fooled = D(x), D(fake.detach())
    return bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.zeros_like(fooled))


@right("ex00_mend", reference=True)
def critic_loss_by_softplus(D, x, fake):
    return (softplus(-D(x)).mean() + softplus(D(fake)).mean()) / 2


@right("ex00_mend")
def critic_loss_through_one_sigmoid(D, x, fake):
    real, fooled = D(x).sigmoid(), D(fake).sigmoid()
    bce = functional.binary_cross_entropy
    return bce(real, torch.ones_like(real)) + bce(fooled, torch.zeros_like(fooled))


@wrong("ex00_mend", "all its faults are still there")
def critic_loss_as_it_stands(D, x, fake):
    real, fooled = D(x).sigmoid(), D(fake).detach().sigmoid()
    return bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.ones_like(fooled))


def critic_loss(real=lambda s: s, fooled=lambda s: s, one=1.0, zero=0.0):
    """The critic's loss with something wrong in it."""

    def answer(D, x, fake):
        r, f = real(D(x)), fooled(D(fake))
        return bce_logits(r, torch.full_like(r, one)) + bce_logits(f, torch.full_like(f, zero))

    return answer


wrong("ex00_mend", "Faults left: 4.", critic_loss_as_it_stands)
wrong("ex00_mend", "Faults left: 1.", critic_loss(real=torch.sigmoid))
wrong("ex00_mend", "sigmoid twice, for the real samples", critic_loss(real=torch.sigmoid))
wrong("ex00_mend", "sigmoid twice, for the fakes", critic_loss(fooled=torch.sigmoid))
wrong("ex00_mend", "the fakes are called real", critic_loss(zero=1.0))
wrong("ex00_mend", "the real samples are called fake", critic_loss(one=0.0))
wrong("ex00_mend", "Faults left: 2.", critic_loss(one=0.0, zero=1.0))
wrong("ex00_mend", "the cut is behind D", critic_loss(fooled=lambda s: s.detach()))
wrong("ex00_mend", "Faults left: 2.", critic_loss(fooled=lambda s: s.detach().sigmoid()))
wrong("ex00_mend", "no gradient flows", critic_loss(lambda s: s.detach(), lambda s: s.detach()))
wrong("ex00_mend", "it does something else now", lambda D, x, f: (softplus(-D(x)) + softplus(D(f))).sum())
wrong("ex00_mend", "it does something else now", lambda D, x, f: -critic_loss()(D, x, f))
wrong("ex00_mend", "missing mean", lambda D, x, f: softplus(-D(x)) + softplus(D(f)))
wrong("ex00_mend", "BCE without logits", lambda D, x, f: functional.binary_cross_entropy(D(x), torch.ones(len(x), 1)))


# --- ex00_even --------------------------------------------------------------------------------------------------------

for knobs in ((9, 3, 3), [15, 3, 6], torch.tensor([9, 3, 3]), np.array([21, 3, 9]), (9.0, 3.0, 3.0)):
    right("ex00_even")(knobs)

wrong("ex00_even", "a grid: 5 is not a multiple of the stride 3", (5, 3, 1))
wrong("ex00_even", "gets 1 or 2 stamps", (5, 3, 1))
wrong("ex00_even", "a grid: 7", (7, 3, 2))
wrong("ex00_even", "no two stamps overlap", (3, 3, 0))
wrong("ex00_even", "not exactly three times as large", (6, 3, 1))
wrong("ex00_even", "not exactly three times as large", (9, 3, 1))
wrong("ex00_even", "Sides of 6 and 10 become 12 and 20", (4, 2, 1))
wrong("ex00_even", "the stride is not 3", (3, 9, 3))
wrong("ex00_even", "the stride is not 3", (14, 2, 1))  # right for a side of 6 alone
wrong("ex00_even", "a padding below 0", (1, 3, -1))
wrong("ex00_even", "4.5 is not a whole number", (4.5, 3, 1))
wrong("ex00_even", "2 numbers came, and 3 are asked for", (9, 3))
wrong("ex00_even", "the check was given a str", "9, 3, 3")
wrong("ex00_even", "the check was given None, and one number", (9, 3, None))
wrong("ex00_even", "without quotation marks", (9, 3, "3"))
wrong("ex00_even", "nan is not a number of the size", (9, 3, float("nan")))


# --- ex00_slopes ------------------------------------------------------------------------------------------------------

for letter in ("c", "C", "(c)"):
    right("ex00_slopes")(letter)

wrong("ex00_slopes", "not equally fast", "a")
wrong("ex00_slopes", "slopes are sigmoids of it", "b")
wrong("ex00_slopes", "nearly flat there, and not quite", "d")
wrong("ex00_slopes", "“e” is none of the letters", "e")
wrong("ex00_slopes", "none of the letters", "cd")
wrong("ex00_slopes", "given an int, and one letter is asked for", 55)
wrong("ex00_slopes", "given a list", ["c"])


# --- ex00_order -------------------------------------------------------------------------------------------------------

for order in ("dbegahcf", "bedgahcf", "begahcfd", "d, b, e, g, a, h, c, f", list("DBEGAHCF")):
    right("ex00_order")(order)

wrong("ex00_order", "fake is used before it is there", "debgahcf")
wrong("ex00_order", "loss_D.backward() comes later", "dbeaghcf")
wrong("ex00_order", "gradient of loss_G is still in v", "begadhcf")  # cleared behind the critic's step
wrong("ex00_order", "has just wiped it away", "begahcdf")
wrong("ex00_order", "the forger moves before the critic", "bhcfdega")
wrong("ex00_order", "the forger answers the old critic|v has moved between loss_G", "dbehgacf")
wrong("ex00_order", "still in v when v steps", "dbehgcaf")  # both backwards first
wrong("ex00_order", "missing: d", "begahcf")
wrong("ex00_order", "given twice: d", "dbegadhcf")
wrong("ex00_order", "no line has the letter i", "dbegahci")
wrong("ex00_order", "given an int", 8)


# --- ex00_weights -----------------------------------------------------------------------------------------------------


@right("ex00_weights", reference=True)
def weights_by_softmax(logits):
    return logits.softmax(0)


@right("ex00_weights", reference=True)
def weights_by_hand(logits):
    ratios = (logits - logits.max()).exp()
    return (ratios / ratios.sum()).flatten()


right("ex00_weights")(lambda s: functional.log_softmax(s.flatten(), 0).exp())
right("ex00_weights")(lambda s: np.exp(s.numpy() - s.logsumexp(0).numpy()))

wrong("ex00_weights", "not divided by their sum", lambda s: s.exp())
wrong("ex00_weights", "they add up to n", lambda s: len(s) * s.softmax(0))
wrong("ex00_weights", "upside down", lambda s: (-s).softmax(0))
wrong("ex00_weights", "weighed by D itself", lambda s: s.sigmoid() / s.sigmoid().sum())
wrong("ex00_weights", "D itself, and not divided", torch.sigmoid)
wrong("ex00_weights", "a sigmoid before the softmax", lambda s: s.sigmoid().softmax(0))
wrong("ex00_weights", "a weight is no logit", lambda s: s / s.sum())
wrong("ex00_weights", "until none is negative", lambda s: (s - s.min()) / (s - s.min()).sum())
wrong("ex00_weights", "which is a cost and no ratio", lambda s: softplus(s) / softplus(s).sum())
wrong("ex00_weights", "along dimension 1", lambda s: s.softmax(1))
wrong("ex00_weights", "all alike", lambda s: torch.ones(len(s)) / len(s))
wrong("ex00_weights", "the logarithms of the weights", lambda s: s.log_softmax(0))
wrong("ex00_weights", "squared ratios", lambda s: (2 * s).softmax(0))
wrong("ex00_weights", "the best fake alone", lambda s: (s == s.max()).float())
wrong("ex00_weights", "breaks down for large logits", lambda s: s.exp() / s.exp().sum())
wrong(
    "ex00_weights",
    "breaks down for large logits",
    lambda s: (s.sigmoid() / (1 - s.sigmoid())) / (s.sigmoid() / (1 - s.sigmoid())).sum(),
)
wrong("ex00_weights", "breaks down for large logits", lambda s: s.clamp(max=80).exp() / s.clamp(max=80).exp().sum())
wrong("ex00_weights", "the mean", lambda s: s.exp() / s.exp().mean())
wrong("ex00_weights", "NaN", lambda s: s.log() / s.log().sum())
wrong("ex00_weights", "wrong shape", lambda s: s.softmax(0).mean())
wrong("ex00_weights", "wrong type: a list", lambda s: s.softmax(0).tolist())
wrong("ex00_weights", "the numbers differ", lambda s: s.softmax(0).sqrt())
