"""Retrain every chapter's result at laptop scale over three seeds and hold it to its gate.

    python -m experiments.gates              all rows; what is done already and still holds is not run again
    python -m experiments.gates gan-mnist    one row

Every training is written to gates.json as soon as it is done, with its settings, minutes, and a stamp of the code
that made it. A row passes if the median over its seeds meets each gate. Exits with 1 if any gate is missed.
"""

import argparse
import inspect
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

from gancourse import metrics, recipes
from gancourse.data.digits import ImageSet, NotHere
from gancourse.files import written
from gancourse.game import train
from gancourse.games.gan import GAN
from gancourse.plots import table
from gancourse.scale import device, scale
from tools import stamp

RESULTS = Path(__file__).with_suffix(".json")  # at laptop scale, committed
OTHERS = stamp.ROOT / "_build"  # at other scales, not committed
SEEDS = (0, 1, 2)
SAMPLES = 10_000
ONLY_LOOKING = (["plots"], ["widgets"], ["check"])  # parts of the library that cannot change a training


@dataclass(frozen=True)
class Row:
    """One result of one chapter: how it is made, and what it must reach."""

    make: Callable[[], GAN]
    data: str
    at_least: dict[str, float]
    at_most: dict[str, float]

    def missed(self, figures: dict[str, float]) -> list[str]:
        low = [f"{k} {figures[k]:.3f} < {v}" for k, v in self.at_least.items() if figures[k] < v]
        return low + [f"{k} {figures[k]:.3f} > {v}" for k, v in self.at_most.items() if figures[k] > v]


GAN_GATE = ({"classes": 10, "rarest": 0.04, "confidence": 0.90}, {"frechet over blurred": 0.05, "minutes": 4.0})
CGAN_GATE = ({"accuracy": 0.97, "diversity": 0.6}, {"minutes": 4.0})
ROWS = {
    "gan-mnist": Row(recipes.gan, "mnist", *GAN_GATE),
    "gan-digits": Row(recipes.gan, "digits", *GAN_GATE),
    "cgan-mnist": Row(recipes.cgan, "mnist", *CGAN_GATE),
}


def play(row: Row, seed: int) -> dict:
    """One training with this seed: its figures, beside those of real and blurred images."""
    real, test = [part.to(device()) for part in recipes.digit_sets(row.data)]
    if real.name != row.data:
        raise NotHere(f"{row.data} cannot be had here: point GANCOURSE_DATA at a folder that has it")
    judge = metrics.judge_of(real, test)
    torch.manual_seed(seed)
    game = row.make().to(device())
    labelled = bool(game.G.classes)
    start = time.monotonic()
    train(game, real.batches(recipes.BATCH, labels=labelled, seed=seed), recipes.rounds(), seed=seed)
    minutes = (time.monotonic() - start) / 60
    z = torch.randn(SAMPLES, game.G.z_dim, generator=torch.Generator().manual_seed(seed + 100)).to(device())
    y = torch.arange(SAMPLES, device=device()) % 10
    figures = metrics.assess(judge, game.sample(z, y) if labelled else game.sample(z), test, y if labelled else None)
    return figures | compare(judge, real, test, figures) | {"minutes": minutes, "rounds": game.played}


def compare(judge: metrics.Judge, real: ImageSet, test: ImageSet, figures: dict[str, float]) -> dict[str, float]:
    """The Fréchet distance beside that of real images (as good as it gets) and over that of blurred ones."""
    controls = metrics.controls(real, test)
    of = {name: metrics.assess(judge, controls[name][0], test)["frechet"] for name in ("real", "blurred")}
    return {"frechet of real": of["real"], "frechet over blurred": figures["frechet"] / of["blurred"]}


def made_by() -> dict:
    """The stamp of a training: the code, the settings here, the versions, the hardware, the day."""
    modules = [m for m in sys.modules if m.startswith("gancourse") and m.split(".")[1:2] not in ONLY_LOOKING]
    files = stamp.used_files(modules)
    return {
        "library": stamp.library_hashes(files),
        "measured by": MEASURED_BY,
        "scale": scale(),
        "hardware": stamp.hardware(),
        "versions": stamp.versions(),
        "date": date.today().isoformat(),
    }


MEASURED_BY = stamp.code_hash("".join(inspect.getsource(f) for f in (play, compare)) + f"\nSAMPLES = {SAMPLES}")


def results_file() -> Path:
    return RESULTS if scale() == "laptop" else OTHERS / f"gates-{scale()}.json"


def load(path: Path) -> dict:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def holds(kept: dict | None) -> bool:
    """Whether a kept training was made by the code as it stands, at the scale in force."""
    if kept is None:
        return False
    made = kept["stamp"]
    return made["scale"] == scale() and made["measured by"] == MEASURED_BY and not stamp.changed(made["library"])


def run(name: str, path: Path) -> None:
    """Train what is missing of one row; each training is kept as soon as it is done."""
    for seed in SEEDS:
        results = load(path)
        if holds(results.get(name, {}).get(str(seed))):
            continue
        print(f"{name}, seed {seed}", flush=True)
        made = made_by()  # before the training: files may change while it goes on
        figures = play(ROWS[name], seed)
        results = load(path)  # another row may have been written in the meantime
        results.setdefault(name, {})[str(seed)] = {"figures": figures, "stamp": made}
        with written(path) as partial:
            partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")


def median(seeds: dict[str, dict]) -> dict[str, float]:
    """Each figure's median over the seeds of one row."""
    runs = [run["figures"] for run in seeds.values()]
    return {key: statistics.median(figures[key] for figures in runs) for key in runs[0]}


def report(names: list[str], path: Path) -> list[str]:
    """Print every seed and the median of each row; return what was missed."""
    lines, missed = {}, []
    for name in names:
        seeds = {seed: kept["figures"] for seed, kept in load(path)[name].items()}
        lines |= {f"{name}, seed {seed}": figures for seed, figures in seeds.items()}
        lines[f"{name}, median"] = median(load(path)[name])
        missed += [f"{name}: {what}" for what in ROWS[name].missed(lines[f"{name}, median"])]
    print(table(lines))
    return missed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)} (default: all)")
    names = parser.parse_args(arguments).rows or list(ROWS)
    skipped = []
    for name in names:
        if name not in ROWS:
            parser.error(f"there is no row {name!r}: choose from {', '.join(ROWS)}")
        try:
            run(name, results_file())
        except NotHere as error:
            skipped.append(f"{name}: {error}")
    missed = skipped + report([name for name in names if name in load(results_file())], results_file())
    if scale() == "smoke":
        print(
            "\n".join([*skipped, "At smoke scale the gates are not asked: this run shows only that everything works."])
        )
        return 0
    print("\n".join(f"MISSED {line}" for line in missed) or "All gates are met.")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
