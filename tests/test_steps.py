"""What an optimizer keeps of a parameter lies as the parameter does, whatever becomes of it."""

import pytest
import torch

from gancourse import checkpoint
from gancourse.game import train
from gancourse.games.pix2pix import Pix2Pix
from gancourse.keeping import Keeper
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet


class InDouble(Pix2Pix):
    """So that two ways of computing the same agree far better than two that differ."""

    def expect(self, x, y):
        """Take it."""


def game() -> Pix2Pix:
    torch.manual_seed(0)
    return InDouble(UNet(base=4, downs=3, dropout=0.0), PatchGAN(6, 4, 2)).double()


def batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    torch.manual_seed(1)
    return [tuple(torch.rand(2, 1, 3, 16, 16, dtype=torch.double) * 2 - 1) for _ in range(3)]


def go_on(played: Pix2Pix, rounds: int = 3, **how) -> Pix2Pix:
    train(played, batches(), rounds, precision="fp32", progress=False, **how)
    return played


def last(played: Pix2Pix) -> Pix2Pix:
    return played.to(memory_format=torch.channels_last)


def differ(one: Pix2Pix, other: Pix2Pix) -> float:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max((p - q).abs().max().item() for p, q in pairs)


def moments(played: Pix2Pix) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Each parameter with each of its moments."""
    kept = [(p, state) for optimizer in played.optimizers.values() for p, state in optimizer.state.items()]
    return [(p, state[name]) for p, state in kept for name in ("exp_avg", "exp_avg_sq")]


def test_pictures_may_lie_otherwise_from_the_start_or_from_the_middle():
    plain, start, middle = go_on(game(), 6), go_on(game(), 6, channels_last=True), last(go_on(game()))
    assert differ(plain, start) < 1e-9 and differ(plain, go_on(middle)) < 1e-9
    assert any(not p.is_contiguous() for p in start.parameters())
    assert all(p.stride() == moment.stride() for p, moment in moments(middle))


@pytest.mark.parametrize("saved", [True, False], ids=["kept with channels last", "kept without"])
def test_a_checkpoint_goes_on_in_another_memory_format(saved, tmp_path):
    checkpoint.save(go_on(game(), channels_last=saved), tmp_path / "game.pt")
    other = game() if saved else last(game())
    checkpoint.load(other, tmp_path / "game.pt")
    assert all(p.stride() == moment.stride() for p, moment in moments(other))
    plain = go_on(go_on(game()))
    assert differ(plain, go_on(other)) < 1e-9


def test_a_kept_run_with_channels_last_ends_with_the_bits_of_one_in_one_go(tmp_path):
    for rounds in (3, 6):
        broken = go_on(game(), rounds, channels_last=True, keep=Keeper(tmp_path / "run"))
    assert broken.played == 6 and differ(go_on(game(), 6, channels_last=True), broken) == 0


def test_moments_follow_to_another_type():
    assert {moment.dtype for _, moment in moments(go_on(game()).float())} == {torch.float32}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no other device")
def test_a_game_that_has_begun_goes_on_on_another_device():
    played = go_on(game()).cuda()
    assert {moment.device.type for _, moment in moments(played)} == {"cuda"}
    assert differ(go_on(game(), 6), go_on(played).cpu()) < 1e-6
