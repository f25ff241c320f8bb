"""Broken code to mend: a fault that is named is there. And what exercises claim, held to torch and to the library."""

import re
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import conv_transpose2d, cross_entropy, l1_loss, softplus
from torchvision.transforms import ToTensor

from gancourse.check import LISTING, ch00, ch01, ch03, ch04, ch05
from gancourse.check.mend import expect_mended
from gancourse.check.verdict import NotYet
from gancourse.networks.ronneberger import OriginalUNet, out_side


def test_stamps_are_what_a_transposed_convolution_of_ones_draws():
    for kernel, stride, padding in ((5, 3, 1), (9, 3, 3), (15, 3, 6), (7, 2, 3), (3, 3, 0)):
        sheet = conv_transpose2d(torch.ones(1, 1, 12, 12), torch.ones(1, 1, kernel, kernel), None, stride, padding)
        line = sheet[0, 0, :, sheet.shape[3] // 2]
        inside = line[kernel:-kernel].unique()
        least, most = ch00.stamps(kernel, stride)
        assert {least, most} == set((inside / sheet.max() * most).round().int().tolist())
    assert sheet.shape[-1] == 36


def test_the_slopes_at_a_logit_of_minus_4():
    s = torch.tensor(-4.0, requires_grad=True)
    steep, flat = (torch.autograd.grad(loss, s)[0].abs() for loss in (softplus(-s), -softplus(s)))
    assert round(float(steep), 3) == 0.982 and round(float(flat), 3) == 0.018 and 54 < steep / flat < 55


def value(p, q):
    """V(D*, G) for densities p and q on a few places."""
    best = p / (p + q).clamp(min=1e-12)
    return torch.xlogy(p, best).sum() + torch.xlogy(q, 1 - best).sum()


def test_without_an_overlap_the_value_is_0_near_and_far():
    p = torch.tensor([0.5, 0.5, 0, 0, 0, 0, 0, 0])
    assert [float(value(p, p.roll(step))) for step in (2, 4, 6)] == [0, 0, 0]
    assert torch.isclose(value(p, p), -2 * torch.tensor(2.0).log()) and value(p, p.roll(1)) < 0


MENDED = {
    "a": "# A perceptron that draws digits",
    "j": "    def forward(self, z):",
    "k": "        return self.net(z)",
    "l": "device = 'cpu'; G = Generator().to(device)",
    "m": "import numpy as np; " + LISTING["m"],
    "n": "loss_D = -(" + LISTING["n"].removeprefix("loss_D = ") + ")",
}


def play(lines: dict[str, str]) -> dict:
    """What the names of the listing stand for after it has run, without the line that reads a file."""
    D = nn.Sequential(nn.Linear(784, 1), nn.Sigmoid())
    space = {"D": D, "real": torch.rand(64, 784), "opt_D": torch.optim.SGD(D.parameters(), lr=0.1)}
    exec("\n".join(line for letter, line in lines.items() if letter != "e"), space)
    return space


def test_the_listing_runs_with_its_faults_mended_and_stops_with_any_that_should_stop_it():
    space = play(LISTING | MENDED)
    drawn = space["G"](space["z"])
    assert drawn.min() < -0.1 and ToTensor()(np.zeros((2, 2, 1), np.uint8)).min() == 0  # e and i do not fit
    with pytest.raises(NameError, match="device"):
        play(LISTING | MENDED | {"l": LISTING["l"]})
    with pytest.raises(NameError, match="np"):
        play(LISTING | MENDED | {"m": LISTING["m"]})
    with pytest.raises(NotImplementedError, match="forward"):
        play(LISTING | MENDED | {k: LISTING[k] for k in "jk"})
    assert play(LISTING | MENDED | {"n": LISTING["n"]})["loss_D"] < 0 < space["loss_D"]


def test_each_line_of_the_listing_is_faulty_or_fine():
    faulty = {letter for lines, *_ in ch01.FAULTY for letter in lines} | {"k"}  # k hangs on j
    assert faulty | set(ch01.FINE) == set(LISTING) and not faulty & set(ch01.FINE)


def test_a_mix_of_noise_has_the_length_that_the_check_tells():
    one, two = torch.randn(2, 500, 64, generator=torch.Generator().manual_seed(0))
    usual = one.norm(dim=1).mean()
    for a, b in ((0.5, 0.5), (0.5**0.5, 0.5**0.5), (1, 1), (0.6, 0.8)):
        assert abs((a * one + b * two).norm(dim=1).mean() / usual - (a * a + b * b) ** 0.5) < 0.02


def test_graph_that_is_kept_gets_a_remark(capsys):
    from tests.check import bank_ch01

    assert ch01.ex01_mend(bank_ch01.hand_round_that_keeps_the_graph)
    assert "work for nothing" in " ".join(capsys.readouterr().out.split())
    assert ch01.ex01_mend(bank_ch01.hand_round) and "One thing more" not in capsys.readouterr().out


def test_a_loss_that_hangs_on_whoever_made_the_fakes_gets_a_remark(capsys):
    from tests.check import bank_ch00

    assert ch00.ex00_mend(bank_ch00.critic_loss_by_softplus)
    assert "D(fake.detach()) keeps it out" in " ".join(capsys.readouterr().out.split())
    assert ch00.ex00_mend(bank_ch00.critic_loss_in_place) and "One thing more" not in capsys.readouterr().out


def test_the_best_critic_of_pairs():
    real, drawn = torch.eye(10) / 10, torch.full((10, 10), 0.01)
    best = real / (real + drawn)
    assert torch.isclose(best[3, 3], torch.tensor(10 / 11)) and best[3, 7] == 0


def test_a_tile_of_444_is_the_smallest_that_is_halved_with_no_rest():
    good = [side for side in range(200, 600) if ch03.good_tile(side)]
    assert good[0] == 444 and 572 in good and {b - a for a, b in zip(good, good[1:], strict=False)} == {16}
    assert out_side(444, 4, padding=0) == 260
    with torch.device("meta"):
        assert OriginalUNet(base=2, depth=4, padding=0)(torch.empty(1, 1, 444, 444)).shape[-1] == 260


def test_lines_that_are_shifted_by_a_pixel():
    truth = torch.arange(64) % 16 < 2
    seen = truth.roll(1)
    assert (truth & seen).sum() / (truth | seen).sum() == 1 / 3 and (truth == seen).float().mean() == 7 / 8


def test_after_a_softmax_too_many_no_pixel_costs_less_than_031():
    sure = torch.tensor([[0.0, 100.0]]).softmax(1)
    assert round(float(cross_entropy(sure, torch.tensor([1]))), 2) == 0.31


def test_the_best_single_answers():
    right, tries = torch.tensor(ch05.RIGHT_ANSWERS), torch.linspace(-1, 1, 201)
    assert torch.isclose(min(tries, key=lambda a: (right - a).abs().mean()), torch.tensor(-0.8))
    assert torch.isclose(min(tries, key=lambda a: (right - a).square().mean()), torch.tensor(-0.26))


def test_the_distance_that_weighs_as_much_as_an_undecided_critic():
    word = softplus(torch.tensor(0.0))
    assert 0.0069 < word / 100 < 0.007 and 127.5 * word / 100 < 1
    assert torch.isclose(100 * l1_loss(torch.full((4,), word / 100), torch.zeros(4)), word)


def test_faults_are_counted(capsys):
    from tests.check import bank_ch00, bank_ch05

    for check, stub, n in (
        (ch00.ex00_mend, bank_ch00.critic_loss_as_it_stands, 4),
        (ch05.ex05_bytes, bank_ch05.bytes_as_they_stand, 3),
    ):
        check(stub)
        assert re.search(rf"Faults left: {n}\.", capsys.readouterr().out)


def plays():
    """(faults, what code with a choice of them does) for one case of each exercise whose faults are played."""
    D, points = ch00.Line([[0.7, -1.1]], [0.4]), torch.tensor([[1.0, 2.0], [-0.5, 0.3], [0.2, -1.5]])
    yield ch00.SURE_FAULTS, ch00.sure(D, points, points.flip(1))
    yield ch01.ROUND_FAULTS, ch01.two_rounds
    scores = (2.5 * ch03.numbers(2, 2, 2, 3, step=1.1)).requires_grad_()
    yield ch03.LOSS_FAULTS, ch03.segmenting(scores, ch03.numbers(2, 1, 2, 3, step=2.3))
    yield ch04.SEEN_FAULTS, ch04.seen(0, 2, (1.7 * torch.arange(1.0, 129)).sin().view(1, 2, 8, 8))
    yield ch05.BYTES_FAULTS, ch05.painted(((ch05.wave(2, 2, 2, 3) + 1) * 127.5).to(torch.uint8))


@pytest.mark.parametrize(("faults", "play"), list(plays()))
def test_with_any_choice_of_faults_the_one_that_is_named_is_there(faults, play):
    known = {present: play(*present) for present in product((False, True), repeat=len(faults))}
    for present, value in known.items():
        try:
            expect_mended(value, lambda *choice: known[choice], faults, "")
            assert not any(present)
        except NotYet as wrong:
            assert wrong.what in [f.name for f, there in zip(faults, present, strict=True) if there]
