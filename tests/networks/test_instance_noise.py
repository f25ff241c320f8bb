"""Noise on what a critic sees."""

import pytest
import torch

from gancourse.networks.instance_noise import InstanceNoise


def test_noise_has_its_spread_in_training_and_is_gone_afterwards():
    noise, x = InstanceNoise(0.3), torch.ones(4, 3, 64, 64)
    torch.manual_seed(0)
    seen = noise(x)
    assert seen.std().item() == pytest.approx(0.3, rel=0.02) and seen.mean().item() == pytest.approx(1, abs=0.01)
    assert not torch.equal(seen, noise(x)) and torch.equal(noise.eval()(x), x)


def test_a_gradient_goes_through():
    x = torch.zeros(1, 1, 2, 2, requires_grad=True)
    InstanceNoise(1.0)(x).sum().backward()
    assert x.grad.eq(1).all()
