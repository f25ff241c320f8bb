"""Label maps as an answer: one plane for each class."""

from torch import Tensor, nn


class Planes(nn.Module):
    """The last layer of a generator of label maps, in the place of its tanh: a softmax over tanh.

    It has no parameters, and the brightest plane at each pixel is the same with and without the softmax, so weights go
    to and from generators that end with tanh.

    Attributes:
        sharpness: what tanh leaves is multiplied by it, so that the softmax can come near to 0 and 1.
    """

    sharpness = 10.0

    def forward(self, x: Tensor) -> Tensor:
        """(n, classes, h, w) -> planes p in [-1, 1] of the same shape; (p + 1) / 2 sum to 1 at each pixel."""
        return 2 * (self.sharpness * x.tanh()).softmax(dim=1) - 1
