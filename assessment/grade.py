"""Grade what was collected: nbgrader runs each notebook from the top, hidden tests included, and keeps the marks.

One notebook after the other, each in a kernel of its own: what goes wrong in one is noted and stops nobody else.
Student code runs with the rights of whoever starts this; see book/instructors.md for how to do it in a container.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from assessment.collect import read
from assessment.course import assignments, checked, nbgrader, the_notebook

# Words that an honest answer seldom needs. They cost no marks; they ask for a look.
SUSPECT = {
    r"get_ipython|ast_transformers|input_transformers|displayhook|\b_ih\b|\bIn\[": "reaches into IPython",
    r"_getframe|currentframe|inspect\.stack|gc\.get_|settrace|setprofile": "looks at who calls it",
    r"(__)?builtins(__)?\b": "touches Python's built-in functions",
    r"\btorch(\.\w+)*\.\w+\s*=(?!=)|setattr\(|globals\(\)": "replaces something by another thing",
    r"\bos\.|\bsys\.|subprocess|socket|requests|urllib|shutil|sqlite|threading|open\(": "reaches outside the notebook",
    r"def __(eq|sub|rsub|class)__|__class__\s*=": "an object that may be equal to anything",
    r"def look\b|look\s*=": "replaces the visible check",
}


@dataclass
class Outcome:
    """What became of one submission.

    Attributes:
        marks: by cell, (got, of); got is None where a person has still to mark.
        trouble: why it could not be run to its end, or "".
        notes: what is worth a look.
    """

    student: str
    assignment: str
    marks: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    trouble: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        return sum(got or 0 for got, _ in self.marks.values())

    @property
    def best(self) -> float:
        return sum(of for _, of in self.marks.values())

    @property
    def open(self) -> int:
        return sum(got is None for got, _ in self.marks.values())


def grade(folder: Path, student: str | None = None, timeout: int | None = None, tell=print) -> list[Outcome]:
    """Grade all submissions, or one student's.

    Args:
        timeout: seconds for each cell; without it, what nbgrader_config.py says.
        tell: called with a line for each submission.
    """
    api, outcomes = nbgrader(folder, timeout), []
    for name in assignments(folder, "release"):
        for path in sorted((folder / "submitted").glob(f"{student or '*'}/{name}")):
            outcomes.append(grade_one(api, folder, path.parent.name, name))
            one = outcomes[-1]
            tell(f"{one.student:12} {name}  {one.score:g} of {one.best:g}  {one.trouble}")
    return outcomes


def grade_one(api, folder: Path, student: str, name: str) -> Outcome:
    """Run one submission and read its marks from the gradebook. Never raises for what a student did."""
    path = the_file(folder, student, name)
    outcome = Outcome(student, name, notes=suspicions(path, folder, name))
    result = api.autograde(name, student)
    if not result["success"]:
        outcome.trouble = reason(result, path)
        fail(folder, student, name)
    outcome.marks = marks(folder, student, name)
    if not outcome.trouble and timed_out(folder / "autograded" / student / name / path.name):
        outcome.notes.append("a cell ran into the time limit")
    return outcome


def reason(result: dict, path: Path) -> str:
    """Why a notebook could not be run to its end."""
    said = result.get("log", "") + result.get("error", "")
    if read(path) is None:
        return "not a notebook"
    for word, meaning in {
        "DeadKernelError": "its code ended the kernel",
        "CellTimeoutError": "its code does not stop, even when interrupted",
        "UnresponsiveKernelError": "its code does not stop, even when interrupted",
    }.items():
        if word in said:
            return meaning
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line) and "NbGraderException" not in line]
    return "could not be run: " + (named or lines or ["?"])[-1]


def fail(folder: Path, student: str, name: str) -> None:
    """No marks for what did not run; a person may give some by hand later."""
    with book_of(folder) as book:
        for part in book.find_submission(name, student).notebooks:
            for mark in part.grades:
                mark.auto_score = 0
        book.db.commit()


def marks(folder: Path, student: str, name: str) -> dict[str, tuple[float | None, float]]:
    """By cell: (got, of). A manual mark counts before one of the tests."""
    with book_of(folder) as book:
        try:
            parts = book.find_submission(name, student).notebooks
        except MissingEntry:
            return {}
        return {
            mark.name: (mark.auto_score if mark.manual_score is None else mark.manual_score, mark.max_score)
            for part in parts
            for mark in sorted(part.grades, key=lambda mark: mark.name)
        }


def book_of(folder: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{Path(folder).resolve() / 'gradebook.db'}", "gancourse")


def suspicions(path: Path, folder: Path, name: str) -> list[str]:
    """What in the student's own cells is worth a look by a person."""
    book = read(path)
    if book is None:
        return []
    given = {cell.source for cell in nbformat.read(the_notebook(folder, "release", name), 4).cells}
    own = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code" and cell.source not in given)
    return [meaning for pattern, meaning in SUSPECT.items() if re.search(pattern, own)]


def timed_out(path: Path) -> bool:
    return path.exists() and "CellTimeoutError" in path.read_text("utf-8")


def feedback(folder: Path) -> list[Path]:
    """A page for each graded submission, in ``feedback/``; a short note for one that could not be run.

    Raises:
        RuntimeError: nbgrader cannot make a page.
    """
    api, pages = nbgrader(folder), []
    for name in assignments(folder, "release"):
        for path in sorted((folder / "submitted").glob(f"*/{name}")):
            student = path.parent.name
            target = folder / "feedback" / student / name
            if (folder / "autograded" / student / name).exists():
                checked(api.generate_feedback(name, student), f"the page for {student}")
            else:
                target.mkdir(parents=True, exist_ok=True)
                (target / "note.txt").write_text(note(the_file(folder, student, name)), "utf-8")
            pages += sorted(path for path in target.iterdir() if path.is_file())
    return pages


def note(path: Path) -> str:
    """What a student reads in place of a feedback page."""
    if read(path) is None:
        return "What you handed in could not be read as a notebook. Please ask whether you may send it again.\n"
    return "This notebook could not be run to its end. Please ask.\n"


def the_file(folder: Path, student: str, name: str) -> Path:
    """Where `collect` has put what was handed in."""
    return folder / "submitted" / student / name / the_notebook(folder, "release", name).name


def give(folder: Path, student: str, name: str, cell: str, points: float) -> None:
    """Enter a mark by hand, as the web page for graders does."""
    with book_of(folder) as book:
        notebook = the_notebook(folder, "release", name).stem
        mark = book.find_grade(cell, notebook, name, student)
        mark.manual_score, mark.needs_manual_grade = points, False
        book.db.commit()


def table(outcomes: list[Outcome], about: dict[str, str] | None = None) -> str:
    """The marks as text: a row for each submission. `about` adds a word on each student."""
    about = about or {}
    cells = sorted({cell for one in outcomes for cell in one.marks}, key=lambda cell: ("explain" in cell, cell))
    short = [re.sub(r"^ch\d\d-|-answer$", "", cell) for cell in cells]
    rows = [["", *short, "score", "of", "", "worth a look"]]
    for one in outcomes:
        got = [
            {None: "?"}.get(one.marks.get(cell, (0, 0))[0], f"{one.marks.get(cell, (0, 0))[0] or 0:g}")
            for cell in cells
        ]
        note = "; ".join(filter(None, [one.trouble and f"NOT RUN: {one.trouble}", *one.notes]))
        rows.append([one.student, *got, f"{one.score:g}", f"{one.best:g}", about.get(one.student, ""), note])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
