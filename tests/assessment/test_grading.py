"""Collecting, grading, feedback and export: a small part of the demo's class, all the way."""

import csv
import json
import os
import shutil

import nbformat
import pytest

pytest.importorskip("nbgrader", reason="the extra `instructor` is not installed")

from assessment import collect, demo, export, grade

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader 0.9 with SQLAlchemy 2.1
PUPILS = ("gus", "otto", "quin", "rosa", "sam")  # an endless loop, two cheats, a renamed file, no notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "class"
    outcomes, deserved = demo.play(folder, PUPILS, products=False, limit=6, tell=lambda line: None)
    return folder, {one.student: one for one in outcomes}, deserved


def test_each_has_the_marks_that_hidden_tests_give(graded):
    _, outcomes, deserved = graded
    assert set(outcomes) == set(PUPILS)
    assert {name: one.score for name, one in outcomes.items()} == deserved
    assert deserved == {"gus": 5, "otto": 0, "quin": 0, "rosa": 14, "sam": 0}


def test_a_loop_costs_its_own_marks_only(graded):
    gus = graded[1]["gus"]
    assert gus.score == 5 and gus.trouble == "" and "a cell ran into the time limit" in gus.notes


def test_a_container_needs_neither_solutions_nor_other_students(graded, tmp_path):
    for name in ("release", "submitted/rosa"):
        shutil.copytree(graded[0] / name, tmp_path / name)
    for name in ("gradebook.db", "nbgrader_config.py"):
        shutil.copy(graded[0] / name, tmp_path)
    (again,) = grade.grade(tmp_path, "rosa", tell=lambda line: None)
    assert (again.score, again.trouble) == (14, "")  # the mark that was given by hand is kept, too


def test_what_cannot_be_run_is_named_and_stops_nobody(graded):
    sam = graded[1]["sam"]
    assert sam.trouble == "not a notebook" and sam.best == 14 and sam.open == 0


def test_what_is_worth_a_look_is_told(graded):
    outcomes = graded[1]
    assert "missing cells, put back: 2" in outcomes["quin"].notes
    assert any(note.startswith("renamed: ") for note in outcomes["rosa"].notes)
    assert outcomes["gus"].notes == ["a cell ran into the time limit"]
    assert outcomes["otto"].notes == ["reaches into IPython"]


def test_feedback_pages_are_written(graded):
    folder = graded[0]
    pages = grade.feedback(folder)
    names = {page.parent.parent.name: page for page in pages}
    assert set(names) == set(PUPILS) and names["sam"].name == "note.txt"
    assert "could not be read as a notebook" in names["sam"].read_text("utf-8")
    page = names["gus"].read_text("utf-8")
    assert "5.0/14.0" in page.replace(" ", "") or "Score:5.0" in page.replace(" ", "")


def test_marks_go_to_canvas_and_moodle(graded, tmp_path):
    paths, still_open = export.export([graded[0]], tmp_path)
    canvas, moodle = (list(csv.reader(open(path, encoding="utf-8"))) for path in paths)
    assert canvas[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "ch01"]
    assert canvas[1] == ["    Points Possible", "", "", "", "", "14.0"] and canvas[5] == [
        "rosa",
        "",
        "",
        "rosa",
        "",
        "14.0",
    ]
    assert moodle[0] == ["First name", "Surname", "ID number", "Email address", "ch01"]
    assert [row[2] for row in moodle[1:]] == sorted(PUPILS) and still_open == 0


def test_names_come_from_the_list_of_the_class(graded):
    with grade.book_of(graded[0]) as book:
        book.update_or_create_student("rosa", first_name="Rosa", last_name="Ito", email="b@x.org", lms_user_id="77")
        book.update_or_create_student("zoe", first_name="Zoe", last_name="Abt")
    students, best, _ = export.gather([graded[0]])
    rows = {row[3]: row for row in export.canvas(students, best)[2:]}
    assert rows["rosa"] == ["Ito, Rosa", "77", "", "rosa", "", 14.0] and rows["zoe"][-1] == ""
    assert ["Rosa", "Ito", "rosa", "b@x.org", 14.0] in export.moodle(students, best)


def test_two_folders_are_one_class(graded):
    once, twice = export.gather([graded[0]]), export.gather([graded[0], graded[0]])
    assert once[0]["rosa"]["marks"] == twice[0]["rosa"]["marks"] and once[1] == twice[1]


def test_the_table_has_a_row_for_each(graded):
    text = grade.table(list(graded[1].values()), {"rosa": "right"})
    assert len(text.splitlines()) == 1 + len(PUPILS) and "NOT RUN: not a notebook" in text


def test_the_reason_names_the_error(tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    log = "  raise\n    ValueError: too much\nnbgrader.base.NbGraderException: Please see the above traceback."
    assert grade.reason({"log": log}, path) == "could not be run: ValueError: too much"
    assert grade.reason({"error": "out of luck"}, path) == "could not be run: out of luck"


def test_the_command_tells_of_answers_that_wait_for_marks(graded, monkeypatch, capsys):
    from assessment import __main__ as command

    folder, outcomes, _ = graded
    monkeypatch.setattr(grade, "feedback", lambda folder: [])
    monkeypatch.setattr(grade, "marks", lambda *given: {"ch01-explain-loss-answer": (None, 4)})
    monkeypatch.setattr(export, "marks", grade.marks)
    monkeypatch.setattr("sys.argv", ["assessment", "feedback", str(folder)])
    assert command.main() == 0 and "answers are not marked yet" in capsys.readouterr().err


def test_the_class_is_large_and_of_many_kinds():
    a, b, _ = demo.draw(demo.CHAPTER, demo.SEED, demo.SALT)
    pupils = demo.a_class(a, b)
    assert len(pupils) >= 12 and len({pupil.name for pupil in pupils}) == len(pupils)


# --- collecting -------------------------------------------------------------------------------------------------------


@pytest.fixture
def uploads(a_course, tmp_path):
    def put(student, name, content):
        (tmp_path / student).mkdir(exist_ok=True)
        (tmp_path / student / name).write_text(
            content if isinstance(content, str) else nbformat.writes(content), "utf-8"
        )
        return tmp_path

    return put


def handed_out(a_course, chapter="06"):
    return nbformat.read(a_course / "release" / f"ch{chapter}" / f"assignment_{chapter}.ipynb", 4)


def collected(a_course, student, chapter="06"):
    return nbformat.read(a_course / "submitted" / student / f"ch{chapter}" / f"assignment_{chapter}.ipynb", 4)


def test_an_assignment_is_known_by_its_cells(a_course, uploads):
    folder = uploads("ann", "whatever.ipynb", handed_out(a_course))
    assert collect.collect(a_course, folder) == ["ann: renamed: whatever.ipynb"]
    assert collected(a_course, "ann").cells == handed_out(a_course).cells


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "{}", '{"cells": 3, "nbformat": 4}', "null", "\x00\x01"])
def test_what_is_no_notebook_is_kept_and_named(a_course, uploads, text):
    notes = collect.collect(a_course, uploads("bob", "assignment_06.ipynb", text))
    assert "bob: assignment_06.ipynb is not a notebook" in notes
    assert (a_course / "submitted/bob/ch06/assignment_06.ipynb").read_text("utf-8") == text


def test_what_belongs_to_no_assignment_is_left_out(a_course, uploads):
    other = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
    notes = collect.collect(a_course, uploads("cat", "notes.ipynb", other))
    assert any("notes.ipynb is none of ch00" in note for note in notes) and "cat: nothing handed in" in notes


def test_of_two_files_the_newer_counts(a_course, uploads):
    book = handed_out(a_course)
    uploads("dan", "old.ipynb", book)
    book.cells[-1].source = "newer"
    folder = uploads("dan", "new.ipynb", book)
    os.utime(folder / "dan" / "old.ipynb", (1, 1))
    assert any("takes the place of old.ipynb" in note for note in collect.collect(a_course, folder))
    assert collected(a_course, "dan").cells[-1].source == "newer"


def test_marks_and_missing_cells_are_put_back(a_course, uploads):
    book = handed_out(a_course)
    graded_cell = next(cell for cell in book.cells if cell.metadata.nbgrader.get("points"))
    graded_cell.metadata.nbgrader.points = 1000
    book.cells = [cell for cell in book.cells if not collect.grade_id(cell).endswith(("-2", "set-up"))]
    book.cells.append(nbformat.from_dict(json.loads(json.dumps(graded_cell)) | {"id": "copy"}))
    notes = collect.collect(a_course, uploads("eva", "assignment_06.ipynb", book))
    mended = collected(a_course, "eva").cells
    assert notes == ["eva: changed metadata, put back: 1", "eva: missing cells, put back: 3"]
    assert collect.grade_id(mended[0]) == "ch06-set-up"
    marks = {
        collect.grade_id(c): c.metadata.nbgrader.points for c in mended if c.metadata.get("nbgrader", {}).get("points")
    }
    assert marks == {
        collect.grade_id(c): c.metadata.nbgrader.points
        for c in handed_out(a_course).cells
        if c.metadata.nbgrader.get("points")
    }
    assert len({collect.grade_id(c) for c in mended} - {""}) == len([c for c in mended if collect.grade_id(c)])


def test_a_cell_without_metadata_does_no_harm(a_course, uploads):
    book = handed_out(a_course)
    book.cells[3].metadata["nbgrader"] = "odd"
    book.cells.append(nbformat.v4.new_markdown_cell("mine"))
    assert collect.collect(a_course, uploads("fei", "assignment_06.ipynb", book)) is not None
