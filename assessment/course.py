"""A class's folder, in the layout of nbgrader, and its three products.

    source/ch06/          what was drawn: solutions and hidden tests, for nobody but the instructor
    release/ch06/         the student version: no outputs, no solutions, no hidden tests
    solution/ch06/        solutions with outputs, without hidden tests: to hand out after the deadline
    instructor/ch06/      everything, run: each hidden test has passed
    submitted/, autograded/, feedback/, gradebook.db      made by collecting and grading

nbgrader clears, locks, runs and keeps the marks; its settings stand in nbgrader_config.py in the folder, so that its
own commands and its web page for graders work there, too.
"""

import os
import re
import sys
import warnings
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import GenerateSolution
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, Execute, LockCells
from nbgrader.utils import capture_log, determine_grade, is_grade, is_solution
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader

from assessment.draw import CHAPTERS, NotDrawn, draw
from assessment.notebook import STUB, TEXT_STUB, source

SETTINGS = rf"""# Read by nbgrader and by `python -m assessment`.
from nbgrader.preprocessors import NbGraderPreprocessor


class AllOrNothing(NbGraderPreprocessor):  # nbgrader takes what a test cell shows as its result for a mark
    def preprocess_cell(self, cell, resources, cell_index):
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.output_type != "execute_result"]
        return cell, resources


c = get_config()
c.Autograde.autograde_preprocessors.insert(1, AllOrNothing)  # after the cells have run, before marks are given
c.CourseDirectory.course_id = "gancourse"
c.ClearSolutions.code_stub = {{"python": "{STUB}"}}
c.ClearSolutions.text_stub = "{TEXT_STUB}"
c.Execute.timeout_func = lambda cell: 300 if "set-up" in str(cell.metadata) else 60  # seconds for each cell
c.Execute.iopub_timeout = 15  # and for what it has printed to arrive, on a busy machine
c.IgnorePattern.enabled, c.IgnorePattern.pattern = True, r"(?s).*"  # a warning on stderr must not cost marks
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
"""


warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader 0.9 with SQLAlchemy 2.1: noise


def write_sources(folder: Path, seed: str, salt: str, chapters: tuple[str, ...] = CHAPTERS) -> list[Path]:
    """Draw each chapter's tasks into ``source/``.

    Raises:
        NotDrawn: there is another variant already (of another seed, salt or version of the course).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {".gitignore": "*\n", "nbgrader_config.py": SETTINGS}.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, "utf-8")
    return [
        write_source(folder, chapter, nbformat.writes(source(chapter, draw(chapter, seed, salt))))
        for chapter in chapters
    ]


def write_source(folder: Path, chapter: str, text: str) -> Path:
    path = folder / "source" / f"ch{chapter}" / f"{file_name(chapter)}.ipynb"
    if path.exists() and path.read_text("utf-8") != text:
        raise NotDrawn(f"{path} holds another variant: take another folder, or remove it if nobody has seen it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def file_name(chapter: str) -> str:
    return f"assignment_{chapter}"


def assignments(folder: Path, step: str = "source") -> list[str]:
    """Names of what has been drawn (or released), as in ["ch00", "ch06"].

    Raises:
        NotDrawn: nothing.
    """
    found = sorted(path.parent.name for path in (folder / step).glob("ch*/*.ipynb"))
    if not found:
        raise NotDrawn(f"{folder / step} holds no assignment: {'draw' if step == 'source' else 'release'} one first.")
    return found


def nbgrader(folder: Path, timeout: int | None = None) -> NbGraderAPI:
    """nbgrader's own programming interface on this folder, with the folder's settings.

    Args:
        timeout: seconds for each cell, in place of what the settings say; the set-up cell, which imports torch, has
        more.
    """
    folder, here = Path(folder).resolve(), str(Path(sys.executable).parent)
    if here not in os.environ["PATH"].split(os.pathsep):  # nbgrader calls `alembic`, which is installed beside Python
        os.environ["PATH"] = here + os.pathsep + os.environ["PATH"]
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    if timeout:
        config.Execute.timeout_func = lambda cell: 300 if "set-up" in str(cell.metadata) else timeout
    api = NbGraderAPI(config=config)
    api.log_level = "ERROR"
    return api


def release(folder: Path, only: list[str] | None = None) -> None:
    """Make the three products of each assignment.

    Raises:
        RuntimeError: nbgrader failed, or a solution fails its own hidden tests.
    """
    drawn = assignments(folder)
    for name in only or drawn:
        if name not in drawn:
            raise NotDrawn(f"{name} has not been drawn: there is {', '.join(drawn)}.")
        student_version(folder, name)
        hand_out_later(folder, name, instructors_set(folder, name))


def student_version(folder: Path, name: str) -> Path:
    """``release/``: what students get. It notes in the gradebook what each cell is worth, and what belongs there."""
    checked(nbgrader(folder).generate_assignment(name), name)
    return the_notebook(folder, "release", name)


def instructors_set(folder: Path, name: str) -> Path:
    """``instructor/``: the source, run from the top; every hidden test must give full marks."""
    api = nbgrader(folder)
    api.coursedir.assignment_id, api.coursedir.solution_directory = name, "instructor"
    maker = GenerateSolution(coursedir=api.coursedir, parent=api, force=True)
    maker.preprocessors = [LockCells, ClearOutput, Execute]
    checked(capture_log(maker), name)
    path = the_notebook(folder, "instructor", name)
    for cell in nbformat.read(path, 4).cells:
        if is_grade(cell) and not is_solution(cell) and len(set(determine_grade(cell))) > 1:
            raise RuntimeError(f"{name}: the solution fails its own test {cell.metadata.nbgrader.grade_id}")
    return path


def hand_out_later(folder: Path, name: str, instructors: Path) -> Path:
    """``solution/``: the instructor's notebook without hidden tests, and without nbgrader's signs around answers."""
    book, _ = ClearHiddenTests().preprocess(nbformat.read(instructors, 4), {})
    for cell in book.cells:
        cell.source = re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cell.source).rstrip("\n")
    path = folder / "solution" / name / instructors.name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


def the_notebook(folder: Path, step: str, name: str) -> Path:
    (path,) = (folder / step / name).glob("*.ipynb")
    return path


def checked(result: dict, name: str) -> None:
    if not result["success"]:
        raise RuntimeError(f"nbgrader could not make {name}:\n{result.get('log', '')}{result.get('error', '')}")
