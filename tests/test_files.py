"""Files are whole or not there: a full disk and a folder that cannot be written, provoked for real."""

import errno

import pytest
import torch

from gancourse import checkpoint
from gancourse.files import written
from gancourse.game import train
from tests.test_game import same, small_gan


@pytest.fixture
def full_disk():
    """No file may grow past 4 KB in this process: writes fail as they do on a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_old_checkpoint_and_no_half_one(tmp_path, full_disk):
    path = tmp_path / "game.pt"
    path.write_bytes(b"what was there before")
    with pytest.raises(OSError, match="cannot write .*game.pt.*(Free some space|another folder)") as caught:
        checkpoint.save(small_gan(), path)
    assert path.read_bytes() == b"what was there before"
    assert [p.name for p in tmp_path.iterdir()] == ["game.pt"] and "\n" not in str(caught.value)


def test_no_space_left_is_named(tmp_path):
    with pytest.raises(OSError, match="No space left on device"), written(tmp_path / "x"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file/game.pt.*another folder"):
        checkpoint.save(small_gan(), tmp_path / "file" / "game.pt")


def test_an_error_of_the_caller_is_not_disguised(tmp_path):
    with pytest.raises(KeyError), written(tmp_path / "x"):
        raise KeyError("mine")
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_brings_everything_back(tmp_path):
    x = torch.rand(8, 1, 4, 4) * 2 - 1
    game, other = small_gan(), small_gan()
    game.average("G", 0.9)
    train(game, [x], 3, progress=False)
    checkpoint.save(game, tmp_path / "game.pt", {"seed": 1})
    assert checkpoint.load(other, tmp_path / "game.pt") == {"seed": 1} and other.played == 3
    for g in (game, other):
        train(g, [x], 2, progress=False)
    assert same(other, list(game.parameters()))  # the optimizers' moments came along too


def test_what_is_no_checkpoint_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        checkpoint.read(tmp_path / "none.pt")
    for name, content in {"text.pt": b"hello", "empty.pt": b"", "zip.pt": b"PK\x03\x04broken"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} is no checkpoint"):
            checkpoint.read(tmp_path / name)
    torch.save({"a": torch.zeros(1)}, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="no checkpoint of this course"):
        checkpoint.read(tmp_path / "weights.pt")


def test_a_truncated_checkpoint_and_one_that_would_run_code_are_refused(tmp_path):
    import os

    checkpoint.save(small_gan(), tmp_path / "game.pt")
    whole = (tmp_path / "game.pt").read_bytes()
    (tmp_path / "half.pt").write_bytes(whole[: len(whole) // 2])

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save(Evil(), tmp_path / "evil.pt")
    for name in ("half.pt", "evil.pt"):
        with pytest.raises(ValueError, match="is no checkpoint, or is damaged"):
            checkpoint.read(tmp_path / name)
    assert not (tmp_path / "ran").exists()
