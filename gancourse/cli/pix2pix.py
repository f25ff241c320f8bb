"""`train pix2pix`: image to image from pairs. The folder holds all that is needed to go on."""

import argparse
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from gancourse import pretrained, recipes, workers
from gancourse.cli import paired, runs
from gancourse.cli.outputs import must_be_writable, quiet_plots, write_grid, write_json, write_losses
from gancourse.cli.real_photos import cut, real_ones
from gancourse.data.label_maps import CMP, to_mask
from gancourse.data.pairs import Pairs
from gancourse.data.street_plan import CLASSES
from gancourse.games.pix2pix import Pix2Pix
from gancourse.keeping import Keeper
from gancourse.losses import d_logistic
from gancourse.scale import device
from gancourse.segmenter import assess, confusion, facade_judge, scores, street_judge

SHOWN = 8  # held-out pairs in samples.png


def run_train(args: argparse.Namespace) -> int:
    """Train or go on, and write game.pt, samples.png, losses.png, latest_net_G.pth and metrics.json, in this order."""
    before = runs.stored(args.out)
    about = settle(args, before)
    runs.expect_apart(args.out, paired.named_folder(about["data"]))
    must_be_writable(args.out)  # found out now, not after the training
    if runs.finished(args.out, before, about):
        return 0
    pairs, held_out = paired.sets(about["data"], about["direction"], about["size"])
    numbers = {"pairs": len(pairs), "held_out": len(held_out)}
    runs.expect_same(args.out, before, numbers)  # else a picture held out before might be trained on now
    numbers |= runs.known_pictures(args.out, before, paired.folder_of(about["data"]))
    pairs, held_out = pairs.to(device()), held_out.to(device())
    game, batches = begun(about), recipes.pix2pix_batches(pairs, about["size"], about["seed"])
    return runs.play(
        game,
        batches,
        about | numbers,
        args.out,
        draw=lambda game, history: draw(game, history, held_out[:SHOWN], args.out),
        judge=lambda keeper: finish(game, pairs, held_out, keeper),
        every=args.keep_every,
        how=runs.how(args),
    )


def settle(args: argparse.Namespace, before: dict) -> dict:
    """The settings: what is asked for, else what the stored run had, else the usual. Sets the scale.

    Raises:
        ValueError: the stored run had others.
    """
    known = runs.settled(args, before, SETTINGS, paired.full_name, "street")
    usual = {"direction": paired.usual_direction(known["data"]), "size": recipes.pix2pix_size(known["data"])}
    about = usual | known
    return about if runs.planned(about) else about | {"rounds": recipes.pix2pix_rounds(about["size"])}


SETTINGS = ("game", "data", "direction", "size", "seed", "scale")


def begun(about: dict) -> Pix2Pix:
    """The game before its first round. Norms that are trained on single pictures stay with those of each worker."""
    torch.manual_seed(about["seed"])
    game = recipes.pix2pix(about["size"], about.get("rounds")).to(device())
    return game if recipes.pix2pix_alone(about["size"]) else workers.synchronized(game)


def answered(game: Pix2Pix, x: Tensor) -> Tensor:
    """G's answers, with its norms in the mode in which they were trained."""
    return game.translate(x, batch_statistics=recipes.pix2pix_alone(x.shape[-1]))


def draw(game: Pix2Pix, history: dict[str, list[float]], pairs: Pairs, folder: Path) -> None:
    """samples.png, with input, output and right answer in each row, and losses.png."""
    plots = quiet_plots()
    x, y = pairs.floats()
    rows = torch.stack([x, answered(game, x), y], dim=1)  # (n, 3, c, h, w)
    write_grid(rows.flatten(0, 1), folder / "samples.png", columns=3, enlarged=max(1, 192 // x.shape[-1]))
    undecided = {"undecided critic": game.d_weight * plots.TWO_LOG_TWO} if game.d_adversarial is d_logistic else {}
    write_losses(history, {"D": undecided}, folder / "losses.png")


def finish(game: Pix2Pix, pairs, held_out: Pairs, keeper: Keeper) -> None:
    """Weights for the reference project, and figures."""
    folder = keeper.folder
    pretrained.save_generator(game.averaged("G"), folder / "latest_net_G.pth")
    result = runs.figures(game, keeper)
    result["answers"] = judged(game, pairs, held_out, result)
    write_json(result, folder / "metrics.json")
    print(f"On {len(held_out)} held-out pairs:")
    print(quiet_plots().table({"answers": result["answers"]}))
    print(f"Wrote game.pt, samples.png, losses.png, latest_net_G.pth and metrics.json to {folder}")


def judged(game: Pix2Pix, pairs, held_out: Pairs, about: dict) -> dict[str, float]:
    """Figures of the answers to held-out pairs: the distance, and what the judge says where there is one."""
    x, y = held_out.floats()
    answers = answered(game, x)
    result = {"l1": l1_loss(answers, y).item()}
    classes = {"street": len(CLASSES), "facades": CMP}.get(about["data"])
    if classes and about["direction"] == "AtoB":  # label maps are read off their colors
        return result | scores(confusion(to_mask(answers, classes), to_mask(y, classes), classes))
    if classes:
        judge = (
            street_judge(about["size"])
            if about["data"] == "street"
            else facade_judge(cut(pairs, about["size"]).swapped(), crop=min(128, about["size"]))
        )
        return assess(judge, answers, y, to_mask(x, classes)) | real_ones(judge, pairs, held_out, classes)
    return result
