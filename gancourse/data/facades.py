"""The facades of pix2pix: photos of houses and their label maps, from the CMP Facade Database (Tylecek & Sara 2013)."""

from pathlib import Path

from PIL import Image
from torch import Tensor

from gancourse.data.downloads import find
from gancourse.data.folders import Files, decoded, expect_direction, find_pairs
from gancourse.data.label_maps import CMP, to_colours, to_mask, voted
from gancourse.data.pairs import Pairs
from gancourse.data.pictures import pixels, resized

HELD_OUT = 40  # pairs


def facades(part: str = "train", size: int = 286, direction: str = "BtoA", *, download: bool = True) -> Pairs:
    """Photos (A) and label maps (B), each resized to a square; 256 px is their own size.

    Below that, label maps are made smaller by :func:`smaller_labels`.

    Looked for in the folder GANCOURSE_DATA, then in the cache, then fetched from the authors' server (29 MB, for
    pix2pix: 400 pairs in train, 100 in val, 106 in test). Where there is no val, the last 40 of train are held out as
    val, train is what comes before them, and one line says so.

    Args:
        part: "train", "val" or "test".
        size: side, pixels. The paper's jitter takes 286 and crops 256.
        direction: "BtoA", the paper's: from label maps to photos; or "AtoB".
        download: False never asks the network.

    Raises:
        FileNotFoundError: there is no such part.
        ValueError: the reasons of PairedFolder and of :func:`~gancourse.data.downloads.find`.
        NotHere: the set is not here and cannot be had.
    """
    expect_direction(direction)
    found = files(find("facades", download=download), part)
    return decoded("facades", found, direction, size, (resized, smaller_labels))


def files(folder: Path, part: str) -> list[Files]:
    """The files of a part; a set without val is split."""
    if part not in ("train", "val") or (folder / "val").is_dir():
        return find_pairs(folder, part)
    found = find_pairs(folder, "train")
    if len(found) <= HELD_OUT:
        raise ValueError(f"{folder} has no val/, and {len(found)} pairs in train/ are too few to hold out {HELD_OUT}")
    if part == "val":  # once: who plays asks for both parts
        print(f"facades has no val/ here: the last {HELD_OUT} of its {len(found)} pairs in train/ are held out as val.")
    return found[:-HELD_OUT] if part == "train" else found[-HELD_OUT:]


def smaller_labels(picture: Image.Image, size: int) -> Tensor:
    """A label map as a square, (3, size, size), uint8; resized as photos are, unless it gets smaller.

    Then the classes under each pixel vote, and it shows the winner's colour: a blend of two colours may be the colour
    of a third class.
    """
    if size >= min(picture.size):
        return resized(picture, size)
    mask = to_mask(pixels(picture).unsqueeze(0), CMP)
    return to_colours(voted(mask, size))[0]
