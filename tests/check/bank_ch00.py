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


@wrong("ex00_mend", "sigmoid twice, for the real samples")
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
