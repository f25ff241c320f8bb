"""Verdicts that teach: play a student's answer on small numbers and say by name what is wrong with it.

A check is made from a *judge*: a function that raises :class:`NotYet` or :class:`StillOpen`, or returns the sentence to
take away. Whatever the answer does, a check prints and never raises.
"""

import dis
import inspect
import linecache
import re
import textwrap
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import wraps

import torch
from torch import Tensor

from gancourse.check.diary import record

EXERCISES: dict[str, str] = {}  # by name, in the order of the course: what is to be written


class NotYet(Exception):
    """The answer is wrong: what it is called, a sentence with numbers, a hint."""

    def __init__(self, what: str, number: str = "", hint: str = ""):
        super().__init__(what)
        self.what, self.number, self.hint = what, number, hint


class StillOpen(Exception):
    """There is no answer yet: which part is missing, and what to do if that is not to fill in a `...`."""

    def __init__(self, where: str = "", then: str = ""):
        super().__init__(where)
        self.then = then


def exercise(task: str) -> Callable:
    """Make a judge into a check, which prints a verdict, records the attempt, and returns True or False.

    Args:
        task: what is to be written, as in "bce(logit, target), the mean cross-entropy".
    """

    def make(judge: Callable[[object], str]) -> Callable[[object], bool]:
        EXERCISES[judge.__name__] = task

        @wraps(judge)
        def check(answer: object) -> bool:
            done, lines = settle(judge, answer, task)
            say(*lines)
            if done is not None:
                record(judge.__name__, done)
            return bool(done)

        return check

    return make


def settle(judge: Callable, answer: object, task: str) -> tuple[bool | None, list[str]]:
    """Right (True), wrong (False) or open (None), and the lines that say so."""
    try:
        if answer is ...:
            raise StillOpen
        with torch.enable_grad(), torch.random.fork_rng(devices=[]):  # a check leaves training's random numbers alone
            torch.manual_seed(0)
            return True, [f"Right. {judge(answer)}"]
    except StillOpen as gap:
        where = f" {gap}" if str(gap) else ""
        return None, [f"Still open: {task}.{where}", gap.then or TRY]
    except NotYet as wrong:
        return False, [
            f"Not yet: {wrong.what}.",
            wrong.number,
            wrong.hint and f"Hint: {wrong.hint}{'' if wrong.hint[-1] in '?.' else '.'}",
        ]
    except Exception as error:  # an answer so odd that judging it fails
        return False, [f"Not yet: your answer could not be judged ({summary(error)}).", f"Asked for is {task}."]


TRY = "Put your code in place of `...` and run the cell again: a verdict comes at once, as often as you like."


def say(*lines: str) -> None:
    """Print the lines that are not empty, wrapped; all but the first are indented."""
    for i, line in enumerate(filter(None, lines)):
        indent = "  " if i else ""
        print(textwrap.fill(line, 96, initial_indent=indent, subsequent_indent="  ", break_long_words=False))


class Answer:
    """A student's function, called with care.

    Args:
        f: what the student handed over.
        form: how the check calls it, as in "d_loss(D, x, fake)".
    """

    def __init__(self, f: object, form: str):
        self.f, self.form = f, form
        if not callable(f):
            name = form.split("(")[0]
            raise NotYet(
                f"the check was given {kind(f)}, not a function",
                hint=f"hand over the function itself, {name}, with no brackets behind its name",
            )

    def __call__(self, *args: object, silent: bool = False) -> object:
        """The function's result. With `silent`, None is a fine result (unless the function is an unfilled stub).

        Raises:
            NotYet: the function does not take these arguments, raises, or returns None.
            StillOpen: a `...` is left in it.
        """
        self._fits(args)
        try:
            result = self.f(*args)
        except (NotYet, StillOpen, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit too: exit() in a cell must not end the notebook
            raise self._explained(error) from None
        if result is ...:
            raise StillOpen("It returns `...`.")
        if result is None and unfilled(self.f):
            raise StillOpen
        if result is None and not silent:
            hint = "without a line `return ...` a function returns None; does every way through yours end in one?"
            raise NotYet("your function returned None", hint=hint)
        return result

    def _fits(self, args: tuple) -> None:
        try:
            signature = inspect.signature(self.f)
        except (TypeError, ValueError):  # some built-in functions have none
            return
        try:
            signature.bind(*args)
        except TypeError:
            raise NotYet(
                f"your function takes {signature}, and the check calls it as {self.form}",
                hint="mind the number of the arguments and their order",
            ) from None

    def _explained(self, error: BaseException) -> Exception:
        text = summary(error)
        if "ellipsis" in text.lower():
            return StillOpen(f"A `...` is left in it{self._place(error)}.")
        for pattern, what, hint in KNOWN_ERRORS:
            if re.search(pattern, text):
                return NotYet(what, f"Python said{self._place(error)}: {text}", hint)
        hint = "call it yourself in a new cell to see the whole message; print the shapes just before that line"
        return NotYet("your code stopped with an error", f"Python said{self._place(error)}: {text}", hint)

    def _place(self, error: BaseException) -> str:
        """Where in the student's own code it happened: " in line 3, `return x + y`"."""
        code = getattr(inspect.unwrap(self.f), "__code__", None)
        mine = [
            frame for frame in traceback.extract_tb(error.__traceback__) if code and frame.filename == code.co_filename
        ]
        if not mine:
            return ""
        line = linecache.getline(mine[-1].filename, mine[-1].lineno).strip()
        return f" in line {mine[-1].lineno}" + (f", `{line}`" if line else "")


KNOWN_ERRORS = (  # (what Python says, what it is called, hint)
    (
        "elements of input should be between 0 and 1",
        "BCE without logits: this cross-entropy takes probabilities, and was given logits",
        "use binary_cross_entropy_with_logits, or softplus",
    ),
    ("[Tt]arget size", "the labels have another shape than the logits", "try torch.ones_like(logits)"),
    (
        "must match except in dimension 0",
        "concatenated on dimension 0, which holds the samples",
        "each sample gets its own label beside it: dim=1",
    ),
    (
        "must have same number of dimensions|Dimension out of range.*concat",
        "the label is not one-hot: y is a vector of n numbers, and what it is joined to has more dimensions",
        "one_hot(y, classes) has shape (n, classes)",
    ),
    (
        "The size of tensor a .* must match|shapes cannot be multiplied|Sizes of tensors must match",
        "two shapes do not fit together",
        "print both shapes just before that line",
    ),
    ("one_hot is only applicable", "one_hot takes integers", "leave y as it is, and turn the code to float afterwards"),
    (
        r"(mean|std)\(\): could not infer output dtype|(mean|std).*Bool",
        "a mean of True and False is asked for, and torch takes means of floats only",
        "put .float() before .mean()",
    ),
    (
        "same device",
        "tensors on two devices",
        "the check plays on the CPU: take the device from what you are given, x.device",
    ),
    (
        "Inference tensors cannot be saved",
        "inference_mode goes too far: D cannot learn from such a tensor",
        "use .detach()",
    ),
    (
        r"to have \d+ channels, but got \d+ channels",
        "a convolution is made for another number of channels than comes in",
        "its first number counts the channels that come in: of what is concatenated, those of all parts together",
    ),
    (
        "must be tuple of Tensors, not Tensor",
        "torch.cat and torch.stack take one list of tensors",
        "square brackets around them: torch.cat([a, b], dim=1)",
    ),
    (
        "must be Tensor, not",
        "torch takes a tensor in this place, and was given something else",
        "mind the order of the arguments, and stay with tensors: no NumPy, no lists, no plain numbers",
    ),
    (
        "stack expects each tensor to be equal size",
        "torch.stack makes a new dimension, and takes equal shapes only",
        "torch.cat joins along a dimension that is there",
    ),
    (
        "only one element tensors can be converted|can't convert Tensor|Boolean value of Tensor with more than one",
        "many numbers stand where Python takes a single one",
        "the functions of torch, such as torch.log or torch.where, work on each entry; math, `if` and `not` do not "
        "(for True and False entry by entry: ~, & and |)",
    ),
    (
        "expected target dtype to be|expected scalar type Long",
        "the right classes are no whole numbers",
        "cross_entropy takes the number of the class: .long()",
    ),
    (
        r"Target -?\d+ is out of bounds",
        "a class is asked for that does not exist",
        "classes are counted from 0",
    ),
    (
        "only batches of spatial targets supported",
        "the right classes have a dimension too many",
        "one class for each pixel, (n, h, w): a channel of its own they do not have",
    ),
    (
        "slice indices must be integers|indices must be integers or slices, not float",
        "a place is counted with a number that is not whole",
        "/ gives a fraction, // a whole number",
    ),
    (
        "'NoneType' object",
        "something is None there",
        "a function without `return` gives None; a `.grad` is None where no gradient was asked for (requires_grad_)",
    ),
    (
        "'(int|float)' object has no attribute 'size'",
        "a plain number stands where torch wants a tensor of targets",
        "torch.ones_like(...) or torch.zeros_like(...) of what it is compared with",
    ),
    (
        "'(int|float|bool)' object has no attribute",
        "a plain number, True or False stands where a tensor is asked for",
        "print its type just before that line",
    ),
    (
        "has no attribute",
        "a name after a dot is not known to what stands before it",
        "is it spelled right? If so, print the type of what stands before the dot",
    ),
    (
        "implicitly created only for scalar outputs",
        "backward() was asked to begin at many numbers, and it begins at one",
        "which one is meant here? Index down to it, one index for each dimension",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "a numpy function: it knows nothing of gradients",
        "stay in torch, which has nearly the same functions",
    ),
    ("step must be greater than zero", "a slice with a negative step, which torch does not take", "p.flip(dim)"),
    ("bitwise_xor", "^ is no power in Python", "** is"),
    (
        "expected 4D input",
        "a picture came without a batch around it: (c, h, w), where (n, c, h, w) is wanted",
        "x[i : i + 1] and x.split(1) keep the dimension of the batch, x[i] drops it",
    ),
    (
        "shape of the mask|too many indices for tensor",
        "the mask, or index, has other dimensions than what it picks from",
        "print both shapes just before that line",
    ),
    (
        "is out of bounds for dimension",
        "an index points past the end of its dimension",
        "print the shape: the first index belongs to the first dimension, the second to the second",
    ),
    (
        "tensors used as indices must be",
        "a mask of floats: as an index it must be True and False",
        "compare, as in m > 0, or take m.bool()",
    ),
    (
        "name '.*' is not defined",
        "a name is not known",
        "run the cells above, the imports too; is the name spelled right?",
    ),
)


NOTHING = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}  # all that an empty body does


def unfilled(f: object) -> bool:
    """Is this a stub? True if the body does nothing, or if a line of it is still `...`."""
    code = getattr(inspect.unwrap(f), "__code__", None)
    if code is None:
        return False
    if {step.opname for step in dis.get_instructions(code)} <= NOTHING:
        return True
    try:
        return any(line.split("#")[0].strip() == "..." for line in inspect.getsource(code).splitlines())
    except (OSError, TypeError):
        return False


def summary(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [""])[0]
    return textwrap.shorten(f"{type(error).__name__}: {text}" if text else type(error).__name__, 160)


def kind(thing: object) -> str:
    """What this is, in words: "a tensor of shape (3, 1)", "None"."""
    if thing is None:
        return "None"
    if isinstance(thing, Tensor):
        return f"a tensor of shape {tuple(thing.shape)}"
    name = type(thing).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def letters_among(chosen: object, known: Collection[str], what: str) -> set[str]:
    """The letters that a student chose, in any order.

    Args:
        chosen: "ab", or a list or set of letters.
        known: all that there are.
        what: has such a letter, as in "line".

    Raises:
        NotYet: one is unknown, or these are no letters at all.
        StillOpen: a `...` is among them, or nothing is.
    """
    if isinstance(chosen, str):
        chosen = [letter for letter in chosen if letter.isalnum()]
    if not isinstance(chosen, list | tuple | set | frozenset):
        raise NotYet(f"the check was given {kind(chosen)}", hint='hand over letters, as in "ab" or ["a", "b"]')
    if not chosen or ... in chosen:
        raise StillOpen
    letters = {str(letter).strip().lower() for letter in chosen}
    if unknown := sorted(letters - set(known)):
        raise NotYet(f"no {what} has the letter {', '.join(unknown)}", hint=f"the letters are {', '.join(known)}")
    return letters


def judge_claims(
    chosen: object, claims: dict[str, str], about: dict[str, tuple[bool, str]], hints: dict[str, str]
) -> None:
    """Hold the letters of claims to those that are true.

    Args:
        chosen: the letters that a student chose, see :func:`letters_among`.
        claims, hints: by letter.
        about: by letter, whether the claim is true, and why.

    Raises:
        NotYet: a true claim is missing, or one is not true; and the reasons of :func:`letters_among`.
    """
    letters = letters_among(chosen, claims, "claim")
    for letter, (true, why) in about.items():
        if (letter in letters) != true:
            what = f"({letter}) is true and missing" if true else f"({letter}) is not true"
            raise NotYet(what, f"“{claims[letter]}” {why[0].upper()}{why[1:]}.", hints[letter])


@dataclass(frozen=True)
class Slip:
    """A misconception: its name, a hint, and what it computes from the same inputs."""

    name: str
    hint: str
    formula: Callable[..., Tensor | float]


def compare(
    value: Tensor, right: Tensor, slips: Sequence[Slip], inputs: tuple, told: str, *, factors=(1.0,), hint=""
) -> float:
    """Hold a value to the right one; a wrong one is looked up among the slips.

    Args:
        value, right: of any shape.
        inputs: of the slips' formulas.
        told: the inputs in words, as in "With logit = [2.0]".
        factors: a multiple of the right value by one of these is right too.
        hint: for a value that no slip explains.

    Returns:
        The factor that fits.
    """
    for k in factors:
        if same(value, k * right):
            return k
    numbers = f"{told} {difference(value, right)}{also(right, factors)}."
    for slip in slips:
        if any(same(value, k * torch.as_tensor(slip.formula(*inputs))) for k in factors):
            raise NotYet(slip.name, numbers, slip.hint)
    if value.squeeze().shape != right.squeeze().shape:
        tensor_of(value, right.shape, hint or "print the shape of each part")
    raise NotYet("the numbers differ", numbers, hint or "work one entry out by hand and compare")


def same(a: Tensor, b: Tensor) -> bool:
    a, b = a.detach().double().squeeze(), b.detach().double().squeeze()
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def difference(value: Tensor, right: Tensor) -> str:
    """Where the two part: the numbers themselves, of matrices the first row that differs, of more the first number."""
    if right.dim() < 2 or right.numel() <= 3:
        return f"yours is {show(value)}, right is {show(right)}"
    if value.shape != right.shape:
        return f"yours has the shape {tuple(value.shape)}, right is {tuple(right.shape)}"
    if right.dim() > 2:
        a, b = value.detach().double(), right.detach().double()
        place = tuple((~torch.isclose(a, b, rtol=1e-4, atol=1e-5)).nonzero()[0].tolist())
        return f"at {list(place)} yours is {show(value[place])}, right is {show(right[place])}"
    row = next((i for i, (a, b) in enumerate(zip(value, right, strict=True)) if not same(a, b)), 0)
    return f"row {row} of yours is {show(value[row])}, right is {show(right[row])}"


def also(right: Tensor, factors: Sequence[float]) -> str:
    return "".join(f" (or {show(k * right)})" for k in factors if k != 1)


def show(t: Tensor | float) -> str:
    """Numbers to read: 0.693, or [2, -1.5]."""
    values = torch.as_tensor(t).detach().tolist()

    def text(v: object) -> str:
        return f"[{', '.join(map(text, v))}]" if isinstance(v, list) else f"{v:.4g}"

    return text(values)


def loss_of(result: object) -> Tensor:
    """The result as a loss: a tensor with one finite number in it."""
    if isinstance(result, bool | int | float):
        raise NotYet(
            f"a plain number came back ({kind(result)}), and a number has no gradient",
            hint="keep the tensor: no .item(), no float()",
        )
    result = tensor_of(result)
    if result.numel() != 1:
        raise NotYet(
            f"missing mean: the result has shape {tuple(result.shape)}, and a loss is one number",
            hint="take the mean over the batch, .mean()",
        )
    return finite(result, "a logarithm of a logit, or of 0? log D is -softplus(-s), log(1 - D) is -softplus(s)")


def tensor_of(result: object, shape: tuple | None = None, hint: str = "print the shape of each part") -> Tensor:
    """The result as a tensor, of this shape if one is given."""
    if not isinstance(result, Tensor) or result.is_complex():
        raise NotYet(
            f"wrong type: {kind(result)} came back, and a tensor is asked for", hint="return the tensor itself"
        )
    if shape is not None and tuple(result.shape) != tuple(shape):
        raise NotYet(f"wrong shape: {tuple(result.shape)} came back, and {tuple(shape)} is asked for", hint=hint)
    return result


def finite(result: Tensor, hint: str) -> Tensor:
    if not torch.isfinite(result.double()).all():
        nan = "NaN (not a number)" if result.double().isnan().any() else "infinity"
        raise NotYet(f"{nan} came out", hint=hint)
    return result


def same_gradient(loss: Tensor, right: Tensor, inputs: Sequence[Tensor], names: Sequence[str], hint: str) -> None:
    """Hold the gradients of a loss, whose value is right, to those of the right one."""
    if not loss.requires_grad:
        raise NotYet(
            "the value is right, but no gradient flows", hint=f"{hint}. Is there a no_grad or detach too many?"
        )
    mine = torch.autograd.grad(loss.sum(), inputs, allow_unused=True)
    for name, a, b in zip(names, mine, torch.autograd.grad(right, inputs), strict=True):
        if a is None or not same(a, b):
            got = "nothing" if a is None else show(a.norm())
            number = f"Right is a gradient of length {show(b.norm())}; what arrives is {got}."
            raise NotYet(f"the value is right, but the gradient with respect to {name} is not", number, hint)


def overflow(play: Callable[[], Tensor], right: float) -> str:
    """A remark for formulas that go through the sigmoid and break down for large logits."""
    try:
        result = play()
        if any(same(result, torch.tensor(k * right)) for k in (1.0, 0.5)):
            return ""
    except Exception:
        return ""
    return f" One thing more: for logits of 200 yours gives {show(result)}; softplus takes them as they are."
