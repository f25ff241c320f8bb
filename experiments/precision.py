"""bf16 beside fp32: is what is judged as good, and does nothing overflow in a long run?

    python -m experiments.precision              all rows; what is done already and still holds is not run again
    python -m experiments.precision "GAN, bf16"  one row

Each core game is trained in both precisions from the same three seeds, for fewer rounds than its chapter plays, and
judged as in its chapter. The rows "5,000 rounds" are there to end without a loss that is not finite.
"""

import inspect
import sys
from dataclasses import replace

import torch

from experiments import cyclegan, pix2pix
from experiments.trials import Row, Trials
from gancourse import metrics, recipes
from gancourse.data.label_maps import to_mask
from gancourse.game import train
from gancourse.results import FOLDER, load, median
from gancourse.scale import device, pick, scale
from gancourse.segmenter import assess, street_judge
from tools import stamp

SHORT, LONG = 1000, 5000  # rounds
SAMPLES = 10_000
LEADING = {"GAN": "frechet", "cGAN": "accuracy", "pix2pix": "iou", "CycleGAN": "iou"}  # what is compared, by game
GAMES = {
    "GAN": recipes.gan,
    "cGAN": recipes.cgan,
    "pix2pix": lambda rounds: recipes.pix2pix(rounds=rounds),
    "CycleGAN": lambda rounds: recipes.cyclegan(rounds=rounds, y=recipes.PLANES),
}


def row(game: str, precision: str, rounds: int = SHORT) -> Row:
    return Row(GAMES[game], game, rounds=rounds, precision=precision)


ROWS = {f"{game}, {precision}": row(game, precision) for game in GAMES for precision in ("fp32", "bf16")}
ROWS |= {f"{game}, bf16, 5,000 rounds": row(game, "bf16", LONG) for game in GAMES}


def play(row: Row, seed: int) -> dict:
    """One training with this seed: the judge's figures."""
    name = row.data
    digits = name in ("GAN", "cGAN")
    batches, judged = (of_digits if digits else of_streets)(name, seed)
    torch.manual_seed(seed)
    game = (row.make() if digits else row.make(row.rounds)).to(device())
    history = train(game, batches, pick(smoke=4, laptop=row.rounds), seed=seed)
    figures = judged(game) | {"rounds": game.played}
    return figures | {"finite": float(all(torch.tensor(losses).isfinite().all() for losses in history.values()))}


def of_digits(name: str, seed: int):
    """Batches of digits, and what judges a game of them."""
    real, test = [part.to(device()) for part in recipes.digit_sets()]
    judge = metrics.judge_of(real, test)

    def judged(game):
        z = torch.randn(SAMPLES, game.G.z_dim, generator=torch.Generator().manual_seed(seed + 100)).to(device())
        y = torch.arange(SAMPLES, device=device()) % 10 if game.G.classes else None
        return metrics.assess(judge, game.sample(z) if y is None else game.sample(z, y), test, y)

    return real.batches(recipes.BATCH, labels=name == "cGAN", seed=seed), judged


def of_streets(name: str, seed: int):
    """Batches of houses, with pairs or without, and what judges a game of them."""
    if name == "CycleGAN":
        pictures, truth = recipes.cyclegan_streets("photo", "planes")
        judged = lambda game: cyclegan.judged(game, cyclegan.STREET, pictures, truth.to(device()))  # noqa: E731
        return recipes.cyclegan_batches(pictures.to(device()), seed=seed), judged
    houses, test = recipes.pix2pix_streets()
    x, y = test.to(device()).floats()
    mask = to_mask(test.x.to(device()))
    judged = lambda game: assess(street_judge(progress=False), pix2pix.translated(game, x), y, mask)  # noqa: E731
    return recipes.pix2pix_batches(houses.to(device()), seed=seed), judged


MEASURED_BY = stamp.code_hash("".join(map(inspect.getsource, (play, of_digits, of_streets))))
TRIALS = Trials(FOLDER / "precision.json", ROWS, play, MEASURED_BY)
ONCE = replace(TRIALS, rows={name: row for name, row in ROWS.items() if row.rounds == LONG}, seeds=(0,))


def compared() -> list[str]:
    """A line for each game: the figure that leads, in fp32 and in bf16, median and seeds."""
    kept = load(TRIALS.results_file())
    lines = []
    for game, figure in LEADING.items():
        names = [f"{game}, {precision}" for precision in ("fp32", "bf16")]
        if all(name in kept for name in names):
            seeds = [" ".join(f"{run['figures'][figure]:.3f}" for run in kept[name].values()) for name in names]
            full, half = (median(kept[name])[figure] for name in names)
            lines.append(f"{game}, {figure}: fp32 {full:.3f} ({seeds[0]}), bf16 {half:.3f} ({seeds[1]})")
    return lines


if __name__ == "__main__":
    named = sys.argv[1:]
    short = [name for name in named or ROWS if name not in ONCE.rows]
    code = TRIALS.main(__doc__, short) if short else 0
    once = [name for name in named or ROWS if name in ONCE.rows]
    code += ONCE.main(__doc__, once) if once else 0
    print("\n".join(compared()))
    sys.exit(int(bool(code)) if scale() != "smoke" else 0)
