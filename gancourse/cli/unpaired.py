"""Two domains to train on and pictures held out, by the name of a set or from a folder."""

from pathlib import Path

from gancourse import recipes
from gancourse.data.downloads import UNPAIRED, find
from gancourse.data.facades import facades
from gancourse.data.label_maps import CMP, to_mask
from gancourse.data.pictures import left_out
from gancourse.data.unpaired import Files, Truth, Unpaired, broken, domains, find_unpaired

DRAWN = {"street": ("photo", "planes"), "dusk": ("day", "dusk")}  # views of A and B
SETS = (*DRAWN, "digits", *UNPAIRED)
HELD_OUT = 10  # of a folder without a test part, one picture in so many is held out


def full_name(data: str) -> str:
    """A set's name as it is; a folder by its whole path, so that a run can go on from elsewhere.

    Raises:
        FileNotFoundError: it is neither a set nor a folder.
    """
    if data in SETS:
        return data
    if not Path(data).is_dir():
        sets = ", ".join(SETS)
        raise FileNotFoundError(
            f"--data {data}: there is no such folder. Name a folder with trainA/ and trainB/, or one of {sets}"
        )
    return str(Path(data).resolve())


def named_folder(data: str) -> Path | None:
    """The folder that is named, or None for a set."""
    return None if data in SETS else Path(data)


def folder_of(data: str) -> Path | None:
    """Where the pictures are; None for a set that is drawn. A published set was fetched before."""
    if data == "facades":  # the pairs, broken
        return find(data, download=False)
    return find(data, paired=False, download=False) if data in UNPAIRED else named_folder(data)


def expect_size(data: str, size: int) -> None:
    """Raise ValueError if a set cannot be had in this size."""
    if data == "digits" and size != 32:
        raise ValueError(f"--size {size}: digits have 32 px, so leave --size away")


def sets(data: str, size: int) -> tuple[Unpaired, Truth | Unpaired]:
    """Pictures to train on, and at most :func:`recipes.cyclegan_held_out` of each domain held out, with their truth
    where it is known.

    Those to train on come larger where there is an end of them, for the jitter of :func:`recipes.cyclegan_batches`.

    Raises:
        OSError, ValueError, NotHere: see :class:`~gancourse.data.unpaired.UnpairedFolder` and
            :func:`gancourse.data.downloads.find`.
    """
    if data in DRAWN:
        print("Drawing the street ...")
        return recipes.cyclegan_streets(*DRAWN[data], size)
    if data == "digits":
        return recipes.cyclegan_digits()
    if data == "facades":
        return broken_facades(size)
    return of_folder(find(data, paired=False) if data in UNPAIRED else Path(data), size)


def broken_facades(size: int) -> tuple[Unpaired, Truth]:
    """The pairs of pix2pix, broken: photos of some houses, label maps of others, and the truth of the part val."""
    pairs = facades("train", larger(size), "AtoB")
    held_out = facades("val", size, "AtoB")[: recipes.cyclegan_held_out()]
    return broken(pairs), Truth("facades", held_out.x, held_out.y, mask=to_mask(held_out.y, CMP))


def larger(size: int) -> int:
    """286 px for 256, and so on."""
    return size * 286 // 256


def of_folder(folder: Path, size: int) -> tuple[Unpaired, Unpaired]:
    """As :func:`sets`; held out is val, else test, else the last tenth of each domain, and one line says so.

    Another line says what of the folder is left out.
    """
    parts = [part for part in ("train", "val", "test") if has(folder, part)]
    files = find_unpaired(folder, "train" if "train" in parts else None)
    if others := [part for part in parts if part != "train"]:
        held_out = find_unpaired(folder, others[0])
    else:
        files, held_out = split(folder, files)
    if line := left_out(folder, sum((*files, *held_out), [])):
        print(line)
    held_out = tuple(some[: recipes.cyclegan_held_out()] for some in held_out)
    both = [domains(folder.name, *how) for how in ((files, larger(size)), (held_out, size))]
    return tuple(Unpaired(folder.name, *one) for one in both)


def split(folder: Path, files: Files) -> tuple[Files, Files]:
    """The files of both domains without the last tenth of each, and the last tenths.

    Raises:
        ValueError: nothing would be left of a domain.
    """
    last = [-(-len(some) // HELD_OUT) for some in files]
    if min(map(len, files)) < 2:
        raise ValueError(
            f"{folder} has {len(files[0])} and {len(files[1])} pictures in its domains: at least two each are needed, "
            "one to train on and one held out"
        )
    print(
        f"{folder.name} has no val or test: the last {last[0]} of its {len(files[0])} and the last {last[1]} of its "
        f"{len(files[1])} pictures are held out."
    )
    pairs = list(zip(files, last, strict=True))
    return tuple(some[:-n] for some, n in pairs), tuple(some[-n:] for some, n in pairs)


def has(folder: Path, part: str) -> bool:
    try:
        return bool(find_unpaired(folder, part))
    except FileNotFoundError:
        return False
