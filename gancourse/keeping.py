"""A run that is kept in a folder, so that nothing is lost when the machine goes away.

    game.pt            the game, as :func:`gancourse.checkpoint.save` writes it
    game.before.pt     the one before, in case that the newest was damaged
    losses.jsonl       a line for each round

Each file is written beside its name and renamed. The losses are written before the game, so that a run that is cut off
between the two finds more lines than rounds and drops what is too much.
"""

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from gancourse import checkpoint
from gancourse.files import written
from gancourse.game import Game, Notes

MINUTES = 5.0  # between checkpoints
LAST, BEFORE, LOSSES = "game.pt", "game.before.pt", "losses.jsonl"


class Keeper(Notes):
    """Notes the losses of every round, and keeps the game in its folder every few minutes and at the end.

    ``train(game, batches, 3000, keep=Keeper("runs/dusk"))`` plays until the game has 3,000 rounds in all, whatever was
    played before: the same line goes on after a stop. On a CPU, in float32, with batches that know ``at(round)``, the
    run ends with the same bits as one that was never stopped.

    Args:
        folder: made if it is not there.
        minutes: between checkpoints. 0: one after each round.
        about: plain values for the checkpoint, such as the settings of the run.

    Attributes:
        about: those, with the seed, the precision and the machine once training has begun.
        spent: minutes of training so far, also of those before a resume.
    """

    def __init__(self, folder: str | Path, minutes: float = MINUTES, about: dict | None = None):
        self.folder, self.every, self.about = Path(folder), 60 * minutes, about or {}
        self.spent = 0.0
        self.lines: list[dict[str, float]] = []
        self.fresh: list[dict[str, Tensor]] = []  # not read yet, since reading waits for a GPU
        self.clock = self.kept_at = time.monotonic()

    @contextmanager
    def run(self, game: Game, seed: int, precision: str) -> Iterator[None]:
        """Claim the folder, and put the stored game, if there is one, into this one; keep it when the run ends, also
        when it ends with an error or is stopped.

        Raises:
            ValueError: the stored run has another seed, is of other players, or both of its checkpoints are damaged.
            RuntimeError: another run is at work in the folder.
            OSError: it cannot be written.
        """
        with alone(self.folder):
            self.resume(game, seed, precision)
            try:
                yield
            finally:
                self.keep(game)

    def resume(self, game: Game, seed: int, precision: str) -> None:
        """Put the stored game, if there is one, into this one. Errors as for :meth:`run`."""
        self.about |= {"seed": seed, "precision": precision, "machine": machine(), "versions": versions()}
        path, about = newest(self.folder)
        self.clock = self.kept_at = time.monotonic()
        if path is None:
            return
        if about.get("seed", seed) != seed:
            raise ValueError(f"{path} is of a run with seed {about['seed']}, not {seed}: name another folder")
        checkpoint.load(game, path)
        self.lines = lines(self.folder / LOSSES)[: game.played]
        self.spent = about.get("minutes", 0.0)
        print(f"{self.folder} holds a run: going on from round {game.played + 1}.")
        for name in ("precision", "machine", "versions"):
            if about.get(name, self.about[name]) != self.about[name]:
                now = f"{about[name]} before, {self.about[name]} now"
                print(f"Another {name} ({now}): the last digits may differ from those of a run in one go.")

    def left(self, game: Game, rounds: int) -> int:
        """How many of `rounds` in all are to be played."""
        return max(0, rounds - game.played)

    def note(self, game: Game) -> None:
        """Remember the losses of a round, and keep the game if it is time."""
        self.fresh.append({"round": game.played} | game.losses)
        if time.monotonic() - self.kept_at >= self.every:
            self.keep(game)

    def keep(self, game: Game) -> None:
        """Write the losses, then the game. OSError if that cannot be done; what was kept before is still there."""
        if not self.fresh and (self.folder / LAST).exists():
            return  # nothing was played since
        self.lines += [{name: float(value) for name, value in line.items()} for line in self.fresh]
        self.fresh = []
        now = time.monotonic()
        self.spent, self.clock = self.spent + (now - self.clock) / 60, now
        with written(self.folder / LOSSES) as partial:
            partial.write_text("".join(json.dumps(line) + "\n" for line in self.lines), "utf-8")
        new = self.folder / "game.new.pt"
        checkpoint.save(game, new, self.about | {"minutes": self.spent})
        if (self.folder / LAST).exists():
            os.replace(self.folder / LAST, self.folder / BEFORE)
        os.replace(new, self.folder / LAST)
        self.kept_at = time.monotonic()

    def history(self) -> dict[str, list[float]]:
        """The losses of all rounds, by name, also of those before a resume."""
        names = {name: None for line in self.lines for name in line if name != "round"}
        return {name: [line[name] for line in self.lines if name in line] for name in names}


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Claim a folder; the system ends the claim of a process that dies.

    Raises:
        RuntimeError: another run is at work in it.
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RuntimeError(f"another run is at work in {folder}: wait for it, or name another folder") from None
    try:
        yield
    finally:
        lock.release()


def newest(folder: Path) -> tuple[Path | None, dict]:
    """The newest checkpoint that can be read, and what it says about itself; None if there is none.

    Raises:
        ValueError: there are some, and all are damaged.
    """
    faults = []
    for path in (folder / LAST, folder / BEFORE):
        try:
            state = checkpoint.read(path)
        except FileNotFoundError:
            continue
        except ValueError as error:
            faults.append(str(error))
            continue
        if faults:
            print(f"{faults[0]}. The one before it is taken, of round {state['played']}.")
        return path, state["about"]
    if faults:
        raise ValueError(faults[0])
    return None, {}


def lines(path: Path) -> list[dict[str, float]]:
    """The losses that were noted; from the first line on that cannot be read they are lost."""
    found = []
    try:
        for text in path.read_text("utf-8").splitlines():
            line = json.loads(text)
            if line["round"] != len(found) + 1:
                break
            found.append(line)
    except FileNotFoundError:
        pass
    except (ValueError, LookupError, TypeError):
        print(f"{path} is damaged from line {len(found) + 1} on: the run goes on, but those losses are lost.")
    return found


def machine() -> str:
    """What the last bits of a run depend on."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else torch.backends.cpu.get_cpu_capability()
    return f"{where}, {torch.get_num_threads()} thread(s)"


def versions() -> str:
    return f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
