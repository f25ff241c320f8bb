"""`train cyclegan`: image to image without pairs. The folder holds all that is needed to go on."""

import argparse
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from gancourse import pretrained, recipes, workers
from gancourse.cli import runs, unpaired
from gancourse.cli.outputs import must_be_writable, quiet_plots, write_grid, write_json, write_losses
from gancourse.cli.real_photos import cut, real_ones
from gancourse.data.batches import to_unit
from gancourse.data.facades import facades
from gancourse.data.label_maps import CMP, in_colours
from gancourse.data.pairs import Pairs
from gancourse.data.street_plan import CLASSES
from gancourse.data.unpaired import Truth, Unpaired
from gancourse.games.cyclegan import CycleGAN
from gancourse.hidden_truth import lamps, read_labels
from gancourse.keeping import Keeper
from gancourse.losses import d_least_squares
from gancourse.scale import device
from gancourse.segmenter import assess, facade_judge, street_judge

SHOWN = 8  # held-out pictures of each domain in samples.png
SETTINGS = ("game", "data", "size", "seed", "scale")
ONE_WAY = ("digits", "dusk")  # never mirrored: digits would be others, and the sun sets on one side
CLASSES_OF = {"street": len(CLASSES), "facades": CMP}  # sets whose B are label maps


def run_train(args: argparse.Namespace) -> int:
    """Train or go on, and write game.pt, samples.png, losses.png, the weights and metrics.json, in this order."""
    before = runs.stored(args.out)
    about = settle(args, before)
    runs.expect_apart(args.out, unpaired.named_folder(about["data"]))
    must_be_writable(args.out)  # found out now, not after the training
    if runs.finished(args.out, before, about):
        return 0
    pictures, held_out = unpaired.sets(about["data"], about["size"])
    numbers = counted(pictures, held_out)
    runs.expect_same(args.out, before, numbers)  # else a picture held out before might be trained on now
    numbers |= runs.known_pictures(args.out, before, unpaired.folder_of(about["data"]))
    pictures, held_out = pictures.to(device()), held_out.to(device())
    batches = recipes.cyclegan_batches(pictures, about["size"], about["seed"], flip=about["data"] not in ONE_WAY)
    if not runs.planned(about):
        about["rounds"] = recipes.cyclegan_rounds(about["size"], batches.per_epoch)
    game = begun(about, held_out)
    return runs.play(
        game,
        batches,
        about | numbers,
        args.out,
        draw=lambda game, history: draw(game, history, held_out, args.out),
        judge=lambda keeper: finish(game, held_out, keeper),
        every=args.keep_every,
        how=runs.how(args),
    )


def settle(args: argparse.Namespace, before: dict) -> dict:
    """The settings: what is asked for, else what the stored run had, else the usual; no length if neither says how
    long. Sets the scale.

    Raises:
        ValueError: the stored run had others, or the set cannot be had in this size.
    """
    known = runs.settled(args, before, SETTINGS, unpaired.full_name, "street")
    about = {"size": recipes.cyclegan_size(known["data"])} | known
    unpaired.expect_size(about["data"], about["size"])
    return about


def counted(pictures: Unpaired, held_out: Truth | Unpaired) -> dict:
    """What a run that goes on must find again."""
    numbers = {"A": pictures.x, "B": pictures.y, "held_out_A": held_out.x, "held_out_B": held_out.y}
    return {"set": pictures.name} | {name: len(some) for name, some in numbers.items()}


def begun(about: dict, held_out: Truth | Unpaired) -> CycleGAN:
    """The game before its first round."""
    torch.manual_seed(about["seed"])
    options = recipes.dusk_recipe() if about["data"] == "dusk" else {}
    game = recipes.cyclegan(about["size"], about.get("rounds"), **channels(held_out), **options)
    return workers.synchronized(game.to(device()))


def channels(pictures: Truth | Unpaired) -> dict[str, int]:
    """Of both domains."""
    return {"x": pictures.x.shape[1], "y": pictures.y.shape[1]}


def draw(game: CycleGAN, history: dict[str, list[float]], held_out: Truth | Unpaired, folder: Path) -> None:
    """samples.png, with x, G(x), F(G(x)), y, F(y), G(F(y)) in each row, and losses.png."""
    n = min(SHOWN, len(held_out.x), len(held_out.y))
    x, y = Unpaired(held_out.name, held_out.x[:n], held_out.y[:n]).floats()
    shown = there_and_back(x, game.translate, game.back) + there_and_back(y, game.back, game.translate)
    rows = torch.stack([in_colours(pictures) for pictures in shown], dim=1)  # (n, 6, c, h, w)
    write_grid(rows.flatten(0, 1), folder / "samples.png", columns=6, enlarged=max(1, 192 // x.shape[-1]))
    undecided = {"undecided critics": game.d_weight} if game.d_adversarial is d_least_squares else {}
    write_losses(history, {"D_X+D_Y": undecided}, folder / "losses.png")


def there_and_back(x: Tensor, there, back) -> tuple[Tensor, Tensor, Tensor]:
    """x, its translation, and what comes home."""
    answers = there(x)
    return x, answers, back(answers)


def finish(game: CycleGAN, held_out: Truth | Unpaired, keeper: Keeper) -> None:
    """Weights for the reference project, whose G_A goes from A to B, and figures."""
    folder = keeper.folder
    for player, letter in (("G", "A"), ("F", "B")):
        pretrained.save_generator(game.averaged(player), folder / f"latest_net_G_{letter}.pth")
    result = runs.figures(game, keeper)
    result["answers"] = judged(game, held_out, result)
    write_json(result, folder / "metrics.json")
    print(f"On {len(held_out.x)} held-out pictures of A and {len(held_out.y)} of B:")
    print(quiet_plots().table(result["answers"]))
    print(f"Wrote game.pt, samples.png, losses.png, metrics.json, latest_net_G_A.pth and _G_B.pth to {folder}")


def judged(game: CycleGAN, held_out: Truth | Unpaired, about: dict) -> dict[str, dict[str, float]]:
    """Figures for each direction: `cycle`, how far from home the way there and back ends; and where the truth is known,
    how near to it the answers are."""
    x, y = held_out.floats()
    _, fake_y, home_x = there_and_back(x, game.translate, game.back)
    _, fake_x, home_y = there_and_back(y, game.back, game.translate)
    result = {"AtoB": {"cycle": l1_loss(home_x, x).item()}, "BtoA": {"cycle": l1_loss(home_y, y).item()}}
    if isinstance(held_out, Truth):
        if x.shape == y.shape:
            result["AtoB"] |= compared(fake_y, x, y)
            result["BtoA"] |= compared(fake_x, y, x)
        if classes := CLASSES_OF.get(about["data"]):  # label maps are read off their colours
            result["AtoB"] |= read_labels(fake_y, held_out.mask, classes)
        if about["data"] == "street":
            result["BtoA"] |= assess(street_judge(about["size"]), fake_x, x, held_out.mask)
        if about["data"] == "facades":
            result["BtoA"] |= as_photos(fake_x, held_out, about["size"])
        if about["data"] == "dusk":
            result["AtoB"] |= lamps(fake_y, to_unit(held_out.dark), held_out.mask, held_out.lit)
    return result


def as_photos(drawn: Tensor, held_out: Truth, size: int) -> dict[str, float]:
    """What the judge of facades says of photos that were drawn, and of real ones. It learns from pairs; the players
    have none."""
    pairs = cut(facades("train", unpaired.larger(size), "BtoA"), size).to(drawn.device)
    judge = facade_judge(pairs.swapped(), crop=min(128, size))
    truth = Pairs(held_out.name, held_out.y, held_out.x)
    return assess(judge, drawn, truth.floats()[1], held_out.mask) | real_ones(judge, pairs, truth, CMP)


def compared(answers: Tensor, given: Tensor, truth: Tensor) -> dict[str, float]:
    """How far from the hidden truth the answers are, and, to compare with, how far what was given is."""
    return {"l1": l1_loss(answers, truth).item(), "l1 untouched": l1_loss(given, truth).item()}
