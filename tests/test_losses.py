"""Losses on logits against probabilities, at both ends, and where gradients fade."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, one_hot

from gancourse.losses import d_logistic, g_nonsaturating, g_saturating, planes_cross_entropy

REAL, FAKE = torch.tensor([[0.7], [-1.2]]), torch.tensor([[0.3], [2.0], [-0.5]])


def test_equal_to_cross_entropy_on_probabilities():
    by_hand = binary_cross_entropy(REAL.sigmoid(), torch.ones(2, 1)) + binary_cross_entropy(
        FAKE.sigmoid(), torch.zeros(3, 1)
    )
    assert d_logistic(REAL, FAKE).item() == pytest.approx(by_hand.item(), rel=1e-6)
    assert g_nonsaturating(FAKE).item() == pytest.approx(
        binary_cross_entropy_with_logits(FAKE, torch.ones(3, 1)).item()
    )
    assert g_saturating(FAKE).item() == pytest.approx((1 - FAKE.sigmoid()).log().mean().item(), rel=1e-6)


@pytest.mark.parametrize("loss", [g_nonsaturating, g_saturating, lambda s: d_logistic(s, -s)])
def test_finite_at_extreme_logits(loss):
    assert loss(torch.tensor([1e4, -1e4])).isfinite()


def test_the_saturating_gradient_fades_where_the_critic_is_sure():
    gradients = []
    for loss in (g_nonsaturating, g_saturating):
        s = torch.tensor([-10.0], requires_grad=True)
        loss(s).backward()
        gradients.append(s.grad.item())
    assert gradients[0] == pytest.approx(-1, abs=1e-3) and -1e-3 < gradients[1] < 0


def test_planes_are_compared_by_cross_entropy():
    torch.manual_seed(0)
    scores, classes = torch.randn(2, 5, 3, 3), torch.randint(0, 5, (2, 3, 3))
    right = 2 * one_hot(classes, 5).permute(0, 3, 1, 2).float() - 1
    assert planes_cross_entropy(2 * scores.softmax(1) - 1, right).item() == pytest.approx(
        cross_entropy(scores, classes).item(), rel=1e-5
    )
    assert planes_cross_entropy(right, right) == 0 and planes_cross_entropy(-right, right).isfinite()
