"""Label maps as an answer."""

import torch
from torch import nn

from gancourse.networks.planes import Planes


def test_planes_are_probabilities_of_classes():
    planes = Planes()(torch.randn(2, 14, 5, 5))
    assert planes.min() >= -1 and planes.max() <= 1
    assert torch.allclose(((planes + 1) / 2).sum(1), torch.ones(2, 5, 5))


def test_the_brightest_plane_is_that_of_tanh():
    torch.manual_seed(0)
    scores = 3 * torch.randn(2, 14, 9, 9)
    assert torch.equal(Planes()(scores).argmax(1), nn.Tanh()(scores).argmax(1))


def test_a_sure_answer_comes_near_to_one():
    scores = torch.full((1, 14, 1, 1), -4.0)
    scores[0, 3] = 4.0
    planes = Planes()(scores)[0, :, 0, 0]
    assert planes[3] > 0.999 and planes[[0, 13]].max() < -0.999 and not list(Planes().parameters())
