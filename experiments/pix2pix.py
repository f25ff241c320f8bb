"""The tables of Isola et al. 2017 (arXiv:1611.07004) at classroom scale: losses, generators, noise.

    python -m experiments.pix2pix                  all rows; what is done already and still holds is not run again
    python -m experiments.pix2pix "L1 + cGAN"      one row

Each row is trained on the street over three seeds and judged on houses in styles that it has never seen, by the
segmenter of :mod:`gancourse.segmenter`. Rows with a gate are held to it; the others are there to be compared.
"""

import inspect
import sys
import time

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from experiments.trials import Row, Trials
from gancourse import recipes
from gancourse.data.label_maps import to_mask
from gancourse.data.street import Street
from gancourse.game import train
from gancourse.games.pix2pix import Pix2Pix, UnconditionalPix2Pix, answer
from gancourse.games.supervised import Supervised
from gancourse.networks.patchgan import PixelGAN
from gancourse.results import FOLDER, load, median
from gancourse.scale import device, scale
from gancourse.segmenter import assess, street_judge
from tools import stamp

TESTED = 500  # houses
DRAWS = 8


def l1(size: int, skips: bool = True) -> Supervised:
    return Supervised(
        recipes.unet(size, skips=skips), l1_loss, lr=recipes.pix2pix_lr(), schedule=recipes.half_and_half(size)
    )


def adversarial(size: int, kind=Pix2Pix, *, skips: bool = True, layers: int | None = None, **options) -> Pix2Pix:
    """The recipe's game with one thing changed. layers=0 is the critic of single pixels."""
    z_dim = options.get("z_dim", 0)
    channels = 3 if kind is UnconditionalPix2Pix else 6
    G = recipes.unet(size, skips=skips, in_channels=3 + z_dim)
    D = PixelGAN(channels, base=recipes.width(size)) if layers == 0 else recipes.patchgan(size, channels, layers)
    return kind(G, D, lr=recipes.pix2pix_lr(), schedule=recipes.half_and_half(size), **options)


LOSSES = {
    "L1": Row(l1, "64", at_most={"colours": 0.15, "minutes": 4.0}),
    "GAN": Row(lambda size: adversarial(size, UnconditionalPix2Pix, l1=0.0), "64"),
    "cGAN": Row(lambda size: adversarial(size, l1=0.0), "64"),
    "L1 + GAN": Row(lambda size: adversarial(size, UnconditionalPix2Pix), "64"),
    "L1 + cGAN": Row(adversarial, "64", at_least={"colours": 0.45, "iou over real": 0.80}, at_most={"minutes": 4.0}),
}
GENERATORS = {
    "encoder-decoder, L1": Row(lambda size: l1(size, skips=False), "64"),
    "encoder-decoder, L1 + cGAN": Row(lambda size: adversarial(size, skips=False), "64"),
}
NOISE = {"L1 + cGAN, z": Row(lambda size: adversarial(size, z_dim=8), "64")}
ROWS = LOSSES | GENERATORS | NOISE


def play(row: Row, seed: int) -> dict:
    """One training with this seed: the judge's figures."""
    size = int(row.data)
    judge = street_judge(size, progress=False)
    houses, test = recipes.pix2pix_streets(size=size)
    torch.manual_seed(seed)
    game = row.make(size).to(device())
    start = time.process_time()
    history = train(game, recipes.pix2pix_batches(houses, size, seed), recipes.pix2pix_rounds(size), seed=seed)
    minutes = (time.process_time() - start) / 60 / torch.get_num_threads()  # of the processor: the machine is shared
    x, y = test[:TESTED].to(device()).floats()
    mask = to_mask(test.x[:TESTED].to(device()))
    figures = assess(judge, translated(game, x), y, mask)
    of_real = assess(judge, y, y, mask)
    figures |= {"iou of real": of_real["iou"], "iou over real": figures["iou"] / of_real["iou"]}
    figures |= varies(game, size) | {"minutes": minutes, "rounds": game.played}
    return figures | {"opening": {name: values[:20] for name, values in history.items()}}


def translated(game, x: Tensor, dropout: bool = False) -> Tensor:
    """G's answers to all of x, 50 at a time."""
    told = getattr(game, "with_noise", lambda x: x)
    return torch.cat([answer(game.averaged("G"), told(part), dropout) for part in x.split(50)])


def varies(game, size: int) -> dict[str, float]:
    """How much the answer to one fixed label map varies, over how much real pictures of it do.

    The spread over 8 draws at each pixel and channel, averaged over 20 houses.
    """
    street, first = Street(0, size, "test"), range(20)
    real = torch.stack([street.batch(first, style_seed=s).photo for s in range(DRAWS)]) / 127.5
    x = (street.batch(first).labels / 127.5 - 1).to(device())
    torch.manual_seed(0)
    draws = {d: torch.stack([translated(game, x, d) for _ in range(DRAWS)]).std(0).mean() for d in (False, True)}
    real = real.std(0).mean().item()
    return {"varies": draws[False].item() / real, "varies with dropout": draws[True].item() / real}


def opening(row: Row, seed: int, rounds: int) -> dict[str, list[float]]:
    """The losses of the first rounds, as `play` keeps them."""
    size = int(row.data)
    houses, _ = recipes.pix2pix_streets(size=size)
    torch.manual_seed(seed)
    game = row.make(size).to(device())
    return train(game, recipes.pix2pix_batches(houses, size, seed), rounds, seed=seed, progress=False)


MEASURED_BY = stamp.code_hash("".join(map(inspect.getsource, (l1, adversarial, play, translated, varies))))
TRIALS = Trials(FOLDER / "pix2pix.json", ROWS, play, MEASURED_BY, opening=opening)


def missed_together() -> list[str]:
    """The gate that compares two rows: the U-Net's class IoU over the encoder-decoder's, both with L1."""
    kept = load(TRIALS.results_file())
    ious = [median(kept[name])["iou"] for name in ("L1", "encoder-decoder, L1") if name in kept]
    if len(ious) < 2 or ious[0] >= 1.8 * ious[1]:
        return []
    return [f"U-Net over encoder-decoder, L1: class IoU {ious[0] / ious[1]:.2f} < 1.8"]


if __name__ == "__main__":
    code = TRIALS.main(__doc__)
    missed = [] if scale() == "smoke" else missed_together()
    print("\n".join(f"MISSED {line}" for line in missed))
    sys.exit(code or int(bool(missed)))
