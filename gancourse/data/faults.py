"""A folder of pictures in the words of whoever made it: what is left out of it, and which files fit no other.

:mod:`gancourse.data.folders` finds the same faults and tells them more briefly. It is in the stamps of long trainings;
what only tells stands here, so that it may be worded anew at any time.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gancourse.data.folders import Files, by_stem, expect_pair, find_pairs, has_pictures, natural, opened, upright_size

MOST_NAMED = 6  # files in one line


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


def explain(folder: Path, parts: Sequence[str | None]) -> None:
    """Raise ValueError with the first fault among the pairs of these parts that can be told by names and sizes.

    To be called when the pairs could not be read: it looks at all of them.
    """
    for part in parts:
        base = folder / (part or "")
        if not has_pictures(base):
            for one, other in two_folders(folder, part):
                expect_partners(one, other)
        for files in pairs_of(folder, part):
            expect_fit(files)


def two_folders(folder: Path, part: str | None) -> list[tuple[Path, Path]]:
    """The folders of A and of B, in whatever layout both are there."""
    base = folder / (part or "")
    both = [(base / "A", base / "B")]
    if part:
        both += [(folder / "A" / part, folder / "B" / part), (folder / f"{part}A", folder / f"{part}B")]
    return [(one, other) for one, other in both if one.is_dir() and other.is_dir()]


def pairs_of(folder: Path, part: str | None) -> list[Files]:
    try:
        return find_pairs(folder, part)
    except FileNotFoundError:
        return []


def expect_partners(one: Path, other: Path) -> None:
    """Raise ValueError, with a file, if there is one in either folder without a counterpart in the other."""
    a, b = by_stem(one), by_stem(other)
    alone = [(file, other) for stem, file in a.items() if stem not in b]
    alone += [(file, one) for stem, file in b.items() if stem not in a]
    if alone:
        file, there = alone[0]
        raise ValueError(
            f"{file} has no partner in {there}: both files of a pair bear the same name. "
            f"{one.name} has {len(a)} pictures, {other.name} has {len(b)}, and {len(alone)} of them stand alone"
        )


def expect_fit(files: Files) -> None:
    """Raise ValueError unless the sizes of a pair fit; where EXIF turned a picture, the message says so."""
    sizes = [upright_size(file) for file in files]
    try:
        expect_pair(files, sizes)
    except ValueError as error:
        raise ValueError(f"{error}{turned(files, sizes)}") from None


def turned(files: Files, sizes: list[tuple[int, int]]) -> str:
    """A sentence on those files whose size is another once they are turned as EXIF says."""
    notes = []
    for file, size in zip(files, sizes, strict=True):
        with opened(file) as picture:
            if picture.size != size:
                where = f"{file.parent.name}/{file.name}"
                notes.append(
                    f"{where} is stored as {picture.width} x {picture.height}, and its EXIF orientation turns it"
                )
    return f". {'; '.join(notes)}: turn its pixels, or remove that note" if notes else ""
