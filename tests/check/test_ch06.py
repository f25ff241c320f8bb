"""The bank of chapter 06 against its checks: what the library says of the same things, and mutants."""

from itertools import combinations

import pytest
import torch
from torch import nn
from torch.nn.functional import l1_loss

from gancourse.check import ch04, ch06
from gancourse.check.ch06 import ABOUT, CLAIMS
from gancourse.games.cyclegan import CycleGAN
from gancourse.networks.pool import ImagePool
from tests.check import bank_ch06, test_mutants
from tests.check.bank import REFERENCES, RIGHT

MINE = ("ex06_cycle", "ex06_d_loss", "ex06_pool", "ex06_identity", "ex06_message", "ex06_mend")


def verdict(capsys, exercise, answer):
    passed = getattr(ch06, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


def pictures(n, seed=0):
    return 2 * torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) - 1


class Seen(nn.Module):
    """A critic that notes what it is shown."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def forward(self, p):
        self.shown.append(p)
        return p.mean((1, 2, 3))


def test_every_claim_has_its_reason():
    assert set(CLAIMS) == set(ABOUT) and set(ch04.CLAIMS) == set(ch04.ABOUT)


def test_the_second_game_is_that_of_f_and_d_x():  # a
    game = CycleGAN(nn.Tanh(), nn.Hardtanh(-0.5, 0.5), Seen(), Seen())
    x, y = pictures(2), pictures(2, 1)
    assert len(list(game.g_losses(x, y, []))) == 2
    assert torch.equal(game.D_X.shown[0], game.F(y)) and torch.equal(game.D_Y.shown[0], game.G(x))


class Negative(nn.Module):
    def forward(self, p):
        return -p


def test_maps_that_undo_each_other_have_no_cycle_error_right_or_wrong():  # b
    x, y = pictures(2), pictures(2, 1)
    for G, F in ((Negative(), Negative()), (nn.Identity(), nn.Identity())):
        game = CycleGAN(G, F, Seen(), Seen())
        assert game.forward_cycle(x, G(x)) == game.backward_cycle(y, F(y)) == 0
    assert not torch.allclose(-x, x)


def test_no_loss_depends_on_which_y_comes_with_which_x():  # c
    game = CycleGAN(nn.Tanh(), nn.Hardtanh(-0.5, 0.5), Seen(), Seen())
    x, y = pictures(3), pictures(3, 1)
    losses = [sum(game.g_losses(x, some, [])) for some in (y, y[[2, 0, 1]])]
    assert torch.allclose(*losses)


def test_generators_for_k_domains():  # d
    for k in (2, 4, 10):
        assert 2 * len(list(combinations(range(k), 2))) == k * (k - 1)


def test_a_message_brings_x_home_through_wrong_colours():  # e
    x, F = 0.1 * pictures(2)[:, :1], ch06.Reader()
    wrong = torch.full_like(x, 0.25)  # one colour for all
    hidden = wrong + (x - wrong) / 10
    assert l1_loss(F(hidden), x) < 1e-5 and torch.equal(ch06.quarters(hidden), wrong)
    assert l1_loss(F(ch06.quarters(hidden)), x) > 0.1


def test_identity_needs_equal_channels():  # f
    x, y = pictures(2), pictures(2, 1)[:, :1]
    players = [nn.Identity()] * 4
    with pytest.raises(ValueError, match="identity loss between 3 and 1 channels"):
        CycleGAN(*players).expect(x, y)
    CycleGAN(*players, identity=0).expect(x, y)


def test_the_rule_of_the_exercise_is_that_of_the_pool():
    pool, stored, drawn = ImagePool(3), torch.empty(0, 3, 8, 8), pictures(40)
    torch.manual_seed(0)
    handed = pool(drawn)
    torch.manual_seed(0)
    for picture, expected in zip(drawn, handed, strict=True):
        keep = len(stored) == 3 and not torch.rand(()) < 0.5
        i = int(torch.randint(3, ())) if keep else 0
        mine, stored = bank_ch06.swap_by_pieces(stored, 3, picture, keep, i)
        assert torch.equal(mine, expected)
    assert torch.equal(stored, pool.stored)


@pytest.mark.parametrize("exercise", ["ex06_cycle", "ex06_identity"])
def test_a_gap_given_to_a_player_is_open(capsys, exercise):
    assert verdict(capsys, exercise, lambda G, F, x, y: F(G(...)).mean())[1].startswith("Still open: ")


def test_claims_with_gaps_are_open(capsys):
    for answer in (..., "", [], ["a", ...]):
        assert verdict(capsys, "ex06_claims", answer)[1].startswith("Still open: ")


def test_an_answer_may_change_what_it_was_given(capsys):
    def answer(G, F, x, y):
        loss = bank_ch06.cycle_by_hand(G, F, x.clone(), y.clone())
        x.zero_(), y.zero_()
        return loss

    assert verdict(capsys, "ex06_cycle", answer)[0]


def test_every_exercise_has_unusual_right_answers():
    for exercise in (*MINE, "ex06_claims"):
        assert sum(e == exercise for e, _ in RIGHT) - sum(e == exercise for e, _ in REFERENCES) >= 2


# The mutants that pass, each with the reason why it is a right answer, too.
EITHER_WAY = "a distance is the same from either end"
ONLY_SHAPE = "lengths and sizes are read off the shape alone, which has no sign"
ONE_IN_IT = "the first picture of a batch of one is the last, too"
ANY_NUMBER = "a tensor of one number is as good as a number"
MSE = "return 0.5 * (mse_loss(real, torch.ones_like(real)) + mse_loss(fooled, torch.zeros_like(fooled)))"
ITEMS = "return (l1_loss(read, x).item(), l1_loss(guessed, x).item())"
FOOLED = "fooled = mse_loss(on_y, torch.ones_like(on_y)) + mse_loss(on_x, torch.ones_like(on_x))"
BOTH_HOME = "return fooled + 10 * ((F(G(x)) - x).abs().mean() + (G(F(y)) - y).abs().mean())"
PASSING = {
    "return (x - F(G(x))).abs().mean() + (G(F(y)) - y).abs().mean()": EITHER_WAY,
    "return (F(G(x)) - x).abs().mean() + (y - G(F(y))).abs().mean()": EITHER_WAY,
    "return l1_loss(x, home_x) + l1_loss(home_y, y)": EITHER_WAY,
    "return l1_loss(home_x, x) + l1_loss(y, home_y)": EITHER_WAY,
    "return ((1 - real) ** 2).mean() / 2 + (fooled ** 2).mean() / 2": EITHER_WAY,
    MSE.replace("real, torch.ones_like(real)", "torch.ones_like(real), real"): EITHER_WAY,
    MSE.replace("fooled, torch.zeros_like(fooled)", "torch.zeros_like(fooled), fooled"): EITHER_WAY,
    MSE.replace("ones_like(real)", "ones_like(-real)"): ONLY_SHAPE,
    MSE.replace("zeros_like(fooled)", "zeros_like(-fooled)"): ONLY_SHAPE,
    "if len(-stored) < size:": ONLY_SHAPE,
    "return (picture[-1], torch.cat([stored, picture]))": ONE_IN_IT,
    "return (picture[-1], stored)": ONE_IN_IT,
    "return (y - G(y)).abs().mean() + (F(x) - x).abs().mean()": EITHER_WAY,
    "return (G(y) - y).abs().mean() + (x - F(x)).abs().mean()": EITHER_WAY,
    "return l1_loss(x, same_x) + l1_loss(same_y, y)": EITHER_WAY,
    "return l1_loss(same_x, x) + l1_loss(y, same_y)": EITHER_WAY,
    "with_message = (x - F(g)).abs().mean()": EITHER_WAY,
    "without = (x - F(destroy(g))).abs().mean()": EITHER_WAY,
    ITEMS.replace("(read, x).item()", "(read, x)"): ANY_NUMBER,
    ITEMS.replace("(guessed, x).item()", "(guessed, x)"): ANY_NUMBER,
    ITEMS.replace("read, x", "x, read"): EITHER_WAY,
    ITEMS.replace("guessed, x", "x, guessed"): EITHER_WAY,
    "fooled = (1 - D_Y(fake_y)).square().mean() + (D_X(fake_x) - 1).square().mean()": EITHER_WAY,
    "fooled = (D_Y(fake_y) - 1).square().mean() + (1 - D_X(fake_x)).square().mean()": EITHER_WAY,
    "home = l1_loss(x, F(fake_y)) + l1_loss(G(fake_x), y)": EITHER_WAY,
    "home = l1_loss(F(fake_y), x) + l1_loss(y, G(fake_x))": EITHER_WAY,
    "on_y, on_x = (D_X(F(y)), D_Y(G(x)))": "the two change names, and their sum is the same",
    FOOLED.replace("on_y, torch.ones_like(on_y)", "torch.ones_like(on_y), on_y"): EITHER_WAY,
    FOOLED.replace("on_x, torch.ones_like(on_x)", "torch.ones_like(on_x), on_x"): EITHER_WAY,
    FOOLED.replace("ones_like(on_y)", "ones_like(-on_y)"): ONLY_SHAPE,
    FOOLED.replace("ones_like(on_x)", "ones_like(-on_x)"): ONLY_SHAPE,
    BOTH_HOME.replace("F(G(x)) - x", "x - F(G(x))"): EITHER_WAY,
    BOTH_HOME.replace("G(F(y)) - y", "y - G(F(y))"): EITHER_WAY,
}


@pytest.mark.filterwarnings("ignore:Using a target size")
def test_mutants_are_caught():
    mine = [(e, f) for e, f in REFERENCES if e in MINE]
    fates = [(what, getattr(ch06, e)(mutant)) for e, f in mine for what, mutant in test_mutants.mutants(f)]
    assert {what for what, passed in fates if passed} == set(PASSING)
    assert len(fates) > 500 and sum(not passed for _, passed in fates) / len(fates) >= 0.95


def test_the_age_of_a_fake_is_that_of_the_library_s_pool(capsys):
    torch.manual_seed(0)
    pool, ages = ImagePool(50), []
    for t in range(8000):
        ages.append(t - pool(torch.full((1, 1, 1, 1), float(t))).item())
    old = [age for age in ages[1000:] if age]
    assert 90 < sum(old) / len(old) < 110 and 0.45 < len(old) / 7000 < 0.55
    assert verdict(capsys, "ex06_age", "c")[0]
