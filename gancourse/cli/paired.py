"""Pairs to train on and pairs held out, by the name of a set or from a folder."""

from pathlib import Path

from gancourse import recipes
from gancourse.data.downloads import PAIRED, find
from gancourse.data.facades import facades
from gancourse.data.folders import Files, PairedFolder, decoded, find_pairs
from gancourse.data.pairs import Pairs
from gancourse.data.pictures import left_out

PARTS = ("train", "val", "test")
HELD_OUT = 10  # of a folder without a test part, one pair in so many is held out


def full_name(data: str) -> str:
    """A set's name as it is; a folder by its whole path, so that a run can go on from elsewhere.

    Raises:
        FileNotFoundError: it is neither a set nor a folder.
    """
    if data == "street" or data in PAIRED:
        return data
    if not Path(data).is_dir():
        sets = ", ".join(["street", *PAIRED])
        raise FileNotFoundError(f"--data {data}: there is no such folder. Name a folder of pairs, or one of {sets}")
    return str(Path(data).resolve())


def named_folder(data: str) -> Path | None:
    """The folder that is named, or None for a set."""
    return None if data == "street" or data in PAIRED else Path(data)


def folder_of(data: str) -> Path | None:
    """Where the pictures are; None for the street, which is drawn. A published set was fetched before."""
    return find(data, download=False) if data in PAIRED else named_folder(data)


def usual_direction(data: str) -> str:
    """From the label map to the photo, where A is the photo; from A to B elsewhere."""
    return "BtoA" if data in ("street", "facades") else "AtoB"


def sets(data: str, direction: str, size: int) -> tuple[Pairs | PairedFolder, Pairs]:
    """Pairs to train on, and at most :func:`recipes.pix2pix_held_out` pairs held out.

    Those to train on come larger where there is an end of them, for the jitter of :func:`recipes.pix2pix_batches`.

    Raises:
        OSError, ValueError, NotHere: see :class:`PairedFolder` and :func:`gancourse.data.downloads.find`.
    """
    if data == "street":
        print("Drawing the street ...")
        return recipes.pix2pix_streets(direction, size)
    if data == "facades":
        held_out = facades("val", size, direction)[: recipes.pix2pix_held_out()]
        return facades("train", larger(size), direction), held_out
    return of_folder(find(data) if data in PAIRED else Path(data), direction, size)


def larger(size: int) -> int:
    """286 px for 256, and so on."""
    return size * 286 // 256


def of_folder(folder: Path, direction: str, size: int) -> tuple[PairedFolder, Pairs]:
    """As :func:`sets`; what of the folder is left out is told in one line."""
    pairs, files = split(folder, direction, size)
    if line := left_out(folder, (file for pair in (*pairs.files, *files) for file in pair)):
        print(line)
    return pairs, decoded(folder.name, files[: recipes.pix2pix_held_out()], direction, size)


def split(folder: Path, direction: str, size: int) -> tuple[PairedFolder, list[Files]]:
    """Pairs to train on, and the files of those held out: val, else test, else the last tenth, and one line says so."""
    parts = [part for part in PARTS if has(folder, part)]
    part = "train" if "train" in parts else None
    pairs = PairedFolder(folder, direction, part, larger(size))
    if others := [other for other in parts if other != part]:
        return pairs, find_pairs(folder, others[0])
    return pairs, split_off(pairs, -(-len(pairs) // HELD_OUT))


def split_off(pairs: PairedFolder, last: int) -> list[Files]:
    """Take the last pairs out of a folder. Returns their files.

    Raises:
        ValueError: nothing would be left.
    """
    if last == len(pairs):
        raise ValueError(f"{pairs.name} has one pair: at least two are needed, one to train on and one held out")
    print(f"{pairs.name} has no val or test: the last {last} of its {len(pairs)} pairs are held out.")
    files = pairs.files[-last:]
    pairs.files, pairs.pairs = pairs.files[:-last], pairs.pairs and pairs.pairs[:-last]
    return files


def has(folder: Path, part: str) -> bool:
    try:
        return bool(find_pairs(folder, part))
    except FileNotFoundError:
        return False
