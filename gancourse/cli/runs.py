"""A run that lives in a folder: its settings, how long it is to be, and the way back into it."""

import argparse
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from gancourse import checkpoint, keeping, workers
from gancourse.data.pictures import is_picture
from gancourse.files import written
from gancourse.game import Game, History, chosen, train
from gancourse.keeping import Keeper
from gancourse.precision import expect_precision
from gancourse.scale import device, scale
from gancourse.schedules import constant, falling

INTERRUPTED = 130  # exit code
MINUTES = 3.0  # between checkpoints
LENGTHS = ("rounds", "planned_minutes")  # how long a run is to be in all, in one of them
OWN = ("samples.png", "losses.png")  # pictures that a run writes


def stored(folder: Path) -> dict:
    """The settings of the run in this folder and the rounds it has `played`; nothing if there is no run.

    Raises:
        ValueError: there is a checkpoint, but it is damaged or was not written by this command.
    """
    path, about = keeping.newest(folder, tell=lambda line: None)  # it is told when the run goes on
    if path and "game" not in about:
        raise ValueError(f"{path} was not written by this command: name another folder")
    return about


def expect_same(folder: Path, before: dict, asked: dict) -> None:
    """Raise ValueError, with the first difference, unless what is asked for are the settings of the stored run."""
    for name, value in asked.items() if before else ():
        if not same(before.get(name), value):
            raise ValueError(
                f"{folder} holds a run with {name} {before.get(name)}, not {value}: "
                "ask for the same to go on with it, or name another folder"
            )


def settled(
    args: argparse.Namespace, before: dict, names: Sequence[str], full_name: Callable[[str], str], usual: str
) -> dict:
    """The settings of these names, the length and the precision: what is asked for, else what the stored run had;
    no length and no precision if neither says. Sets the scale.

    Args:
        args: of the command line, with what :func:`gancourse.__main__.add_run` adds and ``data`` among them.
        before: what :func:`stored` found.
        names: of the settings; those that `args` has may be asked for.
        full_name: makes the data's name one that holds in any folder.
        usual: the data where none is named.

    Raises:
        ValueError: the stored run had others, or there is no such precision on this hardware.
    """
    asked = {name: getattr(args, name, None) for name in names}
    asked["data"] = args.data and full_name(args.data)
    asked["scale"] = args.scale or os.environ.get("GANCOURSE_SCALE")
    asked = {name: value for name, value in asked.items() if value is not None}
    expect_same(args.out, before, asked)
    known = {"data": usual, "seed": 0} | {k: v for k, v in before.items() if k in (*names, "precision")} | asked
    os.environ["GANCOURSE_SCALE"] = known.get("scale") or scale()
    if args.precision:
        known["precision"] = args.precision
    if "precision" in known:
        expect_precision(known["precision"], device())
    return {"scale": scale()} | known | length(args, before)


def length(args: argparse.Namespace, before: dict) -> dict[str, float]:
    """How long the run is to be in all: as is asked for, else as it was planned; nothing if neither says."""
    if args.rounds:
        return {"rounds": args.rounds}
    if args.minutes:
        return {"planned_minutes": args.minutes}
    return planned(before)


def planned(about: dict) -> dict[str, float]:
    """The length among the settings of a run."""
    return {name: about[name] for name in LENGTHS if name in about}


def in_words(about: dict) -> str:
    """The length of a run."""
    return f"{about['planned_minutes']:g} minutes" if "planned_minutes" in about else f"{about['rounds']} rounds"


def over(about: dict, played: int, minutes: float) -> bool:
    """Whether a run has been played for as long as its settings say."""
    return minutes >= about["planned_minutes"] if "planned_minutes" in about else played >= about["rounds"]


def same(one, other) -> bool:
    """Equal; or two folders of one name, since a folder may have moved."""
    folders = all(isinstance(value, str) and Path(value).is_absolute() for value in (one, other))
    return Path(one).name == Path(other).name if folders else one == other


def finished(folder: Path, before: dict, about: dict) -> bool:
    """Whether the stored run is over and has been judged since; then one line says so."""
    if not before or not planned(about) or not over(about, before["played"], before.get("minutes", 0.0)):
        return False
    try:
        judged = json.loads((folder / "metrics.json").read_text("utf-8"))["rounds"] == before["played"]
    except (OSError, ValueError, LookupError, TypeError):
        return False
    if judged:
        more = f"ask for more --{'minutes' if 'planned_minutes' in about else 'rounds'}"
        print(f"{folder} holds a finished run of {before['played']} rounds. To go on with it, {more}")
    return judged


def how(args: argparse.Namespace) -> dict[str, bool]:
    """What else the command line says of how to train."""
    return {"channels_last": args.channels_last, "graph": args.graph}


def play(
    game: Game,
    batches,
    about: dict,
    folder: Path,
    draw: Callable[[Game, History], object],
    judge: Callable[[Keeper], object],
    every: float | None = None,
    how: dict | None = None,
) -> int:
    """Play what is left of a run, keep it in its folder, and judge it once it is over. Returns the exit code.

    Args:
        about: the settings, with the ``rounds`` or the ``planned_minutes`` that it should have in all.
        draw: called as ``draw(game, history)`` whenever the game was kept.
        judge: called as ``judge(keeper)`` at the end. Of several workers, only the first one draws and judges.
        every: minutes between checkpoints.
        how: what :func:`how` returns.
    """
    keeper = Keeper(folder.resolve(), MINUTES if every is None else every, about, draw)
    before = stored(folder)
    if before and over(about, before["played"], before.get("minutes", 0.0)):
        reopen(game, keeper, before)
    else:
        go_on(game, batches, keeper, before, how or {})
    if not over(about, game.played, keeper.spent):
        print(f"Kept in {folder}: the same command goes on from round {game.played + 1}")
        return INTERRUPTED
    first = workers.number() == 0
    workers.leave()  # else judges would ask all workers
    if first:
        judge(keeper)
    return 0


def go_on(game: Game, batches, keeper: Keeper, before: dict, how: dict) -> None:
    """Play what is left. Where the learning rate falls, it does so over the second half of the run."""
    about = keeper.about
    if game.schedule is not constant and "planned_minutes" in about:
        game.schedule = falling(0.5)
    if game.schedule is not constant and planned(before) not in ({}, planned(about)):
        print(
            f"The run was planned for {in_words(before)}. The learning rate now falls over {in_words(about)}, "
            "so the outcome is not quite that of so many in one go."
        )
    if workers.number() == 0:
        take_over(keeper.folder, before)
    precision = about.get("precision") or chosen(game, batches)
    expect_precision(precision, device())
    print(f"The players compute in {precision}.")
    how = how | {"seed": about["seed"], "precision": precision, "keep": keeper}
    train(game, batches, about.get("rounds"), minutes=about.get("planned_minutes"), **how)


def reopen(game: Game, keeper: Keeper, before: dict) -> None:
    """Take a run that was played and not judged, and draw."""
    done, asked = before["played"], keeper.about.get("rounds", before["played"])
    if done > asked:
        print(f"{keeper.folder} holds a run of {done} rounds, more than the {asked} asked for: it is judged now.")
    else:
        print(f"{keeper.folder} holds a run whose {in_words(keeper.about)} are played: it is judged now.")
    path, about = keeping.newest(keeper.folder)
    checkpoint.load(game, path)
    keeper.about, keeper.spent = keeper.about | about, about.get("minutes", 0.0)
    keeper.lines = keeping.lines(keeper.folder / keeping.LOSSES)
    if workers.number() == 0:
        keeper.then(game, keeper.history())


def take_over(folder: Path, before: dict) -> None:
    """Write losses.json, as earlier versions kept the losses, anew in the form of today."""
    old, new = folder / "losses.json", folder / keeping.LOSSES
    if new.exists() or not old.exists():
        return
    try:
        losses = json.loads(old.read_text("utf-8"))
        rows = [dict(zip(losses, map(float, row), strict=True)) for row in zip(*losses.values(), strict=True)]
    except (ValueError, TypeError, AttributeError):
        print(f"{old} is damaged: the run goes on, but the losses of the rounds so far are lost.")
        return
    first = 1 + max(0, before.get("played", 0) - len(rows))  # those of the rounds before may have been lost
    with written(new) as partial:
        lines = [json.dumps({"round": i} | row) + "\n" for i, row in enumerate(rows, first)]
        partial.write_text("".join(lines), "utf-8")
    old.unlink()


def figures(game: Game, keeper: Keeper) -> dict:
    """The settings of a run for metrics.json, and how long it took."""
    about = {name: value for name, value in keeper.about.items() if name not in ("machine", "played")}
    return about | {"rounds": game.played, "minutes": round(keeper.spent, 2)}


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
