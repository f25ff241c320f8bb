"""Right and wrong answers to the exercises of chapter 04; see :mod:`tests.check.bank`."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce_logits
from torch.nn.functional import logsigmoid, softplus

from gancourse.losses import d_logistic
from gancourse.networks.patchgan import PatchGAN
from gancourse.receptive import seen_by, squares
from tests.check.bank import right, wrong

# --- ex04_field -------------------------------------------------------------------------------------------------------


@right("ex04_field", reference=True)
def field_backwards(layers):
    r = 1
    for kernel, stride in reversed(layers):
        r = (r - 1) * stride + kernel
    return r


@right("ex04_field", reference=True)
def field_forwards(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        side = side + (kernel - 1) * step
        step = step * stride
    return side


@right("ex04_field")
def field_by_recursion(layers):
    if not layers:
        return 1
    (kernel, stride), rest = layers[0], layers[1:]
    return (field_by_recursion(rest) - 1) * stride + kernel


@right("ex04_field")
def field_by_gradient(layers):
    net = nn.Sequential(*(nn.Conv1d(1, 1, k, s) for k, s in layers))
    for p in net.parameters():
        nn.init.ones_(p)
    x = torch.zeros(1, 1, 200, requires_grad=True)
    net(x)[0, 0, 0].backward()
    return torch.count_nonzero(x.grad)


right("ex04_field")(lambda layers: torch.tensor(float(field_backwards(layers))))


def field(step, start=1, turn=reversed):
    """A recursion gone wrong."""

    def answer(layers):
        r = start
        for kernel, stride in turn(layers):
            r = step(r, kernel, stride)
        return r

    return answer


wrong("ex04_field", "from the first layer to the last", field(lambda r, k, s: (r - 1) * s + k, turn=list))
wrong("ex04_field", "the strides are ignored", field(lambda r, k, s: r + k - 1))
wrong("ex04_field", "kernels are multiplied", field(lambda r, k, s: r * k))
wrong("ex04_field", "the strides are multiplied", field(lambda r, k, s: r * s))
wrong("ex04_field", "r times stride instead of r - 1", field(lambda r, k, s: r * s + k))
wrong("ex04_field", "less than a kernel added", field(lambda r, k, s: r * s + k - 1))
wrong("ex04_field", "begins with 0", field(lambda r, k, s: (r - 1) * s + k, start=0))
wrong("ex04_field", "kernel and stride are swapped", field(lambda r, s, k: (r - 1) * s + k))
wrong("ex04_field", "kernels are added up", lambda layers: sum(k for k, _ in layers))
wrong("ex04_field", "the last layer alone", lambda layers: layers[-1][0])
wrong("ex04_field", "the area", lambda layers: field_backwards(layers) ** 2)
wrong("ex04_field", "wrong type: a tuple", lambda layers: (field_backwards(layers),) * 2)
wrong("ex04_field", "the numbers differ", lambda layers: field_backwards(layers) + 7)
wrong("ex04_field", "your function returned None", lambda layers: print(end=""))
wrong("ex04_field", "your code stopped with an error", lambda layers: [(r - 1) * s + k for r, k, s in layers])
wrong("ex04_field", "wrong shape", lambda layers: torch.tensor([k for k, _ in layers]))


# --- ex04_map ---------------------------------------------------------------------------------------------------------


@right("ex04_map", reference=True)
def map_by_formula(size, layers):
    return size // 2**layers - 2


@right("ex04_map", reference=True)
def map_layer_by_layer(size, layers):
    for stride in [2] * layers + [1] * 2:
        size = (size + 2 - 4) // stride + 1
    return size


right("ex04_map")(lambda size, layers: (size >> layers) - 2)
right("ex04_map")(lambda size, layers: max(0, size // 2**layers - 2))  # a number of logits, and of none it is 0


right("ex04_map")(lambda size, layers: math.floor(size / 2**layers) - 2)
right("ex04_map")(lambda size, layers: np.int64(size) // 2**layers - 2)


@right("ex04_map")
def map_by_trying(size, layers):
    return PatchGAN(1, 1, layers).net(torch.zeros(2, 1, size, size)).shape[-1] if size >= 3 * 2**layers else 0


@wrong("ex04_map", "rounded to the nearest")
def map_rounded_layer_by_layer(size, layers):
    for _ in range(layers):
        size = round(size / 2)
    return size - 2


@wrong("ex04_map", "padding 1 is forgotten in all layers")
def map_without_padding(size, layers):
    for stride in [2] * layers + [1] * 2:
        size = (size - 4) // stride + 1
    return size


wrong("ex04_map", "two layers of stride 1 are missing", lambda n, k: n // 2**k)
wrong("ex04_map", "one of the two layers", lambda n, k: n // 2**k - 1)
wrong("ex04_map", "padding 1 is forgotten", lambda n, k: n // 2**k - 6)
wrong("ex04_map", "one halving too many", lambda n, k: n // 2 ** (k + 1) - 2)
wrong("ex04_map", "one halving too few", lambda n, k: n // 2 ** (k - 1) - 2)
wrong("ex04_map", "halved once", lambda n, k: n // 2 - 2)
wrong("ex04_map", "divided by 2 layers", lambda n, k: n // (2 * k) - 2)
wrong("ex04_map", "half a logit", lambda n, k: n / 2**k - 2)
wrong("ex04_map", "rounded to the nearest", lambda n, k: round(n / 2**k) - 2)
wrong("ex04_map", "rounded to the nearest", lambda n, k: round(n / 2**k - 2))
wrong("ex04_map", "rounded to the nearest", lambda n, k: int(n / 2**k + 0.5) - 2)
wrong("ex04_map", "rounded to the nearest", lambda n, k: torch.tensor(n / 2**k).round() - 2)
wrong("ex04_map", "rounded up", lambda n, k: math.ceil(n / 2**k) - 2)
wrong("ex04_map", "a square for every pixel", lambda n, k: n - squares(PatchGAN(1, 1, k)).side + 1)
wrong("ex04_map", "number of all logits", lambda n, k: (n // 2**k - 2) ** 2)
wrong("ex04_map", "a map where there is none", lambda n, k: abs(n // 2**k - 2))
wrong("ex04_map", "a map where there is none", lambda n, k: max(1, n // 2**k - 2))
wrong("ex04_map", "2 is added", lambda n, k: n // 2**k + 2)
wrong("ex04_map", "missing brackets", lambda n, k: n // 2 * k - 2)
wrong("ex04_map", "^ is no power", lambda n, k: n // 2 ^ k - 2)
wrong("ex04_map", "^ is no power", lambda n, k: n // (2 ^ k) - 2)
wrong("ex04_map", "wrong type: a tuple", lambda n, k: (n // 2**k - 2, n // 2**k - 2))
wrong("ex04_map", "wrong type: a Size", lambda n, k: torch.Size([n // 2**k - 2]))
wrong("ex04_map", "the numbers differ", lambda n, k: n)
wrong("ex04_map", "stopped with an error", lambda n, k: PatchGAN(1, 1, k)(torch.zeros(2, 1, n, n)).shape / 2)


# --- ex04_square ------------------------------------------------------------------------------------------------------


@right("ex04_square", reference=True)
def square_backwards(i, layers):
    first, last = i, i
    for kernel, stride, padding in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + kernel - 1
    return first, last


@right("ex04_square", reference=True)
def square_forwards(i, layers):
    side, step, start = 1, 1, 0
    for kernel, stride, padding in layers:
        side = side + (kernel - 1) * step
        start = start - padding * step
        step = step * stride
    return start + i * step, start + i * step + side - 1


@right("ex04_square")
def square_as_a_list(i, layers):
    return [float(v) for v in square_backwards(i, layers)]


right("ex04_square")(lambda i, layers: torch.tensor(square_backwards(i, layers)))
right("ex04_square")(lambda i, layers: np.array(square_backwards(i, layers)))
right("ex04_square")(lambda i, layers: np.array(square_backwards(i, layers), dtype=np.float32))
right("ex04_square")(lambda i, layers: np.array(square_forwards(i, layers)[::-1])[::-1])
right("ex04_square")(lambda i, layers: tuple(np.array(square_backwards(i, layers), dtype=np.int32)))
right("ex04_square")(lambda i, layers: [np.int64(v) for v in square_backwards(i, layers)])
right("ex04_square")(lambda i, layers: tuple(np.array(v) for v in square_backwards(i, layers)))


@right("ex04_square")
def square_by_the_library(i, layers):
    return squares(nn.Sequential(*(nn.Conv2d(1, 1, k, s, p) for k, s, p in layers))).seen(i)


def square(a=lambda s, k, p: s, b=lambda s, k, p: p, c=lambda s, k, p: k - 1, turn=reversed, begin=lambda i: i):
    """A recursion gone wrong: a place is multiplied by a, loses b, and at the far end gains c."""

    def answer(i, layers):
        first = last = begin(i)
        for k, s, p in turn(layers):
            first, last = first * a(s, k, p) - b(s, k, p), last * a(s, k, p) - b(s, k, p) + c(s, k, p)
        return first, last

    return answer


wrong("ex04_square", "padding is forgotten", square(b=lambda s, k, p: 0))
wrong("ex04_square", "padding is added", square(b=lambda s, k, p: -p))
wrong("ex04_square", "off by one: a kernel of 4", square(c=lambda s, k, p: k))
wrong("ex04_square", "from the first to the last", square(turn=list))
wrong("ex04_square", "i is not used", square(begin=lambda i: 0))


def from_right(change):
    return lambda i, layers: change(*square_backwards(i, layers))


wrong("ex04_square", "one past the last pixel", from_right(lambda a, b: (a, b + 1)))
wrong("ex04_square", "cut off", from_right(lambda a, b: (max(a, 0), b)))
wrong("ex04_square", "counted from 1", from_right(lambda a, b: (a + 1, b + 1)))
wrong("ex04_square", "last and first are swapped", from_right(lambda a, b: (b, a)))
wrong("ex04_square", "first pixel and side", from_right(lambda a, b: (a, b - a + 1)))
wrong("ex04_square", "the numbers differ", from_right(lambda a, b: (a, b - 9)))
wrong("ex04_square", "last and first are swapped", from_right(lambda a, b: np.array([b, a])))
wrong("ex04_square", "wrong shape", from_right(lambda a, b: np.array([a, b, 1])))
wrong(
    "ex04_square", "wrong type: a ndarray|wrong type: an ndarray", from_right(lambda a, b: np.array([str(a), str(b)]))
)
wrong("ex04_square", "wrong type: an int", from_right(lambda a, b: b - a + 1))
wrong("ex04_square", "wrong type: a tuple", from_right(lambda a, b: (a, b, 1)))
wrong("ex04_square", "wrong type: a range", from_right(range))


def square_with_its_end_elsewhere(end):
    """Padding is taken off at the first pixel; at the last one there stands something else."""

    def answer(i, layers):
        first = last = i
        for k, s, p in reversed(layers):
            first, last = first * s - p, last * s + end(p) + k - 1
        return first, last

    return answer


wrong("ex04_square", "moves the first pixel alone", square_with_its_end_elsewhere(lambda p: 0))
wrong("ex04_square", "does not enlarge it", square_with_its_end_elsewhere(lambda p: p))


@wrong("ex04_square", "behind strides a place of padding is several pixels")
def square_forwards_with_padding_as_pixels(i, layers):
    side, step, start = 1, 1, 0
    for kernel, stride, padding in layers:
        side, start, step = side + (kernel - 1) * step, start - padding, step * stride
    return start + i * step, start + i * step + side - 1


@wrong("ex04_square", "a whole side apart")
def squares_side_by_side(i, layers):
    first, last = square_backwards(0, layers)
    return first + i * (last - first + 1), last + i * (last - first + 1)


@wrong("ex04_square", "by the product of the strides")
def squares_one_pixel_apart(i, layers):
    first, last = square_backwards(0, layers)
    return first + i, last + i


# --- ex04_d_loss ------------------------------------------------------------------------------------------------------


def cat(a, b):
    return torch.cat([a, b], dim=1)


@right("ex04_d_loss", reference=True)
def patches_by_softplus(D, x, y, fake):
    real, fooled = D(torch.cat([x, y], dim=1)), D(torch.cat([x, fake], dim=1))
    return softplus(-real).mean() + softplus(fooled).mean()


@right("ex04_d_loss", reference=True)
def patches_by_bce_halved(D, x, y, fake):
    real = D(torch.cat([x, y], dim=1))
    fooled = D(torch.cat([x, fake.detach()], dim=1))
    return (bce_logits(real, torch.ones_like(real)) + bce_logits(fooled, torch.zeros_like(fooled))) / 2


@right("ex04_d_loss", reference=True)
def patches_by_logsigmoid(D, x, y, fake):
    return -(logsigmoid(D(torch.cat((x, y), 1))) + logsigmoid(-D(torch.cat((x, fake), 1)))).mean()


right("ex04_d_loss")(lambda D, x, y, fake: d_logistic(D(cat(x, y)), D(cat(x, fake))))


@right("ex04_d_loss")
def each_picture_then_the_batch(D, x, y, fake):
    """Maps are of one size, so the mean of the pictures' means is the mean."""
    return (softplus(-D(cat(x, y))).mean((1, 2, 3)) + softplus(D(cat(x, fake))).mean((1, 2, 3))).mean()


def shown(real, fooled):
    """A loss of two maps."""
    return softplus(-real).mean() + softplus(fooled).mean()


def patchwise(of):
    """The loss with something done to the maps first."""
    return lambda D, x, y, fake: shown(of(D(cat(x, y))), of(D(cat(x, fake))))


wrong("ex04_d_loss", "the patches of a picture are averaged first", patchwise(lambda m: m.mean((1, 2, 3))))
wrong("ex04_d_loss", "averaged first|softplus of the mean", patchwise(lambda m: m.mean()))
wrong("ex04_d_loss", "the patches of a picture are added up before", patchwise(lambda m: m.sum((1, 2, 3))))
wrong("ex04_d_loss", "only one patch is judged", patchwise(lambda m: m[:, :, 0, 0]))
wrong("ex04_d_loss", "sigmoid twice", patchwise(torch.sigmoid))
wrong(
    "ex04_d_loss",
    "would grow with the picture's size",
    lambda D, x, y, f: (softplus(-D(cat(x, y))) + softplus(D(cat(x, f)))).sum((1, 2, 3)).mean(),
)
wrong(
    "ex04_d_loss",
    "only the worst patch",
    lambda D, x, y, f: shown(D(cat(x, y)).amin((1, 2, 3)), D(cat(x, f)).amax((1, 2, 3))),
)
wrong("ex04_d_loss", "swapped in both pairs", lambda D, x, y, f: shown(D(cat(y, x)), D(cat(f, x))))
wrong("ex04_d_loss", "swapped in the real pair", lambda D, x, y, f: shown(D(cat(y, x)), D(cat(x, f))))
wrong("ex04_d_loss", "x and the fake are swapped", lambda D, x, y, f: shown(D(cat(x, y)), D(cat(f, x))))
wrong("ex04_d_loss", "beside the right answer y", lambda D, x, y, f: shown(D(cat(x, y)), D(cat(y, f))))
wrong("ex04_d_loss", "judged as its own answer", lambda D, x, y, f: shown(D(cat(x, x)), D(cat(x, f))))
wrong(
    "ex04_d_loss",
    "fakes are paired with the x of another",
    lambda D, x, y, f: shown(D(cat(x, y)), D(cat(x.flip(0), f))),
)
wrong(
    "ex04_d_loss",
    "real pictures are paired with the x of another",
    lambda D, x, y, f: shown(D(cat(x.flip(0), y)), D(cat(x, f))),
)  # fmt: skip
wrong("ex04_d_loss", "single pictures", lambda D, x, y, f: shown(D(y), D(f)))
wrong("ex04_d_loss", "single pictures", lambda D, x, y, f: shown(D(torch.cat([x, y])), D(torch.cat([x, f]))))
wrong("ex04_d_loss", "D was given 2 arguments", lambda D, x, y, f: shown(D(x, y), D(x, f)))
wrong("ex04_d_loss", "it judges pairs", lambda D, x, y, f: shown(D(torch.cat([x, y], 2)), D(torch.cat([x, f], 2))))
wrong("ex04_d_loss", "it judges pairs", lambda D, x, y, f: shown(D(torch.cat([x, y, f], 1)), D(torch.cat([x, f], 1))))
wrong("ex04_d_loss", "missing mean", lambda D, x, y, f: softplus(-D(cat(x, y))) + softplus(D(cat(x, f))))
wrong(
    "ex04_d_loss", "sum instead of a mean", lambda D, x, y, f: (softplus(-D(cat(x, y))) + softplus(D(cat(x, f)))).sum()
)
wrong("ex04_d_loss", "swapped labels", lambda D, x, y, f: shown(-D(cat(x, y)), -D(cat(x, f))))
wrong("ex04_d_loss", "With D(x, y) = [", lambda D, x, y, f: shown(-D(cat(x, y)), -D(cat(x, f))))
wrong("ex04_d_loss", "and D(x, fake) = [", lambda D, x, y, f: shown(-D(cat(x, y)), -D(cat(x, f))))
wrong("ex04_d_loss", "torch.cat([x, ...], dim=1): x, and behind it", lambda D, x, y, f: shown(D(y), D(f)))
wrong("ex04_d_loss", "the fakes are missing", lambda D, x, y, f: softplus(-D(cat(x, y))).mean())
wrong("ex04_d_loss", "missing minus", lambda D, x, y, f: -shown(D(cat(x, y)), D(cat(x, f))))
wrong(
    "ex04_d_loss", "the labels have another shape",
    lambda D, x, y, f: bce_logits(D(cat(x, y)), torch.ones(len(x), 1)),
)  # fmt: skip
wrong(
    "ex04_d_loss",
    "the gradient with respect to|no gradient flows",
    lambda D, x, y, f: shown(D(cat(x, y)), D(cat(x, f)).detach()),
)
wrong("ex04_d_loss", "plain number", lambda D, x, y, f: shown(D(cat(x, y)), D(cat(x, f))).item())


# --- ex04_286 ---------------------------------------------------------------------------------------------------------

for letters in ("bce", "ECB", ["b", "c", "e"], {"e", "c", "b"}, "b, c, e"):
    right("ex04_286")(letters)

wrong("ex04_286", "(a) is not true", "abce")
wrong("ex04_286", "per-pixel accuracy of 0.66", "abce")
wrong("ex04_286", "Hint: the paper's table stands above", "abce")
wrong("ex04_286", "Hint: the table of the six critics above has their weights", "be")
wrong("ex04_286", "(b) is true and missing", "ce")
wrong("ex04_286", "(c) is true and missing", "be")
wrong("ex04_286", "(d) is not true", ["b", "c", "d", "e"])
wrong("ex04_286", "(e) is true and missing", ("b", "c"))
wrong("ex04_286", "(f) is not true", {"b", "c", "e", "f"})
wrong("ex04_286", "no claim has the letter x", "bcex")
wrong("ex04_286", "the check was given an int", 286)


# --- ex04_shift -------------------------------------------------------------------------------------------------------

for guess in ("24", "4, 2", 24, [2, 4], {"2", "4"}):
    right("ex04_shift")(guess)

wrong("ex04_shift", "1 px is half a step", "1234")
wrong("ex04_shift", "1 px is half a step", 13)
wrong("ex04_shift", "3 px is a step and a half", "234")
wrong("ex04_shift", "2 px is missing", "4")
wrong("ex04_shift", "4 px is missing", "2")
wrong("ex04_shift", "4 px is missing", [2])
wrong("ex04_shift", "2 px is missing", "0")
wrong("ex04_shift", "8 is none of the shifts", "248")
wrong("ex04_shift", "a, d, n are no shifts", "2 and 4")
wrong("ex04_shift", "given a float", 2.0)


# --- ex04_mend --------------------------------------------------------------------------------------------------------


@right("ex04_mend", reference=True)
def seen_by_backward(net, row, column, picture):
    picture = picture.clone().requires_grad_()
    net.eval()(picture)[0, 0, row, column].backward()
    return picture.grad[0].abs().sum(0)


@right("ex04_mend", reference=True)
def seen_by_grad(net, row, column, picture):
    p = picture.detach().requires_grad_(True)
    logit = net.train(False)(p)[..., row, column]
    (gradient,) = torch.autograd.grad(logit, p, torch.ones_like(logit))
    return gradient.abs().sum(dim=(0, 1))


right("ex04_mend")(lambda net, row, column, picture: seen_by(net.eval(), row, column, picture))
right("ex04_mend")(lambda *a: seen_by_backward(*a).numpy())


@wrong("ex04_mend", "all its faults are still there. Faults left: 3.")
def seen_by_as_it_stands(net, row, column, picture):
    picture = picture.clone().requires_grad_()
    net.train()(picture).mean().backward()
    return picture.grad[0].sum(0)


def measured(mode=nn.Module.eval, logit=lambda m, i, j: m[0, 0, i, j], size=lambda g: g[0].abs().sum(0)):
    """A measurement with something wrong in it."""

    def answer(net, row, column, picture):
        picture = picture.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(logit(mode(net)(picture), row, column), picture)
        return size(gradient)

    return answer


wrong("ex04_mend", "train mode", measured(nn.Module.train))
wrong("ex04_mend", "train mode", measured(nn.Module.train, lambda m, i, j: m.mean()))
wrong("ex04_mend", "the mean of the whole map", measured(logit=lambda m, i, j: m.mean(), size=lambda g: g[0].sum(0)))
wrong("ex04_mend", "train mode", measured(lambda net: net))
wrong("ex04_mend", "the mean of the whole map", measured(logit=lambda m, i, j: m.mean()))
wrong("ex04_mend", "the sum of the whole map", measured(logit=lambda m, i, j: m.sum()))
wrong("ex04_mend", "no absolute value", measured(size=lambda g: g[0].sum(0)))
wrong("ex04_mend", "by the right 16 pixels, but how strongly? At (3, 7) it says", measured(size=lambda g: g[0].sum(0)))
wrong("ex04_mend", "comes after the sum", measured(size=lambda g: g[0].sum(0).abs()))
wrong("ex04_mend", "row and column are swapped", measured(logit=lambda m, i, j: m[0, 0, j, i]))
wrong("ex04_mend", "but they begin at (4, 0) in place of (0, 4)", measured(logit=lambda m, i, j: m[0, 0, j, i]))
wrong("ex04_mend", "squares, summed over the channels", measured(size=lambda g: g[0].square().sum(0)))
wrong("ex04_mend", "the mean over the channels: it would do", measured(size=lambda g: g[0].abs().mean(0)))
wrong("ex04_mend", "the largest of the channels", measured(size=lambda g: g[0].abs().amax(0)))
wrong("ex04_mend", "the length over the channels", measured(size=lambda g: g[0].norm(dim=0)))
wrong("ex04_mend", "and not how strongly", measured(size=lambda g: (g[0].abs().sum(0) > 0).float()))
wrong("ex04_mend", "and not how strongly", measured(size=lambda g: (g[0] != 0).any(0)))
wrong("ex04_mend", "it does something else now", measured(size=lambda g: 2 * g[0].abs().sum(0)))
wrong("ex04_mend", "backward() was asked to begin at many numbers", measured(logit=lambda m, i, j: m[0, :, i]))
wrong("ex04_mend", "an index points past the end", measured(logit=lambda m, i, j: m[i, j].sum()))
wrong("ex04_mend", "wrong shape: (2, 8, 8) came back", measured(size=lambda g: g[0].abs()))
wrong("ex04_mend", "wrong shape: (1, 8, 8) came back", measured(size=lambda g: g.abs().sum(1)))
wrong("ex04_mend", "wrong type: a tuple", lambda *a: (seen_by_backward(*a),))


@wrong("ex04_mend", "something is None there")
def seen_by_without_a_gradient(net, row, column, picture):
    net.eval()(picture)[0, 0, row, column].backward()
    return picture.grad[0].abs().sum(0)


# --- ex04_design ------------------------------------------------------------------------------------------------------

for layers in (
    [(5, 2, 2), (5, 2, 2), (5, 1, 2), (5, 1, 2)],
    [[4, 2, 1], [4, 2, 1], [5, 1, 2], [5, 1, 2]],
    ((5, 2, 2), (4, 2, 1), (5, 1, 2), (5, 1, 2)),
    [(5, 4, 2), (5, 1, 2), (5, 1, 2), (5, 1, 2)],
):
    right("ex04_design")(layers)

wrong("ex04_design", "the map is too small", [(4, 2, 1), (4, 2, 1), (4, 2, 1), (5, 1, 1)])
wrong("ex04_design", "its map has 7 logits", [(4, 2, 1), (4, 2, 1), (4, 2, 1), (2, 1, 0)])
wrong("ex04_design", "but the square is too small", [(4, 2, 1), (4, 2, 1), (3, 1, 1), (3, 1, 1)])
wrong("ex04_design", "but the square is too small", [(5, 1, 2), (5, 1, 2), (5, 2, 2), (5, 2, 2)])
wrong("ex04_design", "and so is the square", [(4, 2, 1), (4, 2, 1), (4, 1, 1), (4, 1, 1)])
wrong("ex04_design", "5 layers are too many", [(4, 2, 1), (4, 2, 1), (4, 1, 1), (4, 1, 1), (4, 1, 1)])
wrong("ex04_design", "a kernel of 40 is too large", [(40, 1, 20)])
wrong("ex04_design", "more than half of the kernel", [(5, 2, 4), (5, 2, 4), (5, 1, 2), (5, 1, 2)])
wrong("ex04_design", "below 1", [(5, 0, 2)])
wrong("ex04_design", "1 number came, and 3 are asked for", [(4,)])
wrong("ex04_design", "2 numbers came, and 3 are asked for", [(4, 2), (4, 2)])
wrong("ex04_design", "2.5 is not a whole number", [(5, 2.5, 2)])
wrong("ex04_design", "the check was given a Sequential", nn.Sequential(nn.Conv2d(1, 1, 5)))


# --- ex04_order -------------------------------------------------------------------------------------------------------

for order in ("cfgebad", "fcgebad", "F, C, G, E, B, A, D"):
    right("ex04_order")(order)

wrong("ex04_order", "the cut is behind a layer of the critic", "fgcebad")
wrong("ex04_order", "the cut is behind a layer of the critic", "fgebadc")
wrong("ex04_order", "the loss of the mean", "cfgebda")
wrong("ex04_order", "softplus comes before the last layer", "cfgeabd")
wrong("ex04_order", "softplus comes before the critic has spoken", "cafgebd")
wrong("ex04_order", "LeakyReLU before the first layer", "cfegbad")
wrong("ex04_order", "LeakyReLU behind the last layer", "cfgbead")
wrong("ex04_order", "last takes pictures, and t is one number", "cfgedba")
wrong("ex04_order", "first takes 6 channels, and t has 3", "cgfebad")
wrong("ex04_order", "last takes 32 channels, and t has 6", "cfbgead")
wrong("ex04_order", "t cannot be joined to x any more", "cdfgeba")
wrong("ex04_order", "given twice: a", "cfgebaad")
wrong("ex04_order", "the check was given None", None)


# --- ex04_place -------------------------------------------------------------------------------------------------------


@right("ex04_place", reference=True)
def place_by_divmod(logits, centre, step):
    row, column = divmod(int(logits.argmin()), logits.shape[1])
    return centre + step * row, centre + step * column


@right("ex04_place", reference=True)
def place_by_rows(logits, centre, step):
    row = logits.min(dim=1).values.argmin()
    column = logits[row].argmin()
    return torch.stack([row, column]) * step + centre


right("ex04_place")(lambda m, c, s: [c + s * int(i) for i in np.unravel_index(int(m.argmin()), m.shape)])
right("ex04_place")(lambda m, c, s: tuple((m == m.min()).nonzero()[0] * s + c))
right("ex04_place")(lambda *a: tuple(round(one) for one in place_by_divmod(*a)))  # one of two pixels in the middle
right("ex04_place")(lambda *a: [int(one) for one in place_by_divmod(*a)])


def place(pick=torch.argmin, at=lambda i, m: divmod(i, m.shape[1]), put=lambda k, c, s: c + s * k):
    """The place with something wrong in it."""
    return lambda m, c, s: tuple(put(k, c, s) for k in at(int(pick(m)), m))


wrong("ex04_place", "the most convincing patch", place(torch.argmax))
wrong("ex04_place", "the logit nearest to 0", place(lambda m: m.abs().argmin()))
wrong("ex04_place", "the most convincing patch", place(lambda m: m.abs().argmax()))
wrong("ex04_place", "column and row are swapped", place(at=lambda i, m: divmod(i, m.shape[1])[::-1]))
wrong("ex04_place", "by the number of rows, not of columns", place(at=lambda i, m: divmod(i, len(m))))
wrong("ex04_place", "and row and column swapped", place(at=lambda i, m: (i % len(m), i // len(m))))
wrong("ex04_place", "a place in the map, and a pixel is asked for", place(put=lambda k, c, s: k))
wrong("ex04_place", "the step is missing", place(put=lambda k, c, s: c + k))
wrong("ex04_place", "the centre of the first square is missing", place(put=lambda k, c, s: s * k))
wrong("ex04_place", "the numbers differ", place(put=lambda k, c, s: c + s * k + 0.5))
wrong("ex04_place", "centre and step are swapped", place(put=lambda k, c, s: s + c * k))
wrong("ex04_place", "the centre is in pixels already", place(put=lambda k, c, s: s * (c + k)))
wrong("ex04_place", "off by one", place(put=lambda k, c, s: c + s * (k + 1)))
wrong("ex04_place", "wrong type: an int", lambda m, c, s: int(m.argmin()))
wrong("ex04_place", "wrong shape: ()", lambda m, c, s: c + s * m.argmin())
wrong("ex04_place", "wrong shape", lambda m, c, s: (m.min(0).values, m.min(1).values))
wrong("ex04_place", "NaN", place(put=lambda k, c, s: math.nan))
wrong("ex04_place", "the numbers differ", place(put=lambda k, c, s: c + s * k + 1e-3))
