"""A round of every core game: the library, the textbook loop in plain PyTorch, and the roofline.

    python -m benchmarks.train_step [--scale laptop|paper] [--games NAME ...] [--repeats N] [--out FILE.json]

The games are those of `gancourse.recipes`: at "laptop" 64 px, at "paper" 256 px with batch 1; the digits are the same
at both. See `cases`, `plain` (the textbook's loops), `plain_data`, `agreement` and `roofline` beside this file.

Where library and textbook do not compute the same numbers no ratio is written, and the command ends with 1.

Both are timed in turn, block after block of rounds: with the batch already there ("round"), and with the data included
("with data"). Each has a process of its own that lives through all its blocks: in one process they would share a heap,
and on a CPU what one frees and the other takes decides how many pages each must fetch anew.

Written down are milliseconds a round of each block, their medians, and of the ratio textbook / library of each turn the
median and the quartiles. Above 1 the library is faster. `train` chooses one of the precisions where nobody else does.
The roofline's share is its milliseconds over the median's.

Memory is the peak of the first three rounds over what was there before them (players and batch), in MiB: of tensors
alone; and of the resident set, the mean of several processes, the least and the most. On a GPU both are torch's count.
See `memory`.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from copy import deepcopy
from datetime import date
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import torch

from benchmarks import agreement, roofline
from benchmarks.cases import CASES, batch_of, game_of
from benchmarks.memory import held, now, tensors
from benchmarks.plain import LOOPS
from benchmarks.plain_data import around
from benchmarks.roofline import clock
from gancourse.files import written
from gancourse.game import chosen, train
from gancourse.plots import table
from gancourse.precision import computes_in_bf16
from gancourse.recorded import Recorded
from gancourse.scale import SCALES, device, pick
from tools import stamp
from tools.pages import for_the_book, made_on

PLAIN, DATA = "textbook", "with data"


class Variant(NamedTuple):
    """How `train` is called, and the share by which the first losses may then differ from the textbook's."""

    how: dict
    within: float


def halves(kind: str) -> str | None:
    """The numbers of half the size that this hardware likes, whatever the environment says; None where it has none."""
    if kind == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    return "bf16" if kind == "cpu" and computes_in_bf16() else None


# A line here is a column in the results: another precision, compiled, one CUDA graph, ... "fp32" is what the textbook
# is compared with number by number, so it names whatever keeps `train` from choosing another precision.
VARIANTS = {"fp32": Variant({"precision": "fp32"}, within=1e-3)}
if half := halves(device().type):  # what `train` takes where nobody chooses, if there is enough to compute
    VARIANTS[half] = Variant({"precision": half}, within=0.1)
if device().type == "cuda":
    VARIANTS |= {f"{way}, graph": Variant(one.how | {"graph": True}, one.within) for way, one in VARIANTS.items()}
FULL = 60  # rounds after which the pools are full and a round is recorded
RECORDED = cache(Recorded)  # `train` records anew whenever it is called; here one recording of a game lasts


def agrees(name: str) -> dict[str, dict]:
    """For each variant by how much it differs from the textbook, and whether that passes as rounding."""
    exact, plainly, found = agreement.exact(name), VARIANTS["fp32"].how, {}
    for way, variant in VARIANTS.items():
        timed = agreement.as_timed(name, variant.how, plainly)
        if variant.how.get("graph"):  # whose first rounds are played as they stand
            timed = max(timed, agreement.with_itself(name, variant.how, {"graph": False}, FULL))
        same = exact <= agreement.EXACT and timed <= variant.within
        found[way] = {"float64": exact, "as timed": timed, "same": same}
    return found


def player(name: str, way: str) -> Callable:
    """Plays n rounds: the library by `train` on its batches, the textbook on a stream of its own."""
    game = game_of(name)
    loop = LOOPS[name](game) if way == PLAIN else deepcopy(game)  # a copy in either case, so that memory is alike

    def plainly(batches, stream, n):
        for batch in islice(stream, n):
            loop.round(*batch)

    def by_train(batches, stream, n):
        with mock.patch("gancourse.game.Recorded", RECORDED):
            train(loop, batches, n, progress=False, **VARIANTS[way].how)

    return plainly if way == PLAIN else by_train


READY: dict[str, tuple] = {}  # what this process can play, by way: see `begin`


def begin(name: str, way: str) -> float:
    """Make this process ready; by how many MiB its first three rounds let it grow."""
    play, batch = player(name, way), batch_of(name)
    before = now()
    play([batch], around([batch], len(batch)), FULL if way.endswith("graph") else agreement.ROUNDS)
    peak, (batches, loader) = held(), CASES[name].data()
    READY[way] = play, {"round": ([batch], around([batch], len(batch))), DATA: (batches, around(loader, len(batch)))}
    return peak - before


def needed(name: str, way: str) -> float:
    """MiB of the tensors of three rounds, at their peak."""
    play, batch = player(name, way), batch_of(name)
    return tensors(lambda: play([batch], around([batch], len(batch)), agreement.ROUNDS))


def resident(name: str, way: str) -> list[float]:
    """MiB by which the first three rounds let a process grow, for each of several fresh ones: where the C library puts
    what, and so how many pages there are, differs from one to the next."""
    grown = []
    for _ in range(1 if device().type == "cuda" else pick(smoke=2, laptop=9, paper=3)):
        with process() as one:
            grown.append(one.submit(begin, name, way).result())
    return grown


def rounds(way: str, feed: str, n: int) -> float:
    """Milliseconds a round, over n of them, in this process."""
    play, feeds = READY[way]
    return 1000 * clock(lambda: play(*feeds[feed], n)) / n


def process() -> Executor:
    """A fresh process that does what it is told."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def times(name: str, repeats: int) -> dict[str, dict]:
    """Milliseconds a round, (repeats) values for each feed and way, timed in turn."""
    with ExitStack() as stack:
        at = {way: stack.enter_context(process()) for way in (PLAIN, *VARIANTS)}

        def play(way, feed, n):
            return at[way].submit(rounds, way, feed, n).result()

        found = {}
        for way, one in at.items():
            one.submit(begin, name, way).result()
        for feed in ("round", DATA):
            n = block(max(play(way, feed, 1) for _ in "ab" for way in at))
            turns = [{way: play(way, feed, n) for way in at} for _ in range(repeats)]
            found[feed] = {way: [turn[way] for turn in turns] for way in at}
    return found


def block(milliseconds: float) -> int:
    """So many rounds that take about a second."""
    return max(1, min(500, int(1000 * pick(smoke=0, laptop=1.0) / milliseconds)))


def ratios(of: dict[str, list[float]], same: dict[str, dict]) -> dict[str, dict | None]:
    """Textbook / library turn by turn: median and quartiles. None where the numbers differ."""
    found = {}
    for way in VARIANTS:
        turns = torch.tensor([a / b for a, b in zip(of[PLAIN], of[way], strict=True)], dtype=torch.float64)
        low, middle, high = turns.quantile(torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)).tolist()
        found[way] = {"median": middle, "low": low, "high": high} if same[way]["same"] else None
    return found


def measure(name: str, repeats: int) -> dict:
    """All that is to be said about one game but its share of the roofline."""
    same, some, game = agrees(name), times(name, repeats), game_of(name)
    medians = {feed: {way: statistics.median(values) for way, values in of.items()} for feed, of in some.items()}
    theirs = roofline.cost(LOOPS[name](game).round, *batch_of(name))["flops"]
    cost = roofline.of_round(game, batch_of(name))
    return {
        "batch": [list(part.shape) for part in batch_of(name)],
        "parameters": {key: row.numel() for key, row in agreement.players(game).items()},
        "agreement": same, "medians": medians, "train chooses": chosen(game, CASES[name].data()[0]),
        "textbook over": {feed: ratios(of, same) for feed, of in some.items()},
        "cost": cost | {"flops of the textbook": theirs}, "milliseconds": some,
        "tensors (MiB)": {way: needed(name, way) for way in (PLAIN, *VARIANTS)},
        "resident set (MiB)": {way: resident(name, way) for way in (PLAIN, *VARIANTS)},
    }  # fmt: skip


def shares(found: dict, rates: dict[str, float]) -> dict:
    """The roofline's milliseconds, and the share of it that each way reaches."""
    bound = roofline.bound(found["cost"], rates)
    reached = {way: bound["roofline"] / value for way, value in found["medians"]["round"].items()}
    return {"roofline (ms)": bound, "share of roofline": reached}


def speeds(games: dict[str, dict]):
    """The table of milliseconds and ratios."""
    rows = {}
    for name, found in games.items():
        for feed, medians in found["medians"].items():
            row = {f"{way} (ms)": value for way, value in medians.items()}
            for way, ratio in found["textbook over"][feed].items():
                row[f"{PLAIN} / {way}"] = spread(ratio)
            row["train chooses"] = found["train chooses"]
            rows[f"{name}, {feed}"] = row
    return table(rows, digits=1)


def spread(ratio: dict[str, float] | None) -> str:
    return "{median:.2f} ({low:.2f} to {high:.2f})".format(**ratio) if ratio else "other numbers"


def average(values: list[float]) -> str:
    return f"{statistics.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def limits(games: dict[str, dict]):
    """The table of the roofline."""
    rows = {}
    for name, found in games.items():
        cost, bound = found["cost"], found["roofline (ms)"]
        row = {"GFLOP": cost["flops"] / 1e9, "MB": cost["bytes"] / 1e6, "roofline (ms)": bound["roofline"]}
        row |= {f"{way}, share": f"{value:.2f}" for way, value in found["share of roofline"].items()}
        rows[name] = row
    return table(rows, digits=1)


def memories(games: dict[str, dict]):
    """The table of memory."""
    rows = {}
    for name, found in games.items():
        rows[f"{name}, tensors (MiB)"] = found["tensors (MiB)"]
        rows[f"{name}, resident set (MiB)"] = {way: average(of) for way, of in found["resident set (MiB)"].items()}
    return table(rows, digits=1)


def main(arguments: list[str] | None = None) -> int:
    """1 if a game's numbers differ from the textbook's."""
    args = asked(__doc__, arguments)
    repeats, rates, games = args.repeats or pick(smoke=2, laptop=9, paper=5), roofline.rates(), {}
    for name in args.games:
        print(f"{name} ...", flush=True)
        games[name] = measure(name, repeats)
        rates = roofline.faster(rates, roofline.rates())  # other work on the machine would lower the roof
    games = {name: found | shares(found, rates) for name, found in games.items()}
    print(f"{rates['matmul'] / 1e9:.0f} GFLOP/s in matrix products, {rates['copy'] / 1e9:.1f} GB/s in copies")
    print(speeds(games), limits(games), memories(games), sep="\n\n")
    result = {
        "scale": args.scale, "device": device().type, "tf32 in convolutions": torch.backends.cudnn.allow_tf32,
        "repeats": repeats, "rates (per second)": rates, "games": games,
        "library": stamp.library_hashes(stamp.used_files(list(sys.modules))),
        "hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat(),
    }  # fmt: skip
    path = args.out or results("train_step", args.scale)
    with written(path) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    for_the_book(path.with_suffix(".md"), speeds(games), limits(games), memories(games), made_on(result))
    return int(not all(way["same"] for found in games.values() for way in found["agreement"].values()))


def asked(about: str, arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for. Sets the scale."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", choices=SCALES, default=os.environ.get("GANCOURSE_SCALE") or "laptop")
    parser.add_argument("--games", nargs="+", choices=CASES, default=list(CASES), metavar="NAME")
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(arguments)
    os.environ["GANCOURSE_SCALE"] = args.scale  # for the recipes, here and in the fresh processes
    return args


def results(benchmark: str, scale: str) -> Path:
    """Each scale on each kind of device has a file."""
    return Path(__file__).with_name(f"{benchmark}-{scale}-{device().type}.json")


if __name__ == "__main__":
    sys.exit(main())
