"""What several workers do in the tests: each process runs one of these functions.

python -m tests.at_work alike FOLDER      with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT set, or under torchrun
"""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from torch import nn

from gancourse import workers
from gancourse.data.batches import Batches
from gancourse.game import Game, train
from gancourse.games.cyclegan import CycleGAN
from gancourse.games.gan import GAN
from gancourse.games.pix2pix import Pix2Pix
from gancourse.keeping import Keeper
from gancourse.networks.mlp import MLPDiscriminator, MLPGenerator
from gancourse.networks.patchgan import PatchGAN
from gancourse.networks.resnet import ResNetGenerator
from gancourse.networks.unet import UNet
from tests.cut_off import Broken

SHAPE, NORM = (1, 4, 4), nn.InstanceNorm2d


def gan() -> Game:
    """Without BatchNorm and dropout, which would see each worker's share alone."""
    game = GAN(MLPGenerator(5, SHAPE, hidden=(8,)), MLPDiscriminator(SHAPE, hidden=(8,), dropout=0.0))
    game.average("G")
    return game


def cyclegan() -> Game:
    """With a pool that is soon full, and noise on the way home."""
    forgers = [ResNetGenerator(3, 3, base=2, blocks=1, norm=NORM) for _ in "GF"]
    critics = [PatchGAN(3, base=2, layers=1, norm=NORM) for _ in "XY"]
    return CycleGAN(*forgers, *critics, pool=3, noise_x=0.1, noise_y=0.2)


def pix2pix() -> Game:
    G = UNet(base=2, downs=5, norm=NORM, dropout=0.0)
    return Pix2Pix(G, PatchGAN(6, base=2, layers=1, norm=NORM))


def pictures(n: int, *shape: int, parts: int = 1, size: int = 4) -> Batches:
    """Batches of random pictures in [-1, 1]."""
    generator = torch.Generator().manual_seed(1)
    return Batches(*(torch.rand(n, *shape, generator=generator) * 2 - 1 for _ in range(parts)), size=size)


CASES = {
    "gan": (gan, lambda: pictures(32, *SHAPE, size=8)),
    "cyclegan": (cyclegan, lambda: pictures(8, 3, 16, 16, parts=2, size=2)),
    "pix2pix": (pix2pix, lambda: pictures(8, 3, 32, 32, parts=2, size=4)),
}


def played(name: str, rounds: int = 10) -> tuple[Game, dict[str, list[float]]]:
    """A game after some rounds. The workers begin with weights of their own, and those of the first one count."""
    torch.manual_seed(workers.number())
    make, batches = CASES[name]
    game = make()
    game.expect = lambda *batch: None  # it would insist on float32
    history = train(game, batches(), rounds, precision="fp32", progress=False)
    return game, history


def alike(folder: Path) -> None:
    """Play each game with all workers, and again alone; write how far apart the two ended, and whether all agree."""
    torch.set_default_dtype(torch.float64)  # rounding leaves next to nothing
    found = {}
    together = {name: played(name) for name in CASES}
    agree = {name: all(same(workers.gathered(t[None])) for t in values(game)) for name, (game, _) in together.items()}
    workers.leave()
    for name, (game, history) in together.items():
        alone, whole = played(name)
        weights = [max_gap(one, other) for one, other in zip(values(game), values(alone), strict=True)]
        losses = [max_gap(*map(torch.tensor, (history[player], whole[player]))) for player in whole]
        found[name] = {"weights": max(weights), "losses": max(losses), "agree": agree[name]}
        found[name]["pool"] = len(game.pool_x.stored) if name == "cyclegan" else 0
    torch.set_default_dtype(torch.float32)
    note(folder, "alike", found)


def values(game: Game) -> list[torch.Tensor]:
    """Players, running means and pools."""
    return list(game.state_dict().values())


def max_gap(one: torch.Tensor, other: torch.Tensor) -> float:
    return (one.double() - other.double()).abs().max().item()


def same(rows: torch.Tensor) -> bool:
    return all(torch.equal(rows[0], row) for row in rows)


def stopped(folder: Path) -> None:
    """Ctrl-C reaches the second worker only, in the fourth round."""
    press = signal.raise_signal if workers.number() == 1 else lambda number: None
    game = gan()
    train(game, Broken(pictures(32, *SHAPE), lambda: press(signal.SIGINT), 3), 50, precision="fp32", progress=False)
    note(folder, "stopped", game.played)


def odd(folder: Path) -> None:
    """A batch that two cannot share."""
    try:
        train(gan(), pictures(9, *SHAPE, size=3), 2, precision="fp32", progress=False)
    except ValueError as error:
        note(folder, "odd", str(error))


def dies(folder: Path) -> None:
    """The second worker is killed in the fourth round of a run that is kept."""
    kill = os.kill if workers.number() == 1 else lambda *how: None
    batches = Broken(pictures(32, *SHAPE), lambda: kill(os.getpid(), signal.SIGKILL), 3)
    torch.manual_seed(0)
    train(gan(), batches, 8, keep=Keeper(folder.resolve(), 0), precision="fp32", progress=False)


def note(folder: Path, name: str, found: object) -> None:
    (folder / f"{name}.{os.environ['RANK']}.json").write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    with workers.joined():
        for name in sys.argv[1].split("+"):
            globals()[name](Path(sys.argv[2]))
