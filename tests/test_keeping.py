"""A run in a folder: it ends with the same bits, however often it was cut off, and nothing is lost."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from unittest.mock import Mock

import pytest
import torch

from gancourse import checkpoint, keeping
from gancourse.data.batches import Batches
from gancourse.game import NonFiniteLoss, train
from gancourse.games.pix2pix import Pix2Pix
from gancourse.keeping import Keeper
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.unet import UNet
from tests.cut_off import Broken, crash, same_game
from tests.test_game import images, small_gan


def played(folder, rounds: int, batches=None, **how) -> dict:
    """Train a small game that is kept in a folder."""
    game = small_gan()
    game.average("G")
    how = {"precision": "fp32", "progress": False} | how  # a process of its own would take what the hardware likes
    return train(game, batches or Batches(images(), size=16), rounds, keep=Keeper(folder, 0), **how)


def test_a_run_in_pieces_ends_with_the_bits_of_one_in_one_go(tmp_path):
    whole = played(tmp_path / "whole", 12)
    for rounds in (3, 7, 12):
        pieces = played(tmp_path / "pieces", rounds)
    assert pieces == whole and same_game(tmp_path / "whole", tmp_path / "pieces")
    assert played(tmp_path / "pieces", 12) == whole  # nothing is left to be played


SCRIPT = """
import sys
from pathlib import Path
from tests.test_keeping import played
Path(sys.argv[1]).mkdir(exist_ok=True)
print("begun", flush=True)
played(Path(sys.argv[1]), 60)
"""


def test_kill_9_at_any_moment_changes_no_bit(tmp_path):
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    torch.set_num_threads(1)

    def start():
        command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path / "killed")]
        return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)

    killed = 0
    for pause in (0.05, 0.11, 0.17, 0.23, 0.31):
        process = start()
        process.stdout.readline()
        time.sleep(pause)
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start().wait() == 0 and killed >= 3
    played(tmp_path / "whole", 60)
    assert same_game(tmp_path / "whole", tmp_path / "killed")
    one, other = [(tmp_path / name / "losses.jsonl").read_text("utf-8") for name in ("whole", "killed")]
    assert one == other and len(one.splitlines()) == 60


@pytest.mark.parametrize("cut", [0, 100, -100])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_is_used(tmp_path, capsys, cut):
    whole = played(tmp_path / "whole", 9)
    played(tmp_path / "run", 5)
    file = tmp_path / "run" / "game.pt"
    file.write_bytes(file.read_bytes()[:cut])
    assert played(tmp_path / "run", 9) == whole and same_game(tmp_path / "whole", tmp_path / "run")
    out = capsys.readouterr().out
    assert "game.pt" in out and "The one before it is taken, of round 4" in out and "going on from round 5" in out


def test_two_damaged_checkpoints_are_told_and_nothing_is_overwritten(tmp_path):
    played(tmp_path, 3)
    for name in (keeping.LAST, keeping.BEFORE):
        (tmp_path / name).write_bytes(b"?")
    with pytest.raises(
        ValueError, match="game.pt .* and .*game.before.pt .*: remove what is damaged to begin anew"
    ) as told:
        played(tmp_path, 5)
    assert "train again" not in str(told.value)
    assert (tmp_path / keeping.LAST).read_bytes() == b"?"


def test_damaged_losses_are_told_and_the_run_goes_on(tmp_path, capsys):
    played(tmp_path, 4)
    path = tmp_path / keeping.LOSSES
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")
    history = played(tmp_path, 6)
    assert "damaged in line 4:" in capsys.readouterr().out and len(history["D"]) == 5


def test_a_second_run_in_one_folder_is_refused_and_the_claim_dies_with_its_owner(tmp_path):
    with keeping.alone(tmp_path), pytest.raises(RuntimeError, match="another run is at work"):
        played(tmp_path, 2)
    played(tmp_path, 2)


def test_another_seed_is_refused_and_another_machine_is_told(tmp_path, monkeypatch, capsys):
    played(tmp_path, 2)
    with pytest.raises(ValueError, match="seed 0, not 1"):
        played(tmp_path, 4, seed=1)
    monkeypatch.setattr(keeping, "machine", lambda: "abacus, 3 thread(s)")
    played(tmp_path, 4)
    out = capsys.readouterr().out
    assert "Another machine" in out and "abacus" in out and "Another versions" not in out


def test_an_error_on_the_way_keeps_what_was_played(tmp_path):
    whole = played(tmp_path / "whole", 8)
    with pytest.raises(RuntimeError, match="power failure"):
        played(tmp_path / "run", 8, Broken(Batches(images(), size=16), crash, 5))
    assert checkpoint.read(tmp_path / "run" / "game.pt")["played"] == 5
    assert played(tmp_path / "run", 8) == whole


def test_a_loss_that_is_not_finite_leaves_the_last_good_game_in_the_folder(tmp_path):
    nan = torch.full((16, 1, 4, 4), float("nan"))

    class Poisoned(Batches):
        def at(self, round):
            return (nan,) if round == 3 else super().at(round)

    with pytest.raises(NonFiniteLoss, match="in round 4"):
        played(tmp_path, 8, Poisoned(images(), size=16))
    kept = checkpoint.read(tmp_path / "game.pt")
    assert kept["played"] == 3 and all(t.isfinite().all() for t in kept["networks"].values())


def test_a_run_that_breaks_before_anything_was_kept_leaves_its_losses(tmp_path, capsys):
    batches = [images(16)] * 3 + [torch.full((16, 1, 4, 4), float("nan"))]
    with pytest.raises(NonFiniteLoss, match="in round 4"):
        train(small_gan(), batches, 8, keep=Keeper(tmp_path), precision="fp32", progress=False)
    assert "no game was kept yet" in capsys.readouterr().out
    assert len(keeping.lines(tmp_path / keeping.LOSSES)) == 3 and not (tmp_path / keeping.LAST).exists()


def test_a_run_without_a_round_keeps_nothing(tmp_path):
    with pytest.raises(ValueError, match="3 tensors"):
        train(small_gan(), [(images(4),) * 3], 8, keep=Keeper(tmp_path), progress=False)
    assert not (tmp_path / keeping.LAST).exists()


def test_a_line_of_losses_that_cannot_be_read_costs_no_other(tmp_path, capsys):
    whole = played(tmp_path, 8)
    path = tmp_path / keeping.LOSSES
    rows = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*rows[:2], b"\xff" + rows[2][1:], *rows[3:5], b"{}", *rows[6:]]))
    history = played(tmp_path, 8)
    assert "damaged in line 3 and 1 more" in capsys.readouterr().out
    assert history["D"] == [loss for i, loss in enumerate(whole["D"]) if i not in (2, 5)]


def test_what_others_keep_in_the_folder_stays(tmp_path):
    ours = ["game.newabcd1234.part.pt", "gameabcd1234.part.pt", "lossesabcd1234.part.jsonl", "samples_bcd1234.part.png"]
    theirs = ["thesis.part.2.docx", "film.part.mp4", "game.part.pt"]
    for name in ours + theirs:
        (tmp_path / name).write_text("")
    played(tmp_path, 2)
    here = {path.name for path in tmp_path.iterdir()}
    assert not here & set(ours) and set(theirs) <= here


def test_what_is_no_damage_is_not_taken_for_it(tmp_path, monkeypatch):
    """A disk that cannot be read for now, no room, a later version: the newest game stays where it is."""
    played(tmp_path, 3)
    newest = (tmp_path / keeping.LAST).read_bytes()
    for error in (OSError(errno.EIO, "Input/output error"), RuntimeError("can't allocate memory: 8 bytes")):
        with monkeypatch.context() as m:
            m.setattr(torch, "load", Mock(side_effect=error))
            with pytest.raises(OSError if isinstance(error, OSError) else MemoryError):
                played(tmp_path, 5)
    with monkeypatch.context() as m:
        m.setattr(checkpoint, "VERSION", 1)
        with pytest.raises(checkpoint.Later, match="update this one"):
            played(tmp_path, 5)
    assert (tmp_path / keeping.LAST).read_bytes() == newest and not (tmp_path / "game.damaged.pt").exists()


def test_weights_that_changed_on_the_disk_are_found_out(tmp_path, capsys):
    """Torch would hand them out: it does not look at the checksums."""
    played(tmp_path, 4)
    path = tmp_path / keeping.LAST
    weights = checkpoint.read(path)["networks"]["D.net.0.weight"].numpy().tobytes()
    path.write_bytes(path.read_bytes().replace(weights, bytes(len(weights)), 1))
    played(tmp_path, 6)
    assert "a checksum in it is wrong" in capsys.readouterr().out and (tmp_path / "game.damaged.pt").exists()


def test_settings_that_no_checkpoint_can_keep_are_found_at_once(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        Keeper(tmp_path, about={"data": tmp_path})


def test_a_run_that_is_over_and_another_memory_format_are_told(tmp_path, capsys):
    how = {"precision": "fp32", "progress": False}
    pictures = [torch.rand(2, 2, 3, 8, 8).mul(2).sub(1).unbind()]
    players = lambda: Pix2Pix(UNet(base=2, downs=3), PatchGAN(6, 2, 1))  # noqa: E731
    train(players(), pictures, 3, keep=Keeper(tmp_path), channels_last=True, **how)
    capsys.readouterr()
    train(players(), pictures, 3, keep=Keeper(tmp_path), **how)
    said = capsys.readouterr().out
    assert "Another memory format (channels last before, usual now)" in said
    assert "has played 3 rounds, and the run is over: ask for more" in said


def test_a_mean_may_be_asked_of_a_run_that_has_begun(tmp_path):
    how = {"precision": "fp32", "progress": False}
    train(small_gan(), [images(16)], 3, keep=Keeper(tmp_path), **how)
    train(game := small_gan(), [images(16)], 4, keep=Keeper(tmp_path), average=["G"], **how)
    assert int(game.averages["G"].n_averaged) == 1
    assert all(map(torch.equal, game.averaged("G").parameters(), game.G.parameters()))


def test_the_losses_are_lines_of_json(tmp_path):
    history = played(tmp_path, 3)
    lines = [json.loads(line) for line in (tmp_path / keeping.LOSSES).read_text("utf-8").splitlines()]
    assert [line["round"] for line in lines] == [1, 2, 3] and [line["D"] for line in lines] == history["D"]
