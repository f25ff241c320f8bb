"""What one logit of a map sees: its square of pixels by formula, and the same square by gradient."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import modules


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


class Squares(NamedTuple):
    """The squares of pixels that the logits of a map see. Rows and columns alike, counted from 0.

    Attributes:
        side: of each square, in pixels.
        step: pixels from one logit's square to the next one's.
        first: where the first logit's square begins; negative, by what it has in the padding.
    """

    side: int
    step: int
    first: int

    def seen(self, i: int) -> tuple[int, int]:
        """The first and the last row (or column) that logit i sees; below 0 or past the picture lies padding."""
        start = self.first + i * self.step
        return start, start + self.side - 1

    def inside(self, i: int, size: int) -> bool:
        """Whether logit i of a picture of this size sees no padding, along one direction."""
        start, end = self.seen(i)
        return start >= 0 and end < size


def squares(net: nn.Module) -> Squares:
    """Where the logits of a chain of convolutions and poolings look, from the first layer to the last.

    With a step of 1 pixel to begin with, a layer adds (span - 1) step to the side (its span is its kernel, unless it
    is dilated), moves the first square back by padding x step, and multiplies the step by its stride. For the side
    this is :func:`receptive_field`, which goes from the last layer to the first.

    Raises:
        ValueError: a layer that is not square, or is transposed; see :func:`windows`.
    """
    side, step, first = 1, 1, 0
    for span, stride, padding in windows(net):
        side += (span - 1) * step
        first -= padding * step
        step *= stride
    return Squares(side, step, first)


def map_side(net: nn.Module, size: int) -> int:
    """Logits along one side of the map of a picture of this size; 0 if none is left."""
    for span, stride, padding in windows(net):
        size = (size + 2 * padding - span) // stride + 1
        if size < 1:
            return 0
    return size


def windows(net: nn.Module) -> list[tuple[int, int, int]]:
    """(span, stride, padding) of each layer of a chain that looks at more than single pixels, in order.

    Raises:
        ValueError: a layer that is not the same in both directions, or of another kind than convolutions and poolings
            with a window that moves in even steps.
    """
    return [window(layer) for layer in net.modules() if isinstance(layer, (*WINDOWED, *OTHERS))]


WINDOWED = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
OTHERS = (  # they change which pixels an output sees, but not by such a window
    modules.conv._ConvNd, modules.pooling._AdaptiveAvgPoolNd, modules.pooling._AdaptiveMaxPoolNd,
    modules.pooling._LPPoolNd, modules.padding._ReflectionPadNd, modules.padding._ReplicationPadNd,
    modules.padding._ConstantPadNd, nn.FractionalMaxPool2d, nn.Upsample, nn.PixelShuffle, nn.Linear,
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


def seen_by(net: nn.Module, row: int, column: int, picture: Tensor) -> Tensor:
    """How strongly each pixel moves one logit: the size of its gradient, summed over channels.

    Measured in the mode that the network is in. In eval mode what is not zero is the square that the logit sees. In
    train mode a BatchNorm takes mean and spread from the whole picture, and through them every pixel has a say.
    The network is left as it was, running statistics included.

    Args:
        net: pictures (n, c, h, w) to maps of logits (n, 1, h', w').
        row, column: of the logit.
        picture: (1, c, h, w).

    Returns:
        (h, w), not negative.

    Raises:
        ValueError: more than one picture, or a logit that is not on the map.
    """
    if picture.dim() != 4 or len(picture) != 1:
        raise ValueError(f"a picture of shape {tuple(picture.shape)}: measure on one, (1, c, h, w)")
    picture = picture.detach().clone().requires_grad_()
    buffers = {name: buffer.clone() for name, buffer in net.named_buffers()}  # looking must change nothing
    with torch.enable_grad():
        logits = functional_call(net, buffers, (picture,))
        h, w = logits.shape[-2:]
        if not (0 <= row < h and 0 <= column < w):
            raise ValueError(f"logit ({row}, {column}) of a map of {h} x {w}: count from 0")
        (gradient,) = torch.autograd.grad(logits[0, 0, row, column], picture)
    return gradient[0].abs().sum(0)


def bounds(seen: Tensor) -> tuple[int, int, int, int]:
    """The smallest box that holds all that is not zero in (h, w): first row, last row, first and last column.

    Raises:
        ValueError: all is zero.
    """
    if not seen.any():
        raise ValueError("nothing is seen: the gradient is zero at every pixel")
    rows, columns = (seen.any(dim).nonzero().flatten() for dim in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
