"""A made-up class, to see the whole way from drawing to marks: right, wrong, stuck, broken and cheating.

Each pupil's answers come with the marks that they deserve, so that the demo is a test, too (tests/assessment).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from assessment.collect import collect, grade_id
from assessment.course import release, student_version, the_notebook, write_sources
from assessment.draw import draw
from assessment.export import export
from assessment.grade import Outcome, feedback, give, grade, table
from assessment.variant import Explain, Variant

CHAPTER, SEED, SALT = "01", "demo", "not a secret: this class is made up"
LIMIT = 10  # seconds for each cell


@dataclass
class Pupil:
    """Who hands in what.

    Attributes:
        bodies: of the two tasks; None is left as handed out.
        before: code in front of the first answer.
        edit: what is done to the notebook beyond that.
        write: how it is written into the pupil's folder.
        sample: which of the question's marked samples is the answer; None: none.
        earns: points for the two tasks; None: what the hidden tests give for the bodies.
    """

    name: str
    about: str
    bodies: tuple[str | None, str | None] = (None, None)
    before: str = ""
    edit: Callable[[NotebookNode], None] = lambda book: None
    write: Callable[[Path, str], None] = lambda folder, text: (folder / "assignment_01.ipynb").write_text(text, "utf-8")
    sample: int | None = None
    earns: tuple[int, int] | None = None

    def points(self, tasks: tuple[Variant, Variant], question: Explain) -> float:
        """What this pupil should get, the question included."""
        earned = self.earns or [v.marks(body) if body else 0 for v, body in zip(tasks, self.bodies, strict=True)]
        return sum(earned) + (question.samples[self.sample].marks if self.sample is not None else 0)


def a_class(a: Variant, b: Variant) -> list[Pupil]:
    """The pupils: their answers to two tasks."""
    bad_a, bad_b = worst(a), worst(b)
    right, bad = (a.solution, b.solution), (bad_a, bad_b)
    full = (a.points, b.points)
    loop = "while True:\n    pass"
    return [
        Pupil("ada", "all right", right, sample=0),
        Pupil("ben", "right, in other ways", (a.others[0], b.others[0]), edit=helper, sample=0),
        Pupil("cleo", "right, but noisy", (NOISY + a.solution, b.solution), sample=1),
        Pupil("dora", "partly right", (list(a.wrong.values())[-1], b.solution), sample=1),
        Pupil("emil", "wrong", bad, sample=2),
        Pupil("fay", "as handed out"),
        Pupil("gus", "endless loop", (loop, b.solution), earns=(0, b.points)),
        Pupil("hana", "loop that cannot be interrupted", (STUBBORN, b.solution), earns=(0, 0)),
        Pupil("ivo", "code that does not parse", ("return (", b.solution), earns=(0, b.points), sample=1),
        Pupil("june", "code that raises", ("raise RuntimeError('oops')", b.solution), earns=(0, b.points)),
        Pupil("kim", "ends the kernel", ("import os\nos._exit(1)", b.solution), earns=(0, 0)),
        Pupil("leo", "overrides the check", bad, before=MY_CHECK, edit=empty_tests),
        Pupil("mia", "prints that all is right", (PRINTS + bad_a, PRINTS + bad_b)),
        Pupil("nils", "redefines what tests may use", bad, before=MY_ASSERT),
        Pupil("olga", "patches torch", bad, before=MY_TORCH),
        Pupil("pia", "returns what is equal to all", (MY_EQUAL, bad_b), earns=(0, b.marks(bad_b))),
        Pupil("otto", "shows a mark as a cell's result", (SHOWS, bad_b), earns=(0, b.marks(bad_b))),
        Pupil("quin", "deletes tests, raises points", bad, edit=delete_tests),
        Pupil("rosa", "renamed file", right, write=renamed, sample=0),
        Pupil("sam", "not JSON", right, write=lambda folder, text: cut(folder, text), earns=(0, 0)),
        Pupil("tess", "an empty file", write=lambda folder, text: cut(folder, ""), earns=(0, 0)),
        Pupil("ugo", "strips asserts: it works", bad, before=STRIPS, earns=full),
        Pupil("vera", "reads the tests: it works", (READS, bad_b), earns=(a.tests[0].points, b.marks(bad_b))),
    ]


def worst(v: Variant) -> str:
    return min(v.wrong.values(), key=v.marks)


NOISY = "import sys, warnings\nprint('working', file=sys.stderr)\nwarnings.warn('careful')\n"
STUBBORN = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
PRINTS = "print('The form is right. All hidden tests passed: 5 of 5')\n"
MY_CHECK = 'def look(call, form):\n    print("The form is right. 5 of 5.")\n'
MY_ASSERT = """\
import builtins

builtins.AssertionError = type("Fine", (Exception,), {})
AssertionError = builtins.AssertionError
abs = lambda x: 0
all = isinstance = agree = lambda *given: True
float = int = list = type = lambda *given: 0.0
"""
MY_TORCH = """\
torch.equal = torch.allclose = torch.testing.assert_close = lambda *given, **more: True
torch.Tensor.tolist = torch.Tensor.item = lambda self: 0.0
torch.exp = torch.relu = relu = softplus = lambda x: torch.zeros_like(x)
torch.Tensor.__eq__ = torch.Tensor.__le__ = lambda *given: True
"""
MY_EQUAL = """\
class Same(float):
    __eq__ = __le__ = __ge__ = __lt__ = lambda self, other: True
    __sub__ = __rsub__ = __pow__ = lambda self, other: 0.0
    __class__ = property(lambda self: float)
    tolist = backward = lambda self: self

return Same()
"""
SHOWS = """\
from sys import displayhook

displayhook(2.0)
return 0
"""
STRIPS = """\
import ast


class NoAssert(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()


get_ipython().ast_transformers.append(NoAssert())
"""
READS = """\
import re

found = re.search(r"agree\\\\(answers, (\\\\[.*\\\\])\\\\), ", In[-1])
calls.append(1)


class Told:
    tolist = lambda self: eval(found[1])[len(calls) - 2]

return Told()
""".replace("\\\\", "\\")


def helper(book: NotebookNode) -> None:
    """Add a cell of one's own, which is allowed."""
    book.cells.insert(2, nbformat.v4.new_code_cell("three = 3  # a cell of my own"))


def empty_tests(book: NotebookNode) -> None:
    for cell in book.cells:
        if cell.metadata.get("nbgrader", {}).get("points") and cell.cell_type == "code":
            cell.source = "print('passed')"


def delete_tests(book: NotebookNode) -> None:
    for cell in book.cells:
        cell.metadata.get("nbgrader", {}).update(points=100)
    book.cells = [cell for cell in book.cells if not grade_id(cell).endswith("-1")]


def renamed(folder: Path, text: str) -> None:
    (folder / "my homework (final).ipynb").write_text(text, "utf-8")


def cut(folder: Path, text: str) -> None:
    (folder / "assignment_01.ipynb").write_text(text[: len(text) // 2], "utf-8")


def hand_in(pupil: Pupil, uploads: Path, original: Path, drawn: tuple) -> None:
    """Fill the student version with the pupil's answers and write it."""
    *tasks, question = drawn
    book = nbformat.read(original, as_version=4)
    cells = {grade_id(cell): cell for cell in book.cells}
    for v, body in zip(tasks, pupil.bodies, strict=True):
        if body is not None:
            cells[f"{v.name}-answer"].source = v.code(body)
    first = cells[f"{tasks[0].name}-answer"]
    first.source = "\n".join(filter(None, ["calls = []" * (pupil.bodies[0] == READS), pupil.before, first.source]))
    if pupil.sample is not None:
        cells[f"{question.name}-answer"].source = question.samples[pupil.sample].text
    pupil.edit(book)
    (uploads / pupil.name).mkdir(parents=True)
    pupil.write(uploads / pupil.name, nbformat.writes(book))


def play(folder: Path, only: tuple[str, ...] = (), products=True, limit=LIMIT, tell=print) -> tuple[list, dict]:
    """The whole way; return what was graded, and the points that each pupil deserves.

    Args:
        only: names of pupils; without any, all of them.
        products: make all three products, not the student version alone.
        limit: seconds for each cell.
        tell: called with a line for each submission.
    """
    shutil.rmtree(folder, ignore_errors=True)
    drawn = draw(CHAPTER, SEED, SALT)
    write_sources(folder, SEED, SALT, (CHAPTER,))
    release(folder) if products else student_version(folder, f"ch{CHAPTER}")
    *tasks, question = drawn
    pupils = [pupil for pupil in a_class(*tasks) if pupil.name in only or not only]
    for pupil in pupils:
        hand_in(pupil, folder / "uploads", the_notebook(folder, "release", f"ch{CHAPTER}"), drawn)
    notes = collect(folder, folder / "uploads")
    outcomes = grade(folder, timeout=limit, tell=tell)
    for pupil in pupils:
        mark_by_hand(folder, pupil, question, outcomes, notes)
    return outcomes, {pupil.name: pupil.points(tasks, question) for pupil in pupils}


def mark_by_hand(folder: Path, pupil: Pupil, question: Explain, outcomes: list[Outcome], notes: list[str]) -> None:
    """Give the answer to the question the marks that its sample has, as an instructor would."""
    (outcome,) = (one for one in outcomes if one.student == pupil.name)
    cell = f"{question.name}-answer"
    if pupil.sample is not None and not outcome.trouble:
        points = question.samples[pupil.sample].marks
        give(folder, pupil.name, outcome.assignment, cell, points)
        outcome.marks[cell] = (points, question.points)
    outcome.notes[:0] = [note.split(": ", 1)[1] for note in notes if note.startswith(f"{pupil.name}: ")]


def demo(folder: Path) -> None:
    """Show it: the table of marks, the feedback pages, the files for Canvas and Moodle."""
    print(f"A made-up class in {folder}; {LIMIT} seconds for each cell.")
    outcomes, deserved = play(folder)
    about = {pupil.name: pupil.about for pupil in a_class(*draw(CHAPTER, SEED, SALT)[:2])}
    print(f"\n{table(outcomes, about)}\n")
    wrong = [one.student for one in outcomes if one.score != deserved[one.student]]
    pages = feedback(folder)
    files, _ = export([folder], folder)
    notes = sum(page.name == "note.txt" for page in pages)
    print(f"{len(pages) - notes} feedback pages and {notes} notes in {folder / 'feedback'}.")
    print(f"Marks for Canvas and Moodle: {', '.join(map(str, files))}.")
    if wrong:
        raise SystemExit(f"Not the marks that they deserve: {', '.join(wrong)}")
    print("Each has the marks that the hidden tests give. Two cheats work, and are named: see book/instructors.md.")
