"""The bank of chapter 04, until it is played with the others in test_bank."""

from gancourse.check import ch04
from gancourse.check.ch04 import ABOUT, CLAIMS
from gancourse.networks.patchgan import PatchGAN, receptive_field
from gancourse.receptive import map_side, squares
from tests.check import bank_ch04
from tests.check.bank import RIGHT, WRONG

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
