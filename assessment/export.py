"""Marks as CSV, in the columns that Canvas and Moodle import.

Canvas: "How do I import grades in the Gradebook?" (Canvas Instructor Guide): Student, ID, SIS User ID, SIS Login ID and
Section come first, then a column for each assignment; a second row may give the points possible. A heading that is no
assignment of the course yet makes a new one.

Moodle: "Grade import" (MoodleDocs), section on CSV import: a row for each student, with a column that identifies them
(ID number or Email address, chosen as "Map from" and "Map to"), and a column for each grade item.

Students' names come from nbgrader's own list: ``nbgrader db student import class.csv``, with the columns id,
first_name, last_name, email, lms_user_id (which is Canvas's ID).
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from assessment.course import assignments
from assessment.grade import book_of, marks

CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = ["First name", "Surname", "ID number", "Email address"]


def gather(folders: Iterable[Path]) -> tuple[dict[str, dict], dict[str, float], int]:
    """Students with their marks, each assignment's best mark, and how many answers a person has still to mark.

    Several folders may hold parts of one class (each student graded in a container, on a copy of the folder).
    """
    students: dict[str, dict] = {}
    best: dict[str, float] = {}
    still_open = 0
    for folder in folders:
        with book_of(folder) as book:
            for student in book.students:
                known = {
                    key: getattr(student, key) or "" for key in ("first_name", "last_name", "email", "lms_user_id")
                }
                students.setdefault(student.id, known | {"marks": {}})
            best |= {name: book.find_assignment(name).max_score for name in assignments(folder, "release")}
        for student in students:
            for name in best:
                if got := marks(folder, student, name):
                    students[student]["marks"][name] = sum(mark or 0 for mark, _ in got.values())
                    still_open += sum(mark is None for mark, _ in got.values())
    return students, best, still_open


def canvas(students: dict[str, dict], best: dict[str, float]) -> list[list]:
    """Rows for Canvas. Who handed in nothing has an empty field, which Canvas leaves as it is."""
    rows = [CANVAS + list(best), ["    Points Possible", "", "", "", "", *best.values()]]
    for name, one in sorted(students.items()):
        full = ", ".join(filter(None, [one["last_name"], one["first_name"]])) or name
        rows.append([full, one["lms_user_id"], "", name, "", *(one["marks"].get(key, "") for key in best)])
    return rows


def moodle(students: dict[str, dict], best: dict[str, float]) -> list[list]:
    """Rows for Moodle."""
    rows = [MOODLE + list(best)]
    for name, one in sorted(students.items()):
        marks_of = (one["marks"].get(key, "") for key in best)
        rows.append([one["first_name"], one["last_name"], name, one["email"], *marks_of])
    return rows


def export(folders: list[Path], into: Path) -> tuple[list[Path], int]:
    """Write canvas.csv and moodle.csv; return them, and how many answers a person has still to mark."""
    students, best, still_open = gather(folders)
    into.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, rows in {"canvas.csv": canvas(students, best), "moodle.csv": moodle(students, best)}.items():
        paths.append(into / name)
        with open(paths[-1], "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return paths, still_open
