"""Each family: its variants differ, its hidden tests tell right from wrong, its questions can be marked."""

import re

import numpy as np
import pytest

from assessment.draw import CHAPTERS, draw, families, generator
from assessment.variant import AGREE, Explain, Variant, rounded
from tests.assessment.conftest import SALT

SEEDS = ("spring", "autumn", "resit")
DRAWN = {(chapter, seed): draw(chapter, seed, SALT) for chapter in CHAPTERS for seed in SEEDS}


def all_of(kind):
    return [
        pytest.param(one, id=f"{one.name}-{seed}")
        for (_, seed), ones in DRAWN.items()
        for one in ones
        if type(one) is kind
    ]


def test_every_chapter_has_two_tasks_and_a_question():
    assert CHAPTERS == ("00", "01", "02", "03", "04", "05", "06")
    for chapter in CHAPTERS:
        assert len(families(chapter).TASKS) >= 2 and len(families(chapter).QUESTIONS) >= 1


def test_names_are_unique_and_begin_with_their_chapter():
    names = [one.name for chapter in CHAPTERS for one in DRAWN[chapter, "spring"]]
    assert len(set(names)) == len(names)
    assert all(one.name.startswith(f"ch{chapter}-") for chapter in CHAPTERS for one in DRAWN[chapter, "spring"])


@pytest.mark.parametrize("variant", all_of(Variant))
def test_hidden_tests_accept_right_answers_and_no_wrong_one(variant):
    assert len(variant.others) >= 1 and len(variant.wrong) >= 3
    assert [variant.marks(body) for body in (variant.solution, *variant.others)] == [variant.points] * (
        1 + len(variant.others)
    )
    assert {
        name: variant.marks(body) for name, body in variant.wrong.items() if variant.marks(body) == variant.points
    } == {}
    assert variant.marks("...") == 0 and variant.marks("return None") == 0 and variant.marks("return float('nan')") == 0


@pytest.mark.parametrize("family", [f for chapter in CHAPTERS for f in families(chapter).TASKS])
def test_most_variants_are_good_at_the_first_attempt(family):
    assert sum(family(np.random.default_rng(seed)).holds() for seed in range(20)) >= 18


@pytest.mark.parametrize("family", [f for chapter in CHAPTERS for f in families(chapter).TASKS])
def test_a_resit_is_seldom_the_same(family):
    drawn = [family(np.random.default_rng(seed)) for seed in range(40)]
    assert len({(one.text, one.solution) for one in drawn}) >= 8


@pytest.mark.parametrize("variant", all_of(Variant))
def test_partial_marks_can_be_earned(variant):
    earned = {variant.marks(body) for body in variant.wrong.values()}
    assert min(earned) == 0 and len(variant.tests) >= 2


@pytest.mark.parametrize("question", all_of(Explain))
def test_questions_have_a_rubric_and_marked_samples(question):
    marks = [sample.marks for sample in question.samples]
    assert marks[0] == question.points and 0 < marks[1] < question.points and marks[2] == 0
    assert len(question.rubric) >= 3 and all(sample.why for sample in question.samples)


@pytest.mark.parametrize("one", all_of(Variant) + all_of(Explain))
def test_texts_are_whole(one):
    plain = re.sub(r"\$\$.*?\$\$|\$.*?\$|`.*?`", "", one.title + one.text, flags=re.DOTALL)
    assert not re.search(r"[{}!]|\bNone\b", plain), plain
    assert not re.search(r"^ {4}", one.text, re.MULTILINE)  # Markdown takes that for code
    assert "+ -" not in one.text and "- -" not in one.text


def test_seed_and_salt_make_the_variant():
    def first(salt, seed):
        return [one.text for chapter in CHAPTERS for one in draw(chapter, seed, salt)]

    again, other_seed, other_salt = first(SALT, "spring"), first(SALT, "autumn"), first(SALT + "x", "spring")
    assert again == [one.text for chapter in CHAPTERS for one in DRAWN[chapter, "spring"]]
    assert sum(a == b for a, b in zip(again, other_seed, strict=True)) < len(again) / 2
    assert sum(a == b for a, b in zip(again, other_salt, strict=True)) < len(again) / 2
    one, two = (generator(SALT, "s", "01", family).random() for family in ("a", "b"))
    assert one != two


def test_what_is_compared_are_plain_numbers():
    space = {}
    exec(AGREE, space)
    agree = space["agree"]

    class Same(float):
        __eq__ = __le__ = lambda self, other: True
        __sub__ = __rsub__ = lambda self, other: 0.0
        __class__ = property(lambda self: float)

    assert agree([1, [2.0, "a", True]], [1.0, [2, "a", True]]) and agree(1.00001, 1.0)
    for wrong in (Same(), True, "1", [1.0], None, 1.1, float("nan"), np.float64(1), 1 + 0j):
        assert not agree(wrong, 1.0)
    assert not agree([1.0], [1.0, 2.0]) and not agree((1.0,), [1.0]) and not agree(1, True) and not agree("b", "a")


def test_only_plain_numbers_can_be_right():
    assert rounded([1.23456789, 2, "a", [True]]) == [1.234568, 2, "a", [True]]
    with pytest.raises(ValueError, match="nan"):
        rounded(float("nan"))
    with pytest.raises(TypeError, match="ndarray"):
        rounded(np.ones(2))


def test_a_family_with_a_fault_is_named(monkeypatch):
    from assessment import draw as module

    def always_the_same(rng):
        good = families("00").TASKS[0](rng)
        return Variant(**{**vars(good), "wrong": {"none": good.solution}})

    with pytest.raises(RuntimeError, match="always_the_same"):
        module.draw_task(always_the_same, SALT, "s", "00")
    with pytest.raises(ValueError, match="chapter 99"):
        families("99")
