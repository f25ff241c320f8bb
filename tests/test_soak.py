"""The soak: runs that are killed again and again end alike, and the soak would see if they did not."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch

from experiments import soak
from gancourse import checkpoint
from tests.test_keeping import played

COMMITTED = json.loads((soak.stamp.ROOT / "experiments" / "soak.json").read_text("utf-8"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork() here")
def test_a_few_kills(tmp_path):
    command = [sys.executable, "-m", "experiments.soak", "--kills", "8", "--out", str(tmp_path / "soak.json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    assert subprocess.run(command, cwd=soak.stamp.ROOT, env=environment, timeout=500).returncode == 0
    found = json.loads((tmp_path / "soak.json").read_text("utf-8"))["games"]
    assert list(found) == ["gan", "cgan", "pix2pix", "cyclegan"]
    assert all(one["kills"] == 2 and one["runs"] == one["alike"] >= 1 for one in found.values())


def test_it_sees_a_bit_that_differs(tmp_path):
    played(tmp_path / "one", 3)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    assert soak.alike(tmp_path / "one", tmp_path / "other")
    state = torch.load(tmp_path / "one" / "game.pt", weights_only=True)
    state["optimizers"]["G"]["state"][0]["exp_avg"][0, 0] += 1e-7
    torch.save(state, tmp_path / "other" / "game.pt")
    assert not soak.alike(tmp_path / "one", tmp_path / "other")
    shutil.copy(tmp_path / "one" / "game.pt", tmp_path / "other")
    lines = (tmp_path / "one" / "losses.jsonl").read_text("utf-8")
    (tmp_path / "other" / "losses.jsonl").write_text(lines.replace("3", "4", 1), "utf-8")
    assert not soak.alike(tmp_path / "one", tmp_path / "other")


def test_it_sees_what_a_kill_has_left_half_written(tmp_path):
    played(tmp_path, 3)
    assert soak.half_written(tmp_path) == set()
    (tmp_path / "game.newx1.part.pt").touch()
    (tmp_path / "game.new.pt").touch()
    assert {name for name, _ in soak.half_written(tmp_path)} == {"game.newx1.part.pt", "game.new.pt"}
    (tmp_path / "game.pt").unlink()
    assert len(soak.half_written(tmp_path)) == 3 and checkpoint.read(tmp_path / "game.before.pt")["played"] == 2


def test_the_committed_soak_ended_alike_after_two_hundred_kills():
    games = COMMITTED["games"].values()
    assert sum(found["kills"] for found in games) >= 200 and sum(found["while writing"] for found in games) >= 100
    assert all(found["runs"] == found["alike"] >= 1 for found in games)
