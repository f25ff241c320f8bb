"""bf16 beside fp32: is what is judged as good, and does nothing overflow in a long run?

    python -m experiments.precision              all rows; what is done already and still holds is not run again
    python -m experiments.precision "GAN, bf16"  one row

Each core game is trained in both precisions from the same three seeds, for fewer rounds than its chapter plays, and
judged as in its chapter. The rows "5,000 rounds" are there to end without a loss that is not finite.
"""

import inspect
import sys
from dataclasses import replace
from pathlib import Path

import torch

from experiments import cyclegan, pix2pix
from experiments.trials import Row, Trials
from gancourse import metrics, recipes
from gancourse.data.label_maps import to_mask
from gancourse.game import train
from gancourse.plots import table
from gancourse.results import FOLDER, load, median
from gancourse.scale import device, pick, scale
from gancourse.segmenter import assess, street_judge
from tools import stamp
from tools.pages import for_the_book, made_on

SHORT, LONG = 1000, 5000  # rounds
SAMPLES = 10_000
LEADING = {  # what is compared, by game: the figure, and its name in the table
    "GAN": ("frechet", "Fréchet distance"),
    "cGAN": ("accuracy", "label accuracy"),
    "pix2pix": ("iou", "class IoU"),
    "CycleGAN": ("iou", "class IoU"),
}
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
    game, batches, judged = begun(row, seed)
    history = train(game, batches, pick(smoke=4, laptop=row.rounds), seed=seed)
    finite = all(torch.tensor(losses).isfinite().all() for losses in history.values())
    opening = {name: losses[:20] for name, losses in history.items()}
    return judged(game) | {"rounds": game.played, "finite": float(finite), "opening": opening}


def begun(row: Row, seed: int):
    """A game that has not been played, its batches, and what judges it."""
    digits = row.data in ("GAN", "cGAN")
    batches, judged = (of_digits if digits else of_streets)(row.data, seed)
    torch.manual_seed(seed)
    return (row.make() if digits else row.make(row.rounds)).to(device()), batches, judged


def opening(row: Row, seed: int, rounds: int) -> dict[str, list[float]]:
    """The losses of the first rounds, as `play` keeps them."""
    game, batches, _ = begun(row, seed)
    return train(game, batches, rounds, seed=seed, progress=False)


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


MEASURED_BY = stamp.code_hash("".join(map(inspect.getsource, (of_digits, of_streets))))
TRIALS = Trials(
    FOLDER / "precision.json",
    {name: row for name, row in ROWS.items() if row.rounds == SHORT},
    play,
    MEASURED_BY,
    opening=opening,
)
ONCE = replace(TRIALS, rows={name: row for name, row in ROWS.items() if row.rounds == LONG}, seeds=(0,))


def compared() -> dict[str, dict[str, str]]:
    """The table: for each game the figure that leads, in both precisions, and whether a long run stays finite."""
    kept, shown = load(TRIALS.results_file()), {}
    for game, (figure, told) in LEADING.items():
        full, half, long = f"{game}, fp32", f"{game}, bf16", f"{game}, bf16, 5,000 rounds"
        if {full, half, long} <= set(kept):
            finite = all(run["figures"]["finite"] for run in kept[long].values())
            row = {"fp32": three(kept[full], figure), "bf16": three(kept[half], figure)}
            shown[f"{game}, {told}"] = row | {"5,000 rounds in bf16": "all losses finite" if finite else "not finite"}
    return shown


def three(seeds: dict[str, dict], figure: str) -> str:
    """The median, and the seeds from low to high."""
    values = sorted(run["figures"][figure] for run in seeds.values())
    return f"{median(seeds)[figure]:.3f} ({', '.join(f'{v:.3f}' for v in values)})"


def main(arguments: list[str]) -> int:
    """1 if a figure misses its gate: here there are none, so 0 once all rows have been trained."""
    names, flags = [a for a in arguments if a in ROWS], [a for a in arguments if a not in ROWS]
    code = 0
    for trials in (TRIALS, ONCE):
        own = [name for name in names or trials.rows if name in trials.rows]
        code |= trials.main(__doc__, [*flags, *own]) if own else 0
    if rows := compared():
        print(table(rows))
        if scale() == "laptop":
            made = next(iter(load(TRIALS.results_file())["GAN, bf16"].values()))["stamp"]
            for_the_book(Path(__file__).with_suffix(".md"), table(rows), made_on(made))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
