"""The record beside the notebooks: what is kept, where, and that trouble with the file stops nobody."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from gancourse import check
from gancourse.check.diary import _lost, _session, load, place


@pytest.fixture(autouse=True)
def fresh():
    _session.clear()
    _lost.clear()


@pytest.fixture
def record(monkeypatch, tmp_path):
    """Recording as at a student's, in progress.json in the current folder."""
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    return tmp_path / "progress.json"


def right(p, p_g):
    return p / (p + p_g)


def wrong(p, p_g):
    return p_g / (p + p_g)


def test_attempts_count_up_to_the_first_right_one_and_done_stays_done(record):
    for f in (..., lambda p, p_g: ..., wrong, wrong, right, wrong, right):
        check.ex00_best_critic(f)
    assert json.loads(record.read_text()) == {
        "exercises": {"ex00_best_critic": {"done": True, "attempts": 3}},
        "predictions": {},
    }
    assert os.listdir(record.parent) == ["progress.json"]


def test_an_open_exercise_leaves_no_file(record):
    check.ex00_best_critic(...)
    check.predict("loss", ...)
    check.recall("loss")
    check.progress()
    assert not record.exists()


def test_predictions_are_kept_and_recalled(record, capsys):
    check.predict("01_losses", "both fall")
    check.predict("coverage", 7)
    check.predict("coverage", 8)
    _session.clear()  # as in the next notebook
    assert check.recall("01_losses") == "both fall" and check.recall("coverage") == 8
    assert capsys.readouterr().out.splitlines() == [
        "Noted: both fall",
        "Noted: 7",
        "Noted: 8 (before: 7)",
        "You predicted: both fall",
        "You predicted: 8",
    ]


@pytest.mark.parametrize("nothing", [None, ..., "", "  "])
def test_no_prediction_is_no_error_and_keeps_the_old_one(record, capsys, nothing):
    assert check.recall("key") is None
    check.predict("key", "old")
    check.predict("key", nothing)
    assert check.recall("key") == "old"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "You made no prediction here." and said[2].startswith("No prediction yet: ")


class Unprintable:
    def __str__(self):
        raise RuntimeError

    __repr__ = __str__


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (torch.tensor(0.5), 0.5),
        (np.float32(0.25), 0.25),
        (np.array([1, 2]), "[1, 2]"),
        (float("nan"), "nan"),
        pytest.param(10**5000, "something of the type int", id="huge"),
        (["a", "b"], "['a', 'b']"),
        (True, True),
        ("\ud800", "?"),
        (Unprintable(), "something of the type Unprintable"),
    ],
)
def test_whatever_is_predicted_can_be_kept(record, answer, kept):
    check.predict("key", answer)
    assert load()["predictions"]["key"] == kept and json.loads(record.read_text())


def test_the_table(record, capsys):
    check.ex00_best_critic(wrong)
    check.ex00_best_critic(right)
    check.ex01_g_loss(lambda D, fake: D(fake))
    check.predict("01_losses", "both fall")
    capsys.readouterr()
    check.progress()
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "exercise attempts"
    assert {"ex00_best_critic done 2", "ex01_g_loss open 1", "ex01_order open -", "1 of 69 done."} <= set(lines)
    assert lines[-1] == "You predicted for 01_losses: both fall"


def test_smoke_records_nothing_unless_a_file_is_named(monkeypatch, tmp_path):
    check.ex00_best_critic(right)
    check.predict("key", "both fall")
    assert check.recall("key") == "both fall"  # within the session it is known all the same
    assert os.listdir(tmp_path) == []
    monkeypatch.setenv("GANCOURSE_PROGRESS", str(tmp_path / "drive" / "mine.json"))
    check.ex00_best_critic(right)
    assert json.loads((tmp_path / "drive" / "mine.json").read_text())["exercises"]["ex00_best_critic"]["done"]


def test_a_folder_may_be_named(monkeypatch, tmp_path):
    monkeypatch.setenv("GANCOURSE_PROGRESS", str(tmp_path))
    assert place() == tmp_path / "progress.json"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        "[" * 100_000,
        '{"exercises": [], "predictions": {}}',
        '{"exercises": {"ex00_bce": 5}, "predictions": {}}',
        '{"exercises": {"ex00_bce": {"done": true, "attempts": Infinity}}, "predictions": {}}',
        '{"exercises": {}, "predictions": {"a": []}}',
        "\x00\x01",
    ],
)
def test_a_damaged_file_is_set_aside(record, capsys, text):
    record.write_text(text)
    assert check.ex00_best_critic(right) is True
    said = capsys.readouterr().out
    assert said.count("is damaged") == 1 and said.startswith("Right. ")
    assert record.with_suffix(".damaged").read_text() == text
    assert load()["exercises"]["ex00_best_critic"] == {"done": True, "attempts": 1}


def test_bytes_that_are_no_text(record):
    record.write_bytes(b"\xff\xfe\xff")
    assert check.ex00_best_critic(right) is True and check.recall("key") is None


def test_a_file_that_cannot_be_written_costs_one_line(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GANCOURSE_PROGRESS", str(tmp_path / "file" / "progress.json"))  # a file is no folder
    assert check.ex00_best_critic(wrong) is False
    assert check.ex00_best_critic(right) is True
    check.predict("key", 3)
    assert check.recall("key") == 3
    check.progress()
    said = capsys.readouterr().out
    assert said.count("your progress is kept until the notebook is closed") == 1
    assert "You predicted for key: 3" in said and "done           2" in said


def test_a_full_disk_costs_one_line(record, monkeypatch, capsys):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    check.predict("key", 1)
    monkeypatch.setattr(Path, "write_text", full)
    check.predict("key", 2)
    check.predict("key", 3)
    said = capsys.readouterr().out
    assert said.count("No space left on device") == 1 and check.recall("key") == 3
    assert json.loads(record.read_text())["predictions"] == {"key": 1}
    assert os.listdir(record.parent) == ["progress.json"]


def test_the_folder_is_gone(record, capsys):
    os.rmdir(record.parent)
    assert check.ex00_best_critic(right) is True
    check.predict("key", 1)
    assert check.recall("key") == 1
