"""Seconds until the judge is content: cGAN on digits, trained by the library and by the textbook loop.

    python -m benchmarks.time_to_quality [--data NAME] [--every K] [--rounds N] [--seeds N] [--out FILE.json]

Both train in turn in one process, K rounds at a time, from the same weights, with their data: the recipe of chapter 2
by `train` on resident batches, and `Tutorial` of `plain` on a `DataLoader`. After each K rounds the judge looks at
1,000 digits of either, 100 of each class, from the same noise: the library's by its running mean of G, the textbook's
by G.
The gate is passed when the judge sees in at least 90 % of them what was asked for. Time is that of training, data and
warm-up included, without the judge's. A ratio textbook / library above 1 means that the library is there first.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from datetime import date
from itertools import count, islice
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor

from benchmarks.plain import Tutorial
from benchmarks.plain_data import TutorialSet, around, loader
from benchmarks.roofline import clock
from benchmarks.train_step import PLAIN, RECORDED, VARIANTS
from gancourse import recipes
from gancourse.data.digits import NAMES, ImageSet
from gancourse.files import written
from gancourse.game import train
from gancourse.games.cgan import CGAN
from gancourse.metrics import Judge, judge_of
from gancourse.plots import table
from gancourse.scale import device, pick
from tools import stamp
from tools.pages import for_the_book, made_on

RESULTS = Path(__file__).with_suffix(".json")
GATE = 0.9  # label accuracy


def game_of(seed: int) -> CGAN:
    torch.manual_seed(seed)
    return recipes.cgan().to(device())


def by_library(images: ImageSet, seed: int, how: dict) -> tuple[Callable, Callable]:
    """What plays n rounds, and what draws digits for noise and labels."""
    game, batches = game_of(seed), images.to(device()).batches(recipes.BATCH, labels=True, seed=seed)

    def play(n):
        with mock.patch("gancourse.game.Recorded", RECORDED):
            train(game, batches, n, seed=seed, progress=False, **how)

    return play, game.sample


def by_textbook(images: ImageSet, seed: int) -> tuple[Callable, Callable]:
    """The same for the plain loop."""
    loop, stream = Tutorial(game_of(seed)), around(loader(TutorialSet(images), recipes.BATCH), 2)
    turns = count(1_000_000 * (seed + 1))

    def play(n):
        torch.manual_seed(next(turns))  # `train` leaves the random state of its own last round behind
        for batch in islice(stream, n):
            loop.round(*batch)

    def draw(z, labels):
        with torch.no_grad():
            fake = loop.G.eval()(z, labels)
        loop.G.train()
        return fake

    return play, draw


def accuracy(judge: Judge, draw: Callable[[Tensor, Tensor], Tensor], z: Tensor) -> float:
    """The share of digits, one for each row of z, in which the judge sees what was asked for."""
    labels = torch.arange(len(z), device=z.device) % 10
    return (judge.look(draw(z, labels))[1].argmax(1) == labels).float().mean().item()


def race(images: ImageSet, judge: Judge, seed: int, every: int, rounds: int) -> dict[str, dict]:
    """For each way its seconds, rounds and accuracies until it passes the gate, or gives up after `rounds`."""
    ways = {PLAIN: by_textbook(images, seed)}
    ways |= {way: by_library(images, seed, variant.how) for way, variant in VARIANTS.items()}
    z = torch.randn(1000, game_of(seed).G.z_dim, device=device())
    found = {way: {"seconds": 0.0, "rounds": 0, "accuracy": [], "passed": False} for way in ways}
    for _ in range(0, rounds, every):
        for way, (play, draw) in ways.items():
            if not (run := found[way])["passed"]:
                run["seconds"] += clock(lambda play=play: play(every))
                run["rounds"] += every
                run["accuracy"].append(accuracy(judge, draw, z))
                run["passed"] = run["accuracy"][-1] >= GATE
    return found


def ratio(seeds: list[dict[str, dict]], way: str) -> float | None:
    """Textbook / library, the median over the seeds; None if one of them has not passed the gate."""
    if not all(run[one]["passed"] for run in seeds for one in (PLAIN, way)):
        return None
    return statistics.median(run[PLAIN]["seconds"] / run[way]["seconds"] for run in seeds)


def rows(seeds: list[dict[str, dict]]):
    """The table: each way's median seconds and rounds, its last accuracy, and the ratio."""
    shown = {}
    for way in seeds[0]:
        runs = [run[way] for run in seeds]
        row = {f"{key} (median)": statistics.median(run[key] for run in runs) for key in ("seconds", "rounds")}
        row["worst last accuracy"] = f"{min(run['accuracy'][-1] for run in runs):.3f}"
        row["passed"] = f"{sum(run['passed'] for run in runs)} of {len(runs)}"
        if way != PLAIN:
            row[f"{PLAIN} / this"] = ratio(seeds, way)
        shown[way] = row
    return table(shown, digits=2)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    os.environ.setdefault("GANCOURSE_SCALE", "laptop")
    parser.add_argument("--data", choices=NAMES, default="digits")
    parser.add_argument("--every", type=int, default=pick(smoke=2, laptop=25), help="rounds between two looks")
    parser.add_argument("--rounds", type=int, default=pick(smoke=4, laptop=3000), help="at most")
    parser.add_argument("--seeds", type=int, default=pick(smoke=1, laptop=3))
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args(arguments)
    images, test = recipes.digit_sets(args.data)
    judge = judge_of(images, test).to(device())
    seeds = [race(images, judge, seed, args.every, args.rounds) for seed in range(args.seeds)]
    print(rows(seeds))
    result = {
        "data": images.name, "batch": recipes.BATCH, "gate": GATE, "every": args.every, "rounds": args.rounds,
        "seeds": seeds, "textbook over": {way: ratio(seeds, way) for way in VARIANTS}, "device": device().type,
        "library": stamp.library_hashes(stamp.used_files(list(sys.modules))),
        "hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat(),
    }  # fmt: skip
    with written(args.out) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    for_the_book(args.out.with_suffix(".md"), rows(seeds), made_on(result))


if __name__ == "__main__":
    main()
