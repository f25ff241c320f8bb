"""The course without notebooks: train a game, draw samples from it.

examples:
  python -m gancourse train gan --out runs/gan                   a GAN on MNIST, minutes on a laptop
  python -m gancourse train cgan --data digits --scale smoke --out runs/try     seconds, to see that it works
  python -m gancourse sample runs/gan --n 100 --out digits.png
  python -m gancourse sample runs/cgan --label 7 --n 16 --out sevens.npy        float32 in [-1, 1], n x 1 x 28 x 28
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gancourse import checkpoint, metrics, recipes
from gancourse.data.digits import NAMES, NotHere
from gancourse.files import written
from gancourse.game import train
from gancourse.games.gan import GAN
from gancourse.scale import SCALES, device, scale

GAMES = {"gan": recipes.gan, "cgan": recipes.cgan}


class Parser(argparse.ArgumentParser):
    """Mistakes end with exit code 2 and one line that says what to do."""

    def error(self, message: str):
        self.exit(2, f"{self.prog}: {message} (try {self.prog} --help)\n")


def at_least(low: int, high: int = 10**9):
    """A type for argparse: a whole number from `low` to `high`."""

    def number(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]+", text) or int(text) < low:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {low}")
        if int(text) > high:
            raise argparse.ArgumentTypeError(f"{text} is more than {high:,}: choose a smaller number")
        return int(text)

    return number


def parser() -> Parser:
    layout = argparse.RawDescriptionHelpFormatter
    main = Parser(prog="python -m gancourse", description=__doc__, formatter_class=layout)
    commands = main.add_subparsers(dest="command", required=True, metavar="{train,sample}")

    t = commands.add_parser("train", help="train a game and judge it", description=__doc__, formatter_class=layout)
    t.add_argument("game", choices=GAMES, help="gan (chapter 1) or cgan (chapter 2)")
    t.add_argument("--data", choices=NAMES, default="mnist", help="digits: procedural, needs no network")
    t.add_argument("--players", choices=("conv", "mlp"), default="conv", help="convolutional networks or perceptrons")
    t.add_argument("--scale", choices=SCALES, help="how much work (default: what the hardware suggests)")
    t.add_argument("--rounds", type=at_least(1), help="rounds of 64 images (default: by scale); Ctrl-C ends earlier")
    t.add_argument("--seed", type=at_least(0), default=0)
    t.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder for what comes out")
    t.set_defaults(run=run_train)

    s = commands.add_parser("sample", help="draw samples", description=__doc__, formatter_class=layout)
    s.add_argument("folder", type=Path, metavar="DIR", help="what train wrote: its folder or its game.pt")
    s.add_argument("--label", type=at_least(0), help="the class to draw (cgan only; default: all in turn)")
    s.add_argument("--n", type=at_least(1, 100_000), default=64, help="how many")
    s.add_argument("--seed", type=at_least(0), default=0)
    s.add_argument("--out", type=Path, required=True, metavar="FILE", help="FILE.png, or FILE.npy for the numbers")
    s.set_defaults(run=run_sample)
    return main


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


def must_be_writable(folder: Path) -> None:
    """Make the folder, and raise OSError if no file can be written there."""
    trial = folder / ".writable"
    with written(trial):
        pass
    trial.unlink()


def draw(game: GAN, n: int, seed: int, label: int | None = None) -> tuple[Tensor, Tensor | None]:
    """n images, (n, 1, 28, 28) in [-1, 1], and the labels asked for, (n,), if the game takes any."""
    where = next(game.parameters()).device
    z = torch.randn(n, game.G.z_dim, generator=torch.Generator().manual_seed(seed)).to(where)
    if game.G.classes == 0:
        return game.sample(z), None
    y = torch.arange(n, device=where) % 10 if label is None else torch.full((n,), label, device=where)
    return game.sample(z, y), y


def write_pictures(game: GAN, history: dict[str, list[float]], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from gancourse import plots

    write_grid(draw(game, 100, seed=0)[0], folder / "samples.png")
    references = {"undecided critic: 2 log 2": plots.TWO_LOG_TWO, "undecided critic, for G: log 2": plots.LOG_TWO}
    with written(folder / "losses.png") as partial:
        plots.losses(history, references).figure.savefig(partial, dpi=150)


def write_grid(images: Tensor, path: Path) -> None:
    from PIL import Image

    from gancourse.plots import sheet

    picture = Image.fromarray(sheet(images, columns=min(10, len(images))))
    with written(path) as partial:
        picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST).save(partial)


def write_metrics(game: GAN, judge: metrics.Judge, real, test, about: dict, path: Path) -> None:
    """The judge's figures beside those of real and of blurred images."""
    images, labels = draw(game, len(test), seed=1)
    controls = metrics.controls(real, test)
    result = about | {"judge_accuracy": judge.accuracy.item(), "samples": metrics.assess(judge, images, test, labels)}
    for name in ("real", "blurred"):
        x, y = controls[name]
        result[name] = metrics.assess(judge, x, test, None if labels is None else y)
    with written(path) as partial:
        partial.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    from gancourse.plots import table

    print(table({name: result[name] for name in ("samples", "real", "blurred")}))


def run_sample(args: argparse.Namespace) -> None:
    """Draw samples from a trained game into a picture or an array."""
    path = args.folder / "game.pt" if args.folder.is_dir() else args.folder
    about = checkpoint.read(path)["about"]
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


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        args.run(args)
    except (ValueError, NotHere, OSError, FloatingPointError) as error:
        print(f"python -m gancourse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m gancourse: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
