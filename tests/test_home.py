"""Runs and records are beside the notebook, or on a mounted Drive."""

from pathlib import Path

import pytest

from gancourse import home
from gancourse.check import diary
from gancourse.keeping import Keeper


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """As on Colab after ``drive.mount``."""
    (tmp_path / "MyDrive").mkdir()
    monkeypatch.setattr(home, "DRIVE", tmp_path / "MyDrive")
    monkeypatch.delenv("GANCOURSE_PROGRESS", raising=False)
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    return tmp_path / "MyDrive"


def test_without_a_drive_things_lie_where_they_are_named():
    assert home.at_home("runs/a") == Path("runs/a")


def test_runs_and_the_record_lie_on_a_mounted_drive(drive, tmp_path):
    assert Keeper("runs/a").folder == drive / "gancourse" / "runs" / "a"
    assert Keeper(tmp_path / "b").folder == tmp_path / "b"
    diary.change(lambda state: state["predictions"].update(why="because"))
    assert diary.place() == drive / "gancourse" / "progress.json" and diary.place().exists()
