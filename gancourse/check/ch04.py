"""Exercises of chapter 04: a critic that judges patches."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from gancourse.check.ch01 import judge_d_loss, overflow
from gancourse.check.ch03 import unpacked
from gancourse.check.guess import numbers_of
from gancourse.check.guess import whole as whole_numbers
from gancourse.check.mend import Fault, expect_mended
from gancourse.check.order import Misfit, Puzzle, Rule, Shape, Step, judge_order
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    judge_claims,
    kind,
    same,
    show,
    tensor_of,
)

Layers = Sequence[tuple[int, ...]]


def field_of(layers: Layers) -> int:
    r = 1
    for kernel, stride in reversed(layers):
        r = (r - 1) * stride + kernel
    return r


def forwards(layers: Layers) -> int:
    """The same recursion, run from the first layer to the last: wrong where strides differ."""
    return field_of(layers[::-1])


FIELD_SLIPS = (
    Slip(
        "the recursion runs from the first layer to the last: the strides of later layers are counted on earlier ones",
        "begin at the logit, r = 1, and go back: for kernel, stride in reversed(layers)",
        forwards,
    ),
    Slip(
        "the strides are ignored",
        "after a stride of 2 one step is two pixels: (r - 1) stride + kernel",
        lambda layers: 1 + sum(k - 1 for k, _ in layers),
    ),
    Slip(
        "the kernels are multiplied",
        "r <- (r - 1) stride + kernel, layer by layer",
        lambda layers: product(k for k, _ in layers),
    ),
    Slip(
        "the strides are multiplied: this is the step from one logit's square to the next",
        "r <- (r - 1) stride + kernel",
        lambda layers: product(s for _, s in layers),
    ),
    Slip(
        "r times stride instead of r - 1: r places have r - 1 steps between them",
        "r <- (r - 1) stride + kernel",
        lambda layers: fold(layers, lambda r, k, s: r * s + k),
    ),
    Slip(
        "r times stride, less than a kernel added: off by the stride's size",
        "r <- (r - 1) stride + kernel",
        lambda layers: fold(layers, lambda r, k, s: r * s + k - 1),
    ),
    Slip(
        "the recursion begins with 0: a logit alone sees 1",
        "begin with r = 1",
        lambda layers: fold(layers, lambda r, k, s: (r - 1) * s + k, 0),
    ),
    Slip(
        "kernel and stride are swapped",
        "each layer is (kernel, stride): r <- (r - 1) stride + kernel",
        lambda layers: fold(layers, lambda r, k, s: (r - 1) * k + s),
    ),
    Slip(
        "the kernels are added up",
        "neighbouring squares overlap: (r - 1) stride + kernel",
        lambda layers: sum(k for k, _ in layers),
    ),
    Slip(
        "the last layer alone",
        "go on to the first: r is what the layer above needs to see",
        lambda layers: layers[-1][0],
    ),
    Slip("the area, and the side is asked for", "leave out the square", lambda layers: field_of(layers) ** 2),
)


def fold(layers: Layers, step, r: int = 1) -> int:
    for kernel, stride in reversed(layers):
        r = step(r, kernel, stride)
    return r


def product(numbers) -> int:
    result = 1
    for n in numbers:
        result *= n
    return result


@exercise("receptive_field(layers), the side of the square that one logit sees; layers is a list of (kernel, stride)")
def ex04_field(f):
    """f([(kernel, stride), ...]) -> from the last layer to the first: r <- (r - 1) stride + kernel, from r = 1."""
    answer = Answer(f, "my_field(layers)")
    for layers in (
        [(5, 3), (4, 2), (3, 1)],
        [(4, 2), (4, 1), (4, 1)],
        [(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)],
        [(1, 1), (1, 1)],
    ):
        side = whole(answer(list(layers)), "the side of a square")
        told = f"With (kernel, stride) = {layers}"
        hint = "from the last layer to the first: r <- (r - 1) stride + kernel"
        compare(side, torch.tensor(field_of(layers)), FIELD_SLIPS, (layers,), told, hint=hint)
    return "Strides multiply what lies behind them: five layers of kernel 4 see 70 pixels, not 16."


def whole(result: object, what: str) -> Tensor:
    """The result as one number in a tensor."""
    if isinstance(result, Tensor) and result.is_complex():
        raise NotYet("wrong type: a complex tensor came back, and one whole number is asked for", hint=what)
    if isinstance(result, bool | str | bytes | complex | tuple | list | torch.Size | nn.Module):
        raise NotYet(f"wrong type: {kind(result)} came back, and one whole number is asked for", hint=what)
    if not isinstance(result, Tensor) and not hasattr(result, "__int__"):
        raise NotYet(f"wrong type: {kind(result)} came back, and one whole number is asked for", hint=what)
    if isinstance(result, Tensor) and result.dtype == torch.bool:
        raise NotYet("wrong type: True or False came back, and one whole number is asked for", hint=what)
    result = torch.as_tensor(result).to_dense()
    if result.numel() != 1:
        raise NotYet(f"wrong shape: {tuple(result.shape)}, and one number is asked for", hint=what)
    return finite(result, "a division by 0?")


def left(size: int, layers: int) -> int:
    return size // 2**layers - 2


def unpadded(size: int, layers: int) -> int:
    for stride in [2] * layers + [1] * 2:
        size = (size - 4) // stride + 1
    return size


MAP_SLIPS = (
    Slip(
        "rounded to the nearest: halving an odd size rounds down, for the kernel must fit in whole",
        "// in place of round",
        lambda n, k: round(n / 2**k) - 2,
    ),
    Slip(
        "rounded up: halving an odd size rounds down, for the kernel must fit in whole",
        "// in place of ceil",
        lambda n, k: -(-n // 2**k) - 2,
    ),
    Slip(
        "the two layers of stride 1 are missing: each takes one place from the map",
        "subtract 1 for each of them",
        lambda n, k: n // 2**k,
    ),
    Slip(
        "one of the two layers of stride 1 is missing",
        "two layers of stride 1 stand behind those that halve, and each takes one place: - 2",
        lambda n, k: n // 2**k - 1,
    ),
    Slip(
        "padding 1 is forgotten in the last two layers",
        "kernel 4 with padding 1 takes one place, not three",
        lambda n, k: n // 2**k - 6,
    ),
    Slip(
        "one halving too many",
        "`layers` convolutions halve, and two more keep the size but for one place",
        lambda n, k: n // 2 ** (k + 1) - 2,
    ),
    Slip("one halving too few", "the first convolution halves, too", lambda n, k: n // 2 ** (k - 1) - 2),
    Slip(
        "halved once, as if by one layer",
        "each of the `layers` convolutions halves: 2**layers",
        lambda n, k: n // 2 - 2,
    ),
    Slip(
        "divided by 2 layers: each layer halves what the one before it left", "2**layers", lambda n, k: n // (2 * k) - 2
    ),
    Slip("half a logit: halving an odd size rounds down", "// in place of /", lambda n, k: n / 2**k - 2),
    Slip(
        "padding 1 is forgotten in all layers",
        "with its padding a picture of n pixels has n + 2: n -> (n + 2 - 4) // stride + 1",
        unpadded,
    ),
    Slip(
        "missing brackets: // and * are worked off from left to right, so this halves once and then multiplies",
        "what n is divided by is 2**layers, as a whole",
        lambda n, k: n // 2 * k - 2,
    ),
    Slip("^ is no power in Python", "2**layers", lambda n, k: n // 2 ^ k - 2),
    Slip("^ is no power in Python", "2**layers", lambda n, k: n // (2 ^ k) - 2),
    Slip(
        "a square for every pixel: squares stand 2**layers pixels apart",
        "count along the map, layer by layer",
        lambda n, k: n - field_of([(4, 2)] * k + [(4, 1)] * 2) + 1,
    ),
    Slip("the number of all logits, and the side is asked for", "leave out the square", lambda n, k: left(n, k) ** 2),
    Slip(
        "2 is added: kernel 4 with padding 1 and stride 1 shrinks the map by 1",
        "n + 2 - 4 + 1 = n - 1, twice",
        lambda n, k: n // 2**k + 2,
    ),
)


# First a size that leaves no rest, where only rounding cannot go wrong. Just below a multiple of 2**layers (143, 286,
# 127) round differs from floor, just above it (233) ceil does.
MAP_SIZES = ((256, 3), (233, 3), (143, 3), (70, 1), (150, 4), (96, 5), (286, 4), (127, 5), (255, 1))


@exercise("map_side(size, layers), how many logits stand along one side of a PatchGAN's map")
def ex04_map(f):
    """f(size, layers) -> size // 2**layers - 2."""
    answer = Answer(f, "map_side(size, layers)")
    for size, layers in MAP_SIZES:
        side = whole(answer(size, layers), "the side of a square")
        told = f"With pictures of {size} px and {layers} layer{'s' * (layers > 1)} that halve{'s' * (layers == 1)}"
        hint = "n -> (n + 2 padding - kernel) // stride + 1, for each layer in turn"
        compare(side, torch.tensor(left(size, layers)), MAP_SLIPS, (size, layers), told, hint=hint)
    expect_no_map(whole(answer(40, 5), "the side of a square"))
    return "size // 2**layers - 2. At 64 px and 5 layers it is 0: this is why the 286 px critic refuses such pictures."


def expect_no_map(side: Tensor) -> None:
    """A picture that is too small leaves no logits: 0, or the formula's negative number, as both say so."""
    if side > 0:
        raise NotYet(
            "a map where there is none",
            f"40 px are halved five times to 1, too few for two layers of stride 1; yours is {show(side)}.",
            "the number is 0 or less where no logits are left",
        )


def span(i: int, layers: Layers) -> Tensor:
    """First and last pixel of logit i."""
    return torch.tensor(back(i, i, layers, lambda s, k, p: (s, p, k - 1)))


def back(first: int, last: int, layers: Layers, terms) -> tuple[int, int]:
    """From a logit to the pixels: a place is multiplied by a, loses b, and at the far end gains c."""
    for kernel, stride, padding in reversed(layers):
        a, b, c = terms(stride, kernel, padding)
        first, last = first * a - b, last * a - b + c
    return first, last


SQUARE_SLIPS = (
    Slip(
        "padding is forgotten: the first square begins left of the picture",
        "subtract the layer's padding at each step",
        lambda i, L: torch.tensor(back(i, i, L, lambda s, k, p: (s, 0, k - 1))),
    ),
    Slip(
        "padding is added: it shifts the squares towards the picture's outside",
        "first = first stride - padding",
        lambda i, L: torch.tensor(back(i, i, L, lambda s, k, p: (s, -p, k - 1))),
    ),
    Slip(
        "off by one: a kernel of 4 that begins at row 3 ends at row 6",
        "last = last stride - padding + kernel - 1",
        lambda i, L: torch.tensor(back(i, i, L, lambda s, k, p: (s, p, k))),
    ),
    Slip(
        "this is one past the last pixel: a slice ends so, and the last pixel itself is asked for",
        "subtract 1 from the end",
        lambda i, L: span(i, L) + torch.tensor([0, 1]),
    ),
    Slip(
        "the layers are gone through from the first to the last",
        "from the logit back to the picture: reversed(layers)",
        lambda i, L: span(i, L[::-1]),
    ),
    Slip(
        "the part in the padding is cut off, and the whole square is asked for",
        "let the first pixel be negative",
        lambda i, L: span(i, L).clamp(min=0),
    ),
    Slip("the square of logit 0: i is not used", "begin with first = last = i", lambda i, L: span(0, L)),
    Slip(
        "counted from 1: logits and pixels are counted from 0",
        "begin with first = last = i",
        lambda i, L: span(i, L) + 1,
    ),
    Slip("last and first are swapped", "return first, last", lambda i, L: span(i, L).flip(0)),
    Slip(
        "padding moves the first pixel alone here: it moves the whole square",
        "subtract it from the last pixel, too",
        lambda i, L: torch.stack([span(i, L)[0], torch.tensor(back(i, i, L, lambda s, k, p: (s, 0, k - 1)))[1]]),
    ),
    Slip(
        "padding is added to the last pixel: it moves the whole square, and does not enlarge it",
        "subtract it from the last pixel, too",
        lambda i, L: torch.stack([span(i, L)[0], torch.tensor(back(i, i, L, lambda s, k, p: (s, -p, k - 1)))[1]]),
    ),
    Slip(
        "each padding is counted in pixels of the picture: behind strides a place of padding is several pixels",
        "go back from the logit: each stride multiplies what was subtracted before it, too",
        lambda i, L: span(i, [(k, s, 0) for k, s, _ in L]) - sum(p for *_, p in L),
    ),
    Slip(
        "first pixel and side, and the last pixel is asked for",
        "last = first + side - 1",
        lambda i, L: torch.stack([span(i, L)[0], span(i, L)[1] - span(i, L)[0] + 1]),
    ),
    Slip(
        "neighbouring squares do not stand a whole side apart: they overlap",
        "they stand apart by the product of the strides",
        lambda i, L: span(0, L) + i * (span(0, L)[1] - span(0, L)[0] + 1),
    ),
    Slip(
        "neighbouring squares stand apart by the product of the strides, not by 1",
        "a logit further is one stride further, in each layer",
        lambda i, L: span(0, L) + i,
    ),
)


@exercise(
    "square(i, layers), the first and the last pixel that logit i sees; layers is a list of (kernel, stride, padding)"
)
def ex04_square(f):
    """f(i, [(kernel, stride, padding), ...]) -> (first, last), along one direction; negative in the padding."""
    answer = Answer(f, "square(i, layers)")
    for i, layers in (
        (2, [(5, 3, 2), (4, 2, 1), (3, 1, 1)]),
        (3, [(4, 2, 1), (4, 1, 1), (4, 1, 1)]),
        (0, [(4, 2, 1)] * 3 + [(4, 1, 1)] * 2),
        (7, [(1, 1, 0)]),
    ):
        pair = pair_of(answer(i, list(layers)))
        told = f"With i = {i} and (kernel, stride, padding) = {layers}"
        hint = "begin with first = last = i, and go back layer by layer"
        compare(pair, span(i, layers), SQUARE_SLIPS, (i, layers), told, hint=hint)
    return "The last one less the first, and one more, is the receptive field; below 0 lies the padding."


def pair_of(result: object) -> Tensor:
    """First and last, as a tensor of two."""
    hint, result = "return first, last", unpacked(result)
    if isinstance(result, Tensor):
        result = finite(tensor_of(result), "there is no division here").to_dense()
        if result.dtype == torch.bool or result.numel() != 2:
            raise NotYet(f"wrong shape: {kind(result)} came back, and two numbers are asked for", hint=hint)
        return result.flatten()
    if not isinstance(result, tuple | list | torch.Size) or len(result) != 2:
        raise NotYet(f"wrong type: {kind(result)} came back, and two numbers are asked for", hint=hint)
    return torch.stack([whole(part, hint).flatten()[0].double() for part in result])


class PatchCritic(nn.Module):
    """A critic of pairs with known numbers, one logit for each quarter of the picture: (n, 2c, 4, 4) -> (n, 1, 2, 2).

    A quarter's logit is the mean over it of 2 y - 1.5 x + 3 x y, where x and y are the two pictures. Of more channels
    than one, a picture's first one counts most.

    Args:
        channels: c, of x and of y each.
    """

    def __init__(self, channels: int = 1):
        super().__init__()
        self.channels = channels
        counts = torch.arange(channels, 0, -1.0).view(-1, 1, 1)
        self.register_buffer("shares", counts / counts.sum())
        self.weight = nn.Parameter(torch.tensor([-1.5, 2.0, 3.0]))

    def forward(self, pair: Tensor, *more: Tensor) -> Tensor:
        if pair is ...:
            raise StillOpen("D was given `...`.")
        if more:
            raise NotYet(
                f"D was given {1 + len(more)} arguments",
                hint="this critic takes one: the two pictures concatenated as channels, torch.cat([x, ...], dim=1)",
            )
        if not isinstance(pair, Tensor) or pair.dim() != 4:
            raise NotYet(f"D was given {kind(pair)}", hint="D takes pairs, (n, c_x + c_y, h, w): torch.cat, dim=1")
        self._expect_pairs(pair)
        x, y = ((p * self.shares).sum(1, keepdim=True) for p in pair.split(self.channels, 1))
        seen = torch.stack([x, y, x * y])  # (3, n, 1, 4, 4)
        quarters = seen.unflatten(-1, (2, 2)).unflatten(-3, (2, 2)).mean((-1, -3))  # (3, n, 1, 2, 2)
        return torch.einsum("k,k...->...", self.weight, quarters)

    def _expect_pairs(self, pair: Tensor) -> None:
        if pair.shape[1:] == (self.channels, 4, 4):
            raise NotYet(
                f"D was given a batch of single pictures, (n, {self.channels}, h, w), and it judges pairs",
                "Without x it could not know that y belongs to another house; with dim=0 each picture stands alone.",
                "torch.cat([x, ...], dim=1): x, and behind it, as channels, the picture that is judged",
            )
        if pair.shape[1:] != (2 * self.channels, 4, 4):
            raise NotYet(
                f"D was given {kind(pair)}, and it judges pairs (n, c_x + c_y, h, w)",
                hint="torch.cat([x, ...], dim=1): x, and behind it, as channels, the picture that is judged",
            )


def sketch(*means: float) -> Tensor:
    """One 4 x 4 picture for each mean, no two of its quarters alike: (n, 1, 4, 4)."""
    bumps = torch.tensor([[0.5, 0.1, -0.8, 0.2], [0.3, -0.1, 0.4, -0.6], [-0.4, 0.7, 0.9, 0.1], [0.2, -0.3, 0.6, -0.5]])
    return torch.stack([m + bumps.roll(i, 1) for i, m in enumerate(means)])[:, None]


def patch_slips(D: nn.Module, x: Tensor, y: Tensor, fake: Tensor) -> tuple[Slip, ...]:
    """What comes out if patches or pairs are mixed up."""

    def D2(a: Tensor, b: Tensor) -> Tensor:
        return D(torch.cat([a, b], 1))

    def loss(real: Tensor, fooled: Tensor) -> Tensor:
        return softplus(-real).mean() + softplus(fooled).mean()

    others = (x.roll(1, 0), x.roll(-1, 0), x.flip(0))
    own = "each picture stands behind its own x: cat([x, y], dim=1) and cat([x, fake], dim=1)"
    patches = "each patch gets a verdict of its own: softplus of the map, then the mean over all of it"
    return (
        Slip(
            "the loss of the mean: the patches of a picture are averaged first, as if D were an image D",
            patches,
            lambda r, f: loss(r.mean((1, 2, 3)), f.mean((1, 2, 3))),
        ),
        Slip(
            "the patches of a picture are added up before the loss",
            patches,
            lambda r, f: loss(r.sum((1, 2, 3)), f.sum((1, 2, 3))),
        ),
        Slip(
            "summed over the patches of a picture: the loss would grow with the picture's size",
            "the mean over the whole map, .mean()",
            lambda r, f: (softplus(-r) + softplus(f)).sum((1, 2, 3)).mean(),
        ),
        Slip("only one patch is judged", patches, lambda r, f: loss(r[..., 0, 0], f[..., 0, 0])),
        Slip("only the worst patch is judged", patches, lambda r, f: loss(r.amin((1, 2, 3)), f.amax((1, 2, 3)))),
        Slip("x and y are swapped in both pairs", own, lambda r, f: loss(D2(y, x), D2(fake, x))),
        Slip("x and y are swapped in the real pair", own, lambda r, f: loss(D2(y, x), f)),
        Slip("x and the fake are swapped", own, lambda r, f: loss(r, D2(fake, x))),
        Slip(
            "the fake is judged beside the right answer y, not beside the input x",
            own,
            lambda r, f: loss(r, D2(y, fake)),
        ),
        Slip("x is judged as its own answer", own, lambda r, f: loss(D2(x, x), f)),
        *(
            Slip("the fakes are paired with the x of another house", own, lambda r, f, z=z: loss(r, D2(z, fake)))
            for z in others
        ),
        *(
            Slip("the real pictures are paired with the x of another house", own, lambda r, f, z=z: loss(D2(z, y), f))
            for z in others
        ),
    )


def of_pairs(text: str) -> str:
    return text.replace("D(x)", "D(x, y)").replace("D(fake)", "D(x, fake)").replace("real images", "real pairs")


@exercise("d_loss(D, x, y, fake), the loss of a critic that returns a map of logits for the pair cat([x, y], dim=1)")
def ex04_d_loss(f):
    """f(D, x, y, fake) -> softplus(-D(cat(x, y))).mean() + softplus(D(cat(x, fake))).mean(), or half of it."""
    answer = Answer(f, "d_loss(D, x, y, fake)")
    for x, y, fake in (
        (sketch(-0.1, 0.2, 0.5), sketch(0.3, 0.1, -0.4), sketch(0.7, -0.6, 0.15)),
        (sketch(0.4, -0.3), sketch(0.6, -0.5), sketch(-0.2, 0.35)),
    ):
        D = PatchCritic()
        loss = answer(D, x.clone(), y.clone(), fake.clone())
        real, fooled = D(torch.cat([x, y], 1)), D(torch.cat([x, fake], 1))
        try:
            judge_d_loss(loss, D, real, fooled, patch_slips(D, x, y, fake))
        except NotYet as wrong:  # here D judges pairs
            raise NotYet(wrong.what, *map(of_pairs, (wrong.number, wrong.hint))) from None
    return "The mean of the losses, not the loss of the mean: every patch is right or wrong for itself." + overflow(
        lambda: answer(
            PatchCritic(), torch.zeros(1, 1, 4, 4), torch.full((1, 1, 4, 4), -100.0), torch.full((1, 1, 4, 4), 100.0)
        ),
        400.0,
    )


CLAIMS = {
    "a": "A larger patch is always better: among the paper's sizes 286 px scored best.",
    "b": "At 64 px it leaves no map; the smallest picture that it takes has 96 px.",
    "c": "It has four times the weights of the 70 px critic, is deeper, and may be harder to train.",
    "d": "It cannot see fine texture: a large square shows coarse shapes only.",
    "e": "At 256 px more than half of what its corner logit sees is padding.",
    "f": "Its squares do not overlap, so it misses what lies on their borders.",
}
ABOUT = {  # letter: (is it true, why)
    "a": (False, "in table 3 of the paper 70 px has a per-pixel accuracy of 0.66, 286 px one of 0.42"),
    "b": (True, "64 // 2**5 - 2 is 0, and 96 // 2**5 - 2 is 1"),
    "c": (
        True,
        "11.2 million weights against 2.8 million, and two layers more; the paper gives it as a possible cause",
    ),
    "d": (False, "its first layers are those of the smaller critics, so every pixel still reaches its logits"),
    "e": (
        True,
        "that square runs from row -95 to row 190: 191 of 286 rows and columns lie in the picture, 45 % of its area",
    ),
    "f": (False, "the squares stand 32 px apart and have sides of 286 px"),
}


WHERE = {  # to look it up
    "a": "the paper's table stands above",
    "b": "halve five times, and take two layers of stride 1 into account: what must be left?",
    "c": "the table of the six critics above has their weights",
    "d": "what does a pixel pass through on its way to a logit?",
    "e": "of an area both directions count: what is left of the square is the product of both shares",
    "f": "how far apart do its squares stand, and how wide are they?",
}


@exercise('the letters of all true claims about the 286 px critic, as in "ab"')
def ex04_286(chosen):
    """The letters of the true ones among CLAIMS, in any order."""
    judge_claims(chosen, CLAIMS, ABOUT, WHERE)
    return "It sees more and judges worse: a patch need only be as large as what it should judge."


@exercise('the shifts, of 1, 2, 3 and 4 px, for which a critic with one halving only shifts its map, as in "134"')
def ex04_shift(guess):
    """ "24": those that are multiples of the step of 2 px."""
    if isinstance(guess, int) and not isinstance(guess, bool):
        guess = str(guess)
    if isinstance(guess, list | tuple | set | frozenset):
        if any(one is ... for one in guess):
            raise StillOpen
        guess = "".join(map(str, guess))
    hint = 'hand over the digits, as in "13"; "0" if it is true of none'
    if not isinstance(guess, str):
        raise NotYet(f"the check was given {kind(guess)}", hint=hint)
    digits = {c for c in guess if c.isalnum()}
    if not digits:
        raise StillOpen
    if unknown := sorted(digits - set("01234")):
        what = f"{unknown[0]} is none of the shifts" if len(unknown) == 1 else f"{', '.join(unknown)} are no shifts"
        raise NotYet(what, hint=hint)
    told = "Squares of neighbouring logits stand 2 px apart."
    if digits & set("13"):
        half = "1 px is half a step" if "1" in digits else "3 px is a step and a half"
        what = f"{half}: every square then shows other pixels than any before"
        raise NotYet(what, told, "which shifts bring each square to where another one was?")
    if digits != set("24"):
        what = f"{'4' if '2' in digits else '2'} px is missing: each square comes to where another one was"
        raise NotYet(what, told, "which shifts are whole steps of the map?")
    return "2 and 4: whole steps. A convolution with a stride forgives shifts by its stride only."


SEEN_FAULTS = (
    Fault(
        "train mode: BatchNorm takes mean and spread from the whole picture, and each pixel has a say in each logit",
        "net.eval()",
    ),
    Fault("the mean of the whole map is followed back, not one logit", "net(...)[0, 0, row, column]"),
    Fault("the sum of the whole map is followed back, not one logit", "net(...)[0, 0, row, column]"),
    Fault("no absolute value: a channel that pulls up hides one that pulls down", "first .abs(), then .sum(0)"),
    Fault(
        "the absolute value comes after the sum: the channels have paid for one another", "first .abs(), then .sum(0)"
    ),
    Fault("row and column are swapped", "[0, 0, row, column]"),
)


SEEN_GIVEN = (True, True, False, True, False, False)


def small_critic() -> nn.Module:
    """Pictures (1, 2, 8, 8) to a map of 3 x 3 logits, by known numbers; the second channel pulls against the first."""
    one, norm, two = nn.Conv2d(2, 2, 2, stride=2), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 2)
    kernel = torch.tensor([[[0.7, -0.4], [1.1, 0.5]], [[-0.6, 0.9], [0.3, -1.2]]])  # (2, 2, 2)
    with torch.no_grad():
        one.weight.copy_(torch.stack([kernel, -0.6 * kernel], 1))
        two.weight.copy_(torch.tensor([[0.8, -0.3], [0.5, 1.0]]) * torch.tensor([1.0, -0.7]).view(1, 2, 1, 1))
        for layer in (one, two):
            layer.bias.fill_(0.1)
        norm.running_mean.copy_(torch.tensor([0.2, -0.1]))
        norm.running_var.copy_(torch.tensor([1.5, 0.6]))
    return nn.Sequential(one, norm, nn.LeakyReLU(0.2), two).eval()


def seen(row: int, column: int, picture: Tensor) -> Callable[..., Tensor]:
    """How strongly each pixel moves a logit, with a choice of SEEN_FAULTS in the measurement."""

    def play(train: bool, mean: bool, total: bool, signed: bool, late: bool, swapped: bool) -> Tensor:
        p = picture.clone().requires_grad_()
        logits = small_critic().train(train)(p)
        i, j = (column, row) if swapped else (row, column)
        logit = logits.mean() if mean else logits.sum() if total else logits[0, 0, i, j]
        (gradient,) = torch.autograd.grad(logit, p)
        if signed:
            return gradient[0].sum(0)
        return gradient[0].sum(0).abs() if late else gradient[0].abs().sum(0)

    return play


def pixels_in_words(result: Tensor, right: Tensor) -> str:
    """By how many pixels it is moved; if by the right ones, how strongly."""
    mine, wanted = (t != 0 for t in (result, right))
    n, m = int(mine.sum()), int(wanted.sum())
    if n != m:
        return f"yours is moved by {n} pixels; right are {m}, a square of 4 x 4"
    if not torch.equal(mine, wanted):
        at, right_at = (tuple(t.nonzero().amin(0).tolist()) for t in (mine, wanted))
        return f"yours is moved by as many pixels as is right, {n}, but they begin at {at} in place of {right_at}"
    top = divmod(int(right.argmax()), right.shape[1])
    return (
        f"yours is moved by the right {n} pixels, but how strongly? At {top} it says {show(result[top])},"
        f" and {show(right[top])} is right"
    )


def expect_sum(result: Tensor, right: Tensor, picture: Tensor, row: int, column: int, told: str) -> None:
    """The channels are to be added up. Other ways to put their sizes together are told by name."""
    p = picture.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(small_critic()(p)[0, 0, row, column], p)
    size = gradient[0].abs()
    hint = "first .abs(), then .sum(0)"
    if same(result, (right != 0).double()):
        raise NotYet("which pixels move it, and not how strongly", told, hint)
    for name, other in (
        ("the mean over the channels", size.mean(0)),
        ("the largest of the channels", size.amax(0)),
        ("the length over the channels", size.norm(dim=0)),
        ("squares, summed over the channels", size.square().sum(0)),
    ):
        if same(result, other):
            raise NotYet(f"{name}: it would do as a measure, and the sum is asked for", told, hint)


@exercise("seen_by(net, row, column, picture), mended: how strongly each pixel moves one logit, (h, w)")
def ex04_mend(f):
    """f(net, row, column, picture (1, c, h, w)) -> size of the logit's gradient in eval mode, summed over channels."""
    answer = Answer(f, "seen_by(net, row, column, picture)")
    for row, column in ((0, 2), (1, 1), (2, 1)):
        picture = (1.7 * torch.arange(1.0, 129)).sin().view(1, 2, 8, 8)
        # train mode: a student's line that says nothing of the mode measures in the one that training left
        result = tensor_of(unpacked(answer(small_critic().train(), row, column, picture.clone())))
        result = finite(result, "there is no division here")
        tensor_of(result, (8, 8), "one number for each pixel: summed over the channels, with no batch dimension")
        play = seen(row, column, picture)
        right = play(*[False] * len(SEEN_FAULTS))
        told = f"Logit ({row}, {column}): {pixels_in_words(result, right)}."
        hint = "eval mode; the gradient of this one logit; its absolute value, summed over the channels"
        expect_sum(result, right, picture, row, column, told)
        expect_mended(result.detach().double(), play, SEEN_FAULTS, told, hint=hint, given=SEEN_GIVEN)
    return "One logit, in eval mode, with signs taken off: what is not 0 is the square that it sees."


SIDE, MAP, LAYERS, KERNEL, SQUARE = 64, 16, 4, 5, 40  # what the critic of ex04_design must keep to
DESIGN_GIVEN = [(4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 1, 1)]


@exercise("layers, a list of (kernel, stride, padding), of a critic that sees 40 px or more and keeps a map of 16 x 16")
def ex04_design(layers):
    """At most 4 layers of kernels up to 5, with padding up to half a kernel; at 64 px a map of 16 or more."""
    layers = layers_of(layers)
    if [tuple(layer) for layer in layers] == DESIGN_GIVEN:
        raise StillOpen("The layers are those that stood there.", "Change a number, and run the cell again.")
    if len(layers) > LAYERS:
        raise NotYet(
            f"{len(layers)} layers are too many", f"{LAYERS} are allowed.", "a stride early on sees far at no cost"
        )
    for kernel, _, padding in layers:
        if kernel > KERNEL:
            raise NotYet(f"a kernel of {kernel} is too large", f"{KERNEL} is allowed.", "strides see far, too")
        if 2 * padding > kernel:
            what = f"a padding of {padding} is more than half of the kernel {kernel}"
            raise NotYet(what, "Logits at the rim would see hardly any picture.", "padding up to kernel // 2")
    side = SIDE
    for kernel, stride, padding in layers:
        side = (side + 2 * padding - kernel) // stride + 1
    field = field_of([layer[:2] for layer in layers])
    number = f"It sees {field} px, and at {SIDE} px its map has {max(side, 0)} logits a side."
    if side < MAP and field < SQUARE:
        hint = "a larger kernel sees more, and takes something from the map. What gives it back?"
        raise NotYet("the map is too small, and so is the square", number, hint)
    if side < MAP:
        hint = "how often may 64 px be halved? And which padding keeps a layer of stride 1 from taking anything away?"
        raise NotYet("the square is large enough, but the map is too small", number, hint)
    if field < SQUARE:
        hint = "a stride multiplies what lies behind it: where in the chain does it do most? How large may kernels be?"
        raise NotYet("the map is large enough, but the square is too small", number, hint)
    return f"{number} Where the strides stand decides: early, they enlarge the squares of all layers behind them."


def layers_of(layers: object) -> list[list[int]]:
    """The layers, each as three whole numbers."""
    form = "(kernel, stride, padding)"
    if not isinstance(layers, list | tuple):
        raise NotYet(f"the check was given {kind(layers)}", hint=f"hand over a list of {form}")
    if not layers or any(one is ... for one in layers):
        raise StillOpen
    found = [whole_numbers(numbers_of(layer, form), "kernels, strides and paddings are whole") for layer in layers]
    for kernel, stride, padding in found:
        if kernel < 1 or stride < 1 or padding < 0:
            raise NotYet("a kernel or a stride below 1, or a padding below 0", hint=f"each layer is {form}")
    return found


def convolution(name: str, channels: int, out: int) -> Callable[[Shape], Shape]:
    """The shape that comes out of a convolution with stride 2."""

    def shape(t: Shape) -> Shape:
        if not t:
            what = f"{name} takes pictures, and t is one number here"
            raise Misfit(what, "the mean comes last")
        if t[0] != channels:
            what = f"{name} takes {channels} channels, and t has {t[0]} here"
            raise Misfit(what, "the critic sees pairs: 3 channels and 3 make 6; `first` makes 32 of them")
        return out, t[1] // 2

    return shape


def joined(x: Shape, t: Shape) -> Shape:
    if not t or x[1] != t[1]:
        what = "t cannot be joined to x any more: " + (f"it has {t[1]} px a side" if t else "it is one number")
        raise Misfit(what, "the pair is made of two pictures, before any convolution")
    return x[0] + t[0], x[1]


def as_it_is(t: Shape) -> Shape:
    return t


PATCHES = Puzzle(
    lines={
        "a": Step("t = softplus(t)", ("t",), ("t",), shape=as_it_is),
        "b": Step("t = last(t)", ("t",), ("t",), by=("last",), shape=convolution("last", 32, 1)),
        "c": Step("t = t.detach()", ("t",), ("t",), cut=("t",), only_cuts=True, shape=as_it_is),
        "d": Step("t = t.mean()", ("t",), ("t",), shape=lambda t: ()),
        "e": Step("t = leaky_relu(t, 0.2)", ("t",), ("t",), shape=as_it_is),
        "f": Step("t = torch.cat([x, t], dim=1)", ("t",), ("x", "t"), shape=joined),
        "g": Step("t = first(t)", ("t",), ("t",), by=("first",), shape=convolution("first", 6, 32)),
    },
    right="cfgebad",
    rules=(
        Rule(
            "c",
            "g",
            "the cut is behind a layer of the critic: what lies before it cannot learn",
            "t is cut off in line {first}, and the critic begins in line {then}.",
            "cut off the forger, not the critic: detach before the first layer",
        ),
        Rule(
            "g",
            "a",
            "softplus comes before the critic has spoken: it is no layer, but the cost of a logit",
            "softplus is line {then}, and the critic begins in line {first}.",
            "first all layers, then the cost",
        ),
        Rule(
            "b",
            "a",
            "softplus comes before the last layer: what it takes there are features, not logits",
            "softplus is line {then}, and the logits come out of line {first}.",
            "first all layers, then the cost",
        ),
        Rule(
            "g",
            "e",
            "LeakyReLU before the first layer: it would squash what is dark in the pictures",
            "LeakyReLU is line {then}, the first layer is line {first}.",
            "it belongs between two layers, since without it two convolutions are one",
        ),
        Rule(
            "e",
            "b",
            "LeakyReLU behind the last layer: two convolutions with nothing between them, and squashed verdicts",
            "LeakyReLU is line {first}, the last layer is line {then}.",
            "it belongs between two layers; a logit may be any number",
        ),
        Rule(
            "a",
            "d",
            "the loss of the mean: a good patch would make up for a bad one",
            "The mean is taken in line {then}, softplus in line {first}.",
            "each patch gets a cost of its own: first softplus, then the mean",
        ),
    ),
    given={"x": (3, 64), "t": (3, 64)},
    from_players={"t": ("G",)},
    results=("t",),
    rounds=1,
)


@exercise("the order of the seven lines: from a fake, t, to what it costs a critic of patches; x is its question")
def ex04_order(steps):
    """The letters of PATCHES, in any order that gives the loss of "cfgebad", with a gradient for the critic alone."""
    judge_order(steps, PATCHES)
    return "A pair, two layers with a bend between them, a cost for each patch, and only then the mean."


PLACE = "divmod(index, logits.shape[1]) gives row and column of the map; the pixel is centre + step * row"


def located(m: Tensor, centre: float, step: int, pick: Callable[[Tensor], Tensor] = Tensor.argmin) -> tuple:
    row, column = divmod(int(pick(m)), m.shape[1])
    return centre + step * row, centre + step * column


def turned(m: Tensor, centre: float, step: int) -> tuple:
    row, column = divmod(int(m.argmin()), m.shape[0])
    return centre + step * row, centre + step * column


PLACE_SLIPS = (
    Slip(
        "the most convincing patch, and the least convincing one is asked for",
        "a logit says how real: argmin",
        lambda m, c, s: torch.tensor(located(m, c, s, Tensor.argmax)),
    ),
    Slip(
        "the logit nearest to 0: that is where the critic is undecided",
        "the smallest logit, argmin of the map as it is",
        lambda m, c, s: torch.tensor(located(m.abs(), c, s)),
    ),
    Slip("column and row are swapped", PLACE, lambda m, c, s: torch.tensor(located(m, c, s)[::-1])),
    Slip(
        "the index is divided by the number of rows, not of columns",
        PLACE,
        lambda m, c, s: torch.tensor(turned(m, c, s)),
    ),
    Slip(
        "divided by the number of rows, and row and column swapped",
        PLACE,
        lambda m, c, s: torch.tensor(turned(m, c, s)[::-1]),
    ),
    Slip("a place in the map, and a pixel is asked for", PLACE, lambda m, c, s: torch.tensor(located(m, 0, 1))),
    Slip(
        "the step is missing: neighbouring logits look at squares that stand further apart than 1 px",
        PLACE,
        lambda m, c, s: torch.tensor(located(m, c, 1)),
    ),
    Slip(
        "the centre of the first square is missing: logit 0 does not look at pixel 0 alone",
        PLACE,
        lambda m, c, s: torch.tensor(located(m, 0, s)),
    ),
    Slip("centre and step are swapped", PLACE, lambda m, c, s: torch.tensor(located(m, s, c))),
    Slip(
        "step times the sum: the centre is in pixels already",
        PLACE,
        lambda m, c, s: s * (torch.tensor(located(m, 0, 1)) + c),
    ),
    Slip("off by one: places of the map are counted from 0", PLACE, lambda m, c, s: torch.tensor(located(m, c + s, s))),
)


@exercise("place(logits, centre, step), row and column of the pixel in the middle of the least convincing square")
def ex04_place(f):
    """f(logits (h, w), centre, step) -> (centre + step * row, centre + step * column) of the smallest logit."""
    answer = Answer(f, "place(logits, centre, step)")
    # first a centre that rounding does not take away
    for (h, w), where, centre, step in (((5, 3), 10, 2.5, 4), ((4, 6), 16, 0.5, 2), ((3, 7), 12, -1.0, 3)):
        logits = (1.7 * torch.arange(1.0, 1 + h * w)).sin()
        logits[where], logits[(where + 5) % (h * w)], logits[0] = -2.5, 3.1, 0.01
        logits = logits.view(h, w)
        right = torch.tensor(located(logits, centre, step))
        result = answer(logits.clone(), centre, step)
        result = result.tolist() if isinstance(result, Tensor) and result.shape == (2,) else result
        if not isinstance(result, tuple | list) or len(result) != 2:
            what = f"wrong type: {kind(result)} came back, and the pair row, column is asked for"
            if isinstance(result, Tensor):
                what = f"wrong shape: {tuple(result.shape)} came back, and the pair row, column is asked for"
            raise NotYet(what, hint="return row, column")
        found = torch.tensor([as_number(one) for one in result])
        told = (
            f"With a map of {h} x {w}, its least logit at ({where // w}, {where % w}), centre {centre} and step {step}"
        )
        if torch.equal(found, found.round()) and (found - right).abs().max() <= 0.5:
            continue  # a middle between two pixels, rounded to one of them
        compare(found, right, PLACE_SLIPS, (logits, centre, step), told, hint=PLACE)
    return "A critic that was asked for one verdict on a whole picture can point. The map is not lost, only averaged."


def as_number(one: object) -> float:
    if type(one).__module__ == "numpy" and getattr(one, "ndim", 1) == 0:
        one = one.item()
    if isinstance(one, int | float) and not isinstance(one, bool):
        one = torch.tensor(float(one))
    one = tensor_of(one)
    if one.numel() != 1:
        raise NotYet(f"wrong shape: {kind(one)} came back, and one number each is asked for", hint="return row, column")
    return float(finite(one, "there is no division by 0 here"))
