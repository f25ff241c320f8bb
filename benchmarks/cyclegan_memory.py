"""The memory that a round of CycleGAN needs: `CycleGAN.round`, and a loop in the order of the reference implementation.

    python -m benchmarks.cyclegan_memory [--size N] [--blocks N] [--base N] [--out FILE.json]

Each way plays two rounds (the second has Adam's moments) in a fresh process, with equal players and one picture of each
domain. What counts is the peak, less what the process held before its first round: the data and the players. On a GPU
that is what torch allocated, elsewhere the largest resident set that the operating system saw.
"""

import argparse
import itertools
import json
import re
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Adam

from gancourse.files import written
from gancourse.games.cyclegan import CycleGAN
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.plots import table
from gancourse.scale import device
from tools import stamp

RESULTS = Path(__file__).with_suffix(".json")
MIB = 2**20


class InOrder(CycleGAN):
    """The same players; every answer is made first, then the forgers move, then one critic after the other."""

    def round(self, x: Tensor, y: Tensor) -> None:
        if not hasattr(self, "opt_g"):
            how = {"lr": self.lr, "betas": self.betas}
            self.opt_g = Adam(itertools.chain(self.G.parameters(), self.F.parameters()), **how)
            self.opt_d = Adam(itertools.chain(self.D_X.parameters(), self.D_Y.parameters()), **how)
        fake_y, fake_x = self.G(x), self.F(y)
        home_x, home_y = self.F(fake_y), self.G(fake_x)
        self.hold_critics(True)
        self.opt_g.zero_grad()
        same = l1_loss(self.G(y), y) + l1_loss(self.F(x), x)
        fooled = against(self.D_Y(fake_y), 1.0) + against(self.D_X(fake_x), 1.0)
        cycle = l1_loss(home_x, x) + l1_loss(home_y, y)
        (fooled + self.cycle * (cycle + self.identity * same)).backward()
        self.opt_g.step()
        self.hold_critics(False)
        self.opt_d.zero_grad()
        for D, real, fake in ((self.D_Y, y, self.pool_y(fake_y)), (self.D_X, x, self.pool_x(fake_x))):
            (self.d_weight * (against(D(real), 1.0) + against(D(fake), 0.0))).backward()
        self.opt_d.step()

    def hold_critics(self, still: bool) -> None:
        for D in (self.D_X, self.D_Y):
            D.requires_grad_(not still)


def against(logits: Tensor, target: float) -> Tensor:
    """Least squares."""
    return mse_loss(logits, torch.full_like(logits, target))


WAYS = {"CycleGAN.round": CycleGAN, "in the reference's order": InOrder}


def measure(way: str, size: int, blocks: int, base: int) -> dict[str, float]:
    """MiB held before the first round and at the peak, and the parameters' sum at the end, of this process."""
    torch.manual_seed(0)
    forgers = [ResNetGenerator(base=base, blocks=blocks) for _ in "GF"]
    critics = [PatchGAN(3, base, 3, nn.InstanceNorm2d) for _ in "XY"]
    game = WAYS[way](*forgers, *critics).to(device())
    x, y = (torch.rand(1, 3, size, size, device=device()) * 2 - 1 for _ in "XY")
    before = held()
    for i in range(2):
        torch.manual_seed(i)
        game.round(x, y)
    total = sum(p.double().abs().sum().item() for p in game.parameters())
    return {"before": before, "peak": held(), "sum": total}


def held() -> float:
    """The largest MiB so far."""
    if device().type == "cuda":
        return torch.cuda.max_memory_allocated() / MIB
    if (status := Path("/proc/self/status")).exists():  # Linux hands the peak of getrusage on to a child
        return float(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)) * 1024 / MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB  # bytes on macOS


def fresh(way: str, args: argparse.Namespace) -> dict[str, float]:
    """:func:`measure` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.cyclegan_memory", "--way", way]
    command += [f"--{name}={getattr(args, name)}" for name in ("size", "blocks", "base")]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return found | {"needed": found["peak"] - found["before"]}


def main(arguments: list[str] | None = None) -> int:
    """1 if our round needs more than the reference's order, by more than two in a hundred."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--base", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    if args.way:
        print(json.dumps(measure(args.way, args.size, args.blocks, args.base)))
        return 0
    runs = {way: [] for way in WAYS}
    for way in list(WAYS) * args.repeats:
        runs[way].append(fresh(way, args))
    least = {way: min(some, key=lambda run: run["needed"]) for way, some in runs.items()}
    print(table({f"{way} (MiB)": run for way, run in least.items()}, digits=0))
    mine, theirs = (run["needed"] for run in least.values())
    print(f"CycleGAN.round needs {mine / theirs:.3f} of what the reference's order needs")
    result = {
        "size": args.size, "blocks": args.blocks, "base": args.base, "device": device().type, "runs": runs,
        "ratio": mine / theirs, "hardware": stamp.hardware(), "versions": stamp.versions(),
        "date": date.today().isoformat(),
    }  # fmt: skip
    with written(args.out) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return int(mine > 1.02 * theirs)


if __name__ == "__main__":
    sys.exit(main())
