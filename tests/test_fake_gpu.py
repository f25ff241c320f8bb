"""Rounds on a GPU that is not there: torch's fake tensors have a device and a shape and no values.

Two devices in one operation, and whoever asks for a value (`.item()`, an `if`, `.tolist()`, printing), which on a GPU
waits for all that is still computed and cannot be recorded, end with an error. Two things have no fake and are
stood in for: the backward pass, whose engine asks the driver for streams, and the fused kernels of Adam and of the loss
scaler.
"""

from contextlib import contextmanager
from unittest import mock

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from gancourse import recipes, segmenter
from gancourse.data.digits import ImageSet
from gancourse.data.membranes import Bent
from gancourse.data.pairs import Pairs
from gancourse.data.unpaired import Unpaired
from gancourse.game import play, players
from gancourse.precision import inside
from gancourse.recipes import PLANES
from gancourse.recorded import Recorded


@contextmanager
def fake_gpu():
    """While this lasts, "cuda" is a device."""
    stand_ins = {
        "torch.Tensor.backward": backward,
        "torch._fused_adam_": adam,
        "torch._amp_foreach_non_finite_check_and_unscale_": unscale,
        "torch._amp_update_scale_": lambda *tensors: same_device(*tensors[:3]),
        "torch.cuda.amp.common.amp_definitely_not_available": lambda: False,
        "torch.cuda.is_bf16_supported": lambda including_emulation=True: True,
    }
    patches = [mock.patch(name, stand_in) for name, stand_in in stand_ins.items()]
    patches.append(mock.patch.object(FakeTensor, "tolist", told))
    for patch in patches:
        patch.start()
    try:
        with FakeTensorMode(allow_non_fake_inputs=True):
            yield
    finally:
        for patch in patches:
            patch.stop()


def backward(loss, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    assert loss.requires_grad
    for p in inputs:
        p.grad = torch.empty_like(p)


def adam(params, grads, means, squares, maxima, steps, *, lr, found_inf=None, grad_scale=None, **how):
    numbers = [t for t in (lr, found_inf, grad_scale) if isinstance(t, torch.Tensor)]
    same_device(*params, *grads, *means, *squares, *steps, *numbers)
    assert {t.dtype for t in (*steps, *numbers)} == {torch.float32}  # the kernel reads nothing else


def unscale(grads, found_inf, inv_scale):
    same_device(*grads, found_inf, inv_scale)


def same_device(*tensors):
    assert {t.device.type for t in tensors} == {"cuda"}


def told(t):
    """What lies on the CPU may be read; it holds zeros."""
    assert t.device.type == "cpu", "reading a tensor on a GPU waits for it"
    nested = 0.0 if t.is_floating_point() else 0
    for n in reversed(t.shape):
        nested = [nested] * n
    return nested


def onto(module: nn.Module, device: str = "cuda") -> nn.Module:
    """What ``module.to(device)`` does, which torch refuses to do with fake tensors. Made before, of real ones."""

    def there(t):
        new = torch.empty(t.shape, dtype=t.dtype, device=device)
        return nn.Parameter(new, t.requires_grad) if isinstance(t, nn.Parameter) else new

    for m in module.modules():
        for kept in (m._parameters, m._buffers):
            kept.update({name: there(t) for name, t in kept.items() if t is not None})
    return module


def pictures(n: int, *channels: int, side: int = 64) -> list[torch.Tensor]:
    return [torch.rand(n, c, side, side, device="cuda") for c in channels]


def digits(*labels: int) -> list[torch.Tensor]:
    return [*pictures(8, 1, side=28), *(torch.randint(n, (8,), device="cuda") for n in labels)]


GAMES = {
    "GAN": (recipes.gan, digits),
    "GAN of perceptrons": (lambda: recipes.gan("mlp"), digits),
    "cGAN": (recipes.cgan, lambda: digits(10)),
    "pix2pix": (lambda: recipes.pix2pix(64, 9), lambda: pictures(2, 3, 3)),
    "supervised": (lambda: recipes.supervised_of_dusk(9), lambda: pictures(1, 3, 3)),
    "CycleGAN": (lambda: recipes.cyclegan(64, 9, pool=2), lambda: pictures(1, 3, 3)),
    "CycleGAN of dusk": (lambda: recipes.cyclegan(64, 9, pool=2, **recipes.dusk_recipe()), lambda: pictures(1, 3, 3)),
    "CycleGAN of planes": (lambda: recipes.cyclegan(64, 9, y=PLANES, pool=2), lambda: pictures(1, 3, PLANES)),
}


@pytest.fixture(autouse=True)
def smoke(monkeypatch):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("name", GAMES)
def test_a_round_on_a_gpu_asks_for_no_value_and_mixes_no_devices(name, precision):
    make, batch = GAMES[name]
    game = make()
    counts = {name: mean.n_averaged for name, mean in game.averages.items()}
    with fake_gpu(), inside(players(onto(game)), precision):
        for name, count in counts.items():
            game.averages[name].n_averaged = count  # it stays on the processor, see RunningMean
        game.scaling, parts = precision == "fp16", batch()
        for _ in range(4):  # two until the pools are full
            play(game, parts, seed=0)
        recorder = Recorded.__new__(Recorded)  # and once as in a recording
        recorder.game, recorder.rates = game, {name: torch.zeros((), device="cuda") for name in game.optimizers}
        with recorder.rates_in_place(), mock.patch.object(game, "rate", None):
            game.round(*parts)
        same_device(*game.losses.values(), *game.unsound.values(), *game.parameters())
        same_device(*(buffer for name, buffer in game.named_buffers() if not name.endswith("n_averaged")))
        assert {loss.dtype for loss in game.losses.values()} == {torch.float32}


def bytes_of(*shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=torch.uint8, device="cuda")


SETS = {
    "digits": lambda: ImageSet("", bytes_of(9, 1, 28, 28), torch.zeros(9, dtype=torch.long, device="cuda")).batches(
        4, labels=True
    ),
    "pairs": lambda: Pairs("", bytes_of(9, 3, 71, 71), bytes_of(9, 3, 71, 71)).batches(4, crop=64, flip=True),
    "unpaired": lambda: Unpaired("", bytes_of(9, 3, 71, 71), bytes_of(5, 14, 71, 71)).batches(2, crop=64, flip=True),
    "membranes": lambda: Bent(Pairs("", bytes_of(9, 1, 64, 64), bytes_of(9, 1, 64, 64)), 2, crop=32),
}


@pytest.mark.parametrize("name", SETS)
def test_batches_of_a_set_on_a_gpu_are_made_there(name):
    with fake_gpu():
        same_device(*SETS[name]().at(1))


@pytest.mark.parametrize("name", ["CycleGAN", "CycleGAN of dusk", "CycleGAN of planes"])
def test_translations_are_made_on_a_gpu(name):
    game, channels = GAMES[name][0](), PLANES if name.endswith("planes") else 3
    with fake_gpu():
        x, y = pictures(2, 3, channels)
        same_device(onto(game).translate(x), game.back(y))


def test_the_judge_of_the_street_stands_where_the_pictures_are(monkeypatch):
    """Where it learns it stays, and `device()` says where answers are."""
    seen = []
    monkeypatch.setattr(segmenter, "segmenter_of", lambda pairs, *args, **how: seen.append(pairs.x.device.type))
    monkeypatch.setattr("gancourse.scale.device", lambda: torch.device("meta"))
    monkeypatch.setattr(segmenter, "device", lambda: torch.device("meta"), raising=False)
    segmenter.street_judge(64)
    assert seen == ["meta"]
