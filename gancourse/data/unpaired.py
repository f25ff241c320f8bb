"""Two domains without pairs, and the hidden truth to judge translations by: who belongs to whom is known, but not to
the players."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from gancourse.data.batches import Batches, to_unit
from gancourse.data.digits import ImageSet
from gancourse.data.folders import (
    LEAST_SIDE,
    MEMORY,
    in_threads,
    list_pictures,
    other_choice,
    read_picture,
    resized,
    upright_size,
)
from gancourse.data.label_maps import to_planes
from gancourse.data.pairs import Pairs, jitter
from gancourse.data.street import Street
from gancourse.data.street_paint import LIGHTS

VIEWS = ("photo", "labels", "planes", "edges", *LIGHTS)  # of a house; "photo" is "day"
GROUND, STROKE = (16, 24, 72), (255, 176, 46)  # of the coloured digits
Files = tuple[list[Path], list[Path]]  # of A and of B
OWN_STREAM = 2**31  # apart from the seeds of the order: torch takes the lower 32 bits of a seed


@dataclass(frozen=True)
class Unpaired:
    """Pictures of two domains, as many of each as there are.

    Attributes:
        name: where they come from.
        x: (n, c_x, h, w), uint8; a tensor, or pictures :class:`OnDisk`.
        y: (m, c_y, h', w'), uint8.

    Raises:
        ValueError: one of the domains is empty.
    """

    name: str
    x: "Tensor | OnDisk"
    y: "Tensor | OnDisk"

    def __post_init__(self):
        if not len(self.x) or not len(self.y):
            raise ValueError(f"{self.name}: {len(self.x)} pictures of x and {len(self.y)} of y, but both need some")

    def __len__(self) -> int:
        """Of the longer domain: so many pictures make an epoch."""
        return max(len(self.x), len(self.y))

    def to(self, device) -> "Unpaired":
        """The same pictures on a device."""
        return Unpaired(self.name, self.x.to(device), self.y.to(device))

    def floats(self) -> tuple[Tensor, Tensor]:
        """All of them as float32 in [-1, 1]."""
        return to_unit(self.x[:]), to_unit(self.y[:])

    def swapped(self) -> "Unpaired":
        """The other way round."""
        return Unpaired(self.name, self.y, self.x)

    def batches(self, size: int = 1, *, crop: int | None = None, flip: bool = False, seed: int = 0) -> Batches:
        """Endless batches (x, y), float32 in [-1, 1]; see :class:`UnpairedBatches`."""
        on_disk = any(isinstance(domain, OnDisk) for domain in (self.x, self.y))
        return (AheadBatches if on_disk else UnpairedBatches)(self, size, crop=crop, flip=flip, seed=seed)


class UnpairedBatches(Batches):
    """Batches of x and y that have nothing to do with one another, each known by its number.

    As in the reference implementation an epoch is as long as the longer domain, x comes in shuffled order (around
    and around, if it is the shorter one), y is drawn at random each time, and places and flips are independent.

    Args:
        unpaired: where they come from.
        size: pictures of each domain in a batch.
        crop: side of a square cut out at random. None: the whole.
        flip: mirror every other picture from left to right, by chance.
        seed: of order, draws, places and flips.

    Raises:
        ValueError: a crop larger than the pictures; a batch larger than the longer domain.
    """

    def __init__(self, unpaired: Unpaired, size: int, *, crop: int | None = None, flip: bool = False, seed: int = 0):
        at_hand = isinstance(unpaired.x, Tensor) and isinstance(unpaired.y, Tensor)
        device = unpaired.x.device if at_hand else "cpu"  # files are asked for by the processor
        super().__init__(torch.arange(len(unpaired), device=device), size=size, seed=seed)
        h, w = map(min, unpaired.x.shape[2:], unpaired.y.shape[2:])
        if crop is not None and not 1 <= crop <= min(h, w):
            raise ValueError(f"a crop of {crop} px from pictures of {h} x {w}: choose one from 1 to {min(h, w)}")
        self.unpaired, self.crop, self.flip = unpaired, crop, flip

    def at(self, round: int) -> tuple[Tensor, Tensor]:
        """The batch of this round, counted from 0: x and y."""
        (chosen,) = super().at(round)
        x, y = self.unpaired.x, self.unpaired.y
        generator = torch.Generator().manual_seed(OWN_STREAM + 1_000_003 * self.seed + round)
        others = torch.randint(len(y), (self.size,), generator=generator).to(chosen.device, non_blocking=True)
        draws = torch.rand(2, self.size, 3, generator=generator).tolist()
        return self.jittered(x[chosen % len(x)], draws[0]), self.jittered(y[others], draws[1])

    def jittered(self, pictures: Tensor, draws: list[list[float]]) -> Tensor:
        """(n, c, h, w), uint8 -> float32 in [-1, 1], each cut and mirrored by three numbers of its own."""
        if self.crop is not None or self.flip:
            cut = [jitter(one, self.crop, self.flip, *u) for one, u in zip(pictures, draws, strict=True)]
            pictures = torch.stack(cut)
        return to_unit(pictures)


class AheadBatches(UnpairedBatches):
    """The same batches, to the bit; while a round is played, a thread makes the next one."""

    def __init__(self, *args, **how):
        super().__init__(*args, **how)
        self.worker = ThreadPoolExecutor(1, "decode")  # one, since the order of an epoch is kept between rounds
        self.begun: dict[int, Future] = {}

    def at(self, round: int) -> tuple[Tensor, Tensor]:
        """The batch of this round, counted from 0: x and y. ValueError if a picture is damaged."""
        now = self.begun.pop(round, None) or self.begin(round)
        for future in self.begun.values():  # somebody jumped to another round
            future.cancel()
        self.begun = {round + 1: self.begin(round + 1)}
        return now.result()

    def begin(self, round: int) -> Future:
        return self.worker.submit(super().at, round)


class OnDisk:
    """Pictures in files that are used like a tensor (n, 3, size, size), uint8: decoded when some are asked for.

    Args:
        files: in their order.
        size: side of the resized pictures, pixels.
        device: on which they are handed out.
    """

    def __init__(self, files: Sequence[Path], size: int, device="cpu"):
        self.files, self.size, self.device = list(files), size, torch.device(device)

    @property
    def shape(self) -> torch.Size:
        return torch.Size([len(self), 3, self.size, self.size])

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, chosen) -> Tensor:
        """Some of them, (k, 3, size, size): a slice, a mask or indices. ValueError if one is damaged."""
        chosen = chosen.cpu() if isinstance(chosen, Tensor) else chosen
        files = [self.files[i] for i in torch.arange(len(self))[chosen].tolist()]
        return decoded(files, self.size).to(self.device, non_blocking=True)

    def to(self, device) -> "OnDisk":
        return OnDisk(self.files, self.size, device)


class UnpairedFolder(Unpaired):
    """Two domains from a folder, the layout of CycleGAN's sets; each picture resized to a square, bicubic::

        path/trainA/1.jpg, path/trainB/another.jpg
        path/train/A/1.jpg, path/train/B/another.jpg
        path/A/train/1.jpg, path/B/train/another.jpg

    and for a folder without parts path/A/1.jpg, path/B/another.jpg. x is A, y is B. Pictures are read as by
    :class:`~gancourse.data.folders.PairedFolder`; what fits into `memory` is decoded once and stays, larger folders
    are decoded batch by batch, one round ahead. The batches are the same to the bit.

    Args:
        path: the folder, such as the one that ``find("horse2zebra", paired=False)`` of
            :mod:`gancourse.data.downloads` gives.
        part: "train", "test", ... or None if the folder has no parts.
        size: side of the resized pictures, pixels. The paper's jitter takes 286 and crops 256.
        sides: how A and B are called in the names of folders.
        memory: bytes that decoded pictures may take.

    Raises:
        FileNotFoundError: no such folder, or no such parts in it.
        ValueError: a size below 1; no pictures; one that is damaged, too small, too large or deeper than 8 bits.
            Where pictures are decoded batch by batch, damage inside a file is met only then.
    """

    def __init__(
        self,
        path: str | Path,
        part: str | None = "train",
        size: int = 286,
        *,
        sides: tuple[str, str] = ("A", "B"),
        memory: float = MEMORY,
    ):
        if size < 1:
            raise ValueError(f"size {size}: pictures have a side of 1 pixel or more, the paper's have 286")
        name = Path(path).name
        super().__init__(name, *domains(name, find_unpaired(path, part, sides), size, memory))


def find_unpaired(path: str | Path, part: str | None = "train", sides: tuple[str, str] = ("A", "B")) -> Files:
    """The files of A and of B in natural order; arguments and errors as for :class:`UnpairedFolder`."""
    path, (a, b) = Path(path), sides
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path}")
    layouts = [(path / f"{part}{a}", path / f"{part}{b}"), (path / part / a, path / part / b)] if part else []
    layouts += [(path / a / part, path / b / part)] if part else [(path / a, path / b)]
    for one, other in layouts:
        if one.is_dir() or other.is_dir():
            return list_pictures(one), list_pictures(other)
    first = " and ".join(f"{folder.relative_to(path).as_posix()}/" for folder in layouts[0])
    raise FileNotFoundError(f"{path} has no {first}, one for each domain. {other_choice(path, part, sides)}")


def domains(name: str, files: Files, size: int, memory: float = MEMORY) -> list[Tensor] | list[OnDisk]:
    """The pictures of A and of B: decoded, or, if they are too many for the memory, on disk. Errors as above."""
    n = sum(map(len, files))
    if (needed := n * 3 * size**2) <= memory:
        return [decoded(some, size, f"decoding {name}") for some in files]
    print(f"{name}: {n} pictures take {needed / 1e9:.1f} GB at {size} px: decoded batch by batch.")
    in_threads(lambda file: expect_side(file, upright_size(file)), files[0] + files[1], f"looking at {name}")
    return [OnDisk(some, size) for some in files]


def decoded(files: Sequence[Path], size: int, title: str = "decoding") -> Tensor:
    """(n, 3, size, size), uint8, decoded in parallel threads.

    Raises:
        ValueError: see :func:`~gancourse.data.pictures.read_picture`; and a picture that is too small.
    """
    pictures = torch.empty(len(files), 3, size, size, dtype=torch.uint8)

    def put(i: int) -> None:
        picture = read_picture(files[i])
        expect_side(files[i], picture.size)
        pictures[i] = resized(picture, size)

    in_threads(put, range(len(files)), title)
    return pictures


def expect_side(file: Path, size: tuple[int, int]) -> None:
    """Raise ValueError if a picture of this size (w, h) is too small."""
    if min(size) < LEAST_SIDE:
        raise ValueError(f"{file} is {size[0]} x {size[1]}: pictures have {LEAST_SIDE} pixels or more each way")


@dataclass(frozen=True)
class Truth:
    """What no player may see: pictures x with their true counterparts y, and what else is known of them. For judges.

    Attributes:
        name: where they come from.
        x: (n, c_x, h, w), uint8.
        y: (n, c_y, h, w), uint8; y[i] is what x[i] would be in the other domain.
        mask: classes of the street or of facades, (n, h, w), int64, where there are any.
        lit: where lamps shine at dusk, (n, h, w), bool; the street only.
        dark: y with every lamp out, (n, 3, h, w), uint8; where y is the street at dusk only.
        label: the digit, (n,), int64; digits only.
    """

    name: str
    x: Tensor
    y: Tensor
    mask: Tensor | None = None
    lit: Tensor | None = None
    dark: Tensor | None = None
    label: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, chosen) -> "Truth":
        """A part of it: a slice, a mask or indices."""
        return self._each(lambda tensor: tensor[chosen])

    def to(self, device) -> "Truth":
        """The same on a device."""
        return self._each(lambda tensor: tensor.to(device))

    def floats(self) -> tuple[Tensor, Tensor]:
        """x and y as float32 in [-1, 1]."""
        return to_unit(self.x), to_unit(self.y)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Truth":
        tensors = (self.x, self.y, self.mask, self.lit, self.dark, self.label)
        return Truth(self.name, *(None if tensor is None else change(tensor) for tensor in tensors))


def broken(pairs: Pairs | Truth) -> Unpaired:
    """Pairs that are none any more: x of the first half and y of the other, so that no counterpart is among them.

    Raises:
        ValueError: fewer than two pairs.
    """
    half = len(pairs) // 2
    return Unpaired(pairs.name, pairs.x[:half], pairs.y[half:])


def street_unpaired(
    n: int, size: int = 64, x: str = "photo", y: str = "labels", part: str = "train", *, seed: int = 0
) -> Unpaired:
    """n houses of a street in one view, and n *other* houses of it in another view.

    Args:
        n: x shows the houses 0 to n - 1, y those from n to 2 n - 1.
        size, part, seed: see :class:`~gancourse.data.street.Street`.
        x, y: "photo" or "day", "dusk", "dark" (dusk with every lamp out), "snow", "labels" (colours), "edges" (black on
            white), each with three channels; or "planes", one channel for each class.

    Raises:
        ValueError: n below 1, another view, or the reasons of Street.
    """
    street = Street(seed, size, part)
    return Unpaired("street", seen(street, range(n), x), seen(street, range(n, 2 * n), y))


def street_truth(
    n: int, size: int = 64, x: str = "photo", y: str = "labels", part: str = "test", *, seed: int = 0
) -> Truth:
    """n houses that no player has seen, in both views, with mask and lit, and dark if y is dusk; else as
    :func:`street_unpaired`."""
    street = Street(seed, size, part)
    houses, views = street.batch(range(n)), [seen(street, range(n), view) for view in (x, y)]
    dark = seen(street, range(n), "dark") if y == "dusk" else None
    return Truth("street", *views, mask=houses.mask, lit=houses.lit, dark=dark)


def seen(street: Street, indices: range, view: str) -> Tensor:
    """Houses in a view: (n, c, size, size), uint8."""
    if view not in VIEWS:
        raise ValueError(f"view {view!r}: choose one of {', '.join(VIEWS)}")
    houses = street.batch(indices, view if view in LIGHTS else "day")
    if view == "planes":
        return to_planes(houses.mask)
    return {"labels": houses.labels, "edges": houses.edges.expand(-1, 3, -1, -1)}.get(view, houses.photo)


def coloured_digits(digits: ImageSet, turn: int = 90) -> Unpaired:
    """Grey digits (the first half of a set) and the coloured, turned cousins of *other* digits (the second half).

    Args:
        digits: MNIST or procedural digits, see :func:`gancourse.data.digits.load`.
        turn: degrees, against the clock: 0, 90, 180 or 270.

    Raises:
        ValueError: another turn, or fewer than two digits.
    """
    return broken(digits_truth(digits, turn))


def digits_truth(digits: ImageSet, turn: int = 90) -> Truth:
    """Digits (n, 3, 32, 32) with their cousins and labels: what :func:`coloured_digits` hides."""
    if turn not in (0, 90, 180, 270):
        raise ValueError(f"turn {turn}: choose 0, 90, 180 or 270 degrees")
    grey = pad(digits.images, (2, 2, 2, 2))
    return Truth(digits.name, grey.expand(-1, 3, -1, -1), cousin(grey, turn), label=digits.labels)


def cousin(grey: Tensor, turn: int = 90) -> Tensor:
    """(n, 1, h, w), uint8, white on black -> (n, 3, ...), turned, with strokes of one colour on a ground of another.

    The colour tells how bright a pixel was and nothing else, so there is a way back.
    """
    ground, stroke = (torch.tensor(c, device=grey.device).view(3, 1, 1) for c in (GROUND, STROKE))
    ink = torch.rot90(grey, turn // 90, (2, 3)).float() / 255
    return (ground + ink * (stroke - ground)).round().byte()
