"""The course without notebooks: train a game, draw samples from it, translate pictures with it, export it.

examples:
  python -m gancourse train gan --out runs/gan                   a GAN on MNIST, minutes on a laptop
  python -m gancourse train cgan --data digits --scale smoke --out runs/try     seconds, to see that it works
  python -m gancourse sample runs/gan --n 100 --out digits.png
  python -m gancourse sample runs/cgan --label 7 --n 16 --out sevens.npy        float32 in [-1, 1], n x 1 x 28 x 28

  python -m gancourse train pix2pix --out runs/street            houses from label maps, minutes on a laptop
  python -m gancourse train pix2pix --data my/pairs --size 256 --out runs/mine  again to go on after a stop
  python -m gancourse translate runs/street --in maps --out houses
  python -m gancourse translate runs/mine --in photos --out answers --size 256  the shorter side made 256 px first
  python -m gancourse translate latest_net_G.pth --in photo.jpg --out answers   an official checkpoint

  python -m gancourse train cyclegan --out runs/unpaired         the street without pairs: photos <-> label maps
  python -m gancourse train cyclegan --data horse2zebra --size 256 --scale paper --out runs/zebras
  python -m gancourse translate runs/zebras --direction BtoA --in zebras --out horses

  python -m gancourse export runs/street --out street.onnx       for onnxruntime: no torch needed, runs in web pages

A run is kept every few minutes and at Ctrl-C, and the same command goes on after a stop. Several workers, one for each
GPU, play one game together; each plays a batch of the usual size, so that a round sees more pictures:
  torchrun --nproc-per-node 2 -m gancourse train cyclegan --out runs/two
"""

import argparse
import re
import sys
from pathlib import Path

from gancourse import workers
from gancourse.cli import cyclegan, digits, pix2pix, runs
from gancourse.cli.digits import run_sample
from gancourse.cli.export import run_export
from gancourse.cli.translate import run_translate
from gancourse.data.digits import NAMES, NotHere
from gancourse.export import NotInstalled
from gancourse.keeping import Busy
from gancourse.precision import DTYPES
from gancourse.scale import SCALES

PIX2PIX = """Image to image from pairs (Isola et al. 2017). The same command goes on after a stop.

DIR receives game.pt (every few minutes, and at Ctrl-C), samples.png (input, output, right answer in each row),
losses.png, metrics.json, and latest_net_G.pth, the generator under the names of the reference project.

In street and facades A is the photo and B the label map: BtoA draws houses from label maps, AtoB label maps from
houses. A folder holds pairs side by side in one file, train/1.jpg with A on the left, or in two files of the same
name, train/A/1.jpg and train/B/1.jpg; of one without test/ or val/ the last tenth is held out.
"""
CYCLEGAN = """Image to image without pairs (Zhu et al. 2017). The same command goes on after a stop.

G draws B from A, and F draws A from B. DIR receives game.pt (every few minutes, and at Ctrl-C), samples.png (A, G(A),
F(G(A)) and B, F(B), G(F(B)) in each row), losses.png, metrics.json, and the generators under the names of the reference
project, latest_net_G_A.pth (A to B) and latest_net_G_B.pth (B to A).

Three sets are drawn by the course, with the truth for judging: street (A photos, B label maps of other houses), dusk (A
houses by day, B other houses at dusk) and digits (A as they are, B others, coloured and turned). facades are the pairs
of pix2pix, broken. A folder holds trainA/ and trainB/, and perhaps testA/ and testB/; of one without test or val the
last tenth of each domain is held out.
"""
EXPORT = """A trained generator as an ONNX file, for onnxruntime and others: it needs no torch and runs in web pages.

The file takes batches of any number; pictures of any size that the network takes; noise, and labels of a cgan. The
generator is the one that translate and sample use. Before the file is written, onnxruntime's answers to random inputs
are held to torch's. Needs: pip install "gancourse[export]"
"""
UNPAIRED = "street, dusk, digits, facades, a published set such as horse2zebra, or a folder (default: street)"
DATA = "street (drawn by the course), facades (fetched), another published set, or a folder (default: street)"
DIRECTION = "what goes in and what comes out (default: BtoA for street and facades, AtoB for a folder)"


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


def some_time(text: str) -> float:
    """A type for argparse: minutes, more than none."""
    if (minutes := any_time(text)) == 0:
        raise argparse.ArgumentTypeError("0 is no time to play: give some minutes, such as 0.5 or 30")
    return minutes


def any_time(text: str) -> float:
    """A type for argparse: minutes, or 0."""
    if not re.fullmatch(r"[0-9]+([.][0-9]*)?|[.][0-9]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes, such as 0.5 or 30")
    return float(text)


def parser() -> Parser:
    main = Parser(prog="python -m gancourse", **described(__doc__))
    commands = main.add_subparsers(dest="command", required=True, metavar="{train,sample,translate,export}")
    games = commands.add_parser("train", help="train a game and judge it", **described(__doc__))
    games = games.add_subparsers(dest="game", required=True, metavar="{gan,cgan,pix2pix,cyclegan}")
    add_digits(games, "gan", "chapter 1")
    add_digits(games, "cgan", "chapter 2")
    add_pix2pix(games)
    add_cyclegan(games)
    add_sample(commands)
    add_translate(commands)
    add_export(commands)
    return main


def described(text: str) -> dict:
    return {"description": text, "formatter_class": argparse.RawDescriptionHelpFormatter}


def add_digits(games, name: str, chapter: str) -> None:
    t = games.add_parser(name, help=f"digits ({chapter})", **described(__doc__))
    t.add_argument("--data", choices=NAMES, help="digits: procedural, needs no network (default: mnist)")
    t.add_argument("--players", choices=("conv", "mlp"), help="convolutional networks (default) or perceptrons")
    add_run(t)
    t.set_defaults(run=digits.run_train)


def add_pix2pix(games) -> None:
    t = games.add_parser("pix2pix", help="image to image from pairs (chapter 5)", **described(PIX2PIX))
    t.add_argument("--data", metavar="SET|FOLDER", help=DATA)
    t.add_argument("--direction", choices=("AtoB", "BtoA"), help=DIRECTION)
    t.add_argument("--size", type=int, choices=(64, 128, 256), help="of the pictures, pixels (default: by scale)")
    add_run(t)
    t.set_defaults(run=pix2pix.run_train)


def add_cyclegan(games) -> None:
    t = games.add_parser("cyclegan", help="image to image without pairs (chapter 6)", **described(CYCLEGAN))
    t.add_argument("--data", metavar="SET|FOLDER", help=UNPAIRED)
    t.add_argument("--size", type=int, choices=(32, 64, 128, 256), help="of the pictures, pixels (default: by scale)")
    add_run(t)
    t.set_defaults(run=cyclegan.run_train)


def add_run(t: Parser) -> None:
    """What each game is asked for."""
    t.add_argument("--scale", choices=SCALES, help="how much work (default: what the hardware suggests)")
    long = t.add_mutually_exclusive_group()
    rounds = "rounds in all (default: by scale); Ctrl-C stops, and the same command goes on"
    long.add_argument("--rounds", type=at_least(1), help=rounds)
    long.add_argument("--minutes", type=some_time, metavar="M", help="in place of rounds: minutes of training in all")
    kinds = "of what the players compute (default: what suits the hardware)"
    t.add_argument("--precision", choices=DTYPES, help=kinds)
    layout = "keep the channels of a pixel side by side: faster for pictures in bf16"
    t.add_argument("--channels-last", action="store_true", help=layout)
    t.add_argument("--graph", action="store_true", help="record a round and replay it (GPUs of NVIDIA, one worker)")
    every = f"between checkpoints (default: {runs.MINUTES:g}; 0: after each round)"
    t.add_argument("--keep-every", type=any_time, metavar="MINUTES", help=every)
    t.add_argument("--seed", type=at_least(0), help="of weights, order and noise (default: 0)")
    t.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder for what comes out")


def add_sample(commands) -> None:
    s = commands.add_parser("sample", help="draw samples", **described(__doc__))
    s.add_argument("folder", type=Path, metavar="DIR", help="what train wrote: its folder or its game.pt")
    s.add_argument("--label", type=at_least(0), help="the class to draw (cgan only; default: all in turn)")
    s.add_argument("--n", type=at_least(1, 100_000), default=64, help="how many")
    s.add_argument("--seed", type=at_least(0), default=0)
    s.add_argument("--out", type=Path, required=True, metavar="FILE", help="FILE.png, or FILE.npy for the numbers")
    s.set_defaults(run=run_sample)


def add_translate(commands) -> None:
    t = commands.add_parser("translate", help="translate pictures", **described(__doc__))
    t.add_argument("checkpoint", type=Path, help="what train wrote, its folder or its game.pt, or an official .pth")
    t.add_argument("--in", dest="pictures", type=Path, required=True, metavar="PATH", help="a picture or a folder")
    t.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for the answers, PNG files")
    t.add_argument(
        "--direction",
        choices=("AtoB", "BtoA"),
        help="of a CycleGAN (default: AtoB); of others the one they were trained in, or none",
    )
    t.add_argument(
        "--size",
        type=at_least(8, 16_384),
        metavar="N",
        help="first resize each picture so that its shorter side has N pixels; it keeps its shape, and the answer has "
        "that size (default: as it is). A network answers best near the size at which it was trained",
    )
    t.add_argument("--dropout", action="store_true", help="keep dropout on, as the paper does")
    t.add_argument(
        "--batch-statistics",
        action=argparse.BooleanOptionalAction,
        help="norms take mean and spread from the picture, as in the paper (default: only for a run of train pix2pix "
        "that played pairs one by one)",
    )
    t.add_argument("--seed", type=at_least(0), default=0, help="of what dropout draws")
    t.set_defaults(run=run_translate)


def add_export(commands) -> None:
    e = commands.add_parser("export", help="write a generator as an ONNX file", **described(EXPORT))
    e.add_argument("checkpoint", type=Path, help="what train wrote, its folder or its game.pt, or an official .pth")
    e.add_argument("--out", type=Path, required=True, metavar="FILE.onnx", help="the file to write")
    e.add_argument("--direction", choices=("AtoB", "BtoA"), help="of a CycleGAN (default: AtoB)")
    e.add_argument(
        "--batch-statistics",
        action=argparse.BooleanOptionalAction,
        help="norms take mean and spread from each picture (default: as translate does)",
    )
    e.set_defaults(run=run_export)


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    with workers.joined():
        return done(args)


def done(args: argparse.Namespace) -> int:
    """Do what is asked; the exit code. Of several workers, the first one tells what was wrong with it."""
    try:
        return args.run(args) or 0
    except (ValueError, NotHere, OSError, FloatingPointError, MemoryError, NotInstalled, Busy) as error:
        if workers.number() == 0 or not isinstance(error, ValueError):
            print(f"python -m gancourse: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("python -m gancourse: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
