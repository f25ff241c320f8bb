"""A game in a file: networks, optimizers and the round it has reached. Loading runs no code."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gancourse import weights
from gancourse.files import written
from gancourse.game import Game
from gancourse.steps import PlayersAdam, alongside

VERSION = 2  # 1 knew of no scalers
KINDS = {"networks": dict, "optimizers": dict, "scalers": dict, "averages": dict, "played": int, "about": str}
SIGNS = ("betas", "momentum", "alpha", "rho")  # settings that tell kinds of optimizers apart
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what Adam keeps of a parameter


def save(game: Game, path: str | Path, about: dict | None = None) -> None:
    """Write the game beside `path`, then rename.

    Args:
        about: plain values (text, numbers, lists, dicts) that :func:`read` gives back, such as how it was made.

    Raises:
        OSError: the folder cannot be written, or the disk is full. What stood under `path` is still there.
        TypeError: `about` holds something else than plain values, or a player keeps something else than tensors.
    """
    state = {
        "gancourse": VERSION,
        "networks": game.state_dict(),
        "optimizers": {name: optimizer.state_dict() for name, optimizer in game.optimizers.items()},
        "scalers": {title: scaler.state_dict() for title, scaler in game.scalers.items()},
        "averages": game.decays,
        "played": game.played,
        "about": json.dumps(about or {}),
    }
    if fault := what_is_wrong(state):
        raise TypeError(f"no checkpoint can keep this {type(game).__name__}: {fault}")
    with written(path) as partial, open(partial, "wb") as file:
        torch.save(state, file)


def read(path: str | Path) -> dict:
    """What :func:`save` wrote, on the CPU: keys networks, optimizers, scalers, averages,
    played, about. What is read is in the form of today, whatever version wrote it.

    Raises:
        OSError: there is no such file, or it cannot be read now.
        MemoryError: there is no room for it.
        ValueError: the file is no checkpoint of this course, or is damaged.
        Later: it was written by a later version.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}: train first, or name another folder")
    try:
        state = weights.read(path)
    except weights.Damaged as error:
        raise ValueError(f"{path} is no checkpoint, or is damaged ({error}): {MEND}") from error
    if not isinstance(state, dict) or not isinstance(state.get("gancourse"), int):
        raise ValueError(f"{path} holds something, but is no checkpoint of this course: {MEND}")
    if state["gancourse"] > VERSION:
        raise Later(f"{path} was written by a later version of gancourse: update this one")
    state = {"scalers": {}} | state if state["gancourse"] < 2 else state
    if fault := what_is_wrong(state):
        raise ValueError(f"{path} is damaged: {fault}. {MEND.capitalize()}")
    return state | {"about": json.loads(state["about"])}


class Later(ValueError):
    """A checkpoint of a version that this one does not know yet. It may be quite sound."""


MEND = "train again, or name another file"


def what_is_wrong(state: dict) -> str:
    """The first thing in a checkpoint that is missing or of another kind than :func:`save` writes; or nothing."""
    if missing := set(KINDS) - set(state):
        return f"it lacks {', '.join(sorted(missing))}"
    if odd := [name for name, kind in KINDS.items() if not isinstance(state[name], kind)]:
        return f"its {odd[0]} are a {type(state[odd[0]]).__name__}, not a {KINDS[odd[0]].__name__}"
    if not all(isinstance(value, Tensor) and isinstance(name, str) for name, value in state["networks"].items()):
        return "its networks hold something else than tensors"
    if not all(isinstance(decay, float | int) for decay in state["averages"].values()):
        return "the decays of its running means are no numbers"
    return "" if is_object(state["about"]) else "what it says about itself cannot be read"


def is_object(text: str) -> bool:
    """Whether a text is a JSON object."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def load(game: Game, path: str | Path) -> dict:
    """Put a saved state into a game of the same players; training goes on where it was. Returns `about`.

    Raises:
        FileNotFoundError, ValueError: as :func:`read`; and ValueError if the checkpoint is of other players, or if
            anything in it does not fit. The game is then as it was, running means and optimizers included.
    """
    state = read(path)
    expect_players(game, state["networks"], path)
    with all_or_nothing(game, path):
        begun = {name: decay for name, decay in game.decays.items() if name not in state["averages"]}
        game.averages, game.decays = nn.ModuleDict(), {}
        for name, decay in state["averages"].items():
            game.average(name, decay)
        game.load_state_dict(state["networks"])
        for name, decay in begun.items():  # means that the stored game did not keep begin here
            game.average(name, decay)
        load_optimizers(game, state["optimizers"])
        game.scalers = {title: scaler for title, scaler in game.scalers.items() if title in state["scalers"]}
        for title, saved in state["scalers"].items():
            if saved:  # of old nothing was written where there was no GPU
                game.scaler(title).load_state_dict(saved)
        game.played = state["played"]
    return state["about"]


def load_optimizers(game: Game, states: dict[str, dict]) -> None:
    """Put the optimizers back; one of a player who had not moved yet forgets what it has learned since."""
    for name in set(game.optimizers) - set(states):
        game.optimizers[name].state.clear()
    for name, saved in states.items():
        optimizer = game.optimizer(name)
        expect_kind(name, optimizer, saved)
        optimizer.load_state_dict(saved)
        if isinstance(optimizer, PlayersAdam):
            expect_moments(name, optimizer)
        alongside(optimizer)


def expect_kind(name: str, optimizer: Optimizer, saved: dict) -> None:
    """Raise ValueError unless an optimizer of this kind was kept."""
    both = optimizer.param_groups, saved["param_groups"]
    now, then = ({sign for sign in SIGNS if sign in groups[0]} for groups in both)
    if now != then:
        raise ValueError(
            f"{name} was kept with another kind of optimizer: set game.optimizers[{name!r}] as it was then"
        )


def expect_players(game: Game, networks: dict[str, Tensor], path: str | Path) -> None:
    """Raise ValueError unless these are the players of the game, by names and shapes."""
    players = {name for name in game.state_dict() if not name.startswith("averages.")}
    saved = {name for name in networks if not name.startswith("averages.")}
    shapes = {name: p.shape for name, p in game.named_parameters() if name in players}  # a pool's buffer may grow
    if players != saved or any(networks[name].shape != shape for name, shape in shapes.items()):
        raise ValueError(f"{path} is a checkpoint of other players than this {type(game).__name__} has")


@contextmanager
def all_or_nothing(game: Game, path: str | Path) -> Iterator[None]:
    """Put the game back as it was if the block fails, and say with what file."""
    networks = {name: value.clone() for name, value in game.state_dict().items()}
    optimizers = {name: optimizer.state_dict() for name, optimizer in game.optimizers.items()}
    scalers = {title: scaler.state_dict() for title, scaler in game.scalers.items()}
    own, scaling = dict(game.optimizers), dict(game.scalers)
    averages, decays, played = dict(game.averages.items()), dict(game.decays), game.played
    try:
        yield
    except Exception as error:  # a damaged file may hold anything
        game.averages, game.decays, game.played = nn.ModuleDict(averages), decays, played
        game.load_state_dict(networks)
        game.optimizers = own
        for name, optimizer in game.optimizers.items():
            optimizer.load_state_dict(optimizers[name])
        game.scalers = scaling
        for title, scaler in game.scalers.items():
            scaler.load_state_dict(scalers[title])
        what = (str(error).splitlines() or [type(error).__name__])[-1].strip()
        raise ValueError(f"{path} does not fit this {type(game).__name__} ({what}): {MEND}") from error


def expect_moments(name: str, optimizer: Optimizer) -> None:
    """Raise ValueError unless Adam has what it keeps of each parameter, in the parameter's shape.

    Torch looks at this only when the next step is taken.
    """
    for p, kept in optimizer.state.items():
        step, *moments = (kept.get(moment) for moment in MOMENTS)
        if not isinstance(step, Tensor) or not all(isinstance(m, Tensor) and m.shape == p.shape for m in moments):
            raise ValueError(f"the optimizer of {name} is of another network, or damaged")
