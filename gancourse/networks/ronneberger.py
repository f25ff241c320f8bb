"""The first U-Net: Ronneberger et al. 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation"
(arXiv:1505.04597), figure 1."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d


class OriginalUNet(nn.Module):
    """Picture in, a score for every class at every pixel out.

    Going down, each stage looks (two 3x3 convolutions), then halves the picture. Going up, each stage doubles it,
    concatenates what the stage of the same size saw on the way down, and looks again.

    Differs from the paper: no dropout at the end of the way down (sec. 3.1 names none of its numbers).

    Args:
        in_channels: of the pictures.
        out_channels: classes.
        base: channels of the first stage; each halving doubles them. The paper's 64.
        depth: how often the picture is halved. The paper's 4.
        padding: 0 as in the paper: every convolution takes a pixel off each side, so the answer is for the middle of
            the picture only, 388 of 572 pixels. 1 is what most use today: the answer is as large as the picture.
        skips: False severs them: the encoder-decoder of the same widths.
    """

    def __init__(self, in_channels=1, out_channels=2, base=64, depth=4, padding=0, skips=True):
        super().__init__()
        self.depth, self.padding, self.skips = depth, padding, skips
        w = [base * 2**i for i in range(depth + 1)]
        self.downs = nn.ModuleList(stage(a, b, padding) for a, b in zip([in_channels, *w], w, strict=False))
        back = w[::-1]  # widest first
        self.ups = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in zip(back, back[1:], strict=False))
        self.looks = nn.ModuleList(stage(2 * b if skips else b, b, padding) for b in back[1:])
        self.out = nn.Conv2d(base, out_channels, 1)
        init_he(self)

    def forward(self, x: Tensor) -> Tensor:
        """x: (n, in_channels, h, w) -> scores (n, out_channels, h', w'), the sides as :func:`out_side` says."""
        for side in x.shape[-2:]:
            out_side(side, self.depth, self.padding)
        seen = []
        for look in self.downs:
            x = look(max_pool2d(x, 2) if seen else x)
            seen.append(x)
        seen.pop()  # the bottom itself
        for up, look in zip(self.ups, self.looks, strict=True):
            x = up(x)
            x = look(torch.cat([cropped(seen.pop(), x), x], dim=1) if self.skips else x)
        return self.out(x)


def stage(a: int, b: int, padding: int) -> nn.Sequential:
    """(n, a, h, w) -> (n, b, h', w'): two 3x3 convolutions, each with a ReLU; without padding 4 pixels less a side."""
    layers = [nn.Conv2d(a, b, 3, padding=padding), nn.ReLU(), nn.Conv2d(b, b, 3, padding=padding), nn.ReLU()]
    return nn.Sequential(*layers)


def cropped(seen: Tensor, x: Tensor) -> Tensor:
    """The middle of `seen` (n, c, H, W), as large as x (n, c', h, w)."""
    top, left = (seen.shape[-2] - x.shape[-2]) // 2, (seen.shape[-1] - x.shape[-1]) // 2
    return seen[..., top : top + x.shape[-2], left : left + x.shape[-1]]


def out_side(side: int, depth: int = 4, padding: int = 0) -> int:
    """The side of the answer for a picture of this side.

    Raises:
        ValueError: a side that is odd before one of the halvings, or too small; the message names the next that fits.
    """
    answer = follow(side, depth, padding)
    if answer is None:
        better = next(s for s in range(max(side, 1), side + 2 ** (depth + 4)) if follow(s, depth, padding))
        raise ValueError(f"a side of {side} px cannot be halved {depth} times on its way down: take {better} px")
    return answer


def follow(side: int, depth: int, padding: int) -> int | None:
    """A side on its way through the network; None if it gets stuck."""
    lost = 4 * (1 - padding)  # in a stage
    for _ in range(depth):
        side -= lost
        if side < 2 or side % 2:
            return None
        side //= 2
    for _ in range(depth):
        side = 2 * (side - lost)
    return side - lost if side > lost else None


def init_he(net: nn.Module) -> nn.Module:
    """Draw the weights from N(0, sqrt(2 / N)), N the inputs of one output; biases 0. Sec. 3, after He et al. 2015.

    (arXiv:1502.01852.) Returns `net`.
    """
    for m in net.modules():
        if isinstance(m, nn.Conv2d | nn.ConvTranspose2d):
            taps = 1 if isinstance(m, nn.ConvTranspose2d) else math.prod(m.kernel_size)  # 2x2, stride 2: one tap each
            nn.init.normal_(m.weight, 0.0, math.sqrt(2 / (m.in_channels * taps)))
            nn.init.zeros_(m.bias)
    return net
