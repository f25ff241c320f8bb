"""One round of `GAN` beside the plain loop of the usual PyTorch tutorial: same networks, same batch size.

    python -m benchmarks.digits_round [--rounds N] [--repeats N] [--out FILE.json]

The plain loop is written as tutorials write it: `DataLoader` with ToTensor and Normalize, cross-entropy against
tensors of ones and zeros, `zero_grad`, `backward`, `step`, Adam as it comes. Both are timed in turn in one process,
with the batch already there ("round") and with the data included ("with data"); the medians over all repeats and
their ratios are written down. A ratio above 1 means that `GAN` is faster.
"""

import argparse
import json
import statistics
import time
from datetime import date
from itertools import cycle, islice
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from gancourse.data.digits import ImageSet, load
from gancourse.files import written
from gancourse.game import train
from gancourse.games.gan import GAN
from gancourse.plots import table
from gancourse.recipes import BATCH, players
from gancourse.scale import device
from tools import stamp

RESULTS = Path(__file__).with_suffix(".json")


class TutorialSet(Dataset):
    """What torchvision's MNIST does for one picture: PIL image, then transforms."""

    def __init__(self, images: ImageSet):
        self.images, self.labels = images.images.squeeze(1).cpu().numpy(), images.labels.tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(Image.fromarray(self.images[i])), self.labels[i]


class TutorialLoop:
    """The training loop of the usual tutorial."""

    def __init__(self, G: nn.Module, D: nn.Module):
        self.G, self.D = G, D
        self.opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
        self.criterion = nn.BCEWithLogitsLoss()

    def round(self, real):
        where = next(self.G.parameters()).device
        real = real.to(where)
        ones, zeros = torch.ones(len(real), 1, device=where), torch.zeros(len(real), 1, device=where)
        self.opt_d.zero_grad()
        fake = self.G(torch.randn(len(real), self.G.z_dim, device=where))
        loss_d = self.criterion(self.D(real), ones) + self.criterion(self.D(fake.detach()), zeros)
        loss_d.backward()
        self.opt_d.step()
        self.opt_g.zero_grad()
        loss_g = self.criterion(self.D(fake), ones)
        loss_g.backward()
        self.opt_g.step()
        return loss_d.item(), loss_g.item()  # tutorials print or keep them

    def with_data(self, loader, rounds):
        for x, _ in islice(cycle(loader), rounds):
            self.round(x)


def clock(work) -> float:
    """Seconds that work() takes, with the device's queue emptied before and after."""
    wait = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    wait()
    start = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - start


def measure(kind: str, images: ImageSet, rounds: int, repeats: int) -> dict[str, list[float]]:
    """Milliseconds a round, (repeats) values each, of the four cases, timed in turn."""
    torch.manual_seed(0)
    game = GAN(*players(kind, classes=0)).to(device())
    plain = TutorialLoop(*[net.to(device()) for net in players(kind, classes=0)])
    batches, loader = images.batches(BATCH), DataLoader(TutorialSet(images), BATCH, shuffle=True, drop_last=True)
    (x,) = batches.at(0)

    def repeat(play):
        return lambda: [play(x) for _ in range(rounds)]

    cases = {
        "GAN, round": repeat(game.round),
        "plain, round": repeat(plain.round),
        "GAN, with data": lambda: train(game, batches, rounds, progress=False),
        "plain, with data": lambda: plain.with_data(loader, rounds),
    }
    times = {name: [] for name in cases}
    for i in range(repeats + 1):
        for name, work in cases.items():
            seconds = clock(work)
            if i:  # the first is to warm up
                times[name].append(1000 * seconds / rounds)
    return times


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args(arguments)
    images = load("mnist").to(device())
    results, rows = {}, {}
    for kind in ("mlp", "conv"):
        times = measure(kind, images, args.rounds, args.repeats)
        medians = {name: statistics.median(values) for name, values in times.items()}
        ratios = {c: medians[f"plain, {c}"] / medians[f"GAN, {c}"] for c in ("round", "with data")}
        results[kind] = {"milliseconds": times, "medians": medians, "plain over GAN": ratios}
        rows[kind] = {f"{k} (ms)": v for k, v in medians.items()} | {f"plain / GAN, {k}": v for k, v in ratios.items()}
    print(table(rows, digits=2))
    result = {
        "data": images.name, "batch": BATCH, "rounds": args.rounds, "repeats": args.repeats, "results": results,
        "library": stamp.library_hashes(["gancourse/game.py", "gancourse/games/gan.py", "gancourse/data/batches.py"]),
        "hardware": stamp.hardware(), "versions": stamp.versions(), "date": date.today().isoformat(),
    }  # fmt: skip
    with written(args.out) as partial:
        partial.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
