"""`train gan`, `train cgan` and `sample`: the games of chapters 1 and 2."""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gancourse import checkpoint, metrics, recipes
from gancourse.cli.outputs import must_be_writable, quiet_plots, write_grid, write_json
from gancourse.files import written
from gancourse.game import train
from gancourse.games.gan import GAN
from gancourse.scale import device, scale

GAMES = {"gan": recipes.gan, "cgan": recipes.cgan}
TRANSLATORS = ("pix2pix", "cyclegan")


def run_train(args: argparse.Namespace) -> None:
    """Train, judge, and write samples.png, losses.png, game.pt and metrics.json, in this order."""
    if args.scale:
        os.environ["GANCOURSE_SCALE"] = args.scale
    if (args.out / "metrics.json").exists():
        raise ValueError(f"{args.out} already holds a trained game: name another folder, or delete it first")
    about = {"game": args.game, "players": args.players, "data": args.data, "seed": args.seed, "scale": scale()}
    must_be_writable(args.out)  # found out now, not after the training
    real, test = [part.to(device()) for part in recipes.digit_sets(args.data)]
    judge = metrics.judge_of(real, test)
    torch.manual_seed(args.seed)
    game = GAMES[args.game](args.players).to(device())
    if (args.out / "game.pt").exists():  # an earlier run was cut off before it was judged
        about = checkpoint.load(game, args.out / "game.pt")
        print(f"{args.out} holds a game of {game.played} rounds that was not judged yet: it is judged now.")
    else:
        about |= {"data": real.name}
        about |= play(game, real.batches(recipes.BATCH, labels=args.game == "cgan", seed=args.seed), args)
        checkpoint.save(game, args.out / "game.pt", about)
    write_metrics(game, judge, real, test, about, args.out / "metrics.json")
    print(f"Wrote samples.png, losses.png, metrics.json and game.pt to {args.out}")


def play(game: GAN, batches, args: argparse.Namespace) -> dict:
    """Train, and draw samples and losses. Returns the rounds and minutes it took."""
    start = time.monotonic()
    history = train(game, batches, args.rounds or recipes.rounds(), seed=args.seed)
    write_pictures(game, history, args.out)
    return {"rounds": game.played, "minutes": round((time.monotonic() - start) / 60, 2)}


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
    with written(folder / "losses.png") as partial:
        plots.losses(history, references).figure.savefig(partial, dpi=150)


def write_metrics(game: GAN, judge: metrics.Judge, real, test, about: dict, path: Path) -> None:
    """The judge's figures beside those of real and of blurred images."""
    images, labels = draw(game, len(test), seed=1)
    controls = metrics.controls(real, test)
    result = about | {"judge_accuracy": judge.accuracy.item(), "samples": metrics.assess(judge, images, test, labels)}
    for name in ("real", "blurred"):
        x, y = controls[name]
        result[name] = metrics.assess(judge, x, test, None if labels is None else y)
    write_json(result, path)
    from gancourse.plots import table

    print(table({name: result[name] for name in ("samples", "real", "blurred")}))


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
