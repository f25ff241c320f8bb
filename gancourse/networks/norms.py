"""What a norm layer asks of the convolution before it."""

from torch import nn


def has_bias(norm) -> bool:
    """Whether a convolution before this norm has a bias: before an affine norm it would do nothing.

    The reference implementations of pix2pix and CycleGAN give it one before InstanceNorm, which has no shift of its
    own there. (It is subtracted again by the norm, so it has no effect on the output; it is kept to be faithful.)
    """
    return norm is nn.InstanceNorm2d
