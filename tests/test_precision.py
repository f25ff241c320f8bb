"""Numbers of half the size inside the players: where they are, where they are not, and what they change."""

import pytest
import torch
from torch import nn
from torch.amp import GradScaler

from gancourse import precision, workers
from gancourse.data.batches import Batches
from gancourse.game import Game, NonFiniteLoss, chosen, train
from gancourse.games.cyclegan import CycleGAN
from gancourse.loop import places
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.precision import inside


class Spy(nn.Module):
    """Multiplies by a weight, and remembers in which numbers."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.seen = []

    def forward(self, x):
        y = self.layer(x)
        self.seen.append(y.dtype)
        return y


class Solo(Game):
    """One player that should answer with zero."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.G = Spy()
        self.outside = []

    def round(self, x):
        y = self.G(x)
        self.outside.append((y.dtype, torch.mm(x, x.mT).dtype))
        self.minimize(y.square().mean(), self.G)


def batches(n: int = 8):
    return Batches(torch.rand(n, 4, generator=torch.Generator().manual_seed(0)), size=4)


@pytest.mark.parametrize("name, dtype", [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_only_what_is_inside_a_player_is_computed_in_it(name, dtype):
    game = Solo()
    train(game, batches(), 3, precision=name, progress=False)
    assert set(game.G.seen) == {dtype} and set(game.outside) == {(torch.float32, torch.float32)}
    assert (
        {p.dtype for p in game.parameters()}
        == {torch.float32}
        == {s["exp_avg"].dtype for s in game.optimizers["G"].state.values()}
    )
    game.G(torch.rand(1, 4))
    assert game.G.seen[-1] == torch.float32  # after training it is as before


def test_a_player_that_answers_with_several_tensors_answers_in_float32():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x):
            y = self.layer(x)
            return {"logits": y, "features": [y, (y, None)]}

    with inside([both := Both()], "bf16"):
        answer = both(torch.rand(2, 4))
    parts = [answer["logits"], answer["features"][0], answer["features"][1][0]]
    assert {part.dtype for part in parts} == {torch.float32} and answer["features"][1][1] is None


def test_a_player_inside_another_one_and_a_player_that_fails_leave_nothing_behind():
    game = Solo()
    outer = nn.Sequential(game.G)
    with precision.inside([game.G, outer], "bf16"):
        assert outer(torch.rand(1, 4)).dtype == torch.float32
        with pytest.raises(RuntimeError):
            outer(torch.rand(1, 3))
        assert torch.mm(torch.rand(2, 2), torch.rand(2, 2)).dtype == torch.float32
    assert not game.G._forward_hooks and not game.G._forward_pre_hooks


def test_weights_are_cast_anew_after_every_step():
    """A cache of cast weights would show a critic its old self."""
    game = Solo(lr=0.1)
    with precision.inside([game.G], "bf16"):
        x = torch.ones(1, 4)
        before = game.G(x)
        game.minimize(game.G(x).square().mean(), game.G)
        assert not torch.equal(before, game.G(x))


@pytest.mark.parametrize("name, message", [("half", "choose one of fp32, bf16, fp16"), ("fp16", "needs a GPU")])
def test_a_precision_that_cannot_be_had_is_told(name, message):
    with pytest.raises(ValueError, match=message):
        train(Solo(), batches(), 1, precision=name, progress=False)


def test_the_processor_decides_where_nobody_does(monkeypatch):
    monkeypatch.delenv("GANCOURSE_PRECISION")
    for has, name in (({"avx512_bf16": True}, "bf16"), ({"amx_bf16": True}, "bf16"), ({"avx2": True}, "fp32")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda has=has: has)
        assert precision.fitting(torch.device("cpu"), 10**6) == name
        assert precision.fitting(torch.device("cpu"), 1000) == "fp32"  # too small to gain
    assert precision.fitting(torch.device("mps"), 10**6) == "fp32"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert precision.fitting(torch.device("cuda"), 10**6) == "fp16"


def test_small_batches_of_a_large_game_are_not_cast_on_a_processor(monkeypatch):
    monkeypatch.delenv("GANCOURSE_PRECISION")
    monkeypatch.setattr(precision, "computes_in_bf16", lambda: True)
    monkeypatch.setattr(precision, "FEW", 0)  # Solo has 20 numbers, and its batches 4 points
    for many, small, dtype in ((5, 5, torch.bfloat16), (4.9, 5, torch.float32), (4.9, 4, torch.bfloat16)):
        monkeypatch.setattr(precision, "MANY", many)
        monkeypatch.setattr(precision, "SMALL", small)
        train(game := Solo(), batches(), 1, progress=False)
        assert game.G.seen == [dtype]
    monkeypatch.setattr(precision, "SMALL", 5)
    monkeypatch.setattr(precision, "MANY", 5)
    with monkeypatch.context() as patch:
        assert chosen(Solo(), batches()) == "bf16"
        patch.setattr(workers, "count", lambda: 2)  # each of two workers plays two of the four
        assert chosen(Solo(), batches()) == "fp32"
    ones = iter([torch.zeros(4, 4)] * 2)  # cannot be looked at without taking from it
    train(game := Solo(), ones, 2, progress=False)
    assert game.G.seen == [torch.bfloat16] * 2
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert precision.fitting(torch.device("cuda"), 10**6, lambda: 1) == "bf16"  # a GPU has other worries


def test_pixels_are_those_of_the_largest_of_a_batch():
    class Batch:
        def at(self, i):
            return torch.zeros(2, 3, 8, 4), torch.zeros(2, 1, 4, 4), torch.zeros(2, dtype=torch.long)

    assert places(Batch()) == 2 * 8 * 4
    assert places(Batches(torch.zeros(9, 5), size=3)) == 3 and places([torch.zeros(2)]) == 2
    assert places([(torch.zeros(2, 4), torch.tensor(1.0))]) == 2 and places([()]) == float("inf")
    assert places([]) == places(iter([torch.zeros(2)])) == float("inf")


def test_the_environment_may_decide_and_a_mistake_in_it_is_told(monkeypatch):
    monkeypatch.setenv("GANCOURSE_PRECISION", "bf16")
    train(game := Solo(), batches(), 1, progress=False)
    assert game.G.seen == [torch.bfloat16]
    monkeypatch.setenv("GANCOURSE_PRECISION", "double")
    with pytest.raises(ValueError, match="'double': choose one of fp32"):
        train(Solo(), batches(), 1, progress=False)


def test_a_gradient_that_is_not_finite_takes_no_step():
    class Root(Solo):
        def round(self, x):
            self.minimize(self.G(x).sub(self.G(x)).square().sum().sqrt(), self.G)  # 0, but its slope is 0 / 0

    game = Root()
    before = [p.clone() for p in game.parameters()]
    with pytest.raises(NonFiniteLoss, match="loss of G is 0, but its gradient is not finite in round 1"):
        train(game, batches(), 3, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(before, game.parameters(), strict=True)) and game.played == 0


def test_cyclegan_in_bf16_stays_near_to_fp32():
    def played(name):
        torch.manual_seed(0)
        norm = {"norm": nn.InstanceNorm2d}
        nets = [ResNetGenerator(base=4, blocks=1, **norm) for _ in "GF"] + [PatchGAN(3, 4, 1, **norm) for _ in "XY"]
        game = CycleGAN(*nets)
        x, y = torch.rand(2, 8, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
        return train(game, Batches(x, y, size=2), 20, precision=name, progress=False)

    full, half = played("fp32"), played("bf16")
    for name, losses in full.items():
        assert losses != half[name] and losses == pytest.approx(half[name], rel=0.1)


def test_who_looks_sees_float32():
    game = Solo()
    train(game, batches(), 2, precision="bf16", look=lambda game: game.G(torch.rand(1, 4)), every=1, progress=False)
    assert game.G.seen == [torch.bfloat16, torch.float32] * 2


def test_a_scaler_is_kept_where_there_is_no_gpu():
    """A run in fp16 may go on elsewhere for a while, and then come back."""
    assert Solo().scaler("G").state_dict()["scale"] == 2**16


def test_a_scale_that_has_fallen_below_one_is_told():
    """A gradient that is never finite under a finite loss would be left out for ever, in silence."""
    game = Solo()
    game.scaling, game.scalers["G"] = True, GradScaler("cpu", init_scale=2.0)
    game.expect_sound()
    game.scalers["G"] = GradScaler("cpu", init_scale=0.5)
    with pytest.raises(NonFiniteLoss, match="the gradients of G have not been finite for long"):
        game.expect_sound()
