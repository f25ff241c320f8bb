"""The first U-Net: sizes, parameters and start as the paper has them, and what severed skips do."""

import pytest
import torch
from torch import nn

from gancourse.networks.ronneberger import OriginalUNet, cropped, follow, out_side


def size(net):
    return sum(p.numel() for p in net.parameters())


def test_the_papers_network_has_31_million_parameters():
    with torch.device("meta"):
        assert size(OriginalUNet(1, 1)) == 31_030_593
        assert size(OriginalUNet(1, 2)) == 31_030_658  # figure 1: two classes
        convolutions = [m for m in OriginalUNet().modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    assert len(convolutions) == 23  # "In total the network has 23 convolutional layers", sec. 2


def test_sides_are_those_of_figure_1():
    net = OriginalUNet(1, 2, base=2).eval()
    sides = []
    for module in (*net.downs, *net.looks):
        module.register_forward_hook(lambda module, inputs, output: sides.append(output.shape[-1]))
    assert net(torch.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)
    assert sides == [568, 280, 136, 64, 28, 52, 100, 196, 388]


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_out_side_tells_what_the_network_does(padding, depth):
    net = OriginalUNet(1, 2, base=1, depth=depth, padding=padding)
    for side in range(1, 80):
        expected = follow(side, depth, padding)
        if expected is None:
            with pytest.raises(ValueError, match="take [0-9]+ px"):
                net(torch.zeros(1, 1, side, side))
        else:
            assert net(torch.zeros(1, 1, side, side)).shape[-2:] == (expected, expected)
    assert padding == 0 or out_side(64, depth, 1) == 64


@pytest.mark.parametrize("side", [-3, 0, 1, 100, 512, 571])
def test_the_side_proposed_is_one_that_fits(side):
    with pytest.raises(ValueError) as error:
        out_side(side)
    better = int(str(error.value).split("take ")[1].split(" ")[0])
    assert better > side and follow(better, 4, 0)


def test_pictures_need_not_be_square():
    assert OriginalUNet(3, 5, base=2, depth=2, padding=1)(torch.zeros(2, 3, 32, 48)).shape == (2, 5, 32, 48)
    assert OriginalUNet(1, 2, base=2, depth=2)(torch.zeros(1, 1, 60, 100)).shape == (1, 2, 20, 60)


def test_a_skip_is_cropped_to_its_middle():
    seen = torch.arange(64.0).view(1, 1, 8, 8)
    assert torch.equal(cropped(seen, torch.zeros(1, 3, 4, 2)), seen[:, :, 2:6, 3:5])
    assert torch.equal(cropped(seen, seen), seen)


def test_without_padding_the_answer_is_the_middle_of_what_a_larger_picture_would_give():
    torch.manual_seed(0)
    net = OriginalUNet(1, 2, base=2, depth=2).double()
    x = torch.randn(1, 1, 100, 100, dtype=torch.float64)
    assert torch.allclose(net(x[..., 4:-4, 4:-4]), net(x)[..., 4:-4, 4:-4])  # 4 px: a multiple of what is halved


def test_the_start_is_the_papers():
    torch.manual_seed(0)
    net = OriginalUNet(1, 2, base=32)
    for conv in (m for m in net.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)):
        inputs = conv.in_channels * (9 if conv.kernel_size == (3, 3) else 1)
        assert conv.weight.std().item() == pytest.approx(
            (2 / inputs) ** 0.5, rel=0.1 if conv.weight.numel() > 500 else 0.5
        )
        assert not conv.bias.any()


def test_without_skips_the_first_stage_speaks_through_the_bottom_alone():
    torch.manual_seed(0)
    x = torch.randn(1, 1, 32, 32)
    for skips in (True, False):
        net = OriginalUNet(1, 2, base=4, depth=2, padding=1, skips=skips)
        net.ups[0].requires_grad_(False)
        for p in net.ups[0].parameters():
            p.zero_()  # the bottom is cut off
        change = (net(x) - net(-x)).abs().max()
        assert (change > 0) == skips
    with_skips, without = (OriginalUNet(1, 2, base=4, skips=s) for s in (True, False))
    assert with_skips.looks[0][0].in_channels == 64 and without.looks[0][0].in_channels == 32
    assert size(with_skips) > size(without)
