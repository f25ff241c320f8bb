"""What a check says when there is no answer to judge, and that it never raises."""

import textwrap

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from gancourse import check
from gancourse.check.verdict import EXERCISES

FORMS = {
    "ex00_bce": "logit, target",
    "ex00_best_critic": "p, p_g",
    "ex00_transposed_size": "n, kernel, stride, padding",
    "ex00_stop_gradient": "G, D, z",
    "ex00_mend": "D, x, fake",
    "ex01_d_loss": "D, x, fake",
    "ex01_g_loss": "D, fake",
    "ex01_round": "game, x",
    "ex01_mend": "G, D, x, z",
    "ex02_tell": "z, y, classes",
    "ex02_d_loss": "D, x, fake, y",
    "ex02_grid": "classes, noises",
    "ex02_accuracy": "logits, asked",
    "ex02_mend": "game, x, y",
    "ex02_cheat": "images, labels, asked",
    "ex03_join": "seen, x",
    "ex03_side": "side, depth",
    "ex03_iou": "matrix",
    "ex03_unet": "look_1, halve, look_2, double, look_3, x",
    "ex03_loss": "scores, y",
    "ex04_field": "layers",
    "ex04_map": "size, layers",
    "ex04_square": "i, layers",
    "ex04_d_loss": "D, x, y, fake",
    "ex04_mend": "net, row, column, picture",
    "ex05_shown": "x, y",
    "ex05_g_loss": "D, x, y, fake, l1",
    "ex05_jitter": "x, y, crop, top, left, mirror",
    "ex05_spread": "pictures, walls",
    "ex05_fixed_input": "answers",
    "ex05_mend": "game, x, y",
    "ex05_bytes": "G, pixels",
    "ex06_cycle": "G, F, x, y",
    "ex06_d_loss": "D, y, fake",
    "ex06_pool": "stored, size, picture, keep, i",
    "ex06_identity": "G, F, x, y",
    "ex06_message": "F, g, x, destroy",
    "ex00_weights": "logits",
    "ex01_variety": "pictures",
    "ex02_blend": "y, other, t, classes",
    "ex03_mean": "ask, x",
    "ex04_place": "logits, centre, step",
    "ex05_alone": "G, x",
    "ex05_reach": "G, x, edited",
    "ex06_mend": "G, F, D_X, D_Y, x, y",
}
SILENT = ("ex01_round", "ex01_mend", "ex02_mend", "ex05_mend")  # rounds, which return nothing
RETURNING = [e for e in FORMS if e not in SILENT]
LETTERS = {"ex00_slopes", "ex01_order", "ex01_apart", "ex01_faults", "ex02_listens", "ex04_286", "ex05_weight"}
LETTERS |= {"ex06_claims", "ex06_age", *(f"ex0{chapter}_order" for chapter in range(7))}
KNOBS = {"ex00_even", "ex01_mix", "ex03_shift", "ex03_tile", "ex04_shift", "ex04_design", "ex05_one", "ex06_weight"}
KNOBS |= {"ex02_planes"}  # a class


def written(exercise, body):
    """A function of this exercise's arguments with this body, as a notebook cell would define it."""
    space = {"torch": torch, "softplus": softplus}
    exec(f"def answer({FORMS[exercise]}):\n" + textwrap.indent(body, "    "), space)
    return space["answer"]


def verdict(capsys, exercise, answer):
    passed = getattr(check, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


def test_all_exercises_are_here():
    assert set(FORMS) | LETTERS | KNOBS == set(EXERCISES)


@pytest.mark.parametrize("body", ["...", '"""What to do."""\n...', "return ...", "pass"])
@pytest.mark.parametrize("exercise", FORMS)
def test_stubs_are_open(capsys, exercise, body):
    passed, said = verdict(capsys, exercise, written(exercise, body))
    assert passed is False and said.startswith(f"Still open: {EXERCISES[exercise]}."), said
    assert "in place of `...`" in said


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_ellipsis_for_an_answer_is_open(capsys, exercise):
    assert verdict(capsys, exercise, ...)[1].startswith("Still open: ")


@pytest.mark.parametrize("steps", [[], "", [..., ...], ["f", ...]])
def test_an_order_with_gaps_is_open(capsys, steps):
    assert verdict(capsys, "ex01_order", steps)[1].startswith("Still open: ")


def test_a_gap_inside_an_answer_is_open(capsys):
    half = written("ex01_d_loss", "real = ...\nreturn softplus(-real).mean() + softplus(D(fake)).mean()")
    assert "Still open" in verdict(capsys, "ex01_d_loss", half)[1]
    half = written("ex01_d_loss", "return softplus(-D(...)).mean()")
    assert "D was given `...`" in verdict(capsys, "ex01_d_loss", half)[1]
    half = written("ex01_round", "fake = game.G(game.noise(len(x)))\ngame.minimize(..., game.D)")
    assert "game.minimize was given `...`" in verdict(capsys, "ex01_round", half)[1]
    half = written("ex01_round", "game.G(game.noise(...))")
    assert "Still open" in verdict(capsys, "ex01_round", half)[1]


def half_done(D, x, fake):
    real = softplus(-D(x)).mean()  # noqa: F841
    ...


def test_a_body_that_still_has_a_line_of_dots_is_open(capsys):
    assert "Still open" in verdict(capsys, "ex01_d_loss", half_done)[1]


@pytest.mark.parametrize("exercise", RETURNING)
def test_a_forgotten_return_is_named(capsys, exercise):
    passed, said = verdict(capsys, exercise, written(exercise, "result = 1 + 1"))
    assert passed is False and said.startswith("Not yet: your function returned None. Hint: without a line `return"), (
        said
    )


@pytest.mark.parametrize("exercise", FORMS)
def test_an_exception_is_shown_with_its_line(capsys, exercise):
    passed, said = verdict(capsys, exercise, written(exercise, "a = 1\nreturn a / 0"))
    assert passed is False
    assert said.startswith(
        "Not yet: your code stopped with an error. Python said in line 3: ZeroDivisionError: division by zero"
    )


@pytest.mark.parametrize("exercise", FORMS)
@pytest.mark.parametrize(
    "body", ["exit()", "assert False", "answer(*[None] * 9)", "return answer(*[0])", "raise StopIteration"]
)
def test_nothing_gets_out(capsys, exercise, body):
    assert verdict(capsys, exercise, written(exercise, body))[1].startswith("Not yet: ")


@pytest.mark.parametrize("exercise", FORMS)
def test_recursion_without_end_is_caught(capsys, exercise):
    said = verdict(capsys, exercise, written(exercise, f"return answer({FORMS[exercise]})"))[1]
    assert "RecursionError" in said


def test_the_stop_button_still_works():
    with pytest.raises(KeyboardInterrupt):
        check.ex00_bce(written("ex00_bce", "raise KeyboardInterrupt"))


@pytest.mark.parametrize("exercise", [e for e in RETURNING if e != "ex00_transposed_size"])
def test_nan_is_named(capsys, exercise):
    shapes = {"ex00_best_critic": "p * nan", "ex00_stop_gradient": "D(G(z)) * nan", "ex02_tell": "z * nan"}
    shapes["ex05_jitter"] = "x * nan, y"
    shapes |= {"ex02_cheat": "images[: len(asked)] * nan", "ex04_mend": "picture[0, 0] * nan"}
    shapes |= {"ex06_pool": "picture * nan, stored", "ex06_message": "x.mean() * nan, x.mean()"}
    shapes |= {"ex00_weights": "logits * nan", "ex04_place": "nan, nan", "ex05_reach": "x.mean() * nan, x.mean()"}
    result = shapes.get(exercise, "torch.tensor(nan)")
    if exercise == "ex02_grid":
        result = "noises.repeat(classes, 1) * nan, torch.arange(classes).repeat_interleave(len(noises))"
    said = verdict(capsys, exercise, written(exercise, f"nan = float('nan')\nreturn {result}"))[1]
    assert "NaN" in said if exercise != "ex02_grid" else said.startswith("Not yet"), said


@pytest.mark.parametrize("exercise", RETURNING)
@pytest.mark.parametrize(
    "result", ["'0.3'", "{}", "[1, 2, 3]", "(lambda: 1)", "torch.nn.Linear(1, 1)", "torch", "1j", "b''"]
)
def test_wrong_types_are_named(capsys, exercise, result):
    passed, said = verdict(capsys, exercise, written(exercise, f"return {result}"))
    assert passed is False and said.startswith("Not yet: wrong type: "), said


@pytest.mark.parametrize("exercise", RETURNING)
def test_wrong_shapes_are_named(capsys, exercise):
    result = "torch.ones(7, 6, 5)" + (", torch.ones(2).long()" if exercise == "ex02_grid" else "")
    said = verdict(capsys, exercise, written(exercise, f"return {result}"))[1]
    assert "shape" in said and said.startswith("Not yet: "), said


@pytest.mark.parametrize("exercise", RETURNING)
@pytest.mark.parametrize(
    "result",
    [
        "torch.zeros(0)",
        "torch.zeros(3, dtype=torch.bool)",
        "torch.tensor(1 + 2j)",
        "torch.zeros(2, 2).to_sparse()",
        "float('inf')",
    ],
)
def test_odd_results_do_not_pass(capsys, exercise, result):
    passed, said = verdict(capsys, exercise, written(exercise, f"return {result}"))
    assert passed is False and said.startswith("Not yet: "), said


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize(
    "answer", [None, 3, torch.ones(3), np.ones(3), {"a": 1}, object(), type, torch.nn.Linear(2, 2), len]
)
def test_answers_that_are_no_function_of_the_kind(capsys, exercise, answer):
    passed, said = verdict(capsys, exercise, answer)
    assert passed is False and said.startswith("Not yet: "), said


def test_the_result_instead_of_the_function(capsys):
    said = verdict(capsys, "ex01_g_loss", torch.tensor(0.3))[1]
    assert "given a tensor of shape (), not a function" in said and "g_loss, with no brackets behind its name" in said


def test_a_wrong_number_of_arguments(capsys):
    said = verdict(capsys, "ex02_d_loss", lambda D, x, fake: None)[1]
    assert "takes (D, x, fake), and the check calls it as d_loss(D, x, fake, y)" in said


def test_a_missing_import(capsys):
    said = verdict(capsys, "ex01_g_loss", written("ex01_g_loss", "return relu(D(fake)).mean()"))[1]
    assert "a name is not known" in said and "'relu'" in said


def test_another_device(capsys):
    def answer(D, fake):
        raise RuntimeError(
            "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
        )

    assert "tensors on two devices" in verdict(capsys, "ex01_g_loss", answer)[1]


def test_a_check_leaves_random_numbers_and_gradient_mode_alone(capsys):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with torch.no_grad():
        assert check.ex02_grid(lambda c, n: torch.rand(3)) is False
        assert check.ex01_g_loss(lambda D, fake: softplus(-D(fake)).mean()) is True
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.rand(2), expected)


def test_a_remark_on_overflow(capsys):
    said = verdict(capsys, "ex01_g_loss", lambda D, fake: -D(fake).sigmoid().log().mean())[1]
    assert said.startswith("Right. ") and "yours gives inf" in said
    assert "One thing more" not in verdict(capsys, "ex01_g_loss", lambda D, fake: softplus(-D(fake)).mean())[1]


def probabilities_judged(D, x, fake):
    """torch cuts its logarithms off at -100, which for logits of 200 is just half of what is right."""
    real, fooled, bce = D(x).sigmoid(), D(fake.detach()).sigmoid(), torch.nn.functional.binary_cross_entropy
    return bce(real, torch.ones_like(real)) + bce(fooled, torch.zeros_like(fooled))


@pytest.mark.parametrize("exercise", ["ex00_mend", "ex01_d_loss"])
def test_a_remark_on_logarithms_that_are_cut_off(capsys, exercise):
    said = verdict(capsys, exercise, probabilities_judged)[1]
    assert said.startswith("Right. ") and "for logits of 200 yours gives 200" in said


def test_lines_fit_the_page(capsys):
    check.ex01_d_loss(lambda D, x, fake: softplus(D(x)).mean() + softplus(-D(fake)).mean())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 96 and all(line.startswith("  ") for line in lines[1:])
