"""Every right answer of the bank passes, every wrong one fails with the message meant for it."""

import re
from collections import Counter

import pytest

from gancourse import check
from gancourse.check import ch00, ch01, ch02, ch03, ch04, ch05, ch06
from gancourse.check.verdict import EXERCISES
from tests.check.bank import RIGHT, WRONG


def names(entries):
    return [f"{entry[0]}-{i}" for i, entry in enumerate(entries)]


def verdict(capsys, exercise, answer):
    passed = getattr(check, exercise)(answer)
    return passed, " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("exercise", "answer"), RIGHT, ids=names(RIGHT))
def test_right_answers_pass(capsys, exercise, answer):
    passed, said = verdict(capsys, exercise, answer)
    assert passed is True and said.startswith("Right. "), said


@pytest.mark.parametrize(("exercise", "answer", "fragment"), WRONG, ids=names(WRONG))
def test_wrong_answers_are_told_why(capsys, exercise, answer, fragment):
    passed, said = verdict(capsys, exercise, answer)
    assert passed is False and said.startswith("Not yet: "), said
    said = re.sub(r"Python said in line \d+, `.*`: ", "", said)  # a quoted line of the bank holds its own fragment
    assert any(part in said for part in fragment.split("|")), said
    assert re.search(r"Hint: .|Asked for is", said), said


def test_the_bank_is_large_enough():
    right, wrong = Counter(e[0] for e in RIGHT), Counter(e[0] for e in WRONG)
    assert set(right) == set(wrong) == set(EXERCISES)
    assert min(right.values()) >= 2 and min(wrong.values()) >= 6


def test_every_known_misconception_is_met_in_the_bank(capsys):
    for exercise, answer, _ in WRONG:
        getattr(check, exercise)(answer)
    said = " ".join(capsys.readouterr().out.split())
    tables = [
        slips
        for chapter in (ch00, ch01, ch02, ch03, ch04, ch05, ch06)
        for key, slips in vars(chapter).items()
        if key.endswith("_SLIPS")
    ]
    assert [slip.name for slips in tables for slip in slips if f"Not yet: {slip.name}." not in said] == []
