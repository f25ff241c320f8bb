"""The visible checks name what is wrong with the form of an answer; they never raise, and judge no numbers."""

import contextlib
import io
import textwrap

import pytest

from assessment.draw import CHAPTERS, draw
from assessment.notebook import set_up
from assessment.variant import Variant
from tests.assessment.conftest import SALT

VARIANTS = {v.name: v for chapter in CHAPTERS for v in draw(chapter, "spring", SALT) if isinstance(v, Variant)}
SILENT = {"ch01-round"}  # returns nothing, so whatever it returns is fine
RETURNING = [name for name in VARIANTS if name not in SILENT]
WHOLE = {"ch03-side", "ch04-two-logits"}  # return a whole number
PICTURES = {"ch03-unet", "ch06-pool"}  # hand on pictures as they are
SPACE: dict = {}
exec(set_up().split("gancourse @ git+")[1].split("\n", 1)[1], SPACE)  # without the lines that install


def verdict(v, body):
    """What the visible check says to this body."""
    exec(v.code(body), SPACE)
    exec(f"def form(answer):\n{textwrap.indent(v.form, '    ')}", SPACE)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        SPACE["look"](v.call, SPACE["form"])
    return " ".join(out.getvalue().split())


@pytest.mark.parametrize("name", VARIANTS)
def test_right_answers_have_the_right_form(name):
    v = VARIANTS[name]
    for body in (v.solution, *v.others):
        assert verdict(v, body).startswith("The form is right."), verdict(v, body)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("body", ["...", "return ...", "pass"])
def test_open_answers_are_open(name, body):
    assert verdict(VARIANTS[name], body).startswith("Still open: ")


@pytest.mark.parametrize("name", RETURNING)
@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        ("x = 1", "your function returned None"),
        ("return 'a'", "wrong type: a str|a str came back"),
        ("return torch.ones(7, 5, 3)", "shape"),
    ],
)
def test_wrong_forms_are_named(name, body, fragment):
    said = verdict(VARIANTS[name], body)
    assert said.startswith("Not yet: ") and any(part in said for part in fragment.split("|")), said


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize(("body", "fragment"), [("return 1 / 0", "division by zero"), ("exit()", "Exit")])
def test_errors_are_told_and_not_raised(name, body, fragment):
    said = verdict(VARIANTS[name], body)
    assert said.startswith("Not yet: ") and fragment in said, said


@pytest.mark.parametrize("name", [name for name in RETURNING if name not in WHOLE | PICTURES])
def test_nan_is_named(name):
    v = VARIANTS[name]
    arguments = v.call[v.call.index("(") :]
    inner = f"def inner{arguments}:\n{textwrap.indent(v.solution, '    ')}"
    assert "NaN" in verdict(v, f"{inner}\nreturn inner{arguments} * float('nan')")


def test_a_function_with_another_name_is_open():
    v = VARIANTS["ch01-loss"]
    SPACE.pop("d_loss", None)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        SPACE["look"](v.call, lambda answer: None)
    assert out.getvalue().startswith("Still open: d_loss(real, fake)")
