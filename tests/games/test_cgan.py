"""CGAN: both players are told, and a label that cannot be is refused."""

import pytest
import torch

from gancourse.game import train
from gancourse.games.cgan import CGAN
from gancourse.networks.dcgan import DCDiscriminator, DCGenerator
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator

PAIRS = {
    "mlp": lambda: (MLPGenerator(classes=10), MLPDiscriminator(classes=10)),
    "conv": lambda: (DCGenerator(width=4, classes=10), DCDiscriminator(width=4, classes=10)),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_round_moves_both_and_the_label_reaches_both(kind):
    torch.manual_seed(0)
    game = CGAN(*PAIRS[kind]())
    x, y = torch.rand(6, 1, 28, 28) * 2 - 1, torch.arange(6)
    history = train(game, [(x, y)], 2, progress=False)
    assert set(history) == {"D", "G"}
    z = game.noise(6)
    assert not torch.equal(game.sample(z, y), game.sample(z, (y + 1) % 10))
    game.D.eval()
    assert not torch.equal(game.D(x, y), game.D(x, (y + 1) % 10))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.full((4,), 10), "labels from 10 to 10.*10 classes"),
        (torch.full((4,), -1), "labels from -1"),
        (torch.zeros(4), "one integer for each image"),
        (torch.zeros(4, dtype=torch.int32), "int32.*y.long"),
        (torch.zeros(3, dtype=torch.long), "one integer for each image"),
        (torch.zeros(4, 10, dtype=torch.long), "one integer for each image"),
    ],
)
def test_bad_labels_are_told(labels, message):
    with pytest.raises(ValueError, match=message):
        train(CGAN(*PAIRS["mlp"]()), [(torch.zeros(4, 1, 28, 28), labels)], 1, progress=False)


def test_fakes_are_judged_under_the_label_they_were_made_for():
    told = []

    class Listening(MLPDiscriminator):
        def forward(self, x, y=None):
            told.append(y)
            return super().forward(x, y)

    game = CGAN(MLPGenerator(classes=10), Listening(classes=10))
    y = torch.tensor([3, 1, 4, 1])
    game.round(torch.zeros(4, 1, 28, 28), y)
    assert len(told) == 3 and all(torch.equal(t, y) for t in told)
