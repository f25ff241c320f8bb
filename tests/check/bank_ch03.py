"""Right and wrong answers to the exercises of chapter 03, as students write them; see tests/check/bank.py."""

import numpy as np
import torch
from torch.nn import functional
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import center_crop

from gancourse.networks.ronneberger import cropped, out_side
from gancourse.segmenter import scores
from tests.check.bank import right, wrong

# --- ex03_join --------------------------------------------------------------------------------------------------------


@right("ex03_join", reference=True)
def join_by_slices(seen, x):
    h, w = x.shape[2:]
    top = (seen.shape[2] - h) // 2
    left = (seen.shape[3] - w) // 2
    return torch.cat([seen[:, :, top : top + h, left : left + w], x], dim=1)


@right("ex03_join", reference=True)
def join_by_narrow(seen, x):
    for dim in (2, 3):
        seen = seen.narrow(dim, (seen.shape[dim] - x.shape[dim]) // 2, x.shape[dim])
    return torch.concat((seen, x), 1)


@right("ex03_join")
def join_by_negative_padding(seen, x):
    rows, columns = seen.shape[-2] - x.shape[-2], seen.shape[-1] - x.shape[-1]
    a, b = rows // 2, columns // 2
    return torch.cat([pad(seen, (-b, b - columns, -a, a - rows)), x], dim=-3)


right("ex03_join")(lambda seen, x: torch.cat([cropped(seen, x), x], 1))
right("ex03_join")(lambda seen, x: torch.cat([center_crop(seen, list(x.shape[2:])), x], 1))


def cut(seen, x):
    return center_crop(seen, list(x.shape[2:]))


def same_on_both_sides(seen, x):
    """As much off the top as off the bottom, so that a row too many stays where an odd number should go."""
    top, left = (seen.shape[2] - x.shape[2]) // 2, (seen.shape[3] - x.shape[3]) // 2
    return seen[:, :, top : seen.shape[2] - top, left : seen.shape[3] - left]


wrong("ex03_join", "different heights or widths", lambda s, x: torch.cat([s, x], 1))
wrong("ex03_join", "x comes first", lambda s, x: torch.cat([x, cut(s, x)], 1))
wrong("ex03_join", "the corner of `seen`", lambda s, x: torch.cat([s[:, :, : x.shape[2], : x.shape[3]], x], 1))
wrong("ex03_join", "far corner", lambda s, x: torch.cat([s[:, :, -x.shape[2] :, -x.shape[3] :], x], 1))
wrong("ex03_join", "made smaller, not cut", lambda s, x: torch.cat([interpolate(s, x.shape[2:]), x], 1))
wrong(
    "ex03_join",
    "made smaller, not cut",
    lambda s, x: torch.cat([interpolate(s, x.shape[2:], mode="bilinear"), x], 1),
)
wrong(
    "ex03_join",
    "made smaller, not cut",
    lambda s, x: torch.cat([functional.adaptive_avg_pool2d(s, x.shape[2:]), x], 1),
)
wrong("ex03_join", "x was made larger", lambda s, x: torch.cat([s, interpolate(x, s.shape[2:])], 1))
wrong("ex03_join", "a rim of zeros", lambda s, x: torch.cat([s, center_crop(x, list(s.shape[2:]))], 1))
wrong("ex03_join", "x alone came back", lambda s, x: x)
wrong("ex03_join", "the skip alone", lambda s, x: cut(s, x))
wrong("ex03_join", "added, where it should be concatenated", lambda s, x: cut(s, x) + x)
wrong("ex03_join", "added, where it should be concatenated", lambda s, x: s + x)
wrong("ex03_join", "dimension 0, which holds the samples", lambda s, x: torch.cat([cut(s, x), x]))
wrong("ex03_join", "along the height", lambda s, x: torch.cat([cut(s, x), x], 2))
wrong("ex03_join", "along the width", lambda s, x: torch.cat([cut(s, x), x], dim=-1))
wrong("ex03_join", "along height or width", lambda s, x: torch.cat([s, x], 2))
wrong("ex03_join", "dimension 0, which holds the samples", lambda s, x: torch.cat([s, x]))
wrong("ex03_join", "height and width are swapped", lambda s, x: torch.cat([cut(s.mT, x), x], 1))
wrong("ex03_join", "gradient with respect to seen is not", lambda s, x: torch.cat([cut(s, x).detach(), x], 1))
wrong("ex03_join", "gradient with respect to x is not", lambda s, x: torch.cat([cut(s, x), x.detach()], 1))
wrong("ex03_join", "no gradient flows", lambda s, x: torch.cat([cut(s, x), x], 1).detach())
wrong("ex03_join", "different heights or widths", lambda s, x: torch.cat([same_on_both_sides(s, x), x], 1))
wrong("ex03_join", "at [0, 0, 0, 0] yours is", lambda s, x: torch.cat([x, cut(s, x)], 1))
wrong("ex03_join", "wrong shape", lambda s, x: torch.stack([cut(s, x), x], 1))
wrong("ex03_join", "wrong type: a list", lambda s, x: [cut(s, x), x])
wrong("ex03_join", "takes (x)", lambda x: x)


def join_with(step):
    """The crop with its beginning moved by one, or with its end counted from behind."""

    def join(seen, x):
        (H, W), (h, w) = seen.shape[2:], x.shape[2:]
        top, left = (H - h) // 2 + step, (W - w) // 2 + step
        return torch.cat([seen[:, :, top : top + h, left : left + w], x], dim=1)

    return join


wrong("ex03_join", "one pixel off the middle", join_with(1))
wrong("ex03_join", "one pixel off the middle", join_with(-1))


@wrong("ex03_join", "lies nothing where d is 0")
def join_from_d_to_minus_d(seen, x):
    a, b = (seen.shape[2] - x.shape[2]) // 2, (seen.shape[3] - x.shape[3]) // 2
    return torch.cat([seen[:, :, a:-a, b:-b], x], dim=1)


@wrong("ex03_join", "/ gives a fraction")
def join_with_a_fraction(seen, x):
    d = (seen.shape[2] - x.shape[2]) / 2
    return torch.cat([seen[:, :, d:-d, d:-d], x], dim=1)


@wrong("ex03_join", "off the middle: where an odd number")
def join_rounded_up(seen, x):
    (H, W), (h, w) = seen.shape[2:], x.shape[2:]
    top, left = -(-(H - h) // 2), -(-(W - w) // 2)
    return torch.cat([seen[:, :, top : top + h, left : left + w], x], dim=1)


# --- ex03_side --------------------------------------------------------------------------------------------------------


@right("ex03_side", reference=True)
def side_by_following(side, depth):
    for _ in range(depth):
        side = (side - 4) // 2
    side = side - 4
    for _ in range(depth):
        side = 2 * side - 4
    return side


@right("ex03_side", reference=True)
def side_by_formula(side, depth):
    return side - 12 * 2**depth + 8


right("ex03_side")(lambda side, depth: out_side(side, depth, padding=0))
right("ex03_side")(lambda side, depth: side - 4 * (1 + sum(3 * 2**i for i in range(depth))))
right("ex03_side")(lambda side, depth: np.int64(side - 12 * 2**depth + 8))
right("ex03_side")(lambda side, depth: torch.tensor(side - 12 * 2**depth + 8))


def side_with(side, depth, down=4, bottom=4, up=4):
    for _ in range(depth):
        side = (side - down) // 2
    side -= bottom
    for _ in range(depth):
        side = 2 * side - up
    return side


wrong("ex03_side", "2 pixels are taken in a stage", lambda s, d: side_with(s, d, 2, 2, 2))
wrong("ex03_side", "too much is lost", lambda s, d: side_with(s, d, 8, 8, 8))
wrong("ex03_side", "the network with padding", lambda s, d: s)
wrong("ex03_side", "stage at the bottom", lambda s, d: side_with(s, d, bottom=0))
wrong("ex03_side", "the way up loses nothing", lambda s, d: side_with(s, d, up=0))
wrong("ex03_side", "one halving too few", lambda s, d: side_with(s, d - 1))
wrong("ex03_side", "one halving too many", lambda s, d: side_with(s, d + 1))
wrong("ex03_side", "184 pixels", lambda s, d: s - 184)
wrong("ex03_side", "1x1 convolution", lambda s, d: side_with(s, d) - 2)
wrong("ex03_side", "the numbers differ", lambda s, d: s // 2**d)
wrong("ex03_side", "NaN", lambda s, d: float("nan"))
wrong("ex03_side", "wrong type", lambda s, d: (s - 184, s - 184))
wrong("ex03_side", "it is a float", lambda s, d: float(side_with(s, d)))
wrong("ex03_side", "it is a float", lambda s, d: torch.tensor(float(side_with(s, d))))


@wrong("ex03_side", "halve with //")
def side_by_true_division(side, depth):
    for _ in range(depth):
        side = (side - 4) / 2
    side -= 4
    for _ in range(depth):
        side = 2 * side - 4
    return side


@wrong("ex03_side", "taken before the doubling")
def side_doubled_last(side, depth):
    side = side_down(side, depth)
    for _ in range(depth):
        side = 2 * (side - 4)
    return side


@wrong("ex03_side", "only the way down")
def side_down(side, depth):
    for _ in range(depth):
        side = (side - 4) // 2
    return side - 4


@wrong("ex03_side", "the last stage up is missing")
def side_up_once_less(side, depth):
    side = side_down(side, depth)
    for _ in range(depth - 1):
        side = 2 * side - 4
    return 2 * side


@wrong("ex03_side", "taken after the halving")
def side_halved_first(side, depth):
    for _ in range(depth):
        side = side // 2 - 4
    side -= 4
    for _ in range(depth):
        side = 2 * side - 4
    return side


# --- ex03_iou ---------------------------------------------------------------------------------------------------------


@right("ex03_iou", reference=True)
def iou_by_sums(matrix):
    hit = matrix.diag()
    return hit / (matrix.sum(0) + matrix.sum(1) - hit)


@right("ex03_iou", reference=True)
def iou_by_mistakes(matrix):
    hit = torch.diagonal(matrix).float()
    missed = matrix.sum(dim=1) - hit
    false = matrix.sum(dim=0) - hit
    return hit / (hit + missed + false)


@right("ex03_iou")
def iou_by_a_loop(matrix):
    found = []
    for i in range(len(matrix)):
        found.append(matrix[i, i] / (matrix[i].sum() + matrix[:, i].sum() - matrix[i, i]))
    return torch.stack(found)


@right("ex03_iou")
def iou_as_a_list(matrix):
    m = matrix.tolist()
    return [m[i][i] / (sum(m[i]) + sum(row[i] for row in m) - m[i][i]) for i in range(len(m))]


right("ex03_iou")(lambda m: iou_by_sums(m).tolist())
right("ex03_iou")(lambda m: list(iou_by_sums(m)))  # of tensors without a dimension
right("ex03_iou")(lambda m: list(iou_by_sums(m).numpy()))  # of np.float32
right("ex03_iou")(lambda m: tuple(iou_by_sums(m).double().numpy()))  # of np.float64
right("ex03_iou")(lambda m: [np.array(v) for v in iou_as_a_list(m)])
right("ex03_iou")(lambda m: iou_by_sums(m).numpy())
right("ex03_iou")(lambda m: iou_by_sums(m).flip(0).numpy()[::-1])
right("ex03_iou")(lambda m: np.diag(m) / (m.numpy().sum(0) + m.numpy().sum(1) - np.diag(m)))


def union(m):
    return m.sum(0) + m.sum(1) - m.diag()


wrong("ex03_iou", "mean over the classes", lambda m: (m.diag() / union(m)).mean())
wrong("ex03_iou", "mean over the classes", lambda m: torch.tensor(scores(m)["iou"]))
wrong("ex03_iou", "hits are counted twice in the union", lambda m: m.diag() / (m.sum(0) + m.sum(1)))
wrong("ex03_iou", "Dice", lambda m: 2 * m.diag() / (m.sum(0) + m.sum(1)))
wrong("ex03_iou", "(recall)", lambda m: m.diag() / m.sum(1))
wrong("ex03_iou", "precision", lambda m: m.diag() / m.sum(0))
wrong("ex03_iou", "divided by all pixels", lambda m: m.diag() / m.sum())
wrong("ex03_iou", "pixel accuracy", lambda m: m.diag().sum() / m.sum())
wrong("ex03_iou", "hits are left out", lambda m: m.diag() / (m.sum(0) + m.sum(1) - 2 * m.diag()))
wrong("ex03_iou", "whole-number division", lambda m: m.diag() // union(m))
wrong("ex03_iou", "missing brackets", lambda m: m.diag() / m.sum(0) + m.sum(1) - m.diag())
wrong("ex03_iou", "missing brackets", lambda m: m.diag() / m.sum(1) + m.sum(0) - m.diag())
wrong("ex03_iou", "intersection alone", lambda m: m.diag())
wrong("ex03_iou", "the union alone", union)
wrong("ex03_iou", "percentage", lambda m: 100 * m.diag() / union(m))
wrong("ex03_iou", "1 - IoU", lambda m: 1 - m.diag() / union(m))
wrong("ex03_iou", "swapped", lambda m: union(m) / m.diag())
wrong("ex03_iou", "wrong shape", lambda m: m / (m.sum(0) + m.sum(1) - m.diag()))
wrong("ex03_iou", "wrong shape", lambda m: m.diag().diag() / union(m)[:, None])
wrong("ex03_iou", "wrong shape: (1, 3) came back, and (3,)", lambda m: iou_by_sums(m)[None])
wrong("ex03_iou", "wrong shape: (3, 1) came back, and (3,)", lambda m: iou_by_sums(m)[:, None])
wrong("ex03_iou", "without keepdim", lambda m: m.diag()[None] / (m.sum(0, keepdim=True) + m.sum(1) - m.diag()))
wrong("ex03_iou", "wrong shape: (1, 3) came back, and (3,)", lambda m: iou_by_sums(m)[None].numpy())
wrong("ex03_iou", "wrong shape: (3, 1) came back, and (3,)", lambda m: list(iou_by_sums(m)[:, None]))
wrong("ex03_iou", "precision", lambda m: list((m.diag() / m.sum(0)).numpy()))
wrong("ex03_iou", "wrong type: a list", lambda m: [[v] for v in iou_as_a_list(m)])
wrong("ex03_iou", "wrong type: a list", lambda m: [str(v) for v in iou_as_a_list(m)])
wrong("ex03_iou", "wrong type: a ndarray|wrong type: an ndarray", lambda m: np.array(iou_as_a_list(m), dtype=object))
wrong("ex03_iou", "wrong type: a dict", scores)
wrong("ex03_iou", "NaN", lambda m: (m - m).float() / 0)


# --- ex03_unet --------------------------------------------------------------------------------------------------------


@right("ex03_unet", reference=True)
def unet_line_by_line(look_1, halve, look_2, double, look_3, x):
    seen = look_1(x)
    x = double(look_2(halve(seen)))
    return look_3(torch.cat([seen, x], dim=1))


@right("ex03_unet")
def unet_with_a_list(look_1, halve, look_2, double, look_3, x):
    kept = []
    x = look_1(x)
    kept.append(x)
    x = halve(x)
    x = look_2(x)
    x = double(x)
    x = torch.concat((kept.pop(), x), -3)
    return look_3(x)


right("ex03_unet")(lambda a, h, b, d, c, x: c(torch.cat((a(x), d(b(functional.max_pool2d(a(x), 2)))), 1)))


@wrong("ex03_unet", "added, where it should be")
def unet_as_it_stands_in_the_task(look_1, halve, look_2, double, look_3, x):
    x = halve(look_1(x))
    seen = x
    x = double(look_2(x))
    return look_3(seen + x)


@wrong("ex03_unet", "different heights or widths")
def unet_kept_too_late(look_1, halve, look_2, double, look_3, x):
    x = halve(look_1(x))
    seen = x
    x = double(look_2(x))
    return look_3(torch.cat([seen, x], dim=1))


def twice(f):
    """What was seen and what is drawn, handed to f."""

    def unet(look_1, halve, look_2, double, look_3, x):
        seen = look_1(x)
        return f(seen, double(look_2(halve(seen))), look_3)

    return unet


wrong("ex03_unet", "2 channels are seen + x", twice(lambda s, x, look: look(s + x)))
wrong("ex03_unet", "2 channels are seen + x", twice(lambda s, x, look: look(x)))
wrong("ex03_unet", "the samples were doubled", twice(lambda s, x, look: look(torch.cat([s, x]))))
wrong("ex03_unet", "concatenated along height or width", twice(lambda s, x, look: look(torch.cat([s, x], 2))))
wrong("ex03_unet", "concatenated along height or width", twice(lambda s, x, look: look(torch.cat([s, x], -1))))
wrong("ex03_unet", "x comes first", twice(lambda s, x, look: look(torch.cat([x, s], 1))))
wrong("ex03_unet", "the skip stands twice", twice(lambda s, x, look: look(torch.cat([s, s], 1))))
wrong("ex03_unet", "what is drawn stands twice", twice(lambda s, x, look: look(torch.cat([x, x], 1))))
wrong("ex03_unet", "the sum stands twice", twice(lambda s, x, look: look(torch.cat([s + x, s + x], 1))))
wrong("ex03_unet", "all zeros", twice(lambda s, x, look: look(torch.cat([0 * s, x], 1))))
wrong("ex03_unet", "look_3 was not asked", twice(lambda s, x, look: torch.cat([s, x], 1)))
wrong("ex03_unet", "gradient with respect to x is not", twice(lambda s, x, look: look(torch.cat([s.detach(), x], 1))))
wrong("ex03_unet", "4 together", twice(lambda s, x, look: look(torch.cat([s, x, x], 1))))
wrong("ex03_unet", "look_2 takes 2 channels and was given 1", lambda a, h, b, d, c, x: c(d(b(h(x)))))
wrong(
    "ex03_unet",
    "halved and doubled again",
    lambda a, h, b, d, c, x: c(torch.cat([interpolate(h(a(x)), scale_factor=2), d(b(h(a(x))))], 1)),
)


@wrong("ex03_unet", "no gradient flows")
@torch.no_grad()
def unet_without_gradient(look_1, halve, look_2, double, look_3, x):
    return unet_line_by_line(look_1, halve, look_2, double, look_3, x)


wrong("ex03_unet", "look_1 was given None", lambda a, h, b, d, c, x: a(None))
wrong("ex03_unet", "halve was given", lambda a, h, b, d, c, x: h([a(x)]))


# --- ex03_shift -------------------------------------------------------------------------------------------------------

for guess in (1 / 3, 0.33, 0.34, torch.tensor(1 / 3), np.float32(0.333)):
    right("ex03_shift")(guess)

wrong("ex03_shift", "the false alarm is not counted", 0.5)
wrong("ex03_shift", "3 px their union", 0.667)
wrong("ex03_shift", "counted twice in the union", 0.25)
wrong("ex03_shift", "the pixel accuracy", 0.875)
wrong("ex03_shift", "small against the picture", 1)
wrong("ex03_shift", "still share 1 px of 2", 0)
wrong("ex03_shift", "0.9 is not it", 0.9)
wrong("ex03_shift", "33 is not it", 33)
wrong("ex03_shift", "without quotation marks", "1/3")
wrong("ex03_shift", "nan is not a number", float("nan"))


# --- ex03_loss --------------------------------------------------------------------------------------------------------


@right("ex03_loss", reference=True)
def pixel_loss_by_cross_entropy(scores, y):
    return functional.cross_entropy(scores, (y[:, 0] > 0).long())


@right("ex03_loss", reference=True)
def pixel_loss_by_log_softmax(scores, y):
    cell = (y > 0).float()
    logs = scores.log_softmax(1)
    return -(cell * logs[:, 1:] + (1 - cell) * logs[:, :1]).mean()


right("ex03_loss")(lambda s, y: functional.nll_loss(s.log_softmax(1), ((y[:, 0] + 1) / 2).long()))
right("ex03_loss")(lambda s, y: functional.cross_entropy(s.log_softmax(1), (y[:, 0] > 0).long()))  # changes nothing
right("ex03_loss")(lambda s, y: functional.softplus(-y * (s[:, 1:] - s[:, :1])).mean())


@wrong("ex03_loss", "all its faults are still there")
def pixel_loss_as_it_stands(scores, y):
    p = scores.softmax(0)
    return functional.cross_entropy(p, (y[:, 0] < 0).long())


def pixel_loss(change, above=True, **more):
    def answer(scores, y):
        target = (y[:, 0] > 0) if above else (y[:, 0] < 0)
        return functional.cross_entropy(change(scores), target.long(), **more)

    return answer


wrong("ex03_loss", "Faults left: 2.", pixel_loss_as_it_stands)
wrong("ex03_loss", "softmax over dimension 0", pixel_loss(lambda s: s.softmax(0)))
wrong("ex03_loss", "softmax twice", pixel_loss(lambda s: s.softmax(1)))
wrong("ex03_loss", "softmax twice", pixel_loss(lambda s: s.softmax(1), above=False))
wrong("ex03_loss", "the classes are exchanged", pixel_loss(lambda s: s, above=False))
wrong("ex03_loss", "a sum over the pixels", pixel_loss(lambda s: s, reduction="sum"))
wrong("ex03_loss", "a minus too many", lambda s, y: -pixel_loss_by_cross_entropy(s, y))
wrong("ex03_loss", "missing mean", pixel_loss(lambda s: s, reduction="none"))
wrong("ex03_loss", "it does something else now", pixel_loss(lambda s: s.sigmoid()))
wrong("ex03_loss", "it does something else now", pixel_loss(lambda s: s.tanh()))
wrong("ex03_loss", "no gradient flows", pixel_loss(lambda s: s.detach()))
wrong("ex03_loss", "have a dimension too many", lambda s, y: functional.cross_entropy(s, y.long()))
wrong("ex03_loss", "are no whole numbers", lambda s, y: functional.cross_entropy(s, y[:, 0] > 0))
wrong("ex03_loss", "are no whole numbers", lambda s, y: functional.cross_entropy(s, y[:, 0]))
wrong("ex03_loss", "a class is asked for that does not exist", lambda s, y: functional.cross_entropy(s, y[:, 0].long()))


# --- ex03_tile --------------------------------------------------------------------------------------------------------

for side in (444, 444.0, np.int64(444), torch.tensor(444)):
    right("ex03_tile")(side)

wrong("ex03_tile", "a smaller one does, too", 572)
wrong("ex03_tile", "Its answer has 276 px", 460)
wrong("ex03_tile", "a rest in halving 3", 440)  # 256 + 184
wrong("ex03_tile", "a rest in halving 4", 436)
wrong("ex03_tile", "a rest in halving 3", 448)
wrong("ex03_tile", "a rest in halving 2", 450)
wrong("ex03_tile", "a rest in halving 1", 443)
wrong("ex03_tile", "no rest, but too small", 428)
wrong("ex03_tile", "nothing is left at the bottom", 44)
wrong("ex03_tile", "nothing is left at the bottom", -4)
wrong("ex03_tile", "443.5 is not a whole number", 443.5)
wrong("ex03_tile", "given a str", "444")
wrong("ex03_tile", "given a tuple", (444, 444))


# --- ex03_order -------------------------------------------------------------------------------------------------------

for order in ("bhdfajgcie", "b h d f a j g c i e", list("BHDFAJGCIE")):
    right("ex03_order")(order)

wrong("ex03_order", "seen_1 is used before it is there", "hbdfajgcie")
wrong("ex03_order", "look_2 takes 8 channels, and x has 1", "dbhfajgcie")
wrong("ex03_order", "bottom takes 16 channels, and x has 8", "bhadfjgcie")
wrong("ex03_order", "double_2 takes 32 channels, and x has 16", "bhdfjagcie")
wrong("ex03_order", "the skip has 32 px a side and x has 16", "bhdfagjcie")
wrong("ex03_order", "double_1 takes 16 channels, and x has 32", "bhdfacjgie")
wrong("ex03_order", "the skip has 64 px a side and x has 32", "bhdfajgice")
wrong("ex03_order", "back_1 takes 16 channels", "bhdfajgcei")
wrong("ex03_order", "out comes too early", "bhdefajgci")
wrong("ex03_order", "missing: e", "bhdfajgci")
wrong("ex03_order", "no line has the letter x", "bhdfajgcix")
wrong("ex03_order", "given a tensor", torch.arange(10))


# --- ex03_mean --------------------------------------------------------------------------------------------------------


@right("ex03_mean", reference=True)
def mean_by_a_loop(answer, x):
    total = 0
    for turns in range(4):
        view = x.rot90(turns, (2, 3))
        total = total + answer(view).rot90(-turns, (2, 3))
        total = total + answer(view.flip(3)).flip(3).rot90(-turns, (2, 3))
    return total / 8


@right("ex03_mean", reference=True)
def mean_by_flips(answer, x):
    parts = []
    for p, back in ((x, lambda s: s), (x.mT, lambda s: s.mT)):
        parts += [back(answer(p.flip(d)).flip(d)) for d in ((2,), (3,), (2, 3))]
        parts.append(back(answer(p)))
    return torch.stack(parts).mean(dim=0)


@right("ex03_mean")
def mean_of_one_large_batch(answer, x):
    views = [x.rot90(k, (2, 3)) for k in range(4)]
    seen = answer(torch.cat(views + [v.flip(2) for v in views])).chunk(8)
    back = [s.rot90(-k, (2, 3)) for k, s in enumerate(seen[:4])]
    back += [s.flip(2).rot90(4 - k, (2, 3)) for k, s in enumerate(seen[4:])]
    return sum(back) / len(back)


def views(back=lambda s, t, m: (s.flip(3) if m else s).rot90(-t, (2, 3)), turns=4, flips=(False, True), put=torch.mean):
    """The mean of the views with something wrong in it."""

    def answer_of(answer, x):
        seen = []
        for t in range(turns):
            for m in flips:
                view = x.rot90(t, (2, 3))
                seen.append(back(answer(view.flip(3) if m else view), t, m))
        return put(torch.stack(seen), 0)

    return answer_of


wrong("ex03_mean", "are not turned back", views(lambda s, t, m: s))
wrong("ex03_mean", "one view alone", lambda f, x: f(x))
wrong("ex03_mean", "the mirrored ones are missing", views(flips=(False,)))
wrong("ex03_mean", "the turned ones are missing", views(turns=1))
wrong(
    "ex03_mean",
    "the quarter turns are missing",
    lambda f, x: (f(x) + f(x.flip(2)).flip(2) + f(x.flip(3)).flip(3) + f(x.flip(2, 3)).flip(2, 3)) / 4,
)
wrong("ex03_mean", "divided by 8: the mirrored ones", lambda f, x: views(flips=(False,))(f, x) / 2)
wrong("ex03_mean", "as large as one of them", views(put=lambda s, d: s))
wrong("ex03_mean", "the turned ones are missing", lambda f, x: (f(x) + f(x.flip(2)).flip(2)) / 2)
wrong("ex03_mean", "the mirrored ones alone", views(flips=(True,)))
wrong("ex03_mean", "a sum instead of a mean", views(put=torch.sum))
wrong("ex03_mean", "turned on where it should be", views(lambda s, t, m: (s.flip(3) if m else s).rot90(t, (2, 3))))
wrong("ex03_mean", "but not mirrored back", views(lambda s, t, m: s.rot90(-t, (2, 3))))
wrong("ex03_mean", "but not turned back", views(lambda s, t, m: s.flip(3) if m else s))
wrong(
    "ex03_mean",
    "in the order in which it was done",
    views(lambda s, t, m: s.rot90(-t, (2, 3)).flip(3) if m else s.rot90(-t, (2, 3))),
)
wrong("ex03_mean", "the network is asked once", lambda f, x: f(views(lambda s, t, m: s)(lambda p: p, x)))
wrong("ex03_mean", "the largest answer of the eight", views(put=torch.amax))
wrong("ex03_mean", "the median of the eight", views(put=lambda s, d: s.median(d).values))
wrong("ex03_mean", "wrong shape", views(put=lambda s, d: s))
wrong("ex03_mean", "wrong type: a list", lambda f, x: [f(x)])
wrong("ex03_mean", "ask was given a tensor of shape (4, 4)", lambda f, x: f(x[0, 0]))
wrong("ex03_mean", "the numbers differ", lambda f, x: mean_by_a_loop(f, x) + 1)
wrong("ex03_mean", "takes (x)", lambda x: x)
