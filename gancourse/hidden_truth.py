"""Judges for translation without pairs: the players never saw a pair, but the street knows the right answers.

Every figure is to be read beside those of :func:`controls`, which need no learning.
"""

import torch
from torch import Tensor

from gancourse.data.label_maps import to_mask
from gancourse.data.street_plan import CLASSES
from gancourse.segmenter import confusion, scores

BRIGHTER = 0.3  # of [-1, 1], in red: a third of what a lamp adds where it shines
WALL, WINDOW, DOOR, SHOP = (CLASSES.index(name) for name in ("wall", "window", "door", "shop"))


def controls(x: Tensor, y: Tensor, domain: Tensor) -> dict[str, Tensor]:
    """Answers that anybody could give, by name.

    Args:
        x: what is asked, (n, 3, h, w) in [-1, 1].
        y: the right answers, (n, 3, h, w).
        domain: pictures of the domain of y, of other houses, (n, 3, h, w).

    Returns:
        Pictures by name.

        untouched: x itself;
        another's: the right answer to another question, which is what unpaired training data offer;
        histogram: x with the colours of `domain`, by :func:`histogram_matched`;
        best histogram: each picture with the colours of its own right answer, the best that any change of colours
        alone could do.
    """
    own = torch.cat([histogram_matched(a, b) for a, b in zip(x.split(1), y.split(1), strict=True)])
    return {
        "untouched": x,
        "another's": y.roll(1, 0),
        "histogram": histogram_matched(x, domain),
        "best histogram": own,
    }


def histogram_matched(x: Tensor, like: Tensor) -> Tensor:
    """Each channel of x changed by the rising curve that gives it the distribution of that of `like`.

    Args:
        x: (n, c, h, w); all n pictures share the curves.
        like: as many values in each channel, (n, c, h, w).

    Raises:
        ValueError: other shapes.
    """
    if x.shape != like.shape:
        raise ValueError(f"histograms of {tuple(x.shape)} and {tuple(like.shape)}: the shapes must be equal")
    values, wanted = (t.transpose(0, 1).flatten(1) for t in (x, like))  # (c, n h w)
    ranks = values.argsort(1).argsort(1)
    matched = wanted.sort(1).values.gather(1, ranks)
    return matched.view(x.shape[1], len(x), *x.shape[2:]).transpose(0, 1)


def read_labels(labels: Tensor, mask: Tensor, classes: int = len(CLASSES)) -> dict[str, float]:
    """How well drawn label maps agree with the true ones (n, h, w): pixel, class, iou, see
    :func:`~gancourse.segmenter.scores`.

    Args:
        labels: colours (n, 3, h, w) or planes (n, classes, h, w), see :func:`~gancourse.data.label_maps.to_mask`.
        mask, classes: the truth, and how many classes there are.
    """
    return scores(confusion(to_mask(labels, classes), mask, classes))


def lamps(dusk: Tensor, dark: Tensor, mask: Tensor, lit: Tensor) -> dict[str, float]:
    """Whether the right windows and lamps shine in pictures of dusk.

    What is clearly brighter in red than it would be with every lamp out, shines.

    Args:
        dusk: answers, or the true pictures, (n, 3, h, w) in [-1, 1].
        dark: the true pictures with every lamp out.
        mask: classes, (n, h, w).
        lit: where lamps shine, (n, h, w), bool.

    Returns:
        Figures by name.

        windows: intersection over union of what shines and what should, on windows and walls. A wall that shines
        counts against it;
        lamps: the same on shops and doors.
    """
    shines = dusk[:, 0] - dark[:, 0] > BRIGHTER
    house, street = mask.eq(WINDOW) | mask.eq(WALL), mask.eq(SHOP) | mask.eq(DOOR)
    return {"windows": overlap(shines & house, lit & house), "lamps": overlap(shines & street, lit & street)}


def overlap(a: Tensor, b: Tensor) -> float:
    """Intersection over union of two masks; 1 if both are empty."""
    return ((a & b).sum() / (a | b).sum()).item() if (a | b).any() else 1.0
