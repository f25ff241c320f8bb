"""Receptive fields: the measured square is the one of the formula, in eval mode; in train mode it is the picture."""

import pytest
import torch
from torch import nn

from gancourse.networks.patchgan import PatchGAN, PixelGAN
from gancourse.receptive import Squares, bounds, map_side, receptive_field, seen_by, squares

SIDES = {0: 1, 1: 16, 2: 34, 3: 70, 4: 142, 5: 286}  # by layers that halve; 0 is the pixel critic


def critic(layers: int, **settings) -> nn.Module:
    torch.manual_seed(0)
    net = PatchGAN(1, base=2, layers=layers, **settings) if layers else PixelGAN(1, base=2, **settings)
    return net.eval()


@pytest.mark.parametrize("layers", SIDES)
def test_the_measured_square_is_the_formulas(layers):
    net, size = critic(layers), 320 + SIDES[layers]
    s = squares(net)
    assert s.side == receptive_field(net) == SIDES[layers]
    i = map_side(net, size) // 2
    assert s.inside(i, size) and s.inside(i - 1, size)
    box = bounds(seen_by(net, i, i - 1, torch.randn(1, 1, size, size)))
    assert box == (*s.seen(i), *s.seen(i - 1))


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 1, 3, dilation=4)],
        [nn.Conv2d(1, 1, 3, padding=1), nn.AvgPool2d(2), nn.Conv2d(1, 1, 3, dilation=2, padding=2)],
        [nn.AvgPool2d(3, stride=2, padding=1), nn.Conv2d(1, 1, 4, 2, 1), nn.AvgPool2d(5, 1)],
    ],
)
def test_dilation_and_pooling_are_counted(layers):
    net = nn.Sequential(*layers)
    s, n = squares(net), map_side(net, 80)
    assert s.side == receptive_field(net) and net(torch.zeros(1, 1, 80, 80)).shape[-1] == n
    box = bounds(seen_by(net, n // 2, n // 2, torch.randn(1, 1, 80, 80)))
    assert box == (*s.seen(n // 2), *s.seen(n // 2))


def test_a_pooling_by_the_largest_sees_what_it_might_choose():
    net = nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2), nn.Conv2d(1, 1, 3), nn.MaxPool2d(3, 1, dilation=2))
    assert receptive_field(net) == 3 + 1 + 2 * 2 + 4 * 2 == 16 == squares(net).side


@pytest.mark.parametrize(("layers", "size"), [(0, 64), (1, 64), (2, 64), (3, 64), (4, 64), (5, 96), (3, 256), (5, 256)])
def test_at_the_borders_the_square_reaches_into_the_padding(layers, size):
    net = critic(layers)
    n, s = map_side(net, size), squares(net)
    assert net(torch.zeros(1, 1, size, size)).shape == (1, 1, n, n)
    picture = torch.randn(1, 1, size, size)
    for i, j in {(0, n - 1), (n - 1, n // 2), (n // 3, 0)}:
        (top, bottom), (left, right) = s.seen(i), s.seen(j)
        box = (max(top, 0), min(bottom, size - 1), max(left, 0), min(right, size - 1))
        assert bounds(seen_by(net, i, j, picture)) == box


def test_the_70_pixel_critic_at_256_px():
    net = critic(3)
    assert squares(net) == Squares(side=70, step=8, first=-23) and map_side(net, 256) == 30
    assert squares(net).seen(0) == (-23, 46) and squares(net).seen(29) == (209, 278)


def test_a_picture_need_not_be_square():
    net = critic(1)
    assert bounds(seen_by(net, 20, 3, torch.randn(1, 1, 64, 48))) == (*squares(net).seen(20), *squares(net).seen(3))


def test_batch_norm_in_train_mode_sees_the_whole_picture_and_nothing_is_changed():
    net, picture = critic(1).train(), torch.randn(1, 1, 64, 64)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert bounds(seen_by(net, 10, 10, picture)) == (0, 63, 0, 63)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert net.training and picture.grad is None and all(p.grad is None for p in net.parameters())
    assert bounds(seen_by(net.eval(), 10, 10, picture)) == (*squares(net).seen(10), *squares(net).seen(10))


def test_instance_norm_sees_the_whole_picture_in_eval_mode_too():
    """It keeps no running statistics, so there is nothing else that it could use."""
    net = critic(1, norm=nn.InstanceNorm2d)
    assert bounds(seen_by(net, 10, 10, torch.randn(1, 1, 64, 64))) == (0, 63, 0, 63)


def test_no_map_is_left_of_a_picture_that_is_too_small():
    assert map_side(critic(5), 64) == 0 and map_side(critic(5), 96) == 1 and map_side(critic(5), 95) == 0
    for layers in range(1, 6):
        assert map_side(critic(layers), critic(layers).smallest) == 1


def test_what_cannot_be_measured_is_told():
    net = critic(1)
    with pytest.raises(ValueError, match=r"logit \(30, 0\) of a map of 30 x 30"):
        seen_by(net, 30, 0, torch.zeros(1, 1, 64, 64))
    with pytest.raises(ValueError, match="one, "):
        seen_by(net, 0, 0, torch.zeros(2, 1, 64, 64))
    with pytest.raises(ValueError, match="nothing is seen"):
        bounds(torch.zeros(4, 4))
    with pytest.raises(ValueError, match="not the same in both"):
        squares(nn.Conv2d(1, 1, (3, 5)))
    with pytest.raises(ValueError, match="not the same in both"):
        receptive_field(nn.MaxPool2d((2, 1)))
    odd = (
        nn.ConvTranspose2d(1, 1, 4), nn.AdaptiveAvgPool2d(1), nn.LPPool2d(2, 2), nn.Upsample(scale_factor=2),
        nn.Linear(3, 3), nn.ReflectionPad2d(1), nn.MaxPool2d(2, ceil_mode=True), nn.Conv1d(1, 1, 3),
    )  # fmt: skip
    for layer in odd:
        for ask in (squares, receptive_field):
            with pytest.raises(ValueError, match="not a convolution or pooling whose window moves in even steps"):
                ask(nn.Sequential(nn.Conv2d(1, 1, 3), layer))
    with pytest.raises(ValueError, match="not the same in both"):
        squares(nn.Conv2d(1, 1, 3, padding="same"))
