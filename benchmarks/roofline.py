"""The roofline: the least time that a round can take on this machine.

After Williams et al. 2009 (doi:10.1145/1498765.1498785).

No round is faster than its arithmetic at the machine's rate of multiplying matrices, or than its traffic at the
machine's rate of copying memory. Both rates are measured here, with the threads in force.

FLOPs are those of convolutions and matrix products, forward and backward, as torch's FlopCounterMode counts them: a
multiplication and an addition each. Norms, activations, losses and Adam's arithmetic are left out.

Bytes are what these operations and Adam must move at least. Each convolution or matrix product, forward or backward,
reads its inputs once (activations, parameters, gradients of activations) and writes its results once (activations,
gradients of both kinds); Adam reads parameter, gradient and two moments and writes all but the gradient. Everything in
between (norms, activations, padding, concatenation, losses) counts nothing, as if it were fused into its neighbours.
What stays in a cache from one operation to the next is counted all the same, so where everything fits into one, as with
the digits, the traffic is no strict bound.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry

from gancourse.game import Game
from gancourse.scale import device, pick

ADAM = 7  # times the parameters' bytes: reads p, g, m, v and writes p, m, v
MIB = 2**20


class Traffic(TorchDispatchMode):
    """Counts the bytes that go into and come out of convolutions and matrix products."""

    def __init__(self):
        super().__init__()
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            self.bytes += sum(t.nbytes for t in tree_leaves((args, kwargs, out)) if isinstance(t, Tensor))
        return out


def cost(play: Callable, *batch: Tensor) -> dict[str, int]:
    """FLOPs of a round, and the bytes of its convolutions and matrix products."""
    with FlopCounterMode(display=False) as arithmetic, Traffic() as traffic:
        play(*batch)
    return {"flops": arithmetic.get_total_flops(), "bytes": traffic.bytes}


def of_round(game: Game, batch: list[Tensor]) -> dict[str, int]:
    """FLOPs and bytes of a round of this game in which every player moves once. The game plays it."""
    found = cost(game.round, *batch)
    return found | {"bytes": found["bytes"] + ADAM * sum(p.nbytes for p in game.parameters())}


def bound(cost: dict[str, int], rates: dict[str, float]) -> dict[str, float]:
    """Milliseconds that the arithmetic and the traffic take at these rates, and the larger of them."""
    times = {"matmul": 1000 * cost["flops"] / rates["matmul"], "copy": 1000 * cost["bytes"] / rates["copy"]}
    return times | {"roofline": max(times.values())}


def rates() -> dict[str, float]:
    """What this machine can do in float32: FLOP/s of a matrix product, and bytes/s read and written by a copy."""
    n = 8192 if device().type == "cuda" else pick(smoke=256, laptop=2048)
    size = (1024 if device().type == "cuda" else pick(smoke=4, laptop=256)) * MIB
    a, b, c = (torch.ones(n, n, device=device()) for _ in "abc")
    there, back = (torch.ones(size, dtype=torch.uint8, device=device()) for _ in "ab")
    with as_in_convolutions():
        product = best(lambda: torch.mm(a, b, out=c))
    return {"matmul": 2 * n**3 / product, "copy": 2 * size / best(lambda: there.copy_(back))}


def faster(some: dict[str, float], others: dict[str, float]) -> dict[str, float]:
    """The better of two measurements, rate by rate."""
    return {key: max(rate, others[key]) for key, rate in some.items()}


class as_in_convolutions:
    """Matrix products in TF32 where convolutions may run in it: cuDNN's default, and not that of products."""

    def __enter__(self):
        self.before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32

    def __exit__(self, *error):
        torch.backends.cuda.matmul.allow_tf32 = self.before


def best(work: Callable, times: int = 10) -> float:
    """The shortest of several times that work() took, in seconds."""
    work()
    return min(clock(work) for _ in range(times))


def clock(work: Callable) -> float:
    """Seconds that work() takes, with the device's queue emptied before and after."""
    wait()
    start = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - start


def wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
