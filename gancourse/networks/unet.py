"""The generator of pix2pix: a U-Net, after Isola et al. 2017 (arXiv:1611.07004), appendix 6.1.1.

Equal in layers, order and initialization to the reference PyTorch project (junyanz/pytorch-CycleGAN-and-pix2pix);
tests hold its outputs to 1e-5 of the reference's.
"""

import torch
from torch import Tensor, nn

from gancourse.networks.blocks import init_normal
from gancourse.networks.norms import has_bias


def widths(base: int, downs: int) -> list[int]:
    """Channels after each halving: base, 2 base, 4 base, then 8 base."""
    return [base * min(2**i, 8) for i in range(downs)]


class UNet(nn.Module):
    """Image in, image out: halve down to a bottleneck, double up again, with a skip across at every size.

    A skip concatenates what the encoder saw to what the decoder draws at the same size, so that detail need not pass
    the bottleneck. With ``skips=False`` this is the paper's encoder-decoder.

    Args:
        in_channels, out_channels: of the images.
        base: channels after the first halving.
        downs: how often the image is halved: 8 for 256 px, 7 for 128, 6 for 64. At least 2.
        norm: nn.BatchNorm2d, or nn.InstanceNorm2d.
        dropout: probability, in the (downs - 5) inner blocks of the decoder; the paper's source of randomness. 0: none.
            With 5 downs or fewer there are no such blocks.
        skips: connect encoder and decoder.

    Raises:
        ValueError: fewer than 2 downs.
    """

    def __init__(self, in_channels=3, out_channels=3, base=64, downs=8, norm=nn.BatchNorm2d, dropout=0.5, skips=True):
        super().__init__()
        if downs < 2:
            raise ValueError(f"a U-Net with {downs} downs: at least 2 are needed for a skip")
        self.skips, self.downs_count = skips, downs
        w = widths(base, downs)
        last = downs - 1
        self.downs = nn.ModuleList(
            down(a, b, norm, first=i == 0, innermost=i == last)
            for i, (a, b) in enumerate(zip([in_channels, *w], w, strict=False))
        )
        self.ups = nn.ModuleList(
            up(
                w[i] if i == last or not skips else 2 * w[i],
                w[i - 1] if i else out_channels,
                norm,
                dropout=dropout if last - (downs - 5) <= i < last else 0.0,
                outermost=i == 0,
            )
            for i in reversed(range(downs))
        )
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, in_channels, h, w), h and w multiples of 2**downs -> (n, out_channels, h, w) in (-1, 1)."""
        side = 2**self.downs_count
        if x.shape[-2] % side or x.shape[-1] % side:
            raise ValueError(f"pictures of {x.shape[-2]} x {x.shape[-1]}: this U-Net takes sides divisible by {side}")
        seen = []
        for layer in self.downs:
            x = layer(x)
            seen.append(x)
        seen.pop()  # the bottleneck itself
        for layer in self.ups:
            x = layer(x)
            if self.skips and seen:
                x = torch.cat([seen.pop(), x], dim=1)  # (n, 2 c, h, w)
        return x


def down(a: int, b: int, norm, first: bool, innermost: bool) -> nn.Sequential:
    """(n, a, h, w) -> (n, b, h/2, w/2): LeakyReLU, convolution, norm; the first has no ReLU, both ends no norm."""
    layers = [] if first else [nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(a, b, 4, stride=2, padding=1, bias=has_bias(norm))]
    return nn.Sequential(*layers, *([] if first or innermost else [norm(b)]))


def up(a: int, b: int, norm, dropout: float, outermost: bool) -> nn.Sequential:
    """(n, a, h, w) -> (n, b, 2 h, 2 w): ReLU, transposed convolution, norm, dropout; the outermost ends in tanh."""
    layers = [nn.ReLU(), nn.ConvTranspose2d(a, b, 4, stride=2, padding=1, bias=outermost or has_bias(norm))]
    if outermost:
        return nn.Sequential(*layers, nn.Tanh())
    return nn.Sequential(*layers, norm(b), *([nn.Dropout(dropout)] if dropout else []))
