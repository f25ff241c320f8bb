"""`translate`: pictures through a trained generator."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from torch import nn
from tqdm import tqdm

from gancourse import generators, recipes, translate
from gancourse.cli import runs
from gancourse.cli.outputs import must_be_writable
from gancourse.data.folders import list_pictures
from gancourse.files import written
from gancourse.scale import device

SOME_SKIPPED = 1  # exit code


def run_translate(args: argparse.Namespace) -> int:
    """Translate one picture or all of a folder; what cannot be read is named and skipped."""
    names = output_names(list_pictures(args.pictures) if args.pictures.is_dir() else [existing(args.pictures)])
    expect_elsewhere(args.out, args.pictures)
    G = generators.load(args.checkpoint, direction=args.direction).to(device())
    translate.expect_pictures(G)
    must_be_writable(args.out)
    alone = played_alone(args.checkpoint) if args.batch_statistics is None else args.batch_statistics
    how = {"dropout": args.dropout, "batch_statistics": alone, "seed": args.seed}
    skipped = 0
    for path, name in tqdm(names.items(), unit=" pictures", disable=None):
        try:
            answer = answered(G, path, how)
        except ValueError as error:
            tqdm.write(f"skipped: {error}", file=sys.stderr)
            skipped += 1
            continue
        with written(args.out / name) as partial:
            answer.save(partial)
    print(f"Wrote {len(names) - skipped} pictures to {args.out}" + (f"; skipped {skipped}" if skipped else ""))
    return SOME_SKIPPED if skipped else 0


def played_alone(path: Path) -> bool:
    """Whether this is a run of `train pix2pix` that played pairs one by one, see :func:`recipes.pix2pix_alone`."""
    path = generators.found(path)
    about = runs.stored(path.parent) if path.name == "game.pt" else {}
    return about.get("game") == "pix2pix" and recipes.pix2pix_alone(about["size"])


def answered(G: nn.Module, path: Path, how: dict):
    """G's answer to the picture in a file, or ValueError with the reason why there is none."""
    picture = translate.read_picture(path)
    try:
        return translate.translate(G, picture, **how)
    except (RuntimeError, MemoryError) as error:
        if "memory" not in str(error) and not isinstance(error, MemoryError):
            raise
        raise ValueError(f"{path} is too large for the memory ({picture.width} x {picture.height})") from error


def existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"there is no picture and no folder {path}")
    return path


def expect_elsewhere(out: Path, pictures: Path) -> None:
    """Raise ValueError if the answers would lie among the pictures, where they could take a picture's name."""
    folder = pictures if pictures.is_dir() else pictures.parent
    if out.exists() and out.samefile(folder):
        raise ValueError(f"--out {out} is the folder of the pictures themselves: name another folder")


def output_names(pictures: list[Path]) -> dict[Path, str]:
    """For each picture its stem and ``.png``; where two share a stem, the whole name, as in ``a.jpg.png``.

    Raises:
        ValueError: that is not enough to tell all of them apart.
    """
    often = Counter(path.stem.casefold() for path in pictures)  # some disks do not tell A from a
    shared = [path for path in pictures if often[path.stem.casefold()] > 1]
    names = {path: f"{path.name if path in shared else path.stem}.png" for path in pictures}
    if shared:
        some = ", ".join(path.name for path in shared[:6])
        print(f"Only the ending tells some pictures apart ({some}): their answers are called like {names[shared[0]]}")
    twice = [name for name, n in Counter(name.casefold() for name in names.values()).items() if n > 1]
    if twice:
        raise ValueError(f"two pictures would both be written as {twice[0]}: rename one of them")
    return names
