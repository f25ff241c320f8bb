"""The image networks against the reference implementation: parameter counts, and outputs for weights by formula.

`reference_golden.json` holds what the reference's own code put out (junyanz/pytorch-CycleGAN-and-pix2pix, base 64,
dropout probability 0). Weights and input are given by formula, so no reference code is needed. Our networks hold the
same tensors in the same order, under names of their own.
"""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from gancourse.networks.patchgan import PatchGAN, PixelGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from gancourse.receptive import receptive_field

GOLDEN = json.loads((Path(__file__).parent / "reference_golden.json").read_text())
NORMS = {"batch": nn.BatchNorm2d, "instance": nn.InstanceNorm2d}


def build(name: str, channels: int = 6) -> nn.Module:
    """Our network for a name in the file, such as "unet_256 batch dropout"; a critic sees this many channels."""
    kind, *rest = name.split()
    norm = NORMS["instance" if "instance" in rest else "batch"]
    if kind.startswith("unet"):
        return UNet(downs={"unet_256": 8, "unet_128": 7}[kind], norm=norm, dropout=0.0)
    if kind.startswith("resnet"):
        return ResNetGenerator(blocks=int(kind[7]), norm=norm)
    if rest[0] == "pixel":
        return PixelGAN(channels, norm=norm)
    return PatchGAN(channels, layers=int(rest[1].split("=")[1]), norm=norm)


def formula_weights(net: nn.Module) -> None:
    """REFERENCE: for entry i and flat index j, w = sin(0.7 (j mod 9973) + 1.3 i), scaled by what the entry is."""
    for i, (name, value) in enumerate(net.state_dict().items()):
        if not value.is_floating_point():
            continue
        j = torch.arange(value.numel(), dtype=torch.float64)
        w = torch.sin(0.7 * (j % 9973) + 1.3 * i).view(value.shape)
        if name.endswith("running_var"):
            w = 0.5 + 0.1 * w
        elif name.endswith("weight") and value.dim() == 1:
            w = 1 + 0.1 * w
        else:
            w = 0.05 * w
        value.copy_(w.float())


def formula_input(shape: list[int]) -> torch.Tensor:
    n, c, h, w = [torch.arange(k, dtype=torch.float64) for k in shape]
    phase = 1.7 * n[:, None, None, None] + 0.9 * c[:, None, None] + 0.07 * h[:, None] + 0.11 * w
    return torch.sin(phase).float()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: g["network"])
def test_equal_to_the_reference(golden):
    net = build(golden["network"], golden["input"][1])
    assert sum(p.numel() for p in net.parameters()) == golden["parameters"]
    assert [list(v.shape) for v in net.state_dict().values()] == list(golden["state_dict"].values())
    formula_weights(net)
    x = formula_input(golden["input"])
    for mode in ("eval", "train"):  # in this order, on the same weights
        net.train(mode == "train")
        with torch.no_grad():
            y = net(x)
        said = golden[mode]
        assert list(y.shape) == said["shape"]
        at = y.flatten()[said["at"]]
        assert torch.allclose(at, torch.tensor(said["values"]), atol=1e-5), (
            (at - torch.tensor(said["values"])).abs().max()
        )
        assert y.double().mean().item() == pytest.approx(said["mean"], abs=1e-5)
        assert y.double().std().item() == pytest.approx(said["std"], abs=1e-5)


@pytest.mark.parametrize(("layers", "side"), [(1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_receptive_field_by_formula_and_by_gradient(layers, side):
    """Norms in eval mode: in train mode each output depends on the whole picture through the batch's statistics."""
    net = PatchGAN(1, base=2, layers=layers).eval()
    assert receptive_field(net.net) == side
    x = torch.randn(1, 1, 320 + side, 320 + side, requires_grad=True)
    y = net(x)
    middle = y.shape[-1] // 2
    y[0, 0, middle, middle].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero()
    assert rows.max() - rows.min() + 1 == side


def test_dropout_lies_where_the_reference_has_it():
    """At 256 px: the decoder outputs of 4, 8 and 16 px, and nowhere else."""
    net, where = UNet(base=4, dropout=0.5), []
    for layer in net.ups:
        layer.register_forward_hook(lambda m, _, y: where.append(y.shape[-1]) if any_dropout(m) else None)
    net(torch.zeros(2, 3, 256, 256))
    assert where == [4, 8, 16]


def any_dropout(net: nn.Module) -> bool:
    return any(isinstance(m, nn.Dropout) for m in net.modules())


def test_an_encoder_decoder_is_the_same_without_skips():
    net = UNet(base=4, downs=6, skips=False)
    assert net(torch.zeros(2, 3, 64, 64)).shape == (2, 3, 64, 64)
    assert sum(p.numel() for p in net.parameters()) < sum(p.numel() for p in UNet(base=4, downs=6).parameters())


@pytest.mark.parametrize("downs", [2, 3, 5])
def test_a_shallow_unet_has_skips_and_no_dropout(downs):
    net, x = UNet(base=4, downs=downs, norm=nn.InstanceNorm2d), torch.rand(1, 3, 32, 64)
    assert net(x).shape == x.shape and not any(isinstance(m, nn.Dropout) for m in net.modules())
    inner, *_ = net.ups[-1].parameters()
    assert inner.shape[0] == 2 * 4  # half of it what the first halving saw


def test_sizes_that_cannot_be_are_told():
    with pytest.raises(ValueError, match="63 x 64.*divisible by 64"):
        UNet(base=4, downs=6)(torch.zeros(1, 3, 63, 64))
    with pytest.raises(ValueError, match="at least 2"):
        UNet(downs=1)
    with pytest.raises(ValueError, match="64 x 64 pixels leave this critic no map.*96"):
        PatchGAN(3, base=4, layers=5)(torch.zeros(1, 3, 64, 64))
    assert PatchGAN(3, base=4, layers=3)(torch.zeros(2, 3, 24, 24)).shape == (2, 1, 1, 1)
    net = ResNetGenerator(base=4, blocks=1).eval()
    for h, w in ((64, 64), (63, 50), (9, 8)):
        assert net(torch.zeros(1, 3, h, w)).shape == (1, 3, h, w)
