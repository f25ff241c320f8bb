"""Rounds that are recorded and replayed. Without a GPU a tape of our own stands in for the CUDA graph: it plays the
round again on the recording's own tensors, and answers where the recording answered."""

import pytest
import torch
from torch import nn

from gancourse import recorded, workers
from gancourse.checkpoint import save
from gancourse.data.batches import Batches
from gancourse.game import NonFiniteLoss, train
from gancourse.games.cyclegan import CycleGAN
from gancourse.games.gan import GAN
from gancourse.games.pix2pix import Pix2Pix
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.pool import ImagePool
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from gancourse.recorded import WARM_UP
from gancourse.schedules import falling

SHAPE = (1, 8, 8)
ON_A_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="only a GPU has graphs")


def gan() -> GAN:
    return GAN(MLPGenerator(5, SHAPE, hidden=(8,)), MLPDiscriminator(SHAPE, hidden=(8,)), schedule=falling(0.0))


def pix2pix() -> Pix2Pix:
    return Pix2Pix(UNet(base=2, downs=5), PatchGAN(6, 4, 1), schedule=falling(0.0))


def cyclegan() -> CycleGAN:
    players = [ResNetGenerator(base=4, blocks=1) for _ in "GF"] + [PatchGAN(3, 4, 1, nn.InstanceNorm2d) for _ in "XY"]
    return CycleGAN(*players, pool=3, noise_x=0.1, schedule=falling(0.0))


GAMES = {"GAN": (gan, [SHAPE]), "pix2pix": (pix2pix, [(3, 32, 32)] * 2), "CycleGAN": (cyclegan, [(3, 16, 16)] * 2)}


def made(name: str, n: int = 6, size: int = 2):
    """A game from the same weights at every call, and its batches."""
    torch.manual_seed(0)
    make, shapes = GAMES[name]
    return make(), Batches(*[torch.rand(n, *shape) * 2 - 1 for shape in shapes], size=size)


class Tape:
    """Plays a round again. Python is not asked for a learning rate then, as in a CUDA graph, and answers go to the
    places where they went first. A GPU's Adam wants rates in float32; here they are doubles, so that bits can agree."""

    def __init__(self):
        self.played = 0

    def __call__(self, play):
        recorder = play.__closure__[0].cell_contents
        game, answers = recorder.game, {}
        recorder.rates = {name: rate.double() for name, rate in recorder.rates.items()}

        def replay():
            with recorder.rates_in_place():
                rate, game.rate = game.rate, None
                play()
                game.rate = rate
            for title, loss in game.losses.items():
                answers.setdefault(title, loss).copy_(loss)
            recorder.losses, self.played = answers, self.played + 1

        return replay


@pytest.fixture
def tape(monkeypatch) -> Tape:
    monkeypatch.setattr(recorded, "expect_recordable", lambda kind: None)
    monkeypatch.setattr(recorded, "on_tape", tape := Tape())
    return tape


@pytest.mark.parametrize("name", GAMES)
def test_a_recording_plays_what_the_game_plays(name, tape):
    (plain, batches), (other, _) = made(name), made(name)
    losses = train(plain, batches, 12, precision="fp32", progress=False)
    assert train(other, batches, 12, precision="fp32", graph=True, progress=False) == losses
    assert all(torch.equal(a, b) for a, b in zip(plain.state_dict().values(), other.state_dict().values(), strict=True))
    full = 2 if name == "CycleGAN" else 1  # rounds in which tensors are replaced: pools fill, optimizers are made
    assert tape.played == 12 - full - WARM_UP


def test_a_batch_of_another_shape_is_played_as_it_stands(tape):
    (plain, _), (other, _) = made("GAN"), made("GAN")
    batches = [torch.rand(n, *SHAPE) for n in (4, 4, 4, 4, 4, 3, 4)]
    losses = train(plain, batches, 14, progress=False)
    assert train(other, batches, 14, graph=True, progress=False) == losses
    assert tape.played == 14 - 1 - WARM_UP - 2


def test_afterwards_rates_are_plain_numbers_and_the_game_goes_on_without(tape, tmp_path):
    game, batches = made("GAN")
    train(game, batches, 8, graph=True, progress=False)
    groups = [optimizer.param_groups[0] for optimizer in game.optimizers.values()]
    assert [(type(group["lr"]), group["capturable"]) for group in groups] == [(float, False)] * 2
    save(game, tmp_path / "game.pt")
    train(game, batches, 2, progress=False)


def test_who_cannot_record_says_so(monkeypatch):
    game, batches = made("GAN")
    with pytest.raises(ValueError, match="only a GPU of NVIDIA can replay a round, and this is cpu"):
        train(game, batches, 2, graph=True, progress=False)
    assert game.played == 0
    monkeypatch.setattr(workers, "count", lambda: 2)
    with pytest.raises(ValueError, match="several workers average gradients"):
        recorded.expect_recordable("cuda")


def test_a_full_pool_on_a_gpu_keeps_the_rule():
    torch.manual_seed(0)
    pool, back = ImagePool(4), 0
    pool(torch.arange(4.0).view(4, 1, 1, 1))
    for i in range(4, 404):
        before, given = set(pool.stored.flatten().tolist()), pool.swap_unseen(torch.full((1, 1, 1), float(i))).item()
        assert set(pool.stored.flatten().tolist()) | {given} == before | {float(i)} and len(pool.stored) == 4
        back += given == i
    assert 160 < back < 240  # half of the time, the picture itself


@ON_A_GPU
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("name", GAMES)
def test_a_cuda_graph_plays_what_the_game_plays(name, precision):
    (plain, batches), (other, _) = made(name), made(name)
    with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        losses = train(plain.cuda(), batches, 20, precision=precision, progress=False)
        recorded_losses = train(other.cuda(), batches, 20, precision=precision, graph=True, progress=False)
    for title in losses:
        assert recorded_losses[title] == pytest.approx(losses[title], rel=1e-3 if precision == "fp32" else 0.05)
    assert isinstance(next(iter(other.optimizers.values())).param_groups[0]["lr"], float)


@ON_A_GPU
def test_a_cuda_graph_names_the_first_bad_round():
    game, _ = made("GAN")
    batches = [torch.rand(4, *SHAPE) for _ in range(10)] + [torch.full((4, *SHAPE), torch.nan)] * 30
    with pytest.raises(NonFiniteLoss, match="in round 11$"):
        train(game.cuda(), batches, 40, precision="fp32", graph=True, progress=False)


@ON_A_GPU
def test_a_recording_follows_its_generator():
    class Dice(GAN):
        def g_loss(self, fake):
            return super().g_loss(fake) + torch.rand((), device="cuda")

    def losses(graph):
        torch.manual_seed(0)
        game = Dice(MLPGenerator(5, SHAPE, hidden=(8,)), MLPDiscriminator(SHAPE, hidden=(8,))).cuda()
        return train(game, [torch.rand(4, *SHAPE)], 12, precision="fp32", graph=graph, progress=False)["G"]

    assert losses(True)[8:] == pytest.approx(losses(False)[8:], rel=1e-4)
