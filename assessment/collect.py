"""Take in what students handed in, whatever they called it, and put it where nbgrader looks for it."""

import json
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from assessment.course import assignments, the_notebook

ASSIGNMENT = re.compile(r"(ch\d\d)-[\w-]+")


def collect(folder: Path, uploads: Path) -> list[str]:
    """Copy ``uploads/<student>/**/*.ipynb`` to ``submitted/<student>/<assignment>/``; return what is worth a look.

    An assignment is recognized by its cells, so a renamed file is no trouble. A file that cannot be read is taken for
    the assignment that its name says, or for the only one there is.
    """
    released, notes = assignments(folder, "release"), []
    for student in sorted(path for path in uploads.iterdir() if path.is_dir()):
        taken: dict[str, Path] = {}
        for path in sorted(student.rglob("*.ipynb"), key=lambda p: (p.stat().st_mtime, p.name)):
            name = recognize(path, released)
            if name is None:
                notes.append(f"{student.name}: {path.name} is none of {', '.join(released)}; left out")
                continue
            if name in taken:
                notes.append(f"{student.name}: {path.name} takes the place of {taken[name].name}, which is older")
            taken[name] = path
            notes += [f"{student.name}: {note}" for note in take(folder, student.name, name, path)]
        if not taken:
            notes.append(f"{student.name}: nothing handed in")
    return notes


def read(path: Path) -> NotebookNode | None:
    """The notebook, or None if this is none."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError, nbformat.ValidationError):
        return None  # not JSON, not UTF-8, JSON of something else


def recognize(path: Path, released: list[str]) -> str | None:
    """Which of these assignments a file belongs to."""
    book = read(path)
    if book is not None:
        ids = [ASSIGNMENT.match(grade_id(cell)) for cell in book.cells]
        found = [match[1] for match in ids if match and match[1] in released]
        return max(set(found), key=found.count) if found else None
    by_name = [name for name in released if name.removeprefix("ch") in path.stem]
    return by_name[0] if len(by_name) == 1 else released[0] if len(released) == 1 else None


def grade_id(cell: NotebookNode) -> str:
    mark = cell.metadata.get("nbgrader", {})
    return str(mark.get("grade_id", "")) if isinstance(mark, dict) else ""


def take(folder: Path, student: str, name: str, path: Path) -> list[str]:
    """Write one submission, mended, under the name that nbgrader expects; return notes."""
    original = the_notebook(folder, "release", name)
    target = folder / "submitted" / student / name / original.name
    target.parent.mkdir(parents=True, exist_ok=True)
    notes = [] if path.name == original.name else [f"renamed: {path.name}"]
    book = read(path)
    if book is None:
        target.write_bytes(path.read_bytes())
        return [*notes, f"{path.name} is not a notebook"]
    notes += mend(book, nbformat.read(original, as_version=4))
    target.write_text(json.dumps(book), "utf-8")
    return notes


def mend(book: NotebookNode, original: NotebookNode) -> list[str]:
    """Give cells their metadata back; put back cells that carry marks, and the set-up cell, where they are gone.

    What locked cells say is put back by nbgrader, later on.
    """
    wanted = {grade_id(cell): cell for cell in original.cells}
    seen, changed, missing = set(), 0, 0
    for cell in book.cells:
        right = wanted.get(grade_id(cell))
        if right is None or grade_id(cell) in seen:
            cell.metadata.pop("nbgrader", None)  # an added cell, or a copy of one
            continue
        seen.add(grade_id(cell))
        changed += cell.metadata["nbgrader"] != right.metadata["nbgrader"]
        cell.metadata["nbgrader"] = right.metadata["nbgrader"]
    for name, right in wanted.items():
        if name not in seen and (right.metadata["nbgrader"]["grade"] or "set-up" in name):
            book.cells.insert(0 if "set-up" in name else len(book.cells), right)
            missing += 1
    notes = {"changed metadata": changed, "missing cells": missing}
    return [f"{what}, put back: {n}" for what, n in notes.items() if n]
