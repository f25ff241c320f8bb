"""The critic that judges patches: Isola et al. 2017 (arXiv:1611.07004), sec. 3.2.2 and appendix 6.1.2.

Equal in layers and order to the reference PyTorch project (junyanz/pytorch-CycleGAN-and-pix2pix).
"""

from torch import Tensor, nn

from gancourse.networks.blocks import init_normal
from gancourse.networks.norms import has_bias


class PatchGAN(nn.Module):
    """A fully convolutional critic: one logit for each patch of the picture, on a map.

    Each logit sees a square of pixels, the receptive field: 16, 34, 70, 142 or 286 for 1 to 5 layers. Any picture
    size will do that leaves a map of at least 1 x 1.

    Args:
        in_channels: of what is judged; 6 for a pair of pictures.
        base: channels of the first layer.
        layers: convolutions that halve, at least 1. The paper's 70 x 70 critic has 3.
        norm: nn.BatchNorm2d, or nn.InstanceNorm2d.
    """

    def __init__(self, in_channels: int = 6, base: int = 64, layers: int = 3, norm=nn.BatchNorm2d):
        super().__init__()
        self.smallest = 3 * 2**layers  # of this side, a map of 1 x 1 is left
        w = [base * min(2**i, 8) for i in range(layers + 1)]
        net = [nn.Conv2d(in_channels, base, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for i in range(1, layers + 1):
            stride = 2 if i < layers else 1
            net += [nn.Conv2d(w[i - 1], w[i], 4, stride, padding=1, bias=has_bias(norm)), norm(w[i]), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*net, nn.Conv2d(w[-1], 1, 4, stride=1, padding=1))
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, in_channels, h, w) -> logits (n, 1, h', w')."""
        if min(x.shape[-2:]) < self.smallest:
            sides = f"{x.shape[-2]} x {x.shape[-1]}"
            raise ValueError(
                f"{sides} pixels leave this critic no map: take fewer layers, or {self.smallest} px or more"
            )
        return self.net(x)


class PixelGAN(nn.Module):
    """The 1 x 1 critic: every pixel is judged by its colour alone.

    Args:
        in_channels, base, norm: as in :class:`PatchGAN`.
    """

    def __init__(self, in_channels: int = 6, base: int = 64, norm=nn.BatchNorm2d):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(in_channels, base, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(base, 2 * base, 1, bias=has_bias(norm)),
            norm(2 * base),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * base, 1, 1, bias=has_bias(norm)),
        )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, in_channels, h, w) -> logits (n, 1, h, w)."""
        return self.net(x)
