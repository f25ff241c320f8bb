"""What one student is asked: a task that tests mark, or a question that a person marks by a rubric.

The hidden tests hold numbers, not the solution: what comes out is worked out when the variant is drawn, on the
instructor's machine, by running the solution there. So nothing that a notebook redefines (torch, builtins, the visible
check) can move what its answers are held to.
"""

import io
import math
import textwrap
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property

import numpy as np

IMPORTS = """\
import math

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, one_hot, relu, softplus
"""


@dataclass(frozen=True)
class Test:
    """Hidden tests of one cell, which are passed all or not at all.

    Attributes:
        name: what they hold the answer to, in words that a student may read before.
        points: for passing.
        play: source of a function ``play`` that calls the answer and returns plain numbers, in lists of lists.
        given: the arguments of each call of ``play``, made of numbers and lists.
    """

    __test__ = False  # pytest: not a class of tests

    name: str
    points: int
    play: str
    given: Sequence[tuple]


@dataclass(frozen=True)
class Variant:
    """A task that tests mark.

    Attributes:
        name: unique in the course, as in "ch01-loss".
        title, text: of the task, Markdown.
        head: the function's first lines, signature and docstring.
        solution: its body.
        call: how it is called, as in "d_loss(real, fake)".
        form: the visible check: source that calls `answer`, a :class:`gancourse.check.verdict.Answer`, and raises
            NotYet if the form of what comes back is wrong.
        tests: the hidden tests.
        others: bodies that are right, too.
        wrong: bodies with a mistake that people make, by its name.
        minutes: an estimate.
    """

    name: str
    title: str
    text: str
    head: str
    solution: str
    call: str
    form: str
    tests: tuple[Test, ...]
    others: tuple[str, ...]
    wrong: dict[str, str]
    minutes: int = 10

    @property
    def points(self) -> int:
        return sum(test.points for test in self.tests)

    def code(self, body: str) -> str:
        """The function with this body."""
        return f"{tidy(self.head)}\n{textwrap.indent(tidy(body), '    ')}"

    def outcome(self, test: Test, body: str) -> list:
        """What `play` returns for each of the given arguments if the answer has this body."""
        space: dict = {}
        exec(f"{IMPORTS}\n{self.code(body)}\n{tidy(test.play)}", space)
        return rounded([space["play"](*one) for one in test.given])

    @cached_property
    def rights(self) -> list[list]:
        """What is right, for each test."""
        return [self.outcome(test, self.solution) for test in self.tests]

    def marks(self, body: str) -> int:
        """What the hidden tests give for this body."""
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            pairs = zip(self.tests, self.rights, strict=True)
            return sum(test.points for test, right in pairs if self._passes(test, body, right))

    def _passes(self, test: Test, body: str, right: list) -> bool:
        space: dict = {}
        exec(AGREE, space)
        try:
            return space["agree"](self.outcome(test, body), right)
        except Exception:  # a wrong answer may raise anything
            return False

    def holds(self) -> bool:
        """Whether the hidden tests accept every right body that is known, and no wrong one.

        Drawn numbers can be unlucky: a tie, where two right ways have different gradients, or a case in which a mistake
        makes no difference.
        """
        rights = [self.marks(body) == self.points for body in (self.solution, *self.others)]
        return all(rights) and all(self.marks(body) < self.points for body in self.wrong.values())


# Compares plain numbers, with nothing in it that a notebook can redefine: no built-in function, no module. A class may
# lie about its __class__, so the true type is asked for; `kind` is `type`, whatever that name means by now.
AGREE = """\
kind = (0).__class__.__class__


def agree(got, right):
    if kind(right) is kind([]):
        if kind(got) is not kind([]) or got.__len__() != right.__len__():
            return False
        i = 0
        for one in right:
            if not agree(got[i], one):
                return False
            i += 1
        return True
    if kind(right) is kind(0.5) or kind(right) is kind(0):
        number = kind(got) is kind(0.5) or kind(got) is kind(0)
        return number and (got - right) ** 2 <= 1e-8 * (1 + right**2)
    return kind(got) is kind(right) and got == right
"""


@dataclass(frozen=True)
class Sample:
    """An answer to a question, with its marks and the reason for them."""

    marks: int
    text: str
    why: str


@dataclass(frozen=True)
class Explain:
    """A question that a person marks.

    Attributes:
        name, title, text: as of a Variant.
        rubric: (points, for what), in the order of the question.
        samples: marked answers: a good, a middling and a poor one.
    """

    name: str
    title: str
    text: str
    rubric: tuple[tuple[int, str], ...]
    samples: tuple[Sample, ...]
    minutes: int = 10

    @property
    def points(self) -> int:
        return sum(points for points, _ in self.rubric)


def tidy(text: str) -> str:
    """Without the margin and the empty lines around it."""
    return textwrap.dedent(text).strip("\n")


def rounded(value: object) -> object:
    """Plain numbers as they are written into a notebook.

    Raises:
        TypeError: not a number, text, or a list of such.
        ValueError: NaN or infinity.
    """
    if isinstance(value, list):
        return [rounded(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a right answer of {value}: draw other numbers")
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"play returned {type(value).__name__}: return numbers, text or lists of them")
    return float(f"{value:.7g}") if isinstance(value, float) else value


def numbers(rng: np.random.Generator, *shape: int, low: float = -2, high: float = 2) -> list:
    """Numbers with two decimals in [low, high], as nested lists of this shape."""
    return rng.uniform(low, high, shape).round(2).tolist()


def distinct(rng: np.random.Generator, n: int, options: Sequence) -> list:
    """n different ones of these."""
    return [options[i] for i in rng.permutation(len(options))[:n]]


def one_of(rng: np.random.Generator, options: Sequence) -> object:
    return options[rng.integers(len(options))]
