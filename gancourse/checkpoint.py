"""A game in a file: networks, optimizers and the round it has reached. Loading runs no code."""

import json
import pickle
from pathlib import Path

import torch

from gancourse.files import written
from gancourse.game import Game

VERSION = 1


def save(game: Game, path: str | Path, about: dict | None = None) -> None:
    """Write the game beside `path`, then rename.

    Args:
        about: plain values (text, numbers, lists, dicts) that :func:`read` gives back, such as how it was made.

    Raises:
        OSError: the folder cannot be written, or the disk is full. What stood under `path` is still there.
        TypeError: `about` holds something else than plain values.
    """
    state = {
        "gancourse": VERSION,
        "networks": game.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in game.optimizers.items()},
        "averages": game.decays,
        "played": game.played,
        "about": json.dumps(about or {}),
    }
    with written(path) as partial, open(partial, "wb") as file:
        torch.save(state, file)


def read(path: str | Path) -> dict:
    """What :func:`save` wrote, on the CPU: keys networks, optimizers, averages, played, about.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no checkpoint of this course, is damaged, or was written by a later version.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}: train first, or name another folder")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise ValueError(f"{path} is no checkpoint, or is damaged: train again, or name another file") from error
    if not isinstance(state, dict) or not isinstance(state.get("gancourse"), int):
        raise ValueError(f"{path} holds something, but is no checkpoint of this course")
    if state["gancourse"] > VERSION:
        raise ValueError(f"{path} was written by a later version of gancourse: update this one")
    if missing := {"networks", "optimizers", "averages", "played", "about"} - set(state):
        raise ValueError(f"{path} is damaged: it lacks {', '.join(sorted(missing))}")
    return state | {"about": json.loads(state["about"])}


def load(game: Game, path: str | Path) -> dict:
    """Put a saved state into a game of the same players; training goes on where it was. Returns `about`.

    Raises:
        FileNotFoundError, ValueError: as :func:`read`; and ValueError if the checkpoint is of other players. The game
            is then as it was.
    """
    state = read(path)
    players = {name for name in game.state_dict() if not name.startswith("averages.")}
    saved = {name for name in state["networks"] if not name.startswith("averages.")}
    shapes = {name: p.shape for name, p in game.named_parameters() if name in players}  # a pool's buffer may grow
    if players != saved or any(state["networks"][name].shape != shape for name, shape in shapes.items()):
        raise ValueError(f"{path} is a checkpoint of other players than this {type(game).__name__} has")
    for name, decay in state["averages"].items():
        game.average(name, decay)
    game.load_state_dict(state["networks"])
    for name, saved in state["optimizers"].items():
        game.optimizer(name).load_state_dict(saved)
    game.played = state["played"]
    return state["about"]
