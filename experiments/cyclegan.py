"""Pictures without pairs, at classroom scale: the ablation of Zhu et al. 2017 (arXiv:1703.10593), sec. 5.1.4, and dusk.

    python -m experiments.cyclegan                 all rows; what is done already and still holds is not run again
    python -m experiments.cyclegan "CycleGAN"      one row

On the street X are photos and Y label maps, one plane for each class: G draws a label map from a photo, F a photo from
a label map. Each row is trained over three seeds and judged by the hidden truth, beside controls that learn nothing.
"""

import inspect
import sys
import time
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from experiments.trials import Row, Trials
from gancourse import recipes
from gancourse.data.batches import to_unit
from gancourse.data.label_maps import in_colours
from gancourse.data.pairs import Pairs
from gancourse.data.unpaired import Truth, Unpaired, street_truth
from gancourse.game import train
from gancourse.games.cyclegan import BackwardCycle, CycleAlone, CycleGAN, ForwardCycle
from gancourse.games.pix2pix import answer
from gancourse.hidden_truth import controls, lamps, read_labels
from gancourse.results import FOLDER, load, median
from gancourse.scale import device, pick, scale
from gancourse.segmenter import assess, street_judge
from tools import stamp

STREET, DUSK = "photo, planes", "day, dusk"


SHORT, LONG, DARK = 1500, 7500, 17_000  # rounds: of the ablation, and of what is held to the gates
PAIRED = 10_000  # rounds of pix2pix, which take about two thirds of the time of LONG ones of CycleGAN


def unpaired(rounds: int, **options) -> Row:
    """The recipe's game between photos and label maps, with these options."""
    return Row(lambda: recipes.cyclegan(rounds=rounds, y=recipes.PLANES, **options), STREET, rounds=rounds)


def dusk(rounds: int, **options) -> Row:
    """The recipe's game between day and dusk, with these options."""
    return Row(lambda: recipes.cyclegan(rounds=rounds, **recipes.dusk_recipe() | options), DUSK, rounds=rounds)


ROWS = {
    "cycle alone": unpaired(SHORT, kind=CycleAlone),
    "GAN alone": unpaired(SHORT, cycle=0.0),
    "GAN + forward cycle": unpaired(SHORT, kind=ForwardCycle),
    "GAN + backward cycle": unpaired(SHORT, kind=BackwardCycle),
    "CycleGAN": unpaired(SHORT),
    "no pool": unpaired(SHORT, pool=0),
    "no tint": unpaired(SHORT, tint_x=0.0),
    "no tint, cycle 3": unpaired(SHORT, tint_x=0.0, cycle=3.0),
    "CycleGAN, longer": unpaired(LONG),
    "no tint, cycle 3, longer": unpaired(LONG, tint_x=0.0, cycle=3.0),
    "pix2pix": Row(
        lambda: recipes.pix2pix_of_cyclegan(PAIRED), STREET, rounds=PAIRED
    ),  # the same generator, with pairs
    "dusk": dusk(DARK),
    "dusk, with pairs": Row(
        lambda: recipes.supervised_of_dusk(DARK), DUSK, rounds=DARK
    ),  # what the same forger learns where it is told the right evening
    "dusk, short": dusk(SHORT),
    "dusk, short, five halvings": dusk(SHORT, forger=recipes.forger),
}
LIMITS = {  # at least, at most
    "CycleGAN, longer": ({"iou over another's": 3.0}, {"minutes": 10.0}),
    "dusk": ({"windows": 0.5}, {"l1 over untouched": 0.7, "l1 over best histogram": 1.0, "minutes": 10.0}),
}
ROWS |= {name: replace(ROWS[name], at_least=least, at_most=most) for name, (least, most) in LIMITS.items()}
HALF = ("CycleGAN, longer", "no tint, cycle 3, longer", *(name for name in ROWS if name.startswith("dusk")))
ROWS |= {name: replace(ROWS[name], precision="bf16") for name in HALF}


def play(row: Row, seed: int) -> dict:
    """One training with this seed: the judge's figures."""
    pictures, test = recipes.cyclegan_streets(*row.data.split(", "))
    game, batches = begun(row, pictures, seed)
    start = time.process_time()
    history = train(game, batches, pick(smoke=4, laptop=row.rounds), seed=seed)
    minutes = (time.process_time() - start) / 60 / torch.get_num_threads()  # of the processor: the machine is shared
    figures = judged(game, row.data, pictures, test.to(device()))
    return figures | {"minutes": minutes, "rounds": game.played, "opening": {k: v[:20] for k, v in history.items()}}


def begun(row: Row, pictures: Unpaired, seed: int):
    """A game that has not been played, and its batches. Pix2Pix and Supervised get the pairs that the others must do
    without."""
    torch.manual_seed(seed)
    game, (x, y) = row.make().to(device()), row.data.split(", ")
    if not isinstance(game, CycleGAN):
        truth = street_truth(len(pictures), part="train", x=x, y=y)
        pairs = Pairs(truth.name, truth.x, truth.y).to(device())
        return game, pairs.batches(recipes.CYCLEGAN[64][2], flip=row.data != DUSK, seed=seed)
    return game, recipes.cyclegan_batches(pictures.to(device()), seed=seed, flip=row.data != DUSK)


@torch.no_grad()
def judged(game, data: str, pictures: Unpaired, test: Truth) -> dict[str, float]:
    """Figures by name; those of the way back begin with "back"."""
    x, y = test.floats()
    fake_y = game.translate(x) if hasattr(game, "translate") else answer(game.G, x)
    known = controls(x, *(in_colours(domain).to(x.device) for domain in (test.y, pictures.y[: len(x)])))
    figures = to_labels(known, fake_y, test) if data == STREET else to_dusk(known, x, y, fake_y, test)
    if not isinstance(game, CycleGAN):
        return figures
    fake_x = game.back(y)
    figures |= {"cycle": l1_loss(game.back(fake_y), x).item(), "back cycle": l1_loss(game.translate(fake_x), y).item()}
    figures["back l1"] = l1_loss(fake_x, x).item()
    if data == STREET:
        judge = street_judge(progress=False)
        figures |= {f"back {name}": value for name, value in assess(judge, fake_x, x, test.mask).items()}
        figures["back iou of real"] = assess(judge, x, x, test.mask)["iou"]
    return figures


def to_labels(known: dict[str, Tensor], fake: Tensor, test: Truth) -> dict[str, float]:
    """How the label maps are read, and those of the controls."""
    figures = read_labels(fake, test.mask)
    figures |= {f"iou {name}": read_labels(z, test.mask)["iou"] for name, z in known.items()}
    return figures | {"iou over another's": figures["iou"] / figures["iou another's"]}


def to_dusk(known: dict[str, Tensor], x: Tensor, y: Tensor, fake: Tensor, test: Truth) -> dict[str, float]:
    """How near the evening is, whether the right windows are lit, and the same of the controls."""
    scene = to_unit(test.dark), test.mask, test.lit
    figures = {"l1": l1_loss(fake, y).item()} | lamps(fake, *scene)
    for name, z in known.items():
        figures |= {f"l1 {name}": l1_loss(z, y).item(), f"windows {name}": lamps(z, *scene)["windows"]}
    figures |= {f"l1 over {name}": figures["l1"] / figures[f"l1 {name}"] for name in ("untouched", "best histogram")}
    return figures | {"windows of real": lamps(y, *scene)["windows"]}


def opening(row: Row, seed: int, rounds: int) -> dict[str, list[float]]:
    """The losses of the first rounds, as `play` keeps them."""
    pictures, _ = recipes.cyclegan_streets(*row.data.split(", "))
    game, batches = begun(row, pictures, seed)
    return train(game, batches, rounds, seed=seed, progress=False)


MEASURED_BY = {
    data: stamp.code_hash("".join(map(inspect.getsource, (begun, judged, judge))))
    for data, judge in {STREET: to_labels, DUSK: to_dusk}.items()
}
TRIALS = Trials(FOLDER / "cyclegan.json", ROWS, play, MEASURED_BY, opening=opening)


def missed_together() -> list[str]:
    """The gate that compares two rows: what CycleGAN reads off a photo against what pix2pix reads, with pairs."""
    kept = load(TRIALS.results_file())
    ious = [median(kept[name])["iou"] for name in ("CycleGAN, longer", "pix2pix") if name in kept]
    if len(ious) < 2 or ious[0] >= 0.6 * ious[1]:
        return []
    return [f"CycleGAN, longer, over pix2pix: class IoU {ious[0] / ious[1]:.2f} < 0.6"]


if __name__ == "__main__":
    code = TRIALS.main(__doc__)
    missed = [] if scale() == "smoke" else missed_together()
    print("\n".join(f"MISSED {line}" for line in missed))
    sys.exit(code or int(bool(missed)))
