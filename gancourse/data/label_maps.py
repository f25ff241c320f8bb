"""Label maps: pictures whose colours are classes."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate, one_hot

from gancourse.data.batches import to_unit
from gancourse.data.street_plan import CLASSES, COLOURS

PALETTE = torch.from_numpy(
    COLOURS
)  # (14, 3) uint8: CMP's twelve classes as the facades of pix2pix show them, roof, sky
CMP = 12  # how many of them real facades have


def to_colours(mask: Tensor) -> Tensor:
    """Classes (n, h, w), integers -> a label map (n, 3, h, w), uint8."""
    return PALETTE.to(mask.device)[mask.long()].permute(0, 3, 1, 2).contiguous()


def to_planes(mask: Tensor, classes: int = len(CLASSES)) -> Tensor:
    """Classes (n, h, w), integers -> one plane for each class (n, classes, h, w), uint8: 255 where it is, else 0."""
    return one_hot(mask.long(), classes).permute(0, 3, 1, 2).mul(255).byte().contiguous()


def voted(mask: Tensor, size: int) -> Tensor:
    """A smaller mask: each pixel takes the class that most of the pixels under it have.

    Of two that have as many, the one in the middle wins. (The first of the palette would win where edges are, and
    the background would grow.)

    Args:
        mask: classes (n, h, w), integers.
        size: side of the result, at most h and w.

    Returns:
        (n, size, size), int64.
    """
    planes = to_planes(mask).float()
    most, middle = (interpolate(planes, (size, size), mode=mode) for mode in ("area", "nearest-exact"))
    return (most + 1e-5 * middle).argmax(1)  # less than one vote


def to_mask(labels: Tensor, classes: int = len(CLASSES), tolerance: float | None = None) -> Tensor:
    """The class whose colour is nearest, at every pixel; of planes, the class whose plane is brightest.

    Args:
        labels: colours (n, 3, h, w) or planes (n, classes, h, w), integers in 0 .. 255 or float in [-1, 1].
        classes: how many of the palette may occur: 14 for the street, 12 for real facades.
        tolerance: how far from a class's colour a pixel may lie, as a root mean square over the channels of 0 .. 255;
            None takes any. A label map that was once kept as JPEG needs about 40; one that was saved as JPEG
            again and again may need more.

    Returns:
        (n, h, w), int64 along CLASSES.

    Raises:
        ValueError: a pixel's colour is no class, with the colour and the place; or it is NaN.
    """
    if labels.shape[1] == classes:
        return labels.argmax(1)
    colours = PALETTE[:classes].to(labels.device).float()
    pixels = ((labels + 1) * 127.5 if labels.is_floating_point() else labels.float()).permute(0, 2, 3, 1)
    if pixels.isnan().any():
        raise ValueError("label maps with NaN in them are no colours: what made them?")
    mask = torch.cat([torch.cdist(one.flatten(0, 1), colours).argmin(1).view(1, *one.shape[:2]) for one in pixels])
    if tolerance is not None:
        far = (pixels - colours[mask]).square().mean(-1).sqrt()
        if far.max() > tolerance:
            i, r, c = (far == far.max()).nonzero()[0].tolist()
            colour = tuple(pixels[i, r, c].round().int().tolist())
            raise ValueError(f"label map {i} has the colour {colour} at row {r}, column {c}, which is no class's")
    return mask


def in_colours(domain: Tensor) -> Tensor:
    """Planes as a label map in colours, to be looked at, and pictures as they are: float32 (n, 3, h, w) in [-1, 1]."""
    return to_unit(to_colours(to_mask(domain)) if domain.shape[1] == len(CLASSES) else domain)
