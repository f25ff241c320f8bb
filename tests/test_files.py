"""Files are whole or not there: a full disk and a folder that cannot be written, provoked for real."""

import collections
import copy
import errno

import pytest
import torch

from gancourse import checkpoint
from gancourse.files import cached, written
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


DAMAGES = {
    "it lacks played": lambda state: state.pop("played"),
    "its played are a str, not a int": lambda state: state.update(played="3"),
    "its networks are a list": lambda state: state.update(networks=[1]),
    "its networks hold something else": lambda state: state["networks"].update({"G.x": 3}),
    "its networks hold something": lambda state: state["networks"].update({3: torch.zeros(1)}),
    "its about are a dict": lambda state: state.update(about={}),
    "what it says about itself": lambda state: state.update(about="{"),
    "what it says about": lambda state: state.update(about="[1]"),
    "the decays of its running means": lambda state: state.update(averages={"G": "much"}),
}


@pytest.mark.parametrize("told", DAMAGES)
def test_a_checkpoint_with_another_thing_in_it_is_told(tmp_path, told):
    checkpoint.save(small_gan(), path := tmp_path / "game.pt")
    DAMAGES[told](state := torch.load(path, weights_only=True))
    torch.save(state, path)
    with pytest.raises(ValueError, match=f"game.pt is damaged: {told}.*Train again, or name another file"):
        checkpoint.read(path)


def test_why_a_file_cannot_be_read_is_told(tmp_path):
    checkpoint.save(small_gan(), path := tmp_path / "game.pt")
    whole = path.read_bytes()
    torch.save(small_gan(), tmp_path / "pickle")
    torch.save(collections.Counter(), tmp_path / "counter")
    contents = {
        "it is empty": b"",
        "it is cut off": whole[:-100],
        "or torch did not write it": b"hello",
        "other things than tensors": (tmp_path / "pickle").read_bytes(),
        "a checksum in it is wrong": whole.replace(b"networks", b"netw\xffrks"),
    }
    for told, content in contents.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"game.pt is no checkpoint, or is damaged \(.*{told}.*\): train again"):
            checkpoint.read(path)


def test_what_is_kept_is_made_once(tmp_path, capsys):
    made = []
    make = lambda: made.append(1) or {"a": torch.full((1,), len(made))}  # noqa: E731
    for _ in range(2):
        assert cached(tmp_path / "deep" / "a.pt", make)["a"].item() == 1
    assert made == [1] and capsys.readouterr().out == ""
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["a.pt"]


@pytest.mark.parametrize(
    "content, told", [(b"", "empty"), (b"PK\x03\x04broken", "it is cut off"), (b"hello", "torch did not write it")]
)
def test_what_is_kept_and_damaged_is_told_in_one_line_and_made_again(tmp_path, capsys, content, told):
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    for _ in range(2):  # whole from then on
        assert cached(path, lambda: {"a": torch.ones(1)})["a"].item() == 1
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and said.startswith(f"{path} is damaged (") and told in said
    assert said.endswith("): it is made again.\n")


def test_a_cache_that_cannot_be_written_is_found_out_before_anything_is_made(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="cannot write .*a.pt"):
        cached(tmp_path / "file" / "a.pt", lambda: pytest.fail("made in vain"))


UNFIT = {
    "a running mean of another shape": lambda state: state["networks"].update(
        {"averages.G.module.net.0.weight": torch.zeros(3)}
    ),
    "a running mean of nobody": lambda state: state["averages"].update(Q=0.9),
    "no tensors of a running mean": lambda state: state["averages"].update(D=0.9),
    "an optimizer of nobody": lambda state: state["optimizers"].update(Q=state["optimizers"]["G"]),
    "an optimizer that is none": lambda state: state["optimizers"].update(D=3),
    "moments of another shape": lambda state: state["optimizers"]["D"]["state"][0].update(exp_avg=torch.zeros(3)),
    "no moments": lambda state: state["optimizers"]["D"]["state"][0].pop("exp_avg_sq"),
}


@pytest.mark.parametrize("what", UNFIT)
@pytest.mark.parametrize("begun", [True, False])
def test_what_does_not_fit_leaves_the_game_as_it_was(tmp_path, what, begun):
    """The game goes on exactly as one that never met the file: its players, means, moments and rounds."""
    x = torch.rand(8, 1, 4, 4) * 2 - 1
    other = small_gan()
    other.average("G", 0.5)
    train(other, [x], 3, progress=False, seed=5)
    checkpoint.save(other, path := tmp_path / "game.pt")
    UNFIT[what](state := torch.load(path, weights_only=True))
    torch.save(state, path)
    game = small_gan()
    if begun:
        game.average("G", 0.9)
        train(game, [x], 2, progress=False)
    twin = copy.deepcopy(game)
    with pytest.raises(ValueError, match=r"game.pt does not fit this GAN \(.+\): train again, or name another file"):
        checkpoint.load(game, path)
    assert game.decays == twin.decays and list(game.averages) == list(twin.averages) and game.played == twin.played
    assert set(game.optimizers) == set(twin.optimizers)
    for one in (game, twin):
        train(one, [x], 2, progress=False)
    assert list(game.state_dict()) == list(twin.state_dict())
    assert all(torch.equal(a, b) for a, b in zip(game.state_dict().values(), twin.state_dict().values(), strict=True))
