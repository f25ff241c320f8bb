"""One source, three products: what students get runs and teaches, and gives nothing away; the solutions pass."""

import json
import re

import nbformat
import pytest
from nbclient import NotebookClient
from setuptools import find_packages

from assessment.draw import CHAPTERS, ROOT, draw
from assessment.variant import Explain, Variant, tidy
from tests.assessment.conftest import SALT

pytest.importorskip("nbgrader", reason="the extra `instructor` is not installed")
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade, is_grade, is_solution

from assessment import course

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader 0.9 with SQLAlchemy 2.1


def run(books):
    """Run notebooks one after the other in a single kernel that forgets between them; an error ends it."""
    cells = []
    for book in books.values():
        cells += [*book.cells, nbformat.v4.new_code_cell("%reset -f")]
    NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=300).execute()


def said(cell):
    return " ".join("".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream").split())


def drawn(kind):
    return [one for chapter in CHAPTERS for one in draw(chapter, "spring", SALT) if isinstance(one, kind)]


def test_sources_are_what_nbgrader_takes(a_course, books):
    for book in books(a_course, "source").values():
        nbformat.validate(book)
        MetadataValidator().validate_nb(book)
        assert all(cell.metadata.nbgrader.locked != cell.metadata.nbgrader.solution for cell in book.cells)
        text = "\n".join(cell.source for cell in book.cells)
        assert text.count("### BEGIN SOLUTION") == 3 and text.count("### BEGIN HIDDEN TESTS") >= 4


def test_the_student_version_runs_and_every_check_says_what_to_do(a_course, books):
    released = books(a_course, "release")
    run(released)
    for book in released.values():
        checks = [cell for cell in book.cells if "look(" in cell.source and "def look" not in cell.source]
        assert len(checks) == 2
        for cell in checks:
            assert said(cell).startswith("Still open: ") and "Put your code in place of `...`" in said(cell), said(cell)
        assert sum(course.STUB == line.strip() for cell in book.cells for line in cell.source.splitlines()) == 2
        assert sum(cell.source == course.TEXT_STUB for cell in book.cells) == 1


def test_the_solutions_pass_with_full_marks(a_course, books):
    sources = books(a_course, "source")
    run(sources)
    for book in sources.values():
        marks = [determine_grade(cell) for cell in book.cells if is_grade(cell) and not is_solution(cell)]
        assert len(marks) >= 4 and all(got == of for got, of in marks)
        checks = [cell for cell in book.cells if "look(" in cell.source and "def look" not in cell.source]
        assert all(said(cell).startswith("The form is right.") for cell in checks), [said(cell) for cell in checks]


def secrets():
    """Lines of solutions, of other answers and of rubrics, and right numbers: nothing of it is a student's to have."""
    for v in drawn(Variant):
        for body in (v.solution, *v.others, *v.wrong.values()):
            yield from (line.strip() for line in body.splitlines() if len(line.strip()) > 24)
        yield from (line.strip() for test in v.tests for line in tidy(test.play).splitlines() if len(line.strip()) > 30)
        yield from re.findall(r"\d+\.\d{4,}", str(v.rights))
    for q in drawn(Explain):
        yield from (what for _, what in q.rubric)
        yield from (sample.text for sample in q.samples)


def test_nothing_of_the_solutions_and_hidden_tests_is_in_what_students_get(a_course):
    hidden = set(secrets())
    for path in (a_course / "release").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert path.suffix == ".ipynb"
            assert [one for one in hidden if one in text or json.dumps(one)[1:-1] in text] == []
            assert "BEGIN" not in text and "HIDDEN" not in text


def test_the_student_version_has_no_outputs_and_no_odd_metadata(a_course, books):
    for book in books(a_course, "release").values():
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in book.cells)
        assert set(book.metadata) <= {"kernelspec", "language_info"}
        allowed = {
            "cell_type",
            "checksum",
            "grade",
            "grade_id",
            "locked",
            "points",
            "schema_version",
            "solution",
            "task",
        }
        assert all(set(cell.metadata) <= {"nbgrader", "deletable", "editable"} for cell in book.cells)
        assert all(set(cell.metadata.nbgrader) <= allowed for cell in book.cells)


def test_nothing_of_it_is_in_the_library_the_book_or_the_notebooks():
    paths = [p for part in ("gancourse", "book", "notebooks") for p in (ROOT / part).rglob("*")]
    text = "\n".join(
        p.read_text("utf-8") for p in paths if p.suffix in (".py", ".md", ".ipynb", ".json", ".js", ".html")
    )
    whole = [tidy(v.solution) for v in drawn(Variant)] + [q.samples[0].text for q in drawn(Explain)]
    assert [one for one in whole if one in text or json.dumps(one)[1:-1] in text] == []
    assert "assessment.families" not in text


def test_the_library_that_students_install_has_no_assessment():
    assert not [name for name in find_packages(str(ROOT), include=["gancourse*"]) if "assessment" in name]


def test_solutions_are_handed_out_without_hidden_tests(a_course):
    for name in course.assignments(a_course):
        path = course.hand_out_later(a_course, name, course.the_notebook(a_course, "source", name))
        text = "\n".join(cell.source for cell in nbformat.read(path, 4).cells)
        assert "SOLUTION" not in text and "HIDDEN TESTS" not in text and "**Marked samples**" in text
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
                compile(cell.source, name, "exec")


def test_another_variant_does_not_take_the_place_of_one_that_is_there(a_course):
    course.write_sources(a_course, "spring", SALT)  # the same: fine
    with pytest.raises(course.NotDrawn, match="another variant"):
        course.write_sources(a_course, "autumn", SALT)
    with pytest.raises(course.NotDrawn, match="draw"):
        course.release(a_course / "nowhere")
    with pytest.raises(course.NotDrawn, match="ch99 has not been drawn"):
        course.release(a_course, ["ch99"])


def test_a_class_is_never_committed(a_course):
    assert (a_course / ".gitignore").read_text() == "*\n"


def test_the_gradebook_knows_what_each_cell_is_worth(a_course):
    from assessment.grade import book_of

    with book_of(a_course) as book:
        for chapter in CHAPTERS:
            points = sum(one.points for one in draw(chapter, "spring", SALT))
            assert book.find_assignment(f"ch{chapter}").max_score == points
