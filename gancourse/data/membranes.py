"""Cell membranes under the electron microscope: the task of the first U-Net (ISBI 2012), and a stand-in for it.

Thirty slices of the ventral nerve cord of a fruit fly larva, 512 px, one behind the other; the label is 255 inside a
cell and 0 on a membrane. The course does not download them: they are read from the folder GANCOURSE_DATA, and with
the set not at hand, procedural micrographs take its place.
"""

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate

from gancourse.data.digits import NotHere
from gancourse.data.pairs import PairBatches, Pairs

SIDE = 512
SLICES = 30
HELD_OUT = 6  # slices at the end: neighbours look alike, so the ones kept back lie together
BY_HAND = (
    "To have them, get the thirty training slices and their labels by hand, from the ISBI 2012 challenge "
    "(doi:10.3389/fnana.2015.00142), and let the environment variable GANCOURSE_DATA name a folder with "
    f"isbi2012/image/*.png and isbi2012/label/*.png: {SIDE} x {SIDE}, the same file names in both, "
    "a label white inside cells and black on membranes."
)


def membranes(size: int = SIDE, *, real: bool | None = None) -> tuple[Pairs, Pairs]:
    """Slices to learn from and slices held out: x the picture, y 255 inside cells and 0 on membranes, one channel each.

    Args:
        size: of the square pictures; the slices are averaged down to it.
        real: True insists on the slices of ISBI 2012, False takes the stand-in, None takes what is there.

    Raises:
        NotHere: `real` is True, and the slices are not on this machine.
        ValueError: `size` does not divide 512, GANCOURSE_DATA names no folder, or a slice is not as it should be.
    """
    if size < 32 or SIDE % size:
        raise ValueError(f"size {size}: choose one that divides {SIDE}, such as 128 or 256")
    folder = Path(os.environ.get("GANCOURSE_DATA", ".")) / "isbi2012"
    if not folder.parent.is_dir():
        raise ValueError(f"GANCOURSE_DATA is {folder.parent}, and there is no such folder: correct it, or unset it")
    if real is not False and (folder / "image").is_dir():
        pairs = shrunk(published(folder), size)
    elif real:
        raise NotHere(f"The membranes of ISBI 2012 are not on this machine. {BY_HAND}")
    else:
        if real is None:
            print(f"The membranes of ISBI 2012 are not on this machine: procedural micrographs stand in. {BY_HAND}")
        pairs = drawn(range(SLICES), size)
    return pairs[:-HELD_OUT], pairs[-HELD_OUT:]


def published(folder: Path) -> Pairs:
    """The slices in this folder in their order, at full size."""
    files = sorted((folder / "image").glob("*.png"), key=lambda file: (len(file.stem), file.stem))
    if len(files) <= HELD_OUT:
        raise ValueError(f"{folder / 'image'} has {len(files)} slices in it, not {SLICES}: fetch the set again")
    x, y = (torch.stack([read(folder / part / file.name) for file in files]) for part in ("image", "label"))
    return Pairs("ISBI 2012", x, torch.where(y > 127, 255, 0).to(torch.uint8))


def read(path: Path) -> Tensor:
    """One slice, (1, 512, 512) uint8."""
    try:
        with Image.open(path, formats=("PNG",)) as image:
            picture = np.array(image.convert("L"))
    except OSError as error:
        raise ValueError(f"{path} is missing or damaged: every picture needs its label under the same name") from error
    if picture.shape != (SIDE, SIDE):
        raise ValueError(f"{path} has {picture.shape[0]} x {picture.shape[1]} pixels, not {SIDE} x {SIDE}")
    return torch.from_numpy(picture)[None]


def shrunk(pairs: Pairs, size: int) -> Pairs:
    """The pairs averaged down to this side; a pixel of the label is what most of it was."""
    k = pairs.x.shape[-1] // size
    x, y = avg_pool2d(pairs.x.float(), k), avg_pool2d(pairs.y.float(), k)
    return Pairs(pairs.name, x.round().to(torch.uint8), torch.where(y > 127, 255, 0).to(torch.uint8))


def drawn(seeds: range, size: int = SIDE) -> Pairs:
    """Procedural micrographs, one for each seed."""
    x, y = zip(*(micrograph(seed, size) for seed in seeds), strict=True)
    return Pairs("procedural micrographs", torch.stack(x), torch.stack(y))


def micrograph(seed: int, size: int = SIDE) -> tuple[Tensor, Tensor]:
    """A picture like a slice, and its label, uint8 (1, size, size) each.

    Cells are the regions of a warped plane that are nearest to one of many points (a Voronoi diagram); membranes run
    between them. Inside lie dark bodies and small rings that look like membranes, and are none.
    """
    g = torch.Generator().manual_seed(seed)
    line = (torch.arange(size) + 0.5) / size
    plane = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1)  # (size, size, 2), in 0 .. 1
    warped = plane + 0.035 * torch.stack([clouds(6, size, g), clouds(6, size, g)], -1)
    centres = torch.rand(90, 2, generator=g) ** torch.tensor([1.0, 1.4])  # small cells on one side, large on the other
    near, which = torch.cdist(warped.view(-1, 2), centres).topk(2, largest=False)
    apart = (centres[which[:, 0]] - centres[which[:, 1]]).norm(dim=-1)
    gap = (near.square().diff(dim=-1)[:, 0] / (2 * apart)).view(size, size)  # from the line half-way between two cells
    wide = 0.007 + 0.002 * clouds(12, size, g).clamp(-1.5, 4)
    picture = 0.3 + 0.12 * clouds(5, size, g) + 0.1 * clouds(60, size, g)  # cell plasm, and what floats in it
    far, ring = bodies(plane + 0.3 * (warped - plane), g)
    dark = torch.where(ring, 0.5 * torch.sigmoid(10 * (far - 0.6)), 0.5 + 0.2 * clouds(50, size, g))
    picture -= torch.sigmoid(12 * (1 - far)) * (gap > 1.3 * wide) * dark
    picture -= 0.8 * torch.sigmoid((wide - gap) / 0.002) * (0.8 + 0.2 * clouds(8, size, g).clamp(-2, 1))
    picture += 0.2 * (size / SIDE) ** 0.5 * torch.randn(size, size, generator=g)
    picture = ((picture + 1) * 127.5).clamp(0, 255).round()
    return picture.to(torch.uint8)[None], (255 * (gap > wide)).to(torch.uint8)[None]


def bodies(plane: Tensor, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Dark bodies and small rings: how far each pixel is from the nearest, in radii of it, and whether it is a ring."""
    places, sizes = torch.rand(60, 2, generator=g), torch.rand(60, generator=g)
    ring = torch.arange(60) >= 12
    radius = torch.where(ring, 0.007 + 0.006 * sizes, 0.02 + 0.02 * sizes)
    far, which = (torch.cdist(plane.view(-1, 2), places) / radius).min(1)
    return far.view(plane.shape[:2]), ring[which].view(plane.shape[:2])


def clouds(n: int, size: int, g: torch.Generator) -> Tensor:
    """Smooth noise, (size, size), of about unit spread: n x n random numbers with a smooth surface through them."""
    return interpolate(1.3 * torch.randn(1, 1, n, n, generator=g), size=size, mode="bicubic", align_corners=True)[0, 0]


class Bent(PairBatches):
    """Batches whose pairs are also turned, mirrored and bent, as few slices have to teach much (sec. 3.1).

    Args:
        pairs, size, crop, seed: see :class:`~gancourse.data.pairs.PairBatches`.
        bend: spread of the displacements, in pixels. The paper's 10, for pictures of 512.
    """

    def __init__(self, pairs: Pairs, size: int = 1, *, crop: int | None = None, bend: float = 10.0, seed: int = 0):
        super().__init__(pairs, size, crop=crop, flip=True, seed=seed)
        self.bend = bend

    def at(self, round: int) -> tuple[Tensor, ...]:
        """The batch of this round, counted from 0: x and y."""
        x, y = super().at(round)
        g = torch.Generator().manual_seed(1_000_003 * self.seed + round)
        turns = torch.randint(4, (len(x),), generator=g).tolist()
        x, y = (torch.stack([one.rot90(k, (1, 2)) for one, k in zip(t, turns, strict=True)]) for t in (x, y))
        places = bent_grid(len(x), x.shape[-1], self.bend, g).to(x.device, non_blocking=True)
        return tuple(
            grid_sample(t, places, mode=mode, padding_mode="reflection", align_corners=False)
            for t, mode in ((x, "bilinear"), (y, "nearest"))
        )


def bent_grid(n: int, side: int, bend: float, g: torch.Generator) -> Tensor:
    """Where each pixel is fetched from, (n, side, side, 2) in [-1, 1]: 3 x 3 random displacements, smoothly joined.

    The paper's elastic deformation (sec. 3.1), with bicubic interpolation between the nine.
    """
    moves = 2 * bend / side * torch.randn(n, 2, 3, 3, generator=g)
    moves = interpolate(moves, size=side, mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    line = (2 * torch.arange(side) + 1) / side - 1
    x, y = torch.meshgrid(line, line, indexing="xy")
    return torch.stack([x, y], -1) + moves
