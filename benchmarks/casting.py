"""Where numbers of half the size pay: a round in float32 over one in bf16, by size and number of the pictures.

    python -m benchmarks.casting [--scale laptop|paper] [--games NAME ...] [--repeats N] [--out FILE.json]

All weights are cast in every pass, however few pictures go through. So the rows are sorted by how many numbers the
players have for each pixel of a batch. Both precisions are timed in turn, in one process; above 1 bf16 is faster.
"""

import json
import statistics
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date

import torch
from torch import Tensor

from benchmarks.one_by_one import ratios
from benchmarks.roofline import clock
from benchmarks.train_step import asked, block, results, spread
from gancourse import recipes
from gancourse.files import written
from gancourse.game import Game, chosen, players, train
from gancourse.loop import places
from gancourse.plots import table
from gancourse.scale import device, pick
from tools import stamp
from tools.pages import for_the_book, made_on


def cyclegan(size: int, **options) -> Game:
    return recipes.cyclegan(size, 100, **options)


def dusk(size: int) -> Game:
    return cyclegan(size, **recipes.dusk_recipe())


def planes(size: int) -> Game:
    return cyclegan(size, y=recipes.PLANES)


def pix2pix(size: int) -> Game:
    return recipes.pix2pix(size, 100)


CASES: dict[str, tuple[Callable[[int], Game], int, list[tuple[int, int]]]] = {  # channels of y; px, pictures in a batch
    "CycleGAN": (cyclegan, 3, [(32, 4), (64, 1), (64, 2), (64, 4), (128, 1), (256, 1)]),
    "CycleGAN, dusk": (dusk, 3, [(64, 1)]),
    "CycleGAN, plans": (planes, recipes.PLANES, [(64, 1)]),
    "pix2pix": (pix2pix, 3, [(64, 1), (64, 8), (128, 1), (256, 1)]),
}


def cases(games: list[str]) -> Iterator[tuple[str, Game, list[Tensor]]]:
    """A name, a game and a batch for it, of these games."""
    for name, (make, channels, batches) in CASES.items():
        if name.split(",")[0] not in games:
            continue
        for size, n in pick(smoke=batches[-1:], laptop=batches):
            x, y = (torch.rand(n, c, size, size) * 2 - 1 for c in (3, channels))
            yield f"{name}, {n} of {size} px", make(size), [z.to(device()) for z in (x, y)]


def measure(game: Game, batch: list[Tensor], repeats: int) -> dict:
    """Milliseconds a round in both precisions, in turn, and what `train` would choose."""
    games = {precision: deepcopy(game).to(device()) for precision in ("bf16", "fp32")}

    def play(precision: str, n: int) -> float:
        return clock(lambda: train(games[precision], [batch], n, precision=precision, progress=False)) * 1000 / n

    n = block(max(play(precision, 2) for precision in games))
    turns = [{precision: play(precision, n) for precision in games} for _ in range(repeats)]
    found = {precision: [turn[precision] for turn in turns] for precision in games}
    numbers = sum(p.numel() for player in players(game) for p in player.parameters())
    return {
        "numbers for each pixel": numbers / places([batch]),
        "milliseconds": found,
        "fp32 over bf16": ratios({"fp32": found["fp32"], "as it is": found["bf16"]})["fp32"],
        "train chooses": chosen(game.to(device()), [batch]),
    }


def shown(found: dict[str, dict]):
    """The table, those who have the most to cast last."""
    rows = {}
    for name, of in sorted(found.items(), key=lambda row: row[1]["numbers for each pixel"]):
        rows[name] = {"numbers for each pixel": f"{of['numbers for each pixel']:.0f}"}
        rows[name] |= {f"{p} (ms)": statistics.median(of["milliseconds"][p]) for p in ("fp32", "bf16")}
        rows[name] |= {"fp32 / bf16": spread(of["fp32 over bf16"]), "train chooses": of["train chooses"]}
    return table(rows, digits=1)


def main(arguments: list[str] | None = None) -> int:
    args = asked(__doc__, arguments)
    repeats, found = args.repeats or pick(smoke=2, laptop=7, paper=3), {}
    for name, game, batch in cases(args.games):
        found[name] = measure(game, batch, repeats)
        print(name, spread(found[name]["fp32 over bf16"]), flush=True)
    print(shown(found))
    made = {"hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat()}
    path = args.out or results("casting", args.scale)
    with written(path) as partial:
        partial.write_text(json.dumps({"scale": args.scale, "games": found} | made, indent=1) + "\n", "utf-8")
    for_the_book(path.with_suffix(".md"), shown(found), made_on(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
