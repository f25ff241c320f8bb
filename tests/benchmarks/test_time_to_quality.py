import json

import pytest
import torch

from benchmarks import time_to_quality
from gancourse.data.digits import ImageSet
from gancourse.data.procedural_digits import ProceduralDigits


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """A few digits, and a judge who is asked for nothing but answers."""
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    images = ImageSet("digits", *ProceduralDigits().batch(range(128)))
    monkeypatch.setattr(time_to_quality.recipes, "digit_sets", lambda name: (images, images))
    monkeypatch.setattr(time_to_quality, "judge_of", lambda train, test: Judge())


class Judge:
    """Sees everything as the digits 0 to 9 in turn, which is what they are asked to be."""

    def to(self, device):
        return self

    def look(self, x):
        return None, torch.eye(10, device=x.device)[torch.arange(len(x), device=x.device) % 10]


class Blind(Judge):
    """Sees zeros everywhere."""

    def look(self, x):
        return None, torch.eye(10, device=x.device)[torch.zeros(len(x), dtype=torch.long, device=x.device)]


def test_the_first_look_ends_the_race_when_the_judge_is_content(tmp_path, capsys):
    time_to_quality.main(["--out", str(tmp_path / "q.json"), "--seeds", "2"])
    result = json.loads((tmp_path / "q.json").read_text("utf-8"))
    assert result["gate"] == 0.9 and result["textbook over"]["fp32"] > 0 and len(result["seeds"]) == 2
    for run in result["seeds"][0].values():
        assert run["passed"] and run["rounds"] == result["every"] and run["accuracy"] == [1.0] and run["seconds"] > 0
    assert "textbook / this" in capsys.readouterr().out and {"hardware", "versions", "date", "library"} < set(result)


def test_who_never_passes_has_no_ratio(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(time_to_quality, "judge_of", lambda train, test: Blind())
    time_to_quality.main(["--out", str(tmp_path / "q.json")])
    result = json.loads((tmp_path / "q.json").read_text("utf-8"))
    run = result["seeds"][0]["fp32"]
    assert set(result["textbook over"].values()) == {None} and run["rounds"] == result["rounds"] and not run["passed"]
    assert run["accuracy"] == pytest.approx([0.1] * 2) and "0 of 1" in capsys.readouterr().out


def test_looking_changes_nothing_of_the_textbook():
    images = ImageSet("digits", *ProceduralDigits().batch(range(128)))
    runs = []
    for looks in (0, 1):
        play, draw = time_to_quality.by_textbook(images, seed=0)
        play(1)
        for _ in range(looks):
            draw(torch.randn(10, 64), torch.arange(10))
        play(1)
        runs.append(draw(torch.ones(10, 64), torch.arange(10)))
    assert torch.equal(*runs)
