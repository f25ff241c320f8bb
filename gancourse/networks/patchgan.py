"""The critic that judges patches: Isola et al. 2017 (arXiv:1611.07004), sec. 3.2.2 and appendix 6.1.2.

Equal in layers and order to the reference PyTorch project (junyanz/pytorch-CycleGAN-and-pix2pix).
"""

from torch import Tensor, nn
from torch.nn.modules import conv, padding, pooling

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


def receptive_field(net: nn.Module) -> int:
    """Side of the square of pixels that one output of a chain of convolutions and poolings sees.

    From the last layer back to the first: r <- (r - 1) stride + span, beginning with r = 1. A layer's span is its
    kernel, or dilation (kernel - 1) + 1 where it is dilated.

    Raises:
        ValueError: see :func:`windows`.
    """
    r = 1
    for span, stride, _ in reversed(windows(net)):
        r = (r - 1) * stride + span
    return r


def windows(net: nn.Module) -> list[tuple[int, int, int]]:
    """(span, stride, padding) of each layer of a chain that looks at more than single pixels, in order.

    Raises:
        ValueError: a layer that is not the same in both directions, or of another kind than convolutions and poolings
            with a window that moves in even steps.
    """
    return [window(layer) for layer in net.modules() if isinstance(layer, (*WINDOWED, *OTHERS))]


WINDOWED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
OTHERS = (  # they change which pixels an output sees, but not by such a window
    conv._ConvNd, pooling._AdaptiveAvgPoolNd, pooling._AdaptiveMaxPoolNd, pooling._LPPoolNd, padding._ReflectionPadNd,
    padding._ReplicationPadNd, padding._ConstantPadNd, nn.FractionalMaxPool2d, nn.Upsample, nn.PixelShuffle, nn.Linear,
)  # fmt: skip


def window(layer: nn.Module) -> tuple[int, int, int]:
    """Of one layer: see :func:`windows`."""
    if not isinstance(layer, WINDOWED) or getattr(layer, "ceil_mode", False):
        raise ValueError(f"{layer}: not a convolution or pooling whose window moves in even steps, so no such squares")
    how = [getattr(layer, name, 1) for name in ("kernel_size", "dilation", "stride", "padding")]
    if any(not isinstance(one, int) and len(set(one)) > 1 for one in how):
        raise ValueError(f"{layer}: its kernel, dilation, stride or padding is not the same in both directions")
    kernel, dilation, stride, margin = (one if isinstance(one, int) else one[0] for one in how)
    return dilation * (kernel - 1) + 1, stride, margin
