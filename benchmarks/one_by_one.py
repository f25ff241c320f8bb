"""What each part of the engine is worth: a round of the core games with all of it, and with one thing out or added.

    python -m benchmarks.one_by_one [--scale laptop|paper] [--games NAME ...] [--repeats N]

Each way has a process of its own, and they play in turn, block after block, as in `train_step`. Written down is the
ratio of milliseconds a round, that way / as it is, turn by turn: median and quartiles. For what is left out, above 1
means that it pays; for what is added, below 1 means that it would pay. Beside it stand the tensors of the first rounds
at their peak, in MiB.
"""

import json
import statistics
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from unittest import mock

import torch

from benchmarks.cases import batch_of, game_of
from benchmarks.memory import tensors
from benchmarks.roofline import clock
from benchmarks.train_step import FULL, RECORDED, asked, block, process, results, spread
from gancourse import memory
from gancourse.files import written
from gancourse.game import Game, players, train
from gancourse.plots import table
from gancourse.scale import device, pick
from gancourse.steps import PlayersAdam, gradients
from tools import stamp
from tools.pages import for_the_book, made_on


def everything(game: Game) -> dict:
    """As it is."""
    return {}


def in_fp32(game: Game) -> dict:
    return {"precision": "fp32"}


def in_bf16(game: Game) -> dict:
    return {"precision": "bf16"}


def all_gradients(game: Game) -> dict:
    """`backward()` to every parameter that a loss depends on, also of players who do not move."""
    plain = torch.Tensor.backward
    mock.patch("torch.Tensor.backward", lambda self, inputs=None, **how: plain(self, **how)).start()
    return {}


class Looping(PlayersAdam):
    def __init__(self, params, fused: bool, **how):
        super().__init__(params, foreach=False, **how)


def parameter_by_parameter(game: Game) -> dict:
    """Adam by torch's loop over parameters."""
    mock.patch("gancourse.game.PlayersAdam", Looping).start()
    return {}


def one_after_the_other(game: Game) -> dict:
    """Each batch goes through a player on its own."""
    mock.patch("gancourse.games.cyclegan.together", lambda net, *batches: tuple(map(net, batches))).start()
    return {}


def all_ways_at_once(game: Game) -> dict:
    """A loss in parts is added up before its gradient is taken."""
    mock.patch("gancourse.game.gradients", lambda losses, *how: gradients([sum(losses)], *how)).start()
    return {}


def memory_given_back(game: Game) -> dict:
    """Freed memory goes back to the system, as the C library has it."""
    mock.patch.object(memory, "hold", lambda: False).start()
    return {}


def channels_last(game: Game) -> dict:
    return {"channels_last": True}


def compiled(game: Game) -> dict:
    """torch.compile of each player's forward pass; compiling happens before the clock starts."""
    for player in players(game):
        player.forward = torch.compile(player.forward)
    return {}


def recorded(game: Game) -> dict:
    """One CUDA graph for a whole round."""
    mock.patch("gancourse.game.Recorded", RECORDED).start()
    return {"graph": True}


LEFT_OUT = {
    "backward(inputs=...)": all_gradients,
    "fused Adam": parameter_by_parameter,
    "one pass": one_after_the_other,
    "one way at a time": all_ways_at_once,
    "held memory": memory_given_back,
}
ADDED = {"channels_last": channels_last, "torch.compile": compiled}
if device().type == "cuda":
    ADDED["one CUDA graph"] = recorded
CHOSEN = {"fp32": in_fp32, "bf16": in_bf16}  # for one of them nothing changes: it is what `train` chooses
WAYS: dict[str, Callable[[Game], dict]] = {"as it is": everything, **CHOSEN, **LEFT_OUT, **ADDED}
READY: list[Callable[[int], None]] = []  # in its process, what plays n rounds


def begin(name: str, way: str) -> float:
    """Make this process ready to play a game in a way; MiB of the tensors of the first rounds at their peak."""
    game, batch = game_of(name), [batch_of(name)]
    how = WAYS[way](game)
    READY[:] = [lambda n: train(game, batch, n, progress=False, **how)]
    return tensors(lambda: READY[0](FULL if "graph" in how else pick(smoke=1, laptop=3)))


def rounds(n: int) -> float:
    """Milliseconds a round, over n of them, in this process."""
    return 1000 * clock(lambda: READY[0](n)) / n


def measure(name: str, ways: list[str], repeats: int) -> dict[str, dict]:
    """Milliseconds a round, (repeats) values for each way, timed in turn; and MiB of tensors."""
    with ExitStack() as stack:
        at = {way: stack.enter_context(process()) for way in ways}
        needed = {way: one.submit(begin, name, way).result() for way, one in at.items()}
        n = block(at[ways[0]].submit(rounds, 1).result())
        turns = [{way: one.submit(rounds, n).result() for way, one in at.items()} for _ in range(repeats)]
    return {"milliseconds": {way: [turn[way] for turn in turns] for way in ways}, "tensors (MiB)": needed}


def ratios(found: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """That way / as it is, turn by turn: median and quartiles."""
    result = {}
    for way in found:
        turns = [a / b for a, b in zip(found[way], found["as it is"], strict=True)]
        low, middle, high = statistics.quantiles(turns, n=4, method="inclusive")
        result[way] = {"median": middle, "low": low, "high": high}
    return result


def caption(way: str) -> str:
    """What a row shows: what is left out, what is added, what is chosen."""
    how = "without " if way in LEFT_OUT else "with " if way in ADDED else "in " if way in CHOSEN else ""
    return how + way


def times(games: dict[str, dict]):
    """The table of ratios."""
    ways = [way for way in WAYS if way != "as it is"]
    return table({caption(way): {name: spread(of["ratios"][way]) for name, of in games.items()} for way in ways})


def memories(games: dict[str, dict]):
    """The table of memory."""
    rows = {way: {f"{name} (MiB)": of["tensors (MiB)"][way] for name, of in games.items()} for way in WAYS}
    return table({caption(way): row for way, row in rows.items()}, digits=1)


def main(arguments: list[str] | None = None) -> int:
    args = asked(__doc__, arguments)
    repeats, games = args.repeats or pick(smoke=2, laptop=7, paper=3), {}
    for name in args.games:
        print(f"{name} ...", flush=True)
        found = measure(name, list(WAYS), repeats)
        games[name] = found | {"ratios": ratios(found["milliseconds"])}
    print(times(games), memories(games), sep="\n\n")
    made = {"hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat()}
    path = args.out or results("one_by_one", args.scale)
    with written(path) as partial:
        text = json.dumps({"scale": args.scale, "device": device().type, "games": games} | made, indent=1)
        partial.write_text(text + "\n", "utf-8")
    for_the_book(path.with_suffix(".md"), times(games), memories(games), made_on(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
