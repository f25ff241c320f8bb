"""GAN: what it is handed, what it returns, and what it says of bad input."""

import pytest
import torch
from torch import nn

from gancourse.game import train
from gancourse.games.gan import GAN
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator


def mlp_gan() -> GAN:
    return GAN(MLPGenerator(), MLPDiscriminator())


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (torch.rand(4, 1, 28, 28) * 255, r"\[-1, 1\].*x / 127.5 - 1"),
        (torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8), r"uint8.*x / 127.5 - 1"),
        (torch.zeros(4, 3, 28, 28), "wrong channels: 3 instead of 1"),
        (torch.zeros(4, 28, 28, 1), "channels come first"),
        (torch.zeros(4, 28, 28), "unsqueeze"),
        (torch.zeros(4, 1, 32, 32), r"take \(1, 28, 28\)"),
        (torch.zeros(1, 1, 28, 28), "batch of one"),
    ],
)
def test_bad_batches_are_told_with_their_mend(batch, message):
    with pytest.raises(ValueError, match=message) as caught:
        train(mlp_gan(), [batch], 1, progress=False)
    assert len(str(caught.value)) < 200 and caught.value.__cause__ is None


def test_a_batch_of_one_is_fine_where_batchnorm_has_pixels_to_average():
    G = nn.Sequential(nn.Unflatten(1, (4, 1, 1)), nn.ConvTranspose2d(4, 1, 28), nn.BatchNorm2d(1))
    G.z_dim = 4
    D = nn.Sequential(nn.Conv2d(1, 1, 28), nn.Flatten())
    train(GAN(G, D), [torch.zeros(1, 1, 28, 28)], 1, progress=False)


def test_sample_uses_eval_mode_and_leaves_the_mode_as_it_was():
    game = mlp_gan().train()
    z = game.noise(3)
    one_by_one = torch.cat([game.sample(z[i : i + 1]) for i in range(3)])  # in train mode a batch of one would raise
    assert torch.allclose(game.sample(z), one_by_one, atol=1e-6) and game.G.training
    assert game.sample(z).shape == (3, 1, 28, 28) and not game.sample(z).requires_grad


def test_halving_the_critics_loss_hardly_matters_to_adam():
    """Adam divides by the gradient's own size; the chapter says so."""
    torch.manual_seed(0)
    x = torch.rand(16, 1, 28, 28) * 2 - 1
    ends = []
    for weight in (1.0, 0.5):
        torch.manual_seed(0)
        game = GAN(MLPGenerator(), MLPDiscriminator(), d_weight=weight)
        train(game, [x], 3, progress=False)
        ends.append(game.D.net[0].weight.detach())
    assert (ends[0] - ends[1]).abs().mean() < 0.05 * 2e-4
