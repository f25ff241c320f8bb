"""Pairs of pictures from folders: side by side in one file, or in two folders under the same names."""

import copy
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gancourse.data.batches import Batches, to_unit
from gancourse.data.pairs import PairBatches, Pairs, jitter
from gancourse.data.pictures import (
    THREADS,
    has_pictures,
    in_threads,
    list_pictures,
    opened,
    read_picture,
    resized,
    upright_size,
)

LEAST_SIDE = 8  # of a picture, pixels
MEMORY = 2e9  # bytes of decoded pictures that may stay in memory
DIRECTIONS = ("AtoB", "BtoA")

Files = tuple[Path, ...]  # of one pair: one file with A left of B, or A's file and B's
Resize = Callable[[Image.Image, int], Tensor]  # a picture and a side in pixels -> (3, side, side), uint8


class PairedFolder:
    """Pairs (A, B) from a folder of pictures, each resized to a square, bicubic, as pix2pix does.

    The layouts, in the order in which they are looked for::

        path/train/1.jpg                        A left of B in one file, the "aligned" layout of pix2pix
        path/train/A/1.jpg, path/train/B/1.jpg  two files of the same name
        path/A/train/1.jpg, path/B/train/1.jpg
        path/trainA/1.jpg,  path/trainB/1.jpg

    and for a folder without parts path/1.jpg, or path/A/1.jpg and path/B/1.jpg.

    What fits into `memory` is decoded once, in parallel, and stays as uint8; larger folders are decoded batch by
    batch, a few rounds ahead. The batches are the same to the bit. Grey pictures become three equal channels, what is
    transparent is laid on white, and a camera's orientation (EXIF) is followed.

    Args:
        path: the folder.
        direction: "AtoB", A goes in and B is the answer, or "BtoA".
        part: "train", "val", "test", ... or None if the folder has no parts.
        size: side of the resized pictures, pixels. The paper's jitter takes 286 and crops 256.
        sides: how A and B are called in the names of folders.
        memory: bytes that decoded pictures may take.

    Attributes:
        name: of the folder.
        files: of each pair, one or two, in natural order (2.jpg before 10.jpg).
        pairs: all of them, decoded, or None if they are too many.

    Raises:
        FileNotFoundError: no such folder, or none of the layouts in it.
        ValueError: another direction or size; no pictures; A and B that differ in names, number or size; a picture
            that is damaged, too small, too large or deeper than 8 bits. Where pairs are decoded batch by batch,
            damage inside a file is met only then.
    """

    def __init__(
        self,
        path: str | Path,
        direction: str = "AtoB",
        part: str | None = "train",
        size: int = 286,
        *,
        sides: tuple[str, str] = ("A", "B"),
        memory: float = MEMORY,
    ):
        expect_direction(direction)
        if size < 1:
            raise ValueError(f"size {size}: pictures have a side of 1 pixel or more, the paper's have 286")
        self.name, self.direction, self.size, self.device = Path(path).name, direction, size, torch.device("cpu")
        self.files = find_pairs(path, part, sides)
        self.pairs = None
        if (needed := len(self) * 6 * size**2) <= memory:
            self.pairs = decoded(self.name, self.files, direction, size)
        else:
            print(f"{self.name}: {len(self)} pairs take {needed / 1e9:.1f} GB at {size} px: decoded batch by batch.")
            in_threads(check_pair, self.files, f"looking at {self.name}")

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, chosen) -> Pairs:
        """Some of the pairs, decoded: a slice, a mask or indices. One index gives one pair, x and y (3, size, size)."""
        if self.pairs is not None:
            return self.pairs[chosen]
        indices = torch.arange(len(self))[chosen.cpu() if isinstance(chosen, Tensor) else chosen]
        files = [self.files[i] for i in indices.flatten().tolist()]
        some = decoded(self.name, files, self.direction, self.size).to(self.device)
        return Pairs(self.name, *(side.view(*indices.shape, *side.shape[1:]) for side in (some.x, some.y)))

    def to(self, device) -> "PairedFolder":
        """The same folder, with its pictures handed out on a device."""
        other = copy.copy(self)
        other.device = torch.device(device)
        other.pairs = None if self.pairs is None else self.pairs.to(device)
        return other

    def batches(self, size: int = 1, *, crop: int | None = None, flip: bool = False, seed: int = 0) -> Batches:
        """Endless shuffled batches (x, y), float32 in [-1, 1]; see :meth:`gancourse.data.pairs.Pairs.batches`."""
        kind = FolderBatches if self.pairs is None else PairBatches
        return kind(self if self.pairs is None else self.pairs, size, crop=crop, flip=flip, seed=seed)


class FolderBatches(Batches):
    """What :class:`~gancourse.data.pairs.PairBatches` hands out, to the bit, decoded when it is needed.

    While a round is played, threads decode the next ones.

    Args:
        folder: where they come from.
        size, crop, flip, seed: as for PairBatches.
        threads: that decode.

    Raises:
        ValueError: as PairBatches; and from `at`, a picture that is damaged.
    """

    def __init__(
        self,
        folder: PairedFolder,
        size: int,
        *,
        crop: int | None = None,
        flip: bool = False,
        seed: int = 0,
        threads: int = THREADS,
    ):
        super().__init__(torch.arange(len(folder)), size=size, seed=seed)
        if crop is not None and not 1 <= crop <= folder.size:
            side = folder.size
            raise ValueError(f"a crop of {crop} px from pictures of {side} x {side}: choose one from 1 to {side}")
        self.folder, self.crop, self.flip = folder, crop, flip
        self.ahead = max(2, -(-2 * threads // size))  # rounds: two pictures for each thread, at least two rounds
        self.pool = ThreadPoolExecutor(threads, "decode")
        self.begun: dict[int, list[Future]] = {}

    def at(self, round: int) -> tuple[Tensor, Tensor]:
        """The batch of this round, counted from 0: x and y."""
        for other in set(self.begun) - set(range(round, round + self.ahead + 1)):  # somebody jumped to another round
            for future in self.begun.pop(other):
                future.cancel()
        for later in range(round, round + self.ahead + 1):
            if later not in self.begun:
                self.begun[later] = self.begin(later)
        both = torch.stack([future.result() for future in self.begun.pop(round)])
        return self.jittered(both.to(self.folder.device, non_blocking=True), round)

    def begin(self, round: int) -> list[Future]:
        """Set the threads to decode the pairs of a round."""
        (chosen,) = super().at(round)
        files, direction, side = self.folder.files, self.folder.direction, self.folder.size
        return [self.pool.submit(read_pair, files[i], direction, side) for i in chosen.tolist()]

    def jittered(self, both: Tensor, round: int) -> tuple[Tensor, Tensor]:
        """(n, 2, 3, s, s), bytes -> x and y, cut and mirrored by the same draws as in PairBatches."""
        both = both.flatten(1, 2)
        if self.crop is not None or self.flip:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + round)
            draws = torch.rand(len(both), 3, generator=generator).tolist()
            both = torch.stack([jitter(b, self.crop, self.flip, *u) for b, u in zip(both, draws, strict=True)])
        return to_unit(both).split(3, dim=1)


def expect_direction(direction: str) -> None:
    if direction not in DIRECTIONS:
        raise ValueError(f"direction {direction!r}: choose AtoB (A goes in, B is the answer) or BtoA")


def find_pairs(path: str | Path, part: str | None = "train", sides: tuple[str, str] = ("A", "B")) -> list[Files]:
    """The files of each pair, whatever the layout; arguments and errors as for :class:`PairedFolder`."""
    path, (a, b) = Path(path), sides
    if not path.is_dir():
        raise FileNotFoundError(f"there is no folder {path}")
    base = path / (part or "")
    layouts = [(base / a, base / b)]
    if part:
        layouts += [(path / a / part, path / b / part), (path / f"{part}{a}", path / f"{part}{b}")]
    if has_pictures(base):
        return [(file,) for file in list_pictures(base)]
    for one, other in layouts:
        if one.is_dir() or other.is_dir():
            return matched(one, other)
    if part and base.is_dir():
        list_pictures(base)  # says that there are none
    looked_for = " nor ".join(" + ".join(f"{f.relative_to(path).as_posix()}/" for f in pair) for pair in layouts)
    first = f"{part}/" if part else "pictures"
    raise FileNotFoundError(f"{path} has neither {first} nor {looked_for}. {other_choice(path, part, sides)}")


def other_choice(path: Path, part: str | None, sides: tuple[str, str]) -> str:
    """What the caller may have meant, as a sentence."""
    if part and (has_pictures(path) or has_pictures(path / sides[0])):
        return "Its pictures are not in parts: say part=None"
    folders = sorted(folder.name for folder in path.iterdir() if folder.is_dir())
    return f"It has the folders {', '.join(folders[:8])}: rename them" if folders else "It is empty"


def matched(one: Path, other: Path) -> list[Files]:
    """The files of two folders, name by name; the suffixes may differ.

    Raises:
        ValueError: a file has no partner, or two files of a folder share a name.
    """
    a, b = by_stem(one), by_stem(other)
    alone = [(file, other) for stem, file in a.items() if stem not in b]
    alone += [(file, one) for stem, file in b.items() if stem not in a]
    if alone:
        file, there = alone[0]
        above = os.path.commonpath([one, other])
        counts = " and ".join(f"{len(some)} in {os.path.relpath(at, above)}" for at, some in ((one, a), (other, b)))
        raise ValueError(
            f"{file} has no partner in {there}: both files of a pair bear the same name. "
            f"There are {counts}; without a partner: {len(alone)}"
        )
    return [(file, b[stem]) for stem, file in a.items()]


def by_stem(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their names without suffix."""
    found = {}
    for file in list_pictures(folder):
        if file.stem in found:
            raise ValueError(f"{folder} has {found[file.stem].name} and {file.name}: which one belongs to the pair?")
        found[file.stem] = file
    return found


def decoded(
    name: str, files: Sequence[Files], direction: str, size: int, resize: tuple[Resize, Resize] = (resized, resized)
) -> Pairs:
    """The pairs as uint8 tensors (n, 3, size, size), decoded in parallel threads; `resize` is for A and for B."""
    x, y = (torch.empty(len(files), 3, size, size, dtype=torch.uint8) for _ in range(2))

    def put(i: int) -> None:
        x[i], y[i] = read_pair(files[i], direction, size, resize)

    in_threads(put, range(len(files)), f"decoding {name}")
    return Pairs(name, x, y)


def read_pair(files: Files, direction: str, size: int, resize: tuple[Resize, Resize] = (resized, resized)) -> Tensor:
    """One pair: (2, 3, size, size), uint8, what goes in and the answer.

    Raises:
        ValueError: see :func:`~gancourse.data.pictures.read_picture`; A and B differ in size.
    """
    pictures = [read_picture(file) for file in files]
    expect_pair(files, [picture.size for picture in pictures])
    if len(pictures) == 1:
        w, h = pictures[0].size
        pictures = [pictures[0].crop((left, 0, left + w // 2, h)) for left in (0, w // 2)]
    both = torch.stack([to_side(picture, size) for to_side, picture in zip(resize, pictures, strict=True)])
    return both if direction == "AtoB" else both.flip(0)


def check_pair(files: Files) -> None:
    """What can be known of a pair from the heads of its files, or ValueError."""
    expect_pair(files, [upright_size(file) for file in files])


def expect_pair(files: Files, sizes: list[tuple[int, int]]) -> None:
    """Raise ValueError, with the files, unless these are the sizes (w, h) of two pictures that fit each other.

    Where EXIF turned a picture, the message says so: its size is then not the one that other programs show.
    """
    if fault := misfit(files, sizes):
        raise ValueError(fault + turned(files, sizes))


def misfit(files: Files, sizes: list[tuple[int, int]]) -> str:
    """What is wrong with the sizes of a pair, or nothing."""
    (w, h), last = sizes[0], sizes[-1]
    if len(files) == 1 and w % 2:
        return f"{files[0]} is {w} x {h}: A and B side by side in one file make an even width"
    if (w, h) != last:
        return f"{files[0]} is {w} x {h} and {files[1]} is {last[0]} x {last[1]}: a pair is of one size"
    if min(w if len(files) == 2 else w // 2, h) < LEAST_SIDE:
        return f"{files[0]} is {w} x {h}: the pictures of a pair have {LEAST_SIDE} pixels or more each way"
    return ""


def turned(files: Files, sizes: list[tuple[int, int]]) -> str:
    """A sentence on those files whose size is another once they are turned as EXIF says, or nothing."""
    notes = []
    for file, size in zip(files, sizes, strict=True):
        with opened(file) as picture:
            if picture.size != size:
                stored = f"{file.parent.name}/{file.name} is stored as {picture.width} x {picture.height}"
                notes.append(f"{stored}, and its EXIF orientation turns it")
    return f". {'; '.join(notes)}: turn its pixels, or remove that note" if notes else ""
