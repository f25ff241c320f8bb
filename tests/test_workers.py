"""Several workers play like one with the whole batch, stop together, and leave a run that goes on."""

import json
import os
import socket
import subprocess
import sys

import pytest

from gancourse import checkpoint, workers
from gancourse.__main__ import main
from gancourse.game import train
from gancourse.keeping import Keeper
from tests import at_work
from tests.commands import losses_of, seen

ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": os.pathsep.join(sys.path)}
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """What two workers noted, by what they did: one answer of each."""
    folder = tmp_path_factory.mktemp("pair")
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    command = [sys.executable, "-m", "tests.at_work", "stopped+odd+alike", str(folder)]
    both = [
        subprocess.Popen(command, env=ENVIRONMENT | group | {"RANK": rank, "LOCAL_RANK": rank}, stdout=subprocess.PIPE)
        for rank in "01"
    ]
    said = [process.communicate(timeout=300)[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    found = {"said": said}
    for name in ("alike", "stopped", "odd"):
        found[name] = [json.loads((folder / f"{name}.{rank}.json").read_text("utf-8")) for rank in "01"]
    return found


@pytest.mark.parametrize("game", list(at_work.CASES))
def test_two_workers_with_half_a_batch_each_play_like_one_with_the_whole(pair, game):
    for found in pair["alike"]:
        assert found[game]["weights"] < 1e-9 and found[game]["losses"] < 1e-9 and found[game]["agree"]
    assert pair["alike"][0]["cyclegan"]["pool"] == 3


def test_ctrl_c_on_one_worker_stops_both_after_the_same_round(pair):
    assert pair["stopped"] == [4, 4]
    assert "Stopped after round 4" in pair["said"][0]


def test_only_the_first_worker_speaks(pair):
    assert pair["said"][1] == ""


def test_a_batch_that_cannot_be_shared_is_told_in_one_line(pair):
    assert pair["odd"] == ["a batch of 3 cannot be shared by 2 workers: take a multiple of 2"] * 2


def test_a_worker_without_a_gpu_of_its_own_is_told():
    assert workers.own_gpu(1, 2) == 1
    with pytest.raises(ValueError, match=r"worker 2 finds 1 GPU.*--nproc-per-node 1"):
        workers.own_gpu(1, 1)


def test_batches_grow_with_the_workers_as_far_as_there_are_pictures(monkeypatch):
    assert workers.whole(8, 100) == 8 and workers.whole(8, 5) == 5
    monkeypatch.setattr(workers, "count", lambda: 3)
    assert workers.whole(8, 100) == 24 and workers.whole(8, 11) == 9


def test_a_worker_that_dies_ends_the_run_and_one_worker_goes_on_from_what_is_kept(tmp_path):
    torchrun = subprocess.run([*TORCHRUN, "-m", "tests.at_work", "dies", str(tmp_path)], env=ENVIRONMENT, timeout=120)
    assert torchrun.returncode != 0
    assert checkpoint.read(tmp_path / "game.pt")["played"] == 3
    game = at_work.gan()
    keeper = Keeper(tmp_path, 0)
    history = train(game, at_work.pictures(32, *at_work.SHAPE), 5, keep=keeper, precision="fp32", progress=False)
    assert game.played == 5 and len(history["D"]) == 5 and all(p.isfinite().all() for p in game.parameters())


def test_torchrun_trains_from_the_command_line_and_writes_what_one_worker_writes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GANCOURSE_SCALE", "smoke")
    command = ["train", "gan", "--data", "digits", "--players", "mlp", "--scale", "smoke", "--rounds", "3", "--out"]
    assert main([*command, str(tmp_path / "one")]) == 0
    one = capsys.readouterr().out
    torchrun = [*TORCHRUN, "-m", "gancourse", *command, str(tmp_path / "two")]
    two = subprocess.run(torchrun, env=ENVIRONMENT, capture_output=True, text=True, timeout=200)
    assert two.returncode == 0, two.stderr
    assert two.stdout.count("Wrote game.pt") == one.count("Wrote game.pt") == 1
    assert "3/3" in two.stdout and "3/3" in one
    assert seen(tmp_path / "one") == seen(tmp_path / "two")
    figures = [json.loads((tmp_path / name / "metrics.json").read_text("utf-8")) for name in ("one", "two")]
    assert [run["workers"] for run in figures] == [1, 2] and [run["rounds"] for run in figures] == [3, 3]
    assert [len(losses_of(tmp_path / name)["D"]) for name in ("one", "two")] == [3, 3]
