"""Files that hold pictures: which ones a folder has, what is left out of it, and each one read as upright RGB."""

import os
import re
import struct
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from tqdm import tqdm

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
MOST_PIXELS = 64_000_000  # of a file; a larger one is taken for a decompression bomb
MOST_NAMED = 6  # files in one line
THREADS = min(16, os.cpu_count() or 1)  # Pillow lets go of the interpreter's lock while it decodes and resizes
ORIENTATION = 0x0112  # the EXIF note that says how the camera was held
ON_ITS_SIDE = (5, 6, 7, 8)  # of its values, those that exchange width and height
# what Pillow raises for files that it cannot make sense of
DAMAGE = (OSError, SyntaxError, EOFError, struct.error, ValueError, NotImplementedError, MemoryError)
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # no decoder that starts another program


def has_pictures(folder: Path) -> bool:
    return folder.is_dir() and any(is_picture(file) for file in folder.iterdir())


def is_picture(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()


def list_pictures(folder: Path) -> list[Path]:
    """The pictures of one folder in natural order; folders inside it are not entered.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it has no pictures.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    found = sorted((file for file in folder.iterdir() if is_picture(file)), key=natural)
    if not found:
        raise ValueError(f"{folder} has no pictures ({', '.join(suffix[1:] for suffix in SUFFIXES)})")
    return found


def natural(file: Path) -> tuple:
    """A key by which 2.jpg comes before 10.jpg, and 01.jpg before 1.jpg."""
    parts = re.split("([0-9]+)", file.name)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], file.name


def left_out(folder: Path, used: Iterable[Path]) -> str:
    """What lies beside the pictures that are used and is not used, as one line; nothing if there is nothing.

    Hidden files are not told.

    Args:
        folder: in which all of them lie, at whatever depth.
        used: the pictures.
    """
    used = set(used)
    places = {file.parent for file in used}
    known = used | places | {parent for place in places for parent in place.parents}
    others = {other for place in places for other in place.iterdir() if not other.name.startswith(".")} - known
    names = [named(other, folder) for other in sorted(others, key=natural)]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"Left out of {folder}: {', '.join(names[:MOST_NAMED])}{more}"


def named(other: Path, folder: Path) -> str:
    """As in "train/a.gif (no picture format read here)"."""
    name = other.relative_to(folder).as_posix()
    return f"{name}/ (a folder)" if other.is_dir() else f"{name} (no picture format read here)"


def in_threads(work, items: Sequence, title: str) -> None:
    """work(item) for all items, with a bar if it takes more than two seconds; the first error ends it."""
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for _ in tqdm(pool.map(work, items), title, len(items), leave=False, delay=2, file=sys.stdout):
                pass
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def resized(picture: Image.Image, size: int) -> Tensor:
    """(3, size, size), uint8."""
    return pixels(picture.resize((size, size), Image.Resampling.BICUBIC))


def pixels(picture: Image.Image) -> Tensor:
    """RGB as (3, h, w), uint8."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()


def read_picture(file: Path) -> Image.Image:
    """A picture, decoded, upright and RGB: grey as three equal channels, transparency laid on white.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no picture, is damaged, has more than MOST_PIXELS, or has channels of more than 8 bits.
    """
    try:
        with opened(file) as picture:
            picture.load()
            return rgb(ImageOps.exif_transpose(picture))
    except DAMAGE as error:
        raise damaged(file, error) from error


def upright_size(file: Path) -> tuple[int, int]:
    """(w, h) as read_picture would give it, from the head of the file alone. Errors as there."""
    try:
        with opened(file) as picture:
            w, h = picture.size
            return (h, w) if picture.getexif().get(ORIENTATION) in ON_ITS_SIDE else (w, h)
    except DAMAGE as error:
        raise damaged(file, error) from error


def opened(file: Path) -> Image.Image:
    """A picture whose head was read and found harmless."""
    try:
        picture = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise too_large(file) from None
    if picture.width * picture.height > MOST_PIXELS:
        raise too_large(file)
    if deep(picture):
        raise ValueError(f"{file} has more than 8 bits a channel (mode {picture.mode}): save it with 8")
    return picture


def deep(picture: Image.Image) -> bool:
    """Whether a picture that was not decoded yet has more than 8 bits a channel.

    Of 16 bits in colour Pillow would keep the upper 8 without a word. Before it decodes, its tiles tell.
    """
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return True
    return any(sixteen(codec, how) for codec, _, _, how in picture.tile)


def sixteen(codec: str, how: str | tuple) -> bool:
    """Whether Pillow's note on how a tile is stored, such as "RGB;16B", means channels of 16 bits."""
    if codec.startswith("ppm") and isinstance(how, tuple):
        return how[1] > 255  # the value that stands for white
    return re.search(";16[BLN]", str(how)) is not None  # not BGR;16, which is 16 bits for all three


def too_large(file: Path) -> ValueError:
    return ValueError(f"{file} has more than {MOST_PIXELS // 10**6} million pixels and is not decoded: make it smaller")


def damaged(file: Path, error: Exception) -> Exception:
    known = isinstance(error, ValueError) and str(error).startswith(str(file))  # says already what is wrong
    if known or isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return error
    what = (str(error).splitlines() or [type(error).__name__])[0]
    return ValueError(f"{file} is no picture, or is damaged ({what}): fetch it again, or delete it")


def rgb(picture: Image.Image) -> Image.Image:
    """Any mode of 8 bits as RGB; what is transparent shows white."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
