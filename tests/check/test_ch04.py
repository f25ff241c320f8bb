"""The bank of chapter 04, until it is played with the others in test_bank."""

import pytest
import torch
from torch import nn

from gancourse.check import ch04
from gancourse.check.ch04 import ABOUT, CLAIMS
from gancourse.networks.patchgan import PatchGAN
from gancourse.receptive import bounds, map_side, receptive_field, seen_by, squares
from tests.check import bank_ch04, test_mutants
from tests.check.bank import REFERENCES, RIGHT, WRONG

assert bank_ch04  # it fills the bank

MINE_RIGHT = [entry for entry in RIGHT if entry[0].startswith("ex04")]
MINE_WRONG = [entry for entry in WRONG if entry[0].startswith("ex04")]
NAMES = ("ex04_field", "ex04_map", "ex04_square", "ex04_d_loss", "ex04_286")


def names(entries):
    return [f"{entry[0]}-{i}" for i, entry in enumerate(entries)]


def verdict(capsys, exercise, answer):
    passed = getattr(ch04, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


def test_the_claims_about_286_are_what_the_library_computes():
    large, usual = PatchGAN(6, 64, 5), PatchGAN(6, 64, 3)
    assert map_side(large, 64) == 0 and map_side(large, 95) == 0 and map_side(large, 96) == 1  # b
    weights = [sum(p.numel() for p in net.parameters()) for net in (large, usual)]
    assert round(weights[0] / weights[1]) == 4 and [round(w / 1e6, 1) for w in weights] == [11.2, 2.8]  # c
    s = squares(large)
    assert s.seen(0) == (-95, 190) and round((191 / 286) ** 2, 2) == 0.45  # e
    assert s.step == 32 and s.side == receptive_field(large) == 286  # f
    assert set(ABOUT) == set(CLAIMS)


def test_a_critic_of_one_halving_shifts_its_map_at_whole_steps_only():
    net = PatchGAN(3, 8, 1).eval()
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        old = net(picture)[..., 8:-8, 8:-8]
        new = [net(picture.roll(shift, 3))[..., 8:-8, 8:-8] for shift in (1, 2, 3, 4)]
    away = [min((m.roll(-s, 3) - old)[..., :-3].abs().max() for s in range(3)) for m in new]
    assert [float(a) < 1e-5 for a in away] == [False, True, False, True]


def test_what_the_check_of_a_design_says_is_what_the_layers_do():
    layers = [(5, 2, 2), (5, 2, 2), (5, 1, 2), (5, 1, 2)]
    net = nn.Sequential(*(nn.Conv2d(1, 1, *layer) for layer in layers))
    assert ch04.ex04_design(layers) and map_side(net, 64) == 16 and squares(net).side == 45
    top, bottom, *_ = bounds(seen_by(net, 8, 8, torch.rand(1, 1, 64, 64)))
    assert bottom - top + 1 == 45


# The mutants that pass, each with the reason why it is a right answer, too.
ONLY_SHAPE = "labels are read off the shape alone, which has no sign"
BOTH_HALVES = "the critic's loss is right in full and halved"
OF_ONE = "of one picture, or one channel of logits, the last is the first"
BCE = "return (bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.zeros_like(fooled))) / 2"
PASSING = {
    "fooled = D(torch.cat([x, fake], dim=1))": "the detach is the round's business",
    "return bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.zeros_like(fooled))": BOTH_HALVES,
    BCE.replace("/ 2", "/ 1"): BOTH_HALVES,
    BCE.replace("ones_like(real)", "ones_like(-real)"): ONLY_SHAPE,
    BCE.replace("zeros_like(fooled)", "zeros_like(-fooled)"): ONLY_SHAPE,
    "picture = picture.requires_grad_()": "the check hands over a copy",
    "p = picture.requires_grad_(True)": "the check hands over a copy",
    "net.eval()(picture)[-1, 0, row, column].backward()": OF_ONE,
    "net.eval()(picture)[0, -1, row, column].backward()": OF_ONE,
    "return picture.grad[-1].abs().sum(0)": OF_ONE,
    "return picture.grad[0].abs().sum(-0)": "0 has no sign",
    "gradient, = torch.autograd.grad(logit, p, torch.ones_like(-logit))": ONLY_SHAPE,
    "return gradient.abs().sum(dim=(1, 0))": "the order of the dimensions summed over does not matter",
}


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_mutants_are_caught(capsys):
    mine = [(e, f) for e, f in REFERENCES if e.startswith("ex04")]
    fates = [(what, getattr(ch04, e)(mutant)) for e, f in mine for what, mutant in test_mutants.mutants(f)]
    assert {what for what, passed in fates if passed} == set(PASSING)
    assert len(fates) > 500 and sum(not passed for _, passed in fates) / len(fates) >= 0.95
