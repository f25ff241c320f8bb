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
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from gancourse import checkpoint, workers
from gancourse.files import reason, written
from gancourse.game import Game, History, Notes
from gancourse.home import at_home

MINUTES = 5.0  # between checkpoints
LAST, BEFORE, NEW, LOSSES = "game.pt", "game.before.pt", "game.new.pt", "losses.jsonl"
HALF = re.compile(r"(game(\.new)?|losses|samples|metrics)[a-z0-9_]{8}\.part\.(pt|jsonl|json|png)")  # see files.written


class Keeper(Notes):
    """Notes the losses of every round, and keeps the game in its folder every few minutes and at the end.

    ``train(game, batches, 3000, keep=Keeper("runs/dusk"))`` plays until the game has 3,000 rounds in all, whatever was
    played before: the same line goes on after a stop. On a CPU, in float32, with batches that know ``at(round)``, the
    run ends with the same bits as one that was never stopped; of a plain iterable it begins at the front again. A run
    told in ``minutes=`` keeps those that it has used.

    Args:
        folder: made if it is not there. On Colab, one that is not a whole path lies on the user's Drive if that is
            mounted, since the machine's own disk is lost with the machine.
        minutes: between checkpoints. 0: one after each round.
        about: plain values for the checkpoint, such as the settings of the run. TypeError if they are not plain.
        then: called as ``then(game, history)`` whenever the game was kept, to draw samples for instance.

    Attributes:
        folder: where the run is kept.
        about: those, with the seed, the precision and the machine once training has begun.
        spent: minutes of training so far, also of those before a resume.
    """

    def __init__(
        self,
        folder: str | Path,
        minutes: float = MINUTES,
        about: dict | None = None,
        then: Callable[[Game, History], object] | None = None,
    ):
        super().__init__()
        self.folder, self.every, self.about, self.then = at_home(folder), 60 * minutes, dict(about or {}), then
        json.dumps(self.about)  # a TypeError had better come now than with the first checkpoint
        self.lines: list[dict[str, float]] = []
        self.fresh: list[dict[str, Tensor]] = []  # not read yet, since reading waits for a GPU
        self.kept = -1  # rounds that the newest checkpoint has
        self.clock = self.kept_at = time.monotonic()

    @contextmanager
    def run(self, game: Game, seed: int, precision: str) -> Iterator[None]:
        """Claim the folder, and put the stored game, if there is one, into this one; keep it when the run ends, also
        when it ends with an error between two rounds or is stopped. Of several workers, the first one writes.

        Raises:
            ValueError: the stored run has another seed, is of other players, or both of its checkpoints are damaged.
            Busy: another run is at work in the folder.
            OSError: it cannot be written.
        """
        with alone(self.folder) if workers.number() == 0 else nullcontext():
            workers.wait()  # the folder is there
            self.resume(game, seed, precision)
            workers.wait()  # all have read what is there, and it may be written over
            try:
                yield
            finally:
                self.end(game)

    def resume(self, game: Game, seed: int, precision: str) -> None:
        """Put the stored game, if there is one, into this one. Errors as for :meth:`run`."""
        now = {"precision": precision, "machine": machine(), "versions": versions(), "workers": workers.count()}
        now["memory format"] = layout(game)
        self.about |= {"seed": seed} | now
        path, about = newest(self.folder)
        if workers.number() == 0:
            tidy(self.folder, path)
        self.clock = self.kept_at = time.monotonic()
        if path is None:
            return
        if about.get("seed", seed) != seed:
            raise ValueError(f"{path} is of a run with seed {about['seed']}, not {seed}: name another folder")
        checkpoint.load(game, path)
        self.lines = [line for line in lines(self.folder / LOSSES) if line["round"] <= game.played]
        self.spent = about.get("minutes", 0.0)
        print(f"{self.folder} holds a run: going on from round {game.played + 1}.")
        for name, value in now.items():
            if about.get(name, value) != value:
                change = f"{about[name]} before, {value} now"
                what = "number of workers" if name == "workers" else name
                print(f"Another {what} ({change}): it will not end with the same bits as a run in one go.")

    def before(self, game: Game) -> int:
        """All rounds that the game has played belong to this run."""
        return 0

    def note(self, game: Game) -> None:
        """Remember the losses of a round, and keep the game if it is time. A disk that is full does not end the run:
        it is told, and tried again when it is time again."""
        self.fresh.append({"round": game.played} | game.losses)
        if time.monotonic() - self.kept_at < self.every:
            return
        try:
            self.keep(game)
        except OSError as error:
            self.kept_at = time.monotonic()
            print(f"{error}. The run goes on; what was kept before is still there.")

    def end(self, game: Game) -> None:
        """Keep the game, unless nothing was played, or a round was broken off: then what was kept last is the last good
        one, and the losses tell how it came to that."""
        if not game.torn:
            if game.played:
                self.keep(game)
        elif self.fresh:
            self.read()
            if not workers.number():
                with suppress(OSError):
                    self.write_losses()
            there = (self.folder / LAST).exists()
            what = "keeps the game as it was last written" if there else "holds the losses; no game was kept yet"
            print(f"Round {game.played + 1} was broken off: {self.folder} {what}.")

    def keep(self, game: Game) -> None:
        """Write the losses, then the game. OSError if that cannot be done; what was kept before is still there."""
        self.read()
        last = self.folder / LAST
        if workers.number() or (self.kept == game.played and last.exists()):
            return  # another worker's task, or nothing was played since
        self.write_losses()
        new = self.folder / NEW
        checkpoint.save(game, new, self.about | {"minutes": self.spent})
        if last.exists():
            os.replace(last, self.folder / BEFORE)
        os.replace(new, last)
        self.kept, self.kept_at = game.played, time.monotonic()
        if self.then:
            self.then(game, self.history())

    def write_losses(self) -> None:
        with written(self.folder / LOSSES) as partial:
            partial.write_text("".join(json.dumps(line) + "\n" for line in self.lines), "utf-8")

    def read(self) -> None:
        """Read the losses that are still on the device, and the clock."""
        for line in self.fresh:
            self.lines.append({name: value if name == "round" else float(value) for name, value in line.items()})
        self.fresh = []
        now = time.monotonic()
        self.spent, self.clock = self.spent + (now - self.clock) / 60, now

    def history(self) -> History:
        """The losses of all rounds, by name, also of those before a resume."""
        names = {name: None for line in self.lines for name in line if name != "round"}
        return {name: [line[name] for line in self.lines if name in line] for name in names}


def tidy(folder: Path, taken: Path | None) -> None:
    """Remove what a run that was killed left half written, and set a damaged checkpoint aside."""
    for partial in folder.glob("*.part.*"):
        if HALF.fullmatch(partial.name):
            partial.unlink(missing_ok=True)
    (folder / NEW).unlink(missing_ok=True)
    if taken == folder / BEFORE and (folder / LAST).exists():
        os.replace(folder / LAST, folder / "game.damaged.pt")


class Busy(RuntimeError):
    """Two runs in one folder would write over one another."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Claim a folder; the system ends the claim of a process that dies.

    Raises:
        Busy: another run is at work in it.
        OSError: it cannot be written.
    """
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(f"another run is at work in {folder}: wait for it, or name another folder") from None
    except OSError as error:
        raise OSError(f"cannot write {folder}: {reason(error)}. Name another folder") from error
    try:
        yield
    finally:
        lock.release()


def newest(folder: Path, tell: Callable[[str], object] = print) -> tuple[Path | None, dict]:
    """The newest checkpoint that can be read, and what it says about itself, with the rounds that it has `played`;
    None if there is none. If a damaged one is passed over, one line says so.

    Raises:
        ValueError: there are some, and all are damaged; or the newest is of a later version of the course.
        OSError, MemoryError: it cannot be read now.
    """
    faults = []
    for path in (folder / LAST, folder / BEFORE):
        try:
            state = checkpoint.read(path)
        except FileNotFoundError:
            continue
        except checkpoint.Later:
            raise
        except ValueError as error:
            faults.append(str(error))
            continue
        if faults:
            tell(f"{without_mend(faults[0])}. The one before it is taken, of round {state['played']}.")
        return path, state["about"] | {"played": state["played"]}
    if faults:
        what = " and ".join(map(without_mend, faults))
        raise ValueError(f"{what}: remove what is damaged to begin anew, or name another folder")
    return None, {}


def without_mend(fault: str) -> str:
    """What is wrong with a checkpoint, without the advice for who named that file."""
    return re.split(rf"[:.] {checkpoint.MEND}", fault, flags=re.IGNORECASE)[0]


def lines(path: Path) -> list[dict[str, float]]:
    """The losses that were noted. Lines that cannot be read, or are of an earlier round than those before, are lost."""
    found, lost = [], []
    texts = path.read_text("utf-8", errors="replace").split("\n") if path.exists() else []
    for i, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
            if found and line["round"] <= found[-1]["round"]:
                raise ValueError("rounds out of order")
            found.append({name: float(value) for name, value in line.items()} | {"round": int(line["round"])})
        except (ValueError, LookupError, TypeError, AttributeError):
            lost += [i] if text.strip() else []
    if lost:
        more = f" and {len(lost) - 1} more" if lost[1:] else ""
        print(f"{path} is damaged in line {lost[0]}{more}: the run goes on, but the losses of those rounds are lost.")
    return found


def layout(game: Game) -> str:
    """How weights and pictures lie in memory: dropout draws in this order."""
    pictures = [p for p in game.parameters() if p.dim() == 4]
    return "usual" if all(p.is_contiguous() for p in pictures) else "channels last"


def machine() -> str:
    """What the last bits of a run depend on."""
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else torch.backends.cpu.get_cpu_capability()
    return f"{where}, {torch.get_num_threads()} thread(s)"


def versions() -> str:
    return f"Python {platform.python_version()}, torch {torch.__version__.split('+')[0]}"
