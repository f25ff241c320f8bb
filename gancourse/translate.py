"""A trained generator on pictures of one's own: any size, any kind of file.

from gancourse import generators, translate
G = generators.load("runs/street")
translate.translate(G, translate.read_picture("house.jpg")).save("answer.png")
"""

import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn.functional import pad

from gancourse.data.batches import to_unit
from gancourse.data.label_maps import to_colours, to_mask, to_planes
from gancourse.data.pictures import FORMATS, rgb
from gancourse.data.street_plan import CLASSES
from gancourse.games.pix2pix import answer
from gancourse.networks.unet import UNet


def translate(
    G: nn.Module, picture: Image.Image, *, dropout: bool = False, batch_statistics: bool = False, seed: int = 0
) -> Image.Image:
    """G's answer to a picture, of the same size.

    The picture is padded to sides that G takes, half of it on either side, and the answer cropped back.

    Args:
        G: a generator of this course, as :func:`gancourse.generators.load` gives it; left as it was.
        picture: of any mode; see :func:`as_rgb`.
        dropout, batch_statistics: see :func:`~gancourse.games.pix2pix.answer`.
        seed: of what dropout draws. The global random state is left as it was.

    Raises:
        ValueError: G takes or gives something else than pictures and label maps; or the picture is of floats.
        RuntimeError: the picture is too large for the memory.
    """
    expect_pictures(G)
    x = as_tensor(picture, channels(G)[0]).to(next(G.parameters()).device)
    with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
        torch.manual_seed(seed)
        return as_picture(on_any_size(G, x, dropout=dropout, batch_statistics=batch_statistics))


def with_shorter_side(picture: Image.Image, side: int) -> Image.Image:
    """A picture in the same shape, its shorter side so many pixels long; bicubic, as for training.

    Raises:
        ValueError: it would have more pixels than Pillow takes (``PIL.Image.MAX_IMAGE_PIXELS``).
    """
    w, h = (max(1, round(length * side / min(picture.size))) for length in picture.size)
    if w * h > Image.MAX_IMAGE_PIXELS:
        raise ValueError(f"a picture of {picture.width} x {picture.height} would become {w} x {h}: take a smaller size")
    return picture.resize((w, h), Image.Resampling.BICUBIC)


def on_any_size(G: nn.Module, x: Tensor, **how: bool) -> Tensor:
    """Pad, answer, crop back: x (n, c, h, w) in [-1, 1] -> (n, c', h, w) in [-1, 1].

    Args:
        how: see :func:`~gancourse.games.pix2pix.answer`.
    """
    multiple, smallest = sides_taken(G)
    top, bottom = gap(x.shape[2], multiple, smallest)
    left, right = gap(x.shape[3], multiple, smallest)
    y = answer(G, padded(x, left, right, top, bottom), **how)
    return y[..., top : y.shape[2] - bottom, left : y.shape[3] - right]


def sides_taken(G: nn.Module) -> tuple[int, int]:
    """Sides must be multiples of the first number, and no smaller than the second."""
    side = 2**G.downs_count if isinstance(G, UNet) else 4
    return side, max(side, 8)


def channels(G: nn.Module) -> tuple[int, int]:
    """Channels of the pictures that go into G and come out of it."""
    layers = [m for m in G.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    return layers[0].in_channels, layers[-1].out_channels


def expect_pictures(G: nn.Module) -> None:
    """Raise ValueError unless G makes pictures of pictures: each with 3 channels, or 1, or a label map's planes."""
    if not set(channels(G)) <= {1, 3, len(CLASSES)}:
        into, out = channels(G)
        known = f"only 1, 3 and the {len(CLASSES)} planes of a label map can be read and written as files"
        raise ValueError(f"the generator makes {out} channels of {into}: {known}")


def gap(side: int, multiple: int, smallest: int) -> tuple[int, int]:
    """Pixels to add before and after a side."""
    missing = max(smallest, -(-side // multiple) * multiple) - side
    return missing // 2, missing - missing // 2


def padded(x: Tensor, left: int, right: int, top: int, bottom: int) -> Tensor:
    """x with its border mirrored; where a side is too short for that, its last pixels are repeated."""
    x = pad(x, (left, right, 0, 0), mode="reflect" if max(left, right) < x.shape[3] else "replicate")
    return pad(x, (0, 0, top, bottom), mode="reflect" if max(top, bottom) < x.shape[2] else "replicate")


def as_tensor(picture: Image.Image, channels: int = 3) -> Tensor:
    """A picture as (1, channels, h, w) in [-1, 1]; one channel is its brightness, 14 are the planes of a label map."""
    picture = as_rgb(picture).convert("L") if channels == 1 else as_rgb(picture)
    pixels = torch.from_numpy(np.array(picture)).view(picture.height, picture.width, -1).permute(2, 0, 1)[None]
    return to_unit(to_planes(to_mask(pixels)) if channels == len(CLASSES) else pixels)


def as_picture(y: Tensor) -> Image.Image:
    """(1, c, h, w) in [-1, 1] as a picture; c is 1, 3, or 14 for the planes of a label map."""
    if y.shape[1] == len(CLASSES):
        y = to_unit(to_colours(to_mask(y)))
    pixels = ((y[0].float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(pixels if y.shape[1] == 3 else pixels[..., 0])


class Floats(ValueError):
    """A picture of floats: nothing says which of them is white."""


def as_rgb(picture: Image.Image) -> Image.Image:
    """A picture of any mode but F as RGB: turned as its EXIF note says, on white where it is transparent.

    Raises:
        Floats: the mode is F.
    """
    if picture.mode == "F":
        raise Floats("holds floats (mode F), and nothing says which of them is white: save it with 8 bits a channel")
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):  # grey with 16 bits
        picture = Image.fromarray((np.asarray(picture).astype(np.float64) / 257).round().clip(0, 255).astype(np.uint8))
    return rgb(picture)


def read_picture(path: str | Path) -> Image.Image:
    """The picture in a file, as RGB; of a film the first frame.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture, holds floats, is damaged, or has more pixels than Pillow takes
            (``PIL.Image.MAX_IMAGE_PIXELS``), since a small file may unpack to more than the memory holds.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as picture:
                return as_rgb(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        most = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise ValueError(f"{path} is too large, more than {most} pixels: make it smaller first") from error
    except Floats as error:
        raise ValueError(f"{path} {error}") from None
    except Exception as error:  # decoders raise nearly anything on damaged files
        raise ValueError(f"{path} is no picture, or is damaged: {reason(error, path)}") from error


def reason(error: Exception, path: str | Path) -> str:
    if isinstance(error, Image.UnidentifiedImageError):
        return "its format is none of " + ", ".join(FORMATS)
    return (str(error).splitlines() or [type(error).__name__])[0].replace(str(path), "it")
