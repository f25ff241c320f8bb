"""The two pairs for 28 px digits: widths as the tutorials and the paper have them, shapes, labels."""

import pytest
import torch
from torch import nn

from gancourse.networks.blocks import init_normal, tell
from gancourse.networks.dcgan import DCDiscriminator, DCGenerator
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator


def widths(net: nn.Module) -> list[int]:
    linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
    return [linear[0].in_features, *(m.out_features for m in linear)]


def test_mlp_pair_is_the_one_of_the_tutorials():
    G, D = MLPGenerator(), MLPDiscriminator()
    assert widths(G) == [100, 256, 512, 1024, 784] and widths(D) == [784, 512, 256, 1]
    assert {m.negative_slope for n in (G, D) for m in n.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert {m.p for m in D.modules() if isinstance(m, nn.Dropout)} == {0.3}
    assert sum(isinstance(m, nn.BatchNorm1d) for m in G.modules()) == 2
    assert isinstance(G.net[-1], nn.Tanh) and isinstance(D.net[-1], nn.Linear)  # D ends in a logit


@pytest.mark.parametrize(("G", "D"), [(MLPGenerator, MLPDiscriminator), (DCGenerator, DCDiscriminator)])
@pytest.mark.parametrize("classes", [0, 10])
def test_shapes_and_range(G, D, classes):
    G, D = G(classes=classes), D(classes=classes)
    y = torch.arange(4) if classes else None
    x = G(torch.randn(4, G.z_dim), y)
    assert x.shape == (4, 1, 28, 28) and x.abs().max() <= 1 and D(x, y).shape == (4, 1)


def test_tell_puts_the_label_beside_the_vector_and_behind_the_image():
    told = tell(torch.full((2, 3), 7.0), torch.tensor([1, 0]), 2)
    assert torch.equal(told, torch.tensor([[7.0, 7, 7, 0, 1], [7, 7, 7, 1, 0]]))
    told = tell(torch.zeros(2, 1, 2, 2), torch.tensor([1, 0]), 2)
    assert told.shape == (2, 3, 2, 2) and told[0, 2].eq(1).all() and told[0, :2].eq(0).all() and told[1, 1].eq(1).all()


def test_tell_refuses_missing_unwanted_and_impossible_labels():
    z, y = torch.zeros(2, 3), torch.tensor([0, 1])
    assert tell(z, None, 0) is z
    with pytest.raises(ValueError, match="without classes"):
        tell(z, y, 0)
    with pytest.raises(ValueError, match="got no label"):
        tell(z, None, 2)
    with pytest.raises((ValueError, RuntimeError), match="[Cc]lass"):
        tell(z, y + 1, 2)


def test_init_normal_draws_what_the_paper_says():
    torch.manual_seed(0)
    net = init_normal(nn.Sequential(nn.Conv2d(16, 64, 4), nn.BatchNorm2d(4096), nn.Linear(64, 64)))
    assert net[0].weight.std().item() == pytest.approx(0.02, rel=0.05) and net[0].bias.eq(0).all()
    assert net[1].weight.mean().item() == pytest.approx(1, abs=0.002) and net[1].weight.std().item() == pytest.approx(
        0.02, rel=0.05
    )
    assert net[2].weight.std().item() == pytest.approx(0.02, rel=0.1)
