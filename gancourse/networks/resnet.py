"""The generator of CycleGAN: Zhu et al. 2017 (arXiv:1703.10593), appendix 7.2, after Johnson et al. 2016.

Equal in layers and order to the reference PyTorch project (junyanz/pytorch-CycleGAN-and-pix2pix).
"""

from torch import Tensor, nn

from gancourse.networks.blocks import init_normal
from gancourse.networks.norms import has_bias


class ResNetGenerator(nn.Module):
    """Encoder (halve twice), transformer (residual blocks), decoder (double twice). Takes any picture size from 8 px.

    Args:
        in_channels, out_channels: of the images.
        base: channels at full size; four times as many in the transformer.
        blocks: residual blocks: 6 for 128 px, 9 for 256 px.
        norm: nn.InstanceNorm2d, or nn.BatchNorm2d.
        dropout: probability inside the blocks; the paper uses none.
    """

    def __init__(self, in_channels=3, out_channels=3, base=64, blocks=9, norm=nn.InstanceNorm2d, dropout=0.0):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            *unit(nn.Conv2d(in_channels, base, 7, bias=has_bias(norm)), norm),
            *unit(nn.Conv2d(base, 2 * base, 3, stride=2, padding=1, bias=has_bias(norm)), norm),
            *unit(nn.Conv2d(2 * base, 4 * base, 3, stride=2, padding=1, bias=has_bias(norm)), norm),
        )
        self.transformer = nn.Sequential(*[Residual(4 * base, norm, dropout) for _ in range(blocks)])
        self.decoder = nn.Sequential(
            *unit(double(4 * base, 2 * base, norm), norm),
            *unit(double(2 * base, base, norm), norm),
            nn.ReflectionPad2d(3),
            nn.Conv2d(base, out_channels, 7),
            nn.Tanh(),
        )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, in_channels, h, w) -> (n, out_channels, h, w) in (-1, 1); sides not divisible by 4 are padded."""
        h, w = x.shape[-2:]
        x = nn.functional.pad(x, (0, -w % 4, 0, -h % 4), mode="reflect")
        return self.decoder(self.transformer(self.encoder(x)))[..., :h, :w]


class Residual(nn.Module):
    """x plus two convolutions of x; no ReLU after the sum."""

    def __init__(self, c: int, norm, dropout: float):
        super().__init__()
        first = [nn.ReflectionPad2d(1), *unit(nn.Conv2d(c, c, 3, bias=has_bias(norm)), norm)]
        second = [nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3, bias=has_bias(norm)), norm(c)]
        self.net = nn.Sequential(*first, *([nn.Dropout(dropout)] if dropout else []), *second)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, c, h, w) -> (n, c, h, w)."""
        return x + self.net(x)


def unit(convolution: nn.Module, norm) -> list[nn.Module]:
    """Convolution, norm, ReLU."""
    return [convolution, norm(convolution.out_channels), nn.ReLU()]


def double(a: int, b: int, norm) -> nn.ConvTranspose2d:
    """(n, a, h, w) -> (n, b, 2 h, 2 w)."""
    return nn.ConvTranspose2d(a, b, 3, stride=2, padding=1, output_padding=1, bias=has_bias(norm))
