"""`train gan`, `train cgan` and `sample`: the games of chapters 1 and 2."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gancourse import checkpoint, metrics, recipes, workers
from gancourse.cli import runs
from gancourse.cli.outputs import must_be_writable, quiet_plots, write_grid, write_json
from gancourse.files import written
from gancourse.games.gan import GAN
from gancourse.keeping import Keeper
from gancourse.scale import device

GAMES = {"gan": recipes.gan, "cgan": recipes.cgan}
TRANSLATORS = ("pix2pix", "cyclegan")
SETTINGS = ("game", "players", "data", "seed", "scale")


def run_train(args: argparse.Namespace) -> int:
    """Train or go on, and write game.pt, samples.png, losses.png and metrics.json, in this order."""
    before = runs.stored(args.out)
    about = settle(args, before)
    must_be_writable(args.out)  # found out now, not after the training
    if runs.finished(args.out, before, about):
        return 0
    real, test = [part.to(device()) for part in recipes.digit_sets(about["data"])]
    if "set" in before:
        runs.expect_same(args.out, before, {"set": real.name})  # others may have stood in for MNIST
    game = begun(about)
    size = recipes.BATCH * workers.count()
    return runs.play(
        game,
        real.batches(size, labels=args.game == "cgan", seed=about["seed"]),
        about | {"set": real.name},
        args.out,
        draw=lambda game, history: write_pictures(game, history, args.out),
        judge=lambda keeper: finish(game, real, test, keeper),
        every=args.keep_every,
        how=runs.how(args),
    )


def settle(args: argparse.Namespace, before: dict) -> dict:
    """The settings: what is asked for, else what the stored run had, else the usual. Sets the scale.

    Raises:
        ValueError: the stored run had others.
    """
    about = {"players": "conv"} | runs.settled(args, before, SETTINGS, str, "mnist")
    return about if runs.planned(about) else about | {"rounds": recipes.rounds()}


def begun(about: dict) -> GAN:
    """The game before its first round."""
    torch.manual_seed(about["seed"])
    return workers.synchronized(GAMES[about["game"]](about["players"]).to(device()))


def draw(game: GAN, n: int, seed: int, label: int | None = None) -> tuple[Tensor, Tensor | None]:
    """n images, (n, 1, 28, 28) in [-1, 1], and the labels asked for, (n,), if the game takes any."""
    where = next(game.parameters()).device
    z = torch.randn(n, game.G.z_dim, generator=torch.Generator().manual_seed(seed)).to(where)
    if game.G.classes == 0:
        return game.sample(z), None
    y = torch.arange(n, device=where) % 10 if label is None else torch.full((n,), label, device=where)
    return game.sample(z, y), y


def write_pictures(game: GAN, history: dict[str, list[float]], folder: Path) -> None:
    plots = quiet_plots()
    write_grid(draw(game, 100, seed=0)[0], folder / "samples.png")
    references = {"undecided critic: 2 log 2": plots.TWO_LOG_TWO, "undecided critic, for G: log 2": plots.LOG_TWO}
    if history:  # none if its file was lost
        figure = plots.losses(history, references).figure
        with written(folder / "losses.png") as partial:
            figure.savefig(partial, dpi=150)
        plots.plt.close(figure)


def finish(game: GAN, real, test, keeper: Keeper) -> None:
    """The judge's figures beside those of real and of blurred images."""
    judge = metrics.judge_of(real, test)
    images, labels = draw(game, len(test), seed=1)
    controls = metrics.controls(real, test)
    result = runs.figures(game, keeper) | {"judge_accuracy": judge.accuracy.item()}
    result["samples"] = metrics.assess(judge, images, test, labels)
    for name in ("real", "blurred"):
        x, y = controls[name]
        result[name] = metrics.assess(judge, x, test, None if labels is None else y)
    write_json(result, keeper.folder / "metrics.json")
    print(quiet_plots().table({name: result[name] for name in ("samples", "real", "blurred")}))
    print(f"Wrote game.pt, samples.png, losses.png and metrics.json to {keeper.folder}")


def run_sample(args: argparse.Namespace) -> None:
    """Draw samples from a trained game into a picture or an array."""
    path = args.folder / "game.pt" if args.folder.is_dir() else args.folder
    about = checkpoint.read(path)["about"]
    if about.get("game") in TRANSLATORS:
        how = f"python -m gancourse translate {args.folder} --in PICTURES --out FOLDER"
        raise ValueError(f"{path} is a {about['game']}, which answers pictures and draws none from noise: {how}")
    if about.get("game") not in GAMES or "players" not in about:
        raise ValueError(f"{path} was not written by this command: load it in Python with gancourse.checkpoint")
    if args.out.suffix.lower() not in (".png", ".npy"):
        raise ValueError(f"cannot write {args.out.name}: the name must end in .png or .npy")
    if args.label is not None and about["game"] != "cgan":
        raise ValueError(f"{path} is a {about['game']}, which takes no label: leave --label away, or train a cgan")
    if args.label is not None and args.label > 9:
        raise ValueError(f"--label {args.label} is out of range: choose a digit from 0 to 9")
    game = GAMES[about["game"]](about["players"])
    checkpoint.load(game, path)
    images, _ = draw(game, args.n, args.seed, args.label)
    if args.out.suffix.lower() == ".png":
        write_grid(images, args.out)
    else:
        with written(args.out) as partial:
            np.save(partial, images.numpy().astype(np.float32))
    print(f"Wrote {args.n} images to {args.out}")
