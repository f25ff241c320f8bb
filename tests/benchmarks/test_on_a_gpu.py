"""The command for all that only a GPU can show: what it would run is there, and a step that fails ends nothing."""

import os
import subprocess
from importlib.util import find_spec

import pytest
import torch

from benchmarks import on_a_gpu


def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert on_a_gpu.main([]) == 1 and "no GPU" in capsys.readouterr().out


def test_it_can_be_rehearsed_without_a_gpu(monkeypatch, tmp_path):
    asked = []

    def run(command, **how):
        asked.append((" ".join(command[2:]), os.environ["GANCOURSE_SCALE"]))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(on_a_gpu.subprocess, "run", run)
    monkeypatch.setenv("GANCOURSE_SCALE", "laptop")
    assert on_a_gpu.main(["--rehearse", "--out", str(tmp_path)]) == 0
    assert len(asked) == len(on_a_gpu.STEPS) and {scale for _, scale in asked} == {"smoke"}
    assert not any("laptop" in step.split(" --out")[0] or "paper" in step.split(" --out")[0] for step, _ in asked)


@pytest.mark.parametrize("step", on_a_gpu.STEPS.values())
def test_a_step_can_be_run(step):
    module, *given = step.split()
    assert find_spec(module)
    for path in (one for one in given if one.startswith("tests/")):
        assert (on_a_gpu.HERE.parent / path).is_file()


def test_a_step_that_fails_does_not_end_the_rest(monkeypatch, tmp_path, capsys):
    asked = []

    def run(command, **how):
        asked.append(command[2:])
        return subprocess.CompletedProcess(command, int("train_step" in command[2]), "said", "why")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.setattr(on_a_gpu.subprocess, "run", run)
    assert on_a_gpu.main(["--out", str(tmp_path / "new")]) == 1
    assert (
        len(asked) == len(on_a_gpu.STEPS)
        and "These failed: train_step-laptop, train_step-paper" in capsys.readouterr().out
    )
    assert asked[2][-1] == str(tmp_path / "new" / "train_step-paper-cuda.json")
    assert (tmp_path / "new" / "precision.log").read_text("utf-8") == "saidwhy"
