"""Retrain every chapter's result at laptop scale over three seeds and hold it to its gate.

    python -m experiments.gates              all rows; what is done already and still holds is not run again
    python -m experiments.gates gan-mnist    one row

Every training is written to gates.json as soon as it is done, with its settings, minutes, and a stamp of the code
that made it. A row passes if the median over its seeds meets each gate. Exits with 1 if any gate is missed.
"""

import inspect
import sys
import time
from pathlib import Path

import torch

from experiments.trials import Row, Trials
from gancourse import metrics, recipes
from gancourse.data.digits import ImageSet, NotHere
from gancourse.game import train
from gancourse.scale import device
from tools import stamp

SAMPLES = 10_000

GAN_GATE = ({"classes": 10, "rarest": 0.04, "confidence": 0.90}, {"frechet over blurred": 0.05, "minutes": 4.0})
CGAN_GATE = ({"accuracy": 0.97, "diversity": 0.6}, {"minutes": 4.0})
ROWS = {
    "gan-mnist": Row(recipes.gan, "mnist", *GAN_GATE),
    "gan-digits": Row(recipes.gan, "digits", *GAN_GATE),
    "cgan-mnist": Row(recipes.cgan, "mnist", *CGAN_GATE),
}


def play(row: Row, seed: int) -> dict:
    """One training with this seed: its figures, beside those of real and blurred images."""
    real, test = sets(row)
    judge = metrics.judge_of(real, test)
    game, batches = begun(row, real, seed)
    start = time.monotonic()
    history = train(game, batches, recipes.rounds(), seed=seed)
    minutes = (time.monotonic() - start) / 60
    z = torch.randn(SAMPLES, game.G.z_dim, generator=torch.Generator().manual_seed(seed + 100)).to(device())
    y = torch.arange(SAMPLES, device=device()) % 10
    labelled = bool(game.G.classes)
    figures = metrics.assess(judge, game.sample(z, y) if labelled else game.sample(z), test, y if labelled else None)
    figures |= compare(judge, real, test, figures) | {"minutes": minutes, "rounds": game.played}
    return figures | {"opening": {name: values[:20] for name, values in history.items()}}


def sets(row: Row) -> tuple[ImageSet, ImageSet]:
    """Images to train on and to test with, or NotHere."""
    real, test = [part.to(device()) for part in recipes.digit_sets(row.data)]
    if real.name != row.data:
        raise NotHere(f"{row.data} cannot be had here: point GANCOURSE_DATA at a folder that has it")
    return real, test


def begun(row: Row, real: ImageSet, seed: int):
    """A game that has not been played, and its batches."""
    torch.manual_seed(seed)
    game = row.make().to(device())
    return game, real.batches(recipes.BATCH, labels=bool(game.G.classes), seed=seed)


def opening(row: Row, seed: int, rounds: int) -> dict[str, list[float]]:
    """The losses of the first rounds, as `play` keeps them."""
    return train(*begun(row, sets(row)[0], seed), rounds, seed=seed, progress=False)


def compare(judge: metrics.Judge, real: ImageSet, test: ImageSet, figures: dict[str, float]) -> dict[str, float]:
    """The Fréchet distance beside that of real images (as good as it gets) and over that of blurred ones."""
    controls = metrics.controls(real, test)
    of = {name: metrics.assess(judge, controls[name][0], test)["frechet"] for name in ("real", "blurred")}
    return {"frechet of real": of["real"], "frechet over blurred": figures["frechet"] / of["blurred"]}


MEASURED_BY = stamp.code_hash(
    "".join(inspect.getsource(f) for f in (play, sets, begun, compare)) + f"\nSAMPLES = {SAMPLES}"
)
TRIALS = Trials(Path(__file__).with_suffix(".json"), ROWS, play, MEASURED_BY, opening=opening)


if __name__ == "__main__":
    sys.exit(TRIALS.main(__doc__))
