"""One pass for several batches gives what one after the other gives."""

import pytest
import torch
from torch import nn

from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.together import together


class Counts(nn.Sequential):
    """Remembers how many pictures came in each time."""

    def forward(self, x):
        self.seen = [*getattr(self, "seen", []), len(x)]
        return super().forward(x)


def critic(norm) -> Counts:
    torch.manual_seed(0)
    return Counts(PatchGAN(3, base=2, layers=1, norm=norm)).double()


def pictures(n: int, size: int = 16) -> torch.Tensor:
    return torch.rand(n, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(n))


@pytest.mark.parametrize(
    "norm, train, passes", [(nn.InstanceNorm2d, True, 1), (nn.BatchNorm2d, True, 2), (nn.BatchNorm2d, False, 1)]
)
def test_answers_are_those_of_one_after_the_other(norm, train, passes):
    D, E = critic(norm).train(train), critic(norm).train(train)
    x, y = pictures(2), pictures(3)
    for mine, theirs in zip(together(D, x, y), (E(x), E(y)), strict=True):
        assert mine.shape == theirs.shape and torch.allclose(mine, theirs, rtol=0, atol=1e-12)
    assert len(D.seen) == passes and sum(D.seen) == 5
    assert all(torch.equal(a, b) for a, b in zip(D.buffers(), E.buffers(), strict=True))


def test_pictures_of_two_sizes_go_one_after_the_other():
    D = critic(nn.InstanceNorm2d)
    a, b = together(D, pictures(2), pictures(2, 32))
    assert D.seen == [2, 2] and a.shape != b.shape
