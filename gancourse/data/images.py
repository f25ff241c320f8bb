"""What an image must be before a game is played with it."""

import torch
from torch import Tensor


def expect_images(x: Tensor, shape: tuple[int, ...]) -> None:
    """Raise ValueError, with the mend, unless x is a batch of float images ``(n, *shape)`` in [-1, 1].

    Args:
        x: what was handed to a game.
        shape: (c, h, w) that its networks take.
    """
    if not x.is_floating_point():
        raise ValueError(f"images of type {x.dtype}: scale them to [-1, 1] with x / 127.5 - 1 (float32)")
    if x.dtype != torch.float32:
        raise ValueError(f"images of type {x.dtype}: the networks take float32, x.float()")
    if len(x) == 0:
        raise ValueError("an empty batch of images: is the data set empty?")
    if tuple(x.shape[1:]) != tuple(shape):
        raise ValueError(
            f"images of shape {tuple(x.shape[1:])}, but these networks take {tuple(shape)}{hint(x, shape)}"
        )
    low, high = x.aminmax()
    if not (low - high).isfinite():
        raise ValueError("images with numbers that are NaN or infinite: look where they come from")
    if not (low >= -1.001 and high <= 1.001):
        raise ValueError(f"images in [{low:.3g}, {high:.3g}], not [-1, 1]: scale them with x / 127.5 - 1")


def hint(x: Tensor, shape: tuple[int, ...]) -> str:
    """The likeliest slip behind a wrong shape, or nothing."""
    if x.dim() == 4 and len(shape) == 3:
        n, *got = x.shape
        if (got[2], got[0], got[1]) == tuple(shape):
            return " (channels come first: x.permute(0, 3, 1, 2))"
        if got[1:] == list(shape[1:]):
            return f" (wrong channels: {got[0]} instead of {shape[0]})"
    if x.dim() == len(shape) and shape[0] == 1 and tuple(x.shape[1:]) == tuple(shape[1:]):
        return " (the channel is missing: x.unsqueeze(1))"
    return ""
