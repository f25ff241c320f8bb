"""`translate`: pictures through a trained generator."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from PIL import Image
from torch import nn
from tqdm import tqdm

from gancourse import checkpoint, generators, recipes, translate
from gancourse.cli.outputs import must_be_writable
from gancourse.data.pictures import SUFFIXES, left_out, natural
from gancourse.files import written
from gancourse.scale import device

SOME_SKIPPED = 1  # exit code
ENDINGS = (*SUFFIXES, ".gif")  # of a film the first frame
MUCH = 1.5  # times as large as in training: then one line of advice


def run_translate(args: argparse.Namespace) -> int:
    """Translate one picture or all of a folder; what cannot be read is named and skipped."""
    pictures = list_readable(args.pictures) if args.pictures.is_dir() else [existing(args.pictures)]
    names = output_names(pictures)
    expect_folder(args.out, args.pictures)
    G = generators.load(args.checkpoint, direction=args.direction).to(device())
    translate.expect_pictures(G)
    must_be_writable(args.out)
    if args.pictures.is_dir() and (line := left_out(args.pictures, pictures)):
        print(line)
    about = settings(generators.found(args.checkpoint, args.direction))
    alone = played_alone(about) if args.batch_statistics is None else args.batch_statistics
    how = {"dropout": args.dropout, "batch_statistics": alone, "seed": args.seed}
    sizes, skipped = translate_all(G, {path: args.out / name for path, name in names.items()}, args.size, how)
    if args.size is None and (line := advice(sizes, about.get("size"))):
        print(line)
    print(f"Wrote {counted(len(names) - skipped)} to {args.out}" + (f"; skipped {skipped}" if skipped else ""))
    return SOME_SKIPPED if skipped else 0


def translate_all(G: nn.Module, names: dict[Path, Path], size: int | None, how: dict) -> tuple[dict, int]:
    """Write the answer to each picture under its name. The sizes (w, h) of what could be read, and how many were
    skipped."""
    sizes, skipped = {}, 0
    for path, name in tqdm(names.items(), unit=" pictures", disable=None):
        try:
            picture = translate.read_picture(path)
            sizes[path] = picture.size
            answer = answered(G, path, picture, size, how)
        except ValueError as error:
            tqdm.write(f"skipped: {error}", file=sys.stderr)
            skipped += 1
            continue
        with written(name) as partial:
            answer.save(partial)
    return sizes, skipped


def answered(G: nn.Module, path: Path, picture: Image.Image, size: int | None, how: dict) -> Image.Image:
    """G's answer to the picture from a file, or ValueError with the reason why there is none."""
    try:
        return translate.translate(G, translate.with_shorter_side(picture, size) if size else picture, **how)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    except (RuntimeError, MemoryError) as error:
        if "memory" not in str(error) and not isinstance(error, MemoryError):
            raise
        raise ValueError(f"{path} is too large for the memory ({picture.width} x {picture.height})") from error


def settings(path: Path) -> dict:
    """Those of the run that a checkpoint is of; of official weights none are known."""
    try:
        return checkpoint.read(path)["about"]
    except ValueError:
        return {}


def played_alone(about: dict) -> bool:
    """Whether these are of a run of `train pix2pix` that played pairs one by one, see :func:`recipes.pix2pix_alone`."""
    size = about.get("size")
    return about.get("game") == "pix2pix" and size in recipes.PIX2PIX and recipes.pix2pix_alone(size)


def advice(sizes: dict[Path, tuple[int, int]], learned: int | None) -> str:
    """A line about pictures that are much larger than those of the training; nothing if there are none."""
    large = [path for path, size in sizes.items() if learned and min(size) > MUCH * learned]
    if not large:
        return ""
    w, h = sizes[large[0]]
    more = f" and {len(large) - 1} more are" if len(large) > 1 else " is"
    return (
        f"{large[0].name} ({w} x {h}){more} larger than the {learned} px at which this network was trained: "
        f"if the answers look wrong, try --size {learned}"
    )


def counted(n: int) -> str:
    return f"{n} picture{'' if n == 1 else 's'}"


def list_readable(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order; folders inside it are not entered. ValueError if it has none."""
    found = [file for file in folder.iterdir() if file.suffix.lower() in ENDINGS and file.is_file()]
    found = sorted((file for file in found if not file.name.startswith(".")), key=natural)
    if not found:
        raise ValueError(f"{folder} has no pictures ({', '.join(ending[1:] for ending in ENDINGS)})")
    return found


def existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"there is no picture and no folder {path}")
    return path


def expect_folder(out: Path, pictures: Path) -> None:
    """Raise ValueError if `out` is called like a picture, or if the answers would lie among the pictures, where they
    could take a picture's name."""
    if out.suffix.lower() in ENDINGS:
        raise ValueError(f"--out {out} names a folder for the answers, not a picture: leave {out.suffix} away")
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
