"""A run that lives in a folder: its settings, a checkpoint every few minutes, and the way back into it."""

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from gancourse import checkpoint
from gancourse.cli.outputs import write_json
from gancourse.data.pictures import is_picture
from gancourse.game import Game
from gancourse.scale import device, scale

EVERY = 180  # seconds between checkpoints
OWN = ("samples.png", "losses.png")  # pictures that a run writes


def stored(folder: Path) -> dict:
    """The settings of the run in this folder and the rounds it has `played`; nothing if there is no run.

    Raises:
        ValueError: there is a checkpoint, but it is damaged or was not written by this command.
    """
    path = folder / "game.pt"
    if not path.exists():
        return {}
    state = checkpoint.read(path)
    if "game" not in state["about"]:
        raise ValueError(f"{path} was not written by this command: name another folder")
    return state["about"] | {"played": state["played"]}


def expect_same(folder: Path, before: dict, asked: dict) -> None:
    """Raise ValueError, with the first difference, unless what is asked for are the settings of the stored run."""
    for name, value in asked.items() if before else ():
        if not same(before.get(name), value):
            raise ValueError(
                f"{folder} holds a run with {name} {before.get(name)}, not {value}: "
                "ask for the same to go on with it, or name another folder"
            )


def settled(args: argparse.Namespace, before: dict, names: Sequence[str], full_name: Callable[[str], str]) -> dict:
    """The settings of these names: what is asked for, else what the stored run had. Sets the scale.

    Args:
        args: of the command line, with ``data``, ``scale`` and ``out`` among them.
        before: what :func:`stored` found.
        names: of the settings; those that `args` has may be asked for.
        full_name: makes the data's name one that holds in any folder.

    Raises:
        ValueError: the stored run had others.
    """
    asked = {name: getattr(args, name, None) for name in names if name != "rounds"}
    asked["data"] = args.data and full_name(args.data)
    asked["scale"] = args.scale or os.environ.get("GANCOURSE_SCALE")
    asked = {name: value for name, value in asked.items() if value is not None}
    expect_same(args.out, before, asked)
    known = {"data": "street", "seed": 0} | {k: v for k, v in before.items() if k in names} | asked
    os.environ["GANCOURSE_SCALE"] = known.get("scale") or scale()
    return {"scale": scale()} | known


def same(one, other) -> bool:
    """Equal; or two folders of one name, since a folder may have moved."""
    folders = all(isinstance(value, str) and Path(value).is_absolute() for value in (one, other))
    return Path(one).name == Path(other).name if folders else one == other


def finished(folder: Path, before: dict, rounds: int) -> bool:
    """Whether the stored run has played that many rounds and has been judged since."""
    if not before or before["played"] < rounds:
        return False
    try:
        return json.loads((folder / "metrics.json").read_text("utf-8"))["rounds"] == before["played"]
    except (OSError, ValueError, LookupError, TypeError):
        return False


def expect_apart(out: Path, data: Path | None) -> None:
    """Raise ValueError if a run in `out` would write its pictures among those of its data."""
    if data is None or not out.is_dir() or not out.resolve().is_relative_to(data.resolve()):
        return
    if out.samefile(data) or any(is_picture(file) and file.name not in OWN for file in out.iterdir()):
        raise ValueError(f"--out {out} is a folder of the data, where a run would put its own pictures: name another")


def known_pictures(out: Path, before: dict, data: Path | None) -> dict[str, str]:
    """The fingerprint of the data, for the settings of a run; nothing for a set that is drawn.

    Args:
        out: the folder of the run.
        before: what :func:`stored` found. Runs of old did not note with which pictures they were begun.
        data: the folder of the pictures, or None.

    Raises:
        ValueError: the stored run was begun with other pictures.
    """
    now = {} if data is None else {"fingerprint": fingerprint(data, out)}
    if "fingerprint" in before and before["fingerprint"] != now.get("fingerprint"):
        raise ValueError(
            f"{out} holds a run with other pictures than {data} has now: the names or sizes of their files differ. "
            "Bring the old ones back to go on with it, or name another folder for --out"
        )
    return now


def fingerprint(data: Path, out: Path) -> str:
    """What tells the pictures of a folder from others: a hash of the names and sizes of their files.

    It is the same where the folder has moved, and nothing is decoded for it. What lies in the folder of the run does
    not count.
    """
    own = out.resolve()
    files = [file for file in data.resolve().rglob("*") if is_picture(file) and own not in file.parents]
    lines = sorted(f"{file.relative_to(data.resolve()).as_posix()} {file.stat().st_size}" for file in files)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Keeper:
    """A thing that looks after every round: it notes the losses, and every few minutes keeps the game in its folder.

    Args:
        folder: where to.
        about: the settings, for the checkpoint.
        draw: called as ``draw(game, history)`` whenever the game was kept.

    Attributes:
        history: the losses of all rounds, also of those before a resume, as `train` returns them.
    """

    def __init__(self, folder: Path, about: dict, draw: Callable[[Game, dict[str, list[float]]], None]):
        self.folder, self.about, self.draw = folder, about | {"machine": machine()}, draw
        self.history: dict[str, list[float]] = {}
        self.fresh: dict[str, list[torch.Tensor]] = {}  # read in one go, since each reading waits for a GPU
        self.minutes, self.since = 0.0, time.monotonic()
        self.last = self.since

    def __call__(self, game: Game) -> None:
        for name, loss in game.losses.items():
            self.fresh.setdefault(name, []).append(loss)
        if time.monotonic() - self.last > EVERY:
            self.keep(game)

    def keep(self, game: Game) -> None:
        """Write losses.json, then game.pt, which are of one moment once both are written; then draw."""
        for name, values in self.fresh.items():
            self.history.setdefault(name, []).extend(torch.stack(values).float().tolist())
        self.fresh = {}
        minutes = self.minutes + (time.monotonic() - self.since) / 60
        write_json(self.history, self.folder / "losses.json", indent=None)
        checkpoint.save(game, self.folder / "game.pt", self.about | {"minutes": round(minutes, 2)})
        self.draw(game, self.history)
        self.last = time.monotonic()

    def resume(self, game: Game) -> None:
        """Put the stored run into the game, and say how it goes on from there."""
        before = checkpoint.load(game, self.folder / "game.pt")
        rounds = self.about["rounds"]
        print(going_on(self.folder, game.played, rounds))
        self.minutes = before.get("minutes", 0.0)
        self.history = {name: values[: game.played] for name, values in losses(self.folder).items()}
        if before.get("machine") != machine():
            print(f"Begun on {before.get('machine')}, goes on on {machine()}: the last digits may differ.")
        if game.played < rounds != before["rounds"]:
            print(
                f"The run was planned for {before['rounds']} rounds. The learning rate now falls over those up to "
                f"{rounds}, so the outcome is not quite that of so many in one go."
            )


def going_on(folder: Path, played: int, rounds: int) -> str:
    """What becomes of a run that has played so many rounds when it is asked for `rounds` in all."""
    if played < rounds:
        return f"{folder} holds a run: going on from round {played + 1} of {rounds}."
    if played == rounds:
        return f"{folder} holds a run whose {rounds} rounds are played: it is judged now."
    return (
        f"{folder} holds a run of {played} rounds, more than the {rounds} asked for: none is added, it is judged now."
    )


def machine() -> str:
    """What the last bits of a run depend on."""
    return f"{device().type}, {torch.get_num_threads()} threads"


def losses(folder: Path) -> dict[str, list[float]]:
    """What was noted there; nothing if it was lost. If it is damaged, one line says so."""
    path = folder / "losses.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except OSError:
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict) and all(is_curve(values) for values in found.values()):
        return found
    print(f"{path} is damaged: the run goes on, but the losses of the rounds so far are lost.")
    return {}


def is_curve(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, int | float) for value in values)
