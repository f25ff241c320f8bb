"""Exercises of chapter 03: image in, image out."""

import re
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy, interpolate, max_pool2d, pad

from gancourse.check.guess import number_of, whole
from gancourse.check.mend import Fault, expect_mended, with_gradients
from gancourse.check.order import Misfit, Puzzle, Rule, Shape, Step, judge_order
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    kind,
    loss_of,
    same_gradient,
    show,
    tensor_of,
)


def middle(seen: Tensor, h: int, w: int) -> Tensor:
    """The middle (n, c, h, w) of a larger picture."""
    top, left = (seen.shape[2] - h) // 2, (seen.shape[3] - w) // 2
    return seen[:, :, top : top + h, left : left + w]


def rounded_up(seen: Tensor, h: int, w: int) -> Tensor:
    """As the middle, but of an odd number of rows or columns that go the larger half goes at the top or left."""
    top, left = (seen.shape[2] - h + 1) // 2, (seen.shape[3] - w + 1) // 2
    return seen[:, :, top : top + h, left : left + w]


def joined(seen: Tensor, x: Tensor, dim: int = 1) -> Tensor:
    return torch.cat([middle(seen, *x.shape[2:]), x], dim)


CAT_ERRORS = (  # what torch says of a sum or a concatenation that does not fit: what it is called, hint
    (
        "Expected size 0 but got|but got size 0",
        "an empty slice: one of the two has no rows or no columns left",
        "from d to -d lies nothing where d is 0; top : top + h always has h rows",
    ),
    (
        "except in dimension 0",
        "concatenated on dimension 0, which holds the samples",
        "a skip adds channels, and they are dimension 1: dim=1",
    ),
    (
        "except in dimension 1",
        "the two have different heights or widths, and only the channels may differ",
        "compare the sizes of both at that line: one is older than a halving or a crop, the other is not",
    ),
    (
        "except in dimension [23]|except in dimension -",
        "concatenated along height or width: the pictures would stand beside one another",
        "a skip adds channels, and they are dimension 1: dim=1",
    ),
    (
        "size of tensor a",
        "added, where it should be concatenated: a sum needs two equal shapes",
        "torch.cat([...], dim=1) keeps both",
    ),
)


def played(answer: Answer, *args: object) -> Tensor:
    """The answer's tensor; errors of a concatenation are told in the words of this chapter."""
    try:
        result = answer(*args)
    except NotYet as wrong:
        for pattern, what, hint in CAT_ERRORS:
            if re.search(pattern, wrong.number):
                raise NotYet(what, wrong.number, hint) from None
        raise
    return finite(tensor_of(result), "a skip has no division and no logarithm")


JOIN_SLIPS = (
    Slip(
        "x comes first, the skip second",
        "the networks of this course expect cat([seen, x])",
        lambda s, x: joined(x, middle(s, *x.shape[2:])),
    ),
    Slip(
        "the corner of `seen` was taken, not its middle: the skip is shifted against x",
        "leave out as much at the top as at the bottom, and as much left as right",
        lambda s, x: torch.cat([s[:, :, : x.shape[2], : x.shape[3]], x], 1),
    ),
    Slip(
        "the far corner of `seen` was taken, not its middle: the skip is shifted against x",
        "leave out as much at the top as at the bottom, and as much left as right",
        lambda s, x: torch.cat([s[:, :, -x.shape[2] :, -x.shape[3] :], x], 1),
    ),
    Slip(
        "the skip was made smaller, not cut: its pixels no longer lie over those of x",
        "cut out the middle, seen[:, :, top : top + h, left : left + w]",
        lambda s, x: torch.cat([interpolate(s, x.shape[2:]), x], 1),
    ),
    Slip(
        "the skip was made smaller, not cut: its pixels no longer lie over those of x",
        "cut out the middle, seen[:, :, top : top + h, left : left + w]",
        lambda s, x: torch.cat([interpolate(s, x.shape[2:], mode="bilinear"), x], 1),
    ),
    Slip(
        "the skip was made smaller, not cut: its pixels no longer lie over those of x",
        "cut out the middle, seen[:, :, top : top + h, left : left + w]",
        lambda s, x: torch.cat([adaptive_avg_pool2d(s, x.shape[2:]), x], 1),
    ),
    Slip(
        "x was made larger, and the skip left whole: nothing is known at the rim of x",
        "cut out the middle of `seen`, as large as x",
        lambda s, x: torch.cat([s, interpolate(x, s.shape[2:])], 1),
    ),
    Slip(
        "x was given a rim of zeros, and the skip left whole",
        "cut out the middle of `seen`, as large as x",
        lambda s, x: torch.cat([s, framed(x, s)], 1),
    ),
    Slip("the skip is missing: x alone came back", "torch.cat([..., x], dim=1)", lambda s, x: x),
    Slip(
        "the skip alone: what the decoder drew is gone",
        "torch.cat([..., x], dim=1)",
        lambda s, x: middle(s, *x.shape[2:]),
    ),
    Slip(
        "added, where it should be concatenated: a sum mixes what was seen with what is drawn",
        "torch.cat([...], dim=1) keeps both",
        lambda s, x: middle(s, *x.shape[2:]) + x,
    ),
    Slip(
        "concatenated on dimension 0, which holds the samples",
        "a skip adds channels, and they are dimension 1: dim=1",
        lambda s, x: joined(s, x, 0),
    ),
    Slip(
        "concatenated along the height: the pictures stand one below the other",
        "a skip adds channels, and they are dimension 1: dim=1",
        lambda s, x: joined(s, x, 2),
    ),
    Slip(
        "concatenated along the width: the pictures stand side by side",
        "a skip adds channels, and they are dimension 1: dim=1",
        lambda s, x: joined(s, x, 3),
    ),
    Slip(
        "height and width are swapped in the crop",
        "rows are dimension 2, columns dimension 3",
        lambda s, x: torch.cat([middle(s.mT, *x.shape[2:]), x], 1),
    ),
    Slip(
        "off the middle: where an odd number of rows or columns goes, half of it was rounded up",
        "round down, as the library does: top = (H - h) // 2",
        lambda s, x: torch.cat([rounded_up(s, *x.shape[2:]), x], 1),
    ),
    Slip(
        "one pixel off the middle: the skip is shifted against x",
        "leave out as much at the top as at the bottom: top = (H - h) // 2",
        lambda s, x: joined(s.roll((1, 1), (2, 3)), x),
    ),
    Slip(
        "one pixel off the middle: the skip is shifted against x",
        "leave out as much at the top as at the bottom: top = (H - h) // 2",
        lambda s, x: joined(s.roll((-1, -1), (2, 3)), x),
    ),
)


def framed(x: Tensor, s: Tensor) -> Tensor:
    """x with zeros around it, as large as s."""
    top, left = (s.shape[2] - x.shape[2]) // 2, (s.shape[3] - x.shape[3]) // 2
    return pad(x, (left, s.shape[3] - x.shape[3] - left, top, s.shape[2] - x.shape[2] - top))


def numbers(*shape: int, step: float) -> Tensor:
    """Known numbers of this shape, no two of them alike."""
    return (step * torch.arange(1, 1 + torch.Size(shape).numel()).float()).sin().view(shape)


JOIN_SHAPES = (  # of seen and of x, without its number of samples; in the last one an odd number of rows goes
    ((2, 1, 6, 6), (1, 2, 2)),
    ((1, 2, 8, 6), (3, 2, 4)),
    ((2, 2, 3, 3), (2, 3, 3)),
    ((1, 1, 5, 7), (1, 4, 2)),
)


@exercise("join(seen, x), the middle of `seen` and x, one behind the other in the channels")
def ex03_join(f):
    """f(seen, x), (n, a, H, W) and (n, b, h, w) -> cat of the middle of seen and x: (n, a + b, h, w)."""
    answer = Answer(f, "join(seen, x)")
    for (n, a, H, W), (b, h, w) in JOIN_SHAPES:
        seen, x = numbers(n, a, H, W, step=0.7).requires_grad_(), numbers(n, b, h, w, step=1.3).requires_grad_()
        told = f"With seen of shape {tuple(seen.shape)} and x of shape {tuple(x.shape)},"
        result, right = played(answer, seen.clone(), x.clone()), joined(seen, x)
        compare(result, right, JOIN_SLIPS, (seen, x), told, hint="crop to the middle, then cat on dim=1")
        tensor_of(result, (n, a + b, h, w))
        hint = "learning, too, goes through the skip and through x"
        same_gradient(result.square().sum(), right.square().sum(), [seen, x], ["seen", "x"], hint)
    return "The next convolution decides, pixel by pixel, what it takes from the skip and what from below."


def through(side: int, depth: int, lost: int = 4, *, bottom: bool = True, up: bool = True, last: bool = True) -> int:
    """A side on its way through an unpadded U-Net, or through one that a mistake describes."""
    for _ in range(depth):
        side = (side - lost) // 2
    side -= lost if bottom else 0
    for i in range(depth if up else 0):
        side = 2 * side - (lost if last or i < depth - 1 else 0)
    return side


SIDE_SLIPS = (
    Slip(
        "184 pixels are lost at depth 4 only",
        "follow the side through the stages in a loop over `depth`",
        lambda s, d: s - 184,
    ),
    Slip(
        "2 pixels are taken in a stage, and it takes 4",
        "a stage has two convolutions, and each takes a pixel off both sides",
        lambda s, d: through(s, d, 2),
    ),
    Slip(
        "too much is lost: a stage takes 4 pixels in all, 1 on each side for each of two convolutions",
        "side - 4 in a stage",
        lambda s, d: through(s, d, 8),
    ),
    Slip(
        "this is the network with padding: the side stays",
        "without padding every 3x3 convolution takes 2 pixels",
        lambda s, d: s,
    ),
    Slip(
        "the stage at the bottom is missing",
        "after the last halving come two more convolutions",
        lambda s, d: through(s, d, bottom=False),
    ),
    Slip(
        "only the way down: this is the side at the bottom",
        "each of the `depth` stages up doubles the side, then takes 4 pixels",
        lambda s, d: through(s, d, up=False),
    ),
    Slip(
        "the last stage up is missing",
        "after the last doubling come two more convolutions",
        lambda s, d: through(s, d, last=False),
    ),
    Slip(
        "the way up loses nothing here, but its convolutions have no padding either",
        "each stage up: double the side, then take 4 pixels",
        lambda s, d: through(s, d, up=False) * 2**d,
    ),
    Slip(
        "one halving too few: there are `depth` of them",
        "a stage, then a halving, `depth` times; then the bottom",
        lambda s, d: through(s, d - 1),
    ),
    Slip(
        "one halving too many: there are `depth` of them",
        "a stage, then a halving, `depth` times; then the bottom",
        lambda s, d: through(s, d + 1),
    ),
    Slip(
        "the 1x1 convolution at the end takes no pixels",
        "a 1x1 kernel needs no neighbours",
        lambda s, d: through(s, d) - 2,
    ),
    Slip(
        "the pixels are taken after the halving: the convolutions of a stage come before it",
        "on the way down: side - 4, then halve",
        lambda s, d: halved_first(s, d),
    ),
    Slip(
        "the pixels are taken before the doubling: the convolutions of a stage come after it",
        "on the way up: double, then - 4",
        lambda s, d: doubled_last(s, d),
    ),
)


def halved_first(side: int, depth: int) -> int:
    for _ in range(depth):
        side = side // 2 - 4
    side -= 4
    for _ in range(depth):
        side = 2 * side - 4
    return side


def doubled_last(side: int, depth: int) -> int:
    side = through(side, depth, up=False)
    for _ in range(depth):
        side = 2 * (side - 4)
    return side


@exercise("out_side(side, depth), the side of an unpadded U-Net's answer to a picture of this side")
def ex03_side(f):
    """f(side, depth): `depth` times (two 3x3 convolutions, halve), the bottom, `depth` times (double, two 3x3)."""
    answer = Answer(f, "out_side(side, depth)")
    for side, depth in ((572, 4), (140, 3), (76, 2), (300, 1)):
        result = answer(side, depth)
        if isinstance(result, bool | str | tuple | list | torch.Size | nn.Module) or not hasattr(result, "__int__"):
            raise NotYet(
                f"wrong type: {kind(result)} came back, and one whole number is asked for", hint="the side of a square"
            )
        if isinstance(result, Tensor) and result.numel() != 1:
            raise NotYet(f"wrong shape: {tuple(result.shape)}, and one number is asked for", hint="return the side")
        result = finite(tensor_of(torch.as_tensor(result)), "a division by 0?")
        told = f"With a side of {side} and depth {depth}"
        right = torch.tensor(through(side, depth))
        compare(result, right, SIDE_SLIPS, (side, depth), told, hint="write down the side after every box of figure 1")
        if result.is_floating_point():
            raise NotYet(
                "the number is right, but it is a float, and a side is a whole number",
                f"{told} yours is {result.item()}. A division that leaves a rest would end between two pixels.",
                "halve with //, which drops the rest as max pooling does, in place of /",
            )
    return "572 - 184 = 388, the two numbers of the paper's figure 1."


def hits(m: Tensor) -> Tensor:
    return m.double().diag()


IOU_SLIPS = (
    Slip(
        "the mean over the classes, where one number for each class is asked for",
        "leave .mean() to the caller",
        lambda m: (hits(m) / (m.sum(0) + m.sum(1) - hits(m))).mean(),
    ),
    Slip(
        "the hits are counted twice in the union",
        "they are in the row sum and in the column sum: subtract them once",
        lambda m: hits(m) / (m.sum(0) + m.sum(1)),
    ),
    Slip(
        "this is the Dice score: it counts the hits twice, above and below",
        "IoU is hits / (true + seen - hits)",
        lambda m: 2 * hits(m) / (m.sum(0) + m.sum(1)),
    ),
    Slip(
        "divided by the true pixels alone: this is the class accuracy (recall), which forgives false alarms",
        "the union has the pixels seen as the class, too",
        lambda m: hits(m) / m.sum(1),
    ),
    Slip(
        "divided by the seen pixels alone: this is precision, which forgives what was missed",
        "the union has the true pixels of the class, too",
        lambda m: hits(m) / m.sum(0),
    ),
    Slip(
        "divided by all pixels: a small class could never score",
        "the union of one class: its row, its column, its hits only once",
        lambda m: hits(m) / m.sum(),
    ),
    Slip(
        "this is the pixel accuracy, one number for all classes",
        "for each class by itself: hits / (true + seen - hits)",
        lambda m: hits(m).sum() / m.sum(),
    ),
    Slip(
        "the hits are left out of the union",
        "union = true + seen - hits; what is left after another subtraction is only the mistakes",
        lambda m: hits(m) / (m.sum(0) + m.sum(1) - 2 * hits(m)),
    ),
    Slip(
        "whole-number division drops the share",
        "/ divides with a fraction, // drops it",
        lambda m: hits(m) // (m.sum(0) + m.sum(1) - hits(m)),
    ),
    Slip(
        "missing brackets: only the first of the three in the union divides",
        "hits / (true + seen - hits)",
        lambda m: hits(m) / m.sum(0) + m.sum(1) - hits(m),
    ),
    Slip(
        "missing brackets: only the first of the three in the union divides",
        "hits / (true + seen - hits)",
        lambda m: hits(m) / m.sum(1) + m.sum(0) - hits(m),
    ),
    Slip(
        "the intersection alone: hits are counted and not divided",
        "divide by the union",
        lambda m: hits(m),
    ),
    Slip(
        "the union alone",
        "hits / union",
        lambda m: m.sum(0) + m.sum(1) - hits(m),
    ),
    Slip(
        "this is a percentage, and shares from 0 to 1 are asked for",
        "do not multiply by 100",
        lambda m: 100 * hits(m) / (m.sum(0) + m.sum(1) - hits(m)),
    ),
    Slip(
        "this is 1 - IoU, the share of the union that is wrong",
        "hits / union",
        lambda m: 1 - hits(m) / (m.sum(0) + m.sum(1) - hits(m)),
    ),
    Slip(
        "intersection and union are swapped",
        "the smaller number belongs on top",
        lambda m: (m.sum(0) + m.sum(1) - hits(m)) / hits(m),
    ),
)


@exercise("iou(matrix), one IoU for each class; matrix[i, j] counts the pixels of class i that were seen as class j")
def ex03_iou(f):
    """f(matrix), (k, k) -> hits / (true + seen - hits): (k,)."""
    answer = Answer(f, "iou(matrix)")
    for matrix in ([[50, 3, 7], [10, 20, 5], [1, 4, 40]], [[900, 12], [50, 38]]):
        m = torch.tensor(matrix)
        told = f"With the matrix {show(m)}"
        result = tensor_of(vector_of(answer(m.clone())))
        finite(result, "a class that nobody saw has a union of its true pixels, never 0")
        right = hits(m) / (m.sum(0) + m.sum(1) - hits(m))
        compare(result, right, IOU_SLIPS, (m,), told, hint="the diagonal over (row sum + column sum - diagonal)")
        hint = "the numbers are right: sums without keepdim, or .flatten() at the end, leave one number for each class"
        tensor_of(result, right.shape, hint)
    return "All-background is right in most pixels, and its IoU for the rare class is 0."


def vector_of(result: object) -> object:
    """A list of fractions, or a numpy array, as a tensor; anything else as it is."""
    if isinstance(result, list | tuple) and result:
        parts = [torch.tensor(v) if isinstance(v, float) else unpacked(v) for v in result]
        if all(isinstance(v, Tensor) and v.numel() == 1 and v.is_floating_point() for v in parts):
            return torch.stack([v.double() for v in parts])
    return unpacked(result)


def unpacked(result: object) -> object:
    """A numpy array or number as a tensor; anything else as it is."""
    if isinstance(result, np.ndarray | np.generic) and result.dtype.kind in "biuf":
        return torch.as_tensor(result.copy())  # a copy, for torch takes no negative strides
    return result


class Box(nn.Module):
    """A convolution with known numbers that says what it is given. With `up` it doubles the picture, too."""

    def __init__(self, name: str, a: int, b: int, up: bool = False):
        super().__init__()
        self.name, self.a, self.up = name, a, up
        self.weight = numbers(b, a, 3, 3, step=0.9 + 0.1 * a)

    def forward(self, x: Tensor) -> Tensor:
        if x is ...:
            raise StillOpen(f"{self.name} was given `...`.")
        if not isinstance(x, Tensor) or x.dim() != 4:
            raise NotYet(f"{self.name} was given {kind(x)}", hint="pictures have four dimensions, (n, channels, h, w)")
        if x.shape[1] != self.a:
            raise NotYet(
                f"{self.name} takes {self.a} channels and was given {x.shape[1]}",
                f"What it was given has the shape {tuple(x.shape)}.",
                self._hint(x),
            )
        x = interpolate(x, scale_factor=2) if self.up else x
        return torch.tanh(nn.functional.conv2d(x, self.weight, padding=1))

    def _hint(self, x: Tensor) -> str:
        if self.name != "look_3":
            return "follow the picture: look_1, halve, look_2, double, look_3"
        if len(x) == 2 * SAMPLES:
            return "concatenated on dimension 0, the samples were doubled: channels are dimension 1"
        if x.shape[2] != x.shape[3]:
            return "concatenated along height or width: channels are dimension 1"
        if x.shape[1] == 2:
            return "2 channels are seen + x, or one of the two alone; concatenated they are 4"
        return "2 channels from the skip, what look_1 saw, and 2 from `double`: 4 together"


SAMPLES = 2


class Halve(nn.Module):
    """Max pooling that says what it is given."""

    def forward(self, x: Tensor) -> Tensor:
        if x is ...:
            raise StillOpen("halve was given `...`.")
        if not isinstance(x, Tensor) or x.dim() != 4:
            raise NotYet(f"halve was given {kind(x)}", hint="pictures have four dimensions, (n, channels, h, w)")
        return max_pool2d(x, 2)


def boxes() -> tuple[nn.Module, ...]:
    return Box("look_1", 1, 2), Halve(), Box("look_2", 2, 4), Box("double", 4, 2, up=True), Box("look_3", 4, 2)


def small_unet(look_1, halve, look_2, double, look_3, x: Tensor) -> Tensor:
    seen = look_1(x)
    return look_3(torch.cat([seen, double(look_2(halve(seen)))], 1))


def other_ways(look_1, halve, look_2, double, look_3, x: Tensor) -> tuple[tuple[str, str, Tensor], ...]:
    """Wrong networks of the same boxes: (name, hint, answer)."""
    seen = look_1(x)
    drawn = double(look_2(halve(seen)))
    hint = "cat([seen, x], dim=1): first what was seen, then what is drawn"
    return (
        ("x comes first, the skip second", hint, look_3(torch.cat([drawn, seen], 1))),
        ("the skip stands twice, and what is drawn is missing", hint, look_3(torch.cat([seen, seen], 1))),
        ("what is drawn stands twice, and the skip is missing", hint, look_3(torch.cat([drawn, drawn], 1))),
        (
            "the skip was halved and doubled again: its detail is gone",
            "keep what look_1 saw before the halving",
            look_3(torch.cat([interpolate(halve(seen), scale_factor=2), drawn], 1)),
        ),
        (
            "the skip is all zeros: this network has the size of a U-Net and the sight of an encoder-decoder",
            hint,
            look_3(torch.cat([torch.zeros_like(seen), drawn], 1)),
        ),
        ("look_3 was not asked", "the last line is look_3(...)", torch.cat([seen, drawn], 1)),
        (
            "the sum stands twice: adding mixes what was seen with what is drawn",
            hint,
            look_3(torch.cat([seen + drawn, seen + drawn], 1)),
        ),
    )


@exercise("unet(look_1, halve, look_2, double, look_3, x), a U-Net with one skip, from look_1 to look_3")
def ex03_unet(f):
    """f(look_1, halve, look_2, double, look_3, x) -> look_3(cat([seen, double(look_2(halve(seen)))], 1))."""
    answer = Answer(f, "unet(look_1, halve, look_2, double, look_3, x)")
    parts = boxes()
    x = numbers(SAMPLES, 1, 4, 4, step=0.8).requires_grad_()
    result = played(answer, *parts, x)
    right = small_unet(*parts, x)
    slips = [Slip(name, hint, lambda x, out=out: out) for name, hint, out in other_ways(*parts, x)]
    compare(
        result, right, slips, (x,), "For a picture of 4 x 4,", hint="follow the picture: look_1, halve, look_2, double"
    )
    same_gradient(result.square().sum(), right.square().sum(), [x], ["x"], "learning, too, goes through the skip")
    return "Two ways lead from look_1 to look_3: one through the bottom, and a short one for the detail."


@exercise("the IoU of membranes 2 px wide, if the answer is right but for a shift by 1 px: a number from 0 to 1")
def ex03_shift(guess):
    """1/3: of 3 px that are membrane in either, 1 is so in both."""
    value = number_of(guess, "a number from 0 to 1")
    told = "Side by side: the truth has px 0 and 1, the answer 1 and 2."
    others = (
        (
            0.5,
            "half of the membrane is found, and the false alarm is not counted",
            "overlap over union: 1 px over what?",
        ),
        (2 / 3, "2 px are the width of one membrane, and 3 px their union", "which px are membrane in both?"),
        (0.25, "the px they share is counted twice in the union", "in how many px is either of them membrane?"),
        (0.875, "this is the pixel accuracy: all the cell around is right", "IoU looks at the membranes alone"),
        (1.0, "a shift of 1 px is small against the picture, and not against the membrane", "overlap over union"),
        (0.0, "they still share 1 px of 2", "overlap over union"),
    )
    if abs(value - 1 / 3) > 0.02:
        for other, what, hint in others:
            if abs(value - other) < 0.01:
                raise NotYet(f"{value:g}: {what}", told, hint)
        raise NotYet(f"{value:g} is not it", told, "overlap over union, counted in px across one membrane")
    return "1 px of 3, while 7 pixels in 8 are right. Thin things are hard for IoU, and no eye sees a shift of 1 px."


LOSS_FAULTS = (
    Fault(
        "softmax over dimension 0, which holds the pictures; and cross_entropy takes its own softmax",
        "give it the scores as they are",
    ),
    Fault("softmax twice: cross_entropy takes its own", "give it the scores as they are"),
    Fault("the classes are exchanged: class 1 is the cell, where y is above 0", "(y[:, 0] > 0).long()"),
    Fault("a sum over the pixels: it would grow with the picture", "cross_entropy takes the mean if nobody says more"),
    Fault("a minus too many: the right class would get less and less", "cross_entropy is a cost already"),
)


def segmenting(scores: Tensor, y: Tensor) -> Callable[..., Tensor]:
    """The loss at every pixel and its gradient, with a choice of LOSS_FAULTS in it."""

    def play(over_pictures: bool, twice: bool, exchanged: bool, summed: bool, minus: bool) -> Tensor:
        s = scores.softmax(0) if over_pictures else scores
        s = s.softmax(1) if twice else s
        target = ((y[:, 0] < 0) if exchanged else (y[:, 0] > 0)).long()
        loss = cross_entropy(s, target, reduction="sum" if summed else "mean")
        return with_gradients(-loss if minus else loss, [scores])

    return play


@exercise("pixel_loss(scores, y), mended: the mean cross-entropy over all pixels, class 1 where y is above 0")
def ex03_loss(f):
    """f(scores (n, 2, h, w), y (n, 1, h, w) of -1 and 1) -> cross_entropy(scores, (y[:, 0] > 0).long())."""
    answer = Answer(f, "pixel_loss(scores, y)")
    for n, h, w in ((2, 2, 3), (3, 1, 2)):
        scores = (2.5 * numbers(n, 2, h, w, step=1.1)).requires_grad_()
        y = 2.0 * (numbers(n, 1, h, w, step=2.3) > -0.3) - 1
        loss = loss_of(answer(scores, y.clone()))
        play = segmenting(scores, y)
        told = f"For {n} pictures of {h} x {w}, the loss: yours {show(loss)}, right {show(play(*[False] * 5)[0])}."
        hint = "two lines at most: which class is right at each pixel, and cross_entropy(scores, that)"
        given = (True, False, True, False, False)
        expect_mended(with_gradients(loss, [scores]), play, LOSS_FAULTS, told, hint=hint, given=given)
    return "Scores go in as they are, as logits do. After a softmax too many no pixel can cost less than 0.31."


WIDE, DEPTH = 256, 4  # what the answer must cover, and how often the network halves


def stages(side: float) -> list[float]:
    """The side after each stage on the way down."""
    sides = [side - 4]
    for _ in range(DEPTH):
        sides.append(sides[-1] / 2 - 4)
    return sides


def good_tile(side: int) -> bool:
    return all(s % 2 == 0 for s in stages(side)[:-1]) and through(side, DEPTH) >= WIDE


@exercise(
    "the side of the smallest tile that an unpadded U-Net of depth 4 halves with no rest, answering 256 px or more"
)
def ex03_tile(side):
    """444: 440, 216, 104, 48, 20 on the way down, and an answer of 260."""
    (side,) = whole([number_of(side, "one whole number")])
    sides = stages(side)
    if side < 1 or sides[-1] < 1:
        number = f"After the stages on the way down: {', '.join(f'{s:g}' for s in sides)}."
        raise NotYet("nothing is left at the bottom", number, "a stage takes 4 pixels; the answer should have 256")
    for place, s in enumerate(sides[:-1], 1):
        if s % 2:
            number = f"After stage {place} the side is {s:g}."
            what = f"a rest in halving {place}: max pooling drops a row, and the skip no longer lies in the middle"
            raise NotYet(what, number, "which sides work? Begin with the paper's 572, and go up and down from it")
    answered = through(side, DEPTH)
    if answered < WIDE:
        raise NotYet(
            "no rest, but too small", f"The answer has {answered} px.", "the next larger one: they are 16 apart"
        )
    if good_tile(side - 16):
        number = f"Its answer has {answered} px, and that of a smaller one {through(side - 16, DEPTH)}."
        raise NotYet("this one works, but a smaller one does, too", number, "they are 16 apart")
    return f"{side} px in, {answered} px out. Tiles that work are 2 * 2 * 2 * 2 px apart, a 2 for each halving."


def takes(name: str, channels: int, out: int, scale: float = 1, hint: str = "") -> Callable[[Shape], Shape]:
    """The shape that comes out of a box which takes this many channels."""

    def shape(given: Shape) -> Shape:
        if given[0] != channels:
            what = f"{name} takes {channels} channels, and x has {given[0]} here, {given[1]} px a side"
            raise Misfit(what, hint or "write down channels and side of x after each line")
        return out, int(scale * given[1])

    return shape


def behind(name: str, channels: int, out: int) -> Callable[[Shape, Shape], Shape]:
    """The shape that comes out of a box which takes a skip and x, joined."""

    def shape(skip: Shape, x: Shape) -> Shape:
        if skip[1] != x[1]:
            what = f"the skip has {skip[1]} px a side and x has {x[1]}: only the channels may differ"
            raise Misfit(what, "double x first; the skip that was kept last fits first")
        return takes(name, channels, out)((skip[0] + x[0], x[1]))

    return shape


def half(given: Shape) -> Shape:
    return given[0], given[1] // 2


DOWN = "on the way down a look comes before each halving"
PATH = Puzzle(
    lines={
        "a": Step("x = bottom(x)", ("x",), ("x",), by=("bottom",), shape=takes("bottom", 16, 32, hint=DOWN)),
        "b": Step("seen_1 = look_1(x)", ("seen_1",), ("x",), by=("look_1",), shape=takes("look_1", 1, 8)),
        "c": Step("x = double_1(x)", ("x",), ("x",), by=("double_1",), shape=takes("double_1", 16, 8, 2)),
        "d": Step("seen_2 = look_2(x)", ("seen_2",), ("x",), by=("look_2",), shape=takes("look_2", 8, 16, hint=DOWN)),
        "e": Step("x = out(x)", ("x",), ("x",), by=("out",), shape=takes("out", 8, 2)),
        "f": Step("x = halve(seen_2)", ("x",), ("seen_2",), shape=half),
        "g": Step(
            "x = back_2(torch.cat([seen_2, x], dim=1))",
            ("x",),
            ("seen_2", "x"),
            by=("back_2",),
            shape=behind("back_2", 32, 16),
        ),
        "h": Step("x = halve(seen_1)", ("x",), ("seen_1",), shape=half),
        "i": Step(
            "x = back_1(torch.cat([seen_1, x], dim=1))",
            ("x",),
            ("seen_1", "x"),
            by=("back_1",),
            shape=behind("back_1", 16, 8),
        ),
        "j": Step("x = double_2(x)", ("x",), ("x",), by=("double_2",), shape=takes("double_2", 32, 16, 2)),
    },
    right="bhdfajgcie",
    rules=(
        Rule(
            "i",
            "e",
            "out comes too early: what it gives is written over, and features come out in the end, not scores",
            "out is line {then}, and x is drawn on until line {first}.",
            "the scores are made of what the whole way has found out",
        ),
    ),
    given={"x": (1, 64)},
    results=("x",),
    rounds=1,
)


@exercise("the order of the ten lines: from a picture through a U-Net with two halvings and two skips to the scores")
def ex03_order(steps):
    """The letters of PATH: "bhdfajgcie" alone, since every line but two writes over x."""
    judge_order(steps, PATH)
    return "Down, down, up, up; and the skip that was kept last comes back first, like plates from a pile."


def eight(answer: Callable, x: Tensor, back: Callable | None = None, turns: range = range(4), flips=(False, True)):
    """The answers to x as it is, turned and mirrored, each turned back: (turns * flips, n, k, h, w)."""
    views = []
    for turn in turns:
        for flip in flips:
            view = x.rot90(turn, (2, 3))
            seen = answer(view.flip(3) if flip else view)
            if back is None:
                seen = (seen.flip(3) if flip else seen).rot90(-turn, (2, 3))
            else:
                seen = back(seen, turn, flip)
            views.append(seen)
    return torch.stack(views)


BACK = "each answer is undone in the reverse order: what was turned last is turned back first"
MEAN_SLIPS = (
    Slip(
        "the answers are not turned back: pixels of different places are averaged",
        BACK,
        lambda f, x: eight(f, x, lambda s, t, m: s).mean(0),
    ),
    Slip("one view alone: the picture as it is", "four turns, each also mirrored", lambda f, x: f(x)),
    Slip(
        "four views: the mirrored ones are missing",
        "each turn also mirrored",
        lambda f, x: eight(f, x, flips=(False,)).mean(0),
    ),
    Slip(
        "two views: the turned ones are missing",
        "four turns, each also mirrored",
        lambda f, x: eight(f, x, turns=range(1)).mean(0),
    ),
    Slip(
        "two views: the turned ones are missing",
        "four turns, each also mirrored",
        lambda f, x: (f(x) + f(x.flip(2)).flip(2)) / 2,
    ),
    Slip(
        "four views: the mirrored ones alone",
        "each turn also as it is",
        lambda f, x: eight(f, x, flips=(True,)).mean(0),
    ),
    Slip(
        "four views: the quarter turns are missing",
        "four turns, each also mirrored",
        lambda f, x: eight(f, x, turns=range(0, 4, 2)).mean(0),
    ),
    Slip(
        "four answers, divided by 8: the mirrored ones are missing",
        "each turn also mirrored",
        lambda f, x: eight(f, x, flips=(False,)).sum(0) / 8,
    ),
    Slip("a sum instead of a mean", "divide by 8", lambda f, x: eight(f, x).sum(0)),
    Slip(
        "turned on where it should be turned back",
        "rot90(-turns), after rot90(turns)",
        lambda f, x: eight(f, x, lambda s, t, m: (s.flip(3) if m else s).rot90(t, (2, 3))).mean(0),
    ),
    Slip(
        "turned back, but not mirrored back",
        BACK,
        lambda f, x: eight(f, x, lambda s, t, m: s.rot90(-t, (2, 3))).mean(0),
    ),
    Slip(
        "mirrored back, but not turned back",
        BACK,
        lambda f, x: eight(f, x, lambda s, t, m: s.flip(3) if m else s).mean(0),
    ),
    Slip(
        "undone in the order in which it was done: turned back first, then mirrored back",
        BACK,
        lambda f, x: eight(f, x, lambda s, t, m: s.rot90(-t, (2, 3)).flip(3) if m else s.rot90(-t, (2, 3))).mean(0),
    ),
    Slip(
        "the pictures are averaged, and the network is asked once: it has never seen such a blur",
        "eight answers, and then their mean",
        lambda f, x: f(eight(lambda p: p, x, lambda s, t, m: s).mean(0)),
    ),
    Slip("the largest answer of the eight, not their mean", "mean in place of max", lambda f, x: eight(f, x).amax(0)),
    Slip(
        "the median of the eight, not their mean", "mean in place of median", lambda f, x: eight(f, x).median(0).values
    ),
)


def lopsided(x: Tensor) -> Tensor:
    """Pictures (n, 1, h, w) to two numbers a pixel; it looks to the right and down, so turning makes a difference."""
    if x is ...:
        raise StillOpen("ask was given `...`.")
    if not isinstance(x, Tensor) or x.dim() != 4 or x.shape[1] != 1:
        raise NotYet(f"ask was given {kind(x)}", hint="ask takes pictures, here (n, 1, h, w)")
    one = x + 0.5 * x.roll(1, 3).tanh() - 0.3 * x.roll(1, 2).square()
    return torch.cat([one.sin(), (0.7 * one).cos()], 1)


@exercise("mean(ask, x), the mean of the answers to x in eight views, turned and mirrored, each turned back")
def ex03_mean(f):
    """f(ask, x (n, c, h, h)) -> mean of ask over the eight symmetries of the square, (n, k, h, h)."""
    asked = Answer(f, "mean(ask, x)")
    for n, side in ((2, 4), (1, 5)):
        x = numbers(n, 1, side, side, step=1.3)
        result = finite(tensor_of(asked(lopsided, x.clone())), "there is no division by 0 here")
        told = f"With {n} pictures of {side} x {side},"
        right = eight(lopsided, x).mean(0)
        hint = f"the mean of eight answers, as large as one of them; {BACK}"
        compare(result, right, MEAN_SLIPS, (lopsided, x), told, hint=hint)
        tensor_of(result, right.shape, hint)
    return (
        "Eight answers to one question: where they agree the network was sure, and elsewhere their mean is less wrong."
    )
