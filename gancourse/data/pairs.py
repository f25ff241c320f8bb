"""Pairs of pictures that live on one device: what goes in and the right answer."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gancourse.data.batches import Batches, to_unit
from gancourse.data.street import Street


@dataclass(frozen=True)
class Pairs:
    """Pictures x with their answers y.

    Attributes:
        name: where they come from.
        x: (n, c_x, h, w), uint8.
        y: (n, c_y, h, w), uint8, of the same size.

    Raises:
        ValueError: x and y differ in number or size.
    """

    name: str
    x: Tensor
    y: Tensor

    def __post_init__(self):
        if len(self.x) != len(self.y) or self.x.shape[2:] != self.y.shape[2:]:
            raise ValueError(f"x is {tuple(self.x.shape)} and y {tuple(self.y.shape)}: pairs agree in number and size")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, chosen) -> "Pairs":
        """Some of the pairs: a slice, a mask or indices."""
        return Pairs(self.name, self.x[chosen], self.y[chosen])

    def to(self, device) -> "Pairs":
        """The same pairs on a device."""
        return Pairs(self.name, self.x.to(device), self.y.to(device))

    def floats(self) -> tuple[Tensor, Tensor]:
        """All of them as float32 in [-1, 1]."""
        return to_unit(self.x), to_unit(self.y)

    def swapped(self) -> "Pairs":
        """The other direction: y goes in, x is the answer."""
        return Pairs(self.name, self.y, self.x)

    def batches(self, size: int = 1, *, crop: int | None = None, flip: bool = False, seed: int = 0) -> "PairBatches":
        """Endless shuffled batches (x, y), float32 in [-1, 1].

        The paper's jitter (appendix 6.2) is pictures of 286 px with ``crop=256, flip=True``.
        """
        return PairBatches(self, size, crop=crop, flip=flip, seed=seed)


class PairBatches(Batches):
    """Shuffled batches of pairs with jitter, each known by its number; see :class:`~gancourse.data.batches.Batches`.

    Args:
        pairs: where they come from.
        size: pairs in a batch.
        crop: side of a square cut out at random, at the same place of both pictures. None: the whole.
        flip: mirror every other pair from left to right, by chance, both pictures alike.
        seed: of order, places and flips.

    Raises:
        ValueError: a crop larger than the pictures, or the reasons of Batches.
    """

    def __init__(self, pairs: Pairs, size: int, *, crop: int | None = None, flip: bool = False, seed: int = 0):
        super().__init__(pairs.x, pairs.y, size=size, seed=seed)
        h, w = pairs.x.shape[2:]
        if crop is not None and not 1 <= crop <= min(h, w):
            raise ValueError(f"a crop of {crop} px from pictures of {h} x {w}: choose one from 1 to {min(h, w)}")
        self.crop, self.flip = crop, flip

    def at(self, round: int) -> tuple[Tensor, ...]:
        """The batch of this round, counted from 0: x and y."""
        x, y = super().at(round)
        if self.crop is None and not self.flip:
            return x, y
        draws = torch.rand(len(x), 3, generator=torch.Generator().manual_seed(1_000_003 * self.seed + round)).tolist()
        cut = [jitter(torch.cat([a, b]), self.crop, self.flip, *u) for a, b, u in zip(x, y, draws, strict=True)]
        return torch.stack(cut).split([x.shape[1], y.shape[1]], dim=1)


def jitter(pair: Tensor, crop: int | None, flip: bool, top: float, left: float, mirror: float) -> Tensor:
    """Cut and perhaps mirror (c, h, w), by three numbers in [0, 1)."""
    if crop is not None:
        h, w = pair.shape[1:]
        i, j = int(top * (h - crop + 1)), int(left * (w - crop + 1))
        pair = pair[:, i : i + crop, j : j + crop]
    return pair.flip(2) if flip and mirror < 0.5 else pair


def street_pairs(
    n: int, size: int = 64, part: str = "train", *, x: str = "labels", y: str = "photo", seed: int = 0
) -> Pairs:
    """The first n houses of a street as pairs.

    Args:
        n, size, part, seed: see :class:`~gancourse.data.street.Street`.
        x, y: "labels" (colours), "edges" (black on white) or "photo"; each with three channels.

    Raises:
        ValueError: another view, or the reasons of Street.
    """
    views = ("labels", "edges", "photo")
    for view in (x, y):
        if view not in views:
            raise ValueError(f"view {view!r}: choose one of {', '.join(views)}")
    houses = Street(seed, size, part).batch(range(n))
    return Pairs("street", *(getattr(houses, view).expand(-1, 3, -1, -1) for view in (x, y)))
