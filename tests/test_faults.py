"""What can go wrong with a run that is kept, each provoked: the last good game is there, and a line says why."""

import errno
import os
import signal
import time
from pathlib import Path

import pytest
import torch

from gancourse import checkpoint, game, keeping
from gancourse.data.batches import Batches
from gancourse.game import OutOfMemory, train
from gancourse.games.gan import GAN
from gancourse.keeping import Keeper
from tests.cut_off import same_game
from tests.test_game import images, small_gan
from tests.test_keeping import played


def full(after: int, before: int, plain, error: Exception):
    """A function that writes, on a disk that is full from one call to another."""
    calls = []

    def write(*how, **more):
        calls.append(1)
        if after < len(calls) <= before:
            raise error
        return plain(*how, **more)

    return write


NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
TORCH_SAYS = RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file data/3")


@pytest.mark.parametrize("error", [NO_SPACE, TORCH_SAYS])
@pytest.mark.parametrize("of", [(checkpoint.torch, "save"), (Path, "write_text")])
def test_a_disk_that_is_full_for_a_while_ends_no_run(tmp_path, monkeypatch, capsys, of, error):
    whole = played(tmp_path / "whole", 8)
    with monkeypatch.context() as patch:
        patch.setattr(*of, full(3, 5, getattr(*of), error))
        assert played(tmp_path / "run", 8) == whole
    said = capsys.readouterr().out
    assert said.count("cannot write") == said.count("The run goes on; what was kept before is still there") == 2
    assert same_game(tmp_path / "whole", tmp_path / "run")


def test_a_disk_that_stays_full_is_an_error_at_the_end_and_what_was_kept_before_goes_on(tmp_path, monkeypatch):
    whole = played(tmp_path / "whole", 8)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.torch, "save", full(3, 99, torch.save, NO_SPACE))
        with pytest.raises(OSError, match="cannot write .*game.new.pt: No space left on device. Free some space"):
            played(tmp_path / "run", 6)
    assert checkpoint.read(tmp_path / "run" / "game.pt")["played"] == 3
    assert played(tmp_path / "run", 8) == whole and same_game(tmp_path / "whole", tmp_path / "run")
    assert not list((tmp_path / "run").glob("*.part.*"))


@pytest.mark.parametrize("folder", ["file/run", "/proc/run"])
def test_a_folder_that_cannot_be_written_is_told_before_the_first_round(tmp_path, monkeypatch, folder):
    if folder.startswith("/proc") and not Path("/proc").is_dir():
        folder = "file"
    (tmp_path / "file").write_text("no folder")
    rounds = []
    monkeypatch.setattr(GAN, "round", lambda game, x: rounds.append(x))
    with pytest.raises(OSError, match="cannot write .*run: .*Name another folder"):
        played(tmp_path / folder, 3)
    assert not rounds


def test_a_clock_that_is_set_back_changes_nothing(tmp_path, monkeypatch):
    hours = iter(range(10**9, 0, -1))
    monkeypatch.setattr(time, "time", lambda: 3600.0 * next(hours))
    train(small_gan(), Batches(images(), size=16), 1, progress=False)  # torch imports much at its first step
    keeper = Keeper(tmp_path, 0.0005)
    for minutes in (0.01, 0.02):
        train(small_gan(), Batches(images(), size=16), minutes=minutes, keep=keeper, progress=False)
        assert minutes <= checkpoint.read(tmp_path / "game.pt")["about"]["minutes"] <= keeper.spent < minutes + 0.2
    assert (tmp_path / "game.before.pt").exists()


class Pressed(GAN):
    """Ctrl-C comes twice in the fourth round, when D has moved and G has not."""

    def g_loss(self, fake):
        for _ in range(2 * (self.played == 3)):
            signal.raise_signal(signal.SIGINT)
        return super().g_loss(fake)


def test_a_round_that_is_broken_off_is_not_kept(tmp_path, capsys):
    whole = played(tmp_path / "whole", 8)
    for name, minutes in (("run", 0), ("late", 5)):
        torn = small_gan()
        torn.average("G")
        torn.__class__ = Pressed
        with pytest.raises(KeyboardInterrupt):
            train(torn, Batches(images(), size=16), 8, keep=Keeper(tmp_path / name, minutes), progress=False)
    assert "Round 4 was broken off" in capsys.readouterr().out and not (tmp_path / "late" / "game.pt").exists()
    assert checkpoint.read(tmp_path / "run" / "game.pt")["played"] == 3
    assert played(tmp_path / "run", 8) == whole and same_game(tmp_path / "whole", tmp_path / "run")


class Greedy(GAN):
    """Asks for a petabyte in the third round."""

    def round(self, x):
        torch.empty(2**50 if self.played == 2 else 1)
        super().round(x)


def test_no_room_in_memory_names_the_batch_and_what_to_try(tmp_path):
    greedy = small_gan()
    greedy.__class__ = Greedy
    with pytest.raises(OutOfMemory, match=r"a batch of 16, \(16, 1, 4, 4\): try fewer pictures in a batch, smaller"):
        train(greedy, Batches(images(), size=16), 8, keep=Keeper(tmp_path, 0), progress=False)
    assert checkpoint.read(tmp_path / "game.pt")["played"] == 2


def test_other_errors_of_torch_are_not_taken_for_it(monkeypatch):
    monkeypatch.setattr(game.Game, "minimize", lambda *how: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size") as error:
        train(small_gan(), Batches(images(), size=16), 1, progress=False)
    assert not isinstance(error.value, OutOfMemory)


def test_cut_off_between_two_names_the_one_before_is_taken(tmp_path):
    whole = played(tmp_path / "whole", 8)
    played(tmp_path / "run", 5)
    os.replace(tmp_path / "run" / keeping.LAST, tmp_path / "run" / keeping.NEW)  # game.before.pt is of round 4
    assert played(tmp_path / "run", 8) == whole and same_game(tmp_path / "whole", tmp_path / "run")
    assert not (tmp_path / "run" / keeping.NEW).exists()


def test_a_damaged_checkpoint_is_set_aside(tmp_path):
    played(tmp_path, 3)
    (tmp_path / keeping.LAST).write_bytes(b"?")
    played(tmp_path, 4)
    assert (tmp_path / "game.damaged.pt").read_bytes() == b"?"
    assert checkpoint.read(tmp_path / keeping.LAST)["played"] == 4


def test_a_checkpoint_of_version_1_trains_on(tmp_path):
    old = Path(__file__).with_name("version_1.pt")
    assert torch.load(old, weights_only=True)["gancourse"] == 1
    one = small_gan()
    assert checkpoint.load(one, old) == {"note": "written by version 1"} and one.played == 3
    assert one.averaged("G") is not one.G
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "game.pt").write_bytes(old.read_bytes())
    played(tmp_path / "run", 6)
    played(tmp_path / "whole", 6)
    assert torch.load(tmp_path / "run" / "game.pt", weights_only=True)["gancourse"] == checkpoint.VERSION > 1
    assert checkpoint.read(tmp_path / "run" / "game.pt")["played"] == 6
