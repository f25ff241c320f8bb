"""Runs that are killed again and again: do they end with the bits of one that was never stopped?

    python -m experiments.soak                200 kills, a quarter of them for each of the four core games
    python -m experiments.soak --kills 8      fewer

Each game is kept in a folder after every round, so that it is writing much of the time. A process from outside kills
it with SIGKILL, at random or when a half-written file is seen, and starts it again until it has played all its rounds.
Networks, Adam's moments, rounds and losses are then compared, to the last bit, with those of a run that was left alone.
Writes soak.json and exits with 1 if anything differs. Needs a system with fork().
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import torch

from gancourse import keeping, recipes
from gancourse.data.batches import Batches
from gancourse.data.procedural_digits import ProceduralDigits
from gancourse.files import written
from gancourse.game import Game, train
from gancourse.keeping import Keeper
from tools import stamp

ROUNDS, SIZE = 20, 64
WRITING = ("*.part.*", keeping.NEW)  # what is there only while a checkpoint is written
Make = Callable[[], tuple[Game, Batches]]


def of_digits(make: Callable[[str], Game], labels: bool) -> tuple[Game, Batches]:
    """A game of chapters 1 and 2 with a few digits."""
    tensors = ProceduralDigits().batch(range(64))
    return make("mlp"), Batches(*tensors[: 1 + labels], size=16)


def pix2pix() -> tuple[Game, Batches]:
    game = recipes.pix2pix(SIZE, ROUNDS)
    return game, recipes.pix2pix_batches(recipes.pix2pix_streets(size=SIZE)[0], SIZE)


def cyclegan() -> tuple[Game, Batches]:
    """With pools that are full after a few rounds."""
    game = recipes.cyclegan(SIZE, ROUNDS, pool=5)
    return game, recipes.cyclegan_batches(recipes.cyclegan_streets("day", "dusk", SIZE)[0], SIZE)


GAMES: dict[str, Make] = {
    "gan": lambda: of_digits(recipes.gan, labels=False),
    "cgan": lambda: of_digits(recipes.cgan, labels=True),
    "pix2pix": pix2pix,
    "cyclegan": cyclegan,
}


def play(make: Make, folder: Path) -> None:
    """What is killed: a run that goes on wherever it is."""
    torch.manual_seed(0)
    game, batches = make()
    train(game, batches, ROUNDS, keep=Keeper(folder, 0), precision="fp32", progress=False)


def start(make: Make, folder: Path) -> int:
    """A process that plays, forked from this one, which has done the imports; its number."""
    if child := os.fork():
        return child
    code = 1
    try:
        sys.stdout = open(os.devnull, "w")
        play(make, folder)
        code = 0
    finally:
        os._exit(code)


def ended(child: int) -> bool:
    """Whether it has come to its end by itself, and well."""
    found, status = os.waitpid(child, os.WNOHANG)
    if found and status:
        raise RuntimeError(f"a run ended with status {status}, and nobody had killed it")
    return bool(found)


def half_written(folder: Path) -> set[tuple[str, int]]:
    """What is there only while losses or a checkpoint are written: name and time of each file."""
    found = set()
    for path in (path for name in WRITING for path in folder.glob(name)):
        with suppress(FileNotFoundError):  # renamed in the meantime
            found.add((path.name, path.stat().st_mtime_ns))
    if (folder / keeping.BEFORE).exists() and not (folder / keeping.LAST).exists():
        found.add(("between two names", 0))
    return found


def kill(child: int, folder: Path, old: set, chance: random.Random) -> bool:
    """Kill a run somewhere in the next rounds, three times out of four in the middle of a write, or a little after.
    Whether it came to that.

    Args:
        old: what earlier kills have left half written.
    """
    left, waits, pause = chance.randrange(4), chance.random() < 0.75, 0.04 * chance.random()
    newest = kept_at(folder)
    while left or (waits and not half_written(folder) - old):
        if ended(child):
            return False
        if kept_at(folder) != newest:
            newest, left = kept_at(folder), max(0, left - 1)
        time.sleep(0.0003)
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def kept_at(folder: Path) -> int:
    """When the newest checkpoint was written."""
    try:
        return (folder / keeping.LAST).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def rounds_noted(folder: Path) -> int:
    path = folder / keeping.LOSSES
    return len(path.read_text("utf-8").splitlines()) if path.exists() else 0


def soak(make: Make, folder: Path, kills: int, chance: random.Random) -> dict:
    """Play until there were so many kills: what came of it."""
    found, rounds = {"kills": 0, "while writing": 0, "runs": 0, "alike": 0}, set()
    wait_for(start(make, folder / "whole"))
    while found["kills"] < kills:
        run = folder / f"run {found['runs']}"
        old = set()
        while found["kills"] < kills and kill(start(make, run), run, old, chance):
            found["kills"] += 1
            found["while writing"] += bool(half_written(run) - old)
            old = half_written(run)
            rounds.add(rounds_noted(run))
        wait_for(start(make, run))
        found["runs"] += 1
        found["alike"] += alike(folder / "whole", run)
        if found["runs"] == found["alike"]:
            shutil.rmtree(run)
    return found | {"in rounds": len(rounds)}


def wait_for(child: int) -> None:
    while not ended(child):
        time.sleep(0.01)


def alike(one: Path, other: Path) -> bool:
    """Whether two runs ended with the same bits: networks, optimizers, rounds and losses."""
    states = [torch.load(folder / keeping.LAST, weights_only=True) for folder in (one, other)]
    losses = [(folder / keeping.LOSSES).read_text("utf-8") for folder in (one, other)]
    parts = ("networks", "optimizers", "averages", "played")
    return losses[0] == losses[1] and all(equal(states[0][part], states[1][part]) for part in parts)


def equal(one, other) -> bool:
    """Equal values in dicts and lists of tensors and numbers."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(equal(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="in all (default: 200)")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"), help="default: soak.json")
    args = parser.parse_args(arguments)
    os.environ["GANCOURSE_SCALE"] = "smoke"
    torch.set_num_threads(1)  # a process with threads must not fork
    begun, results = time.monotonic(), {}
    for i, (name, make) in enumerate(GAMES.items()):
        kills = (args.kills + i) // len(GAMES)
        with tempfile.TemporaryDirectory() as folder:
            results[name] = soak(make, Path(folder), kills, random.Random(name))
        print(name, results[name], flush=True)
    minutes = round((time.monotonic() - begun) / 60, 1)
    made = {"date": date.today().isoformat(), "versions": stamp.versions(), "hardware": stamp.hardware()}
    result = {"rounds": ROUNDS, "games": results, "stamp": made | {"minutes": minutes}}
    with written(args.out) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return int(any(found["runs"] != found["alike"] for found in results.values()))


if __name__ == "__main__":
    sys.exit(main())
