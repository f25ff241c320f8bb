"""Exercises of chapter 02: telling both players what is wanted."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, softplus

from gancourse.check.ch01 import (
    Forger,
    RoundGame,
    expect_images,
    images,
    judge_d_loss,
    judge_d_move,
    judge_g_move,
    judge_moves,
    overflow,
)
from gancourse.check.guess import judge_letter
from gancourse.check.order import Puzzle, Rule, Step, judge_order, minimize
from gancourse.check.verdict import (
    Answer,
    NotYet,
    Slip,
    StillOpen,
    compare,
    exercise,
    finite,
    kind,
    same,
    show,
    tensor_of,
)


def code(y: Tensor, classes: int) -> Tensor:
    return one_hot(y, classes).float()


TELL_SLIPS = (
    Slip(
        "the label comes first, the noise second",
        "the networks of this course expect cat([z, code])",
        lambda z, y, k: torch.cat([code(y, k), z], 1),
    ),
    Slip(
        "the label is not one-hot: its number stands beside z, as if 3 were more than 2",
        "one_hot(y, classes)",
        lambda z, y, k: torch.cat([z, y[:, None].float()], 1),
    ),
    Slip(
        "the number of classes is missing in one_hot, which then counts up to the largest label in the batch",
        "one_hot(y, classes)",
        lambda z, y, k: torch.cat([z, one_hot(y).float()], 1),
    ),
    Slip(
        "off by one: classes are counted from 0",
        "use y as it is given",
        lambda z, y, k: torch.cat([z, code((y - 1) % k, k)], 1),
    ),
    Slip(
        "off by one: classes are counted from 0",
        "use y as it is given",
        lambda z, y, k: torch.cat([z, code((y + 1) % k, k)], 1),
    ),
    Slip("z alone: the label is not told", "cat([z, one_hot(y, classes)], dim=1)", lambda z, y, k: z),
    Slip("the label alone: the noise is gone", "cat([z, one_hot(y, classes)], dim=1)", lambda z, y, k: code(y, k)),
    Slip(
        "every sample got the label of the first one",
        "use all of y",
        lambda z, y, k: torch.cat([z, code(y[:1], k).expand(len(y), -1)], 1),
    ),
    Slip(
        "one_hot of the row numbers, not of the labels",
        "encode y, the labels you are given",
        lambda z, y, k: torch.cat([z, torch.eye(k)[torch.arange(len(y)) % k]], 1),
    ),
    Slip(
        "all ones: every class is asked for at once",
        "a 1 at the label's place, 0 elsewhere",
        lambda z, y, k: torch.cat([z, torch.ones(len(y), k)], 1),
    ),
    Slip(
        "all zeros: no class is asked for",
        "a 1 at the label's place, 0 elsewhere",
        lambda z, y, k: torch.cat([z, torch.zeros(len(y), k)], 1),
    ),
    Slip(
        "the label's number is written into its code: class 0 has no code at all",
        "a 1 at the label's place, whatever the label",
        lambda z, y, k: torch.cat([z, code(y, k) * y[:, None]], 1),
    ),
    Slip(
        "the labels are upside down: 0 at the label's place",
        "a 1 there, 0 elsewhere",
        lambda z, y, k: torch.cat([z, 1 - code(y, k)], 1),
    ),
)


@exercise("tell(z, y, classes), z with the one-hot code of y beside it")
def ex02_tell(f):
    """f(z, y, classes) -> cat of z (n, d) and one_hot(y) (n, classes): (n, d + classes)."""
    answer = Answer(f, "tell(z, y, classes)")
    for z, y, classes in (
        ([[0.5, -1.0], [2.0, 0.3], [-0.7, 1.5]], [2, 0, 1], 5),
        ([[0.1], [0.2], [0.3], [0.4]], [0, 2, 2, 1], 4),
    ):
        z, y = torch.tensor(z), torch.tensor(y)
        right = torch.cat([z, code(y, classes)], 1)
        told = f"With z = {show(z)}, y = {show(y)} and classes = {classes}"
        result = finite(tensor_of(answer(z.clone(), y.clone(), classes)), "neither z nor the code has a NaN")
        stacked = result.dim() == 2 and len(result) == 2 * len(z)
        hint = (
            "dim=1: each sample gets its own label beside it" if stacked else "cat([z, code], dim=1), (n, d + classes)"
        )
        compare(result, right, TELL_SLIPS, (z, y, classes), told, hint=hint)
        if not result.is_floating_point():
            raise NotYet(f"the result has the type {result.dtype}", hint="networks take floats: keep z as it is")
    return "Each class has an input of its own, so no class counts as larger than another."


class LabelledCritic(nn.Module):
    """A critic with known numbers that looks at image and label: 2 (mean of the pixels) + a number for each class."""

    def __init__(self):
        super().__init__()
        self.weight, self.wish = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.tensor([0.3, -1.2, 1.6]))

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        if y is None:
            raise NotYet("D was asked without the label", hint="a cGAN's D judges pairs, D(x, y) and D(fake, y)")
        if y is ...:
            raise StillOpen("D was given `...`.")
        if isinstance(x, Tensor) and isinstance(y, Tensor) and x.dim() == 1 and y.dim() == 4:
            raise NotYet("image and label are swapped", hint="D(x, y): first the image")
        expect_images(x)
        if not isinstance(y, Tensor) or y.shape != x.shape[:1] or y.is_floating_point():
            raise NotYet(
                f"D was given {kind(y)} as labels of {len(x)} images", hint="D takes y as it is, (n,) integers"
            )
        if not ((y >= 0) & (y < len(self.wish))).all():
            raise NotYet(
                "D was given labels other than y: there is no such class here",
                f"They were {show(y)}, and the classes are 0 to {len(self.wish) - 1}.",
                "a real image comes with its own label, and a fake with the one it was made for: both are y",
            )
        return self.weight * x.flatten(1).mean(1, keepdim=True) + self.wish[y][:, None]


def pair_slips(D: nn.Module, x: Tensor, fake: Tensor, y: Tensor) -> tuple[Slip, ...]:
    """What comes out if an image is judged under another's label."""

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return softplus(-D(x, a)).mean() + softplus(D(fake, b)).mean()

    none, rolled, turned = torch.zeros_like(y), y.roll(1), y.flip(0)
    hint = "a fake was made for y, so D(fake, y)"
    wrong = [
        Slip(
            "the fakes are judged under label 0, not under the one they were made for", hint, lambda r, f: loss(y, none)
        ),
        Slip("both are judged under label 0", "D(x, y) and D(fake, y)", lambda r, f: loss(none, none)),
        Slip(
            "missing the real pair (x, y)",
            "the first term is D(x, y); mismatched pairs are an extra of other papers",
            lambda r, f: softplus(D(x, rolled)).mean() + softplus(f).mean(),
        ),
    ]
    for other in (rolled, y.roll(-1), turned):
        wrong += [
            Slip("the labels of the fakes are shuffled against them", hint, lambda r, f, o=other: loss(y, o)),
            Slip(
                "the labels of the real images are shuffled against them",
                "a real image comes with its own label, so D(x, y)",
                lambda r, f, o=other: loss(o, y),
            ),
        ]
    return tuple(wrong)


@exercise("d_loss(D, x, fake, y), the critic's loss when D sees the label as well: D(x, y) returns logits")
def ex02_d_loss(f):
    """f(D, x, fake, y) -> mean of softplus(-D(x, y)) + mean of softplus(D(fake, y)), or half of it."""
    answer = Answer(f, "d_loss(D, x, fake, y)")
    for x, fake, y in (
        (images(0.75, -0.75, 0.1), images(-1.0, 0.4, -0.35), torch.tensor([2, 0, 1])),
        (images(-0.2, 1.1), images(0.9, 0.3), torch.tensor([1, 2])),
    ):
        D = LabelledCritic()
        judge_d_loss(answer(D, x.clone(), fake.clone(), y.clone()), D, D(x, y), D(fake, y), pair_slips(D, x, fake, y))
    return "D judges pairs: a fine picture of the wrong class is a fake, too." + overflow(
        lambda: answer(LabelledCritic(), images(-100.15), images(49.85), torch.tensor([0])), 300.0
    )


def right_grid(classes: int, noises: Tensor) -> tuple[Tensor, Tensor]:
    return noises.repeat(classes, 1), torch.arange(classes).repeat_interleave(len(noises))


def cell_list(z: Tensor, y: Tensor) -> Tensor:
    return torch.cat([z.double(), y.double()[:, None]], 1)


GRID_SLIPS = (
    Slip(
        "rows and columns are swapped: a row should show one label",
        "z.repeat(classes, 1) goes through all noises again and again, repeat_interleave(k) holds a label",
        lambda c, n: cell_list(n.repeat_interleave(c, 0), torch.arange(c).repeat(len(n))),
    ),
    Slip(
        "repeat for both: noise and label run on together, so a row does not hold its label",
        "the label should stay for a row: repeat_interleave for y",
        lambda c, n: cell_list(n.repeat(c, 1), torch.arange(c).repeat(len(n))),
    ),
    Slip(
        "repeat_interleave for both: the noise stays while the label stays",
        "along a row the noise should change: repeat for the noises",
        lambda c, n: cell_list(n.repeat_interleave(c, 0), torch.arange(c).repeat_interleave(len(n))),
    ),
    Slip(
        "one noise everywhere: the columns would be alike",
        "use all the noises you are given",
        lambda c, n: cell_list(n[:1].expand(c * len(n), -1), torch.arange(c).repeat_interleave(len(n))),
    ),
    Slip(
        "classes are counted from 1 here, and the networks count them from 0",
        "torch.arange(classes)",
        lambda c, n: cell_list(n.repeat(c, 1), torch.arange(c).repeat_interleave(len(n)) + 1),
    ),
    Slip(
        "one label everywhere: the rows would be alike",
        "each row has its own: torch.arange(classes).repeat_interleave(k)",
        lambda c, n: cell_list(n.repeat(c, 1), torch.zeros(c * len(n))),
    ),
)


@exercise("grid(classes, noises), the pair (z, y) of a grid with one label in each row, one noise in each column")
def ex02_grid(f):
    """f(classes, noises), noises (k, d) -> z (classes k, d) and y (classes k,), row after row."""
    answer = Answer(f, "grid(classes, noises)")
    for classes, noises in ((4, [[0.1, -0.2], [1.5, 0.7]]), (3, [[0.5], [-0.3], [0.9], [1.1]])):
        noises = torch.tensor(noises)
        z, y = both_of(answer(classes, noises.clone()), classes, noises)
        told = f"With {classes} classes and the noises {show(noises)}, each cell as [noise, label]:"
        right = cell_list(*right_grid(classes, noises))
        fresh = not torch.isin(z.detach().double(), noises.double()).all()
        if fresh:
            raise NotYet(
                "new noise was drawn: down a column only the label may change",
                f"{told} yours starts with {show(cell_list(z, y)[0])}, right is {show(right[0])}.",
                "use the noises you are given in every row",
            )
        compare(
            cell_list(z, y),
            right,
            GRID_SLIPS,
            (classes, noises),
            told,
            hint="write down label and noise of the first row",
        )
    return "Down a column only the label changes, along a row only the noise: content against style."


def both_of(result: object, classes: int, noises: Tensor) -> tuple[Tensor, Tensor]:
    """z and y from the answer, in the right shapes and types."""
    n = classes * len(noises)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise NotYet(f"wrong type: {kind(result)} came back, and the pair z, y is asked for", hint="return z, y")
    z, y = (tensor_of(part) for part in result)
    if y.is_floating_point() and not z.is_floating_point():
        raise NotYet("z and y are swapped", hint="return z, y")
    if y.shape == (n, classes):
        raise NotYet(
            "y is one-hot, and the networks take the numbers of the classes", hint="y has shape (n,); G makes the code"
        )
    tensor_of(
        z, (n, noises.shape[1]), f"one row for each of the {n} cells: {classes} classes times {len(noises)} noises"
    )
    tensor_of(y, (n,), f"one label for each of the {n} cells: {classes} classes times {len(noises)} noises")
    if y.is_floating_point():
        raise NotYet(f"the labels have the type {y.dtype}", hint="they are whole numbers: torch.arange(classes)")
    return z, y


def hits(s: Tensor, y: Tensor) -> Tensor:
    return (s.argmax(1) == y).double()


ACCURACY_SLIPS = (
    Slip(
        "a count instead of a share", "divide by the number of samples: .float().mean()", lambda s, y: hits(s, y).sum()
    ),
    Slip("this is the share of errors", "count where the label agrees: ==", lambda s, y: 1 - hits(s, y).mean()),
    Slip(
        "this is a percentage, and a share from 0 to 1 is asked for",
        "do not multiply by 100",
        lambda s, y: 100 * hits(s, y).mean(),
    ),
    Slip(
        "the mean confidence: a judge can be sure and see something else than was asked for",
        "compare argmax with the label",
        lambda s, y: s.softmax(1).max(1).values.mean(),
    ),
    Slip(
        "the mean probability of the asked class, a soft measure",
        "count a sample as right if argmax is the asked class",
        lambda s, y: s.softmax(1).gather(1, y[:, None]).mean(),
    ),
    Slip(
        "the mean logit of the asked class",
        "count a sample as right if argmax is the asked class",
        lambda s, y: s.gather(1, y[:, None]).mean(),
    ),
    Slip(
        "compared with the order of the batch, not with what was asked for",
        "compare argmax with `asked`",
        lambda s, y: hits(s, torch.arange(len(s))).mean(),
    ),
    Slip(
        "softmax over the batch: dimension 0 holds the samples",
        "softmax changes no argmax, so leave it away, or take dim=1",
        lambda s, y: hits(s.softmax(0), y).mean(),
    ),
    Slip(
        "argmin finds the least likely class",
        "the largest logit wins: argmax",
        lambda s, y: (s.argmin(1) == y).double().mean(),
    ),
    Slip(
        "a logit above 0 is not yet a verdict: another class may have a larger one",
        "compare argmax with the label",
        lambda s, y: (s.gather(1, y[:, None]) > 0).double().mean(),
    ),
    Slip(
        "the largest logit is compared, not its place",
        "argmax(1) gives the place, max(1) the value",
        lambda s, y: (s.max(1).values == y).double().mean(),
    ),
    Slip(
        "divided by the number of classes, not of samples",
        ".mean() divides by the number of samples",
        lambda s, y: hits(s, y).sum() / s.shape[1],
    ),
    Slip(
        "0 came out, and some are right: whole-number division, all(), or an argmax() over all rows at once",
        "argmax(1) has one class for each row; / divides with a fraction, // drops it",
        lambda s, y: hits(s, y).sum() // len(y),
    ),
)

CASES = (  # the first tells all slips apart
    (
        [
            [2, -1.5, 0.3],
            [1, -0.5, -0.2],
            [2, -1.5, 1],
            [1.6, 0.7, -1.5],
            [-1.5, 1, -0.2],
            [-0.2, 0.7, -0.5],
            [-0.2, 2, 1.6],
            [1.6, 0.7, 0.3],
        ],
        [2, 1, 1, 2, 1, 2, 1, 2],
    ),
    ([[0.3, 2.1, 2.2, 1.0], [1.7, 0.4, 0.2, 0.6], [0.9, 1.1, 0.8, -0.5], [0.5, 0.2, 0.1, 1.2]], [1, 3, 1, 0]),
)


@exercise("accuracy(logits, asked), the share of samples that the judge takes for what was asked for")
def ex02_accuracy(f):
    """f(logits, asked) -> share of rows whose argmax is `asked`, from 0 to 1."""
    answer = Answer(f, "accuracy(logits, asked)")
    for s, y in CASES:
        s, y = torch.tensor(s), torch.tensor(y)
        told = f"The judge sees {show(s.argmax(1))}, asked for was {show(y)};"
        share = share_of(answer(s.clone(), y.clone()), len(y))
        compare(share, hits(s, y).mean(), ACCURACY_SLIPS, (s, y), told, hint="argmax(1) of the logits, == asked, mean")
    return "A guesser gets 1 / classes; so 0.1 is the number to beat for ten digits."


def share_of(result: object, n: int) -> Tensor:
    """The result as one finite number."""
    if isinstance(result, bool):
        raise NotYet(
            "True or False came back: all or nothing, and a share is asked for", hint="compare sample by sample, =="
        )
    if type(result).__module__ == "numpy" or isinstance(result, int | float):
        result = torch.as_tensor(result)
    result = tensor_of(result)
    if result.numel() != 1:
        where = "which samples are right" if len(result) == n else "one number for each class"
        raise NotYet(f"missing mean: {kind(result)} came back ({where}?)", hint="one number: .float().mean()")
    return finite(result, "a division by 0?")


class LabelledForger(Forger):
    """Noise (n, 2) and labels (n,) to images (n, 1, 1, 2), by known numbers; it notes the labels."""

    def __init__(self):
        super().__init__()
        self.wished: list[Tensor] = []

    def forward(self, z: Tensor, *labels: Tensor) -> Tensor:
        if any(label is ... for label in labels):
            raise StillOpen("G was given `...`.")
        if len(labels) != 1:
            given = "noise alone" if not labels else f"{1 + len(labels)} arguments"
            raise NotYet(f"G was given {given}", hint="G takes noise and labels: game.G(z, y)")
        expect_labels("G", labels[0], len(z) if isinstance(z, Tensor) and z.dim() else 0)
        fakes = super().forward(z)
        self.wished.append(labels[0].clone())
        return fakes


def expect_labels(name: str, y: object, n: int) -> None:
    if not isinstance(y, Tensor) or y.shape != (n,) or y.is_floating_point():
        raise NotYet(f"{name} was given {kind(y)} as labels of {n} images", hint="labels are (n,) integers, as y is")


class LabelledGame(RoundGame):
    """A conditional game with tiny players that writes down what is asked of it."""

    def __init__(self):
        super().__init__()
        self.G = LabelledForger()

    def d_loss(self, *args: Tensor) -> Tensor:
        self.takes("d_loss", args, ("x", "fake", "y"))
        expect_labels("d_loss", args[2], len(args[0]))
        return self.note("d", softplus(-self.D(args[0])).mean() + softplus(self.D(args[1])).mean(), args)

    def g_loss(self, *args: Tensor) -> Tensor:
        self.takes("g_loss", args, ("fake", "y"))
        expect_labels("g_loss", args[1], len(args[0]))
        return self.note("g", softplus(-self.D(args[0])).mean(), args)


@exercise("round(game, x, y), mended: one round of a conditional game")
def ex02_mend(f):
    """f(game, x, y) plays one round; the fakes are made for y, and judged under y."""
    answer, game = Answer(f, "round(game, x, y)"), LabelledGame()
    x, y = torch.tensor([0.9, -0.2, 0.4]).view(3, 1, 1, 1) * torch.ones(1, 1, 2), torch.tensor([2, 0, 1])
    answer(game, x, y.clone(), silent=True)
    try:
        judge_moves(game)
        for move in game.moves:
            n = 2 if move["which"] == "d" else 1
            pictures = {**move, "args": move["args"][:n]}
            judge_d_move(pictures, x) if n == 2 else judge_g_move(pictures, x)
    except NotYet as wrong:
        hint = wrong.hint.replace("fake.detach())", "fake.detach(), y)").replace("g_loss(fake)", "g_loss(fake, y)")
        raise NotYet(wrong.what, wrong.number, hint) from None
    for move in game.moves:
        judge_labels(move, game.G, y)
    return "Whatever is drawn for a label is judged under that label, by D's loss and by G's."


def judge_labels(move: dict, G: LabelledForger, y: Tensor) -> None:
    """Hold what the fakes were made for to what they are judged under."""
    which, *_, fake, told = move["which"], *move["args"]
    made = [wished for fakes, wished in zip(G.made, G.wished, strict=True) if same(fakes, fake)]
    hint = f"one y for all: game.G(z, y), and game.{which}_loss(..., y)"
    if not made:
        raise NotYet(f"{which}_loss was given something that G did not return", hint="fake = game.G(z, y)")
    if which == "d" and not same(told, y):
        number = f"x has the labels {show(y)}, d_loss was told {show(told)}."
        raise NotYet("the real images are judged under labels that are not theirs", number, hint)
    if not any(same(wished, told) for wished in made):
        number = f"They were made for {show(made[0])}, and {which}_loss was told {show(told)}."
        what = f"in {which}_loss the fakes are judged under other labels than they were made for"
        raise NotYet(what, number, hint)


@exercise("a letter: what the best critic of pairs says when a perfect G that does not listen is right by chance")
def ex02_listens(letter):
    """ "b": 0.1 / (0.1 + 0.01) = 10 / 11."""
    told = "Of all real pairs a tenth is a 3 under the label 3; of the pairs drawn, a tenth of a tenth."
    others = {
        "a": ("1/2 holds where a pair is as frequent among real ones as among fakes", told, "p / (p + p_g), of pairs"),
        "c": (
            "D cannot be sure: one drawing in ten is right, and then nothing gives it away",
            told,
            "p / (p + p_g), of pairs",
        ),
        "d": (
            "a tenth is the share of drawings that are right, and not what D says of them",
            told,
            "p / (p + p_g), of pairs",
        ),
    }
    judge_letter(letter, "b", others)
    return "10/11, and 0 for each wrong pair. The drawing alone would get 1/2: only the label shows that G is deaf."


@exercise("cheat(images, labels, asked), pictures that are all what was asked for, with no diversity in any class")
def ex02_cheat(f):
    """f(images (m, 1, h, w), labels (m,), asked (n,)) -> for each label asked, always the same one of its images."""
    answer = Answer(f, "cheat(images, labels, asked)")
    for labels, asked in (
        ([2, 0, 1, 0, 2, 1, 1, 0, 2, 3, 4, 5, 6, 7, 8, 9], [0, 0, 1, 1, 2, 2, 2, 0]),
        ([1, 1, 0, 2, 0, 2, 9, 8, 7, 6, 5, 4, 3], [2, 1, 0, 1, 2, 0]),
    ):  # every digit occurs, for whoever goes through all ten
        labels, asked = torch.tensor(labels), torch.tensor(asked)
        images = (1.7 * torch.arange(1, 1 + 4 * len(labels))).sin().view(-1, 1, 2, 2)
        chosen = places_of(answer(images.clone(), labels.clone(), asked.clone()), images, len(asked))
        judge_cheat(chosen, labels, asked)
    return "Accuracy 1, diversity 0, and nothing learned. So neither figure is worth anything alone."


def places_of(result: object, images: Tensor, n: int) -> Tensor:
    """Which of the images were returned, (n,)."""
    result = finite(tensor_of(result), "no picture has a NaN")
    tensor_of(result, (n, *images.shape[1:]), f"one picture for each of the {n} labels asked")
    away, chosen = torch.cdist(result.detach().float().flatten(1), images.flatten(1)).min(1)
    if (away > 1e-3).any():
        place = int((away > 1e-3).nonzero()[0])
        raise NotYet(
            f"picture {place} is none of the images: the judge may take it for anything",
            hint="no blends and no means: choose among the images, images[places]",
        )
    return chosen


def judge_cheat(chosen: Tensor, labels: Tensor, asked: Tensor) -> None:
    accuracy = (labels[chosen] == asked).double().mean().item()
    kinds = [len(set(chosen[asked == c].tolist())) for c in asked.unique().tolist()]
    number = f"Asked for {show(asked)}, shown {show(labels[chosen])}: accuracy {accuracy:.2f}."
    number += f" Different pictures for each label: {', '.join(map(str, kinds))}."
    slips = (
        (
            asked,
            "the label is used as a place: picture number 2 need not show a 2",
            "find where labels == c",
        ),
        (
            torch.arange(len(asked)) % len(labels),
            "the pictures as they come: nobody asked what they show",
            "find where labels == c",
        ),
    )
    for places, what, hint in slips if accuracy < 1 else ():
        if torch.equal(chosen, places):
            raise NotYet(what, number, hint)
    if len(set(chosen.tolist())) == 1:
        raise NotYet("one picture for all labels: no diversity, but right for its own only", number, "one for each")
    if accuracy < 1:
        raise NotYet("not all of it is what was asked for", number, "for each label asked, an image with that label")
    if max(kinds) > 1:
        what = "this is honest: all of it was asked for, and the pictures of a class differ"
        raise NotYet(what, number, "to cheat, show the same one whenever its label is asked for")


WISHES = Puzzle(
    lines={
        "a": minimize("loss_G", "G"),
        "b": Step("y = torch.randint(10, y.shape)", ("y",), ("y",), fresh=True),
        "c": Step("fake = G(z, y)", ("fake",), ("z", "y"), by=("G",)),
        "d": Step("loss_D = d_loss(D, x, fake.detach(), y)", ("loss_D",), ("x", "fake", "y"), by=("D",), cut=("fake",)),
        "e": Step("drawn = G(z, y)", ("drawn",), ("z", "y"), by=("G",)),
        "f": Step("x, y = next(batches)", ("x", "y"), fresh=True),
        "g": minimize("loss_D", "D"),
        "h": Step("loss_G = g_loss(D, drawn, y)", ("loss_G",), ("drawn", "y"), by=("D",)),
        "i": Step("z = torch.randn(len(x), 64)", ("z",), ("x",), fresh=True),
    },
    right="ficdgbeha",
    rules=(
        Rule(
            "d",
            "b",
            "the real pictures are judged under labels that were drawn anew",
            "y is drawn anew in line {then}, and loss_D, which judges x under its own labels, comes in line {first}.",
            "as long as y is needed, nothing else may be called y",
        ),
        Rule(
            "b",
            "h",
            "the new wishes come too late: G has been judged under the labels of the batch",
            "y is drawn anew in line {first}, and loss_G comes in line {then}.",
            "wish first, then draw, then judge",
        ),
        Rule(
            "b",
            "e",
            "drawn is made for one wish and judged under another",
            "G draws in line {then}, and y is drawn anew in line {first}, before loss_G reads it.",
            "the label has to be the same where G draws and where its drawing is judged",
        ),
        Rule(
            "g",
            "a",
            "G moves before D",
            "G moves in line {then}, D in line {first}. It would run; Algorithm 1 lets D move first.",
            "G should answer a critic that has just learned",
        ),
    ),
)


@exercise("the order of the nine lines: one round with labels, D first; G is asked for labels that are drawn anew")
def ex02_order(steps):
    """The letters of WISHES, in any order that plays the round as "ficdgbeha" does."""
    judge_order(steps, WISHES)
    return "A name holds one thing at a time: y is first what the pictures show, and then what is wished for."


@exercise("MyCritic(classes), a module mended: (x, y) to one map of verdicts for each picture, with y as planes")
def ex02_planes(module):
    """module(classes)(x (n, 1, h, w), y (n,)) -> (n, 1, h / 2, w / 2), from x and the one-hot planes of y."""
    net = built(module)
    answer = Answer(net, "MyCritic(classes)(x, y)")
    x = sketched(4, 8)
    y = torch.tensor([2, 0, 1, 2])
    maps = verdicts_of(answer(x.clone(), y.clone()), (4, 1, 4, 4))
    if not same(maps[[2, 0, 3, 1]], verdicts_of(answer(x[[2, 0, 3, 1]], y[[2, 0, 3, 1]]), maps.shape)):
        what = "a verdict depends on the other pictures of the batch, or on its place in it"
        raise NotYet(
            what, "The same four pairs in another order get other verdicts.", "each picture beside its own label"
        )
    one = x[:1].expand(3, -1, -1, -1)
    expect_one_hot(verdicts_of(answer(one.clone(), torch.arange(3)), (3, 1, 4, 4)))
    if same(*verdicts_of(answer(torch.cat([x[:1], -x[:1]]), torch.zeros(2).long()), (2, 1, 4, 4))):
        raise NotYet("the picture has no say", "Two pictures under one label get one verdict.", TELL_PLANES)
    return (
        "One verdict for each picture, made of its pixels and of its label: dim=1 puts the planes behind the picture."
    )


TELL_PLANES = "torch.cat([x, planes], dim=1), with one plane for each class: (n, 1 + classes, h, w)"


def sketched(n: int, side: int) -> Tensor:
    return (1.7 * torch.arange(1.0, 1 + n * side * side)).sin().view(n, 1, side, side)


def built(module: object) -> nn.Module:
    """MyCritic(3), with the same weights every time."""
    if isinstance(module, nn.Module):
        raise NotYet(
            "the check was given a critic, not its class", hint="hand over MyCritic, with no brackets behind it"
        )
    net = Answer(module, "MyCritic(classes)")(3)
    if not isinstance(net, nn.Module):
        raise NotYet(f"MyCritic(3) is {kind(net)}, and no network", hint="class MyCritic(nn.Module): as it was")
    with torch.no_grad():
        for i, p in enumerate(net.parameters()):
            p.copy_((torch.arange(1.0, 1 + p.numel()) * (1.3 + 0.4 * i)).cos().view(p.shape))
    return net.eval()


def verdicts_of(result: object, shape: tuple) -> Tensor:
    """The maps, one for each picture."""
    result = tensor_of(result).detach()
    n, _, h, w = shape
    got = tuple(result.shape)
    if result.dim() == 4 and len(result) != n and len(result) % n == 0:
        what = f"{len(result)} maps came back for {n} pictures: concatenated on dimension 0, which holds the samples"
        number = (
            "The planes are judged as pictures of their own. A loss hides it, since .mean() takes any number of maps."
        )
        raise NotYet(what, number, TELL_PLANES)
    if result.dim() == 4 and got[2:] != (h, w) and (got[2] == h or got[3] == w):
        where = "below" if got[3] == w else "beside"
        what = f"the label stands {where} the picture: concatenated on dimension {2 if where == 'below' else 3}"
        raise NotYet(what, f"The maps are {got[2]} x {got[3]}, and {h} x {w} is asked for.", TELL_PLANES)
    return finite(
        tensor_of(result, shape, "a convolution with stride 2 halves the picture, and gives one map"), "a NaN?"
    )


def expect_one_hot(maps: Tensor) -> None:
    """One picture under the labels 0, 1, 2."""
    first, second = maps[1] - maps[0], maps[2] - maps[0]
    if same(first, 0 * first) and same(second, 0 * second):
        what = "the label has no say: one picture gets the same verdict under every label"
        raise NotYet(what, "As if D were deaf.", TELL_PLANES)
    if same(first, 0 * first) or same(second, 0 * second) or same(first, second):
        raise NotYet(
            "two labels get the same verdict", "One picture was shown under 0, 1 and 2.", "one plane for each class"
        )
    if same(second, 2 * first):
        what = "the label is not one-hot: its number is written into a plane, as if 2 were twice 1"
        raise NotYet(
            what, "From 0 to 2 the verdict changes exactly twice as much as from 0 to 1.", "one_hot(y, classes)"
        )


def blended(y: Tensor, other: Tensor, t: float, k: int) -> Tensor:
    return (1 - t) * code(y, k) + t * code(other, k)


BLEND = "the shares are 1 - t of y and t of the other"
HOT = "first one_hot(y, classes) and one_hot(other, classes), (n, classes); then the shares"
BLEND_SLIPS = (
    Slip(
        "t is turned around: at t = 0 it should be y, and at 1 the other", BLEND, lambda y, o, t, k: blended(o, y, t, k)
    ),
    Slip(
        "one_hot of the mean label: between a 3 and a 7 this asks for a 5",
        "first one_hot, then the mixture: classes lie side by side, and none lies between two others",
        lambda y, o, t, k: code(((1 - t) * y + t * o).long(), k),
    ),
    Slip(
        "one_hot of the mean label: between a 3 and a 7 this asks for a 5",
        "first one_hot, then the mixture: classes lie side by side, and none lies between two others",
        lambda y, o, t, k: code(((1 - t) * y + t * o).round().long(), k),
    ),
    Slip(
        "a switch: it is one or the other, and nothing between",
        BLEND,
        lambda y, o, t, k: code(o if t > 0.5 else y, k),
    ),
    Slip(
        "both are asked for in full: the shares should add up to 1", BLEND, lambda y, o, t, k: code(y, k) + code(o, k)
    ),
    Slip("half and half, whatever t is", BLEND, lambda y, o, t, k: blended(y, o, 0.5, k)),
    Slip("y alone: the other has no part in it", BLEND, lambda y, o, t, k: code(y, k)),
    Slip("y alone, and ever less of it", BLEND, lambda y, o, t, k: (1 - t) * code(y, k)),
    Slip("the other alone", BLEND, lambda y, o, t, k: t * code(o, k)),
    Slip("y stays in full, and the other is added", BLEND, lambda y, o, t, k: code(y, k) + t * code(o, k)),
    Slip("the difference of the two", BLEND, lambda y, o, t, k: (1 - t) * code(y, k) - t * code(o, k)),
    Slip(
        "on the great circle: that is the way for noise; shares of a code add up to 1, and not their squares",
        BLEND,
        lambda y, o, t, k: (1 - t) ** 0.5 * code(y, k) + t**0.5 * code(o, k),
    ),
    Slip(
        "side by side: two codes, and G takes one of `classes` numbers",
        "add them: place by place",
        lambda y, o, t, k: torch.cat([(1 - t) * code(y, k), t * code(o, k)], 1),
    ),
    Slip(
        "side by side: two codes, and G takes one of `classes` numbers",
        "add them, place by place, each with its share",
        lambda y, o, t, k: torch.cat([code(y, k), code(o, k)], 1),
    ),
)


@exercise("blend(y, other, t, classes), a code between those of two labels: all y at t = 0, all the other at t = 1")
def ex02_blend(f):
    """f(y (n,), other (n,), t, classes) -> (1 - t) one_hot(y) + t one_hot(other), (n, classes)."""
    answer = Answer(f, "blend(y, other, t, classes)")
    for y, other, t, k in (
        ([3, 0, 1], [7, 4, 5], 0.7, 9),
        ([2, 0], [0, 1], 0.25, 4),
        ([1, 3], [1, 0], 0.6, 4),
        ([2], [1], 1.0, 3),
        ([2], [1], 0.0, 3),
    ):
        y, other = torch.tensor(y), torch.tensor(other)
        result = finite(tensor_of(answer(y.clone(), other.clone(), t, k)), "there is no division here")
        told = f"With y = {show(y)}, other = {show(other)}, t = {t} and classes = {k}"
        compare(result, blended(y, other, t, k), BLEND_SLIPS, (y, other, t, k), told, hint=HOT)
        tensor_of(result, (len(y), k), HOT)
    return "The code of a class is a corner. What G makes of the ways between the corners, nobody has ever taught it."
